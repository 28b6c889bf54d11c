"""A journal, personal.db, people with a sensor, and a drain between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.care.consent import BLOOD_PRESSURE, CARE
from edge.clock import FixedClock, to_ms
from edge.collect.value_key import value_key
from edge.store.journal import Journal, entry_key
from edge.store.personal import PersonalStore
from edge.store.personal_rows import Observation
from edge.worker.care_drain import CareDrain, Drained, drain

NOON = to_ms(datetime(2026, 9, 21, 12, 0, tzinfo=UTC))
CUFF = "ble:C0112233AABB"


@dataclass
class House:
    journal: Journal
    personal: PersonalStore
    clock: FixedClock
    folder: Path
    steady: CareDrain

    def arrive(self, payload: bytes, kind: str = "ble:2A35", device: str = CUFF) -> int:
        self.clock.advance(1000)
        key = entry_key(device, kind, payload, self.clock.wall_ms)
        return self.journal.append("care", "radio", device, kind, key, payload, self.clock.stamp())

    def person(
        self,
        name: str,
        *,
        consents: bool = True,
        user: int | None = None,
        confirmed: bool = False,
        device: str = CUFF,
    ) -> int:
        person = self.personal.add_person(name, NOON)
        self.assign(person, user=user, confirmed=confirmed or user is not None, device=device)
        if consents:
            self.consent(person)
        return person

    def assign(
        self,
        person: int,
        at: int = NOON,
        *,
        user: int | None = None,
        confirmed: bool = False,
        device: str = CUFF,
    ) -> None:
        self.personal.assign(device, person, at, user)
        if confirmed:
            self.personal.confirm(device, person, "gezeigt", at, user)

    def consent(self, person: int, kind: str = BLOOD_PRESSURE) -> None:
        self.personal.give_consent(
            person,
            purpose=CARE,
            data_kind=kind,
            sentence="Ja.",
            given_how="Papier",
            at=NOON,
        )

    def receive(self, uuid: str, payload: bytes, device: str = CUFF) -> int:
        """Keep a value as the collector does."""
        self.clock.advance(1000)
        stamp = self.clock.stamp()
        key = value_key(device, uuid, payload, stamp)
        kind = f"ble:{uuid}"
        return self.journal.append("care", "radio", device, kind, key, payload, stamp)

    def measured(self, person: int, kind: str | None = None) -> list[Observation]:
        return self.personal.observations(person, 0, data_kind=kind)

    def run(self) -> Drained:
        """Drain as the worker does, again and again with the same drain."""
        return self.steady.run(self.personal, self.clock.wall_ms)

    def drain(self) -> Drained:
        """Drain as a worker that was just started."""
        return drain(self.journal, self.personal, self.clock.wall_ms, UTC)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    key_file = tmp_path / "personal.key"
    key_file.write_text("5a" * 32)
    with (
        PersonalStore.open(tmp_path / "personal.db", key_file) as personal,
        Journal(tmp_path / "journal.db", personal.care_recipient()) as journal,
    ):
        yield House(journal, personal, FixedClock(NOON), tmp_path, CareDrain(journal, UTC))
