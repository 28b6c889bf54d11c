"""`$filter`: the operators and functions of OGC 18-088, 9.3.3.5, on data whose answers are known.

request-data/filter, request-data/built-in-filter-operations, request-data/built-in-query-functions
"""

from __future__ import annotations

from typing import Any

import pytest

ENERGY = "Datastream/id eq 'energie-stunde:rathaus' and "


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("id eq 2", [2]),
        ("@iot.id eq 2", [2]),
        ("id ne 2", [1, 3]),
        ("id gt 1 and id le 3", [2, 3]),
        ("2 lt id", [3]),
        ("name eq 'Station 1'", [1]),
        ("name ne 'Station 1' and not name eq 'Station 2'", [3]),
        ("name gt 'Station 1'", [2, 3]),
        ("name eq 'Station 1' or name eq 'Station 3'", [1, 3]),
        ("name eq 'x' or name eq 'Station 3' and id eq 3", [3]),
        ("(name eq 'Station 3' or name eq 'Station 1') and id eq 3", [3]),
        ("not (id eq 1)", [2, 3]),
        ("name eq null", []),
        ("name ne null", [1, 2, 3]),
        ("true", [1, 2, 3]),
        ("false", []),
        ("id add 1 eq 3", [2]),
        ("id sub 1 eq 0", [1]),
        ("id mul 2 eq 6", [3]),
        ("id div 2 eq 1.5", [3]),
        ("id mod 2 eq 1", [1, 3]),
        ("-id eq -2", [2]),
        ("id add 2 mul 2 eq 5", [1]),
        ("properties/floor ge 2", [2, 3]),
        ("properties/tags/room eq 'R3'", [3]),
        ("properties/none eq null", [1, 2, 3]),
        ("properties/floor eq '2'", []),
        ("substringof('ation 2', name)", [2]),
        ("contains(name, 'ation 2')", [2]),
        ("startswith(name, 'Station')", [1, 2, 3]),
        ("startswith(name, 'tation')", []),
        ("endswith(name, '3')", [3]),
        ("endswith(name, '')", [1, 2, 3]),
        ("length(name) eq 9", [1, 2, 3]),
        ("indexof(name, '2') eq 8", [2]),
        ("indexof(name, 'x') eq -1", [1, 2, 3]),
        ("substring(name, 8) eq '2'", [2]),
        ("substring(name, 1, 3) eq 'tat'", [1, 2, 3]),
        ("tolower(name) eq 'station 1'", [1]),
        ("toupper(name) eq 'STATION 1'", [1]),
        ("trim(concat('  ', name)) eq 'Station 1'", [1]),
        ("concat(concat(name, ', '), description) eq 'Station 2, air'", [2]),
        ("startswith(name, 'Station') eq true", [1, 2, 3]),
        ("name eq '%' or name eq '_'", []),
        ("Datastreams/name eq 'Stream 2.1'", [2]),
        ("Datastreams/Observations/result gt 100", []),
        ("Datastreams/Observations/result eq 1.25 and id lt 3", [1, 2]),
        ("Datastreams/Sensor/name eq 'Sensor 3'", [3]),
        ("Locations/name eq 'Station 1'", [1]),
        ("not (Datastreams/name eq 'Stream 2.1')", [1, 3]),
        ("geo.distance(Locations/location, geography'POINT(8.8 50.5)') lt 0.05", [2]),
        ("geo.intersects(Locations/location, geography'LINESTRING(8 50.5,8.75 50.5)')", [1]),
        ("geo.length(geography'LINESTRING(0 0,0 3)') eq id", [3]),
        ("st_equals(Locations/location, geography'SRID=4326;POINT(8.9 50.5)')", [3]),
        ("st_disjoint(Locations/location, geography'POINT(8.9 50.5)')", [1, 2]),
        (
            "st_within(Locations/location, geography'POLYGON((8 50,8.75 50,8.75 51,8 51,8 50))')",
            [1],
        ),
        (
            "st_contains(geography'POLYGON((8 50,8.75 50,8.75 51,8 51,8 50))', Locations/location)",
            [1],
        ),
        ("st_intersects(Locations/location, geography'POINT(8.8 50.5)')", [2]),
        ("st_touches(Locations/location, geography'LINESTRING(8.7 50.5,8.7 51)')", [1]),
        ("st_overlaps(Locations/location, geography'POINT(8.8 50.5)')", []),
        ("st_crosses(Locations/location, geography'POINT(8.8 50.5)')", []),
        ("st_relate(Locations/location, geography'POINT(8.8 50.5)', '0FFFFFFF2')", [2]),
        ("HistoricalLocations/time gt 2023-11-14T22:13:22Z", [3]),
    ],
)
def test_things(air: Any, text: str, expected: list[int]) -> None:
    assert air.ids("/Things", filter=text) == expected


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("result gt 157", [58]),
        ("result ge 157.0 and result lt 160", [57, 58]),
        ("result eq 150", [50]),
        ("result ne 150 and result gt 148", [*range(51, 59)]),
        ("result eq '150'", []),
        ("round(result div 10) eq 10", [*range(5)]),
        ("floor(result div 10) eq 15", [*range(50, 59)]),
        ("ceiling(result div 10) eq 15", [*range(41, 49), 50]),
        ("phenomenonTime ge 2026-11-03T09:30:00Z", [58]),
        ("phenomenonTime lt 2026-11-01T02:00:00Z", [0, 1]),
        ("phenomenonTime le 2026-11-01T02:00:00Z", [0, 1, 2]),
        ("phenomenonTime eq 2026-11-01T03:00:00+01:00", [2]),
        ("phenomenonTime eq 2026-11-01T02:00:00.5Z", []),
        ("phenomenonTime gt 2026-11-03T09:00:00.5Z", [58]),
        ("2026-11-01T02:00:00Z gt phenomenonTime", [0, 1]),
        ("resultTime eq 2026-11-01T03:00:00Z", [2]),
        ("resultTime le 2026-11-01T02:00:00Z", [0, 1]),
        ("resultTime gt phenomenonTime and result eq 100", [0]),
        ("day(phenomenonTime) eq 3 and hour(phenomenonTime) lt 2", [48]),
        ("year(phenomenonTime) ne 2026 or month(phenomenonTime) ne 11", []),
        ("minute(phenomenonTime) eq 0 and second(phenomenonTime) eq 0 and result eq 101", [1]),
        ("fractionalseconds(phenomenonTime) eq 0 and result eq 101", [1]),
        ("totaloffsetminutes(phenomenonTime) eq 0 and result eq 101", [1]),
        ("date(phenomenonTime) eq 2026-11-03 and time(phenomenonTime) lt 02:00:00", [48]),
        ("hour(resultTime) eq 0 and day(resultTime) eq 2", [23]),
        ("phenomenonTime gt now()", None),
        (
            "phenomenonTime gt mindatetime() and phenomenonTime lt maxdatetime() and result eq 100",
            [0],
        ),
        ("phenomenonTime gt maxdatetime()", []),
        ("parameters/messungen eq 12 and result eq 100", [0]),
        ("resultQuality eq 1 and result eq 100", [0]),
        ("Datastream/Thing/name eq 'Rathaus' and result eq 100", [0]),
        ("Datastream/unitOfMeasurement/symbol eq 'kWh' and result eq 100", [0]),
        ("FeatureOfInterest/name eq 'Rathaus' and result eq 100", [0]),
        ("id eq 'energie-stunde:rathaus@2026-11-01T05:00:00Z'", [5]),
    ],
)
def test_observations(heat: Any, text: str, hours: list[int] | None) -> None:
    found = heat.walk("/Observations", filter=ENERGY + f"({text})")
    if hours is not None:  # else only that it is answered: what it finds depends on the day
        assert [int(each["result"]) - 100 for each in found] == hours


def test_a_day_is_a_day_of_the_place(heat: Any) -> None:
    path = "/Datastreams('energie-tag:schule')/Observations"
    first = heat.values(path)[0]
    assert first["phenomenonTime"] == "2026-11-01T00:00:00+01:00/2026-11-02T00:00:00+01:00"
    assert first["resultTime"] == "2026-11-02T00:00:00+01:00"
    for text, expected in [
        ("phenomenonTime eq 2026-11-01T23:00:00Z", [48.0]),
        ("phenomenonTime ge 2026-11-01T23:00:00Z", [48.0, 72.0]),
        ("phenomenonTime gt 2026-11-01T23:00:00Z", [72.0]),
        ("phenomenonTime ge 2026-11-01T23:30:00Z", [72.0]),
        ("resultTime eq 2026-11-01T23:00:00Z", [24.0]),
        ("day(phenomenonTime) eq 3", [72.0]),
    ]:
        assert [each["result"] for each in heat.values(path, filter=text)] == expected


def test_the_kinds_of_results_are_kept_apart(heat: Any) -> None:
    streams = {
        each["Datastream"]["@iot.id"].split(":")[0]
        for each in heat.walk("/Observations", filter="result eq true", expand="Datastream")
    }
    assert streams == {"ganz-stunde"}
    assert (
        heat.values("/Datastreams('ganz-stunde:schule')/Observations", top="1")[0]["result"] is True
    )
    assert heat.get("/Observations", filter="result eq false", count="true")["@iot.count"] == 18


def test_letters_beyond_ascii(heat: Any) -> None:
    assert heat.ids("/Things", filter="tolower(name) eq 'größte schule'") == ["schule"]
    assert heat.ids("/Things", filter="contains(toupper(name), 'GRÖ')") == ["schule"]
    assert heat.ids("/Things", filter="length(name) eq 13") == ["schule"]


def test_streams_by_their_span(heat: Any) -> None:
    found = heat.values("/Datastreams", filter="phenomenonTime lt 2026-10-31T23:30:00Z")
    assert {each["@iot.id"].split(":")[0] for each in found} == {"energie-tag"}
    stream = heat.get("/Datastreams('energie-stunde:schule')")
    assert stream["phenomenonTime"] == "2026-11-01T00:00:00Z/2026-11-03T11:00:00Z"


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("", 0),
        ("name", 0),
        ("name eq", 7),
        ("name eq 5", 5),
        ("name eq 'x", 8),
        ("name = 'x'", 5),
        ("name eq 'x' and", 15),
        ("name eq 'x')", 11),
        ("(name eq 'x'", 12),
        ("name gt null", 5),
        ("nothing(name)", 0),
        ("startswith(name)", 0),
        ("startswith(name, 5)", 0),
        ("year(name) eq 5", 0),
        ("Datastreams eq 1", 0),
        ("Datastreams/none eq 1", 0),
        ("name/first eq 1", 0),
        ("name add 1 eq 2", 0),
        ("Locations/location eq 'x'", 19),
        ("HistoricalLocations/time gt 'gestern'", 25),
        ("HistoricalLocations/time gt 2026-13-01", 28),
        ("st_within(Locations/location, geography'POLYGON((1')", 0),
        ("properties/ eq 1", 11),
        ("id eq 99999999999999999999", 6),
        ("id eq 1e999", 6),
        ("name eq duration'P1D'", 8),
        ("name eq 'x'; drop table thing", 11),
    ],
)
def test_what_is_wrong_is_said_with_its_place(air: Any, text: str, at: int) -> None:
    assert air.refused("/Things", filter=text).endswith(f"at character {at}")


@pytest.mark.parametrize(
    "text",
    [
        "(" * 40 + "id eq 1" + ")" * 40,
        "not " * 40 + "id eq 1",
        " and ".join(["id eq 1"] * 100),
        "id eq " + "-" * 60 + "1",
        "name eq '" + "x" * 3000 + "'",
        "id " + "mod 2 " * 60 + "eq 1",
        "floor(" * 20 + "id" + ")" * 20 + " eq 1",
        "/".join(["Datastreams", "Thing"] * 6) + "/name eq 'x'",
    ],
)
def test_there_are_bounds(air: Any, text: str) -> None:
    air.refused("/Things", filter=text)


def test_a_chain_within_the_bounds_is_answered(air: Any) -> None:
    assert air.ids("/Things", filter=" or ".join(["id eq 1"] * 40)) == [1]
