"""What the commands of the learning point do alike."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from datetime import time as wall_time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.commands.unlocked import in_words

if TYPE_CHECKING:
    from edge.config import Config
    from edge.desk import CourseDesk, Register, SignupDesk, Vault
    from edge.desk.lending import LendingDesk
    from edge.desk.rota import RotaDesk
    from edge.desk.volunteers import VolunteerDesk
    from edge.store.village import VillageStore

CLOCK = (
    "Die Uhr des Hubs ist nicht gestellt: Fristen gelten erst, wenn er die Zeit weiß. "
    "Woran es liegt, zeigt: dorfhub doctor"
)
_DAYS = ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So")


@dataclass(frozen=True, slots=True)
class Point:
    """The learning point of one hub, opened."""

    config: Config
    village: VillageStore
    vault: Vault
    courses: CourseDesk
    desk: SignupDesk
    register: Register
    lending: LendingDesk
    rota: RotaDesk
    people: VolunteerDesk


@contextmanager
def opened(config_path: Path) -> Iterator[Point]:
    """Open the learning point; say in words what is in the way."""
    from edge.clock import SystemClock  # noqa: PLC0415  # `--help` is quick
    from edge.config import load  # noqa: PLC0415
    from edge.desk import CourseDesk, Register, SignupDesk, Vault  # noqa: PLC0415
    from edge.desk.lending import LendingDesk  # noqa: PLC0415
    from edge.desk.rota import RotaDesk  # noqa: PLC0415
    from edge.desk.volunteers import VolunteerDesk  # noqa: PLC0415
    from edge.learning.errors import LearningError  # noqa: PLC0415
    from edge.store.village import VillageStore  # noqa: PLC0415

    with in_words(LearningError):
        config = load(config_path)
        clock = SystemClock()
        with VillageStore(config.hub.village_db) as village, Vault.of(config) as vault:
            yield Point(
                config,
                village,
                vault,
                CourseDesk(village, vault, clock),
                SignupDesk.of(config, village, vault, clock),
                Register(village, vault, clock),
                LendingDesk.of(config, village, vault, clock),
                RotaDesk(village, vault, clock),
                VolunteerDesk(village, vault, clock),
            )


def tag(text: str) -> date:
    """Read a day of a command line, as `24.12.2026` or `2026-12-24`."""
    found = read_day(text)
    if found is None:
        raise click.BadParameter(f"{text!r} ist kein Tag. Beispiel: 24.12.2026")
    return found


def uhrzeit(text: str) -> wall_time:
    """Read a time on the wall of a command line, as `18:30`."""
    found = read_time(text)
    if found is None:
        raise click.BadParameter(f"{text!r} ist keine Uhrzeit. Beispiel: 18:30")
    return found


def read_day(text: str) -> date | None:
    """Return the day that is written, None if it is none."""
    text = text.strip()
    for form in ("%d.%m.%Y", "%Y-%m-%d"):
        try:
            parsed = time.strptime(text, form)
        except ValueError:
            continue
        return date(parsed.tm_year, parsed.tm_mon, parsed.tm_mday)
    return None


def read_time(text: str) -> wall_time | None:
    """Return the time on the wall that is written, None if it is none."""
    hours, _, minutes = text.strip().replace(".", ":").partition(":")
    if not (hours.isdecimal() and (minutes.isdecimal() or not minutes)):
        return None
    try:
        return wall_time(int(hours), int(minutes or 0))
    except ValueError:
        return None


def read_cents(text: str) -> int | None:
    """Return an amount in euros, such as `12,50`, in cents; None if it is none."""
    euros, _, cents = text.strip().removesuffix("€").strip().replace(".", ",").partition(",")
    if not euros.isdecimal() or not (cents.isdecimal() or not cents) or len(cents) > 2:
        return None
    return int(euros) * 100 + int((cents or "0").ljust(2, "0"))


def euros(cents: int) -> str:
    """Return an amount as people read it."""
    return "kostenlos" if not cents else f"{cents // 100},{cents % 100:02d} €"


def when(begin_ms: int, end_ms: int | None = None) -> str:
    """Return a moment, or a span, as the hall's clock shows it."""
    from edge.learning.moment import to_local  # noqa: PLC0415

    begin = to_local(begin_ms)
    told = f"{_DAYS[begin.weekday()]} {begin:%d.%m.%Y %H:%M}"
    if end_ms is None:
        return told
    end = to_local(end_ms)
    return f"{told}–{end:%H:%M}"
