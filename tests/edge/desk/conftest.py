from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path

import pytest

from edge.clock import FixedClock
from edge.desk import CourseDesk, Register, SignupDesk, Vault
from edge.learning.course import Course, Room, Season, Text
from edge.learning.moment import to_ms
from edge.learning.series import Series, sessions
from edge.store.personal import PersonalStore
from edge.store.village import VillageStore

NOW_MS = to_ms(date(2026, 9, 1), time(10, 0))
AUTUMN = Season("2026-2", "Herbst 2026", date(2026, 8, 31), date(2027, 1, 31))
SPRING = Season("2027-1", "Frühjahr 2027", date(2027, 2, 1), date(2027, 7, 31))


def draft(**changes: object) -> Course:
    series = Series(date(2026, 10, 6), time(18, 30), time(20, 0), 4, room_id="saal")
    values: dict[str, object] = {
        "season_id": AUTUMN.season_id,
        "texts": {"de": Text("Sicher im Netz", "Für alle, die anfangen.")},
        "seats": 2,
        "area": 5,
        "sessions": sessions(series),
    }
    return Course(**(values | changes))  # type: ignore[arg-type]


@dataclass
class Hall:
    """A learning point with all its desks on files."""

    folder: Path
    village: VillageStore
    vault: Vault
    clock: FixedClock
    key_file: Path

    @property
    def courses(self) -> CourseDesk:
        return CourseDesk(self.village, self.vault, self.clock)

    @property
    def desk(self) -> SignupDesk:
        return SignupDesk(self.village, self.vault, self.clock, self.folder / "care.pub")

    @property
    def register(self) -> Register:
        return Register(self.village, self.vault, self.clock)

    def published(self, **changes: object) -> Course:
        (made,) = self.courses.create([draft(**changes)])
        return self.courses.publish(made.course)

    def lock(self) -> None:
        self.key_file.rename(self.folder / "away")

    def unlock(self) -> None:
        (self.folder / "away").rename(self.key_file)


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    key_file = tmp_path / "personal.key"
    key_file.write_text("5a" * 32)
    with PersonalStore.open(tmp_path / "personal.db", key_file) as personal:
        (tmp_path / "care.pub").write_text(personal.care_recipient())
    clock = FixedClock(NOW_MS)
    with (
        VillageStore(tmp_path / "village.db") as village,
        Vault(tmp_path / "personal.db", key_file) as vault,
    ):
        village.put_season(AUTUMN)
        village.put_season(SPRING)
        village.put_room(Room("saal", "Saal", 40, "Ohne Stufen"))
        yield Hall(tmp_path, village, vault, clock, key_file)
