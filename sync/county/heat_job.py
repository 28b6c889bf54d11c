"""The county's forecast of heat as of now: hubs, weather and lake brought together."""

from __future__ import annotations

from sync.county import heat_ahead, heat_ahead_file, heat_weather, query, store
from sync.county.heat_meter import WINDOW_MS, Asked
from sync.county.hub import County
from sync.county.ledger import HubState

_HOUR_MS = 3_600_000


def made(county: County, now_ms: int, station: str) -> heat_ahead_file.Ahead:
    """Return the forecast; the process is Daft's from then on, see `sync.county.query.leave`.

    A meter counts as silent after as long as a hub that a bus or stick visits.

    :raises NoStation: if whose weather counts is not clear.
    :raises LakeError: if there is no lake, or it cannot be reached.
    :raises EngineError: if the configured cluster cannot be used.
    """
    config = county.config
    with county.streams() as streams:
        weather = heat_weather.weather(streams, station, now_ms - WINDOW_MS)
    asked = Asked(
        now_ms,
        config.silence.by_hand_hours * _HOUR_MS,
        weather.forecasts,
        weather.normals,
    )
    hubs = [one.hub for one in county.ledger.hubs() if one.state is HubState.CONFIRMED]
    meters = []
    if hubs:
        query.use(config.engine)
        meters = heat_ahead.meters(store.place(config), asked, hubs)
    found = heat_ahead.grouped(meters, config.places, now_ms, weather.station, config.name)
    return heat_ahead_file.plain(found)
