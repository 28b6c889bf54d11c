"""The days of one simulated person: when they sleep, are out, sit still, travel. Pure.

Hours are of the village's clock, days count from the ward's first midnight.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from random import Random

from edge.trial.physiology import Physiology

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
FIRST_DAY = date(2026, 2, 2)  # a Monday; 90 days from it hold a change of the clocks
SATURDAY = 5

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Clock:
    """Turns days and hours of the village's clock into ms since 1970, UTC."""

    zone: tzinfo

    def at(self, day: int, hour: float) -> int:
        """Return the moment; ``hour`` may be below 0 or above 24."""
        moved = day + int(hour // 24)
        midnight = datetime.combine(FIRST_DAY + timedelta(days=moved), time(), self.zone)
        wall = midnight + timedelta(hours=hour % 24)
        return round(wall.timestamp() * 1000)

    def is_weekend(self, day: int) -> bool:
        """Tell if it is a Saturday or a Sunday."""
        return (FIRST_DAY + timedelta(days=day)).weekday() >= SATURDAY


@dataclass(slots=True)
class Day:
    """One day: moments in ms; spans in order, without overlap."""

    wakes: int
    sleeps: int
    out: list[Span] = field(default_factory=list)
    still: list[Span] = field(default_factory=list)
    visits: list[Span] = field(default_factory=list)
    toilet: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Absence:
    """Nights away; ``told`` if the hub was told of them beforehand."""

    since: int
    until: int
    told: bool
    why: str  # "trip", "holiday", "hospital"


@dataclass(frozen=True, slots=True)
class Manner:
    """How one person lives."""

    wakes: float
    sleeps: float
    spread_h: float
    weekend_h: float
    moves_every_ms: float
    sits: float
    naps: bool
    out: float
    toilet: float
    visitors: float
    pet_per_hour: float


def draw_manner(rng: Random, physiology: Physiology) -> Manner:
    """Return how one person lives."""
    number, pair = physiology.numbers, physiology.pairs

    def own(key: str, least: float = 0.0) -> float:
        mean, spread = pair[f"home.{key}"]
        return max(rng.gauss(mean, spread), least)

    return Manner(
        wakes=own("wakes", 3.0),
        sleeps=min(own("sleeps", 18.0), 25.0),
        spread_h=own("spread_minutes", 5) / 60,
        weekend_h=own("weekend_minutes") / 60,
        moves_every_ms=own("moves_every_minutes", 4) * 60_000,
        sits=own("sits_per_day"),
        naps=rng.random() < number["home.naps"],
        out=own("out_per_day"),
        toilet=own("toilet_per_night"),
        visitors=own("visitors_per_week"),
        pet_per_hour=(
            rng.uniform(*pair["home.pet_moves_per_hour"])
            if rng.random() < number["home.pets"]
            else 0.0
        ),
    )


def draw_days(
    rng: Random, physiology: Physiology, manner: Manner, clock: Clock, days: int
) -> list[Day]:
    """Return the days of one person, one after the other."""
    return [_day(rng, physiology, manner, clock, number) for number in range(days)]


def draw_absences(rng: Random, physiology: Physiology, clock: Clock, days: int) -> list[Absence]:
    """Return the nights away, in order, without overlap."""
    number, pair = physiology.numbers, physiology.pairs
    found: list[Absence] = []
    for why, per_day, key, told in (
        ("holiday", number["home.holidays_per_year"] / 365, "holiday", number["home.holiday_told"]),
        ("trip", number["home.trips_per_month"] / 30, "trip", number["home.trip_told"]),
    ):
        for _ in range(poisson(rng, per_day * days)):
            first = rng.randrange(days)
            nights = rng.randint(*(int(each) for each in pair[f"home.{key}_nights"]))
            since = clock.at(first, rng.uniform(9, 17))
            until = clock.at(first + nights, rng.uniform(10, 19))
            one = Absence(since, until, rng.random() < told, why)
            if not any(each.since < until and since < each.until for each in found):
                found.append(one)
    return sorted(found, key=lambda each: each.since)


def poisson(rng: Random, mean: float) -> int:
    """Return a number of events of which ``mean`` are to be expected (Knuth; for small means)."""
    found, left = -1, 1.0
    floor = 2.718281828459045**-mean
    while left > floor:
        left *= rng.random()
        found += 1
    return max(found, 0)  # what is never to be expected does not happen


def within(spans: list[Span], at: int) -> Span | None:
    """Return the span that holds a moment."""
    place = bisect_right(spans, (at, 1 << 62)) - 1
    if place >= 0 and spans[place][0] <= at < spans[place][1]:
        return spans[place]
    return None


def tidy(spans: list[Span]) -> list[Span]:
    """Return spans in order, overlapping ones as one."""
    found: list[Span] = []
    for since, until in sorted(spans):
        if found and since <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], until))
        else:
            found.append((since, until))
    return found


def _day(rng: Random, physiology: Physiology, manner: Manner, clock: Clock, day: int) -> Day:
    number, pair = physiology.numbers, physiology.pairs
    wakes = rng.gauss(manner.wakes, manner.spread_h)
    if clock.is_weekend(day):
        wakes += manner.weekend_h
    if rng.random() < number["home.late_share"]:
        wakes += rng.uniform(*pair["home.late_hours"])
    sleeps = max(rng.gauss(manner.sleeps, manner.spread_h), wakes + 4)
    found = Day(clock.at(day, wakes), clock.at(day, sleeps))
    outs = []
    for _ in range(poisson(rng, manner.out)):
        lasts = rng.uniform(*pair["home.out_hours"])
        outs.append(_placed(rng, clock, day, (wakes + 1, sleeps - 1), lasts))
    if rng.random() < number["home.long_out_share"]:
        outs.append(_placed(rng, clock, day, (wakes + 1, sleeps - 1), rng.uniform(6, 11)))
    found.out = tidy([span for span in outs if span is not None])
    still = []
    for _ in range(poisson(rng, manner.sits)):
        lasts = rng.uniform(*pair["home.sits_minutes"]) / 60
        still.append(_placed(rng, clock, day, (wakes + 0.5, sleeps), lasts))
    if manner.naps and rng.random() < number["home.nap_share"]:
        begins = rng.gauss(number["home.nap_hour"], manner.spread_h)
        ends = begins + rng.uniform(*pair["home.nap_minutes"]) / 60
        still.append((clock.at(day, begins), clock.at(day, ends)))
    found.still = [
        span
        for span in tidy([span for span in still if span is not None])
        if not any(out[0] < span[1] and span[0] < out[1] for out in found.out)
    ]
    for _ in range(poisson(rng, manner.visitors / 7)):
        lasts = rng.uniform(*pair["home.visitor_hours"])
        visit = _placed(rng, clock, day, (9, 20), lasts)
        if visit is not None and not any(
            out[0] < visit[1] and visit[0] < out[1] for out in found.out
        ):
            found.visits.append(visit)
    found.visits = tidy(found.visits)
    bed_until = wakes - 0.5
    found.toilet = sorted(
        clock.at(day, rng.uniform(min(manner.sleeps - 24 + 1, bed_until - 1), bed_until))
        for _ in range(poisson(rng, manner.toilet))
    )
    return found


def _placed(
    rng: Random, clock: Clock, day: int, hours: tuple[float, float], lasts: float
) -> Span | None:
    """Return a span of ``lasts`` hours somewhere between two hours, None if it has no room."""
    first, last = hours
    if last - lasts <= first:
        return None
    begins = rng.uniform(first, last - lasts)
    return clock.at(day, begins), clock.at(day, begins + lasts)
