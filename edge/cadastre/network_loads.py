"""Forecasts of heat networks and of their stations: sums of meters' forecasts, kept beside them.

They stand in village.db as a meter's do, under names that no meter of hub.toml can have
(:func:`network_key`, :func:`station_key`), and are compared with what came likewise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from edge.cadastre.apart import told
from edge.cadastre.load_child import Due
from edge.cadastre.loads import COMPARED_MS, FAILED, Forecasted, Wanted, compared, forecast_each
from edge.cadastre.network_view import missing_text, network_key, networks_of, station_key
from edge.cadastre.readings import HOUR_MS
from edge.heat.forecast.ahead import HOURS
from edge.heat.forecast.sums import Part, Summed, by_day, part_of, summed
from edge.heat.network import Network
from edge.store.errors import StoreError
from edge.store.village import VillageStore
from edge.store.village_forecast import Kind, LoadForecast, LoadValue
from hardware.reading import TimeQuality

_WEATHER = ("county", "part", "normals", "season", "none")  # from best to least
_SAME_KWH = 1e-6  # sums that differ by more are of other meters


@dataclass(frozen=True, slots=True)
class Moment:
    """When forecasts are made, and when the county's weather for them was."""

    now_ms: int
    quality: TimeQuality
    weather_at: int | None


def forecast_all(
    village: VillageStore, due: Due, station: str, now_ms: int, quality: TimeQuality
) -> Iterator[tuple[LoadForecast, str]]:
    """Forecast what is due; yield each with the error that nobody expected, or "".

    :raises StoreError: or one of its kinds: that is no single meter's.
    """
    feeds = [(meter, due.feeds.get(meter, "")) for meter, _ in due.own]
    known = networks_of(village, feeds, now_ms) if due.networks else []
    there = {one.name: one for one in known}
    wanted = [there.get(name, Network(name, (), (), ())) for name in due.networks]
    needed = {meter for one in wanted for meter in one.meters}
    meters = dict(due.meters) | {meter: pace_s for meter, pace_s in due.own if meter in needed}
    made: dict[str, Forecasted] = {}
    each = [Wanted(*one) for one in meters.items()]
    for one in forecast_each(village, each, station, now_ms, quality):
        if one.made.meter in needed:
            made[one.made.meter] = one
        yield one.made, one.failed
    moment = Moment(now_ms, quality, village.newest_forecast(station, now_ms))
    yield from forecast_networks(village, wanted, made, moment)


def forecast_networks(
    village: VillageStore,
    networks: Sequence[Network],
    meters: Mapping[str, Forecasted],
    moment: Moment,
) -> Iterator[tuple[LoadForecast, str]]:
    """Add up the forecasts of networks' meters; keep and yield what comes of it, as for meters.

    ``meters``: this moment's forecasts, of all meters of these networks. A station of several
    meters has a sum of its own; that of one meter is the meter's. A network with an error that
    nobody expected has no forecast, and what is kept says so; the others go on.

    :raises StoreError: or one of its kinds: that is no single network's.
    """
    for network in networks:
        try:
            found = [(one, "") for one in _of_network(village, network, meters, moment)]
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it was, the other networks go on
            at, quality, weather_at = moment.now_ms, moment.quality, moment.weather_at
            key = network_key(network.name)
            made = LoadForecast(key, at, quality, "", "none", weather_at, 0, None, FAILED)
            village.keep_load(made, [])
            found = [(made, told(error))]
        yield from found


def _of_network(
    village: VillageStore, network: Network, meters: Mapping[str, Forecasted], moment: Moment
) -> Iterator[LoadForecast]:
    for station in network.stations:
        if station.name and len(station.meters) > 1:
            yield _kept(
                village,
                station_key(network.name, station.name),
                [meters[one] for one in station.meters if one in meters],
                _without(station.meters, meters),
                moment,
            )
    plant = [meters[one] for one in network.plant if one in meters]
    whole = bool(plant) and all(_part(one) is not None for one in plant)
    parts = plant if whole else [meters[one] for one in network.station_meters if one in meters]
    known = [one.made.meter for one in parts if _part(one) is not None]
    why = "" if whole else missing_text(network, known)
    yield _kept(village, network_key(network.name), parts, why, moment)


def _without(wanted: Sequence[str], meters: Mapping[str, Forecasted]) -> str:
    absent = [one for one in wanted if one not in meters or _part(meters[one]) is None]
    return f"Nicht enthalten, weil ohne Prognose je Stunde: {', '.join(absent)}." if absent else ""


def _part(one: Forecasted) -> Part | None:
    return None if one.result is None else part_of((one.made.meter,), one.result)


def _kept(
    village: VillageStore, key: str, meters: Sequence[Forecasted], why: str, moment: Moment
) -> LoadForecast:
    parts = [(one, part) for one in meters if (part := _part(one)) is not None]
    if not parts:
        at, quality, weather_at = moment.now_ms, moment.quality, moment.weather_at
        made = LoadForecast(key, at, quality, "", "none", weather_at, 0, None, why)
        village.keep_load(made, [])
        return made
    some = [one for one, _ in parts]
    hours = summed([part for _, part in parts])
    days = by_day([part for _, part in parts])
    if hours.together is None:
        why = f"{why} {_ALL_ALIKE}".strip()
    ends = [one.heat.heard_until for one in some if one.heat.heard_until is not None]
    made = LoadForecast(
        key,
        moment.now_ms,
        moment.quality,
        "hourly",
        max((one.made.weather for one in some), key=_WEATHER.index),
        moment.weather_at,
        min(one.made.fit_days for one in some),
        min(ends, default=None),
        " ".join(dict.fromkeys(one for one in (why, *(each.made.why for each in some)) if one)),
    )
    temp_c = some[0].temp_c
    values = [*_values("hour", hours, temp_c), *_values("day", days, temp_c)]
    _score(village, key, some, moment.now_ms)
    village.keep_load(made, values)
    return made


def _values(kind: Kind, some: Summed, temp_c: Mapping[int, float]) -> Iterator[LoadValue]:
    for at in range(some.begin.size):
        begin, hours = int(some.begin[at]), int(some.hours[at])
        known = [temp_c[one] for one in range(begin, begin + hours) if one in temp_c]
        naive = float(some.naive[at])
        expected = float(some.expected[at])
        yield LoadValue(
            kind,
            begin * HOUR_MS,
            hours,
            expected,
            min(float(some.low[at]), expected),
            max(float(some.high[at]), expected),
            None if np.isnan(naive) else naive,
            sum(known) / len(known) if known else None,
        )


def _score(village: VillageStore, key: str, some: Sequence[Forecasted], now_ms: int) -> None:
    """Compare forecasts of the last weeks with what came; those of other meters are left out."""
    hours = set(some[0].heat.by_hour).intersection(*(one.heat.by_hour for one in some[1:]))
    came = {hour: sum(one.heat.by_hour[hour] for one in some) for hour in hours}
    kept: dict[int, float] = {}  # when made: the first hour's sum of these meters
    counted: dict[int, int] = {}
    for one in some:
        for number, made in village.load_forecasts(one.made.meter, now_ms - COMPARED_MS):
            first = village.load_values(number, "hour")[:1]
            if first:
                kept[made.made_at] = kept.get(made.made_at, 0.0) + first[0].expected_kwh
                counted[made.made_at] = counted.get(made.made_at, 0) + 1

    def of_these(made: LoadForecast, first: LoadValue) -> bool:
        if counted.get(made.made_at) != len(some):
            return False
        return abs(first.expected_kwh - kept[made.made_at]) <= _SAME_KWH * max(
            kept[made.made_at], 1
        )

    scores = [compared(village, key, came, (ahead, now_ms), of_these) for ahead in (24, HOURS)]
    village.keep_load_scores([one for one in scores if one is not None])


_ALL_ALIKE = (
    "Wie die Zähler gemeinsam irren, ist noch nicht lange genug bekannt: das Band nimmt an, dass "
    "alle zur gleichen Seite irren, und ist eher zu breit."
)
