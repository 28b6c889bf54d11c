"""The coming heating season of all villages and communal meters, per municipality.

Villages are estimated from what they released of their cadastres, as each hub estimates its own
(`edge.heat.season.village`), meters from what they measured (`edge.heat.season.series`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from edge.heat.errors import CadastreError
from edge.heat.season import village
from edge.heat.season.winter import winter_of
from edge.learning.moment import local_day
from sync.county import heat_ahead, heat_cadastre, heat_season_weather, heat_weather, query, store
from sync.county.heat_ahead_file import Failed
from sync.county.heat_merged import NOBODY, Merged, Row
from sync.county.heat_season_file import (
    AREAS,
    COUNTY,
    METERS,
    MUNICIPALITY,
    VILLAGE,
    Line,
    Outlook,
)
from sync.county.heat_season_meter import WINDOW_MS, Asked, Made, outlook_text, read
from sync.county.heat_season_sums import summed
from sync.county.hub import County
from sync.county.ledger import HubState
from sync.county.settings import Heat

_HOUR_MS = 3_600_000
NO_NORMAL = "In county.toml fehlt [county.heat] normal_kd, die Gradtagszahl eines normalen Jahres."
NO_WATER = "In county.toml fehlt [county.heat] hot_water, der Anteil des Warmwassers."
NO_SO_FAR = (
    "Von dieser Heizzeit fehlen Temperaturen: [county.heat] weather ergänzen oder --kd angeben."
)
NO_RELEASE = "Noch hat kein Dorf sein Kataster veröffentlicht."
NO_METER = "Im Datenspeicher liegt kein Zähler."
NO_BAND = "ohne Band"


@dataclass(frozen=True, slots=True)
class Degrees:
    """Degree days of a normal year, by year, and so far; and hot water's share of heat."""

    normal_kd: float
    hot_water: float
    years: Mapping[int, float]
    so_far: float | None


def made(
    county: County, now_ms: int, station: str, on: date | None = None, kd: float | None = None
) -> Outlook:
    """Return the outlook; the process is Daft's from then on, see `sync.county.query.leave`.

    ``on`` and later is not known; by default today. ``kd``: degree days of the season so far.

    :raises NoStation: if whose weather counts is not clear.
    :raises NoWeather: if the table of temperatures cannot be used.
    :raises LakeError: if there is no lake, or it cannot be reached.
    :raises EngineError: if the configured cluster cannot be used.
    """
    config = county.config
    day = on or local_day(now_ms)
    with county.streams() as streams:
        weather = heat_weather.weather(streams, station, 0)
    past = heat_season_weather.past(config.heat.weather, weather.forecasts, now_ms)
    merged = heat_cadastre.merged(county, now_ms)
    try:
        found = degrees(config.heat, past, day, kd)
        areas, why_areas = _areas(merged, found, day)
    except CadastreError as error:
        areas, why_areas = [], error.hint
    hubs = {
        one.hub: one.name or one.hub
        for one in county.ledger.hubs()
        if one.state is HubState.CONFIRMED
    }
    asked = Asked(
        now_ms,
        day,
        config.silence.by_hand_hours * _HOUR_MS,
        tuple(past.temp_c),
        tuple(past.temp_c.values()),
    )
    meters: list[Made] = []
    if hubs:
        query.use(config.engine)
        work = partial(outlook_text, asked=asked)
        place = store.place(config)
        texts = heat_ahead.each_meter(place, now_ms, WINDOW_MS, list(hubs), work)
        meters = sorted(map(read, texts), key=lambda one: (one.hub, one.device))
    winter = winter_of(day)
    return Outlook(
        now_ms,
        day.isoformat(),
        winter.first.isoformat(),
        (winter.end - timedelta(days=1)).isoformat(),
        weather.station,
        (*areas, *meter_lines(meters, config.places, config.name)),
        why_areas,
        "" if meters else NO_METER,
        merged.missing,
        tuple(sorted(name for hub, name in hubs.items() if hub not in {m.hub for m in meters})),
        tuple(Failed(one.hub, one.device, one.why) for one in meters if one.why),
    )


def degrees(heat: Heat, past: heat_season_weather.Past, on: date, kd: float | None) -> Degrees:
    """Return the degree days for villages.

    :raises CadastreError: if something of them is absent.
    """
    if heat.normal_kd is None:
        raise CadastreError("no normal year", hint=NO_NORMAL)
    if heat.hot_water is None:
        raise CadastreError("no share of hot water", hint=NO_WATER)
    so_far = past.so_far(on) if kd is None else kd
    if so_far is None and on > winter_of(on).first:
        raise CadastreError("temperatures of this season lack", hint=NO_SO_FAR)
    return Degrees(heat.normal_kd, heat.hot_water, past.years(), so_far)


def _areas(merged: Merged, known: Degrees, on: date) -> tuple[list[Line], str]:
    found = [
        line
        for level, rows in (
            (VILLAGE, merged.villages),
            (MUNICIPALITY, merged.municipalities),
            (COUNTY, (merged.whole,)),
        )
        for row in rows
        for line in area_lines(row, level, known, on)
    ]
    return found, "" if found else NO_RELEASE


def area_lines(row: Row, level: str, known: Degrees, on: date) -> Iterator[Line]:
    """Yield a row's season, if it has heat at all; without a band where its sum has none.

    A sum's band of the estimate is in quadrature (`sync.county.heat_merged`), and one weather is
    that of all: so the weather's part of it adds up.

    :raises CadastreError: if no year has degree days.
    """
    if not row.sum.mwh:
        return
    kwh = row.sum.mwh * 1000.0
    low, high = row.sum.low, row.sum.high
    banded = low is not None and high is not None and low > 0
    ends = (1000.0 * low, 1000.0 * high) if banded and low and high else (kwh, kwh)
    of_row = village.Village(kwh, *ends, known.hot_water, known.normal_kd, known.years)
    found = village.season(of_row, on, known.so_far)
    yield Line(
        AREAS,
        level,
        row.name,
        row.villages if level != VILLAGE else 1,
        found.kwh,
        found.low if banded else None,
        found.high if banded else None,
        found.so_far,
        found.naive,
        found.mild,
        found.cold,
        found.years,
        row.note if banded else "; ".join(one for one in (row.note, NO_BAND) if one),
    )


def meter_lines(meters: Sequence[Made], places: Mapping[str, str], county: str) -> Iterator[Line]:
    """Yield the sums of the meters that have a season, per municipality and of the county."""
    good = [one for one in meters if not one.why]
    towns: dict[str, list[Made]] = defaultdict(list)
    for one in good:
        towns[places.get(one.hub, "")].append(one)
    for name, some in sorted(towns.items()):
        yield _meter_line(MUNICIPALITY, name or NOBODY, some)
    if good:
        yield _meter_line(COUNTY, county, good)


def _meter_line(level: str, name: str, some: Sequence[Made]) -> Line:
    found = summed(some)
    return Line(
        METERS,
        level,
        name,
        len(some),
        found.total,
        found.low,
        found.high,
        found.measured,
        found.naive,
        found.mild,
        found.cold,
        len(found.years),
    )
