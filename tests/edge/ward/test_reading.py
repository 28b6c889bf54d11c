"""Reading values of a person: role, consent, and a line in the book before anything is given."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.care import audit
from edge.care.audit import SELF
from edge.care.consent import BLOOD_PRESSURE, CARE, HUB
from edge.care.kinds import WEIGHT
from edge.care.people import OWNER, Contact, ContactRole
from edge.clock import FixedClock
from edge.desk.vault import Vault
from edge.store.errors import Locked, StoreError
from edge.store.personal import PersonalStore
from edge.store.personal_rows import CareRow, Number, Observation
from edge.ward.reading import NotAllowed, Reading
from hardware.reading import TimeQuality

NOON = 1_790_000_000_000


class Ward:
    def __init__(self, folder: Path) -> None:
        self.key_file = folder / "personal.key"
        self.key_file.write_text("5a" * 32)
        self.clock = FixedClock(NOON)
        self.vault = Vault(folder / "personal.db", self.key_file)
        self.reading = Reading(self.vault, self.clock)
        with self.open() as personal:
            self.erna = personal.add_person("Erna", NOON)
            self.karl = personal.add_person("Karl", NOON)
            number = personal.add_contact("Anna", ContactRole.NURSE, NOON, account=5)
            self.nurse = personal.contact(number)

    def open(self) -> PersonalStore:
        return PersonalStore.open(self.vault._path, self.key_file)

    def agree(self, person: int, kind: str, *recipients: str) -> None:
        with self.open() as personal:
            for recipient in recipients:
                personal.give_consent(
                    person, purpose=CARE, data_kind=kind, sentence="Ja.", given_how="", at=NOON,
                    recipient=recipient,
                )  # fmt: skip

    def measure(self, person: int, systolic: float = 121.0) -> None:
        quality = TimeQuality.SYNCHRONISED
        device = f"ble:{person}"
        with self.open() as personal:
            personal.add_care_round(
                [CareRow(NOON, device, person, quality, NOON, 1, systolic_mmhg=systolic)]
            )
            with personal.connection.transaction() as driver:
                weight = Number("body_weight", 70.0)
                one = Observation(
                    NOON, device, WEIGHT, person, quality, NOON, 2, "2A9D", values=(weight,)
                )
                personal.add_observations_within(driver, [one])

    def looks(self, person: int) -> list[audit.Look]:
        with self.open() as personal:
            assert personal.check_audit().holds
            return [look for _, look in audit.looks(personal.audit_lines(person))]


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    made = Ward(tmp_path)
    with made.vault:
        yield made


def test_a_nurse_reads_what_was_agreed_and_the_book_says_so(ward: Ward) -> None:
    ward.agree(ward.erna, BLOOD_PRESSURE, HUB, ward.nurse.recipient)
    ward.measure(ward.erna)
    found = ward.reading.values(ward.nurse, ward.erna, None, 0, None, why="Runde")
    assert [one.value for one in found] == [121.0]
    (look,) = ward.looks(ward.erna)
    assert (look.who, look.role, look.account) == ("contact:1", ContactRole.NURSE, 5)
    assert (look.kinds, look.since, look.until) == ((BLOOD_PRESSURE,), 0, None)
    assert (look.why, look.refused) == ("Runde", False)


def test_who_asks_for_more_than_agreed_gets_nothing_and_that_is_written(ward: Ward) -> None:
    ward.agree(ward.erna, BLOOD_PRESSURE, HUB, ward.nurse.recipient)
    ward.measure(ward.erna)
    for kinds in ([WEIGHT], [BLOOD_PRESSURE, WEIGHT]):
        with pytest.raises(NotAllowed):
            ward.reading.values(ward.nurse, ward.erna, kinds, 0, None, why="Neugier")
    with pytest.raises(NotAllowed):
        ward.reading.values(ward.nurse, ward.karl, None, 0, None, why="Neugier")
    assert [look.refused for look in ward.looks(ward.erna)] == [True, True]
    assert [look.refused for look in ward.looks(ward.karl)] == [True]


def test_a_kind_that_does_not_exist_is_nobodys_to_read(ward: Ward) -> None:
    with pytest.raises(NotAllowed):
        ward.reading.values(OWNER, ward.erna, ["soul"], 0, None, why="x")
    with pytest.raises(NotAllowed):
        ward.reading.values(OWNER, 99, None, 0, None, why="x")


def test_a_withdrawal_counts_at_the_next_read(ward: Ward) -> None:
    ward.agree(ward.erna, BLOOD_PRESSURE, HUB, ward.nurse.recipient)
    ward.measure(ward.erna)
    assert ward.reading.values(ward.nurse, ward.erna, None, 0, None, why="Runde")
    with ward.open() as personal:
        assert personal.withdraw_consent(ward.erna, NOON, recipient=ward.nurse.recipient) == 1
    with pytest.raises(NotAllowed):
        ward.reading.values(ward.nurse, ward.erna, None, 0, None, why="Runde")


def test_who_is_no_contact_any_more_reads_nothing(ward: Ward) -> None:
    ward.agree(ward.erna, BLOOD_PRESSURE, HUB, ward.nurse.recipient)
    with ward.open() as personal:
        personal.change_contact(
            ward.nurse.contact, "Anna", ContactRole.RESPONDER, NOON, phone="", account=5
        )
    with pytest.raises(NotAllowed):
        ward.reading.values(ward.nurse, ward.erna, [BLOOD_PRESSURE], 0, None, why="Runde")
    with ward.open() as personal:
        personal.forget_contact_person(ward.nurse.contact, NOON)
        assert personal.consents(ward.erna)[1].withdrawn_at == NOON
    assert ward.reading.may_see(ward.nurse, ward.erna) == ()
    assert ward.reading.people_of(ward.nurse) == {}


def test_an_overview_shows_whom_one_may_read(ward: Ward) -> None:
    for kind in (BLOOD_PRESSURE, WEIGHT):
        ward.agree(ward.karl, kind, HUB, ward.nurse.recipient)
    ward.measure(ward.erna)
    ward.measure(ward.karl)
    assert ward.reading.people_of(ward.nurse) == {ward.karl: (BLOOD_PRESSURE, WEIGHT)}
    both = (ward.erna, ward.karl, ward.karl)
    found = ward.reading.of_many(ward.nurse, both, None, 0, None, why="Übersicht")
    assert {one: len(values) for one, values in found.items()} == {ward.karl: 2}
    assert ward.looks(ward.erna) == []
    assert len(ward.looks(ward.karl)) == 1


def test_a_person_reads_their_own(ward: Ward) -> None:
    ward.measure(ward.erna)
    assert len(ward.reading.values(OWNER, ward.erna, None, 0, None, why="Meine Werte")) == 2
    assert [look.who for look in ward.looks(ward.erna)] == [SELF]


def test_nothing_is_given_that_could_not_be_written_down(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    ward.measure(ward.erna)
    read: list[int] = []
    monkeypatch.setattr(PersonalStore, "measured", lambda *_: read.append(1))
    with ward.open() as personal:
        personal.connection.rows(
            "CREATE TRIGGER full BEFORE INSERT ON care_audit BEGIN SELECT raise(ABORT, 'full'); END"
        )
    with pytest.raises(StoreError):
        ward.reading.values(OWNER, ward.erna, None, 0, None, why="x")
    assert read == []


def test_nothing_is_read_while_locked(ward: Ward) -> None:
    ward.key_file.rename(ward.key_file.with_suffix(".away"))
    with pytest.raises(Locked):
        ward.reading.values(OWNER, ward.erna, None, 0, None, why="x")


def test_a_contact_that_was_made_up_reads_nothing(ward: Ward) -> None:
    forged = Contact(77, "Anna", ContactRole.DOCTOR)
    assert ward.reading.may_see(forged, ward.erna) == ()
