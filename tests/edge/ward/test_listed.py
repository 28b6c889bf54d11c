"""Names of alerts in lists: one line a person, reader, kind and day, or no name is shown."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from edge.care.audit import LISTED, looks
from edge.care.consent import BLOOD_PRESSURE, CARE, HUB
from edge.care.finding import Finding, Stage, Urgency
from edge.care.kinds import TEMPERATURE, WEIGHT
from edge.care.people import Contact, ContactRole
from edge.clock import FixedClock
from edge.desk.vault import Vault
from edge.store.errors import Locked, StoreFull
from edge.store.personal import PersonalStore
from edge.ward.audit import AuditPages
from edge.ward.inbox import Inbox
from edge.ward.listed import Listed
from edge.ward.round import Rounds

NOON = 1_790_078_400_000  # 22 September 2026, 14:00 in the village
HOUR_MS = 3_600_000


class House:
    """Erna and Karl, whose pressure and weight Anna and Ben may see; alerts as they are raised."""

    def __init__(self, folder: Path) -> None:
        self.key_file = folder / "personal.key"
        self.key_file.write_text("5a" * 32)
        self.clock = FixedClock(NOON)
        self.vault = Vault(folder / "personal.db", self.key_file)
        with self.vault.open() as personal:
            self.people = [personal.add_person(name, NOON) for name in ("Erna", "Karl")]
            self.anna, self.ben = (
                personal.contact(personal.add_contact(name, ContactRole.NURSE, NOON))
                for name in ("Anna", "Ben")
            )
            for person in self.people:
                for kind in (BLOOD_PRESSURE, WEIGHT, TEMPERATURE):
                    for to in (HUB, self.anna.recipient, self.ben.recipient):
                        if kind != TEMPERATURE or to == HUB:
                            personal.give_consent(
                                person, purpose=CARE, data_kind=kind, sentence="Ja.", at=NOON,
                                given_how="", recipient=to,
                            )  # fmt: skip

    def raise_one(self, person: int, kind: str = BLOOD_PRESSURE) -> None:
        at = self.clock.wall_ms
        facts = {"data_kind": kind}
        finding = Finding(
            person, f"{kind}:{at}", "limit", Stage.RAISE, Urgency.URGENT, at, at, facts
        )
        with self.vault.open() as personal:
            personal.take_findings([finding], self.clock.stamp())

    def rounds(self, listed: Listed, reader: Contact | None = None) -> list[str]:
        found = Rounds(self.vault, self.clock, listed).now(reader or self.anna)
        return [one.rule for row in found.rows for one in row.reasons]

    def inbox(self, listed: Listed, *, past: bool = False) -> list[str]:
        found = Inbox(self.vault, self.clock, "", listed).entries(self.anna, past=past)
        return [one.reason.rule for one in found]

    def book(self, person: int) -> list[tuple[str, tuple[str, ...]]]:
        with self.vault.open() as personal:
            found = [look for _, look in looks(personal.audit_lines(person))]
        assert all(one.why == LISTED and not one.refused for one in found)
        return [(one.who, one.kinds) for one in found]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.vault.close()


def test_it_is_one_line_a_person_reader_kind_and_day(house: House) -> None:
    erna, karl = house.people
    listed = Listed()
    house.raise_one(erna)
    anna, ben = house.anna.recipient, house.ben.recipient
    for _ in range(3):
        assert house.rounds(listed) == house.inbox(listed) == ["limit"]
        house.clock.advance(HOUR_MS)
    assert (house.book(erna), house.book(karl)) == ([(anna, (BLOOD_PRESSURE,))], [])
    house.raise_one(erna, WEIGHT)
    house.raise_one(karl)
    house.rounds(listed)
    assert house.book(erna) == [(anna, (WEIGHT,)), (anna, (BLOOD_PRESSURE,))]
    assert house.book(karl) == [(anna, (BLOOD_PRESSURE,))]
    house.rounds(listed, house.ben)
    assert house.book(karl) == [(ben, (BLOOD_PRESSURE,)), (anna, (BLOOD_PRESSURE,))]
    house.clock.advance(8 * HOUR_MS)  # past midnight
    house.inbox(listed)
    house.inbox(listed)
    assert house.book(karl)[0] == (anna, (BLOOD_PRESSURE,))
    assert len(house.book(karl)) == 3


def test_after_a_restart_and_beside_another_process_it_stays_one(house: House) -> None:
    house.raise_one(house.people[0])
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: house.rounds(Listed()), range(8)))
    assert found == [["limit"]] * 8
    assert len(house.book(house.people[0])) == 1


def test_what_they_may_not_know_and_what_is_over_is_noted_as_it_is_shown(house: House) -> None:
    erna = house.people[0]
    with house.vault.open() as personal:
        personal.put_in_circle(erna, house.anna.contact, NOON)
    house.raise_one(erna, TEMPERATURE)
    assert house.rounds(Listed()) == house.inbox(Listed()) == [""]
    assert house.book(erna) == []
    house.raise_one(erna)
    with house.vault.open() as personal:
        personal.close_alert(2, None, "gut", house.clock.stamp())
    assert house.inbox(Listed()) == [""]
    assert house.book(erna) == []
    assert house.inbox(Listed(), past=True) == ["limit"]
    assert len(house.book(erna)) == 1


def test_what_cannot_be_written_down_has_no_name_and_calls_all_the_same(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.raise_one(house.people[0])
    listed = Listed()

    def full(*_: object) -> None:
        raise StoreFull("no space")

    with monkeypatch.context() as patched:
        patched.setattr(PersonalStore, "note_looks_within", full)
        assert house.rounds(listed) == house.inbox(listed) == [""]
    assert house.book(house.people[0]) == []
    assert house.rounds(listed) == ["limit"]  # there is room again
    assert len(house.book(house.people[0])) == 1


def test_while_it_is_locked_nothing_is_shown(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.raise_one(house.people[0])

    def locked(*_: object) -> None:
        raise Locked("no key")

    monkeypatch.setattr(PersonalStore, "note_looks_within", locked)
    with pytest.raises(Locked):
        house.rounds(Listed())


def test_the_person_reads_it_without_a_span_of_values(house: House) -> None:
    house.raise_one(house.people[0])
    house.rounds(Listed())
    (seen,) = AuditPages(house.vault, house.clock).book(house.people[0]).lines
    assert (seen.is_listed, seen.name, seen.kinds) == (True, "Anna", (BLOOD_PRESSURE,))
