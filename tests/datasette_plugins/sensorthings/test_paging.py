"""Pages: what a deep one costs, and what the links are worth."""

from __future__ import annotations

import base64
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from datasette_sensorthings import read_mapping
from datasette_sensorthings.model import SETS
from datasette_sensorthings.options import parse_query
from datasette_sensorthings.reader import Reader

from .conftest import LONG, WIDE, make_long, make_wide

NOW = datetime(2026, 12, 1, tzinfo=UTC)
STEPS = 20  # instructions of SQLite's machine between two counts


@pytest.fixture(scope="module")
def deep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six streams with 10,000 observations each."""
    return make_long(tmp_path_factory.mktemp("deep") / "air.db", rows=10_000)


def _cost(path: Path, query: str, stream: int | None = None) -> tuple[int, str | None]:
    """Return how much work a page is, and where the next one begins."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        reader = Reader(connection, read_mapping(LONG), NOW)
        conditions: Any = lambda arm: []  # noqa: E731, ARG005
        if stream is not None:
            entity = reader.by_id("Datastreams", stream, lambda _: [])
            assert entity is not None
            conditions = reader.linked(SETS["Datastreams"].links["Observations"], entity)
        connection.set_progress_handler(count, STEPS)
        page = reader.page("Observations", conditions, parse_query(query, SETS["Observations"]))
        connection.set_progress_handler(None, STEPS)
        assert len(page.entities) == 100
        return steps, page.token


@pytest.mark.parametrize(
    ("query", "stream"),
    [
        ("", None),
        ("", 21),
        ("$orderby=phenomenonTime", 21),
        ("$orderby=phenomenonTime desc", 21),
        ("$filter=phenomenonTime ge 2025-06-20T00:00:00Z&$orderby=phenomenonTime", 21),
    ],
)
def test_a_deep_page_costs_what_the_first_costs(deep: Path, query: str, stream: int | None) -> None:
    first, token = _cost(deep, query, stream)
    for _ in range(60):
        last, token = _cost(
            deep, f"{query}&$skiptoken={token}" if query else f"$skiptoken={token}", stream
        )
    assert last <= first * 1.5 + 10
    skipped, _ = _cost(deep, f"{query}&$skip=9000" if query else "$skip=9000", stream)
    assert skipped > 5 * first  # so the measure can tell


def test_the_pages_of_several_sources_are_one_order(heat: Any) -> None:
    every = heat.walk("/Observations", orderby="phenomenonTime desc,result", top="17")
    assert len(every) == 531
    assert len({each["@iot.id"] for each in every}) == 531
    begins = [datetime.fromisoformat(each["phenomenonTime"].split("/")[0]) for each in every]
    assert begins == sorted(begins, reverse=True)
    up = heat.walk("/Observations", orderby="phenomenonTime,result desc", top="200")
    assert {each["@iot.id"] for each in up} == {each["@iot.id"] for each in every}


def test_what_is_empty_is_paged_as_well(heat: Any) -> None:
    for order in ("parameters", "parameters desc", "resultQuality,parameters desc"):
        ids = [each["@iot.id"] for each in heat.walk("/Observations", orderby=order, top="40")]
        assert len(ids) == len(set(ids)) == 531


def test_skip_goes_over_the_sources(heat: Any) -> None:
    every = [each["@iot.id"] for each in heat.walk("/Observations", top="200")]
    for skip in (0, 1, 161, 162, 163, 350, 527, 530, 531, 5000):
        assert heat.ids("/Observations", skip=str(skip), top="5") == every[skip : skip + 5]
    ordered = [each["@iot.id"] for each in heat.walk("/Observations", orderby="result")]
    assert heat.ids("/Observations", orderby="result", skip="300", top="9") == ordered[300:309]
    assert "nextLink" in heat.refused("/Observations", orderby="result", skip="20000")


def test_a_page_is_no_longer_than_it_may_be(heat: Any) -> None:
    assert len(heat.values("/Observations")) == 25
    assert len(heat.values("/Observations", top="100000")) == 200


@pytest.mark.parametrize(
    "said",
    [
        [],
        [0, [], []],
        [0, [], [1, 2, 3]],
        [0, ["x"], ["a", "b"]],
        ["0", [], ["a", "b"]],
        [True, [], ["a", "b"]],
        [0, [], [["a"], "b"]],
        [0, [], {"a": "b"}],
        [0, [], [2**70, "b"]],
        [0, [], ["\ud800", "b"]],
        {"a": 1},
        None,
    ],
)
def test_a_token_of_somebody_else_is_refused(heat: Any, said: object) -> None:
    token = base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")
    assert "skiptoken" in heat.refused("/Observations", skiptoken=token)
    for wrong in ("", "!", "A" * 5000, "AAAA", "[" * 100):
        heat.refused("/Observations", skiptoken=wrong)


def test_a_token_is_data_and_no_sql(heat: Any) -> None:
    said = [0, [], ["x' OR 1=1 --", "'; DROP TABLE site; --"]]
    token = base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")
    assert heat.get("/Observations", skiptoken=token)["value"]
    assert len(heat.values("/Things")) == 3


def test_links_follow_host_and_base_url(serve: Any, tmp_path: Path) -> None:
    path = make_wide(tmp_path / "heat.db")
    service = serve([path], WIDE, settings={"base_url": "/daten/"})
    page = service.ask("http://dorf.example/daten/-/sta/v1.1/Observations?$top=1").json()
    assert page["@iot.nextLink"].startswith("http://dorf.example/daten/-/sta/v1.1/Observations?")
    entity = page["value"][0]
    assert entity["@iot.selfLink"].startswith("http://dorf.example/daten/-/sta/v1.1/Obs")
    assert service.ask(page["@iot.nextLink"]).json()["value"][0]["result"] == 1.0
    assert service.ask(entity["Datastream@iot.navigationLink"]).status_code == 200
    forced = serve([path], WIDE, settings={"force_https_urls": True})
    assert forced.values("/Things")[0]["@iot.selfLink"].startswith("https://localhost/-/sta/")


def test_what_takes_too_long_is_ended(serve: Any, deep: Path) -> None:
    service = serve([deep], LONG, settings={"sql_time_limit_ms": 50})
    text = "Datastream/Observations/result eq -1"  # every observation with every other
    assert "longer than it may" in service.refused("/Observations", filter=text, count="true")


def test_many_short_queries_are_ended_as_well(serve: Any, deep: Path) -> None:
    service = serve([deep], LONG, settings={"sql_time_limit_ms": 50})
    inner = (
        "Observations($top=1000;$expand=Datastream,FeatureOfInterest($expand=Observations($top=1)))"
    )
    assert "longer than it may" in service.refused("/Datastreams", expand=inner)


def test_an_answer_has_a_limit(serve: Any, deep: Path) -> None:
    service = serve([deep], LONG, settings={"sql_time_limit_ms": 10_000})
    inner = "Observations($top=1000;$expand=Datastream($expand=Observations($top=1000)))"
    assert "10000 entities" in service.refused("/Datastreams", expand=inner)
    inner = "Observations($top=1000),Thing($expand=Datastreams($expand=Observations($top=1000)))"
    assert "10000 entities" in service.refused("/Datastreams", expand=inner)
