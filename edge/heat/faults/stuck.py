"""Rule: the meter shows the same for two days and longer although it is cold.

Heat unchanged (0 where a counter stands) for at least 48 h, mostly on cold days, while the
signature expects at least ten of the meter's steps and, in the mean, a third of the load at 0 degC.
Not counted: sum of expected less shown, kWh; the band is that of the signature's days (10 and
90 %). If the counter then leaps by about what was expected, only its reading stood: nothing is
lost, and it is said.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edge.heat.faults.change_point import ChangePoint
from edge.heat.faults.fault import Amount, Axis, Evidence, Fault, Kind, Layer, Meaning, Unjudged
from edge.heat.faults.limits import Limits
from edge.heat.faults.operation import Operation
from edge.heat.forecast.table import Floats
from edge.heat.german import de

_COLD_SHARE = 0.8  # of a stretch's hours on cold days
_CAUGHT = 0.5  # of what was expected: a leap as large is what was missing
_AROUND_DAYS = 14
_DRAWN_DAYS = 120


@dataclass(frozen=True, slots=True)
class Stretch:
    """Hours [begin, end) of one value; what was expected and shown, kWh; ``caught`` up after."""

    begin: int
    end: int
    expected: float
    shown: float
    caught: bool


def stuck(
    operation: Operation, signature: ChangePoint | str, limits: Limits
) -> Fault | Unjudged | None:
    """Return the fault, why it cannot be judged, or None."""
    if isinstance(signature, str):
        return Unjudged(Kind.STUCK, signature)
    if operation.is_spread:
        return Unjudged(Kind.STUCK, "Der Zähler zählt zu grob: Stillstand zeigt sich nicht.")
    found = _stretches(operation, signature, limits)
    if not found:
        return None
    lost = [one for one in found if not one.caught]
    missing = sum(one.expected - one.shown for one in lost)
    expected = sum(one.expected for one in lost)
    kwh = None
    if lost:
        low, high = expected * signature.low_share, expected * signature.high_share
        kwh = Amount(missing, missing + low, missing + high)
    if kwh is not None and missing < 0:
        kwh = Amount(-missing, -kwh.high, -kwh.low)
    if kwh is not None:  # that it had been the other way round is no amount of this
        kwh = Amount(kwh.value, max(0.0, kwh.low), kwh.high)
    hours = sum(one.end - one.begin for one in found)
    caught = len(found) - len(lost)
    basis = [
        (
            f"Erwartet nach dem Wetter: {de(signature.base_kw, 1)} kW und "
            f"{de(signature.slope_kw_k, 2)} kW je Grad unter {de(signature.balance_c, 1)} °C, "
            "gelernt an den übrigen Tagen."
        ),
        "Ob der Zähler stand oder die Heizung aus war, sagt der Zähler nicht.",
    ]
    if caught:
        basis.append(
            f"{caught} von {len(found)} Stillständen hat der Zähler danach aufgeholt: da stand nur "
            "die Auslesung, verloren ist nichts."
        )
    return Fault(
        kind=Kind.STUCK,
        since=operation.date_at(found[0].begin),
        hours=hours,
        kwh=kwh,
        meaning=Meaning.UNCOUNTED if missing >= 0 else Meaning.OVERCOUNTED,
        is_year=False,
        m3=None,
        seen=(
            f"{len(found)} Mal blieb der Wert 48 Stunden und länger gleich, obwohl es kalt war; "
            f"zusammen {hours} Stunden."
        ),
        basis=tuple(basis),
        evidence=_evidence(operation, signature, found),
    )


def _stretches(operation: Operation, signature: ChangePoint, limits: Limits) -> list[Stretch]:
    heat = operation.heat
    expected = signature.expected()[operation.place]
    with np.errstate(invalid="ignore"):
        cold = signature.temp_c < signature.balance_c - limits.heating_margin_k
    cold_hours = cold[operation.place]
    edges = np.flatnonzero(np.r_[True, heat[1:] != heat[:-1], True])
    found = []
    for begin, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        if end - begin < limits.stuck_h or cold_hours[begin:end].mean() < _COLD_SHARE:
            continue
        kwh = float(np.nansum(expected[begin:end]))
        least = limits.stuck_load * signature.at_freezing_kw * (end - begin)
        if kwh < max(least, limits.stuck_steps * operation.heat_step):
            continue
        leap = float(operation.leap[max(0, begin - 1) : end + 2].sum())
        shown = float(heat[begin:end].sum())
        found.append(Stretch(begin, end, kwh, shown, leap >= _CAUGHT * kwh))
    return found


def _evidence(operation: Operation, signature: ChangePoint, found: list[Stretch]) -> Evidence:
    longest = max(found, key=lambda one: one.end - one.begin)
    first = max(0, int(operation.place[longest.begin]) - _AROUND_DAYS)
    last = min(int(operation.place[longest.end - 1]) + _AROUND_DAYS, operation.days.size - 1)
    some = slice(first, min(last + 1, first + _DRAWN_DAYS))
    at = tuple(map(float, operation.days[some]))

    def drawn(values: Floats) -> tuple[float | None, ...]:
        return tuple(None if np.isnan(one) else round(float(one), 3) for one in values[some])

    begun = (
        float(operation.day[longest.begin]) + float(operation.hour[longest.begin]) / 24,
        float(operation.day[longest.end - 1]) + float(operation.hour[longest.end - 1] + 1) / 24,
    )
    return Evidence(
        "Gezeigt und nach dem Wetter erwartet, Tagesmittel (der längste Stillstand)",
        Axis.DAY,
        "kW",
        (
            Layer("erwartet", "wanted", at, drawn(signature.expected())),
            Layer("gezeigt", "line", at, drawn(operation.daily(operation.heat))),
        ),
        (begun,),
    )
