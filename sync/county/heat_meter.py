"""One meter of the lake, forecast by the hub's own code. Pure; any node of a cluster may do it.

A meter is a device here: which device followed which at one place, the hub alone knows. One that
was replaced is silent, its successor begins anew.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edge.cadastre.load_hours import WINDOW_MS, Heat, heat_of_readings, series_with
from edge.cadastre.readings import HOUR_MS
from edge.heat.forecast.ahead import HOURS, REHEARSED_DAYS, ahead
from edge.heat.forecast.daily import LEAST_DAYS
from edge.heat.forecast.findings import SeriesError
from edge.heat.forecast.sums import part_of
from edge.heat.forecast.table import Floats
from edge.store.village_county import Forecast, Normal

__all__ = ["HOURS", "WINDOW_MS", "Asked", "Made", "forecast", "forecast_text", "read"]

NOTHING = "Es gibt keine Ablesungen, die Stunden ergeben."
TOO_SHORT = "Gemessen sind erst etwa {days} Tage, gebraucht werden {least}."
SILENT = "Seit {days} Tagen ist nichts gekommen."
BY_DAYS = "Der Zähler zählt zu grob für Stunden."
NO_BAND = "Aus den bekannten Stunden ergibt sich kein Band."
BROKEN = "Die Berechnung ist gescheitert ({error})."
_DAY_MS = 24 * HOUR_MS


@dataclass(frozen=True, slots=True)
class Asked:
    """What all meters of one forecast have in common. Times in ms since 1970, UTC.

    ``silent_ms``: a meter without a whole hour for so long is not forecast.
    """

    now_ms: int
    silent_ms: int
    forecasts: tuple[Forecast, ...] = ()
    normals: tuple[Normal, ...] = ()


@dataclass(frozen=True, slots=True)
class Made:
    """A meter's hours: kWh each, from the UTC hour ``begin`` on; or ``why`` there are none.

    ``expected``, ``low``, ``high``, ``naive``, ``unsure`` (72) and ``missed`` (28, 72) as in
    `edge.heat.forecast.ahead`, ``day_low`` and ``day_high`` those of the whole local days within
    the hours, kWh. ``until_ms``: the end of the last hour that is known, 0 if none.
    """

    hub: str
    device: str
    why: str = ""
    begin: int = 0
    until_ms: int = 0
    fit_days: int = 0
    weather: str = "none"
    expected: Floats | None = None
    low: Floats | None = None
    high: Floats | None = None
    naive: Floats | None = None
    unsure: Floats | None = None
    missed: Floats | None = None
    day_low: Floats | None = None
    day_high: Floats | None = None


def forecast(
    hub: str, device: str, at_ms: Sequence[int], kwh: Sequence[float], asked: Asked
) -> Made:
    """Forecast a meter from its readings, in any order. Whatever fails is said in ``why``."""
    try:
        return _forecast(hub, device, at_ms, kwh, asked)
    except SeriesError as error:
        return Made(hub, device, why=error.hint)
    except Exception as error:  # noqa: BLE001 - one meter's bug must not end all others
        return Made(hub, device, why=BROKEN.format(error=type(error).__name__))


def _forecast(
    hub: str, device: str, at_ms: Sequence[int], kwh: Sequence[float], asked: Asked
) -> Made:
    heat = heat_before(asked.now_ms, at_ms, kwh)
    why = _too_little(heat, asked)
    if why:
        return Made(hub, device, why=why, until_ms=heat.heard_until or 0)
    found = series_with(heat, asked.forecasts, asked.normals, asked.now_ms)
    result = ahead(found.series, asked.now_ms // HOUR_MS, found.temp_error_k)
    if result.hours is None or result.days is None:
        return Made(hub, device, why=BY_DAYS, until_ms=heat.heard_until or 0)
    part = part_of((hub, device), result)
    if part is None:
        return Made(hub, device, why=NO_BAND, until_ms=heat.heard_until or 0)
    return Made(
        hub,
        device,
        begin=part.begin,
        until_ms=heat.heard_until or 0,
        fit_days=result.fit_days,
        weather=found.weather,
        **{name: getattr(part, name) for name in _ARRAYS},
    )


def heat_before(now_ms: int, at_ms: Sequence[int], kwh: Sequence[float]) -> Heat:
    """Return a meter's heat from its readings before ``now_ms``, in any order."""
    readings = [one for one in sorted(zip(at_ms, kwh, strict=True)) if one[0] < now_ms]
    return heat_of_readings([readings], now_ms, None)


def silence(heat: Heat, now_ms: int, silent_ms: int) -> str:
    """Say in German that a meter was not heard, or not for ``silent_ms``; "" if it was."""
    until = heat.heard_until
    if until is None:
        return NOTHING
    silent = now_ms - until
    return SILENT.format(days=silent // _DAY_MS) if silent > silent_ms else ""


def _too_little(heat: Heat, asked: Asked) -> str:
    silent = silence(heat, asked.now_ms, asked.silent_ms)
    if silent:
        return silent
    days = len(heat.by_hour) // 24
    return TOO_SHORT.format(days=days, least=LEAST_DAYS) if days < LEAST_DAYS else ""


_ARRAYS = ("expected", "low", "high", "naive", "unsure", "missed", "day_low", "day_high")
_PLAIN = ("hub", "device", "why", "begin", "until_ms", "fit_days", "weather")


def forecast_text(
    hub: str, device: str, at_ms: Sequence[int], kwh: Sequence[float], asked: Asked
) -> str:
    """As :func:`forecast`, as text for :func:`read`: engines carry it between machines."""
    made = forecast(hub, device, at_ms, kwh, asked)
    plain: dict[str, object] = {name: getattr(made, name) for name in _PLAIN}
    for name in _ARRAYS:
        values = getattr(made, name)
        plain[name] = None if values is None else values.ravel().tolist()
    return json.dumps(plain)


def read(text: str) -> Made:
    """Return what :func:`forecast_text` said."""
    plain = json.loads(text)
    arrays: dict[str, Any] = {
        name: None if plain[name] is None else np.array(plain[name], dtype=np.float64)
        for name in _ARRAYS
    }
    missed = arrays["missed"]
    if missed is not None:
        arrays["missed"] = missed.reshape(REHEARSED_DAYS, HOURS)
    return Made(**{name: plain[name] for name in _PLAIN}, **arrays)
