from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pyrage
import pytest

from edge.store.errors import Locked, StoreError, WrongStoreKey
from edge.store.personal import PersonalStore
from edge.store.personal_rows import CareRow
from hardware.reading import TimeQuality

T = 1_790_000_000_000
CUFF = "ble:C0112233AABB"


def reading(person: int, at: int = T, systolic: float = 121.0) -> CareRow:
    return CareRow(at, CUFF, person, TimeQuality.DEVICE, T, 7, systolic, 81.0, 94.0, 66.0, 0, 1)


def test_the_file_is_unreadable_without_the_key(tmp_path: Path, personal: PersonalStore) -> None:
    person = personal.add_person("Erna Weber", T)
    personal.add_care_round([reading(person)])
    personal.care_identity()
    for path in tmp_path.glob("personal.db*"):
        data = path.read_bytes()
        assert not data.startswith(b"SQLite format 3")
        assert b"Erna" not in data
        assert b"AGE-SECRET" not in data
    with (
        closing(sqlite3.connect(tmp_path / "personal.db")) as plain,
        pytest.raises(sqlite3.DatabaseError),
    ):
        plain.execute("SELECT * FROM person")


def test_it_is_durable_and_erases_what_is_deleted(personal: PersonalStore) -> None:
    assert personal.connection.row("PRAGMA journal_mode") == ("wal",)
    assert personal.connection.row("PRAGMA synchronous") == (2,)
    assert personal.connection.row("PRAGMA secure_delete") == (1,)
    assert personal.connection.row("PRAGMA temp_store") == (2,)


def test_without_its_key_file_it_is_locked(tmp_path: Path, key_file: Path) -> None:
    key_file.unlink()
    with pytest.raises(Locked, match="absent") as caught:
        PersonalStore.open(tmp_path / "personal.db", key_file)
    assert "key_file" in caught.value.hint
    assert not (tmp_path / "personal.db").exists()
    with pytest.raises(Locked):
        PersonalStore.open(tmp_path / "personal.db", tmp_path)  # a folder is no key either


@pytest.mark.parametrize(
    "content", [b"", b"5a" * 31, b"zz" * 32, b"5a" * 33, bytes(range(224, 256)), b"\xff" * 300]
)
def test_a_key_file_of_another_shape_is_refused(
    tmp_path: Path, key_file: Path, content: bytes
) -> None:
    key_file.write_bytes(content)
    with pytest.raises(WrongStoreKey, match="64 hex digits") as caught:
        PersonalStore.open(tmp_path / "personal.db", key_file)
    if content:
        assert content.decode("latin-1") not in str(caught.value)


def test_another_key_is_named_and_changes_nothing(
    tmp_path: Path, personal: PersonalStore, key_file: Path
) -> None:
    personal.add_person("Erna", T)
    personal.close()
    other = tmp_path / "other.key"
    other.write_text("00" * 32)
    before = (tmp_path / "personal.db").read_bytes()
    with pytest.raises(WrongStoreKey, match="another key") as caught:
        PersonalStore.open(tmp_path / "personal.db", other)
    assert "nicht löschen" in caught.value.hint
    assert (tmp_path / "personal.db").read_bytes() == before
    with PersonalStore.open(tmp_path / "personal.db", key_file) as again:
        assert [one.name for one in again.persons()] == ["Erna"]


def test_an_absent_folder_says_what_to_do(tmp_path: Path, key_file: Path) -> None:
    with pytest.raises(StoreError, match="does not exist"):
        PersonalStore.open(tmp_path / "nowhere" / "personal.db", key_file)


def test_people_are_found_by_name_or_number(personal: PersonalStore) -> None:
    erna = personal.add_person("  Erna Weber ", T)
    heinz = personal.add_person("Heinz", T)
    assert [one.name for one in personal.persons()] == ["Erna Weber", "Heinz"]
    assert personal.find_person("Erna Weber").person == erna  # type: ignore[union-attr]
    assert personal.find_person(str(heinz)).name == "Heinz"  # type: ignore[union-attr]
    assert personal.find_person("Erna") is None
    for bad in ("", "   ", "x" * 201, "a\nb"):
        with pytest.raises(StoreError):
            personal.add_person(bad, T)
    with pytest.raises(StoreError, match="taken") as caught:
        personal.add_person("Erna Weber", T)
    assert "Erna" not in str(caught.value)


def test_no_repr_names_a_person_or_a_value(personal: PersonalStore) -> None:
    person = personal.add_person("Erna Weber", T)
    shown = repr(personal.persons()) + repr(reading(person))
    assert "Erna" not in shown
    assert "121" not in shown


def test_one_owner_at_a_time_for_a_sensor_and_its_button(personal: PersonalStore) -> None:
    erna, heinz = personal.add_person("Erna", T), personal.add_person("Heinz", T)
    personal.assign(CUFF, erna, T, 1)
    personal.assign(CUFF, heinz, T, 2)
    personal.assign(CUFF, erna, T + 4)
    personal.assign(CUFF, heinz, T + 5)
    personal.assign(CUFF, heinz, T + 9, 1)
    assert [(one.user_index, one.person) for one in personal.assignments()] == [
        (None, heinz),
        (1, heinz),
        (2, heinz),
    ]
    with pytest.raises(StoreError):
        personal.assign(CUFF, 99, T)
    assert len(personal.assignments()) == 3, "a refused assignment ends none"
    assert {one for one in personal.assignments_ever() if one.valid_until is None} == set(
        personal.assignments()
    )


def test_consents_are_kept_after_their_withdrawal(personal: PersonalStore) -> None:
    erna = personal.add_person("Erna", T)
    heinz = personal.add_person("Heinz", T)
    for person in (erna, heinz):
        for kind in ("blood_pressure", "weight"):
            personal.give_consent(
                person,
                purpose="care",
                data_kind=kind,
                sentence=" Ja. ",
                given_how="Papier",
                at=T,
            )
    assert personal.withdraw_consent(erna, T + 5, data_kind="weight") == 1
    assert personal.withdraw_consent(erna, T + 6) == 1
    assert personal.withdraw_consent(erna, T + 7) == 0
    assert [(one.data_kind, one.withdrawn_at) for one in personal.consents(erna)] == [
        ("blood_pressure", T + 6),
        ("weight", T + 5),
    ]
    assert [one.withdrawn_at for one in personal.consents(heinz)] == [None, None]
    assert personal.consents(heinz)[0].sentence == "Ja."
    for sentence in ("", "  ", "x" * 4001):
        with pytest.raises(StoreError, match="sentence"):
            personal.give_consent(
                erna, purpose="c", data_kind="b", sentence=sentence, given_how="", at=T
            )


def test_care_readings_come_back_as_they_were(personal: PersonalStore) -> None:
    erna = personal.add_person("Erna", T)
    sparse = CareRow(T + 5, CUFF, erna, TimeQuality.UNKNOWN, T + 6, 8)
    assert personal.add_care_round([reading(erna), sparse]) == 1
    assert personal.care_rows(erna, T) == [reading(erna), sparse]
    assert personal.care_rows(erna, T, T + 5) == [reading(erna)]
    assert personal.care_rows_of(1) == [reading(erna), sparse]
    (found,) = personal.care_rounds_after(0)
    assert (found.first_at, found.last_at, found.row_count) == (T, T + 5, 2)
    assert personal.care_rows_of(found) == personal.care_rows_of(1)
    assert personal.care_count() == 2


def test_the_same_measurement_is_kept_once_and_another_beside_it(
    personal: PersonalStore,
) -> None:
    erna = personal.add_person("Erna", T)
    first, second = reading(erna), reading(erna, systolic=130.0)
    assert personal.add_care_round([first, second, first]) == 1
    assert personal.add_care_round([second, replace(first, journal_id=99)]) == 0
    assert personal.add_care_round([]) == 0
    assert personal.care_rows(erna, 0) == [first, replace(second, observed_at=T + 1)]
    assert personal.care_rounds_after(0)[0].row_count == 2


def test_the_care_identity_is_made_once(personal: PersonalStore) -> None:
    identity = personal.care_identity()
    assert personal.care_identity() == identity
    opened = pyrage.x25519.Identity.from_str(identity)
    assert personal.care_recipient() == str(opened.to_public())


def test_a_driver_without_encryption_is_refused(
    tmp_path: Path, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sqlcipher3.dbapi2.connect", sqlite3.connect)
    with pytest.raises(StoreError, match="no encryption"):
        PersonalStore.open(tmp_path / "personal.db", key_file)


def test_a_path_that_is_a_folder_is_named(tmp_path: Path, key_file: Path) -> None:
    (tmp_path / "personal.db").mkdir()
    with pytest.raises(StoreError, match=r"personal\.db"):
        PersonalStore.open(tmp_path / "personal.db", key_file)
