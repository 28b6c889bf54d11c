"""A heat network's forecast in plain German, from what is stored: for the terminal and the page."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from edge.cadastre.load_view import LoadView, kwh, load_view
from edge.config.model import Meter
from edge.heat.network import Covered, Network, StationMeters, covered, networks
from edge.learning.moment import to_local
from edge.store.village import VillageStore
from edge.store.village_forecast import LoadValue

PREFIX = "netz:"  # no meter's name in hub.toml may have a colon


@dataclass(frozen=True, slots=True)
class StationView:
    """A station with meters: ``tomorrow`` is None where ``state`` says why.

    Stations without the village's meters are counted, not listed: most are of a single house.
    """

    name: str
    meters: str
    buildings: int
    tomorrow: LoadValue | None
    state: str


@dataclass(frozen=True, slots=True)
class NetworkView:
    """A network's forecast as it is shown. ``basis`` says in a sentence or two of what it is."""

    network: Network
    load: LoadView
    is_plant: bool
    covered: Covered
    basis: tuple[str, ...]
    stations: tuple[StationView, ...]


def network_key(network: str) -> str:
    """Return under which name a network's forecasts are kept."""
    return f"{PREFIX}{network}"


def station_key(network: str, station: str) -> str:
    """Return under which name forecasts of a station of several meters are kept."""
    return f"{PREFIX}{network}\n{station}"


def network_names(village: VillageStore, meters: Iterable[Meter]) -> list[str]:
    """Return the names of all networks that the cadastre or hub.toml knows or knew, in order."""
    return sorted({*village.network_names(), *(one.feeds for one in meters if one.feeds)})


def networks_of(
    village: VillageStore, meters: Iterable[tuple[str, str]], now_ms: int
) -> list[Network]:
    """Return the village's networks. ``meters``: those of hub.toml, and what each feeds."""
    today = to_local(now_ms).date()
    return networks(village.cadastre(), village.meter_assignments(), list(meters), today)


def network_view(
    village: VillageStore, network: Network, meters: Iterable[Meter], station: str, now_ms: int
) -> NetworkView:
    """Return a network's newest forecast in words. ``station`` is the weather's."""
    names = {one.meter_id: one.name for one in meters}
    load = load_view(village, network_key(network.name), network.name, station, now_ms)
    told = {one for one in network.meters if _is_told(village, one)}
    is_plant = bool(network.plant) and set(network.plant) <= told
    estimates = {number: one.kwh for number, one in village.heat_estimates().items()}
    found = covered(network, told, estimates)
    tomorrow = (to_local(now_ms) + timedelta(days=1)).date()
    lines = tuple(
        _station(village, network, one, names, tomorrow) for one in network.stations if one.meters
    )
    basis = _basis(network, names, found, is_plant=is_plant)
    return NetworkView(network, load, is_plant, found, basis, lines)


def missing_text(network: Network, told: Collection[str]) -> str:
    """Return in German what a sum of stations lacks, empty if nothing."""
    if not network.meters:
        return NO_METERS
    parts = []
    if network.plant:
        parts.append("Der Zähler am Heizwerk hat keine Prognose je Stunde.")
    absent = [one for one in network.station_meters if one not in told]
    if absent:
        parts.append(f"Nicht enthalten, weil ohne Prognose je Stunde: {', '.join(absent)}.")
    without = sum(not one.meters for one in network.stations if one.name)
    if without:
        parts.append(f"Übergabestationen ohne Zähler des Hubs: {without}.")
    if network.outside:
        parts.append(
            "Nicht enthalten, weil auch Gebäude außerhalb des Netzes daran hängen: "
            f"{', '.join(network.outside)}."
        )
    return " ".join(parts)


def covered_text(found: Covered) -> str:
    """Return how much of a network its stations' meters tell of."""
    text = (
        f"Erfasst sind {found.stations} von {found.of_stations} Übergabestationen"
        if found.of_stations
        else "Erfasst sind"
    )
    text += (
        f"{' mit' if found.of_stations else ''} {found.buildings} von {found.of_buildings} Gebäuden"
    )
    if found.share is not None:
        text += f", nach der Schätzung des Katasters {100 * found.share:.0f} % der Wärme"
    return f"{text}."


def _basis(
    network: Network, names: Mapping[str, str], found: Covered, *, is_plant: bool
) -> tuple[str, ...]:
    if is_plant:
        meters = " und ".join(names.get(one, one) for one in network.plant)
        return (f"Gerechnet am Zähler des Heizwerks ({meters}): mit den Verlusten des Netzes.",)
    if not network.meters:
        return ()
    return (
        _SUM_OF,
        covered_text(found),
        _BAND_OF,
    )


def _station(
    village: VillageStore,
    network: Network,
    one: StationMeters,
    names: Mapping[str, str],
    tomorrow: date,
) -> StationView:
    meters = ", ".join(names.get(meter, meter) for meter in one.meters)
    alone = len(one.meters) == 1
    last = village.last_load(one.meters[0] if alone else station_key(network.name, one.name))
    value, state = None, ""
    if last is None:
        state = "noch keine Prognose"
    elif last[1].method != "hourly":
        state = last[1].why or "ohne Prognose je Stunde"
    else:
        days = village.load_values(last[0], "day")
        value = next((day for day in days if to_local(day.begin).date() == tomorrow), None)
        if value is None:
            state = "Prognose ist alt"
        elif not one.whole:
            state = "nicht alle Gebäude haben einen Zähler"
    return StationView(one.name or meters, meters, len(one.buildings), value, state)


def _is_told(village: VillageStore, meter: str) -> bool:
    last = village.last_load(meter)
    return last is not None and last[1].method == "hourly"


def station_row(one: StationView) -> tuple[str, ...]:
    """Return a station's cells: name, meters, what is to be known, kWh tomorrow, its band."""
    state, day = one.state or "in Ordnung", one.tomorrow
    if day is None:
        return (one.name, one.meters, state, "–", "–")
    band = f"{kwh(day.low_kwh)} bis {kwh(day.high_kwh)}"
    return (one.name, one.meters, state, kwh(day.expected_kwh), band)


_SUM_OF = (
    "Summe der Zähler an den Übergabestationen: ohne die Verluste des Netzes. Was nicht erfasst "
    "ist, ist nicht hochgerechnet."
)
_BAND_OF = (
    "Das Band: Alle haben dasselbe Wetter, das zählt voll zusammen. Wie weit die Zähler sonst "
    "gemeinsam irren, ist an ihren Fehlern der letzten vier Wochen gemessen."
)
NO_METERS = (
    "Kein Zähler des Hubs misst dieses Netz. Entweder den Zähler am Heizwerk mit `feeds` in "
    "hub.toml nennen, oder die Zähler der Übergabestationen im Kataster zuordnen "
    '(dorfhub heat import, kind = "meters").'
)
