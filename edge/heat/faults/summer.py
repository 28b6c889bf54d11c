"""Rule: much heat on days that are too warm for heating.

Load on days warmer than the balance temperature, less the hot water that the operator states:

    kWh = sum over warm days of (mean load of warm days * 24 h - hot water a day)

Only warm days count: what runs on in winter is not in it. Without stated hot water kWh are "at
most" (all of the load), and it is a fault only from 25 % of the load at 0 degC on. Band: from the
lower to the upper quartile of warm days, without stated hot water from 0.
"""

from __future__ import annotations

import numpy as np

from edge.heat.faults.change_point import ChangePoint
from edge.heat.faults.fault import Amount, Axis, Evidence, Fault, Kind, Layer, Meaning, Unjudged
from edge.heat.faults.limits import Limits, Said
from edge.heat.faults.operation import Operation
from edge.heat.forecast.table import Floats
from edge.heat.german import de

LEAST_DAYS = 15
_WARMER_K = 1.0  # the balance temperature itself is known no better
_DRAWN_DAYS = 400


def summer(
    operation: Operation, signature: ChangePoint | str, said: Said, limits: Limits
) -> Fault | Unjudged | None:
    """Return the fault, why it cannot be judged, or None."""
    if isinstance(signature, str):
        return Unjudged(Kind.SUMMER, signature)
    heat = operation.daily(operation.heat)
    begin, factor = operation.year(~np.isnan(operation.heat), 0)
    with np.errstate(invalid="ignore"):
        warm = (signature.temp_c > signature.balance_c + _WARMER_K) & ~np.isnan(heat)
    warm &= np.arange(heat.size) >= operation.place[begin]
    if warm.sum() < LEAST_DAYS:
        return Unjudged(
            Kind.SUMMER,
            f"Nur {int(warm.sum())} Tage wärmer als die Heizgrenze von "
            f"{de(signature.balance_c, 1)} °C; gebraucht werden {LEAST_DAYS}.",
        )
    low, middle, high = (float(one) for one in np.quantile(heat[warm], [0.25, 0.5, 0.75]))
    winter = signature.at_freezing_kw
    water = said.hot_water_kwh_day
    if water is None:
        if middle < limits.summer_share * winter:
            return None
        per_day = Amount(middle * 24, 0.0, high * 24)
        basis = (
            "Der Bedarf an Warmwasser ist nicht angegeben: verloren ist höchstens alles davon. "
            "Genauer wird es mit einer Angabe (kWh je Tag)."
        )
    else:
        over = middle * 24 - water
        if over < max(limits.summer_over * water, limits.summer_least * winter * 24):
            return None
        per_day = Amount(over, max(0.0, low * 24 - water), high * 24 - water)
        basis = f"Warmwasser {de(water, 1)} kWh je Tag (so angegeben) ist abgezogen."
    days = np.flatnonzero(warm)
    return Fault(
        kind=Kind.SUMMER,
        since=operation.date_at(int(np.flatnonzero(operation.place == days[0])[0])),
        hours=int(np.isin(operation.place, days).sum()),
        kwh=per_day.times(days.size * (factor or 1.0)),
        meaning=Meaning.AT_MOST if water is None else Meaning.LOST,
        is_year=factor is not None,
        m3=None,
        seen=(
            f"An {days.size} Tagen über der Heizgrenze von {de(signature.balance_c, 1)} °C war die "
            f"Last im Mittel {de(middle, 1)} kW: {de(100 * middle / winter)} % der Last bei 0 °C."
        ),
        basis=(
            basis,
            (
                "Nur warme Tage sind gezählt; was davon im Winter weiterläuft, kommt hinzu. Band: "
                "das mittlere Viertel der Tage beiderseits."
            ),
        ),
        evidence=_evidence(signature, heat, water),
    )


def _evidence(signature: ChangePoint, heat: Floats, water: float | None) -> Evidence:
    temp = signature.temp_c
    some = np.flatnonzero(~np.isnan(temp) & ~np.isnan(heat))[-_DRAWN_DAYS:]
    coldest, warmest = float(temp[some].min()), float(temp[some].max())
    bend = min(max(signature.balance_c, coldest), warmest)
    line = (coldest, bend, warmest)
    expected = tuple(
        round(signature.base_kw + signature.slope_kw_k * max(0.0, signature.balance_c - one), 3)
        for one in line
    )
    layers = [
        Layer(
            "Tage",
            "dots",
            tuple(round(float(one), 2) for one in temp[some]),
            tuple(round(float(one), 3) for one in heat[some]),
        ),
        Layer("üblich", "line", line, expected),
    ]
    if water is not None:
        level = round(water / 24, 3)
        layers.append(Layer("Warmwasser", "wanted", (coldest, warmest), (level, level)))
    return Evidence(
        "Mittlere Last der Tage nach Außentemperatur",
        Axis.DEGC,
        "kW",
        tuple(layers),
        ((bend, warmest),),
    )
