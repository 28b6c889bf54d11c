"""A scenario as the operator wrote it down: who decides what, from when on, and by what factors.

Numbers that change with the years (`Course`) are linear between the years that were given and
constant before the first and after the last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

YEARS = (2030, 2035, 2040, 2045)  # reference years of the planning law

Course = Mapping[int, float]


def at(course: Course, year: int) -> float:
    """Return a course's number in a year."""
    before = [one for one in course if one <= year]
    after = [one for one in course if one > year]
    if not before:
        return course[min(after)]
    first = max(before)
    if not after:
        return course[first]
    last = min(after)
    return course[first] + (course[last] - course[first]) * (year - first) / (last - first)


@dataclass(frozen=True, slots=True)
class Factor:
    """What a kWh of a carrier stands for: kWh of primary energy, g of CO2 equivalent."""

    primary: Course
    co2: Course
    source: str


@dataclass(frozen=True, slots=True)
class Supply:
    """A way to heat: its carrier and the heat per kWh of it (`gain`; 3 for a heat pump).

    ``heating`` are the cadastre's words for it; empty: all that burn that carrier and are no other
    supply's.
    """

    name: str
    carrier: str
    heating: frozenset[str]
    gain: float
    source: str


@dataclass(frozen=True, slots=True)
class Refurbishment:
    """Which share of the stock's floor area is refurbished a year, and what is left of its heat.

    ``left`` is by state (`none`, `part`, `unknown`) or, if ``by_age``, by age class and `unknown`:
    space heating after it as a share of before. ``worst_first``: who needs most a m2 comes first.
    """

    rate: Course
    worst_first: bool
    by_age: bool
    left: Mapping[str, float]
    source: str


@dataclass(frozen=True, slots=True)
class Change:
    """Buildings go from some supplies to others. Exactly one of three ways.

    ``rate``: this share of those that are left, each year. ``at_age``: when the generator reaches
    that age in years; those older already within ``overdue`` years. ``share`` ``by`` a year: this
    share of them, in equal parts from ``start`` on. ``to`` has the shares of the new ones; what is
    absent to 1 gets the same again. ``blocks`` and ``types`` say where; empty: everywhere.
    """

    name: str
    source: str
    origin: tuple[str, ...]
    to: Mapping[str, float]
    rate: Course | None = None
    at_age: int | None = None
    overdue: int = 5
    share: float | None = None
    start: int = 0
    by: int = 0
    blocks: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole scenario.

    ``base`` is the year that the cadastre stands for, ``years`` are those told. ``stock_gain`` is
    the heat per kWh that the typology's values rest on. ``mix`` are shares of supplies where
    nobody said what heats. ``kd_per_decade``: change of degree days G 20/15 in K d.
    """

    name: str
    source: str
    made_up: bool
    base: int
    years: tuple[int, ...]
    stock_gain: float
    stock_source: str
    mix: Mapping[str, float]
    mix_source: str
    supplies: tuple[Supply, ...]
    factors: Mapping[str, Factor]
    refurbishment: Refurbishment
    changes: tuple[Change, ...]
    kd_per_decade: float
    climate_source: str

    def sources(self) -> list[tuple[str, str]]:
        """Return what was assumed and who says so, in German; factors have their source beside."""
        return [
            ("Szenario", self.source),
            ("Nutzungsgrad der Kennwerte", self.stock_source),
            ("Träger, wo keiner bekannt ist", self.mix_source),
            *((f"Nutzungsgrad {one.name}", one.source) for one in self.supplies),
            ("Sanierung", self.refurbishment.source),
            *((one.name, one.source) for one in self.changes),
            ("Klima", self.climate_source),
        ]
