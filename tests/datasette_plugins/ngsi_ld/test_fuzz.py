"""Whatever is asked: an answer or a problem of the standard's, and never a fault of ours."""

from __future__ import annotations

import gc
from pathlib import Path
from urllib.parse import quote

import pytest
from datasette.app import Datasette
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.datasette_plugins.instance import ask, make
from tests.datasette_plugins.ngsi_ld.conftest import ROOT, SETTINGS, Get

NAMES = [
    "type", "id", "idPattern", "attrs", "q", "georel", "geometry", "coordinates", "geoproperty",
    "limit", "offset", "count", "options", "format", "local", "after", "before", "timerel",
    "timeAt", "endTimeAt", "timeproperty", "lastN", "geometryProperty", "details",
]  # fmt: skip
VALUES = [
    "Building", "*", "name", 'name=="x"', "numValue>3;(a|b)", "numValue.observedAt<2026-11-02", "1",
    "0", "true", "near;maxDistance==10", "within", "Point", "Polygon", "[8,50]", "[[[8,50]]]", "[",
    "MQ", "WzEsMV0", "Wzk5OTksImEiXQ", "WzAsbnVsbF0", "WzAsICJcdWQ4MDAiXQ", "2026-11-01",
    "0001-01-01", "9999-12-31T23:59:59Z",
    "before", "after", "between", "keyValues", "temporalValues", "\x00", "ä", "\U0001f525",
    "%", "-1",
    "urn:ngsi-ld:Building:rathaus", "urn:ngsi-ld:WeatherObserved:99999999999999999999", "9" * 30,
]  # fmt: skip
PATHS = [
    "entities", "temporal/entities", "types", "attributes", "types/Building", "attributes/name",
    "entities/urn:ngsi-ld:Building:rathaus", "temporal/entities/urn:ngsi-ld:WeatherObserved:1",
    "entities/%ff", "entities/urn:ngsi-ld:WeatherObserved:-1", "entities/a/b", "", "temporal",
]  # fmt: skip


@pytest.mark.parametrize("name", ["after", "before"])
def test_half_a_character_is_no_place_in_the_order(get: Get, name: str) -> None:
    cursor = "WzAsICJcdWQ4MDAiXQ"  # [0, "\ud800"]
    answer = get(f"entities?type=Building&{name}={cursor}")
    assert answer.status_code == 400
    assert name in answer.json()["detail"]


def test_a_fault_of_ours_is_said_as_one_and_without_sql(
    file: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    raw = file.read_bytes()
    torn = tmp_path / "heat.db"
    torn.write_bytes(raw[:4096] + b"\xa5" * (len(raw) - 4096))  # the schema alone is left

    async def question(datasette: Datasette) -> None:
        answer = await datasette.client.get(f"{ROOT}/entities?type=Building")
        assert answer.status_code == 500
        assert answer.json() == {
            "type": "https://uri.etsi.org/ngsi-ld/errors/InternalError",
            "title": "A fault of this service",
            "detail": "the query cannot be answered at present",
        }

    ask(make([torn], {}, {"datasette-ngsi-ld": SETTINGS}), question)
    assert "malformed" in caplog.text  # whoever runs it can find out
    gc.collect()  # what failed is a circle of its traceback and the open file


def test_no_request_is_a_fault(file: Path) -> None:
    asked: list[str] = []
    pairs = st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES) | st.text(max_size=12))
    requests = st.tuples(st.sampled_from(PATHS), st.lists(pairs, max_size=6))

    @settings(max_examples=120, database=None)
    @given(requests)
    def collect(request: tuple[str, list[tuple[str, str]]]) -> None:
        path, given_pairs = request
        query = "&".join(f"{n}={quote(v, errors='replace')}" for n, v in given_pairs)
        asked.append(f"{ROOT}/{path}?{query}")

    collect()

    async def questions(datasette: Datasette) -> None:
        for path in asked:
            answer = await datasette.client.get(path)
            assert answer.status_code in {200, 206, 400, 403, 404, 406, 422}, (path, answer.text)
            answer.json()

    ask(make([file], {}, {"datasette-ngsi-ld": SETTINGS}), questions)
