"""The cadastres of all villages as one table: per village and per municipality. Pure.

Sums are those of what villages released: buildings that no release shows are in none. The band of
a sum of villages is theirs in quadrature, the lower and the upper side each by itself: estimates of
villages are fitted apart, so their errors count as independent. What all typologies share they do
have in common; where that outweighs, the band is too narrow.

Source: JCGM 100:2008 (GUM), 5.1.2: variances of a sum of independent quantities add up.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sync.heat_plan import Plan

OLD_YEARS = 2  # a release is the year's; who published none last year either has forgotten it
NOBODY = "ohne Gemeinde"


@dataclass(frozen=True, slots=True)
class Village:
    """A confirmed hub, its municipality ("" if nobody said), and what it released, if anything."""

    hub: str
    name: str
    municipality: str
    plan: Plan | None


@dataclass(frozen=True, slots=True)
class Sum:
    """MWh in a year of normal weather, and the 80 % band if all that is in it has one.

    ``hectares`` are those of the areas that have a size, ``dense_mwh`` the heat of these alone;
    ``metres`` and ``along_mwh`` likewise of road sections. ``carriers``: MWh by carrier;
    ``generators``: how many of each kind, of the villages that tell them.
    """

    areas: int = 0
    buildings: int = 0
    mwh: int = 0
    low: float | None = None
    high: float | None = None
    hectares: float = 0.0
    dense_mwh: int = 0
    metres: float = 0.0
    along_mwh: int = 0
    carriers: Mapping[str, int] = field(default_factory=dict)
    generators: Mapping[str, int] = field(default_factory=dict)

    @property
    def mwh_per_ha(self) -> float | None:
        """The heat density of the areas whose size is known."""
        return self.dense_mwh / self.hectares if self.hectares else None

    @property
    def mwh_per_m(self) -> float | None:
        """The heat per metre of the road sections whose length is known."""
        return self.along_mwh / self.metres if self.metres else None

    def shares(self) -> list[tuple[str, float]]:
        """Return each carrier's per cent of the heat, the largest first."""
        whole = sum(self.carriers.values())
        if not whole:
            return []
        order = sorted(self.carriers.items(), key=lambda one: (-one[1], one[0]))
        return [(name, 100 * mwh / whole) for name, mwh in order]


@dataclass(frozen=True, slots=True)
class Row:
    """One village or municipality. ``release`` and ``year`` are a village's; ``note`` is German."""

    name: str
    key: str
    hub: str
    municipality: str
    villages: int
    release: int | None
    year: int | None
    sum: Sum
    note: str


@dataclass(frozen=True, slots=True)
class Merged:
    """The county's table, each list sorted by name; ``missing`` and ``old`` are villages' names."""

    villages: tuple[Row, ...]
    municipalities: tuple[Row, ...]
    whole: Row
    missing: tuple[str, ...]
    old: tuple[str, ...]


def sum_of(plan: Plan) -> Sum:
    """Return what a village released, as sums."""
    mwh = sum(one.mwh for one in plan.blocks)
    carriers = _added((one.carrier, one.mwh) for one in plan.carriers)
    sized = [one for one in plan.blocks if one.m2]
    long = [one for one in plan.sections if one.mm]
    banded = plan.low is not None and plan.high is not None
    return Sum(
        areas=len(plan.blocks),
        buildings=sum(one.buildings for one in plan.blocks),
        mwh=mwh,
        low=mwh * (plan.low or 0) / 100 if banded else None,
        high=mwh * (plan.high or 0) / 100 if banded else None,
        hectares=sum(one.m2 or 0 for one in sized) / 10_000,
        dense_mwh=sum(one.mwh for one in sized),
        metres=sum(one.mm or 0 for one in long) / 1000,
        along_mwh=sum(one.mwh for one in long),
        carriers=carriers,
        generators=_added((one.kind, one.buildings) for one in plan.generators),
    )


def together(sums: Iterable[Sum]) -> Sum:
    """Return the sum of sums of different villages; the order does not matter."""
    some = list(sums)
    banded = [one for one in some if one.areas]
    mwh = sum(one.mwh for one in some)
    low = high = None
    if banded and all(one.low is not None and one.high is not None for one in banded):
        below = math.fsum((one.mwh - (one.low or 0.0)) ** 2 for one in banded)
        above = math.fsum(((one.high or 0.0) - one.mwh) ** 2 for one in banded)
        low, high = mwh - math.sqrt(below), mwh + math.sqrt(above)
    return Sum(
        areas=sum(one.areas for one in some),
        buildings=sum(one.buildings for one in some),
        mwh=mwh,
        low=low,
        high=high,
        hectares=math.fsum(one.hectares for one in some),
        dense_mwh=sum(one.dense_mwh for one in some),
        metres=math.fsum(one.metres for one in some),
        along_mwh=sum(one.along_mwh for one in some),
        carriers=_added(row for one in some for row in one.carriers.items()),
        generators=_added(row for one in some for row in one.generators.items()),
    )


def merge(villages: Iterable[Village], keys: Mapping[str, str], county: str, year: int) -> Merged:
    """Return the table as of a year; ``keys`` are the county's municipalities with their keys.

    Of a municipality without a release there is a row that says so. Villages may come in any order.
    """
    known = sorted(villages, key=lambda one: (one.name, one.hub))
    rows = [_village(one, keys, year) for one in known]
    places: dict[str, list[Village]] = {name: [] for name in keys}
    for one in known:
        places.setdefault(one.municipality, []).append(one)
    by_hub = {row.hub: row for row in rows}
    towns = [_municipality(name, keys.get(name, ""), some, by_hub) for name, some in places.items()]
    released = [row for row in rows if row.release is not None]
    return Merged(
        villages=tuple(rows),
        municipalities=tuple(sorted(towns, key=lambda row: (not row.key, row.name))),
        whole=Row(
            name=county,
            key=next(iter(keys.values()), "")[:5],
            hub="",
            municipality="",
            villages=len(released),
            release=None,
            year=None,
            sum=together(row.sum for row in released),
            note=_notes(released, len(rows)),
        ),
        missing=tuple(row.name for row in rows if row.release is None),
        old=tuple(row.name for row in released if row.year is not None and _is_old(row.year, year)),
    )


def _added(rows: Iterable[tuple[str, int]]) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for name, count in rows:
        found[name] += count
    return dict(sorted(found.items()))


def _village(one: Village, keys: Mapping[str, str], year: int) -> Row:
    plan = one.plan
    notes = []
    if plan is None:
        notes.append("noch keine Ausgabe")
    elif _is_old(plan.year, year):
        notes.append(f"alt: von {plan.year}")
    if plan is not None and plan.low is None:
        notes.append("ohne Band")
    if not one.municipality:
        notes.append("Gemeinde nicht eingetragen")
    return Row(
        name=one.name,
        key=keys.get(one.municipality, ""),
        hub=one.hub,
        municipality=one.municipality,
        villages=1,
        release=None if plan is None else plan.release,
        year=None if plan is None else plan.year,
        sum=Sum() if plan is None else sum_of(plan),
        note="; ".join(notes),
    )


def _municipality(name: str, key: str, villages: Sequence[Village], rows: Mapping[str, Row]) -> Row:
    mine = [rows[one.hub] for one in villages]
    released = [row for row in mine if row.release is not None]
    return Row(
        name=name or NOBODY,
        key=key,
        hub="",
        municipality=name,
        villages=len(released),
        release=None,
        year=None,
        sum=together(row.sum for row in released),
        note=_notes(released, len(mine)),
    )


def _notes(released: Sequence[Row], known: int) -> str:
    notes = [_covered(len(released), known)]
    old = sum(row.note.startswith("alt") for row in released)
    if old:
        notes.append(f"{old} alt")
    if any(row.sum.areas and row.sum.low is None for row in released):
        notes.append("ohne Band, weil einem Dorf eines fehlt")
    return "; ".join(notes)


def _covered(released: int, known: int) -> str:
    if not known:
        return "kein Hub"
    return f"{released} von {known} Dörfern"


def _is_old(released: int, year: int) -> bool:
    return year - released >= OLD_YEARS
