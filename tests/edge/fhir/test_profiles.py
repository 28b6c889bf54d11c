"""Profiles laid over their base: what the German ones do not use, and what cannot be laid."""

from typing import Any

import pytest

from edge.fhir.checker import check
from edge.fhir.definitions import Definitions
from edge.fhir.issue import FhirError, Severity, errors
from edge.fhir.node import BASE
from tests.edge.fhir.people import exported

URL = "https://example.org/StructureDefinition/eigen"
SYSTEM = "https://example.org/CodeSystem/farben"
COLOURS = "https://example.org/ValueSet/farben"


def profile(*elements: dict[str, Any], of: str = "Observation", url: str = URL) -> dict[str, Any]:
    return {
        "resourceType": "StructureDefinition",
        "url": url,
        "type": of,
        "baseDefinition": BASE + of,
        "differential": {"element": list(elements)},
    }


def found(resource: Any, *definitions: dict[str, Any]) -> set[tuple[str, str]]:
    issues = check(resource, Definitions(definitions), [URL])
    return {(one.path, one.rule) for one in errors(issues)}


def observation(**more: Any) -> dict[str, Any]:
    code = {"coding": [{"system": "urn:a", "code": "x"}]}
    return {"resourceType": "Observation", "status": "final", "code": code, **more}


def by(kind: str, path: str, rules: str = "open") -> dict[str, Any]:
    return {"discriminator": [{"type": kind, "path": path}], "rules": rules}


def test_a_closed_slicing_lets_nothing_else_in() -> None:
    closed = profile(
        {"id": "Observation.note", "slicing": by("value", "text", "closed")},
        {"id": "Observation.note:a", "sliceName": "a"},
        {"id": "Observation.note:a.text", "fixedMarkdown": "a"},
    )
    assert found(observation(note=[{"text": "a"}]), closed) == set()
    assert found(observation(note=[{"text": "b"}]), closed) == {("Observation.note[0]", "slice")}


def test_slices_by_what_is_there() -> None:
    timed = profile(
        {"id": "Observation.note", "slicing": by("exists", "time")},
        {"id": "Observation.note:with", "min": 1, "max": "1"},
        {"id": "Observation.note:with.time", "min": 1},
        {"id": "Observation.note:without", "max": "0"},
        {"id": "Observation.note:without.time", "max": "0"},
    )
    good = {"text": "a", "time": "2026-01-01"}
    assert found(observation(note=[good]), timed) == set()
    assert found(observation(note=[{"text": "a"}]), timed) == {
        ("Observation.note:with", "slice"),
        ("Observation.note:without", "slice"),
    }


def test_slices_by_profile_and_by_what_a_reference_points_to() -> None:
    kind = profile({"id": "Identifier.system", "min": 1, "fixedUri": "urn:k"}, of="Identifier",
                   url=f"{URL}-id")  # fmt: skip
    mine = profile(
        {"id": "Observation.identifier", "slicing": by("profile", "$this")},
        {"id": "Observation.identifier:k", "min": 1,
         "type": [{"code": "Identifier", "profile": [f"{URL}-id"]}]},
        {"id": "Observation.performer", "slicing": by("type", "resolve()")},
        {"id": "Observation.performer:human", "max": "1",
         "type": [{"code": "Reference", "targetProfile": [f"{BASE}Patient"]}]},
    )  # fmt: skip
    two = [{"reference": "Patient/1"}, {"reference": "Patient/2"}]
    fitting = observation(identifier=[{"system": "urn:k"}], performer=two[:1])
    assert found(fitting, kind, mine) == set()
    assert found(observation(identifier=[{"system": "urn:x"}], performer=two), kind, mine) == {
        ("Observation.identifier:k", "slice"),
        ("Observation.performer:human", "slice"),
    }


def test_a_value_sets_codes_tell_slices_apart_once_it_is_here() -> None:
    coloured = profile(
        {"id": "Observation.code.coding", "slicing": by("pattern", "$this")},
        {"id": "Observation.code.coding:farbe", "min": 1,
         "binding": {"strength": "required", "valueSet": COLOURS}},
    )  # fmt: skip
    colours = {
        "resourceType": "ValueSet", "url": COLOURS, "compose": {"include": [{"system": SYSTEM}]},
    }  # fmt: skip
    system = {
        "resourceType": "CodeSystem", "url": SYSTEM,
        "concept": [{"code": "rot", "concept": [{"code": "hellrot"}]}],
    }  # fmt: skip
    red = observation() | {"code": {"coding": [{"system": SYSTEM, "code": "hellrot"}]}}
    unknown = check(observation(), Definitions([coloured]), [URL])
    assert [(one.rule, one.severity) for one in unknown] == [("slice", Severity.UNCHECKED)]
    assert found(red, coloured, colours, system) == set()
    missing = {("Observation.code.coding:farbe", "slice")}
    assert found(observation(), coloured, colours, system) == missing


@pytest.mark.parametrize(
    "compose",
    [
        None,
        {"include": [{"system": SYSTEM}]},  # whose codes are not here
        {"include": [{"system": SYSTEM, "filter": [{"property": "a", "op": "=", "value": "b"}]}]},
        {"include": [{"valueSet": ["urn:x"]}]},
        {"include": [{"system": SYSTEM, "concept": []}], "exclude": [{"system": SYSTEM}]},
    ],
)
def test_a_value_set_that_cannot_be_counted_is_not_guessed(compose: Any) -> None:
    given = {"resourceType": "ValueSet", "url": COLOURS, "compose": compose}
    assert Definitions([given]).value_set(COLOURS) is None


def test_ucum_and_own_lists_of_codes() -> None:
    units = {"resourceType": "ValueSet", "url": COLOURS,
             "compose": {"include": [{"system": "http://unitsofmeasure.org"}]}}  # fmt: skip
    bound = profile({"id": "Observation.value[x]",
                     "binding": {"strength": "required", "valueSet": COLOURS}})  # fmt: skip
    quantity = {"value": 1, "system": "http://unitsofmeasure.org", "code": "mg"}
    assert found(observation(valueQuantity=quantity), bound, units) == set()
    wrong = quantity | {"system": "urn:x"}
    assert found(observation(valueQuantity=wrong), bound, units) == {
        ("Observation.valueQuantity", "binding")
    }


def test_a_short_name_and_a_part_of_a_choice_are_understood() -> None:
    short = profile(
        {"id": "Observation.valueQuantity", "path": "Observation.valueQuantity"},
        {"id": "Observation.value[x].unit", "min": 1},
    )
    assert found(observation(valueQuantity={"value": 1}), short) == {
        ("Observation.valueQuantity.unit", "cardinality")
    }


def test_longest_text_and_fixed_objects() -> None:
    strict = profile(
        {"id": "Observation.note.text", "maxLength": 3},
        {"id": "Observation.method", "fixedCodeableConcept": {"text": "so"}},
    )
    one = observation(note=[{"text": "abcd"}], method={"text": "so", "id": "x"})
    assert found(one, strict) == {
        ("Observation.note[0].text", "value"),
        ("Observation.method", "fixed"),
    }
    assert found(observation(note=[{"text": "abc"}], method={"text": "so"}), strict) == set()


def test_an_extension_is_held_against_its_definition() -> None:
    url = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace"
    wrong = {"resourceType": "Patient", "extension": [{"url": url, "valueString": "Laubach"}]}
    assert {one.rule for one in errors(check(wrong))} == {"type", "cardinality"}
    unknown = {"resourceType": "Patient", "extension": [{"url": f"{BASE}nie", "valueString": "x"}]}
    (issue,) = check(unknown)
    assert issue.severity is Severity.WARNING


@pytest.mark.parametrize(
    "broken",
    [
        profile({"id": "Observation.gibtsnicht", "min": 1}),
        profile() | {"baseDefinition": "https://example.org/nirgends"},
        profile() | {"baseDefinition": URL},
    ],
)
def test_a_profile_that_does_not_fit_says_so(broken: dict[str, Any]) -> None:
    with pytest.raises(FhirError) as caught:
        check(observation(), Definitions([broken]), [URL])
    assert caught.value.hint


def test_contained_resources_bundles_and_references() -> None:
    device = {"resourceType": "Device", "id": "d"}
    good = observation(contained=[device], device={"reference": "#d"})
    assert errors(check(good)) == []
    lost = observation(device={"reference": "#d"})
    assert [one.rule for one in errors(check(lost))] == ["reference"]
    wrong = observation(contained=[device], subject={"reference": "#d", "type": "Patient"})
    assert {one.path for one in errors(check(wrong))} == {"Observation.subject.type"}
    assert errors(check(observation(subject={"display": "jemand"}))) == []
    nothing = observation(subject={"type": "Patient"})
    assert [one.path for one in errors(check(nothing))] == ["Observation.subject"]
    double = {"fullUrl": "urn:uuid:1", "resource": good}
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [double, double, {}]}
    rules = {one.rule for one in errors(check(bundle))}
    assert rules == {"bdl-7", "bdl-5", "value"}


def test_what_is_wrong_a_thousand_times_is_not_said_a_thousand_times() -> None:
    notes = [{"text": 1}] * 2000
    assert len(check(observation(note=notes))) == 500


def test_any_change_of_one_value_is_answered() -> None:
    """Whatever stands at an element, a check ends with issues and with no error of its own."""
    other: list[Any] = [None, 1, "x", [], {}, [None], [[]], True, {"a": [{}]}]
    for resource in exported():
        for key in list(resource):
            for value in other:
                check({**resource, key: value})
