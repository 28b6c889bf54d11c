"""Rule: flow and return sensors are swapped: the return is the warmer one while water flows.

Not counted: sum of max(0, rho c V (T_return - T_flow) - E) over these hours, kWh, as if the
temperatures were the other way round; the band is what 1 K of difference more or less makes.
"""

from __future__ import annotations

import numpy as np

from edge.heat.faults.fault import Amount, Axis, Evidence, Fault, Kind, Layer, Meaning, Unjudged
from edge.heat.faults.limits import Limits
from edge.heat.faults.operation import Operation, last_run
from edge.heat.forecast.table import Bools, Floats
from edge.heat.german import de

LEAST_H = 48
_WINDOW_DAYS = 7
_DRAWN_DAYS = 400
_BAND_K = 1.0


def swapped(operation: Operation, limits: Limits) -> Fault | Unjudged | None:
    """Return the fault, why it cannot be judged, or None."""
    volume, flow, back = operation.volume, operation.flow_c, operation.return_c
    for values, name in ((volume, "das Volumen"), (flow, "der Vorlauf"), (back, "der Rücklauf")):
        if np.isnan(values).all():
            return Unjudged(Kind.SWAPPED, f"Es fehlt {name}.")
    known = volume[volume > 0]
    least = limits.flowing_share * float(np.quantile(known, 0.95)) if known.size else np.inf
    with np.errstate(invalid="ignore"):
        flowing = (volume >= least) & ~np.isnan(flow + back)
        wrong = flowing & (back - flow >= limits.swapped_k)
    if flowing.sum() < LEAST_H:
        return Unjudged(
            Kind.SWAPPED, f"Nur {int(flowing.sum())} Stunden, in denen sicher Wasser floss."
        )
    size = operation.days.size
    daily = [np.bincount(operation.place, one, size) for one in (flowing, wrong)]
    days = np.flatnonzero(daily[0] > 0)
    ones = np.ones(min(_WINDOW_DAYS, days.size))
    total, bad = (np.convolve(one[days], ones)[: days.size] for one in daily)
    run = last_run(bad >= limits.swapped_share * total)
    inside = wrong & (operation.place >= (days[run] if run < days.size else size))
    if inside.sum() < LEAST_H:
        return None
    first = int(np.flatnonzero(inside)[0])
    begin, factor = operation.year(~np.isnan(volume), first)
    some = inside & (np.arange(volume.size) >= begin) & ~np.isnan(operation.heat)
    sums = [
        _missing(operation, limits, some, off) * (factor or 1.0) for off in (0, -_BAND_K, _BAND_K)
    ]
    drawn = slice(max(0, size - _DRAWN_DAYS), None)
    at = tuple(map(float, operation.days[drawn]))

    def mean(values: Floats) -> tuple[float | None, ...]:
        means = operation.daily(np.where(flowing, values, np.nan), 1)[drawn]
        return tuple(None if np.isnan(one) else round(float(one), 2) for one in means)

    return Fault(
        kind=Kind.SWAPPED,
        since=operation.date_at(first),
        hours=int(inside.sum()),
        kwh=Amount(*sums),
        meaning=Meaning.UNCOUNTED,
        is_year=factor is not None,
        m3=None,
        seen=(
            f"In {int(inside.sum())} Stunden floss Wasser, und der Rücklauf war wärmer als der "
            f"Vorlauf, im Mittel um {de(float((back - flow)[inside].mean()), 1)} Grad."
        ),
        basis=(
            (
                "Nicht gezählt: 1,15 kWh je m³ und Grad mal Volumen mal Unterschied, abzüglich "
                f"dessen, was der Zähler zählte. Band: ein Unterschied um {de(_BAND_K)} Grad "
                "kleiner oder größer."
            ),
        ),
        evidence=Evidence(
            "Vorlauf und Rücklauf, Tagesmittel bei fließendem Wasser",
            Axis.DAY,
            "°C",
            (Layer("Vorlauf", "line", at, mean(flow)), Layer("Rücklauf", "line", at, mean(back))),
        ),
    )


def _missing(operation: Operation, limits: Limits, some: Bools, off_k: float) -> float:
    spread = np.maximum(0.0, (operation.return_c - operation.flow_c)[some] + off_k)
    heat = limits.water_kwh_m3_k * operation.volume[some] * spread
    return float(np.maximum(0.0, heat - operation.heat[some]).sum())
