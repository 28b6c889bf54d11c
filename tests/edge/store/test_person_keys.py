"""Who is erased is erased from older copies of personal.db, too: their own key is gone."""

from __future__ import annotations

import shutil
import struct
from dataclasses import replace
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2

from edge.care import consent
from edge.care.consent import BLOOD_PRESSURE, CARE, HEAT_CADASTRE
from edge.store import erasure, person_keys, personal_sealed
from edge.store.connection import Row
from edge.store.errors import StoreError
from edge.store.personal import PersonalStore
from edge.store.personal_rows import CareRow, HouseholdRow, Number, Observation
from edge.store.values import ValueRow
from hardware.quantity import Quantity
from hardware.reading import Record, TimeQuality, Unit

KEY = "5a" * 32
NAMES = ("Erna Canarius", "Karl Ackermann")
SENTENCE = "Ich, {}, bin einverstanden."
T0 = 1_795_000_000_000
KNOWN = TimeQuality.SYNCHRONISED
WARM = 31.1372  # no other value has its bits
HEAT = (
    "INSERT INTO heat_warning (change, device_id, person, level, worst, warm_since, since,"
    " level_since, last_at, temperature_degc, felt_degc, most_felt_degc)"
    " VALUES (1, '{0}', {1}, 1, 1, 1, 1, 1, 1, {2}, {2}, {2})"
)


def rows_of(rows: list[Row]) -> list[object]:
    return [row[0] for row in rows]


def opened(folder: Path) -> PersonalStore:
    return PersonalStore.open(folder / "personal.db", folder / "personal.key")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A hub with two people: blood pressure, temperature, and what their homes use."""
    folder = tmp_path / "hub"
    folder.mkdir()
    (folder / "personal.key").write_text(KEY)
    with opened(folder) as personal:
        for n, name in enumerate(NAMES, start=1):
            person = personal.add_person(name, T0)
            for purpose, kind in (
                (CARE, BLOOD_PRESSURE),
                (CARE, "temperature"),
                (HEAT_CADASTRE, consent.HEAT),
            ):
                personal.give_consent(
                    person,
                    purpose=purpose,
                    data_kind=kind,
                    sentence=SENTENCE.format(name),
                    given_how=f"{name}, mündlich",
                    at=T0,
                )
            cuff = f"ble:C{n}"
            row = CareRow(T0, cuff, person, KNOWN, T0, n, 120.0 + n, 80.0, None, 66.5, 3, 1)
            warm = Observation(
                T0, cuff, "temperature", person, KNOWN, T0, 10 + n, "2A1C", 7, 1,
                {"note": name}, (Number("body_temperature", 36.5 + n), Number("pulse", 60.0, "p")),
            )  # fmt: skip
            assert not personal.add_measured([row], [warm])
            house = personal.add_household(f"wmbus:KAM-0000000{n}-1B-04", person, T0)
            device = personal.household_device(house, f"mbus:KAM-0000000{n}-1B-04")
            reading = HouseholdRow(T0, device, KNOWN, 20 + n, 5000.25 + n, volume_m3=3.5)
            assert personal.add_household_round([reading]) == n
            assert personal.add_household_round([reading]) == 0
            units = Record(Quantity.HCA_UNITS, WARM + n, Unit.ONE)
            assert personal.add_household_values([ValueRow(T0, device, 1, units)]) == 1
            with personal.connection.transaction() as driver:
                driver.execute(
                    "INSERT INTO heat_room VALUES (?1, ?2, seal_text(?2, ?3))",
                    (cuff, person, f'{{"of": "{name}"}}'),
                )
                driver.execute(HEAT.format(cuff, person, WARM + n))
    return folder


def test_what_is_read_is_what_was_written(home: Path) -> None:
    with opened(home) as personal:
        assert [one.name for one in personal.persons()] == list(NAMES)
        for n, name in enumerate(NAMES, start=1):
            found = personal.find_person(name)
            assert found is not None
            assert personal.find_person(str(n)) == found
            (row,) = personal.care_rows(found.person, 0)
            assert (row.systolic_mmhg, row.diastolic_mmhg, row.mean_mmhg) == (120.0 + n, 80.0, None)
            assert (row.pulse_per_min, row.status, row.user_index) == (66.5, 3, 1)
            (warm,) = personal.observations(found.person, 0)
            assert warm.flags == {"note": name}
            assert [(one.value, one.name) for one in warm.values] == [(36.5 + n, ""), (60.0, "p")]
            (used,) = personal.household_rows(n)
            assert (used.energy_kwh, used.volume_m3, used.power_kw) == (5000.25 + n, 3.5, None)
            assert personal.consents(found.person)[0].sentence == SENTENCE.format(name)
        with pytest.raises(StoreError):
            personal.add_person(NAMES[0], T0)


def test_a_warning_of_heat_is_changed_as_if_it_were_a_table(home: Path) -> None:
    with opened(home) as personal:
        first, second = personal.heat_warnings()
        assert (first.person, first.temperature, first.level) == (1, WARM + 1, 1)
        with personal.connection.transaction() as driver:
            driver.execute(
                "UPDATE heat_warning SET change = 7, last_at = last_at + 5,"
                " felt_degc = felt_degc + 1, worst = max(worst, 2) WHERE warning = 1"
            )
            with pytest.raises(dbapi2.IntegrityError):  # a second one that lasts
                driver.execute(HEAT.format("ble:C1", 1, 40.0))
        changed = replace(first, change=7, last_at=first.last_at + 5, felt=WARM + 2, worst=2)
        assert personal.heat_warnings() == [changed, second]


def test_what_lay_there_in_the_clear_is_sealed_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "personal.key").write_text(KEY)
    with monkeypatch.context() as patch:
        first = {"sealed_0001_people": personal_sealed.MIGRATIONS["sealed_0001_people"]}
        patch.setattr("edge.store.personal.SEALED", first)
        with opened(tmp_path) as personal:
            person = personal.add_person(NAMES[0], T0)
            house = personal.add_household("wmbus:KAM-00000001-1B-04", person, T0)
            device = personal.household_device(house, "mbus:KAM-00000001-1B-04")
            with personal.connection.transaction() as driver:
                driver.execute("INSERT INTO heat_room VALUES ('ble:C1', 1, 'Canarius')")
                driver.execute(HEAT.format("ble:C1", 1, WARM))
                driver.execute(
                    "INSERT INTO household_register VALUES"
                    " (1, ?, 'hca_units', '', '1', 0, 0, 0, 'instantaneous', ?, ?, ?)",
                    (device, WARM, T0, T0),
                )
                driver.execute("INSERT INTO household_value VALUES (?, 1, ?, 3)", (T0, WARM))
    with opened(tmp_path) as personal:
        (warning,) = personal.heat_warnings()
        assert (warning.temperature, warning.most_felt, warning.level) == (WARM, WARM, 1)
        assert [one.value for one in personal.household_registers()] == [WARM]
        rows = personal.connection.rows(
            "SELECT open_cell(1, value, 0), (SELECT open_text(1, room) FROM heat_room)"
            " FROM household_value"
        )
        assert rows == [(WARM, "Canarius")]
        personal.checkpoint()
    data = clear(tmp_path, tmp_path / "plain.db")
    for needle in (b"Canarius", struct.pack(">d", WARM), struct.pack("<d", WARM)):
        assert needle not in data


def clear(folder: Path, into: Path) -> bytes:
    """Return every byte of personal.db, opened with the database's key."""
    driver = dbapi2.connect(str(folder / "personal.db"))
    driver.execute(f"PRAGMA key = \"x'{KEY}'\"")
    driver.execute(f"ATTACH DATABASE '{into}' AS plain KEY ''")
    driver.execute("SELECT sqlcipher_export('plain')")
    driver.close()
    return into.read_bytes()


def test_a_copy_from_before_the_erasure_tells_nothing_of_the_person(
    home: Path, tmp_path: Path
) -> None:
    """The copy, its key, and all that the hub has after the erasure: the others' are there."""
    with opened(home) as personal:
        personal.checkpoint()
    copy = tmp_path / "copy"
    shutil.copytree(home, copy)
    with opened(home) as personal:
        erasure.erase_from_personal(personal, 1, erasure.belongings(personal, 1))
        assert personal.checkpoint()
    with opened(copy) as before:  # with the keys of then, it would
        assert before.care_rows(1, 0)[0].systolic_mmhg == 121.0
    shutil.copy(home / person_keys.NAME, copy / person_keys.NAME)
    for suffix in ("-wal", "-shm"):
        (copy / f"{person_keys.NAME}{suffix}").unlink(missing_ok=True)

    data = clear(copy, tmp_path / "plain.db")
    for needle in (*NAMES, "einverstanden", "Canarius", '"note"'):
        assert needle.encode() not in data
    for order in (">d", "<d"):
        for n in (1, 2):
            assert struct.pack(order, WARM + n) not in data
    with opened(copy) as after:
        assert [one.name for one in after.persons()] == ["(gelöscht 1)", NAMES[1]]
        assert after.find_person(NAMES[0]) is None
        (row,) = after.care_rows(1, 0)
        assert (row.systolic_mmhg, row.pulse_per_min, row.status) == (None, None, None)
        (warm,) = after.observations(1, 0)
        assert (warm.flags, warm.values) == ({}, ())
        assert after.household_rows(1)[0].energy_kwh is None
        assert after.consents(1)[0].sentence == ""
        assert [one.person for one in after.heat_warnings()] == [2]
        assert [one.value for one in after.household_registers()] == [WARM + 2]
        rooms = after.connection.rows("SELECT open_text(person, room) FROM heat_room ORDER BY 1")
        assert rows_of(rooms) == [None, f'{{"of": "{NAMES[1]}"}}']
        values = after.connection.rows("SELECT open_cell(kind, value, 0) FROM household_value")
        assert rows_of(values) == [None, WARM + 2]
        assert after.care_rows(2, 0)[0].systolic_mmhg == 122.0
        with pytest.raises(StoreError):  # the key is not made again
            after.give_consent(
                1, purpose=CARE, data_kind="weight", sentence="Ja.", given_how="", at=T0
            )
        # what comes of them is refused, and stops nobody else's
        row, other = (replace(after.care_rows(n, 0)[0], observed_at=T0 + 1) for n in (1, 2))
        row, other = replace(row, journal_id=31), replace(other, journal_id=32)
        assert after.add_measured([row, other], []) == {31}
        assert after.care_count(2) == 2
        reading = after.household_rows(1)[0]
        assert after.add_household_round([replace(reading, observed_at=T0 + 1)]) == 0
        # and the erasure can be done again on what was restored
        erasure.erase_from_personal(after, 1, erasure.belongings(after, 1))
        assert [one.name for one in after.persons()] == [NAMES[1]]


def test_without_its_keys_personal_db_says_what_is_missing(home: Path) -> None:
    for file in home.glob(f"{person_keys.NAME}*"):
        file.unlink()
    with pytest.raises(StoreError) as raised:
        opened(home)
    assert person_keys.NAME in raised.value.hint


def test_an_older_copy_of_the_keys_erases_nobody(home: Path, tmp_path: Path) -> None:
    with opened(home) as personal:
        assert personal.checkpoint()
    shutil.copy(home / person_keys.NAME, tmp_path / "older.db")
    with opened(home) as personal:
        personal.add_person("Otto", T0)
    shutil.copy(tmp_path / "older.db", home / person_keys.NAME)
    with pytest.raises(StoreError) as raised:
        opened(home)
    assert person_keys.NAME in raised.value.hint


@pytest.mark.parametrize("is_erased", [False, True])
def test_nobody_gets_the_number_of_somebody_whom_an_older_copy_does_not_know(
    home: Path, tmp_path: Path, *, is_erased: bool
) -> None:
    with opened(home) as personal:
        assert personal.checkpoint()
    shutil.copy(home / "personal.db", tmp_path / "older.db")
    with opened(home) as personal:
        assert personal.add_person("Otto", T0) == 3
        if is_erased:
            erasure.erase_from_personal(personal, 3, erasure.belongings(personal, 3))
    shutil.copy(tmp_path / "older.db", home / "personal.db")
    with opened(home) as personal:
        assert personal.add_person("Olga", T0) == 4
        assert personal.add_person("Otto", T0) == 5


def test_nobody_but_the_hub_reads_the_keys(home: Path) -> None:
    assert (home / person_keys.NAME).stat().st_mode & 0o777 == 0o600


def test_keys_of_another_hub_are_noticed(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "personal.key").write_text(KEY)
    with opened(other) as personal:
        for name in ("Otto", "Olga"):
            personal.add_person(name, T0)
    for file in home.glob(f"{person_keys.NAME}*"):
        file.unlink()
    shutil.copy(other / person_keys.NAME, home / person_keys.NAME)
    with opened(home) as personal, pytest.raises(StoreError):
        personal.care_rows(1, 0)
