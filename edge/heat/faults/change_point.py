"""A day's heat by its weather: a three-parameter signature, fitted so that faults count little.

heat = base + slope max(0, T_b - T), kW, with T = 2/3 of the day's outdoor temperature and 1/3 of
the day's before, degC. Source: ASHRAE Guideline 14-2014 annex D (three-parameter heating); least
squares for each T_b in steps of 0.5 K; days farther off than 3 usual errors (1.4826 times the
median absolute one) are left out, three times over.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edge.heat.faults.operation import Operation
from edge.heat.forecast.table import Bools, Floats

LEAST_DAYS = 40
_LEAST_COLD = 15
_LEAST_R2 = 0.4
_STEP_K = 0.5
_ROUNDS, _FAR = 3, 3.0
_ALIKE_DAYS = 3.0  # neighbouring days err alike: so many count as one


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """A signature: ``balance_c``, ``base_kw``, ``slope_kw_k``.

    ``slope_share`` is twice the slope's standard error as a share of it; ``low_share``,
    ``high_share`` how far a cold day's heat is below and above what is expected, as a share of it
    (10 and 90 % quantiles). ``temp_c`` is T of each day.
    """

    balance_c: float
    base_kw: float
    slope_kw_k: float
    slope_share: float
    low_share: float
    high_share: float
    temp_c: Floats

    @property
    def at_freezing_kw(self) -> float:
        """What is expected at 0 degC."""
        return self.base_kw + self.slope_kw_k * max(0.0, self.balance_c)

    def expected(self) -> Floats:
        """Return what each day is expected to need, kW; NaN where its weather is unknown."""
        found: Floats = self.base_kw + self.slope_kw_k * np.maximum(
            0.0, self.balance_c - self.temp_c
        )
        return found


def weather_of(operation: Operation) -> Floats:
    """Return T of each day, NaN where unknown."""
    temp = operation.daily(operation.outdoor_c, 18)
    before = np.r_[np.nan, temp[:-1]]
    found: Floats = np.where(np.isnan(before), temp, (2 * temp + before) / 3)
    return found


def fit(operation: Operation) -> ChangePoint | str:
    """Fit a signature; a German sentence if there is none to be had."""
    temp = weather_of(operation)
    heat = operation.daily(operation.heat)
    if np.isnan(temp).all():
        return "Es fehlt die Außentemperatur."
    used = ~np.isnan(temp) & ~np.isnan(heat)
    if used.sum() < LEAST_DAYS:
        return (
            f"Erst {int(used.sum())} Tage mit Wärme und Außentemperatur; "
            f"gebraucht werden {LEAST_DAYS}."
        )
    if float(np.ptp(temp[used])) < _STEP_K:
        return "Die Außentemperatur bewegt sich nicht: der Fühler steht still."
    known = used.copy()
    for _ in range(_ROUNDS):
        balance, terms = _best(temp[used], heat[used])
        off = np.abs(heat - _columns(temp, balance) @ terms)
        usual = 1.4826 * float(np.median(off[used]))
        used = known & (off <= max(_FAR * usual, 1e-9 + 0.02 * float(heat[known].max())))
    balance, terms = _best(temp[used], heat[used])
    base, slope = max(0.0, float(terms[0])), float(terms[1])
    error: Floats = heat - np.maximum(_columns(temp, balance) @ terms, 0.0)
    cold = used & (temp < balance)
    spread = float(np.square(heat[used] - heat[used].mean()).sum())
    left = float(np.square(error[used]).sum())
    if slope <= 0 or cold.sum() < _LEAST_COLD or left > (1 - _LEAST_R2) * spread:
        return "Die Wärme hängt nicht erkennbar von der Außentemperatur ab."
    return ChangePoint(
        balance, base, slope, _share(temp, error, used, balance, slope), *_band(error, heat, cold),
        temp,
    )  # fmt: skip


def _columns(temp: Floats, balance: float) -> Floats:
    return np.stack([np.ones(temp.size), np.maximum(0.0, balance - temp)], 1)


def _best(temp: Floats, heat: Floats) -> tuple[float, Floats]:
    """Return the balance temperature, and base and slope, that leave the least squares."""
    low, high = np.quantile(temp, [0.1, 0.98])
    least = np.inf
    best: tuple[float, Floats] = (0.0, temp)
    for balance in np.arange(float(low) + 2, max(float(high), float(low) + 2.5), _STEP_K):
        columns = _columns(temp, balance)
        terms = np.linalg.lstsq(columns, heat, rcond=None)[0]
        left = float(np.square(heat - columns @ terms).sum())
        if left < least:
            least, best = left, (float(balance), terms)
    return best


def _share(temp: Floats, error: Floats, used: Bools, balance: float, slope: float) -> float:
    degrees = np.maximum(0.0, balance - temp[used])
    around = float(np.square(degrees - degrees.mean()).sum())
    noise = float(np.square(error[used]).sum()) / max(1, int(used.sum()) - 3)
    return 2 * float(np.sqrt(_ALIKE_DAYS * noise / around)) / slope


def _band(error: Floats, heat: Floats, cold: Bools) -> tuple[float, float]:
    shares = error[cold] / np.maximum(heat[cold] - error[cold], 1e-9)
    low, high = np.quantile(shares, [0.1, 0.9])
    return float(min(low, 0.0)), float(max(high, 0.0))
