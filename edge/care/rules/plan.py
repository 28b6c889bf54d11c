"""What holds for one person: limits, what is measured when, pauses, sensors. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from edge.care.kinds import KINDS
from edge.care.rules.errors import RuleError
from hardware.quantity import Quantity

DAY_MINUTES = 24 * 60
MEASURED = "measured"  # all that is to be measured each day, where silences have hours
MOST_HOURS = 24 * 366
_QUANTITIES = frozenset(one.value for one in Quantity)


@dataclass(frozen=True, slots=True)
class Limit:
    """From where on a value is no longer well, in the quantity's unit; None: there is no such end.

    At ``low`` or below, ``high`` or above, somebody is to look today; ``low_urgent`` and
    ``high_urgent`` are for within the hour. Where there is an extreme end, only a value as far as
    that calls somebody within the hour if nobody measures again; the others wait for today.
    """

    low: float | None = None
    high: float | None = None
    low_urgent: float | None = None
    high_urgent: float | None = None
    low_extreme: float | None = None
    high_extreme: float | None = None

    def __post_init__(self) -> None:
        ends = (
            self.low_extreme, self.low_urgent, self.low,
            self.high, self.high_urgent, self.high_extreme,
        )  # fmt: skip
        given = [one for one in ends if one is not None]
        if given != sorted(given):
            raise RuleError(
                "the ends of a limit are not in order",
                "Die Grenzen stehen nicht der Reihe nach:"
                " low_extreme, low_urgent, low, high, high_urgent, high_extreme.",
            )


@dataclass(frozen=True, slots=True)
class Due:
    """What is measured when: values of ``kind`` from ``begin`` to ``end``, minutes of the day.

    In the plan's zone, on ``weekdays`` (0 is Monday). ``end`` is after ``begin``.
    """

    kind: str
    begin: int = field(metadata={"least": 0, "most": DAY_MINUTES - 1})
    end: int = field(metadata={"least": 1, "most": DAY_MINUTES})
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise RuleError(f"no kind {self.kind}", f"Möglich sind: {', '.join(KINDS)}.")
        if self.begin >= self.end:
            raise RuleError("a span ends before it begins", "Das Ende muss nach dem Anfang sein.")
        if not self.weekdays or not set(self.weekdays) <= set(range(7)):
            raise RuleError("no such weekday", "Wochentage sind 0 (Montag) bis 6 (Sonntag).")

    @property
    def name(self) -> str:
        """What the span is called in a state, another one for each span of a plan."""
        days = "".join(map(str, sorted(self.weekdays)))
        return f"{self.kind}/{self.begin}-{self.end}/{days}"


@dataclass(frozen=True, slots=True)
class Pause:
    """Nobody is to be reminded: from ``since`` up to, and not including, ``until`` (None: open)."""

    since: int
    until: int | None = None
    why: str = "holiday"  # or "hospital", or "other"

    def holds_at(self, moment: int) -> bool:
        """Tell whether it is a pause at ``moment``."""
        return self.since <= moment and (self.until is None or moment < self.until)


@dataclass(frozen=True, slots=True)
class News2:
    """How NEWS2 is scored for a person, where a practice wants it scored at all.

    ``scale`` 2 of oxygen only on the decision of a doctor, who is named in ``decided_by``.
    ``on_oxygen``: the person is given oxygen. Nobody under 16 or pregnant is scored: ``age`` is in
    years, as far as somebody said it.
    """

    scale: int = field(default=1, metadata={"least": 1, "most": 2})
    decided_by: str = ""
    on_oxygen: bool = False
    age: int | None = field(default=None, metadata={"least": 0, "most": 130})
    is_pregnant: bool = False

    def __post_init__(self) -> None:
        if self.is_pregnant or (self.age is not None and self.age < 16):
            raise RuleError(
                "NEWS2 is not for this person",
                "NEWS2 gilt nicht unter 16 Jahren und nicht in der Schwangerschaft.",
            )
        if self.scale == 2 and not self.decided_by.strip():
            raise RuleError(
                "scale 2 needs a doctor's decision",
                "Skala 2 nur auf ärztliche Anordnung: bitte angeben, wer sie gegeben hat.",
            )


@dataclass(frozen=True, slots=True)
class Plan:
    """What holds for a person; a new one has the rule set's defaults and no schedule.

    ``limits`` by quantity, as a practice set them: such a one replaces the rule set's.
    ``devices`` are the sensors that are theirs now, with the kind of data that is awaited of each;
    where that is empty, what it sends is awaited.
    ``no_data`` are the hours for which nothing may come of a kind, or of :data:`MEASURED`; 0: none
    is awaited. ``off`` are rules that are not for this person. ``weather`` is the warning of heat
    of the German Weather Service that holds now: 0 none, 1 strong, 2 extreme.
    """

    person: int
    limits: Mapping[str, Limit] = field(default_factory=dict)
    schedule: tuple[Due, ...] = ()
    pauses: tuple[Pause, ...] = ()
    devices: Mapping[str, str] = field(default_factory=dict)
    news2: News2 | None = None
    no_data: Mapping[str, float] = field(default_factory=dict)
    off: frozenset[str] = frozenset()
    weather: int = field(default=0, metadata={"least": 0, "most": 2})
    zone: str = "Europe/Berlin"

    def __post_init__(self) -> None:
        if unknown := sorted(set(self.limits) - _QUANTITIES):
            raise RuleError(f"no quantity {unknown[0]}", f"Eine Größe {unknown[0]} gibt es nicht.")
        check_hours(self.no_data)

    def pause_at(self, moment: int) -> Pause | None:
        """Return the pause that it is at ``moment``, None if none."""
        return next((one for one in self.pauses if one.holds_at(moment)), None)

    def local(self, moment: int) -> datetime:
        """Return a moment as the clock on the wall shows it."""
        return (_EPOCH + timedelta(milliseconds=moment)).astimezone(_zone(self.zone))

    def moment(self, day: datetime, minute: int) -> int:
        """Return when ``minute`` of a local day is, ms since 1970."""
        midnight = day.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        wall = midnight.replace(tzinfo=None) + timedelta(minutes=minute)
        return round(wall.replace(tzinfo=_zone(self.zone)).timestamp() * 1000)


def check_hours(hours: Mapping[str, float]) -> None:
    """Look at hours of silence by kind.

    :raises RuleError: if a kind is none, or hours are not 0 to a year.
    """
    known = (*KINDS, MEASURED)
    if unknown := sorted(set(hours) - set(known)):
        raise RuleError(f"no kind {unknown[0]}", f"Möglich sind: {', '.join(known)}.")
    if wrong := [one for one in hours.values() if not 0 <= one <= MOST_HOURS]:
        raise RuleError(
            f"{wrong[0]} hours of silence", f"Möglich sind 0 (nie) bis {MOST_HOURS} Stunden."
        )


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=16)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
