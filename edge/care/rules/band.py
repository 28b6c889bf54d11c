"""What a person usually has: a level and a spread that outliers hardly move. Pure.

The level is the weighted median of the values, the spread 1.4826 times the weighted median of the
distances from it (for a normal distribution that is the standard deviation). A value counts half as
much as one that is a half-life newer, so that both follow a person's drift.

Source: Rousseeuw and Croux, "Alternatives to the Median Absolute Deviation", JASA 88 (1993).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

NORMAL = 1.4826
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Band:
    """A person's own level and spread of a quantity, in its unit."""

    level: float
    spread: float


def band(
    kept: Sequence[tuple[int, float]], at: int, half_life_days: float, floor: float
) -> Band | None:
    """Return the band of what was kept as (moment, value), seen at ``at``; None without values.

    ``floor`` is the least spread.
    """
    if not kept:
        return None
    half_life_ms = half_life_days * _DAY_MS
    weights = [0.5 ** (max(0, at - moment) / half_life_ms) for moment, _ in kept]
    level = _median((value, weight) for (_, value), weight in zip(kept, weights, strict=True))
    far = _median(
        (abs(value - level), weight) for (_, value), weight in zip(kept, weights, strict=True)
    )
    return Band(level, max(floor, NORMAL * far))


def _median(weighed: Iterable[tuple[float, float]]) -> float:
    """Return the value up to which half of the weight is, between two where it is exactly that."""
    ordered = sorted(weighed)
    half = sum(weight for _, weight in ordered) / 2
    below = 0.0
    for index, (value, weight) in enumerate(ordered[:-1]):
        below += weight
        if below > half:
            return value
        if below == half:
            return (value + ordered[index + 1][0]) / 2
    return ordered[-1][0]
