"""What goes out: checked by our own checker and by somebody else's, and the same each time."""

import json
import re
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fhir.resources.R4B import get_fhir_model_class
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.fhir.bundle import Contents, bundle, ndjson, resources
from edge.fhir.checker import check
from edge.fhir.definitions import Definitions
from edge.fhir.identity import moment
from edge.fhir.issue import errors
from edge.fhir.json_text import read, write
from edge.fhir.observation import Whose, decimal, observations
from edge.fhir.vitals import OF_LOINC
from hardware.quantity import Quantity
from hardware.reading import TimeQuality
from tests.edge.fhir.people import (
    AT,
    CONTENTS,
    CUFF,
    VALUES,
    WHOSE,
    as_bundle,
    exported,
    measured,
)

BERLIN = ZoneInfo("Europe/Berlin")


def of(text: str) -> Any:
    return next(one for one in exported() if one.get("code", {}).get("text") == text)  # type: ignore[attr-defined]


@pytest.mark.parametrize("own_copy", [False, True])
def test_an_export_is_what_the_profiles_say(german: Definitions, *, own_copy: bool) -> None:
    found = exported(own_copy=own_copy)
    types = {one["resourceType"] for one in found}
    assert types == {
        "Patient", "Device", "Consent", "Observation", "Task", "Communication", "Provenance",
        "AuditEvent",
    }  # fmt: skip
    for one in [*found, as_bundle(own_copy=own_copy)]:
        assert errors(check(read(write(one)), german)) == []


def test_somebody_elses_checker_agrees() -> None:
    for one in [*exported(own_copy=True), as_bundle()]:
        text = write(one)
        model = get_fhir_model_class(str(one["resourceType"])).model_validate_json(text)
        read_back = json.loads(model.model_dump_json(by_alias=True))
        assert read_back.keys() == json.loads(text).keys()  # it writes times its own way


def test_blood_pressure_is_one_panel_with_its_parts() -> None:
    panel = of("Blutdruck")
    codes = [part["code"]["coding"][0]["code"] for part in panel["component"]]
    assert panel["code"]["coding"][0]["code"] == "85354-9"
    assert codes == ["8480-6", "8462-4", "8478-0"]
    values = [part["valueQuantity"]["value"] for part in panel["component"]]
    assert values == [Decimal(142), Decimal(86), Decimal("104.7")]
    assert of("Puls")["effectiveDateTime"] == panel["effectiveDateTime"]


def test_a_pressure_that_was_not_told_is_absent_with_a_reason(german: Definitions) -> None:
    (panel,) = observations(WHOSE, VALUES[:1])
    assert errors(check(panel, german)) == []
    absent = panel["component"][1]  # type: ignore[index]
    assert "valueQuantity" not in absent
    assert absent["dataAbsentReason"]["coding"][0]["code"] == "unknown"


def test_saturation_has_two_codes() -> None:
    codes = {one["code"] for one in of("Sauerstoffsättigung (Pulsoxymetrie)")["code"]["coding"]}
    assert codes == {"2708-6", "59408-5", "150324"}


def test_a_time_has_its_zone_and_how_far_it_may_be_trusted() -> None:
    fever = of("Körpertemperatur")
    assert fever["effectiveDateTime"] == "2026-09-21T16:13:20+02:00"
    assert fever["issued"] == "2026-09-21T16:13:21.500+02:00"
    assert fever["_effectiveDateTime"]["extension"][0]["valueCode"] == "unknown"
    assert "unsicher" in fever["note"][0]["text"]
    assert "note" not in of("Puls")
    assert moment(AT + 120 * 86_400_000, BERLIN).endswith("+01:00")


def test_no_name_and_no_address_of_a_device_goes_out() -> None:
    text = write(as_bundle())
    assert "Erna" not in text
    assert "Weber" not in text
    assert "C00000" not in text
    assert write(as_bundle(own_copy=True)) != text


def test_the_persons_own_copy_has_the_sentence() -> None:
    agreed = [one for one in exported(own_copy=True) if one["resourceType"] == "Consent"]
    assert "sourceAttachment" in agreed[0]
    assert "sourceAttachment" not in agreed[2]  # said without a sentence


def test_the_same_export_is_the_same_text_and_another_recipients_has_nothing_in_common() -> None:
    assert write(as_bundle()) == write(as_bundle())
    ids = {one["id"] for one in exported()}
    assert len(ids) == len(exported())
    other = resources(Whose("anders", BERLIN), CONTENTS, AT)
    assert not ids & {one["id"] for one in other}


def test_order_of_values_does_not_matter() -> None:
    forwards, backwards = list(observations(WHOSE, VALUES)), list(observations(WHOSE, VALUES[::-1]))
    assert {str(one["id"]) for one in forwards} == {str(one["id"]) for one in backwards}


def test_the_same_quantity_twice_in_one_measurement_is_kept_twice() -> None:
    twice = [measured("heart_rate", rate, "heart_rate", CUFF) for rate in (60.0, 61.0)]
    found = list(observations(WHOSE, twice))
    assert len({one["id"] for one in found}) == 2


def test_every_reference_of_a_bundle_leads_to_one_of_its_entries() -> None:
    whole = as_bundle()
    known = {one["fullUrl"] for one in whole["entry"]}  # type: ignore[attr-defined]
    found = set(re.findall(r'"reference":"([^"]+)"', write(whole)))
    assert found
    assert found <= known


def test_a_bundle_whose_reference_leads_nowhere_is_refused() -> None:
    whole: Any = as_bundle()
    del whole["entry"][0]
    assert "reference" in {one.rule for one in errors(check(whole))}


def test_ndjson_has_a_file_a_type_and_a_resource_a_line() -> None:
    found = exported()
    files = ndjson(found)
    lines = [read(line) for text in files.values() for line in text.splitlines()]
    assert sorted(str(one["id"]) for one in lines) == sorted(str(one["id"]) for one in found)
    for name, text in files.items():
        assert {read(line)["resourceType"] for line in text.splitlines()} == {name}


def test_nothing_of_nobody_is_still_a_person() -> None:
    found = resources(WHOSE, Contents(), AT)
    assert [one["resourceType"] for one in found] == ["Patient", "Device"]
    assert errors(check(bundle(WHOSE, found, AT))) == []


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (37.0, (1, 2), "37.0"),
        (36.65, (1, 2), "36.65"),
        (120.0, (0, 1), "120"),
        (119.98987, (0, 1), "120"),
        (72.55000000000001, (1, 3), "72.55"),
        (72.5, (1, 3), "72.5"),
        (0.0, (1, 2), "0.0"),
        (-3.25, (0, 3), "-3.25"),
        (1e6, (0, 3), "1000000"),
    ],
)
def test_a_number_keeps_its_decimals(value: float, digits: tuple[int, int], text: str) -> None:
    assert write(decimal(value, digits)) == text


@settings(deadline=None, max_examples=60)
@given(
    quantity=st.sampled_from(sorted(Quantity.__members__.values())),
    value=st.floats(0, 1000, allow_nan=False),
    quality=st.sampled_from(TimeQuality),
    at=st.integers(1, 4_000_000_000_000),
)
def test_whatever_is_measured_goes_out_whole(
    quantity: Quantity, value: float, quality: TimeQuality, at: int
) -> None:
    from edge.care.kinds import _OF_QUANTITY  # noqa: PLC0415

    name = quantity.value if quantity.value in _OF_QUANTITY else "steps"
    row = measured(name, value, _OF_QUANTITY[name], CUFF, at, quality=quality)
    (found,) = observations(WHOSE, [row])
    assert errors(check(read(write(found)))) == []


def test_codes_lead_back_to_the_quantity() -> None:
    assert OF_LOINC["8867-4"] is Quantity.HEART_RATE
    assert OF_LOINC["59408-5"] is Quantity.OXYGEN_SATURATION
