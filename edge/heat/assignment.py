"""Which meter measures which building: two buildings on one meter, one on two, and for how long.

A meter's energy of a time is shared among the buildings that hang on it then. Shares that were
said count; what is left of the meter is shared among the others by their floor area. What cannot be
shared is a :class:`CadastreError`, never half a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from edge.heat.errors import CadastreError

_WHOLE = 1.0
_NEARLY = 1e-6  # shares as people write them: 0.333333 three times


@dataclass(frozen=True, slots=True)
class Assignment:
    """A meter measures a building from ``valid_from`` up to, not including, ``valid_until``.

    ``share`` of the meter's energy is the building's, 0 to 1; None: by floor area.
    """

    meter: str
    building: int
    valid_from: date
    valid_until: date | None = None
    share: float | None = None

    def __post_init__(self) -> None:
        if self.share is not None and not 0 < self.share <= 1:
            raise CadastreError(
                "a share is above 0 and at most 1",
                hint="Ein Anteil liegt über 0 und ist höchstens 1 (0,5 ist die Hälfte).",
            )
        if self.valid_until is not None and self.valid_until <= self.valid_from:
            raise CadastreError("ends before it begins", hint="Das Ende liegt vor dem Anfang.")

    def holds(self, day: date) -> bool:
        """Tell whether it holds on a day."""
        return self.valid_from <= day and (self.valid_until is None or day < self.valid_until)


@dataclass(frozen=True, slots=True)
class Measured:
    """What a meter measured from ``first`` to ``last``, both included."""

    meter: str
    first: date
    last: date
    kwh: float


def shares_on(
    day: date, meter: str, assignments: Iterable[Assignment], areas: Mapping[int, float]
) -> dict[int, float]:
    """Return which building has which share of a meter on a day; nothing if none hangs on it.

    :raises CadastreError: if shares make more than the whole, or less with nobody to take the
        rest, or an area that is needed is not known.
    """
    holding = [one for one in assignments if one.meter == meter and one.holds(day)]
    found: dict[int, float] = {}
    for one in holding:
        if one.building in found:
            raise CadastreError(
                f"building {one.building} twice on meter {meter}",
                hint=f"Gebäude {one.building} hängt zur gleichen Zeit zweimal am Zähler {meter}.",
            )
        found[one.building] = 0.0 if one.share is None else one.share
    left = _WHOLE - sum(found.values())
    open_ = [one.building for one in holding if one.share is None]
    if left < -_NEARLY or (not open_ and holding and left > _NEARLY):
        raise CadastreError(
            f"shares of meter {meter} are {1 - left:.3f}",
            hint=f"Die Anteile am Zähler {meter} müssen zusammen 1 ergeben; es sind "
            f"{1 - left:.3f}.",
        )
    if open_ and left <= _NEARLY:
        raise CadastreError(
            f"nothing left on meter {meter}",
            hint=f"Am Zähler {meter} bleibt für Gebäude {open_[0]} nichts übrig.",
        )
    if len(open_) == 1:
        found[open_[0]] = left
        return found
    known = [areas.get(building, 0.0) for building in open_]
    if any(area <= 0 for area in known):
        raise CadastreError(
            f"no area to share meter {meter} by",
            hint=f"Um den Zähler {meter} zu teilen, fehlt eine Fläche. Bitte Flächen oder Anteile "
            "angeben.",
        )
    for building, area in zip(open_, known, strict=True):
        found[building] = left * area / sum(known)
    return found


def energy_of(
    measured: Sequence[Measured], assignments: Sequence[Assignment], areas: Mapping[int, float]
) -> dict[int, float]:
    """Return each building's kWh of what meters measured.

    Where an assignment changes within a time, energy is taken to flow evenly over its days. A
    building on two meters has the sum.

    :raises CadastreError: as :func:`shares_on`, and if a meter hangs on nothing at some time.
    """
    found: dict[int, float] = {}
    for one in measured:
        mine = [each for each in assignments if each.meter == one.meter]
        days = (one.last - one.first).days + 1
        for first, length in _spans(one.first, one.last, mine):
            shares = shares_on(first, one.meter, mine, areas)
            if not shares:
                raise CadastreError(
                    f"meter {one.meter} hangs on nothing on {first}",
                    hint=f"Der Zähler {one.meter} ist am {first:%d.%m.%Y} keinem Gebäude "
                    "zugeordnet.",
                )
            for building, share in shares.items():
                found[building] = found.get(building, 0.0) + one.kwh * share * length / days
    return found


def _spans(first: date, last: date, mine: Sequence[Assignment]) -> list[tuple[date, int]]:
    """Return the days on which a new span begins, and how many days each has."""
    end = last + timedelta(days=1)
    edges = {first, end}
    for one in mine:
        edges |= {day for day in (one.valid_from, one.valid_until) if day and first < day < end}
    ordered = sorted(edges)
    return [(a, (b - a).days) for a, b in pairwise(ordered)]
