"""Single buildings and sums of them, in kWh of a normal year, with an 80 % band.

Errors that buildings share (village, class, state) do not cancel out in a sum, those of their own
do; a sum's band has both. A building's value is the mean of its distribution, so that values add
up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edge.heat.estimate import Fit, codes, effect_rows
from edge.heat.prior import Z80, Floats, Ints

NOWHERE = -1


@dataclass(frozen=True, slots=True)
class Bands:
    """kWh a year and the ends of the 80 % band, one entry each."""

    kwh: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class Posterior:
    """Each building's log of kWh: mean, how much of the class is left in it, own variance.

    ``pull``: how far a group's error moves it, by building; ``group``: which of the fit's groups.
    """

    fit: Fit
    mean: Floats
    left: Floats
    variance: Floats
    pull: Floats
    group: Ints


def posterior(fit: Fit) -> Posterior:
    """Return what is known of each building."""
    evidence = fit.evidence
    count = fit.prior.middle.size
    mean, left, variance = fit.middle(), np.ones(count), fit.own**2
    pull, group = np.zeros(count), np.full(count, NOWHERE)
    for number, one in enumerate(fit.sums):
        pull[one.at] = one.weights * variance[one.at] / one.variance
        group[one.at] = number
        mean[one.at] += pull[one.at] * (one.off - float(one.row @ fit.effects))
    at = evidence.at
    gain = variance[at] / (variance[at] + evidence.spread**2)
    mean[at] += gain * (evidence.logs - mean[at])
    left[at] = 1 - gain
    variance[at] = gain * evidence.spread**2
    return Posterior(fit, mean, left, variance, pull, group)


def own_view(
    found: Posterior, at: int, log_kwh: float, spread: float
) -> tuple[float, float, float]:
    """Return kWh, low and high of one building for those who live there, with what they measured.

    It is not kept.
    """
    variance = float(_whole_variance(found)[at])
    gain = variance / (variance + spread**2)
    mean = float(found.mean[at]) + gain * (log_kwh - float(found.mean[at]))
    left = np.array([gain * spread**2])
    band = _bands(np.exp(mean + left / 2), left)
    return float(band.kwh[0]), float(band.low[0]), float(band.high[0])


def single(found: Posterior) -> Bands:
    """Return each building's kWh and band."""
    variance = _whole_variance(found)
    return _bands(np.exp(found.mean + variance / 2), variance)


def totals(
    found: Posterior, place: Ints, count: int, weights: Floats | None = None
) -> tuple[Ints, Bands]:
    """Return how many buildings each place has, and their sum.

    ``place`` is each building's, from 0 to ``count`` - 1, or `NOWHERE`. ``weights`` say what a kWh
    of each building counts, 0 or more.
    """
    fit = found.fit
    inside = place != NOWHERE
    where = place[inside]
    variance = _whole_variance(found)
    kwh = np.exp(found.mean + variance / 2) * (1.0 if weights is None else weights)
    mine = kwh[inside]
    cells, back = np.unique(codes(fit.prior)[inside], return_inverse=True)
    # what of each place's kWh moves with each effect: by cells of class and state, then by effect
    shared = np.zeros((count, cells.size))
    np.add.at(shared, (where, back), mine * found.left[inside])
    moves = shared @ effect_rows(cells)
    grouped = np.flatnonzero(inside & (found.group != NOWHERE))
    total: Floats = np.bincount(where, mine, count).astype(np.float64)
    square = np.bincount(where, mine**2 * found.variance[inside], count)
    if grouped.size:
        size = len(fit.sums)
        pairs, each = np.unique(place[grouped] * size + found.group[grouped], return_inverse=True)
        pulled = np.bincount(each, kwh[grouped] * found.pull[grouped])
        there, of = pairs // size, pairs % size
        rows = np.array([one.row for one in fit.sums])
        np.subtract.at(moves, there, pulled[:, None] * rows[of])
        varies = np.array([one.variance for one in fit.sums])
        square -= np.bincount(there, pulled**2 * varies[of], count)
    square = np.maximum(square, 0) + np.einsum("pi,ij,pj->p", moves, fit.covariance, moves)
    relative = np.divide(square, total**2, out=np.zeros(count), where=total > 0)
    return np.bincount(where, minlength=count), _bands(total, relative)


def _whole_variance(found: Posterior) -> Floats:
    """Return the variance of each building's log, what it shares with others included."""
    fit = found.fit
    shared = found.left**2 * fit.class_variance()
    for one in fit.sums:
        rows = effect_rows(codes(fit.prior, one.at)) - found.pull[one.at][:, None] * one.row
        shared[one.at] = np.einsum("ij,jk,ik->i", rows, fit.covariance, rows)
    own = found.variance.copy()
    for one in fit.sums:
        own[one.at] -= found.pull[one.at] ** 2 * one.variance
    whole: Floats = shared + np.maximum(own, 0)
    return whole


def _bands(mean: Floats, variance: Floats) -> Bands:
    """Return lognormal bands of means; ``variance`` is that of the logarithm.

    Of a sum it is the sum of the parts' variances weighted by the squares of their shares. Matching
    the sum's own variance instead makes a band too wide where a few buildings outweigh others.
    """
    spread = np.sqrt(variance)
    middle = mean * np.exp(-variance / 2)
    return Bands(mean, middle * np.exp(-Z80 * spread), middle * np.exp(Z80 * spread))
