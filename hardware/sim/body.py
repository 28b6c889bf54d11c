"""A person's vital signs over time, made up from a seed: a level, a daily course, noise, illness.

Plausible, not clinical: systolic around 132 mm[Hg], lower at night, each value near the last. An
illness moves several signs together, as it does in people.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from random import Random
from types import MappingProxyType

_KEEP = 0.8  # how much of the last deviation is still there at the next look


class Sign(StrEnum):
    """What can be measured: mm[Hg], per minute, Cel, percent, mg/dL, kg, percent."""

    SYSTOLIC = "systolic"
    DIASTOLIC = "diastolic"
    PULSE = "pulse"
    TEMPERATURE = "temperature"
    SATURATION = "saturation"
    GLUCOSE = "glucose"
    WEIGHT = "weight"
    FAT = "fat"


class Illness(StrEnum):
    """What can come over a person."""

    INFECTION = "infection"
    HEART_FAILURE = "heart_failure"
    LUNG = "lung"
    HYPOGLYCAEMIA = "hypoglycaemia"


@dataclass(frozen=True, slots=True)
class _Course:
    """How one sign behaves: spread between people, noise between looks, the day's swing."""

    usual: float
    spread: float
    noise: float
    swing: float
    peak_h: float
    least: float
    most: float
    digits: int


_COURSES: Mapping[Sign, _Course] = MappingProxyType(
    {
        Sign.SYSTOLIC: _Course(132, 10, 5, 6, 15, 80, 220, 0),
        Sign.DIASTOLIC: _Course(81, 6, 3, 3, 15, 45, 130, 0),
        Sign.PULSE: _Course(70, 7, 3.5, 4, 16, 35, 180, 0),
        Sign.TEMPERATURE: _Course(36.6, 0.15, 0.08, 0.3, 17, 34, 42, 1),
        Sign.SATURATION: _Course(96.5, 0.8, 0.5, 0.3, 14, 70, 100, 0),
        Sign.GLUCOSE: _Course(112, 15, 12, 15, 13, 40, 400, 0),
        Sign.WEIGHT: _Course(76, 12, 0.15, 0.4, 20, 35, 180, 2),
        Sign.FAT: _Course(29, 6, 0.2, 0.3, 7, 5, 60, 1),
    }
)

_SHIFTS: Mapping[Illness, Mapping[Sign, float]] = MappingProxyType(
    {
        Illness.INFECTION: {
            Sign.TEMPERATURE: 2.6,
            Sign.PULSE: 38,
            Sign.SYSTOLIC: -32,
            Sign.DIASTOLIC: -16,
            Sign.SATURATION: -4,
            Sign.GLUCOSE: 30,
        },
        Illness.HEART_FAILURE: {
            Sign.WEIGHT: 4.5,
            Sign.PULSE: 24,
            Sign.SATURATION: -5,
            Sign.SYSTOLIC: -14,
        },
        Illness.LUNG: {Sign.SATURATION: -11, Sign.PULSE: 26, Sign.TEMPERATURE: 0.9},
        Illness.HYPOGLYCAEMIA: {Sign.GLUCOSE: -66, Sign.PULSE: 22},
    }
)


@dataclass(slots=True)
class Body:
    """One person. ``rng`` is the only source of chance; its first draws settle who it is.

    ``illness`` is what :meth:`look` shows as far as its ``severity`` says.
    """

    rng: Random
    user_id: int = 1
    illness: Illness | None = None
    _levels: dict[Sign, float] = field(default_factory=dict)
    _deviations: dict[Sign, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for sign, course in _COURSES.items():
            self._levels[sign] = self.rng.gauss(course.usual, course.spread / 2)
            self._deviations[sign] = 0.0

    def look(self, when: datetime, severity: float = 0.0) -> Mapping[Sign, float]:
        """Return every sign at ``when``, rounded as devices do; ``severity`` is 0 to 1."""
        hour = when.hour + when.minute / 60
        seen = {sign: self._one(sign, hour, severity) for sign in _COURSES}
        seen[Sign.DIASTOLIC] = min(seen[Sign.DIASTOLIC], seen[Sign.SYSTOLIC] - 15)
        return seen

    def moves(self) -> bool:
        """Whether the person moves while being measured: one time in twenty."""
        return self.rng.random() < 0.05

    def _one(self, sign: Sign, hour: float, severity: float) -> float:
        course = _COURSES[sign]
        deviation = _KEEP * self._deviations[sign] + self.rng.gauss(0, course.noise)
        self._deviations[sign] = deviation
        swing = course.swing * math.cos((hour - course.peak_h) / 24 * 2 * math.pi)
        shift = 0.0 if self.illness is None else _SHIFTS[self.illness].get(sign, 0.0)
        value = self._levels[sign] + deviation + swing + shift * min(max(severity, 0.0), 1.0)
        return round(min(max(value, course.least), course.most), course.digits)
