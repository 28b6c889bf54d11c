"""Forecasts of communal meters: made from village.db, kept there, compared with what came."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from edge.cadastre.apart import told
from edge.cadastre.load_series import Heat, heat_of, series_of
from edge.cadastre.readings import HOUR_MS
from edge.heat.forecast import metrics
from edge.heat.forecast.ahead import HOURS, Ahead, Expected, ahead
from edge.heat.forecast.daily import LEAST_DAYS
from edge.heat.forecast.findings import SeriesError
from edge.store.errors import StoreError
from edge.store.village import VillageStore
from edge.store.village_forecast import Kind, LoadForecast, LoadScore, LoadValue
from hardware.reading import TimeQuality

DAY_MS = 24 * HOUR_MS
COMPARED_MS = 28 * DAY_MS
LEAST_COMPARED_H = 7 * 24  # before one's own forecasts say more than rehearsed ones
TOO_SHORT = "Gemessen sind erst etwa {days} Tage, gebraucht werden {least}."
FAILED = (
    "Bei diesem Zähler scheiterte das Programm; andere Zähler sind nicht betroffen. Es wird morgen"
    " wieder versucht; mehr steht im Protokoll des Workers (job load)."
)
NOTHING_YET = "Von diesem Zähler gibt es noch keine Ablesungen, die Stunden ergeben."


@dataclass(frozen=True, slots=True)
class Wanted:
    """Of which meter a forecast is wanted; ``pace_s`` between readings as planned, or None."""

    meter: str
    pace_s: float | None


@dataclass(frozen=True, slots=True)
class Forecasted:
    """A meter's forecast as it is kept, and what sums are made of: see `network_loads`.

    ``result`` is None where nothing could be forecast; ``temp_c`` by UTC hour. ``failed`` is an
    error that nobody expected, in English.
    """

    made: LoadForecast
    heat: Heat
    result: Ahead | None = None
    temp_c: Mapping[int, float] = field(default_factory=dict)
    failed: str = ""


def forecast_each(
    village: VillageStore,
    wanted: Sequence[Wanted],
    station: str,
    now_ms: int,
    quality: TimeQuality,
) -> Iterator[Forecasted]:
    """Forecast meters one after the other; yield each, also with the error that nobody expected.

    Such a meter has no forecast, and what is kept says so; the others go on.

    :raises StoreError: or one of its kinds: that is no single meter's.
    """
    for one in wanted:
        try:
            yield forecast_meter(village, one, station, now_ms, quality)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it was, the other meters go on
            weather_at = village.newest_forecast(station, now_ms)
            made = LoadForecast(one.meter, now_ms, quality, "", "none", weather_at, 0, None, FAILED)
            village.keep_load(made, [])
            yield Forecasted(made, Heat({}, is_spread=False), failed=told(error))


def forecast_load(
    village: VillageStore, wanted: Wanted, station: str, now_ms: int, quality: TimeQuality
) -> LoadForecast:
    """As :func:`forecast_meter`, for who wants what was kept alone."""
    return forecast_meter(village, wanted, station, now_ms, quality).made


def forecast_meter(
    village: VillageStore, wanted: Wanted, station: str, now_ms: int, quality: TimeQuality
) -> Forecasted:
    """Forecast a meter as of now and keep it, and how good forecasts were lately.

    What cannot be forecast is kept too, with the reason.
    """
    heat = heat_of(village, wanted.meter, now_ms, wanted.pace_s)
    weather_at = village.newest_forecast(station, now_ms)

    def kept(method: str, weather: str, fit_days: int, why: str) -> LoadForecast:
        return LoadForecast(
            wanted.meter,
            now_ms,
            quality,
            method,
            weather,
            weather_at,
            fit_days,
            heat.heard_until,
            why,
        )

    if not heat.by_hour:
        made = kept("", "none", 0, NOTHING_YET)
        village.keep_load(made, [])
        return Forecasted(made, heat)
    try:
        found = series_of(village, heat, station, now_ms)
        result = ahead(found.series, now_ms // HOUR_MS, found.temp_error_k)
    except SeriesError as error:
        days = len(heat.by_hour) // 24
        why = error.hint if days >= LEAST_DAYS else TOO_SHORT.format(days=days, least=LEAST_DAYS)
        made = kept("", "none", days, why)
        village.keep_load(made, [])
        return Forecasted(made, heat)
    method = "daily" if result.hours is None else "hourly"
    made = kept(method, found.weather, result.fit_days, found.note)
    _score(village, wanted.meter, heat, result, now_ms)
    village.keep_load(made, _values(result, found.temp_c))
    return Forecasted(made, heat, result, found.temp_c)


def _values(result: Ahead, temp_c: dict[int, float]) -> list[LoadValue]:
    kinds: tuple[tuple[Kind, Expected | None], ...] = (
        ("hour", result.hours),
        ("day", result.days),
        ("signature", result.signature),
    )
    found = []
    for kind, some in kinds:
        if some is None:
            continue
        for at in range(some.begin.size):
            hours, begin = int(some.hours[at]), int(some.begin[at])
            known = [temp_c[one] for one in range(begin, begin + hours) if one in temp_c]
            naive = float(some.naive[at])
            found.append(
                LoadValue(
                    kind,
                    begin * HOUR_MS,
                    hours,
                    float(some.expected[at]) * hours,
                    float(min(some.low[at], some.expected[at])) * hours,
                    float(max(some.high[at], some.expected[at])) * hours,
                    None if np.isnan(naive) else naive * hours,
                    sum(known) / len(known) if known else None,
                )
            )
    return found


def _score(village: VillageStore, meter: str, heat: Heat, result: Ahead, now_ms: int) -> None:
    """Keep how good the forecasts of the last four weeks were, one's own if they are enough."""
    scores = []
    for hours in (24, HOURS):
        own = compared(village, meter, heat.by_hour, (hours, now_ms))
        if own is not None:
            scores.append(own)
        elif hours in result.rehearsed:
            some = result.rehearsed[hours]
            scores.append(
                LoadScore(
                    meter,
                    hours,
                    "rehearsed",
                    now_ms // DAY_MS * DAY_MS,
                    some.count,
                    *map(
                        _plain,
                        (
                            some.cv_rmse_percent,
                            some.nmbe_percent,
                            some.coverage80_percent,
                            some.naive_cv_rmse_percent,
                        ),
                    ),
                )
            )
    village.keep_load_scores(scores)


def compared(
    village: VillageStore,
    meter: str,
    by_hour: Mapping[int, float],
    ahead_of: tuple[int, int],
    is_meant: Callable[[LoadForecast, LoadValue], bool] = lambda _made, _first: True,
) -> LoadScore | None:
    """Return how the forecasts that were kept compare with what came, or None if it is too little.

    ``by_hour``: kWh by UTC hour; ``ahead_of``: how many hours ahead, as of when. ``is_meant`` is
    asked of each forecast and its first hour.
    """
    hours, now_ms = ahead_of
    rows: list[Sequence[float]] = []
    for number, made in village.load_forecasts(meter, now_ms - COMPARED_MS):
        values = village.load_values(number, "hour")[:hours]
        if not values or not is_meant(made, values[0]):
            continue
        for one in values:
            came = by_hour.get(one.begin // HOUR_MS)
            if came is not None:
                again = float("nan") if one.naive_kwh is None else one.naive_kwh
                rows.append((came, one.expected_kwh, one.low_kwh, one.high_kwh, again))
    if len(rows) < LEAST_COMPARED_H:
        return None
    came_, expected, low, high, naive = np.array(rows).T
    return LoadScore(
        meter,
        hours,
        "kept",
        now_ms // DAY_MS * DAY_MS,
        len(rows),
        _plain(metrics.cv_rmse_percent(came_, expected)),
        _plain(metrics.nmbe_percent(came_, expected)),
        _plain(metrics.coverage_percent(came_, low, high)),
        _plain(metrics.cv_rmse_percent(came_, naive)),
    )


def _plain(value: float) -> float | None:
    return None if np.isnan(value) else value
