"""What of a person's values is shown as one picture, and how it is read. Pure; no words.

A picture is of one unit: the two numbers of a blood pressure share one, the pulse that a cuff and
an oximeter tell is one curve. A quantity that no picture is of is not shown at all; rows of what
happens at home are no curve.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from edge.care import kinds
from edge.care.consent import BLOOD_PRESSURE
from edge.care.measured import Measured
from edge.ward.chart import Curve, Point
from hardware.quantity import Quantity
from hardware.reading import TimeQuality


@dataclass(frozen=True, slots=True)
class Vital:
    """One picture. ``curves`` are its quantities, each with those that say the same.

    ``digits`` are shown after the comma; ``least_span`` of the scale, in the unit, so that what
    changes by a breath does not look like a fall. No value is above ``most``.
    """

    key: str
    curves: tuple[tuple[Quantity, ...], ...]
    kinds: frozenset[str]
    digits: int
    least_span: float
    most: float = math.inf


_BP = (Quantity.BLOOD_PRESSURE_SYSTOLIC,), (Quantity.BLOOD_PRESSURE_DIASTOLIC,)
VITALS: tuple[Vital, ...] = (
    Vital("blood_pressure", _BP, frozenset({BLOOD_PRESSURE}), 0, 60),
    Vital(
        "pulse",
        ((Quantity.PULSE_RATE, Quantity.HEART_RATE),),
        frozenset({BLOOD_PRESSURE, kinds.HEART_RATE, kinds.OXYGEN}),
        0,
        40,
    ),
    Vital("oxygen", ((Quantity.OXYGEN_SATURATION,),), frozenset({kinds.OXYGEN}), 0, 10, 100),
    Vital("temperature", ((Quantity.BODY_TEMPERATURE,),), frozenset({kinds.TEMPERATURE}), 1, 3),
    Vital("weight", ((Quantity.BODY_WEIGHT,),), frozenset({kinds.WEIGHT}), 1, 6),
    Vital(
        "glucose_mass",
        ((Quantity.GLUCOSE_MASS_CONCENTRATION,),),
        frozenset({kinds.GLUCOSE, kinds.CONTINUOUS_GLUCOSE}),
        0,
        100,
    ),
    Vital(
        "glucose_substance",
        ((Quantity.GLUCOSE_SUBSTANCE_CONCENTRATION,),),
        frozenset({kinds.GLUCOSE, kinds.CONTINUOUS_GLUCOSE}),
        1,
        5,
    ),
    Vital(
        "room_temperature", ((Quantity.AIR_TEMPERATURE,),), frozenset({kinds.ROOM_CLIMATE}), 1, 8
    ),
)
SHOWN_KINDS = frozenset().union(*(one.kinds for one in VITALS))
OF_QUANTITY: Mapping[str, Vital] = {
    quantity.value: one for one in VITALS for same in one.curves for quantity in same
}


@dataclass(frozen=True, slots=True)
class Reading:
    """What was measured at one moment by one device, as one row: a number for each curve.

    ``certain``: when it was is known. ``received_at`` is when the hub had it.
    """

    at: int
    received_at: int
    values: tuple[float | None, ...]
    certain: bool


@dataclass(frozen=True, slots=True)
class Course:
    """One vital over time: rows, oldest first."""

    vital: Vital
    rows: tuple[Reading, ...]

    @property
    def newest(self) -> Reading | None:
        """Return the last row whose time is known, else the last that came."""
        known = [one for one in self.rows if one.certain]
        if known:
            return known[-1]
        return max(self.rows, key=lambda one: one.received_at, default=None)

    def curves(self) -> list[Curve]:
        """Return what is drawn."""
        return [
            Curve(
                same[0].value,
                [
                    Point(row.at, value, row.certain)
                    for row in self.rows
                    if (value := row.values[place]) is not None
                ],
            )
            for place, same in enumerate(self.vital.curves)
        ]


def courses(values: Iterable[Measured]) -> list[Course]:
    """Return what was measured, a course for each vital of which there is something, in order."""
    found: dict[str, dict[tuple[int, str], list[float | None]]] = {}
    facts: dict[tuple[str, int, str], Measured] = {}
    for one in values:
        vital = OF_QUANTITY.get(one.quantity)
        if vital is None or one.data_kind not in vital.kinds:
            continue
        moment = (one.observed_at, one.device_id)
        row = found.setdefault(vital.key, {}).setdefault(moment, [None] * len(vital.curves))
        row[_place(vital, one.quantity)] = one.value
        facts[(vital.key, *moment)] = one
    return [
        Course(vital, tuple(_rows(found[vital.key], vital.key, facts)))
        for vital in VITALS
        if vital.key in found
    ]


def _rows(
    rows: Mapping[tuple[int, str], Sequence[float | None]],
    key: str,
    facts: Mapping[tuple[str, int, str], Measured],
) -> list[Reading]:
    return [
        Reading(
            moment[0],
            facts[(key, *moment)].received_at,
            tuple(rows[moment]),
            facts[(key, *moment)].time_quality is not TimeQuality.UNKNOWN,
        )
        for moment in sorted(rows)
    ]


def _place(vital: Vital, quantity: str) -> int:
    return next(n for n, same in enumerate(vital.curves) if quantity in same)
