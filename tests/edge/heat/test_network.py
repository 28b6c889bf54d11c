"""Which meters tell of a network, by hand-made cadastres."""

from __future__ import annotations

from datetime import date

from edge.heat.assignment import Assignment
from edge.heat.building import Building
from edge.heat.network import Covered, Network, covered, networks
from edge.heat.said import Method, Said

DAY = date(2026, 11, 23)


def building(number: int, network: str = "Süd", station: str = "") -> Building:
    said = Said("MFH", "erfunden", DAY, Method.SURVEY)
    return Building(number, f"Weg {number}", network=network, station=station, facts={"type": said})


def hangs(meter: str, *buildings: int, until: date | None = None) -> list[Assignment]:
    return [Assignment(meter, one, date(2020, 1, 1), until) for one in buildings]


def only(standing: list[Building], assigned: list[Assignment], *meters: str) -> Network:
    (found,) = networks(standing, assigned, [(one, "") for one in meters], DAY)
    return found


def test_stations_and_their_meters() -> None:
    standing = [building(1, station="A"), building(2, station="A"), building(3, station="B")]
    found = only(
        [*standing, building(9, network="")], [*hangs("a", 1, 2), *hangs("b", 3)], "a", "b"
    )
    assert [(one.name, one.buildings, one.meters, one.whole) for one in found.stations] == [
        ("A", (1, 2), ("a",), True),
        ("B", (3,), ("b",), True),
    ]
    assert (found.plant, found.meters, found.buildings) == ((), ("a", "b"), (1, 2, 3))


def test_a_meter_that_is_not_the_village_s_or_hangs_no_more_does_not_count() -> None:
    standing = [building(1, station="A"), building(2, station="B")]
    assigned = [*hangs("household", 1), *hangs("gone", 2, until=date(2026, 1, 1))]
    found = only(standing, assigned, "gone")
    assert found.meters == ()
    assert not any(one.whole for one in found.stations)


def test_a_meter_shared_with_the_outside_tells_of_neither() -> None:
    found = only([building(1, station="A"), building(2, network="")], hangs("a", 1, 2), "a")
    assert (found.meters, found.outside) == ((), ("a",))


def test_stations_behind_one_meter_are_one() -> None:
    standing = [building(1, station="A"), building(2, station="B"), building(3, station="C")]
    found = only(standing, hangs("ab", 1, 2), "ab")
    assert [(one.name, one.meters) for one in found.stations] == [("A und B", ("ab",)), ("C", ())]


def test_the_plant_s_meter_is_none_of_a_station() -> None:
    found = networks([building(1, station="A")], hangs("werk", 1), [("werk", "Süd")], DAY)
    assert [(one.plant, one.station_meters) for one in found] == [(("werk",), ())]
    alone = networks([], [], [("werk", "Nord"), ("x", "")], DAY)
    assert [(one.name, one.plant, one.stations) for one in alone] == [("Nord", ("werk",), ())]


def test_what_is_covered_is_counted_and_weighed_from_five_buildings_on() -> None:
    standing = [building(n, station="A" if n < 3 else "B" if n < 5 else "") for n in range(1, 6)]
    found = only(standing, [*hangs("a", 1, 2), *hangs("b", 3)], "a", "b")
    heat = dict.fromkeys(range(1, 6), 10.0) | {1: 40.0}
    assert covered(found, {"a", "b"}, heat) == Covered(1, 2, 2, 5, 50 / 80)
    assert covered(found, {"b"}, heat) == Covered(0, 2, 0, 5, 0.0)
    assert covered(found, {"a"}, {1: 1.0}).share is None
    few = only(standing[:3], hangs("a", 1, 2), "a")
    assert covered(few, {"a"}, heat).share is None
