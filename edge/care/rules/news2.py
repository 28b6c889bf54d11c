"""The National Early Warning Score 2, exactly as published. Pure.

What is absent is named and never scored: a score of a set that is not whole is partial, has no
total, and its points are only what there is *at least*. Not for anybody under 16, nor in pregnancy;
scale 2 of oxygen only on the decision of a doctor.

Source: reproduced from: Royal College of Physicians. National Early Warning Score (NEWS) 2:
Standardising the assessment of acute-illness severity in the NHS. Updated report of a working
party. London: RCP, 2017.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from enum import IntEnum

ACKNOWLEDGEMENT = (
    "NEWS2: Royal College of Physicians. National Early Warning Score (NEWS) 2: Standardising the "
    "assessment of acute-illness severity in the NHS. Updated report of a working party. "
    "London: RCP, 2017."
)
PARAMETERS = (
    "respiration_rate",
    "oxygen_saturation",
    "oxygen",
    "systolic",
    "pulse",
    "consciousness",
    "temperature",
)
URGENT, EMERGENCY, SINGLE = 5, 7, 3


class Risk(IntEnum):
    """How the sum is answered: thresholds and triggers of the report."""

    LOW = 0  # 0 to 4
    LOW_MEDIUM = 1  # one parameter of 3
    MEDIUM = 2  # 5 to 6: urgent
    HIGH = 3  # 7 or more: emergency


@dataclass(frozen=True, slots=True)
class Signs:
    """What was observed; None is not known. ``consciousness`` is a letter of ACVPU.

    Per minute, per cent, mm[Hg] and degrees Celsius; ``on_oxygen``: supplemental oxygen is given.
    A value between two steps of the chart (1, or 0.1 degrees) is rounded to the nearer, half up.
    """

    respiration_rate: float | None = field(default=None, repr=False)
    oxygen_saturation: float | None = field(default=None, repr=False)
    on_oxygen: bool | None = field(default=None, repr=False)
    systolic: float | None = field(default=None, repr=False)
    pulse: float | None = field(default=None, repr=False)
    consciousness: str | None = field(default=None, repr=False)
    temperature: float | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Score:
    """The points of each parameter that is known, and the names of those that are not."""

    points: Mapping[str, int]
    missing: tuple[str, ...]

    @property
    def is_partial(self) -> bool:
        """Whether anything is absent: it is no NEWS2 then, and must not be shown as one."""
        return bool(self.missing)

    @property
    def total(self) -> int | None:
        """The score; None if anything is absent."""
        return None if self.missing else self.at_least

    @property
    def at_least(self) -> int:
        """What the score is at least, whatever is absent."""
        return sum(self.points.values())

    @property
    def single(self) -> tuple[str, ...]:
        """The parameters that are 3 by themselves."""
        return tuple(name for name, points in self.points.items() if points == SINGLE)

    @property
    def risk(self) -> Risk:
        """The risk, of a partial score the least it can be."""
        if self.at_least >= EMERGENCY:
            return Risk.HIGH
        if self.at_least >= URGENT:
            return Risk.MEDIUM
        return Risk.LOW_MEDIUM if self.single else Risk.LOW


def score(signs: Signs, scale: int = 1) -> Score:
    """Return the score of ``signs`` by ``scale`` 1 or 2 of oxygen saturation.

    On scale 2 a saturation of 93 or more scores by whether oxygen is given: where nobody knows
    that, it is absent.

    :raises ValueError: if the scale or the letter of consciousness is none.
    """
    if scale not in {1, 2}:
        raise ValueError(f"no scale {scale}")
    if signs.consciousness not in {None, *"ACVPU"}:
        raise ValueError("consciousness is one letter of ACVPU")
    found = {
        "respiration_rate": _step(_RESPIRATION, signs.respiration_rate),
        "oxygen_saturation": _saturation(signs, scale),
        "oxygen": None if signs.on_oxygen is None else 2 * signs.on_oxygen,
        "systolic": _step(_SYSTOLIC, signs.systolic),
        "pulse": _step(_PULSE, signs.pulse),
        "consciousness": (
            None if signs.consciousness is None else 3 * (signs.consciousness != "A")
        ),
        "temperature": _step(_TEMPERATURE, signs.temperature, "0.1"),
    }
    points = {name: points for name, points in found.items() if points is not None}
    return Score(points, tuple(name for name in PARAMETERS if name not in points))


# (up to and with, points) of each column of the chart; the last has no end
_Steps = tuple[tuple[str, int], ...]
_RESPIRATION: _Steps = (("8", 3), ("11", 1), ("20", 0), ("24", 2), ("Infinity", 3))
_SCALE_1: _Steps = (("91", 3), ("93", 2), ("95", 1), ("Infinity", 0))
_SCALE_2_AIR: _Steps = (("83", 3), ("85", 2), ("87", 1), ("Infinity", 0))
_SCALE_2_OXYGEN: _Steps = (
    ("83", 3), ("85", 2), ("87", 1), ("92", 0), ("94", 1), ("96", 2), ("Infinity", 3),
)  # fmt: skip
_SYSTOLIC: _Steps = (("90", 3), ("100", 2), ("110", 1), ("219", 0), ("Infinity", 3))
_PULSE: _Steps = (("40", 3), ("50", 1), ("90", 0), ("110", 1), ("130", 2), ("Infinity", 3))
_TEMPERATURE: _Steps = (("35.0", 3), ("36.0", 1), ("38.0", 0), ("39.0", 1), ("Infinity", 2))


def _saturation(signs: Signs, scale: int) -> int | None:
    value = signs.oxygen_saturation
    if value is None or scale == 1:
        return _step(_SCALE_1, value)
    if signs.on_oxygen is None and _chart(value, "1") > 92:
        return None
    return _step(_SCALE_2_OXYGEN if signs.on_oxygen else _SCALE_2_AIR, value)


def _step(steps: _Steps, value: float | None, unit: str = "1") -> int | None:
    if value is None:
        return None
    rounded = _chart(value, unit)
    return next(points for end, points in steps if rounded <= Decimal(end))


def _chart(value: float, unit: str) -> Decimal:
    return Decimal(str(value)).quantize(Decimal(unit), ROUND_HALF_UP)
