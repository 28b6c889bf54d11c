"""Rule: heat is not set back at night.

Seen: the mean load of each local hour on cold days; night (0 to 5) against day (8 to 20).

Saved: slope times how much cooler rooms would be in the mean. Without heat a first-order building
cools towards what sun and people keep it at, which lies below the rooms by as much as it is colder
outside than the balance temperature T_b; after t hours by (T_b - T) (1 - exp(-t / tau)), K, but no
further than the setback:

    dT = 1/24 * sum over t = 0..night of min(setback, (T_b - T) (1 - exp(-t / tau))) dt
    kWh = slope (kW/K) * dT (K) * 24 h * cold days

tau 60 h, band 120 to 30 h. A lower bound: days that are hardly cold are not counted, and hours in
which rooms are still warming up only at the upper end (3 h, evenly). Source: EN ISO 13790:2008 13.2
(intermittent heating), first-order building of its clause 12.
"""

from __future__ import annotations

import numpy as np

from edge.heat.faults.change_point import ChangePoint
from edge.heat.faults.fault import Amount, Axis, Evidence, Fault, Kind, Layer, Meaning, Unjudged
from edge.heat.faults.limits import Limits
from edge.heat.faults.operation import Operation, last_run
from edge.heat.forecast.table import Bools, Floats, Ints
from edge.heat.german import de

NIGHT, DAY = (0, 5), (8, 20)
LEAST_DAYS = 20
_AROUND_DAYS = 15  # a day is judged with so many cold days up to it
_WHOLE_DAY_H = 22


def setback(
    operation: Operation, signature: ChangePoint | str, limits: Limits
) -> Fault | Unjudged | None:
    """Return the fault, why it cannot be judged, or None."""
    if isinstance(signature, str):
        return Unjudged(Kind.SETBACK, signature)
    if operation.is_spread:
        return Unjudged(Kind.SETBACK, "Der Zähler zählt zu grob, um Stunden zu unterscheiden.")
    whole = ~np.isnan(operation.daily(operation.heat, _WHOLE_DAY_H))
    with np.errstate(invalid="ignore"):
        cold = whole & (signature.temp_c < signature.balance_c - limits.heating_margin_k)
    cold &= operation.daily(operation.heat) > 0
    if cold.sum() < LEAST_DAYS:
        return Unjudged(
            Kind.SETBACK,
            f"Erst {int(cold.sum())} ganze kalte Tage; gebraucht werden {LEAST_DAYS}.",
        )
    night = _between(operation, NIGHT)[cold]
    day = _between(operation, DAY)[cold]
    window = min(_AROUND_DAYS, night.size)
    ratio = np.convolve(night, np.ones(window))[: night.size] / np.maximum(
        np.convolve(day, np.ones(window))[: day.size], 1e-9
    )
    begin = last_run(ratio >= limits.night_ratio)
    if night.size - begin < LEAST_DAYS:
        return None
    days = np.flatnonzero(cold)[begin:]
    return _fault(
        operation, signature, limits, days, float(night[begin:].sum() / day[begin:].sum())
    )


def _between(operation: Operation, hours: tuple[int, int]) -> Floats:
    """Return each day's mean load between two local hours, 0 where none is known."""
    some = (operation.hour >= hours[0]) & (operation.hour < hours[1])
    found: Floats = np.nan_to_num(operation.daily(np.where(some, operation.heat, np.nan), 1))
    return found


def _fault(
    operation: Operation, signature: ChangePoint, limits: Limits, days: Ints, ratio: float
) -> Fault:
    inside = np.isin(operation.place, days)
    first = int(np.flatnonzero(inside)[0])
    begin, factor = operation.year(~np.isnan(operation.heat), first)
    counted = days[days >= operation.place[begin]]
    outdoor = float(signature.temp_c[counted].mean())
    below = signature.balance_c - outdoor
    drop = mean_drop_k(limits, below, limits.constant_h)
    per_k = signature.slope_kw_k * 24 * counted.size * (factor or 1.0)
    least = mean_drop_k(limits, below, limits.constant_long_h)
    most = mean_drop_k(limits, below, limits.constant_short_h, limits.warming_h)
    kwh = Amount(
        per_k * drop,
        per_k * least * max(0.0, 1 - signature.slope_share),
        per_k * most * (1 + signature.slope_share),
    )
    profile = _profile(operation, inside)
    return Fault(
        kind=Kind.SETBACK,
        since=operation.date_at(first),
        hours=int(inside.sum()),
        kwh=kwh,
        meaning=Meaning.LOST,
        is_year=factor is not None,
        m3=None,
        seen=(
            f"An {days.size} kalten Tagen war die Last nachts (0 bis 5 Uhr) im Mittel "
            f"{de(100 * ratio)} % der Last am Tag (8 bis 20 Uhr)."
        ),
        basis=(
            (
                f"Gemessen: {de(signature.slope_kw_k, 2)} kW mehr je Grad kälter; an diesen "
                f"Tagen im Mittel {de(outdoor, 1)} °C draußen, "
                f"{de(below, 1)} Grad unter der Heizgrenze."
            ),
            (
                f"Angenommen: {de(limits.night_h)} Stunden Absenkung je Nacht, um höchstens "
                f"{de(limits.setback_k)} Grad; das Gebäude kühlt mit "
                f"einer Zeitkonstante von {de(limits.constant_h)} Stunden aus (Band: "
                f"{de(limits.constant_long_h)} bis {de(limits.constant_short_h)}). Räume wären im "
                f"Mittel {de(drop, 2)} Grad kühler."
            ),
            (
                "Eher zu wenig als zu viel: kaum kalte Tage zählen nicht mit, und die Zeit, in der "
                "die Räume wieder warm werden, nur am oberen Ende."
            ),
        ),
        evidence=Evidence(
            "Mittlere Last je Stunde an kalten Tagen",
            Axis.HOUR,
            "kW",
            (Layer("Last", "line", tuple(h + 0.5 for h in range(24)), profile),),
            ((float(NIGHT[0]), float(NIGHT[1])),),
        ),
    )


def mean_drop_k(limits: Limits, below_k: float, constant_h: float, warming_h: float = 0.0) -> float:
    """Return by how many kelvin rooms would be cooler in the mean of a day.

    ``below_k``: how much colder it is outside than the balance temperature; ``warming_h``: for so
    long rooms are still warming up afterwards, evenly.
    """
    after = np.arange(0.5, limits.night_h * 60) / 60
    drop = below_k * (1 - np.exp(-after / constant_h))
    drop = np.clip(drop, 0.0, limits.setback_k)
    return float(drop.sum()) / 60 / 24 + float(drop[-1]) * warming_h / 2 / 24


def _profile(operation: Operation, inside: Bools) -> tuple[float | None, ...]:
    return tuple(
        round(float(np.nanmean(operation.heat[inside & (operation.hour == hour)])), 4)
        for hour in range(24)
    )
