"""What one simulated person truly is like, and what their devices say of it. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from edge.trial.calendar import DAY_MS, HOUR_MS, Clock, Day, Span, poisson, within
from edge.trial.physiology import DEVICES, KIND, Physiology, Vital
from edge.trial.truth import Truth

SYSTOLIC, DIASTOLIC = "blood_pressure_systolic", "blood_pressure_diastolic"
PULSE, OXYGEN = "pulse_rate", "oxygen_saturation"
NOTICEABLE = 2.0  # of a person's own day-to-day spread
TEMPERATURE, WEIGHT = "body_temperature", "body_weight"
DIASTOLIC_SHARE = 0.55  # of what moves systolic pressure; pulse pressure widens with age


@dataclass(frozen=True, slots=True)
class Taken:
    """One number as a device gave it."""

    at: int
    received_at: int
    device: str
    data_kind: str
    quantity: str
    value: float


@dataclass(frozen=True, slots=True)
class Bump:
    """Something harmless that moves values for a while, or for good."""

    since: int
    until: int
    by: Mapping[str, float]
    stays: bool = False  # a new pill: reached at ``until`` and kept


@dataclass(frozen=True, slots=True)
class Body:
    """One person's own levels, spreads, and what moves them."""

    starts: int
    level: Mapping[str, float]
    spread: Mapping[str, float]  # of what changes from one round to the next
    slow: Mapping[str, Sequence[float]]  # by day
    swing: Mapping[str, float]
    drift: Mapping[str, float]  # a month
    bumps: Sequence[Bump]
    truths: Sequence[Truth]
    noise: Mapping[str, float]
    within: Mapping[str, float]  # the whole spread from day to day, without the device's

    def noticeable(self, truth: Truth, quantities: Collection[str]) -> int | None:
        """Return when an illness can be seen in any of the quantities, None if never.

        That is when its own part is more than twice the person's spread, which no measuring blurs.
        """
        shares = [
            NOTICEABLE * self.within[name] / abs(by)
            for name, by in truth.peak.items()
            if name in quantities and by
        ]
        share = min(shares, default=2.0)
        if share > 1:
            return None
        return truth.onset + round(share * (truth.peak_at - truth.onset))

    def true(self, quantity: str, at: int, hour: float) -> float:
        """Return the value that no device blurs; ``hour`` is the village's."""
        days = (at - self.starts) / DAY_MS
        slow = self.slow[quantity]
        found = (
            self.level[quantity]
            + slow[min(max(int(days), 0), len(slow) - 1)]
            + self.drift[quantity] * days / 30
            - self.swing[quantity] * math.cos((hour - 4) / 12 * math.pi)
        )
        for bump in self.bumps:
            by = bump.by.get(quantity)
            if by is None or at < bump.since:
                continue
            if bump.stays:
                found += by * min((at - bump.since) / (bump.until - bump.since), 1)
            elif at < bump.until:
                found += by
        for truth in self.truths:
            by = truth.peak.get(quantity)
            if by is not None:
                found += by * truth.strength(at)
        return found


def draw_levels(
    rng: Random, physiology: Physiology, conditions: frozenset[str]
) -> dict[str, float]:
    """Return a person's own level of each quantity."""
    found = {}
    for name, vital in physiology.vitals.items():
        found[name] = min(max(rng.gauss(*vital.level), vital.bounds[0]), vital.bounds[1])
    for condition in sorted(conditions):
        for name, (mean, spread) in physiology.conditions[condition].shift.items():
            found[name] += rng.gauss(mean, spread)
    found[OXYGEN] = min(found[OXYGEN], 99.0)
    found[DIASTOLIC] = min(found[DIASTOLIC], found[SYSTOLIC] - 25)
    return found


def draw_body(  # noqa: PLR0917  # who it is, and what befalls them
    rng: Random,
    physiology: Physiology,
    conditions: frozenset[str],
    truths: Sequence[Truth],
    clock: Clock,
    days: int,
) -> Body:
    """Return what a person is like."""
    number = physiology.numbers
    share, lasts = number["slow.share"], max(number["slow.days"], 0.1)
    spread, slow, swing, drift, within = {}, {}, {}, {}, {}
    for name, vital in physiology.vitals.items():
        within[name] = within_person = max(rng.gauss(*vital.within), vital.within[0] / 3)
        spread[name] = within_person * math.sqrt(1 - share)
        slow[name] = _slow(rng, within_person * math.sqrt(share), lasts, days)
        swing[name] = rng.gauss(*vital.day)
        drift[name] = rng.gauss(0, vital.drift)
    return Body(
        clock.at(0, 0), draw_levels(rng, physiology, conditions), spread, slow, swing, drift,
        draw_bumps(rng, physiology, truths, clock, days), truths,
        {name: vital.noise for name, vital in physiology.vitals.items()}, within,
    )  # fmt: skip


def draw_bumps(
    rng: Random, physiology: Physiology, truths: Sequence[Truth], clock: Clock, days: int
) -> list[Bump]:
    """Return what is harmless: colds, new pills, and the first days before a white coat."""
    number, pair = physiology.numbers, physiology.pairs
    found = []
    for _ in range(poisson(rng, number["trouble.cold_per_year"] / 365 * days)):
        since = clock.at(rng.randrange(days), 12)
        until = since + round(rng.uniform(*pair["trouble.cold_days"]) * DAY_MS)
        by = {
            TEMPERATURE: rng.uniform(*pair["trouble.cold_temperature"]),
            PULSE: rng.uniform(*pair["trouble.cold_pulse"]),
        }
        if not any(each.onset < until and since < each.over for each in truths):
            found.append(Bump(since, until, by))
    for _ in range(poisson(rng, number["trouble.medication_per_year"] / 365 * days)):
        since = clock.at(rng.randrange(days), 8)
        until = since + round(max(number["trouble.medication_days"], 0.1) * DAY_MS)
        off = rng.uniform(*pair["trouble.medication_mmhg"]) * rng.choice((-1, -1, 1))
        found.append(
            Bump(since, until, {SYSTOLIC: off, DIASTOLIC: off * DIASTOLIC_SHARE}, stays=True)
        )
    if rng.random() < number["trouble.white_coat_people"]:
        off = rng.uniform(*pair["trouble.white_coat_mmhg"])
        since, until = clock.at(0, 0), clock.at(0, 0) + DAY_MS
        for day in range(int(number["trouble.white_coat_days"])):
            part = off * (1 - day / number["trouble.white_coat_days"])
            by = {SYSTOLIC: part, DIASTOLIC: part * DIASTOLIC_SHARE, PULSE: part / 4}
            found.append(Bump(since + day * DAY_MS, until + day * DAY_MS, by))
    return found


@dataclass(frozen=True, slots=True)
class Measuring:
    """Who measures what, and what goes wrong with it."""

    physiology: Physiology
    body: Body
    partner: Mapping[str, float]
    devices: tuple[str, ...]
    hours: tuple[float, ...]
    keeps: float
    clock: Clock

    def rounds(
        self, rng: Random, days: Sequence[Day], gone: list[Span], deaf: Mapping[str, list[Span]]
    ) -> list[Taken]:
        """Return all that was measured at the usual hours, in order of arrival at the hub.

        Whoever sleeps or is out then measures soon after; in the spans ``gone`` nobody does.
        """
        found: list[Taken] = []
        jitter = self.physiology.numbers["habit.hour_spread"] / 2
        for number, day in enumerate(days):
            for turn, usual in enumerate(self.hours):
                hour, later = rng.gauss(usual, jitter), round(rng.uniform(5, 30) * 60_000)
                at = planned = self.clock.at(number, hour)
                out = within(day.out, at)
                if at < day.wakes or out is not None:
                    at = (day.wakes if out is None else out[1]) + later
                hour += (at - planned) / HOUR_MS
                is_kept = rng.random() < self.keeps and at < day.sleeps
                if not is_kept or within(gone, at) is not None:
                    continue
                wanted = [each for each in self.devices if each != "scale" or turn == 0]
                found += self.one(rng, at, hour, wanted, deaf)
        return sorted(found, key=lambda one: (one.received_at, one.at))

    def one(
        self,
        rng: Random,
        at: int,
        hour: float,
        devices: Sequence[str],
        deaf: Mapping[str, list[Span]],
    ) -> list[Taken]:
        """Return one round of measuring with those devices that work."""
        number, pair = self.physiology.numbers, self.physiology.pairs
        off = self._exertion(rng)
        is_other = rng.random() < number["trouble.other_person_share"]
        late = 0
        if rng.random() < number["habit.late_share"]:
            late = round(rng.uniform(*pair["habit.late_hours"]) * 3_600_000)
        found = []
        for place, device in enumerate(devices):
            moment = at + place * 90_000
            wrong = off | self._trouble(rng, device)
            values = {
                name: self._value(rng, name, moment, hour, wrong.get(name, 0.0), is_other=is_other)
                for name in DEVICES[device]
            }
            if within(deaf.get(device, []), moment) is not None:
                continue
            if device == "cuff" and values[DIASTOLIC] > values[SYSTOLIC] - 10:
                continue  # no cuff shows such a pair: it says that it failed
            received = moment + 4_000 + late
            hub = within(deaf.get("", []), received)
            received = received if hub is None else hub[1] + 60_000
            found += [
                Taken(moment, received, device, KIND[device], name, value)
                for name, value in values.items()
            ]
        return found

    def _value(  # what is measured when, and what is wrong with it
        self, rng: Random, name: str, at: int, hour: float, off: float, *, is_other: bool
    ) -> float:
        vital: Vital = self.physiology.vitals[name]
        true = self.partner[name] if is_other else self.body.true(name, at, hour)
        value = true + rng.gauss(0, self.body.spread[name]) + rng.gauss(0, vital.noise) + off
        value = min(max(value, vital.can_be[0]), vital.can_be[1])
        return round(value, vital.decimals)

    def _exertion(self, rng: Random) -> dict[str, float]:
        number, pair = self.physiology.numbers, self.physiology.pairs
        if rng.random() >= number["trouble.exertion_share"]:
            return {}
        pressure = rng.uniform(*pair["trouble.exertion_mmhg"])
        return {
            PULSE: rng.uniform(*pair["trouble.exertion_pulse"]),
            SYSTOLIC: pressure,
            DIASTOLIC: pressure * DIASTOLIC_SHARE / 2,
        }

    def _trouble(self, rng: Random, device: str) -> dict[str, float]:
        """Return by how much a device is wrong because of how it was used."""
        number, pair = self.physiology.numbers, self.physiology.pairs
        share, bounds = {
            "cuff": ("cuff_share", "cuff_off"),
            "oximeter": ("finger_share", "finger_off"),
            "thermometer": ("thermometer_share", "thermometer_off"),
            "scale": ("clothes_share", "clothes_kg"),
        }[device]
        if rng.random() >= number[f"trouble.{share}"]:
            return {}
        off = rng.uniform(*pair[f"trouble.{bounds}"])
        if device == "cuff":
            off *= rng.choice((-1, 1))
            return {SYSTOLIC: off, DIASTOLIC: off * DIASTOLIC_SHARE}
        if device == "scale":
            return {WEIGHT: off}
        return {DEVICES[device][0]: -off}


def _slow(rng: Random, spread: float, lasts: float, days: int) -> list[float]:
    """Return what goes on for days: each day's part is what is left of the one before, and new."""
    keeps = math.exp(-1 / lasts)
    fresh = spread * math.sqrt(1 - keeps * keeps)
    found = [rng.gauss(0, spread)]
    for _ in range(days):
        found.append(found[-1] * keeps + rng.gauss(0, fresh))
    return found
