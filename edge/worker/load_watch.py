"""Each morning, and when new weather came: what communal heat meters will need."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from importlib.util import find_spec

from edge.cadastre.load_child import Due, forecast_apart
from edge.cadastre.network_view import network_key, network_names
from edge.clock import Stamp
from edge.config import Config
from edge.config.communal import communal_meters
from edge.learning.moment import to_local, to_ms
from edge.process.log import Log
from edge.store.village import VillageStore
from edge.worker.jobs import Outcome
from hardware.reading import TimeQuality

MORNING_H = 5  # local time: before anybody looks, after the night's weather
_NO_NUMPY = "Für die Wärmeprognose fehlt numpy: pip install 'dorfhub[heat]'"


def forecast_meters(config: Config) -> list[tuple[str, float | None]]:
    """Return the communal meters, and how many seconds are between planned readings."""
    return [(one.meter_id, one.pace_s) for one in communal_meters(config)]


def watch_load(config: Config, village: VillageStore, stamp: Stamp) -> Outcome:
    """Forecast the meters whose forecast is due, in a process of its own.

    :raises edge.cadastre.apart.ApartError: if that process fails.
    """
    if stamp.quality is TimeQuality.UNKNOWN:
        return Outcome("waiting", "Die Uhr ist nicht gestellt.")
    station = village.chosen_station(config.web.weather_station)
    own = forecast_meters(config)
    meters = due(village, own, station, stamp.wall_ms)
    names = network_names(village, communal_meters(config)) if own else []
    keys = due(village, [(network_key(one), None) for one in names], station, stamp.wall_ms)
    waiting = {key for key, _ in keys}
    some = [one for one in names if network_key(one) in waiting]
    if not (meters or some):
        return Outcome()
    if find_spec("numpy") is None:
        return Outcome("waiting", _NO_NUMPY)
    wanted = Due(meters, some, own, {one.meter_id: one.feeds for one in communal_meters(config)})
    done = forecast_apart(config.hub.village_db, wanted, station, stamp)
    for one in done:
        if one.failed:
            Log().error("load-failed", meter=one.meter, error=one.failed)
    without = [one.meter for one in done if not one.method and not one.failed]
    failed = [one.meter for one in done if one.failed]
    words = (("ohne Prognose", without), ("Fehler im Programm", failed))
    return Outcome("ok", "; ".join(f"{word}: {', '.join(some)}" for word, some in words if some))


def due(
    village: VillageStore,
    meters: Sequence[tuple[str, float | None]],
    station: str,
    now_ms: int,
) -> list[tuple[str, float | None]]:
    """Return the meters whose last forecast is of before this morning, or of older weather.

    A network's name counts as a meter's.
    """
    morning_ms = to_ms(to_local(now_ms).date(), time(MORNING_H))
    weather_at = village.newest_forecast(station, now_ms)
    found = []
    for meter, pace_s in meters:
        last = village.last_load(meter)
        newer = (
            last is not None and weather_at is not None and weather_at > (last[1].weather_at or 0)
        )
        if last is None or newer or last[1].made_at < morning_ms <= now_ms:
            found.append((meter, pace_s))
    return found
