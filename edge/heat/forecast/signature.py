"""The energy signature: a day's heat from its weather, for one building or thousands at once.

Each building's heat (as a share of its mean) is a ridge regression on :class:`Weather`'s terms for
every pair of memory and balance temperature; the pairs are weighted by how well they fit (Bayesian
model averaging, the number of days divided by :data:`ALIKE_DAYS` because neighbouring days say much
the same). All pairs and buildings are solved in closed form on whole arrays.

A fit that did not see the seasons is shrunk towards what houses usually are: where heating
ends (:data:`BALANCE_C`), and what is needed without it (:data:`BASE`).

Source: change-point signature after ASHRAE Guideline 14-2014, annex D (three-parameter heating);
weights after A. E. Raftery, Bayesian model selection in social research, Sociological Methodology
25 (1995) 111-163.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from edge.heat.forecast.series import Daily
from edge.heat.forecast.table import Bools, Floats, Ints
from edge.heat.forecast.weather import BALANCE_QUANTILES, MEMORIES_D, Design, Weather

LEAST_DAYS = 40  # fewer say nothing of a year
ALIKE_DAYS = 30.0
AT_ONCE = 2000  # buildings: half a gigabyte of normal equations and terms
_LEAST_LEFT = 1e-9
# A winter alone cannot tell where heating ends and what is needed in summer: the prior does, the
# more the less of the year's light was seen. From so many days on it does not.
YEAR_DAYS = 300
SHORT_BALANCES_C = (11.0, 12.5, 14.0, 15.5, 17.0, 18.5)  # offered beside those of the fitted days
BALANCE_C, BALANCE_SPREAD_K = 15.0, 1.5
BASE, BASE_SPREAD = 0.2, 0.1  # heat without heating, as a share of what 10 K below balance add
Pairs: TypeAlias = list[tuple[float, float]]
KEPT = 8  # pairs a building keeps: the rest have next to no weight
RIDGE = 0.1  # variance of a day's noise as a share of mean^2, against the terms' spread 1


@dataclass(frozen=True, slots=True)
class Signatures:
    """What was fitted for buildings.

    ``pairs`` (buildings, kept) index into ``grid`` of (memory in days, balance in degC).
    ``weights`` (buildings, kept) sum to 1; ``terms`` (buildings, kept, columns); ``scale``
    (buildings) the mean heat; NaN for a building with fewer than :data:`LEAST_DAYS` days.
    """

    grid: tuple[tuple[float, float], ...]
    pairs: Ints
    weights: Floats
    terms: Floats
    scale: Floats

    def predict(self, weather: Weather) -> Floats:
        """Return heat (buildings, days), never below 0."""
        found: Floats = np.zeros(0)
        for index, (memory, balance) in enumerate(self.grid):
            columns = weather.design(memory, balance).columns
            part = (self.weights * (self.pairs == index))[:, :, None] * self.terms
            share = part.sum(axis=1) @ columns.T
            found = share if index == 0 else found + share
        return np.maximum(found, 0.0) * self.scale[:, None]

    def balance_c(self) -> Floats:
        """Return each building's balance temperature: the mean of its pairs', by weight."""
        balances = np.array([balance for _, balance in self.grid])
        found: Floats = (self.weights * balances[self.pairs]).sum(axis=1)
        return found


def fit_many(heat: Floats, daily: Daily) -> Signatures:
    """Fit buildings under one weather.

    ``heat`` (buildings, days of ``daily``), NaN where nothing is to be fitted. Only days with
    measured temperature are fitted, unless there is none among them.
    """
    known = np.any(~np.isnan(heat), axis=0)
    if known[daily.measured].any():
        known &= daily.measured
    rows = (heat[at : at + AT_ONCE] for at in range(0, heat.shape[0], AT_ONCE))
    parts = list(fit_parts(rows, daily, known))
    return Signatures(
        max((one.grid for one in parts), key=len),  # the pairs of short fits stand at the end
        np.concatenate([one.pairs for one in parts]),
        np.concatenate([one.weights for one in parts]),
        np.concatenate([one.terms for one in parts]),
        np.concatenate([one.scale for one in parts]),
    )


def fit_parts(parts: Iterable[Floats], daily: Daily, days: Bools) -> Iterator[Signatures]:
    """Fit as many buildings as there are, some at a time: none is held once it was fitted.

    Each of ``parts`` is as the heat of :func:`fit_many`, best of :data:`AT_ONCE` buildings. Only
    ``days`` are fitted, and balance temperatures are of them, so that the parts go together.
    """
    weather = Weather(daily)
    usual = _grid(weather, days)
    more = [(memory, balance) for memory in MEMORIES_D for balance in SHORT_BALANCES_C]
    designs = [weather.design(memory, balance) for memory, balance in usual + more]
    for heat in parts:
        known = ~np.isnan(heat) & days
        short = _short(known, weather)
        also = more if short.any() else []
        offered = designs[: len(usual) + len(also)]
        fitted = _fit(heat, known, short, offered, grid=usual, more=also)
        yield Signatures(tuple(usual + also), *fitted)


def _fit(
    heat: Floats,
    known: Bools,
    short: Floats,
    designs: list[Design],
    *,
    grid: Pairs,
    more: Pairs,
) -> tuple[Ints, Floats, Floats, Floats]:
    """Return what is kept of buildings; ``more`` pairs are for short fits alone."""
    count = known.sum(axis=1)
    total = np.where(known, heat, 0.0).sum(axis=1)
    scale = total / np.maximum(count, 1)
    share = np.where(known, heat, 0.0) / np.where(scale > 0, scale, 1.0)[:, None]
    squares = (share * share).sum(axis=1)
    left = np.empty((heat.shape[0], len(designs)))
    terms = np.empty((heat.shape[0], len(designs), designs[0].spread.size))
    for index, design in enumerate(designs):
        terms[:, index], left[:, index] = _solve(design, known * 1.0, share, squares, short)
    likely = -0.5 * count[:, None] / ALIKE_DAYS * np.log(left)
    off = (np.array([one for _, one in grid + more]) - BALANCE_C) / BALANCE_SPREAD_K
    likely -= 0.5 * short[:, None] * off**2
    likely[short == 0.0, len(grid) :] = -np.inf
    pairs = np.argsort(-likely, axis=1, kind="stable")[:, :KEPT]
    best = np.take_along_axis(likely, pairs, axis=1)
    weights = np.exp(best - best[:, :1])
    weights /= weights.sum(axis=1, keepdims=True)
    kept = np.take_along_axis(terms, pairs[:, :, None], axis=1)
    return pairs, weights, kept, np.where(count >= LEAST_DAYS, scale, np.nan)


def _short(known: Bools, weather: Weather) -> Floats:
    """Return (buildings) how much the prior of short fits holds: 0 not at all, 1 fully."""
    found: Floats = np.where(known.sum(axis=1) < YEAR_DAYS, 1.0 - weather.seen(known), 0.0)
    return np.maximum(found, 0.0)


def _grid(weather: Weather, days: Bools) -> list[tuple[float, float]]:
    grid = []
    for memory in MEMORIES_D:
        kept = weather.remembered(memory)[days]
        grid += [(memory, float(np.quantile(kept, at))) for at in BALANCE_QUANTILES]
    return grid


def _solve(
    design: Design, known: Floats, share: Floats, squares: Floats, short: Floats
) -> tuple[Floats, Floats]:
    """Return terms (buildings, columns), and the squares that are left, with the prior's cost."""
    columns, size = design.columns, design.spread.size
    products = (columns[:, :, None] * columns[:, None, :]).reshape(-1, size * size)
    normal = (known @ products).reshape(-1, size, size) + np.diag(RIDGE / design.spread**2)
    base = np.zeros(size)
    base[:2] = 1.0, -BASE  # of the constant and of degrees below balance
    held = np.diag(design.short_spread**-2.0 - design.spread**-2.0)
    held += np.outer(base, base) / BASE_SPREAD**2
    normal = normal + short[:, None, None] * (RIDGE * held)
    right = share @ columns
    terms: Floats = np.linalg.solve(normal, right[:, :, None])[:, :, 0]
    return terms, np.maximum(squares - (terms * right).sum(axis=1), _LEAST_LEFT)
