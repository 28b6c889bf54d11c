from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import rdflib
from datasette.app import Datasette

from tests.datasette_plugins.instance import IS_OLD, ask, make
from tests.datasette_plugins.ngsi_ld.conftest import ROOT, SETTINGS, Get

HEAT = "urn:ngsi-ld:DeviceMeasurement:heat:"


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["id"].rpartition(":")[2] for one in answer.json()]


def test_an_entity_says_what_its_row_says(get: Get) -> None:
    answer = get("entities/urn:ngsi-ld:Building:rathaus")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {
        "id": "urn:ngsi-ld:Building:rathaus",
        "type": "Building",
        "name": {"type": "Property", "value": "Rathaus"},
        "category": {"type": "Property", "value": ["public", "civic"]},
        "floorsAboveGround": {"type": "Property", "value": 3},
        "address": {"type": "Property", "value": {"addressLocality": "Dorf"}},
    }
    (link,) = [answer.headers["link"]]
    assert '/-/ngsi-ld/context.jsonld>; rel="http://www.w3.org/ns/json-ld#context"' in link


def test_what_is_measured_is_the_newest_and_says_its_unit_and_time(get: Get) -> None:
    (one,) = get(f"entities?id={HEAT}rathaus").json()
    assert one["numValue"] == {
        "type": "Property",
        "value": 47.5,
        "unitCode": "KWH",
        "observedAt": "2026-11-03T00:00:00Z",
        "complete": {"type": "Property", "value": True},
    }
    assert one["controlledAsset"] == {
        "type": "Relationship",
        "object": "urn:ngsi-ld:Building:rathaus",
    }


def test_an_id_with_a_colon_and_a_slash_is_found_again(get: Get) -> None:
    (one,) = get("entities?type=DeviceMeasurement&q=controlledAsset~=schule").json()
    assert one["id"] == HEAT + "schule%3Aalt%2F1"
    assert one["controlledAsset"]["object"] == "urn:ngsi-ld:Building:schule%3Aalt%2F1"
    again = get(f"entities/{one['id'].replace('%', '%25')}")
    assert again.status_code == 200, again.text
    assert again.json() == one


def test_forms(get: Get) -> None:
    where = f"entities/{HEAT}rathaus?attrs=numValue,controlledProperty"
    plain, concise = get(f"{where}&options=keyValues", f"{where}&format=concise")
    assert plain.json() == {
        "id": HEAT + "rathaus",
        "type": "DeviceMeasurement",
        "controlledProperty": "energy",
        "numValue": 47.5,
    }
    assert concise.json()["controlledProperty"] == "energy"
    assert concise.json()["numValue"]["complete"] is True
    assert "type" not in concise.json()["numValue"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('name=="Rathaus"', ["rathaus"]),
        ('name!="Rathaus"', ["schule%3Aalt%2F1", "turnhalle"]),
        ("floorsAboveGround", ["rathaus", "schule%3Aalt%2F1"]),
        ("floorsAboveGround>2", ["rathaus"]),
        ("floorsAboveGround<=2", ["schule%3Aalt%2F1"]),
        ("floorsAboveGround==2..3", ["rathaus", "schule%3Aalt%2F1"]),
        ("floorsAboveGround==3,7", ["rathaus"]),
        ('floorsAboveGround>2;name~="^R"', ["rathaus"]),
        ('floorsAboveGround>2|name~="halle$"', ["rathaus", "turnhalle"]),
        ('(floorsAboveGround>2|name~="halle$");name~=T', ["turnhalle"]),
        ('name!~="e$"', ["rathaus"]),
        ('address[addressLocality]=="Dorf"', ["rathaus"]),
        ('category=="civic"', ["rathaus", "schule%3Aalt%2F1", "turnhalle"]),
        ('category=="church"', []),
        ('https://smartdatamodels.org/name=="Rathaus"', ["rathaus"]),
        ("nothing", []),
    ],
)
def test_queries(get: Get, query: str, expected: list[str]) -> None:
    assert ids(get(f"entities?type=Building&q={query}")) == expected


def test_queries_of_what_is_measured(get: Get) -> None:
    assert ids(get("entities?type=WeatherObserved&q=temperature>28")) == ["30"]
    assert ids(get("entities?q=numValue.observedAt>=2026-11-03")) == [
        "rathaus",
        "schule%3Aalt%2F1",
    ]
    assert ids(get("entities?q=numValue.complete==false")) == []
    assert ids(get("entities?q=numValue.unitCode==%22KWH%22&limit=1")) == ["rathaus"]


def test_places(get: Get) -> None:
    near = "geometry=Point&coordinates=[8.015,50.5]&georel=near;"
    assert ids(get(f"entities?{near}maxDistance==400")) == ["1", "2"]
    assert len(ids(get(f"entities?{near}minDistance==400&limit=100"))) == 27
    ring = "[[[8.105,50],[8.125,50],[8.125,51],[8.105,51],[8.105,50]]]"
    assert ids(get(f"entities?georel=within&geometry=Polygon&coordinates={ring}")) == ["11", "12"]
    answer = get("entities/urn:ngsi-ld:WeatherObserved:1", accept="application/geo+json")
    assert answer.headers["content-type"] == "application/geo+json"
    assert answer.json()["geometry"] == {"type": "Point", "coordinates": [8.01, 50.5]}
    (feature,) = get(
        "entities?id=urn:ngsi-ld:Building:rathaus", accept="application/geo+json"
    ).json()["features"]
    assert feature["geometry"] is None


def test_pages_lead_forward_and_back(get: Get, file: Path) -> None:
    seen: list[list[str]] = []
    back: list[list[str]] = []

    async def questions(datasette: Datasette) -> None:
        path: str | None = f"{ROOT}/entities?local=true&limit=7&count=true"
        while path:
            answer = await datasette.client.get(path)
            assert answer.headers["ngsild-results-count"] == "35"
            seen.append([one["id"] for one in answer.json()])
            path, last = _link(answer, "next"), answer
        path = _link(last, "prev")
        while path:
            answer = await datasette.client.get(path)
            back.insert(0, [one["id"] for one in answer.json()])
            path = _link(answer, "prev")

    ask(make([file], {}, {"datasette-ngsi-ld": SETTINGS}), questions)
    every = [one for page in seen for one in page]
    assert [len(page) for page in seen] == [7, 7, 7, 7, 7]
    assert len(set(every)) == 35
    assert "urn:ngsi-ld:WeatherObserved:7" not in every
    assert back == seen[:-1]
    assert [one["id"] for one in get("entities?local=true&limit=7&offset=10").json()] == every[
        10:17
    ]


def _link(answer: Any, relation: str) -> str | None:
    for part in answer.headers["link"].split(", "):
        if f'rel="{relation}"' in part:
            return str(part.split(">")[0].removeprefix("<").removeprefix("http://localhost"))
    return None


def test_types_and_attributes(get: Get) -> None:
    types, one, attributes, attribute, details = get(
        "types",
        "types/Building",
        "attributes",
        "attributes/floorsAboveGround",
        "types?details=true",
    )
    assert types.json()["typeList"] == ["Building", "DeviceMeasurement", "WeatherObserved"]
    assert one.json()["entityCount"] == 3
    assert one.json()["id"] == "https://smartdatamodels.org/dataModel.Building/Building"
    assert "numValue" in attributes.json()["attributeList"]
    assert attribute.json()["attributeCount"] == 2
    assert attribute.json()["typeNames"] == ["Building"]
    assert [each["typeName"] for each in details.json()] == types.json()["typeList"]


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph:DeprecationWarning")  # rdflib's own
def test_an_entity_is_json_ld_with_the_context_that_is_served(get: Get) -> None:
    answer, context = get(
        f"entities/{HEAT}rathaus", "/-/ngsi-ld/context.jsonld", accept="application/ld+json"
    )
    assert answer.headers["content-type"] == "application/ld+json"
    body = answer.json()
    assert body["@context"] == "http://localhost/-/ngsi-ld/context.jsonld"
    graph = rdflib.Graph().parse(data=json.dumps(body | context.json()), format="json-ld")
    entity = rdflib.URIRef(HEAT + "rathaus")
    device = "https://smartdatamodels.org/dataModel.Device/"
    assert (entity, rdflib.RDF.type, rdflib.URIRef(device + "DeviceMeasurement")) in graph
    (value,) = graph.objects(entity, rdflib.URIRef(device + "numValue"))
    core = "https://uri.etsi.org/ngsi-ld/"
    assert float(str(graph.value(value, rdflib.URIRef(core + "hasValue")))) == 47.5
    assert graph.value(value, rdflib.URIRef("https://example.org/terms/complete")) is not None


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("entities", 400, "BadRequestData"),
        ("entities?type=Building&q=name==", 400, "BadRequestData"),
        ("entities?type=Building&q=name==bare", 400, "BadRequestData"),
        ("entities?type=Building&limit=0", 400, "BadRequestData"),
        ("entities?type=Building&limit=1000", 400, "BadRequestData"),
        ("entities?type=Building&type=Building", 400, "BadRequestData"),
        ("entities?type=Building&unknown=1", 400, "BadRequestData"),
        ("entities?type=Building&idPattern=(", 400, "BadRequestData"),
        ("entities?type=Building&after=x", 400, "BadRequestData"),
        ("entities?georel=overlaps&geometry=Point&coordinates=[1,2]", 422, "OperationNotSupported"),
        ("entities/urn:ngsi-ld:Building:nobody", 404, "ResourceNotFound"),
        ("entities/urn:ngsi-ld:WeatherObserved:7", 404, "ResourceNotFound"),
        ("entities/urn:ngsi-ld:Building:rathaus?attrs=numValue", 404, "ResourceNotFound"),
        ("types/Nothing", 404, "ResourceNotFound"),
        ("subscriptions", 422, "OperationNotSupported"),
        ("temporal/entities?type=WeatherObserved", 400, "BadRequestData"),
    ],
)
def test_errors_are_problem_details(get: Get, path: str, status: int, kind: str) -> None:
    answer = get(path)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    said = answer.json()
    assert said["type"] == f"https://uri.etsi.org/ngsi-ld/errors/{kind}"
    assert said["title"]
    assert said["detail"]


def test_nothing_is_written(get: Get) -> None:
    assert get("entities", method="POST").status_code == 422
    assert get("entities/urn:ngsi-ld:Building:rathaus", method="DELETE").status_code == 422
    answer = get("types", method="POST")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_another_form_is_not_made(get: Get) -> None:
    assert get("types", accept="text/html").status_code == 406
    assert get("types", accept="application/geo+json").status_code == 406


def test_who_may_not_see_a_table_sees_no_entity(file: Path) -> None:
    async def questions(datasette: Datasette) -> None:
        answer = await datasette.client.get(f"{ROOT}/entities?local=true")
        assert answer.status_code == 403
        assert "Rathaus" not in answer.text

    closed = {"databases": {"heat": {"tables": {"hour": {"allow": False}}}}}
    datasette = make([file], closed if IS_OLD else {}, {"datasette-ngsi-ld": SETTINGS})
    if not IS_OLD:
        datasette.config = {**datasette.config, **closed}
    ask(datasette, questions)


def test_a_service_beside_the_first_has_its_own_entities_context_and_pages(get: Get) -> None:
    station = copy.deepcopy(SETTINGS["entities"]["station"])
    station["attributes"]["temperature"] |= {"factor": 0.1, "unit": "C62"}
    beside = {"database": "heat", "page_size": 5, "entities": {"station": station}}
    beside["terms"] = {"own": "https://example.org/terms/own"}
    settings = {**SETTINGS, "services": {"wetter": beside}}
    root = "/-/ngsi-ld/wetter"
    types, page, context, first, other, nothing = get(
        f"{root}/v1/types",
        f"{root}/v1/entities?type=WeatherObserved&q=temperature<2.5",
        f"{root}/context.jsonld",
        "/-/ngsi-ld/v1/types",
        "/-/ngsi-ld/context.jsonld",
        "/-/ngsi-ld/nichts/v1/types",
        settings=settings,
    )
    assert types.json()["typeList"] == ["WeatherObserved"]
    assert first.json()["typeList"] == ["Building", "DeviceMeasurement", "WeatherObserved"]
    assert page.json()[0]["temperature"]["value"] == -0.09  # (1 - 19 / 10) times a tenth
    assert f"{root}/v1/entities?" in page.headers["link"]
    assert f"{root}/context.jsonld" in page.headers["link"]
    assert "own" in context.json()["@context"]
    assert "own" not in other.json()["@context"]
    assert nothing.status_code == 404
