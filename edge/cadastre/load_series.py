"""A communal meter's series for the forecast: hours from village.db, weather from the county."""

from __future__ import annotations

from collections.abc import Iterator

from edge.cadastre.load_hours import (
    WINDOW_MS,
    Heat,
    LoadSeries,
    heat_of_readings,
    series_with,
)
from edge.cadastre.readings import HOUR_MS, timed_rows
from edge.heat.forecast.ahead import HOURS
from edge.store.village import VillageStore

__all__ = ["Heat", "LoadSeries", "heat_of", "series_of"]


def heat_of(village: VillageStore, meter: str, now_ms: int, pace_s: float | None) -> Heat:
    """Return what a meter measured in the last year, from all devices that spoke for it."""
    devices = reversed(village.devices_on(meter))
    return heat_of_readings(
        (list(_readings(village, device, now_ms)) for device in devices), now_ms, pace_s
    )


def series_of(village: VillageStore, heat: Heat, station: str, now_ms: int) -> LoadSeries:
    """Return a meter's series with the county's weather.

    :raises SeriesError: if nothing of it can be used.
    """
    begin = min(heat.by_hour) * HOUR_MS
    end = (now_ms // HOUR_MS + HOURS + 1) * HOUR_MS
    forecasts = village.forecasts(station, begin, end)
    return series_with(heat, forecasts, village.normals(station), now_ms)


def _readings(village: VillageStore, device: int, now_ms: int) -> Iterator[tuple[int, float]]:
    for row in timed_rows(village, device, now_ms - WINDOW_MS, now_ms):
        if row.energy_kwh is not None:
            yield row.observed_at, row.energy_kwh
