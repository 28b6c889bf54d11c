"""The requirements of OGC 18-088 for reading, one test each; its docstring names the requirement.

All begin with http://www.opengis.net/spec/iot_sensing/1.1/req/
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest

SETS: dict[str, tuple[set[str], dict[str, bool]]] = {
    "Things": (
        {"name", "description"},
        {"Locations": True, "HistoricalLocations": True, "Datastreams": True},
    ),
    "Locations": (
        {"name", "description", "encodingType", "location"},
        {"Things": True, "HistoricalLocations": True},
    ),
    "HistoricalLocations": ({"time"}, {"Thing": False, "Locations": True}),
    "Datastreams": (
        {"name", "description", "unitOfMeasurement", "observationType"},
        {"Thing": False, "Sensor": False, "ObservedProperty": False, "Observations": True},
    ),
    "Sensors": ({"name", "description", "encodingType", "metadata"}, {"Datastreams": True}),
    "ObservedProperties": ({"name", "definition", "description"}, {"Datastreams": True}),
    "Observations": (
        {"phenomenonTime", "result", "resultTime"},
        {"Datastream": False, "FeatureOfInterest": False},
    ),
    "FeaturesOfInterest": (
        {"name", "description", "encodingType", "feature"},
        {"Observations": True},
    ),
}
TARGET = {
    "Thing": "Things",
    "Sensor": "Sensors",
    "ObservedProperty": "ObservedProperties",
    "Datastream": "Datastreams",
    "FeatureOfInterest": "FeaturesOfInterest",
}
each_set = pytest.mark.parametrize("name", SETS)
ROOT = "http://localhost/-/sta/v1.1"


@pytest.fixture(scope="module", params=["heat", "air"])
def service(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


def _first(service: Any, name: str) -> dict[str, Any]:
    return dict(service.values(f"/{name}", top="1")[0])


def test_the_root_lists_every_set_with_its_address(service: Any) -> None:
    """resource-path/resource-path-to-entities: the service root"""
    root = service.get("")
    assert {each["name"]: each["url"] for each in root["value"]} == {
        name: f"{ROOT}/{name}" for name in SETS
    }
    conformance = root["serverSettings"]["conformance"]
    assert "http://www.opengis.net/spec/iot_sensing/1.1/req/datamodel" in conformance
    assert not any("create-update-delete" in each for each in conformance)
    assert service.ask("/").json() == root


@pytest.mark.parametrize("name", [n for n in SETS if "Location" not in n])
def test_an_entity_says_what_is_mandatory_in_a_place_without_geometry(heat: Any, name: str) -> None:
    """datamodel/*/properties, datamodel/*/relations"""
    _whole(heat.values(f"/{name}", top="1")[0], name)


@each_set
def test_an_entity_says_what_is_mandatory(air: Any, name: str) -> None:
    """datamodel/*/properties, datamodel/*/relations"""
    _whole(_first(air, name), name)


def _whole(entity: dict[str, Any], name: str) -> None:
    properties, links = SETS[name]
    assert properties <= entity.keys()
    for link in links:
        expected = f"{entity['@iot.selfLink']}/{link}"
        assert entity[f"{link}@iot.navigationLink"] == expected


@each_set
def test_control_information(air: Any, name: str) -> None:
    """datamodel/entity-control-information/common-control-information"""
    entity = _first(air, name)
    assert entity["@iot.selfLink"] == f"{ROOT}/{name}({entity['@iot.id']})"
    assert air.get(entity["@iot.selfLink"]) == entity


def test_a_text_as_id_is_quoted_and_any_character_can_be_in_it(heat: Any) -> None:
    """datamodel/entity-control-information/common-control-information"""
    (thing, *_) = heat.values("/Things")
    assert thing["@iot.id"] == "kita/'eins'"
    assert unquote(thing["@iot.selfLink"]).endswith("/Things('kita/''eins''')")
    assert heat.get(thing["@iot.selfLink"])["name"] == "Kita Eins"
    assert len(heat.values("/Things('kita/''eins''')/Datastreams")) == 4  # unencoded as well


@each_set
def test_everything_is_reached_from_everything(air: Any, name: str) -> None:
    """resource-path/resource-path-to-entities: usages 3 to 7, four steps deep"""
    visited = 0

    def follow(path: str, of: str, depth: int) -> None:
        nonlocal visited
        for link, many in SETS[of][1].items():
            found = air.get(f"{path}/{link}", **({"top": "1"} if many else {}))
            target = TARGET.get(link, link)
            visited += 1
            if many:
                assert found["value"], f"{path}/{link}"
                ref = air.get(f"{path}/{link}/$ref", top="1")["value"]
                assert ref == [{"@iot.selfLink": found["value"][0]["@iot.selfLink"]}]
                found = found["value"][0]
                _whole(found, target)
                step = f"{path}/{link}({found['@iot.id']})"
                assert air.get(step) == found
            else:
                step = f"{path}/{link}"
                _whole(found, target)
                assert air.get(f"{step}/$ref") == {"@iot.selfLink": found["@iot.selfLink"]}
            if depth:
                follow(step, target, depth - 1)

    follow(f"/{name}({_first(air, name)['@iot.id']})", name, 2)
    assert visited > 2


@each_set
def test_a_property_by_itself_and_its_value(air: Any, name: str) -> None:
    """resource-path/resource-path-to-entities: usages 4 and 5"""
    entity = _first(air, name)
    for known in SETS[name][0]:
        path = f"/{name}({entity['@iot.id']})/{known}"
        assert air.get(path) == {known: entity[known]}
        answer = air.ask(f"{path}/$value")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/plain")
        value = entity[known]
        if isinstance(value, str):
            assert answer.text == value
        elif isinstance(value, dict):
            assert answer.json() == value


def test_a_part_of_a_property(air: Any) -> None:
    """resource-path/resource-path-to-entities: usage 4"""
    assert air.get("/Things(2)/properties/tags/room") == {"room": "R2"}
    assert air.ask("/Things(2)/properties/floor/$value").text == "2"
    air.refused("/Things(2)/properties/none", 404)


def test_a_property_that_says_nothing_is_no_content(heat: Any, air: Any) -> None:
    """request-data/status-code"""
    stream = heat.values("/Datastreams", filter="name eq 'Vollständig: Rathaus'")[0]
    assert stream["unitOfMeasurement"] == {"name": None, "symbol": None, "definition": None}
    answer = air.ask("/Observations(1)/parameters")
    assert (answer.status_code, answer.text) == (204, "")


@each_set
@pytest.mark.parametrize("identifier", ["9223372036854775807", "'none'", "'%00'", "-1", "''"])
def test_what_does_not_exist_is_not_found(service: Any, name: str, identifier: str) -> None:
    """request-data/status-code"""
    service.refused(f"/{name}({identifier})", 404)
    for link in SETS[name][1]:
        service.refused(f"/{name}({identifier})/{link}", 404)


@pytest.mark.parametrize(
    "path",
    [
        "/Nothings",
        "/things",
        "/Things(1)/Nothing",
        "/Things(1)/Sensors",
        "/Things/Datastreams",
        "/Things(1",
        "/Things()",
        "/Things(1)(2)",
        "/Things(1)/name/$ref",
        "/Things(1)/name/first",
        "/Things/$value",
        "/$ref",
        "/Things(99999999999999999999999)",
        "/%2e%2e",
    ],
)
def test_a_path_that_names_nothing_is_not_found(air: Any, path: str) -> None:
    """request-data/status-code"""
    assert air.ask(path).status_code == 404


def test_a_link_to_one_takes_no_id(air: Any) -> None:
    """request-data/status-code"""
    assert "character" in air.refused("/Datastreams(11)/Thing(1)")


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
@pytest.mark.parametrize("path", ["", "/Things", "/Things(1)"])
def test_nothing_can_be_written(service: Any, method: str, path: str) -> None:
    """request-data/status-code"""
    answer = service.ask(path, method)
    assert answer.status_code == 405, answer.text
    assert answer.headers["allow"] == "GET, HEAD"
    assert answer.json()["message"] == "this service is read-only"


def test_a_head_is_answered(service: Any) -> None:
    """request-data/status-code"""
    assert service.ask("/Things", "HEAD").status_code == 200


def test_the_order_of_options(heat: Any) -> None:
    """request-data/order: filter, then count, order, skip and top, then expand and select"""
    page = heat.get(
        "/Observations",
        filter="Datastream/id eq 'energie-stunde:schule' and result lt 210",
        count="true",
        orderby="result desc",
        skip="1",
        top="3",
        select="result",
        expand="Datastream($select=name)",
    )
    assert page["@iot.count"] == 9
    assert [each["result"] for each in page["value"]] == [207.0, 206.0, 205.0]
    assert page["value"][0]["Datastream"] == {"name": "Wärme je Stunde: Größte Schule"}


@each_set
def test_each_link_is_expanded(air: Any, name: str) -> None:
    """request-data/expand"""
    entity = _first(air, name)
    path = f"/{name}({entity['@iot.id']})"
    for link, many in SETS[name][1].items():
        found = air.get(path, expand=link)
        linked = air.get(f"{path}/{link}")
        assert found[link] == (linked["value"] if many else linked)
        assert f"{link}@iot.navigationLink" not in found
    both = air.get(path, expand=",".join(SETS[name][1]))
    assert both.keys() >= SETS[name][1].keys()


def test_expand_with_options_and_over_two_links(air: Any) -> None:
    """request-data/expand"""
    inner = (
        "Observations($top=2;$orderby=result desc;$count=true;$select=result;$filter=result lt 5)"
    )
    (thing, *_) = air.values("/Things", expand=f"Datastreams($select=name;$expand={inner})")
    stream = thing["Datastreams"][0]
    assert stream["name"] == "Stream 1.1"
    assert stream["Observations"] == [{"result": 4.75}, {"result": 4.5}]
    assert stream["Observations@iot.count"] == 20
    rest = air.ask(stream["Observations@iot.nextLink"]).json()
    assert rest["value"] == [{"result": 4.25}, {"result": 4.0}]
    slashed = air.values("/Things", expand="Datastreams/Sensor,Datastreams/ObservedProperty")
    assert slashed[1]["Datastreams"][0]["Sensor"]["name"] == "Sensor 2"
    assert slashed[1]["Datastreams"][1]["ObservedProperty"]["name"] == "Property 2"


@each_set
def test_only_what_is_selected(air: Any, name: str) -> None:
    """request-data/select"""
    properties, links = SETS[name]
    for known in sorted(properties):
        assert list(air.values(f"/{name}", select=known, top="1")[0]) == [known]
    chosen = [*sorted(properties), *links]
    found = air.values(f"/{name}", select=",".join(chosen), top="1")[0]
    assert found.keys() == properties | {f"{link}@iot.navigationLink" for link in links}
    assert list(air.values(f"/{name}", select="id", top="1")[0]) == ["@iot.id"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"filter": "nonsense eq 1"}, "nonsense"),
        ({"select": "name,none"}, "character 5"),
        ({"expand": "None"}, "None"),
        ({"expand": "Datastreams($top=x)"}, "$top"),
        ({"expand": "Datastreams($top=1"}, "no end"),
        ({"expand": "Datastreams,Datastreams($top=1),Datastreams($top=2)"}, "twice"),
        ({"expand": "Datastreams/Observations/Datastream/Thing/Locations"}, "4 levels"),
        ({"orderby": "none"}, "none"),
        ({"orderby": "Datastreams/name"}, "many"),
        ({"top": "-1"}, "$top"),
        ({"top": "1.5"}, "$top"),
        ({"top": ""}, "$top"),
        ({"skip": "x"}, "$skip"),
        ({"count": "yes"}, "$count"),
        ({"skiptoken": "x"}, "$skiptoken"),
        ({"search": "x"}, "$search"),
        ({"": "x"}, "$"),
    ],
)
def test_a_wrong_option_is_a_bad_request_that_says_why(
    air: Any, options: dict[str, str], says: str
) -> None:
    """request-data/query-status-code"""
    assert says in air.refused("/Things", **options)


def test_an_option_twice_or_without_its_sign_is_a_bad_request(air: Any) -> None:
    """request-data/query-status-code"""
    assert air.ask("/Things?$top=1&$top=2").status_code == 400
    assert air.ask("/Things?top=1").status_code == 400
    assert air.ask("/Things?$filter=%FF").status_code == 400
    assert air.ask("/Things(1)?$top=1").status_code == 400
    assert air.ask("?$top=1").status_code == 400


@each_set
def test_ordered_up_and_down_by_each_property(air: Any, name: str) -> None:
    """request-data/orderby"""
    for known in SETS[name][0] - {"unitOfMeasurement", "location", "feature"}:
        up = [each[known] for each in air.walk(f"/{name}", orderby=known)]
        assert up == sorted(up)
        assert [each[known] for each in air.walk(f"/{name}", orderby=f"{known} asc")] == up
        down = [each[known] for each in air.walk(f"/{name}", orderby=f"{known} desc", top="7")]
        assert down == up[::-1]


def test_ordered_by_two_and_over_a_link(air: Any) -> None:
    """request-data/orderby"""
    found = air.values("/Datastreams", orderby="ObservedProperty/name desc,Thing/name,id")
    assert [each["@iot.id"] for each in found] == [12, 22, 32, 11, 21, 31]


@each_set
def test_top_and_skip(air: Any, name: str) -> None:
    """request-data/top, request-data/skip"""
    every = [each["@iot.id"] for each in air.walk(f"/{name}")]
    assert len(set(every)) == len(every)
    for size in (0, 1, 2, len(every), len(every) + 1):
        page = air.get(f"/{name}", top=str(size))
        assert [each["@iot.id"] for each in page["value"]] == every[:size]
    for size in (1, 2, len(every) - 1, len(every), len(every) + 5):
        assert air.ids(f"/{name}", skip=str(size), top="3") == every[size : size + 3]


@each_set
def test_count_is_of_all_and_not_of_the_page(air: Any, name: str) -> None:
    """request-data/count"""
    page = air.get(f"/{name}", count="true", top="1")
    assert page["@iot.count"] == len(air.walk(f"/{name}"))
    assert "@iot.count" not in air.get(f"/{name}", count="false")


@each_set
def test_pages_are_linked_until_all_was_given_once(air: Any, name: str) -> None:
    """request-data/pagination"""
    every = [each["@iot.id"] for each in air.walk(f"/{name}", top="1000")]
    assert [each["@iot.id"] for each in air.walk(f"/{name}", top="7")] == every
    assert "@iot.nextLink" not in air.get(f"/{name}", top="1000")
    if len(every) > 2:
        link = air.get(f"/{name}", top="2")["@iot.nextLink"]
        assert "$top=2" in link


def test_data_arrays(heat: Any) -> None:
    """data-array/data-array"""
    path = "/Observations?resultFormat=dataArray&$select=id,result&$top=60&$count=true"
    body = heat.ask(path).json()
    assert body["@iot.count"] == 3 * (54 + 60 + 60 + 3)
    first, second = body["value"]
    assert first["components"] == ["id", "result"]
    assert (first["dataArray@iot.count"], len(first["dataArray"])) == (54, 54)
    assert second["dataArray"][0] == ["energie-stunde:rathaus@2026-11-01T00:00:00Z", 100.0]
    assert heat.get(first["Datastream@iot.navigationLink"])["name"] == "Wärme je Stunde: Kita Eins"
    assert heat.ask("/Things?resultFormat=dataArray").status_code == 400
    assert heat.ask("/Observations?resultFormat=csv").status_code == 400
