"""What is usual for a person at home: how long still at most, how many movements. Pure.

Learned for working days (``w``) and days of rest (``r``) apart and for each hour of the village's
clock, as ``w07`` or ``r19``. A day that is over is put to the others as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from statistics import fmean
from typing import TypeVar

from edge.care.rules.plan import Plan

Number = TypeVar("Number", int, float)

WORK, REST = "w", "r"
SATURDAY = 5
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
LONG_MINUTES = 60  # in a shorter absence a pet may sleep
FEW_VALUES = 4  # so few of a kind of day tell nothing: both kinds count then
MOST_ABSENCES = 20  # about a month of going out daily
# Somebody may be up two hours later than ever, or an hour earlier.
NEAR_HOURS = (-2, -1, 0, 1)


@dataclass(frozen=True, slots=True)
class Settings:
    """The numbers of the rule of inactivity; a rule set has them as ``[inactivity]``.

    Still for ``longer`` times the longest ever and ``margin_minutes``, within ``least_minutes`` and
    ``most_minutes``, is too long; so is an absence by ``away_longer`` within its bounds. Whoever
    leaves is seen at the door for up to ``leaves_minutes``; ``stays_moves`` within
    ``stays_minutes`` are of somebody who stayed, fewer may be a pet's. With a pet, of the last
    hours that have ``enough_moves`` usually, a share below ``much_less`` of the lowest and
    below ``most_share`` is too little.
    """

    active: bool = True
    warm_up_days: int = field(default=14, metadata={"least": 3, "most": 90})
    keep_days: int = field(default=28, metadata={"least": 7, "most": 90})
    longer: float = field(default=1.35, metadata={"least": 1.0, "most": 3.0})
    margin_minutes: int = field(default=80, metadata={"least": 0, "most": 600})
    least_minutes: int = field(default=180, metadata={"least": 30, "most": 1440})
    most_minutes: int = field(default=960, metadata={"least": 120, "most": 2880})
    ask_minutes: int = field(default=40, metadata={"least": 5, "most": 240})
    leaves_minutes: int = field(default=3, metadata={"least": 1, "most": 30})
    away_longer: float = field(default=1.5, metadata={"least": 1.0, "most": 3.0})
    away_least_minutes: int = field(default=840, metadata={"least": 60, "most": 10080})
    away_most_minutes: int = field(default=1440, metadata={"least": 120, "most": 20160})
    away_ask_minutes: int = field(default=300, metadata={"least": 5, "most": 2880})
    stays_moves: int = field(default=4, metadata={"least": 1, "most": 20})
    stays_minutes: int = field(default=40, metadata={"least": 5, "most": 240})
    enough_moves: int = field(default=24, metadata={"least": 8, "most": 200})
    much_less: float = field(default=0.8, metadata={"least": 0.0, "most": 1.0})
    most_share: float = field(default=0.35, metadata={"least": 0.0, "most": 1.0})


@dataclass(frozen=True, slots=True)
class Today:
    """What is learned of a day that is not over: by hour, minutes still and movements.

    ``low`` is the lowest share of the usual movements, in per cent.
    """

    day: int = 0
    longest: Mapping[str, int] = field(default_factory=dict)
    moves: Mapping[str, int] = field(default_factory=dict)
    low: int | None = None


@dataclass(frozen=True, slots=True)
class Habit:
    """What was learned of ``days``: of each hour the newest values last, and what follows.

    ``limits`` are the minutes from which on stillness is too long, ``usual`` the movements of
    an hour on average, ``lows`` the lowest share of them by day, in per cent. ``absences`` are
    minutes, and how often something moved meanwhile.
    """

    days: int = 0
    longest: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    limits: Mapping[str, int] = field(default_factory=dict)
    moves: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    usual: Mapping[str, float] = field(default_factory=dict)
    lows: tuple[int, ...] = ()
    absences: tuple[tuple[int, int], ...] = ()

    @property
    def lowest(self) -> int:
        """The second lowest share of the usual movements, in per cent: one day may be odd."""
        return sorted(self.lows)[:2][-1] if self.lows else 0

    @property
    def has_pet(self) -> bool:
        """Tell if something moves at home while nobody is there."""
        long = [moves for minutes, moves in self.absences if minutes >= LONG_MINUTES]
        return len(long) >= FEW_VALUES and 2 * sum(1 for moves in long if moves) >= len(long)


def key(local: datetime) -> str:
    """Return the name of an hour."""
    return f"{REST if local.weekday() >= SATURDAY else WORK}{local.hour:02}"


def still_for(  # noqa: PLR0917  # what is known, and the stillness
    settings: Settings, habit: Habit, today: Today, plan: Plan, until: int, still: int
) -> Today:
    """Note a stillness that is over: how long it had lasted by the end of each hour.

    It lasted ``still`` ms of the hub's listening and ended at ``until`` (by the clock).
    """
    longest = dict(today.longest)
    moment = until - still  # an outage of the hub is before the stillness, not in it
    while moment < until:
        end = min(moment - moment % HOUR_MS + HOUR_MS, until)
        name = key(plan.local(moment))
        minutes = (end - until + still) // MINUTE_MS
        # what somebody was called for is no habit, or a fall would hide the next one
        most = habit.limits.get(name, settings.most_minutes) * 3 // 2
        longest[name] = max(longest.get(name, 0), min(minutes, most))
        moment = end
    return replace(today, longest=longest)


def away_for(habit: Habit, minutes: int, moves: int) -> Habit:
    """Note an absence that is over, and how often something moved at home meanwhile."""
    return replace(habit, absences=(*habit.absences, (minutes, moves))[-MOST_ABSENCES:])


def away_limit(settings: Settings, habit: Habit) -> int:
    """Return from how many minutes on an absence is too long."""
    usual = round(max((minutes for minutes, _ in habit.absences), default=0) * settings.away_longer)
    return min(max(usual, settings.away_least_minutes), settings.away_most_minutes)


def with_day(settings: Settings, habit: Habit, today: Today) -> Habit:
    """Put what was learned of a day to the others; a day that nobody was there for is none."""
    if not today.longest:
        return habit
    longest = _kept(settings, habit.longest, today.longest)
    moves = _kept(settings, habit.moves, today.moves)
    most = _whole(longest, max)
    limits = {}
    for name in most:
        hour = int(name[1:])
        near = max(most.get(f"{name[0]}{(hour + off) % 24:02}", 0) for off in NEAR_HOURS)
        limit = round(near * settings.longer) + settings.margin_minutes
        limits[name] = min(max(limit, settings.least_minutes), settings.most_minutes)
    lows = habit.lows if today.low is None else (*habit.lows, today.low)[-settings.keep_days :]
    return Habit(habit.days + 1, longest, limits, moves, _whole(moves, fmean), lows, habit.absences)


def share_of_usual(
    settings: Settings, habit: Habit, hours: Sequence[tuple[str, int]]
) -> float | None:
    """Return which share of the usual movements there were; None while too few are to be expected.

    ``hours`` are (name, movements), oldest first, -1 where nobody can tell. The newest count, up to
    ``enough_moves`` that are usual.
    """
    there, usual = 0, 0.0
    for name, moves in reversed(hours):
        if moves >= 0 and name in habit.usual:
            there += moves
            usual += habit.usual[name]
            if usual >= settings.enough_moves:
                return there / usual
    return None


def _kept(
    settings: Settings, kept: Mapping[str, tuple[int, ...]], new: Mapping[str, int]
) -> dict[str, tuple[int, ...]]:
    """Return values with the new ones, as many as there are such days in those that are kept."""
    found = dict(kept)
    for name, value in new.items():
        most = max(settings.keep_days * (2 if name[0] == REST else 5) // 7, FEW_VALUES)
        found[name] = (*found.get(name, ()), value)[-most:]
    return found


def _whole(
    kept: Mapping[str, tuple[int, ...]], of: Callable[[tuple[int, ...]], Number]
) -> dict[str, Number]:
    """Return what ``of`` says of each hour's values, of both kinds of day where one has few."""
    found: dict[str, Number] = {}
    for hour in range(24):
        work: tuple[int, ...] = kept.get(f"{WORK}{hour:02}", ())
        rest: tuple[int, ...] = kept.get(f"{REST}{hour:02}", ())
        for kind, values in ((WORK, work), (REST, rest)):
            enough = values if len(values) >= FEW_VALUES else (*work, *rest)
            if enough:
                found[f"{kind}{hour:02}"] = of(enough)
    return found
