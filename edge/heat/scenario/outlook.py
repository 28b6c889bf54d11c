"""What a scenario comes to: final energy, primary energy and CO2, beside what stays as it is.

For building i with the estimate's ``E_i`` kWh (final energy as the typology has it), its supply's
share ``p_ik`` and gain ``y_k`` (kWh of heat per kWh), hot water's share ``w`` of heat, what is
left of space heating ``l_i`` where it was refurbished, the refurbished share ``f_i``:

    climate(y) = 1 + kd_per_decade (y - base) / 10 / GTZ_normal
    heat_i     = E_i y_i (w + (1 - w) climate(y) (1 - f_i (1 - l_i)))
    final_k    = sum_i heat_i p_ik / y_k          kWh a year
    primary    = sum_k final_k fp_k(y)            kWh a year
    co2        = sum_k final_k x_k(y)             g CO2 equivalent a year

with ``y_i`` the gain that ``E_i`` rests on: the typology's, or its supply's where that building's
own consumption was measured. All are linear in ``E_i``, so the estimate's band goes along; what
the scenario assumes has none. What stays as it is: buildings, supplies, weather and factors of the
base year, all the time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from edge.heat.building import FEW_UNITS
from edge.heat.errors import CadastreError
from edge.heat.prior import Floats, Ints
from edge.heat.scenario.course import State, course
from edge.heat.scenario.merging import merged
from edge.heat.scenario.plan import Plan, at
from edge.heat.scenario.stock import Stock
from edge.heat.totals import Posterior, single, totals

_YEARS_A_DECADE = 10
_LEAST_CLIMATE = 0.2  # a change by more is a slip of the pen


@dataclass(frozen=True, slots=True)
class Band:
    """A mean and the ends of the 80 % band that the estimate gives it."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Amount:
    """A year of the whole village: kWh of heat, of final and primary energy, tonnes of CO2 equiv.

    ``heat`` is what buildings need, whatever heats them; the band goes along with all four.
    """

    heat: Band
    final: Band
    primary: Band
    co2: Band


@dataclass(frozen=True, slots=True)
class Part:
    """Final energy of a carrier, or of a class of buildings, in kWh; ``buildings`` have part in it.

    ``primary`` in kWh and ``co2`` in t are None for a class, and for carriers put together: what
    each of them needs could be reckoned from it.
    """

    name: str
    buildings: int
    final: Band
    primary: float | None = None
    co2: float | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """By how much one assumption lowers a year's amounts, the ones before it being in force."""

    name: str
    final: float
    primary: float
    co2: float


@dataclass(frozen=True, slots=True)
class Year:
    """A year of the scenario. ``refurbished`` is the share of floor area since the base year."""

    year: int
    refurbished: float
    amount: Amount
    carriers: tuple[Part, ...]
    classes: tuple[Part, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Outlook:
    """The base year, which stays as it is if nothing changes, and the scenario's years."""

    base: Year
    years: tuple[Year, ...]
    buildings: int
    known_supply: int
    known_generator: int


def outlook(plan: Plan, stock: Stock, seen: Posterior, normal_kd: float | None) -> Outlook:
    """Return what the scenario comes to. ``normal_kd``: degree days of a normal year, if known.

    :raises CadastreError: if there are fewer than five buildings, or no normal year for a climate.
    """
    if stock.size < FEW_UNITS:
        raise CadastreError(
            f"{stock.size} buildings",
            hint=f"Ein Szenario gibt es erst ab {FEW_UNITS} Gebäuden im Kataster.",
        )
    climate = _climate(plan, normal_kd)
    model = _Model(plan, stock, seen, climate)
    base, *years = list(course(plan, stock, model.kwh * stock.heat))
    return Outlook(
        base=model.year(base, base),
        years=tuple(model.year(base, one) for one in years),
        buildings=stock.size,
        known_supply=int(stock.known.sum()),
        known_generator=int((stock.year > 0).sum()),
    )


def _climate(plan: Plan, normal_kd: float | None) -> Mapping[int, float]:
    years = (plan.base, *plan.years)
    if plan.kd_per_decade == 0:
        return dict.fromkeys(years, 1.0)
    if normal_kd is None:
        raise CadastreError(
            "no normal year",
            hint="Für die Klimaannahme fehlt die normale Gradtagszahl im Kataster (docs/"
            "heat-cadastre.md, degree_days); oder im Szenario kd_per_decade = 0 setzen.",
        )
    each = plan.kd_per_decade / _YEARS_A_DECADE / normal_kd
    found = {year: 1 + each * (year - plan.base) for year in years}
    if min(found.values()) < _LEAST_CLIMATE:
        raise CadastreError(
            "hardly any winter left",
            hint=f"Im Szenario: climate.kd_per_decade = {plan.kd_per_decade:g} lässt von "
            f"{normal_kd:g} K d fast nichts übrig.",
        )
    return found


class _Model:
    """Weights of buildings' kWh for a year's amounts."""

    def __init__(
        self, plan: Plan, stock: Stock, seen: Posterior, climate: Mapping[int, float]
    ) -> None:
        self.plan, self.stock, self.seen, self.climate = plan, stock, seen, climate
        self.kwh = single(seen).kwh
        self.gains = np.array([one.gain for one in plan.supplies])
        self.carriers = tuple(plan.factors)
        self.of = np.array([[one.carrier == name for name in self.carriers]
                            for one in plan.supplies], dtype=np.float64)  # fmt: skip

    def year(self, base: State, now: State) -> Year:
        weights = self._weights(now.year, now.done, now.shares)
        primary, co2 = self._factors(now.year)
        parts = self._carriers(weights, primary, co2)
        return Year(
            year=now.year,
            refurbished=now.area,
            amount=Amount(
                heat=self._whole(self._heat(now.year, now.done)),
                final=self._whole(weights.sum(axis=1)),
                primary=self._whole(weights @ primary),
                co2=self._whole(weights @ co2),
            ),
            carriers=parts,
            classes=self._classes(weights.sum(axis=1)),
            steps=tuple(self._steps(base, now)),
        )

    def _weights(self, year: int, done: Floats, shares: Floats) -> Floats:
        """Return kWh of each carrier per kWh of each building's estimate."""
        heat = self._heat(year, done)
        found: Floats = heat[:, None] * ((shares / self.gains) @ self.of)
        return found

    def _heat(self, year: int, done: Floats) -> Floats:
        """Return kWh of heat per kWh of each building's estimate."""
        stock = self.stock
        space = self.climate[year] * (1 - done * (1 - stock.left))
        found: Floats = stock.heat * (stock.hot_water + (1 - stock.hot_water) * space)
        return found

    def _factors(self, year: int) -> tuple[Floats, Floats]:
        """Return kWh of primary energy, and t of CO2, per kWh of each carrier."""
        factors = [self.plan.factors[name] for name in self.carriers]
        return (
            np.array([at(one.primary, year) for one in factors]),
            np.array([at(one.co2, year) for one in factors]) / 1e6,
        )

    def _whole(self, weights: Floats) -> Band:
        return self._sums(np.zeros(self.stock.size, dtype=np.int64), 1, weights)[0]

    def _sums(self, place: Ints, count: int, weights: Floats) -> list[Band]:
        _, bands = totals(self.seen, place, count, weights)
        columns = zip(bands.kwh.tolist(), bands.low.tolist(), bands.high.tolist(), strict=True)
        return [Band(*one) for one in columns]

    def _carriers(self, weights: Floats, primary: Floats, co2: Floats) -> tuple[Part, ...]:
        """Return the carriers; those that fewer than five buildings have part in are put together.

        Together they have part in as many as have part in any of them.
        """
        takes = weights > 0
        groups = merged(takes.T, self.kwh @ weights)
        found = []
        for group in groups:
            final = self._whole(weights[:, group].sum(axis=1))
            alone = group[0] if len(group) == 1 else None
            found.append(
                Part(
                    name="+".join(self.carriers[one] for one in group),
                    buildings=int(takes[:, group].any(axis=1).sum()),
                    final=final,
                    primary=None if alone is None else final.value * float(primary[alone]),
                    co2=None if alone is None else final.value * float(co2[alone]),
                )
            )
        return tuple(found)

    def _classes(self, weights: Floats) -> tuple[Part, ...]:
        names, place = np.unique(self.stock.classes(), return_inverse=True)
        inside = np.array([place == number for number in range(names.size)])
        groups = merged(inside, np.array([float(self.kwh[one].sum()) for one in inside]))
        into = np.zeros(names.size, dtype=np.int64)
        for number, group in enumerate(groups):
            into[group] = number
        sums = self._sums(into[place], len(groups), weights)
        return tuple(
            Part("+".join(str(names[one]) for one in group), int(inside[group].sum()), band)
            for group, band in zip(groups, sums, strict=True)
        )

    def _steps(self, base: State, now: State) -> Iterator[Step]:
        """Yield what climate, refurbishment, supplies and factors take off, one after the other."""
        start, year = self.plan.base, now.year
        sequence = [
            ("climate", year, base.done, base.shares, start),
            ("refurbishment", year, now.done, base.shares, start),
            ("supply", year, now.done, now.shares, start),
            ("factors", year, now.done, now.shares, year),
        ]
        before = self._plain(start, base.done, base.shares, start)
        for name, weather, done, shares, factors in sequence:
            after = self._plain(weather, done, shares, factors)
            yield Step(name, *(float(one) for one in before - after))
            before = after

    def _plain(self, weather: int, done: Floats, shares: Floats, factors: int) -> Floats:
        """Return final and primary energy in kWh and CO2 in t, without bands."""
        each = self.kwh @ self._weights(weather, done, shares)
        primary, co2 = self._factors(factors)
        found: Floats = np.array([each.sum(), each @ primary, each @ co2])
        return found
