"""A fault as a rule tells it, and why a rule cannot judge. Plain data: JSON takes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """Each rule; its tests bear its name."""

    RETURN_HIGH = "return_high"
    SWAPPED = "swapped"
    SETBACK = "setback"
    SUMMER = "summer"
    STUCK = "stuck"
    BOTH = "both"


class Meaning(StrEnum):
    """What a fault's kWh are."""

    LOST = "lost"  # would not be needed without the fault
    AT_MOST = "at_most"  # the part that is lost is not known, it is no more than this
    UNCOUNTED = "uncounted"  # used but not counted: nothing is saved, somebody pays too little
    OVERCOUNTED = "overcounted"  # counted but not used


class Axis(StrEnum):
    """What stands on the horizontal axis of a drawing."""

    HOUR = "hour"  # of the local day
    DAY = "day"  # ordinals; hours are fractions
    DEGC = "degc"


@dataclass(frozen=True, slots=True)
class Amount:
    """kWh, and the ends of their band."""

    value: float
    low: float
    high: float

    def times(self, factor: float) -> Amount:
        """Return it so many times."""
        return Amount(self.value * factor, self.low * factor, self.high * factor)


@dataclass(frozen=True, slots=True)
class Layer:
    """One part of a drawing. ``look`` is `line`, `wanted` (dashed) or `dots`; None is a gap."""

    name: str
    look: str
    x: tuple[float, ...]
    y: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is to be drawn. ``marked`` are stretches of the horizontal axis that are meant."""

    title: str
    axis: Axis
    unit: str
    layers: tuple[Layer, ...]
    marked: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    ``since`` the first local day of it, ``hours`` how many of the known ones it had. ``kwh`` is in
    an average year if ``is_year``, else in the time that was seen; None where it cannot be said
    honestly. ``m3`` likewise. ``seen`` and ``basis`` are German: what was seen, what the figures
    rest on and what was assumed.
    """

    kind: Kind
    since: date
    hours: int
    kwh: Amount | None
    meaning: Meaning
    is_year: bool
    m3: float | None
    seen: str
    basis: tuple[str, ...]
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Unjudged:
    """A rule that cannot judge; ``why`` is German."""

    kind: Kind
    why: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What all rules said of one meter: faults (most kWh first), not judged, nothing found.

    ``first`` and ``last`` are the local days that were seen, ``hours`` those with known heat.
    """

    first: date
    last: date
    hours: int
    faults: tuple[Fault, ...]
    unjudged: tuple[Unjudged, ...]
    clear: tuple[Kind, ...]


def by_size(faults: Sequence[Fault]) -> list[Fault]:
    """Return faults, most kWh first; without kWh by m3."""

    def size(one: Fault) -> tuple[float, float]:
        return (one.kwh.value if one.kwh else -1.0, one.m3 or 0.0)

    return sorted(faults, key=size, reverse=True)


def as_object(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as JSON takes it."""
    found = asdict(verdict)
    for name in ("first", "last"):
        found[name] = found[name].isoformat()
    for one in found["faults"]:
        one["since"] = one["since"].isoformat()
    return found


def from_object(found: Mapping[str, Any]) -> Verdict:
    """Return the verdict that :func:`as_object` gave."""
    return Verdict(
        date.fromisoformat(found["first"]),
        date.fromisoformat(found["last"]),
        found["hours"],
        tuple(map(_fault, found["faults"])),
        tuple(Unjudged(Kind(one["kind"]), one["why"]) for one in found["unjudged"]),
        tuple(map(Kind, found["clear"])),
    )


def _fault(found: Mapping[str, Any]) -> Fault:
    drawn, kwh = found["evidence"], found["kwh"]
    layers = (
        Layer(one["name"], one["look"], tuple(one["x"]), tuple(one["y"])) for one in drawn["layers"]
    )
    marked = tuple((begin, end) for begin, end in drawn["marked"])
    return Fault(
        kind=Kind(found["kind"]),
        since=date.fromisoformat(found["since"]),
        hours=found["hours"],
        kwh=None if kwh is None else Amount(**kwh),
        meaning=Meaning(found["meaning"]),
        is_year=found["is_year"],
        m3=found["m3"],
        seen=found["seen"],
        basis=tuple(found["basis"]),
        evidence=Evidence(
            drawn["title"], Axis(drawn["axis"]), drawn["unit"], tuple(layers), marked
        ),
    )
