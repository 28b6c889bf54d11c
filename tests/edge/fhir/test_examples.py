"""The official examples of the German profiles, and copies of them that are broken on purpose."""

from pathlib import Path

import pytest

from edge.fhir.checker import check
from edge.fhir.definitions import Definitions
from edge.fhir.identity import Resource
from edge.fhir.issue import errors
from edge.fhir.json_text import read

# Published with a fault: the code that their own profiles ask for once is there twice, or not.
FAULTY = {
    "Observation-ISiKKoerpergewichtExample.json": "Observation.code.coding:loinc",
    "Observation-ISiKKoerpergroesseExample.json": "Observation.code.coding:loinc",
}
LOINC_HEIGHT: Resource = {"system": "http://loinc.org", "code": "8302-2"}


def examples(shared_data: Path) -> list[Path]:
    found = sorted((shared_data / "fhir").glob("*/*.json"))
    return [one for one in found if not one.name.startswith("StructureDefinition")]


def test_every_official_example_is_what_its_profiles_say(
    shared_data: Path, german: Definitions
) -> None:
    found = examples(shared_data)
    assert len(found) >= 70
    for path in found:
        wrong = errors(check(read(path.read_bytes()), german))
        if path.name in FAULTY:
            assert {one.rule for one in wrong} == {"slice"}, path.name
            assert FAULTY[path.name] in {one.path for one in wrong}
        else:
            assert wrong == [], path.name


def test_the_faulty_ones_pass_once_they_are_mended(shared_data: Path, german: Definitions) -> None:
    folder = shared_data / "fhir/isik"
    weight = read((folder / "Observation-ISiKKoerpergewichtExample.json").read_bytes())
    height = read((folder / "Observation-ISiKKoerpergroesseExample.json").read_bytes())
    del weight["code"]["coding"][1]  # type: ignore[index]
    height["code"]["coding"].append(LOINC_HEIGHT)  # type: ignore[index]
    assert errors(check(weight, german)) == []
    assert errors(check(height, german)) == []


@pytest.mark.parametrize(
    ("element", "rule"),
    [
        ("status", "cardinality"),
        ("code", "cardinality"),
        ("subject", "cardinality"),
        ("category", "cardinality"),
    ],
)
def test_no_example_passes_without_what_every_profile_wants(
    shared_data: Path, german: Definitions, element: str, rule: str
) -> None:
    for path in examples(shared_data):
        resource = read(path.read_bytes())
        claimed = resource.get("meta", {}).get("profile", [])  # type: ignore[attr-defined]
        if not any("observation-de-vitalsign" in one for one in claimed):
            continue
        del resource[element]
        found = {(one.path, one.rule) for one in errors(check(resource, german))}
        assert (f"Observation.{element}", rule) in found, path.name


def test_no_example_passes_with_what_is_not_there(shared_data: Path, german: Definitions) -> None:
    for path in examples(shared_data):
        resource = read(path.read_bytes())
        resource["kommentar"] = "x"
        found = {(one.path, one.rule) for one in errors(check(resource, german))}
        assert (f"{resource['resourceType']}.kommentar", "element") in found, path.name


def test_every_profile_can_be_laid_over_its_base(shared_data: Path, german: Definitions) -> None:
    for path in sorted((shared_data / "fhir").glob("*/StructureDefinition-*.json")):
        url = str(read(path.read_bytes())["url"])
        tree = german.profile(url)
        assert tree is not None
        assert all(one.kinds or one.same_as for one in tree.below()), url


def test_our_own_words_for_the_profiles_say_what_the_publishers_say(
    shared_data: Path, german: Definitions
) -> None:
    for path in examples(shared_data):
        resource = read(path.read_bytes())
        ours, theirs = errors(check(resource)), errors(check(resource, german))
        assert {(one.path, one.rule) for one in ours} == {(one.path, one.rule) for one in theirs}
