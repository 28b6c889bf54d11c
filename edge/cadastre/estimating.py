"""Estimating all buildings from what the stores hold, and keeping what may be kept.

village.db gets what no household can be seen in: buildings by their class and by lawful
measurements, sums of five buildings and more. What households gave under consent is not read: as
they join and leave, two runs (or a block beside a section) would differ by one of them. Sums of
households who agreed to it (`edge.cadastre.household_sums`) are evidence of their cohorts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edge.cadastre.metered import metered_years
from edge.heat.building import FEW_UNITS, Building
from edge.heat.cohorts import told
from edge.heat.degree_days import three_years
from edge.heat.estimate import Evidence, Together, fit
from edge.heat.expected import expected
from edge.heat.prior import Ints, prior
from edge.heat.sums import class_in_sums
from edge.heat.totals import NOWHERE, Posterior, posterior, single, totals
from edge.heat.typology import Typology
from edge.store.village import VillageStore
from edge.store.village_heat_runs import EstimateRow, TotalRow
from edge.store.village_heat_years import NORMAL
from edge.store.village_plan_told import Whole

if TYPE_CHECKING:
    from edge.store.village_heat import PlaceKind

NOT_ADJUSTED = 0.08  # degree days of years differ by as much (standard deviation of the logarithm)
_PLACES: tuple[PlaceKind, ...] = ("block", "section")

Years = Mapping[int, float]
Said = tuple[float, float]  # log of kWh, standard deviation of that


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run. ``left_out`` groups did not count. ``sums`` are those of households.

    ``unadjusted`` measurements are of years whose weather nobody gave. ``too_small`` places have
    fewer than five buildings and no sum. ``metered`` says what meters could not say, in German.
    """

    run: int
    buildings: int
    measured: int
    groups: int
    sums: int
    left_out: int
    unadjusted: int
    too_small: int
    factors: tuple[float, float, float]
    kwh: float
    low: float
    high: float
    metered: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of each building, in the order of ``buildings``.

    ``measured`` are the indices of those measured by themselves. ``sums``, ``unadjusted`` and
    ``metered`` as in `Outcome`.
    """

    buildings: list[Building]
    posterior: Posterior
    measured: frozenset[int]
    sums: int
    unadjusted: int
    metered: tuple[str, ...]


def look(village: VillageStore, typology: Typology, at: int) -> Seen:
    """Estimate all buildings and keep nothing. ``at`` is ms since 1970, UTC.

    :raises StoreError: if a store fails.
    """
    buildings = village.cadastre()
    before = prior(buildings, typology)
    index = {one.number: number for number, one in enumerate(buildings)}
    normal = _Normal(village.degree_days(), typology)
    metered, trouble = metered_years(village, buildings, at)
    lawful = _merged(village.lawful_years(), metered)
    open_ = {index[one]: said for one, years in lawful.items() if one in index
             and (said := normal.mean(years))}  # fmt: skip
    together = [
        Together(tuple(index[n] for n in group.buildings), math.exp(said[0]), said[1])
        for group in village.heat_groups()
        if group.buildings <= set(index) and (said := normal.mean(group.years))
    ]
    could_be = np.array(
        [class_in_sums(one, expected(one, typology), typology) is not None for one in buildings],
        dtype=np.bool_,
    )
    sums = told(before, could_be, typology, list(village.household_sums().values()))
    found = posterior(fit(before, typology, _evidence(open_), together, sums))
    return Seen(buildings, found, frozenset(open_), len(sums), normal.unadjusted, tuple(trouble))


def estimate(village: VillageStore, typology: Typology, at: int) -> Outcome:
    """Estimate all buildings, keep what may be kept, and return an account.

    ``at`` is ms since 1970, UTC.

    :raises StoreError: if a store fails.
    """
    known = look(village, typology, at)
    seen, found = known.posterior, known.posterior.fit
    rows = _rows(seen, known.buildings, known.measured)
    sums, too_small = _totals(village, seen, known.buildings)
    counts = len(known.measured), len(found.sums)
    run = village.keep_run(at, typology.name, counts, rows, sums)
    _, whole = totals(seen, np.zeros(len(known.buildings), dtype=np.int64), 1)
    ends = float(whole.kwh[0]), float(whole.low[0]), float(whole.high[0])
    village.keep_whole(run, Whole(len(known.buildings), *ends))
    return Outcome(
        run=run,
        buildings=len(known.buildings),
        measured=len(known.measured),
        groups=len(found.sums),
        sums=known.sums,
        left_out=found.left_out,
        unadjusted=known.unadjusted,
        too_small=too_small,
        factors=found.factors,
        kwh=ends[0],
        low=ends[1],
        high=ends[2],
        metered=known.metered,
    )


class _Normal:
    """Means of three years of normal weather."""

    def __init__(self, degree_days: Mapping[int, float], typology: Typology) -> None:
        self._normal = degree_days.get(NORMAL)
        self._gtz = {year: kd for year, kd in degree_days.items() if year != NORMAL}
        self._typology = typology
        self.unadjusted = 0

    def mean(self, years: Years) -> Said | None:
        """Return the log of the mean in kWh and its standard deviation; None without a year."""
        found = three_years(years, self._gtz, self._normal, self._typology.hot_water)
        if found is None:
            return None
        variance = self._typology.spread["year"] ** 2
        if not found.adjusted:
            self.unadjusted += 1
            variance += NOT_ADJUSTED**2
        return math.log(found.kwh), math.sqrt(variance / len(found.years))


def _merged(said: Mapping[int, Years], metered: Mapping[int, Years]) -> dict[int, dict[int, float]]:
    """Return years by building; what a meter measured counts before what was billed."""
    found = {building: dict(years) for building, years in said.items()}
    for building, years in metered.items():
        found.setdefault(building, {}).update(years)
    return found


def _evidence(open_: Mapping[int, Said]) -> Evidence:
    return Evidence(
        np.array([*open_], dtype=np.int64),
        np.array([one for one, _ in open_.values()], dtype=np.float64),
        np.array([spread for _, spread in open_.values()], dtype=np.float64),
    )


def _rows(
    seen: Posterior, buildings: list[Building], measured: frozenset[int]
) -> Iterable[EstimateRow]:
    bands = single(seen)
    grouped = {int(at) for one in seen.fit.sums for at in one.at}
    columns = zip(bands.kwh.tolist(), bands.low.tolist(), bands.high.tolist(), strict=True)
    return [
        EstimateRow(
            *(one.number, kwh, low, high),
            "measured" if at in measured else "group" if at in grouped else "typology",
        )
        for at, (one, (kwh, low, high)) in enumerate(zip(buildings, columns, strict=True))
    ]


def _totals(
    village: VillageStore, seen: Posterior, buildings: list[Building]
) -> tuple[list[TotalRow], int]:
    rows: list[TotalRow] = []
    too_small = 0
    for kind in _PLACES:
        places = village.heat_places(kind)
        at = {one.name: number for number, one in enumerate(places)}
        where: Ints = np.array(
            [at.get(getattr(one, kind), NOWHERE) for one in buildings], dtype=np.int64
        )
        counts, bands = totals(seen, where, len(places))
        columns = zip(
            places, counts.tolist(), bands.kwh.tolist(), bands.low.tolist(), bands.high.tolist(),
            strict=True,
        )  # fmt: skip
        for place, count, kwh, low, high in columns:
            if count >= FEW_UNITS:
                rows.append(TotalRow(place.place, count, kwh, low, high))
            else:
                too_small += count > 0
    return rows, too_small
