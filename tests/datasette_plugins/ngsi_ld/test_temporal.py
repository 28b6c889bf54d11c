from __future__ import annotations

import pytest
from datasette_ngsi_ld import answer as answers

from tests.datasette_plugins.ngsi_ld.conftest import HOURS, Get

HEAT = "temporal/entities/urn:ngsi-ld:DeviceMeasurement:heat:rathaus"


@pytest.mark.parametrize(
    ("query", "first", "last", "count"),
    [
        ("timerel=before&timeAt=2026-11-01T03:00:00Z", 0.5, 1.5, 2),
        ("timerel=after&timeAt=2026-11-02T22:00:00Z", 46.5, 47.5, 2),
        (
            "timerel=between&timeAt=2026-11-01T10:00:00Z&endTimeAt=2026-11-01T12:00:00Z",
            9.5,
            10.5,
            2,
        ),
        ("timerel=after&timeAt=2026-11-01T11:00:00%2B01:00", 10.5, 47.5, 38),
        ("timerel=after&timeAt=2026-11-01&lastN=3", 47.5, 45.5, 3),
        ("lastN=2", 47.5, 46.5, 2),
        ("", 0.5, 47.5, HOURS),
    ],
)
def test_time(get: Get, query: str, first: float, last: float, count: int) -> None:
    answer = get(f"{HEAT}?{query}")
    assert answer.status_code == 200, answer.text
    values = [one["value"] for one in answer.json()["numValue"]]
    assert (values[0], values[-1], len(values)) == (first, last, count)


def test_short_form(get: Get) -> None:
    when = "timerel=before&timeAt=2026-11-01T02:00:00Z"
    (one,) = get(
        f"temporal/entities?type=DeviceMeasurement&limit=1&{when}&options=temporalValues"
    ).json()
    assert one["numValue"] == {"type": "Property", "values": [[0.5, "2026-11-01T01:00:00Z"]]}
    assert "controlledProperty" not in one


def test_only_what_was_measured_then_is_listed(get: Get) -> None:
    path = "temporal/entities?local=true&limit=100&timerel={}&timeAt=2026-11-15"
    before, after = get(path.format("before"), path.format("after"))
    assert {one["type"] for one in before.json()} == {"DeviceMeasurement"}
    assert len(before.json()) == 2
    assert {one["type"] for one in after.json()} == {"WeatherObserved"}
    assert len(after.json()) == 29


def test_too_much_is_told_in_parts_that_lead_on(get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "MAX_INSTANCES", 20)
    seen: list[float] = []
    query = "timerel=after&timeAt=2026-11-01"
    for _ in range(10):
        answer = get(f"{HEAT}?{query}")
        seen += [one["value"] for one in answer.json()["numValue"]]
        if answer.status_code == 200:
            break
        assert answer.status_code == 206
        _, span = answer.headers["content-range"].split(" ")
        end = span.removesuffix("/*")[-20:]
        query = f"timerel=after&timeAt={end}"
    assert seen == [n + 0.5 for n in range(HOURS)]


def test_a_part_is_whole_for_every_entity_in_it(get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "MAX_INSTANCES", 20)
    answer = get("temporal/entities?type=WeatherObserved&lastN=20&timerel=after&timeAt=2026-01-01")
    assert answer.status_code == 206
    assert answer.headers["content-range"].endswith("/20")
    assert {len(one["temperature"]) for one in answer.json()} == {10}


@pytest.mark.parametrize(
    "query",
    [
        "timerel=before",
        "timerel=never&timeAt=2026-11-01",
        "timerel=between&timeAt=2026-11-01",
        "timerel=before&timeAt=yesterday",
        "timeAt=2026-11-01",
        "lastN=0",
    ],
)
def test_times_that_are_none(get: Get, query: str) -> None:
    assert get(f"{HEAT}?{query}").status_code == 400


def test_a_query_of_what_was_is_refused(get: Get) -> None:
    when = "timerel=after&timeAt=2026-11-01"
    assert get(f"temporal/entities?q=numValue>3&{when}").status_code == 422
    found = get(f"temporal/entities?q=controlledProperty==%22energy%22&{when}")
    assert len(found.json()) == 2
