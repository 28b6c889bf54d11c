"""Rule: the building is heated and cooled at the same time.

Heat is what is beyond hot water: less the 95 % quantile of the hours of warm days in which nothing
is cooled (of all hours of warm days where those are few), and no less than three times the hour's
mean of what the operator states. Hours in which it and cooling are both above 10 % of their usual
peak (95 % quantile of hours above 0); kWh = sum of min(heat, cooling): that much heat was carried
out again, and that much cooling was made for it. Band: hours with both above 25 % of the peak, and
all hours with both above 0.
"""

from __future__ import annotations

import numpy as np

from edge.heat.faults.change_point import ChangePoint
from edge.heat.faults.fault import Amount, Axis, Evidence, Fault, Kind, Layer, Meaning, Unjudged
from edge.heat.faults.limits import Limits, Said
from edge.heat.faults.operation import Operation
from edge.heat.forecast.table import Bools, Floats
from edge.heat.german import de

LEAST_H = 14 * 24
_DRAWN_H = 10 * 24
_LEAST_WARM_H = 7 * 24
_TAPPED = 3.0  # hours of bath and kitchen need so many times the mean hour


def both(
    operation: Operation, signature: ChangePoint | str, said: Said, limits: Limits
) -> Fault | Unjudged | None:
    """Return the fault, why it cannot be judged, or None."""
    cooling = operation.cooling
    known = ~np.isnan(operation.heat + cooling)
    water = _water(operation, signature, said)
    why = _missing(cooling, known, water)
    if why or water is None:
        return Unjudged(Kind.BOTH, why)
    heat = np.maximum(0.0, operation.heat - water)
    if not ((heat > 0).any() and (cooling > 0).any()):
        return None
    less = np.where(known, np.minimum(heat, cooling), 0.0)
    peaks = [float(np.quantile(one[one > 0], 0.95)) for one in (heat, cooling)]

    def above(share: float) -> Floats:
        some = (heat > share * peaks[0]) & (cooling > share * peaks[1])
        return np.where(some & known, less, 0.0)

    with np.errstate(invalid="ignore"):
        usual = above(limits.both_share)
        surely = above(limits.both_surely_share)
    hours = np.flatnonzero(usual > 0)
    little = limits.both_least * float(np.nansum(operation.heat))
    if hours.size < limits.both_h or usual.sum() < little:
        return None
    first = int(hours[0])
    begin, factor = operation.year(known, 0)
    kwh = Amount(*(float(one[begin:].sum()) for one in (usual, surely, np.maximum(less, 0.0))))
    return Fault(
        kind=Kind.BOTH,
        since=operation.date_at(first),
        hours=int(hours.size),
        kwh=kwh.times(factor or 1.0),
        meaning=Meaning.LOST,
        is_year=factor is not None,
        m3=None,
        seen=(
            f"In {hours.size} Stunden wurde zugleich geheizt (über "
            f"{de(limits.both_share * peaks[0], 1)} kW) und gekühlt (über "
            f"{de(limits.both_share * peaks[1], 1)} kW)."
        ),
        basis=(
            (
                "Gezählt ist in jeder dieser Stunden das Kleinere von Wärme und Kälte. "
                "Die Kälte dazu ist noch einmal so viel."
            ),
            f"Als Warmwasser abgezogen: {de(water, 1)} kW in jeder Stunde.",
            (
                "Band: nur Stunden mit beidem über "
                f"{de(100 * limits.both_surely_share)} % der üblichen Spitze; alle "
                "Stunden mit beidem."
            ),
        ),
        evidence=_evidence(operation, usual),
    )


def _missing(cooling: Floats, known: Bools, water: float | None) -> str:
    """Return what is missing to judge, in German; empty if nothing is."""
    if np.isnan(cooling).all():
        return "Es ist keine Kälte gemessen."
    if known.sum() < LEAST_H:
        return f"Nur {int(known.sum())} Stunden mit Wärme und Kälte; gebraucht werden {LEAST_H}."
    if water is None:
        return (
            "Was Warmwasser ist und was Heizung, zeigt sich erst an warmen Tagen mit "
            "Außentemperatur; oder den Bedarf an Warmwasser angeben."
        )
    return ""


def _water(operation: Operation, signature: ChangePoint | str, said: Said) -> float | None:
    """Return the kW up to which heat is taken for hot water; None if nothing says it."""
    stated = said.hot_water_kwh_day
    level = None if stated is None else _TAPPED * stated / 24
    if isinstance(signature, str):
        return level
    with np.errstate(invalid="ignore"):
        warm = (signature.temp_c > signature.balance_c)[operation.place]
    warm &= ~np.isnan(operation.heat)
    alone = warm & (np.nan_to_num(operation.cooling) <= 0)
    if alone.sum() >= _LEAST_WARM_H:
        warm = alone
    if warm.sum() < _LEAST_WARM_H:
        return level
    return max(level or 0.0, float(np.quantile(operation.heat[warm], 0.95)))


def _evidence(operation: Operation, usual: Floats) -> Evidence:
    width = min(_DRAWN_H, usual.size)
    sums = np.convolve(usual, np.ones(width), mode="valid")
    begin = int(np.argmax(sums))
    some = slice(begin, begin + width)
    at = tuple(
        round(float(day) + float(hour) / 24, 4)
        for day, hour in zip(operation.day[some], operation.hour[some], strict=True)
    )

    def drawn(values: Floats) -> tuple[float | None, ...]:
        return tuple(None if np.isnan(one) else round(float(one), 3) for one in values[some])

    return Evidence(
        "Wärme und Kälte in den zehn Tagen, in denen es am meisten war",
        Axis.DAY,
        "kW",
        (
            Layer("Wärme", "line", at, drawn(operation.heat)),
            Layer("Kälte", "line", at, drawn(operation.cooling)),
        ),
    )
