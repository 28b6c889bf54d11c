"""Which of the village's meters tell of which heat network, and of which of its stations. Pure.

A network is told of by its plant's own meter where there is one (hub.toml: ``feeds``), otherwise by
the meters at its transfer stations: a meter measures a station if all buildings that hang on it
today are in the network. Only the village's own meters come in here; households' are in another
store and have no way in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from edge.heat.assignment import Assignment
from edge.heat.building import Building

LEAST_BUILDINGS = 5  # whose estimates may be seen as a share, as for every sum of the cadastre


@dataclass(frozen=True, slots=True)
class StationMeters:
    """A transfer station, its buildings by number, and the meters that measure it.

    ``name`` is empty for buildings of the network of which nobody said where they are fed; several
    stations behind one meter are one, their names joined. ``whole``: every building has a meter.
    """

    name: str
    buildings: tuple[int, ...]
    meters: tuple[str, ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class Network:
    """A heat network. ``plant`` are the meters that feed it, ``outside`` those that it shares.

    A meter is shared if buildings beyond the network hang on it: it tells of neither.
    """

    name: str
    plant: tuple[str, ...]
    stations: tuple[StationMeters, ...]
    outside: tuple[str, ...]

    @property
    def station_meters(self) -> tuple[str, ...]:
        """The meters of all stations, each once."""
        return tuple(sorted({meter for one in self.stations for meter in one.meters}))

    @property
    def meters(self) -> tuple[str, ...]:
        """The plant's meters and those of the stations, each once."""
        return tuple(dict.fromkeys((*self.plant, *self.station_meters)))

    @property
    def buildings(self) -> tuple[int, ...]:
        """All buildings of the network."""
        return tuple(sorted(number for one in self.stations for number in one.buildings))


@dataclass(frozen=True, slots=True)
class Covered:
    """What of a network is told of: stations and buildings, and the share of estimated heat.

    ``share`` is None where fewer than five buildings, or not all of them, have an estimate.
    """

    stations: int
    of_stations: int
    buildings: int
    of_buildings: int
    share: float | None


def networks(
    buildings: Iterable[Building],
    assignments: Iterable[Assignment],
    meters: Sequence[tuple[str, str]],
    today: date,
) -> list[Network]:
    """Return the networks by name. ``meters`` are the village's own: name, and what it feeds."""
    own = {meter for meter, _ in meters}
    within: dict[str, list[Building]] = {}
    for one in buildings:
        if one.network:
            within.setdefault(one.network, []).append(one)
    on_meter: dict[str, set[int]] = {}
    for each in assignments:
        if each.meter in own and each.holds(today):
            on_meter.setdefault(each.meter, set()).add(each.building)
    names = sorted({*within, *(feeds for _, feeds in meters if feeds)})
    return [
        _network(
            name, within.get(name, []), on_meter, [one for one, feeds in meters if feeds == name]
        )
        for name in names
    ]


def covered(network: Network, told: Collection[str], estimates: Mapping[int, float]) -> Covered:
    """Return what of a network ``told`` meters cover.

    A station counts if every building and every meter of it does; a building with all its meters'
    stations likewise.
    """
    stations = [one for one in network.stations if one.name]
    full = [one for one in network.stations if one.whole and set(one.meters) <= set(told)]
    inside = {number for one in full for number in one.buildings}
    every = network.buildings
    share = None
    if len(every) >= LEAST_BUILDINGS and all(one in estimates for one in every):
        total = sum(estimates[one] for one in every)
        share = sum(estimates[one] for one in inside) / total if total > 0 else None
    return Covered(
        len([one for one in full if one.name]), len(stations), len(inside), len(every), share
    )


def _network(
    name: str, standing: Sequence[Building], on_meter: Mapping[str, set[int]], plant: Sequence[str]
) -> Network:
    here = {one.number for one in standing}
    mine = {meter: on & here for meter, on in on_meter.items() if on & here and meter not in plant}
    outside = [meter for meter in mine if on_meter[meter] - here]
    inside = {meter: on for meter, on in mine.items() if meter not in outside}
    places: dict[str, set[int]] = {}
    for one in standing:
        places.setdefault(one.station, set()).add(one.number)
    stations = [
        _station(names, numbers, inside) for names, numbers in _joined(places, inside.values())
    ]
    return Network(
        name,
        tuple(sorted(plant)),
        tuple(sorted(stations, key=lambda one: (not one.name, one.name))),
        tuple(sorted(outside)),
    )


def _station(
    names: Sequence[str], numbers: set[int], inside: Mapping[str, set[int]]
) -> StationMeters:
    meters = sorted(meter for meter, on in inside.items() if on & numbers)
    told = {number for meter in meters for number in inside[meter]}
    name = " und ".join(sorted(one for one in names if one))
    return StationMeters(name, tuple(sorted(numbers)), tuple(meters), numbers <= told)


def _joined(
    places: Mapping[str, set[int]], on_one_meter: Iterable[set[int]]
) -> list[tuple[tuple[str, ...], set[int]]]:
    """Return the stations; those that hang on one meter together are one."""
    groups = [({name}, set(numbers)) for name, numbers in places.items()]
    for on in on_one_meter:
        touched = [one for one in groups if one[1] & on]
        if len(touched) > 1:
            groups = [one for one in groups if not one[1] & on]
            groups.append(
                (
                    set[str]().union(*(names for names, _ in touched)),
                    set[int]().union(*(numbers for _, numbers in touched)),
                )
            )
    return [(tuple(sorted(names)), numbers) for names, numbers in groups]
