"""The weather that the county sent its villages, read back from its own streams."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from edge.store.village_county import Forecast, Normal
from sync import columns, county_words, events
from sync.columns import Source
from sync.county.streams import Streams
from sync.errors import SyncError
from sync.segment import Segment, StreamClass

STATION = "weather-station"


class NoStation(SyncError):
    """Whose weather counts was not said, or there is none of that station."""


@dataclass(frozen=True, slots=True)
class Weather:
    """A station's weather: the newest forecast of each hour, and what is usual."""

    station: str
    forecasts: tuple[Forecast, ...]
    normals: tuple[Normal, ...]


def weather(streams: Streams, station: str, since_ms: int) -> Weather:
    """Return the weather from ``since_ms`` on, of ``station``; "": the one that hubs were told.

    Nobody sent any: a weather without hours.

    :raises NoStation: if there is none of this station, or several and nobody said which.
    """
    forecasts: dict[str, dict[int, Forecast]] = defaultdict(dict)
    normals: dict[str, dict[int, Normal]] = defaultdict(dict)
    told = ""
    for one in _segments(streams):
        header = one.header
        if header.stream is StreamClass.EVENT:
            for event in events.decode(one.body):
                if event.kind == county_words.SETTING and event.data.get("name") == STATION:
                    told = str(event.data.get("value") or "")
        elif header.schema == county_words.WEATHER_SCHEMA and header.last_ms >= since_ms:
            for source in columns.decode(one.body):
                _newest(forecasts[source.device], source, since_ms)
        elif header.schema == county_words.NORMAL_SCHEMA:
            for source in columns.decode(one.body):
                normals[source.device].update(_usual(source))
    known = {*forecasts, *normals}
    chosen = _chosen(station, known) if station or not told else told
    return Weather(
        chosen,
        tuple(one for _, one in sorted(forecasts.get(chosen, {}).items())),
        tuple(one for _, one in sorted(normals.get(chosen, {}).items())),
    )


def _chosen(wanted: str, known: set[str]) -> str:
    if wanted in known or (not wanted and not known):
        return wanted
    if not wanted and len(known) == 1:
        return next(iter(known))
    names = ", ".join(sorted(known)) or "keine"
    raise NoStation(
        f"no weather of station {wanted}" if wanted else "several stations have weather",
        hint=f"--station angeben. Bekannt sind: {names}.",
    )


def _segments(streams: Streams) -> Iterator[Segment]:
    rows = streams.connection.rows(
        "SELECT segment.data FROM segment JOIN stream USING (epoch) WHERE addressee = x''"
        " ORDER BY begun_at, epoch, seq"
    )
    for (data,) in rows:
        yield Segment.decode(cast("bytes", data))


def _newest(found: dict[int, Forecast], source: Source, since_ms: int) -> None:
    for place, at in enumerate(source.times_ms):
        made = _value(source.columns, "made_at", place)
        if at < since_ms or made is None:
            continue
        if at not in found or made >= found[at].made_at:
            found[at] = Forecast(
                at,
                source.device,
                int(made),
                _value(source.columns, "temperature_degc", place),
                _value(source.columns, "temperature_error_k", place),
            )


def _usual(source: Source) -> Iterator[tuple[int, Normal]]:
    for place, at in enumerate(source.times_ms):
        day = (at - county_words.NORMAL_YEAR_MS) // county_words.DAY_MS + 1
        yield (
            day,
            Normal(
                source.device,
                day,
                _value(source.columns, "temperature_degc", place),
                _value(source.columns, "temperature_low_degc", place),
                _value(source.columns, "temperature_high_degc", place),
            ),
        )


def _value(found: Mapping[str, object], name: str, place: int) -> float | None:
    column = found.get(name)
    if not isinstance(column, (list, tuple)):
        return None
    value = column[place]
    return None if value is None else float(value)
