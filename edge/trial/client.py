"""One simulated person, whole: how they are, live, measure, and what befalls them. Pure.

Each person has a random source of their own, made of the seed and their number: so a person is the
same in a ward of ten and of a thousand, and what a rule asks of them changes nothing that comes
by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from edge.trial.calendar import (
    DAY_MS,
    HOUR_MS,
    Absence,
    Clock,
    Span,
    draw_absences,
    draw_days,
    draw_manner,
    poisson,
    tidy,
)
from edge.trial.home import MINUTE_MS, Home, Life, Sensed, sensed
from edge.trial.physiology import DEVICES, Physiology
from edge.trial.truth import Truth, draw_course, draw_fall, draw_illnesses
from edge.trial.vitals import Measuring, Taken, draw_body, draw_levels

HOSPITAL_DAYS = (3, 10)  # after a fall


@dataclass(frozen=True, slots=True)
class Client:
    """One person: what comes of them by itself, and what they answer.

    ``taken`` is in order of arrival, ``sensed`` in order of time. ``told`` are the absences that
    the hub was told of, ``answers`` the seed of what they answer.
    """

    number: int
    conditions: frozenset[str]
    devices: tuple[str, ...]
    home: Home
    life: Life
    taken: Sequence[Taken]
    sensed: Sequence[Sensed]
    truths: Sequence[Truth]
    measuring: Measuring
    deaf: Mapping[str, list[Span]]
    answers: str
    starts: int
    ends: int

    @property
    def told(self) -> list[Absence]:
        """The absences that the hub was told of."""
        return [each for each in self.life.absences if each.told]

    def off(self) -> list[Span]:
        """Return when the hub is off."""
        return self.deaf.get("", [])

    def again(self, rng: Random, at: int, hour: float) -> list[Taken]:
        """Measure once more, because the hub asked at ``at``; nothing if they do not.

        ``hour`` is the village's.
        """
        physiology = self.measuring.physiology
        after = round(rng.uniform(*physiology.pairs["habit.answer_minutes"]) * MINUTE_MS)
        willing = rng.random() < physiology.numbers["habit.answers"]
        if not willing or self.life.state(at + after) in {"away", "down"}:
            return []
        hour = (hour + after / HOUR_MS) % 24
        return self.measuring.one(rng, at + after, hour, self.devices, self.deaf)

    def here(self, rng: Random, at: int) -> int | None:
        """Answer the hub's question how they are: return when they do, None if never."""
        physiology = self.measuring.physiology
        chance, after = rng.random(), rng.uniform(*physiology.pairs["home.here_minutes"])
        state = self.life.state(at)
        if state == "down" or chance >= physiology.numbers[f"home.here_{state}"]:
            return None
        return at + round(after * MINUTE_MS)


def draw_client(seed: int, number: int, physiology: Physiology, clock: Clock, days: int) -> Client:
    """Return person ``number`` of the ward of ``seed``."""
    rng = Random(f"{seed}/{number}")  # noqa: S311  # a simulation
    numbers = physiology.numbers
    conditions = frozenset(
        name for name, each in physiology.conditions.items() if rng.random() < each.share
    )
    owned = tuple(each for each in DEVICES if rng.random() < numbers[f"owns.{each}"])
    if "heart_failure" in conditions and "scale" not in owned:
        owned = (*owned, "scale")
    manner = draw_manner(rng, physiology)
    life_days = draw_days(rng, physiology, manner, clock, days)
    truths = [
        draw_course(rng, physiology, number, kind, onset)
        for kind, onset in draw_illnesses(rng, physiology, conditions, clock, days)
    ]
    # whoever is ill does not travel
    absences = [
        each
        for each in draw_absences(rng, physiology, clock, days)
        if not any(
            truth.onset - DAY_MS < each.until and each.since < truth.over for truth in truths
        )
    ]
    fall = draw_fall(rng, physiology, number, life_days, absences, truths)
    ends = clock.at(days, 0)
    if fall is not None:
        truths.append(fall)
        stays = fall.ends + round(rng.uniform(*HOSPITAL_DAYS) * DAY_MS)
        hospital = Absence(fall.ends + HOUR_MS, stays, told=True, why="hospital")
        absences = [each for each in absences if each.until < fall.onset or each.since > stays]
        absences = sorted([*absences, hospital], key=lambda each: each.since)
    truths.sort(key=lambda each: each.onset)
    body = draw_body(rng, physiology, conditions, truths, clock, days)
    measures = {name for device in owned for name in DEVICES[device]}
    truths = [
        replace(
            each,
            noticeable=each.onset if each.is_fall else body.noticeable(each, measures),
        )
        for each in truths
    ]
    home = Home(
        rooms=tuple(f"motion-{place}" for place in range(int(numbers["home.rooms"]))),
        has_door=rng.random() < numbers["home.door"],
        has_bed=rng.random() < numbers["home.bed"],
        pet_per_hour=manner.pet_per_hour,
        deaf={},
    )
    home.deaf.update(_deaf(rng, physiology, (*owned, *home.devices), clock, days))
    hours = physiology.pairs["habit.hours"]
    measuring = Measuring(
        physiology, body, draw_levels(rng, physiology, frozenset()), owned,
        tuple(rng.gauss(hour, numbers["habit.hour_spread"]) for hour in hours),
        min(max(rng.gauss(*physiology.pairs["habit.keeps"]), 0.3), 1.0), clock,
    )  # fmt: skip
    life = Life(life_days, absences, truths, ends)
    gone = [(each.since, each.until) for each in absences]
    gone += [(each.onset, each.ends) for each in truths if each.is_fall]
    taken = measuring.rounds(rng, life_days, sorted(gone), home.deaf)
    return Client(
        number, conditions, owned, home, life, taken,
        sensed(rng, physiology, manner, home, life), truths, measuring, home.deaf,
        f"{seed}/{number}/answers",
        clock.at(0, 0), ends,
    )  # fmt: skip


def _deaf(
    rng: Random, physiology: Physiology, devices: Sequence[str], clock: Clock, days: int
) -> dict[str, list[Span]]:
    """Return when each device, and the hub (``""``), is silent."""
    numbers, pairs = physiology.numbers, physiology.pairs
    found = {}
    for device in ("", *devices):
        rate = numbers["trouble.silent_per_month" if device else "trouble.hub_off_per_month"]
        spans = []
        for _ in range(poisson(rng, rate / 30 * days)):
            since = clock.at(rng.randrange(days), rng.uniform(0, 24))
            lasts = (
                rng.uniform(*pairs["trouble.silent_days"]) * DAY_MS
                if device
                else rng.uniform(*pairs["trouble.hub_off_hours"]) * HOUR_MS
            )
            spans.append((since, since + round(lasts)))
        found[device] = tidy(spans)
    return found
