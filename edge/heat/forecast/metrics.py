"""How good a forecast was.

``actual`` and ``predicted`` have the same shape; pairs with a NaN are left out. All but pinball
loss and MASE are in percent. NaN comes back where nothing can be said (no pair, mean 0).

Source: ASHRAE Guideline 14-2014, 4.2.11 (CV(RMSE), NMBE; here without its correction for the number
of parameters, as on data that was not fitted); R. J. Hyndman, A. B. Koehler, Another look at
measures of forecast accuracy, Int. J. Forecasting 22 (2006) 679-688 (MAPE, MASE); R. Koenker, G.
Bassett, Regression quantiles, Econometrica 46 (1978) 33-50 (pinball).
"""

from __future__ import annotations

import numpy as np

from edge.heat.forecast.table import Floats


def cv_rmse_percent(actual: Floats, predicted: Floats) -> float:
    """100 * sqrt(mean((predicted - actual)^2)) / mean(actual)."""
    actual, predicted = _pairs(actual, predicted)
    return 100.0 * _ratio(float(np.sqrt(_mean((predicted - actual) ** 2))), _mean(actual))


def nmbe_percent(actual: Floats, predicted: Floats) -> float:
    """100 * sum(predicted - actual) / sum(actual); above 0 where too much was predicted."""
    actual, predicted = _pairs(actual, predicted)
    return 100.0 * _ratio(_mean(predicted - actual), _mean(actual))


def mape_percent(actual: Floats, predicted: Floats, least: float) -> float:
    """100 * mean(abs(predicted - actual) / actual) over actual >= ``least``, above 0.

    Below ``least`` a percentage says nothing (:func:`least_load`); such hours are counted, not
    scored.
    """
    actual, predicted = _pairs(actual, predicted)
    some = (actual >= least) & (actual > 0)
    return 100.0 * _mean(np.abs(predicted[some] - actual[some]) / actual[some])


def least_load(known: Floats) -> float:
    """Return the load below which a percentage says nothing: 5 % of the mean of what is known."""
    return 0.05 * _mean(known[~np.isnan(known)])


def mase(actual: Floats, predicted: Floats, naive_error: float) -> float:
    """Mean absolute error over ``naive_error``, that of the naive forecast on what was fitted."""
    actual, predicted = _pairs(actual, predicted)
    return _ratio(_mean(np.abs(predicted - actual)), naive_error)


def pinball(actual: Floats, predicted: Floats, quantile: float) -> float:
    """Mean of max(q * (a - p), (q - 1) * (a - p)) of a predicted quantile, in the unit of heat."""
    actual, predicted = _pairs(actual, predicted)
    error = actual - predicted
    return _mean(np.maximum(quantile * error, (quantile - 1.0) * error))


def coverage_percent(actual: Floats, low: Floats, high: Floats) -> float:
    """100 * share of actual values with low <= actual <= high."""
    known = ~(np.isnan(actual) | np.isnan(low) | np.isnan(high))
    inside = (low[known] <= actual[known]) & (actual[known] <= high[known])
    return 100.0 * _mean(inside.astype(np.float64))


def _pairs(actual: Floats, predicted: Floats) -> tuple[Floats, Floats]:
    known = ~(np.isnan(actual) | np.isnan(predicted))
    return actual[known], predicted[known]


def _mean(values: Floats) -> float:
    return float(values.mean()) if values.size else float("nan")


def _ratio(above: float, below: float) -> float:
    return above / below if below else float("nan")
