"""The configuration: what is wrong is found at the start, with its name."""

from __future__ import annotations

import copy
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from datasette.utils import StartupError
from datasette_common.settings import SettingsError
from datasette_common.times import Period, TimeFormat, parse_instant
from datasette_sensorthings import read_mapping
from datasette_sensorthings.mapping import read_services
from hypothesis import given
from hypothesis import strategies as st

from .conftest import LONG, WIDE, make_long, make_wide

Change = Callable[[dict[str, Any]], object]


def test_the_tables_that_are_read() -> None:
    assert read_mapping(WIDE).tables == ("site", "stunde", "tag")
    assert read_mapping(LONG).tables == ("obs", "prop", "sensor", "stream", "thing")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda s: s.pop("database"), "database"),
        (lambda s: s.update(databases="x"), "unknown key: databases"),
        (lambda s: s.update(page_size=0), "page_size"),
        (lambda s: s.update(page_size=True), "page_size"),
        (lambda s: s.update(max_page_size=10), "max_page_size"),
        (lambda s: s.update(things=[]), "things must be a mapping"),
        (lambda s: s["things"].pop("table"), "things.table"),
        (lambda s: s["things"].update(name="{site_name"), "things.name"),
        (lambda s: s["things"].update(name="{site_name!r}"), "things.name"),
        (lambda s: s["things"].update(name="{site_name:>9}"), "things.name"),
        (lambda s: s["things"].update(name="{}"), "things.name"),
        (lambda s: s["things"].update(properties=[1]), "things.properties"),
        (lambda s: s["things"].update(properties={"a": [1]}), "properties.a"),
        (lambda s: s["things"].update(location={}), "location.longitude"),
        (lambda s: s["sensors"]["uhr"].pop("metadata"), "sensors.uhr.metadata"),
        (lambda s: s["sensors"]["uhr"].update(unit="x"), "unknown key: unit"),
        (lambda s: s["sensors"].update({"a b": {}}), "no key"),
        (lambda s: s["datastreams"]["energie-tag"].update(sensor="none"), "'none'"),
        (lambda s: s["datastreams"]["energie-tag"].update(property="none"), "'none'"),
        (lambda s: s["datastreams"]["energie-tag"].update(period="P1Y"), "period"),
        (lambda s: s["datastreams"]["energie-tag"].update(period="P"), "period"),
        (lambda s: s["datastreams"]["energie-tag"].update(format="%d.%m.%Y"), "sort"),
        (lambda s: s["datastreams"]["energie-tag"].update(timezone="Mars/North"), "Mars"),
        (lambda s: s["datastreams"]["energie-tag"].update(where={"a": None}), "where"),
        (lambda s: s["datastreams"]["energie-tag"].pop("result"), "energie-tag.result"),
        (lambda s: s.update(datastreams={}), "no datastreams"),
        (lambda s: s.update(datastreams={f"s{n}": {} for n in range(101)}), "100"),
        (lambda s: s.update(datastream_table={}), "datastream_table.id"),
    ],
)
def test_what_is_wrong_is_named(change: Change, says: str) -> None:
    settings = copy.deepcopy(WIDE)
    change(settings)
    with pytest.raises(SettingsError, match=says.replace("(", r"\(")):
        read_mapping(settings)


def test_a_wrong_configuration_stops_the_start(serve: Any) -> None:
    with pytest.raises(StartupError, match="database"):
        serve([], {"tables": []})


def test_nothing_configured_is_nothing_served(serve: Any) -> None:
    assert serve([], None).ask("").status_code == 404


def test_what_is_not_there_is_said(serve: Any, tmp_path: Path) -> None:
    path = make_wide(tmp_path / "heat.db")
    settings = copy.deepcopy(WIDE)
    settings["datastreams"]["energie-tag"]["table"] = "none"
    assert "lacks a table" in serve([path], settings).refused(
        "/Observations", 404, orderby="result"
    )
    assert "not published" in serve([path], {**WIDE, "database": "x"}).refused("/Things", 404)


def test_who_may_not_see_a_table_may_not_see_the_service(serve: Any, tmp_path: Path) -> None:
    path = make_wide(tmp_path / "heat.db")
    closed = {"heat": {"tables": {"tag": {"allow": {"id": "root"}}}}}
    assert "may not" in serve([path], WIDE, databases=closed).refused("/Things", 403)


def test_only_things_that_are_meant_and_what_is_theirs(serve: Any, tmp_path: Path) -> None:
    mapping = copy.deepcopy(WIDE)
    mapping["things"]["where"] = {"site_name": "Rathaus"}
    service = serve([make_wide(tmp_path / "heat.db")], mapping)
    assert service.ids("/Things") == service.ids("/FeaturesOfInterest") == ["rathaus"]
    assert len(service.values("/Datastreams")) == 4
    page = service.get("/Observations", count="true", expand="Datastream/Thing")
    assert page["@iot.count"] == 54 + 60 + 60 + 3
    assert {each["Datastream"]["Thing"]["name"] for each in page["value"]} == {"Rathaus"}
    service.refused("/Observations('energie-stunde:schule@2026-11-01T00:00:00Z')", 404)


def test_a_thing_without_a_place_has_a_feature_and_no_location(serve: Any, tmp_path: Path) -> None:
    path = make_long(tmp_path / "air.db")
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE thing SET lat = NULL WHERE id = 2")
    service = serve([path], LONG)
    assert service.ids("/Locations") == service.ids("/HistoricalLocations") == [1, 3]
    assert service.values("/Things(2)/Locations") == []
    feature = service.get("/Datastreams(21)/Observations(81)/FeatureOfInterest")["feature"]
    assert feature == {"type": "Feature", "geometry": None, "properties": {"name": "Station 2"}}


def test_rows_that_say_nothing_are_no_observations(serve: Any, tmp_path: Path) -> None:
    path = make_long(tmp_path / "air.db")
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE obs SET t = NULL WHERE id = 1")
        db.execute("UPDATE obs SET value = NULL WHERE id = 2")
        db.execute("UPDATE obs SET value = 9e999 WHERE id = 3")
        db.execute("UPDATE obs SET t = 'soon' WHERE id = 4")
        db.execute("UPDATE thing SET extra = '{broken' WHERE id = 1")
    service = serve([path], LONG)
    assert service.ids("/Datastreams(11)/Observations", top="2") == [3, 4]
    assert service.get("/Observations(3)")["result"] is None
    assert service.get("/Observations(4)")["phenomenonTime"] is None
    assert "properties" not in service.get("/Things(1)")
    assert service.ids("/Things", filter="properties/floor eq 1") == []


def test_what_json_cannot_say_out_of_a_column_leaves_the_answer_json(
    serve: Any, tmp_path: Path
) -> None:
    path = make_long(tmp_path / "air.db")
    said = r'{"most": 1e999, "least": -1e999, "none": NaN, "half": "\ud800ß", "floor": 7}'
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE thing SET extra = ? WHERE id = 1", (said,))
    service = serve([path], LONG)
    for address in (
        "/Things(1)",
        "/Things",
        "/Things(1)/properties",
        "/Things(1)/properties/$value",
    ):
        answer = service.ask(address)
        assert answer.status_code == 200, address
        found = json.loads(answer.text, parse_constant=pytest.fail)
        found = found["value"][0] if "value" in found else found
        assert found.get("properties", found) == {
            "most": None,
            "least": None,
            "none": None,
            "half": "\ud800ß",
            "floor": 7,
        }
    assert service.ask("/Things(1)/properties/half/$value").text == "?ß"
    assert service.ask("/Things(2)/name/$value").text == "Station 2"


def test_other_sites_may_ask_where_datasette_says_so(serve: Any, tmp_path: Path) -> None:
    path = make_long(tmp_path / "air.db")
    allowed = serve([path], LONG, cors=True).ask("/Things")
    assert allowed.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-origin" not in serve([path], LONG).ask("/Things").headers


BERLIN = TimeFormat.parse("%Y-%m-%d", "Europe/Berlin", "P1D")


def test_the_day_of_the_change_has_25_hours() -> None:
    assert BERLIN.written("2026-10-25") == "2026-10-25T00:00:00+02:00/2026-10-26T00:00:00+01:00"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01T10:00", datetime(2026, 11, 1, 10, tzinfo=UTC)),
        ("2026-11-01T10:00:00.123456789Z", datetime(2026, 11, 1, 10, 0, 0, 123456, tzinfo=UTC)),
        ("2026-11-01T10:00:00+0100", datetime(2026, 11, 1, 9, tzinfo=UTC)),
        ("2026-11-01T10:00:00 01:00", datetime(2026, 11, 1, 9, tzinfo=UTC)),
    ],
)
def test_times_of_a_request(text: str, expected: datetime) -> None:
    assert parse_instant(text) == expected


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-02-30", "2026-11-01T25:00:00Z", "0001-01-01T00:00+05:00"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_instant(text)


FORMS = [
    TimeFormat(),
    TimeFormat(ends=True, period=Period(0, 3600)),
    TimeFormat.parse("unix", "UTC", None),
    TimeFormat.parse("unix_ms", "UTC", None),
    BERLIN,
    TimeFormat.parse("%Y-%m-%d %H:%M:%S", "UTC", "PT15M"),
]
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
}


@given(st.sampled_from(FORMS), MOMENTS, MOMENTS, st.sampled_from(sorted(SIGNS)))
def test_a_column_compares_as_its_times_do(
    form: TimeFormat, stored: datetime, asked: datetime, operator: str
) -> None:
    if form.pattern in {"unix", "unix_ms"}:
        raw: Any = int(stored.timestamp() * (1 if form.pattern == "unix" else 1000))
    else:
        raw = stored.astimezone(form.zone).strftime(form.pattern)
    moment = form.read(raw)
    assert moment is not None
    for other in (asked, moment):
        bound = form.bound(operator, other)
        truth = SIGNS[operator](moment, other)
        if bound is None:
            assert truth == (operator == "ne")
        else:
            exact, value = bound
            assert SIGNS[exact](raw, value) == truth


def test_services_beside_the_first_are_read_whole() -> None:
    one = {
        "database": "air",
        "things": {"table": "sensor", "id": "id"},
        "sensors": {"s": {"name": "S", "description": "S", "encoding_type": "x", "metadata": "x"}},
        "observed_properties": {"p": {"name": "P", "description": "P", "definition": "urn:p"}},
        "datastreams": {
            "d": {
                "table": "hour",
                "thing": "sensor",
                "time": "at",
                "result": "value",
                "name": "D",
                "sensor": "s",
                "property": "p",
                "unit": {"name": "K", "symbol": "K", "definition": "urn:k"},
            }
        },
    }
    found = read_services({**one, "services": {"beside": {**one, "database": "other"}}})
    assert {name: each.database for name, each in found.items()} == {"": "air", "beside": "other"}
    for wrong in ({"Be/side": one}, {"beside": {}}, {"beside": {**one, "sensor": {}}}):
        with pytest.raises(SettingsError):
            read_services({**one, "services": wrong})
