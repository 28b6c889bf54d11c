"""What buildings need: the typology, moved to where the village's own measurements are.

For building i of class c (type and age) and refurbishment state s, in kWh of a normal year:

    log E_i = prior_i + g + h_c + r_s + u_i        log y_i = log E_i + e_i

``g`` (the village), ``h_c`` and ``r_s`` are normal about 0 with the typology's spreads, ``u_i`` is
the building's own. ``y_i`` is a mean of up to three measured years with weather taken out. All is
linear and normal, so the posterior is exact; the typology's spreads are stretched by three factors
(village, classes, buildings) that the village's own measurements weigh over a grid (empirical
Bayes), and the mixture's mean and variance are kept.

Sums that were measured together (a group of at least five buildings) are one observation of
``log sum E_i``, linear about the current middle. What a household gave under consent is no evidence
by itself: they join and leave, and two results that differ by one of them would show what it
consumes. Sums of five and more who agreed to it (:mod:`edge.heat.cohorts`) are one observation of
what their cohort's buildings share, and never change.

Source: Gelman et al., Bayesian Data Analysis, chapters 5 and 14 (hierarchical linear models);
lognormal sums by moments (Fenton 1960).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import log

import numpy as np

from edge.heat.building import FEW_UNITS
from edge.heat.prior import CLASSES, Flags, Floats, Ints, Prior
from edge.heat.typology import STATES, Typology

_EFFECTS = 1 + CLASSES + len(STATES)
_BUILDING_FACTORS = (0.6, 0.75, 0.9, 1.05, 1.25, 1.5)
_CLASS_FACTORS = (0.6, 1.0, 1.7)
_VILLAGE_FACTORS = (0.7, 1.0, 1.5, 2.5)
_FACTOR_SPREAD = 0.4  # standard deviation of a factor's logarithm; the mean of its square is 1
_ALL = slice(None)
_PASSES = 2  # the middle of a group's buildings moves once; then it stays


@dataclass(frozen=True, slots=True)
class Evidence:
    """Measured buildings of five homes and more, and halls: no household's.

    Index in the prior's order, log of kWh, standard deviation of that.
    """

    at: Ints
    logs: Floats
    spread: Floats

    def chosen(self, which: Flags) -> Evidence:
        """Return a part of it."""
        return Evidence(self.at[which], self.logs[which], self.spread[which])


@dataclass(frozen=True, slots=True)
class Together:
    """Buildings measured together: indices in the prior's order, kWh, spread of its log."""

    at: tuple[int, ...]
    kwh: float
    spread: float


@dataclass(frozen=True, slots=True)
class Sum:
    """A group as the model uses it: who is in it, whose weights, and how far it was off."""

    at: Ints
    weights: Floats
    row: Floats
    variance: float
    off: float


@dataclass(frozen=True, slots=True)
class Told:
    """A sum of households of whom nobody knows which buildings are theirs.

    ``row``: what of each effect is in it. ``log``: logarithm of what was billed by what was
    expected. ``own``: variance of a building's own part, ``more``: of what else tells one of them
    from others; ``share``: the sum of the squares of their shares.
    """

    row: Floats
    log: float
    own: float
    more: float
    share: float

    def at(self, factor: float) -> Fixed:
        """Return it with a building's own part stretched by ``factor``."""
        each = factor**2 * self.own + self.more
        return Fixed(self.row, self.log - 0.5 * (1 - self.share) * each, self.share * each)


@dataclass(frozen=True, slots=True)
class Fixed:
    """An observation of the effects: how far off, and by what it varies."""

    row: Floats
    off: float
    variance: float


@dataclass(frozen=True, slots=True)
class Fit:
    """What the model knows.

    ``evidence`` is what of it was used; ``effects`` and ``covariance`` are of village, classes and
    states. ``own``: standard deviation of a building's own part, by building. ``sums``: the groups
    used. ``factors``: how far village, classes and buildings stretch the typology's spreads.
    ``left_out``: how many groups did not go in.
    """

    prior: Prior
    evidence: Evidence
    effects: Floats
    covariance: Floats
    own: Floats
    sums: tuple[Sum, ...]
    factors: tuple[float, float, float]
    left_out: int

    def middle(self) -> Floats:
        """Return the log of kWh by village, class and state, without a building's own part."""
        return self.prior.middle + self.class_effect()

    def class_effect(self) -> Floats:
        """Return by how much each building's class and state lies beside the typology, as log."""
        prior = self.prior
        found: Floats = (
            self.effects[0]
            + self.effects[1 + prior.group]
            + self.effects[1 + CLASSES + prior.state]
        )
        return found

    def class_variance(self) -> Floats:
        """Return the variance of that, by building."""
        found, back = np.unique(codes(self.prior), return_inverse=True)
        rows = effect_rows(found)
        each: Floats = np.einsum("ij,jk,ik->i", rows, self.covariance, rows)[back]
        return each


def fit(
    prior: Prior,
    typology: Typology,
    evidence: Evidence,
    together: Sequence[Together],
    told: Sequence[Told] = (),
) -> Fit:
    """Return the posterior of village, classes and states.

    A group counts only if at least five of its buildings are not measured by themselves, and if no
    smaller one has one of them.
    """
    groups, left_out = _open(together, evidence)
    inside = np.array(sorted({at for one in groups for at in one.at}), dtype=np.int64)
    used = evidence.chosen(~np.isin(evidence.at, inside))
    observed = _observed(prior, used)
    effects, factors = np.zeros(_EFFECTS), (1.0, 1.0, 1.0)
    covariance = np.diag(_prior_variance(typology, 1.0, 1.0))
    for _ in range(_PASSES if groups or told else 1):
        sums = [_linear(prior, one, effects, factors[2]) for one in groups]
        fixed = [Fixed(one.row, one.off, one.variance) for one in sums]
        fixed += [one.at(factors[2]) for one in told]
        effects, covariance, factors = _weighed(typology, observed, fixed)
    own = np.sqrt((factors[2] * prior.spread) ** 2 + prior.more**2)
    last = tuple(_linear(prior, one, effects, factors[2]) for one in groups)
    return Fit(prior, used, effects, covariance, own, last, factors, left_out)


def _open(together: Sequence[Together], evidence: Evidence) -> tuple[list[Together], int]:
    """Return groups without what is measured by itself, the smallest first."""
    known = dict(zip(evidence.at.tolist(), evidence.logs.tolist(), strict=True))
    found: list[Together] = []
    taken: set[int] = set()
    for one in sorted(together, key=lambda each: len(each.at)):
        left = tuple(at for at in one.at if at not in known)
        kwh = one.kwh - float(sum(np.exp(known[at]) for at in one.at if at in known))
        if len(left) >= FEW_UNITS and kwh > 0 and not taken & set(left):
            taken.update(left)
            found.append(Together(left, kwh, one.spread * one.kwh / kwh))
    return found, len(together) - len(found)


def _linear(prior: Prior, one: Together, effects: Floats, factor: float) -> Sum:
    """Return a group's logarithm as a sum over its buildings, about their current middle."""
    at = np.array(one.at, dtype=np.int64)
    rows = effect_rows(codes(prior, at))
    middle = prior.middle[at] + rows @ effects
    kwh = np.exp(middle)
    weights = kwh / kwh.sum()
    variance = (factor * prior.spread[at]) ** 2 + prior.more[at] ** 2
    curved = 0.5 * float((weights * variance).sum() - (weights**2 * variance).sum())
    row = weights @ rows
    at_zero = log(float(kwh.sum())) + curved - float(row @ effects)
    spread = float((weights**2 * variance).sum()) + one.spread**2
    return Sum(at, weights, row, spread, log(one.kwh) - at_zero)


@dataclass(frozen=True, slots=True)
class _Observed:
    """Evidence as the grid needs it: how far off the typology, and by what it varies."""

    off: Floats
    spread: Floats
    more: Floats
    cells: Floats
    cell: Ints


def _observed(prior: Prior, evidence: Evidence) -> _Observed:
    found, cell = np.unique(codes(prior, evidence.at), return_inverse=True)
    return _Observed(
        off=evidence.logs - prior.middle[evidence.at],
        spread=prior.spread[evidence.at],
        more=prior.more[evidence.at] ** 2 + evidence.spread**2,
        cells=effect_rows(found),
        cell=cell,
    )


def _weighed(
    typology: Typology, seen: _Observed, sums: Sequence[Fixed]
) -> tuple[Floats, Floats, tuple[float, float, float]]:
    """Return mean and covariance of the effects over the grid of factors, and the mean factors."""
    off, cell, cells = seen.off, seen.cell, seen.cells
    fixed = np.array([one.row for one in sums]).reshape(len(sums), _EFFECTS)
    fixed_off = np.array([one.off for one in sums])
    fixed_d = np.array([one.variance for one in sums])
    weights, means, squares, kept = [], [], [], []
    for building in _BUILDING_FACTORS:
        d = (building * seen.spread) ** 2 + seen.more
        precision = np.bincount(cell, 1 / d, len(cells))
        pulled = np.bincount(cell, off / d, len(cells))
        information = cells.T @ (precision[:, None] * cells)
        pull = cells.T @ pulled
        score = -0.5 * float(np.log(d).sum() + (off**2 / d).sum())
        information += fixed.T @ (fixed / fixed_d[:, None])
        pull += fixed.T @ (fixed_off / fixed_d)
        score -= 0.5 * float((fixed_off**2 / fixed_d).sum())
        for village, classes in product(_VILLAGE_FACTORS, _CLASS_FACTORS):
            variance = _prior_variance(typology, village, classes)
            covariance = np.linalg.inv(information + np.diag(1 / variance))
            mean_effects = covariance @ pull
            _, size = np.linalg.slogdet(covariance)
            factors = np.log([village, classes, building])
            weights.append(
                score
                + 0.5 * float(pull @ mean_effects)
                + 0.5 * float(size - np.log(variance).sum())
                - 0.5 * float(((factors + _FACTOR_SPREAD**2) ** 2).sum()) / _FACTOR_SPREAD**2
            )
            means.append(mean_effects)
            squares.append(covariance)
            kept.append(np.exp(2 * factors))
    share = np.exp(np.array(weights) - max(weights))
    share /= share.sum()
    middle = share @ np.array(means)
    away = np.array(means) - middle
    spread = np.einsum("k,kij->ij", share, np.array(squares)) + (share[:, None] * away).T @ away
    village, classes, building = np.sqrt(share @ np.array(kept))
    return middle, spread, (float(village), float(classes), float(building))


def _prior_variance(typology: Typology, village: float, classes: float) -> Floats:
    spread = typology.spread
    found = np.full(_EFFECTS, (classes * spread["class"]) ** 2)
    found[0] = (village * spread["village"]) ** 2
    found[1 + CLASSES :] = spread["refurbishment"] ** 2
    found[1 + CLASSES] = 1e-8  # an unrefurbished building is what the others are compared with
    return found


def codes(prior: Prior, at: Ints | slice = _ALL) -> Ints:
    """Return a number for each building's class and state together."""
    found: Ints = prior.group[at] * len(STATES) + prior.state[at]
    return found


def effect_rows(of: Ints) -> Floats:
    """Return which effects act on a building of each code, as rows of zeros and ones."""
    rows = np.zeros((of.size, _EFFECTS))
    at = np.arange(of.size)
    rows[:, 0] = 1
    rows[at, 1 + of // len(STATES)] = 1
    rows[at, 1 + CLASSES + of % len(STATES)] = 1
    return rows
