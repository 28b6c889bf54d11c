"""Rule: the return is warmer than it should be.

Excess volume: what flowed beyond what the heat needs at the wanted spread,

    dV = V - E / (rho c (T_flow - T_wanted)),  m3; rho c = 1.15 kWh/(m3 K)

summed over hours in which water flows and flow is at least 10 K above the wanted return. A warm
return is no lost heat in itself: kWh are said only where the operator states what the network's
return loses for each kelvin, kWh = (W/K) / 1000 * sum of (T_return - T_wanted) over these hours,
no less than 0.
Source: H. Gadd and S. Werner, Achieving low return temperatures from district heating substations,
Applied Energy 136 (2014) 59-67.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge.heat.faults.fault import Amount, Axis, Evidence, Fault, Kind, Layer, Meaning, Unjudged
from edge.heat.faults.limits import Limits, Said
from edge.heat.faults.operation import Operation, last_run
from edge.heat.forecast.table import Bools, Floats
from edge.heat.german import de

LEAST_H = 14 * 24
_WINDOW_DAYS = 14
DRAWN_DAYS = 400


@dataclass(frozen=True, slots=True)
class Water:
    """``volume`` m3/h, ``flow_c``, ``return_c``; what was not measured is from heat balance.

    ``flowing``: all are known and water moves; ``how`` is said of what was computed, or empty.
    """

    volume: Floats
    flow_c: Floats
    return_c: Floats
    flowing: Bools
    how: str


def water_of(operation: Operation, limits: Limits) -> Water | str:
    """Return a meter's water; in German what is missing for it."""
    volume, flow, back = operation.volume, operation.flow_c, operation.return_c
    rho_c = limits.water_kwh_m3_k
    how = ""
    with np.errstate(divide="ignore", invalid="ignore"):
        if np.isnan(flow).all():
            return "Es fehlt die Vorlauftemperatur."
        if np.isnan(volume).all() and np.isnan(back).all():
            return "Es fehlen Volumen und Rücklauftemperatur."
        if np.isnan(volume).all():
            spread = flow - back
            volume = np.where(spread > 1, operation.heat / (rho_c * spread), np.nan)
            how = "Das Volumen ist aus Wärme und Spreizung gerechnet, nicht gemessen."
        elif np.isnan(back).all():
            back = np.where(volume > 0, flow - operation.heat / (rho_c * volume), np.nan)
            how = "Der Rücklauf ist aus Wärme, Volumen und Vorlauf gerechnet, nicht gemessen."
        known = volume[volume > 0]
        least = limits.flowing_share * float(np.quantile(known, 0.95)) if known.size else np.inf
        flowing = (volume >= least) & ~np.isnan(flow + back + operation.heat)
    return Water(volume, flow, back, flowing, how)


def return_high(operation: Operation, said: Said, limits: Limits) -> Fault | Unjudged | None:
    """Return the fault, why it cannot be judged, or None."""
    water = water_of(operation, limits)
    if isinstance(water, str):
        return Unjudged(Kind.RETURN_HIGH, water)
    wanted = limits.wanted_return_c if said.wanted_return_c is None else said.wanted_return_c
    used = water.flowing & (water.flow_c - wanted >= limits.least_spread_k)
    used &= water.flow_c > water.return_c
    if used.sum() < LEAST_H:
        return Unjudged(
            Kind.RETURN_HIGH,
            f"Nur {int(used.sum())} Stunden mit fließendem Wasser und einem Vorlauf mindestens "
            f"{de(limits.least_spread_k)} Grad über {de(wanted)} °C; gebraucht werden {LEAST_H}.",
        )
    volume = np.where(used, water.volume, 0.0)
    needed = np.zeros(volume.size)
    needed[used] = operation.heat[used] / (limits.water_kwh_m3_k * (water.flow_c[used] - wanted))
    warm = np.where(used, (water.return_c - wanted), 0.0)
    first = _begin(operation, limits, used, (volume, volume - needed, volume * warm))
    if first is None or used[first:].sum() < LEAST_H:
        return None
    begin, factor = operation.year(~np.isnan(operation.heat), first)
    some = slice(begin, None)
    times = factor or 1.0
    m3 = float((volume - needed)[some].sum()) * times
    kwh = None
    if said.loss_w_k is not None:
        value = max(0.0, said.loss_w_k / 1000 * float(warm[some].sum()) * times)
        kwh = Amount(value, value * (1 - limits.loss_band), value * (1 + limits.loss_band))
    total = float(volume[some].sum())
    mean = float((volume * np.where(used, water.return_c, 0.0))[some].sum()) / total
    stated = said.wanted_return_c is not None
    basis = [
        f"Gewünschter Rücklauf {de(wanted)} °C "
        + ("(so angegeben)." if stated else "(angenommen: bitte den eigenen Wert angeben)."),
        (
            "Zu viel ist, was über die Wärme geteilt durch 1,15 kWh je m³ und Grad und durch die "
            "gewünschte Spreizung hinaus floss."
        ),
        f"Verlust des Netzes {de(said.loss_w_k, 1)} W je Grad (so angegeben, ± "
        f"{de(100 * limits.loss_band)} % angenommen)."
        if said.loss_w_k is not None
        else "Warmes Wasser im Rücklauf ist nicht verlorene Wärme: was es kostet, sind "
        "Pumpenstrom, Verlust der Leitung und Platz im Netz. kWh gibt es erst, wenn der Verlust "
        "des Netzes (W je Grad) angegeben ist.",
    ]
    return Fault(
        kind=Kind.RETURN_HIGH,
        since=operation.date_at(first),
        hours=int(used[first:].sum()),
        kwh=kwh,
        meaning=Meaning.LOST,
        is_year=factor is not None,
        m3=m3,
        seen=(
            f"Der Rücklauf war im Mittel {de(mean, 1)} °C warm statt {de(wanted)} °C; "
            f"{de(100 * m3 / times / total)} % des Wassers flossen zu viel."
        ),
        basis=tuple(basis + ([water.how] if water.how else [])),
        evidence=_evidence(operation, water, used, wanted),
    )


def _begin(operation: Operation, limits: Limits, used: Bools, sums: Sequence[Floats]) -> int | None:
    """Return the hour from which on the return was too warm in every fortnight up to the end.

    ``sums`` are hourly volume, excess volume, and volume times kelvin above what is wanted.
    """
    size = operation.days.size
    daily = [np.bincount(operation.place, one, size) for one in sums]
    days = np.flatnonzero(np.bincount(operation.place, used, size) > 0)
    ones = np.ones(min(_WINDOW_DAYS, days.size))
    total, more, warm = (np.convolve(one[days], ones)[: days.size] for one in daily)
    bad = (more >= limits.excess_share * total) & (warm >= limits.excess_k * total)
    run = last_run(bad)
    if run == days.size:
        return None
    return int(np.flatnonzero(operation.place == days[run])[0])


def _evidence(operation: Operation, water: Water, used: Bools, wanted: float) -> Evidence:
    size = operation.days.size
    total = np.bincount(operation.place[used], water.volume[used], size)
    some = slice(max(0, size - DRAWN_DAYS), None)
    days = operation.days[some]

    def mean(values: Floats) -> tuple[float | None, ...]:
        sums = np.bincount(operation.place[used], (values * water.volume)[used], size)
        return tuple(
            round(float(one / by), 2) if by > 0 else None
            for one, by in zip(sums[some], total[some], strict=True)
        )

    at = tuple(map(float, days))
    return Evidence(
        "Vorlauf und Rücklauf, Tagesmittel nach Volumen",
        Axis.DAY,
        "°C",
        (
            Layer("Vorlauf", "line", at, mean(water.flow_c)),
            Layer("Rücklauf", "line", at, mean(water.return_c)),
            Layer("gewünschter Rücklauf", "wanted", (at[0], at[-1]), (wanted, wanted)),
        ),
    )
