"""One meter of the lake and its heating season, by the hub's own code. Pure; any node may do it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date

import numpy as np

from edge.cadastre.readings import HOUR_MS
from edge.heat.errors import CadastreError
from edge.heat.forecast.findings import SeriesError
from edge.heat.forecast.series import Series, of_table
from edge.heat.forecast.table import Table
from edge.heat.season.series import FIT_DAYS, season
from sync.county.heat_meter import BROKEN, heat_before, silence

DAY_MS = 24 * HOUR_MS
WINDOW_MS = (FIT_DAYS + 366) * DAY_MS  # two years before a season's begin, and the season
_DAY_H = 24  # a day's heat is the mean kW of its hours


@dataclass(frozen=True, slots=True)
class Asked:
    """What all meters have in common. ``on`` and later is not known yet.

    ``hours`` and ``temp_c``: temperatures that were, by UTC hour since 1970, in order of time.
    ``silent_ms``: a meter without a whole hour for so long is left out.
    """

    now_ms: int
    on: date
    silent_ms: int
    hours: tuple[int, ...] = ()
    temp_c: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Made:
    """A meter's season in kWh, as in `edge.heat.season.series`; or ``why`` there is none (German).

    ``as_in``: what it needs as in each earlier winter, by the year that one began.
    """

    hub: str
    device: str
    why: str = ""
    measured: float = 0.0
    total: float = 0.0
    low: float = 0.0
    naive: float | None = None
    as_in: dict[int, float] = field(default_factory=dict)
    by_weather: float = 0.0
    by_level: float = 0.0
    by_days: float = 0.0


def outlook(
    hub: str, device: str, at_ms: Sequence[int], kwh: Sequence[float], asked: Asked
) -> Made:
    """Return a meter's season from its readings, in any order. What fails is said in ``why``."""
    try:
        return _outlook(hub, device, at_ms, kwh, asked)
    except (SeriesError, CadastreError) as error:
        return Made(hub, device, why=error.hint)
    except Exception as error:  # noqa: BLE001 - one meter's bug must not end all others
        return Made(hub, device, why=BROKEN.format(error=type(error).__name__))


def _outlook(
    hub: str, device: str, at_ms: Sequence[int], kwh: Sequence[float], asked: Asked
) -> Made:
    heat = heat_before(asked.now_ms, at_ms, kwh)
    why = silence(heat, asked.now_ms, asked.silent_ms)
    if why:
        return Made(hub, device, why=why)
    series = _series(heat.by_hour, asked, is_spread=heat.is_spread)
    found = season(series.daily, asked.on)
    return Made(
        hub,
        device,
        measured=found.measured * _DAY_H,
        total=found.total * _DAY_H,
        low=found.low * _DAY_H,
        naive=None if found.naive is None else found.naive * _DAY_H,
        as_in={year: one * _DAY_H for year, one in zip(found.winters, found.as_in, strict=True)},
        by_weather=found.by_weather * _DAY_H,
        by_level=found.by_level * _DAY_H,
        by_days=found.by_days * _DAY_H,
    )


def _series(by_hour: dict[int, float], asked: Asked, *, is_spread: bool) -> Series:
    """Return heat and temperature of all hours up to now: of older winters temperature alone."""
    now_hour = asked.now_ms // HOUR_MS
    first = min(*by_hour, *asked.hours[:1], now_hour)  # the hours are in order
    count = now_hour - first
    heat, temp = np.full(count, np.nan), np.full(count, np.nan)
    heat[np.array(list(by_hour)) - first] = list(by_hour.values())
    places = np.array(asked.hours, dtype=np.int64) - first
    past = places < count
    temp[places[past]] = np.array(asked.temp_c, dtype=np.float64)[past]
    table = Table((first + np.arange(count)) * 3600, heat, temp, ())
    return of_table(table, is_spread=is_spread)


def outlook_text(
    hub: str, device: str, at_ms: Sequence[int], kwh: Sequence[float], asked: Asked
) -> str:
    """As :func:`outlook`, as text for :func:`read`: engines carry it between machines."""
    return json.dumps(asdict(outlook(hub, device, at_ms, kwh, asked)))


def read(text: str) -> Made:
    """Return what :func:`outlook_text` said."""
    plain = json.loads(text)
    as_in = {int(year): float(one) for year, one in plain.pop("as_in").items()}
    return Made(**plain, as_in=as_in)
