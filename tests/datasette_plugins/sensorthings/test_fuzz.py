"""Whatever is asked, there is an answer: never an error of the service, never somebody's SQL."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

FINE = {200, 204, 400, 403, 404, 405, 501}
PATHS = st.sampled_from(
    [
        "/Things",
        "/Things(1)",
        "/Things(1)/Datastreams",
        "/Datastreams",
        "/Observations",
        "/Observations(5)/FeatureOfInterest",
        "/Locations",
        "/HistoricalLocations",
        "/Sensors(1)/Datastreams",
        "/ObservedProperties",
        "/FeaturesOfInterest",
        "/Things/$ref",
    ]
)
LEAF = st.sampled_from(
    [
        "name",
        "id",
        "result",
        "phenomenonTime",
        "time",
        "properties",
        "properties/floor",
        "location",
        "Datastream/name",
        "Thing/name",
        "Datastreams/name",
        "Observations/result",
        "Locations/location",
        "1",
        "-1",
        "2.5",
        "'x'",
        "''",
        "'Station 1'",
        "null",
        "true",
        "false",
        "2026-11-01T00:00:00Z",
        "2026-11-01",
        "12:00:00",
        "geography'POINT(1 1)'",
        "geography'x'",
        "now()",
        "mindatetime()",
        "maxdatetime()",
        "unitOfMeasurement/symbol",
        "FeatureOfInterest/feature",
        "resultTime",
    ]
)
NAMES = st.sampled_from(
    [
        "substringof",
        "startswith",
        "endswith",
        "length",
        "indexof",
        "substring",
        "tolower",
        "trim",
        "concat",
        "year",
        "hour",
        "fractionalseconds",
        "date",
        "time",
        "totaloffsetminutes",
        "round",
        "floor",
        "ceiling",
        "geo.distance",
        "geo.length",
        "geo.intersects",
        "st_within",
        "st_relate",
        "x",
    ]
)
OPERATORS = st.sampled_from(
    ["eq", "ne", "gt", "ge", "lt", "le", "and", "or", "add", "sub", "mul", "div", "mod"]
)
EXPRESSIONS = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.tuples(inner, OPERATORS, inner).map(" ".join),
        inner.map("({})".format),
        inner.map("not {}".format),
        inner.map("-{}".format),
        st.tuples(NAMES, st.lists(inner, max_size=3)).map(lambda c: f"{c[0]}({','.join(c[1])})"),
    ),
    max_leaves=8,
)
ROUGH = st.text(alphabet=st.characters(codec="utf-8"), max_size=30) | st.text(
    "()'/,$;= -\"\\%", max_size=12
)
OPTIONS = st.sampled_from(
    [
        "$filter",
        "$orderby",
        "$expand",
        "$select",
        "$top",
        "$skip",
        "$count",
        "$skiptoken",
        "resultFormat",
    ]
)
INJECTIONS = [
    "'; DROP TABLE thing; --",
    "x' OR '1'='1",
    '" OR 1=1 --',
    "1) UNION SELECT sql FROM sqlite_master --",
    "name eq 'x' UNION SELECT 1",
    "load_extension('x')",
    "sqlite_version() eq 'x'",
    "hex(randomblob(1000000000)) eq 'x'",
    "a.\"name\" eq 'x'",
    "name/../sql eq 'x'",
    'properties/a"."b eq 1',
    "rowid eq 1",
    "$.x eq 1",
    "name eq ?",
    "name eq :x",
    "name like '%'",
    "name eq 'x' /* */",
]


def _fine(service: Any, path: str, query: str) -> None:
    answer = service.ask(f"{path}?{query}")
    assert answer.status_code in FINE, (path, query, answer.text)
    if answer.status_code >= 400:
        said = answer.json()
        assert said["code"] == answer.status_code
        assert "syntax error" not in said["message"], (path, query, said)
        assert "no such function" not in said["message"], (path, query, said)
    elif answer.status_code == 200 and "json" in answer.headers["content-type"]:
        json.loads(answer.content, parse_constant=pytest.fail)


@given(PATHS, EXPRESSIONS, st.sampled_from(["$filter", "$orderby"]))
@settings(max_examples=200)
def test_any_expression_is_answered(air: Any, path: str, text: str, option: str) -> None:
    _fine(air, path, f"{option}={quote(text)}&$top=3")


@given(PATHS, st.lists(st.tuples(OPTIONS, ROUGH | EXPRESSIONS), max_size=4))
@settings(max_examples=150)
def test_any_options_are_answered(heat: Any, path: str, pairs: list[tuple[str, str]]) -> None:
    _fine(heat, path, "&".join(f"{name}={quote(text)}" for name, text in pairs))


@given(
    st.text(alphabet=st.characters(codec="utf-8"), max_size=40)
    | st.text("()'/Things$1%", max_size=20)
)
@settings(max_examples=150)
def test_any_path_is_answered(heat: Any, path: str) -> None:
    answer = heat.ask("/" + quote(path, safe="/()'$"))
    assert answer.status_code in FINE | {302}, answer.text


@pytest.mark.parametrize("text", INJECTIONS)
@pytest.mark.parametrize("option", ["filter", "orderby", "select", "expand", "skiptoken"])
def test_sql_is_not_taken(air: Any, option: str, text: str) -> None:
    assert any(
        mark in air.refused("/Things", **{option: text}) for mark in ("character", "$", "many")
    )
    assert air.ids("/Things") == [1, 2, 3]


@pytest.mark.parametrize("text", INJECTIONS)
def test_sql_in_a_text_is_a_text(air: Any, text: str) -> None:
    inside = text.replace("'", "''")
    assert air.ids("/Things", filter=f"name eq '{inside}'") == []
    assert air.ids("/Things", filter=f"name ne '{inside}'") == [1, 2, 3]
    assert air.ask(f"/Things('{quote(inside, safe='')}')").status_code == 404
    assert air.ids("/Things") == [1, 2, 3]
