"""What truly befalls a simulated person, and from when: known to the scorer alone. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from edge.trial.calendar import DAY_MS, HOUR_MS, Absence, Clock, Day, Span, poisson, within
from edge.trial.physiology import Physiology

FALL = "fall"


@dataclass(frozen=True, slots=True)
class Truth:
    """One deterioration of one person.

    ``onset`` is the moment at which the course leaves the usual, ``peak_at`` when it is worst,
    ``ends`` when it begins to fade, ``over`` when the person is as before (ms since 1970, UTC).
    ``peak`` is what it adds to each quantity, ``quiet`` the share of movement that is missing.
    ``noticeable`` is when it moved a quantity that the person measures by more than twice their own
    day-to-day spread, None if it never does.
    """

    person: int
    kind: str
    onset: int
    peak_at: int
    ends: int
    over: int
    peak: Mapping[str, float]
    quiet: float
    noticeable: int | None = None

    @property
    def is_fall(self) -> bool:
        """Tell if it is one that only the home's sensors can notice."""
        return self.kind == FALL

    def strength(self, at: int) -> float:
        """Return how much of the peak there is, 0 to 1."""
        if not self.onset <= at < self.over:
            return 0.0
        if at < self.peak_at:
            return (at - self.onset) / (self.peak_at - self.onset)
        if at < self.ends:
            return 1.0
        return (self.over - at) / (self.over - self.ends)


def draw_illnesses(
    rng: Random, physiology: Physiology, conditions: frozenset[str], clock: Clock, days: int
) -> list[tuple[str, int]]:
    """Return which illnesses begin when, in order; at most so many as the physiology says."""
    number = physiology.numbers
    first, last = number["onset.first_day"], days - number["onset.last_day_before_end"]
    found: list[tuple[str, int]] = []
    if last <= first:
        return found
    for kind, illness in physiology.illnesses.items():
        if illness.of != "all" and illness.of not in conditions:
            continue
        for _ in range(poisson(rng, illness.per_year / 365 * (last - first))):
            begins = rng.uniform(first, last)
            found.append((kind, clock.at(int(begins), begins % 1 * 24)))
    rng.shuffle(found)
    chosen = found[: int(number["onset.most_per_person"])]
    return sorted(chosen, key=lambda each: each[1])


def draw_course(rng: Random, physiology: Physiology, person: int, kind: str, onset: int) -> Truth:
    """Return how an illness goes in one person."""
    illness = physiology.illnesses[kind]
    rise = rng.uniform(*illness.rise_days)
    lasts = max(rng.uniform(*illness.days), rise + 0.1)
    peak = {}
    for name, bounds in illness.peak.items():
        peak[name] = rng.uniform(*bounds)
        if rng.random() < illness.blunted.get(name, 0):
            peak[name] /= 3
    ends = onset + round(lasts * DAY_MS)
    return Truth(
        person, kind, onset, onset + round(rise * DAY_MS), ends,
        ends + round(illness.fade_days * DAY_MS), peak, rng.uniform(*illness.quiet),
    )  # fmt: skip


def draw_fall(  # noqa: PLR0917  # who falls, and what else there is
    rng: Random,
    physiology: Physiology,
    person: int,
    days: Sequence[Day],
    absences: Sequence[Absence],
    others: Sequence[Truth],
) -> Truth | None:
    """Return a fall after which nobody comes for long, or None.

    It happens at home, not while somebody visits and not during another deterioration.
    """
    number = physiology.numbers
    first = int(number["onset.first_day"])
    last = len(days) - int(number["onset.last_day_before_end"])
    if last <= first or not poisson(rng, number["fall.per_year"] / 365 * (last - first)):
        return None
    for _ in range(20):  # so many tries to find a moment at home
        day = days[rng.randrange(first, last)]
        if rng.random() < number["fall.night_share"]:
            onset = day.wakes - round(rng.uniform(1, 6) * HOUR_MS)
        else:
            onset = day.wakes + round(rng.random() * (day.sleeps - day.wakes))
        until = onset + round(rng.uniform(*physiology.pairs["fall.lies_hours"]) * HOUR_MS)
        apart = (onset - 2 * DAY_MS, until + 2 * DAY_MS)
        busy: list[Span] = [*day.out, *day.visits]
        if within(sorted(busy), onset) is not None:
            continue
        if any(each.since < apart[1] and apart[0] < each.until for each in absences):
            continue
        if any(each.onset < apart[1] and apart[0] < each.over for each in others):
            continue
        return Truth(person, FALL, onset, onset + 1, until, until + 1, {}, 1.0)
    return None
