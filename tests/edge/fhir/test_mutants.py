"""Copies of what is right, each broken in one place: every one has to be refused, there."""

import copy
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from edge.fhir.checker import check
from edge.fhir.definitions import Definitions, standard
from edge.fhir.issue import Severity, errors
from tests.edge.fhir.people import exported

Change = Callable[[Any], object]


def resource(what: str) -> Any:
    """A resource of the made-up export: a type, or the text of an Observation."""
    return copy.deepcopy(
        next(
            one
            for one in exported(own_copy=True)
            if what in (one["resourceType"], one.get("code", {}).get("text"))  # type: ignore[attr-defined]
        )
    )


def put(*path: Any) -> Change:
    """Put the last of ``path`` where the others lead."""
    *steps, key, value = path

    def change(one: Any) -> None:
        for step in steps:
            one = one[step]
        if isinstance(one, list) and key == len(one):
            one.append(value)
        else:
            one[key] = value

    return change


def drop(*path: Any) -> Change:
    *steps, key = path

    def change(one: Any) -> None:
        for step in steps:
            one = one[step]
        del one[key]

    return change


def twice(*path: Any) -> Change:
    *steps, key = path

    def change(one: Any) -> None:
        for step in steps:
            one = one[step]
        one[key].append(copy.deepcopy(one[key][0]))

    return change


BP, O2, KG, CEL, HR, MG = (
    "Blutdruck", "Sauerstoffsättigung (Pulsoxymetrie)", "Körpergewicht", "Körpertemperatur", "Puls",
    "Blutzucker",
)  # fmt: skip
OTHER = {"coding": [{"system": "http://loinc.org", "code": "1-8"}]}
MUTANTS: list[tuple[str, Change, str, str]] = [
    # how often
    (BP, drop("status"), "Observation.status", "cardinality"),
    (BP, drop("code"), "Observation.code", "cardinality"),
    (BP, drop("subject"), "Observation.subject", "cardinality"),
    (BP, drop("category"), "Observation.category", "cardinality"),
    (BP, lambda one: (one.pop("effectiveDateTime"), one.pop("_effectiveDateTime")),
     "Observation.effective", "cardinality"),
    (BP, drop("component", 1), "Observation.component:DiastolicBP", "slice"),
    (BP, twice("component"), "Observation.component:SystolicBP", "slice"),
    (KG, drop("valueQuantity", "value"), "Observation.valueQuantity.value", "cardinality"),
    (KG, drop("valueQuantity", "unit"), "Observation.valueQuantity.unit", "cardinality"),
    (KG, drop("valueQuantity", "system"), "Observation.valueQuantity.system", "cardinality"),
    (KG, put("component", []), "Observation.component", "type"),
    ("Consent", drop("scope"), "Consent.scope", "cardinality"),
    ("Task", drop("intent"), "Task.intent", "cardinality"),
    ("Provenance", drop("target"), "Provenance.target", "cardinality"),
    ("Provenance", put("target", []), "Provenance.target", "type"),
    ("AuditEvent", drop("agent", 0, "requestor"), "AuditEvent.agent[0].requestor", "cardinality"),
    ("Communication", drop("payload", 0, "contentString"), "Communication.payload[0].content",
     "cardinality"),
    # what is not there
    (BP, put("gewicht", 1), "Observation.gewicht", "element"),
    (BP, put("valueMass", 1), "Observation.valueMass", "element"),
    (BP, put("component", 0, "value", 1), "Observation.component[0].value", "element"),
    ("Patient", put("namen", ["x"]), "Patient.namen", "element"),
    # types
    (BP, put("status", 1), "Observation.status", "type"),
    (KG, put("valueQuantity", "value", "72.55"), "Observation.valueQuantity.value", "type"),
    (KG, put("valueQuantity", 72), "Observation.valueQuantity", "type"),
    (KG, put("code", [OTHER]), "Observation.code", "type"),
    (KG, put("category", OTHER), "Observation.category", "type"),
    (KG, put("note", [None]), "Observation.note[0]", "value"),
    (KG, put("effectiveDateTime", "21.09.2026"), "Observation.effectiveDateTime", "type"),
    (KG, put("effectiveDateTime", "2026-02-30"), "Observation.effectiveDateTime", "type"),
    (KG, put("effectiveDateTime", "2026-09-21T15:33:20"), "Observation.effectiveDateTime", "type"),
    (KG, put("issued", "2026-09-21"), "Observation.issued", "type"),
    (KG, put("id", "a/b"), "Observation.id", "type"),
    (KG, put("subject", {}), "Observation.subject", "value"),
    ("Patient", put("active", "ja"), "Patient.active", "type"),
    ("Patient", put("birthDate", "1940-13-01"), "Patient.birthDate", "type"),
    ("Patient", put("multipleBirthInteger", Decimal("1.5")), "Patient.multipleBirthInteger",
     "type"),
    ("Consent", put("sourceAttachment", "data", "***"), "Consent.sourceAttachment.data", "type"),
    # fixed values and patterns
    (KG, put("category", 0, "coding", 0, "code", "laboratory"), "Observation.category:VSCat",
     "slice"),
    (BP, put("component", 0, "valueQuantity", "code", "kPa"),
     "Observation.component[0].valueQuantity.code", "pattern"),
    (CEL, put("valueQuantity", "code", "K"), "Observation.valueQuantity.code", "pattern"),
    (O2, put("valueQuantity", "system", "http://x.example"), "Observation.valueQuantity.system",
     "pattern"),
    (HR, put("valueQuantity", "code", "/h"), "Observation.valueQuantity.code", "pattern"),
    # slices
    (BP, put("component", 1, "code", OTHER), "Observation.component:DiastolicBP", "slice"),
    (BP, put("code", "coding", 0, "code", "8480-6"), "Observation.code.coding:loinc", "slice"),
    (O2, drop("code", "coding", 1), "Observation.code.coding:loinc-zusatzcode", "slice"),
    (O2, drop("code", "coding", 0), "Observation.code.coding:loinc", "slice"),
    (KG, twice("code", "coding"), "Observation.code.coding:loinc", "slice"),
    # value sets
    (KG, put("status", "fertig"), "Observation.status", "binding"),
    ("Task", put("priority", "hoch"), "Task.priority", "binding"),
    ("Task", put("status", "offen"), "Task.status", "binding"),
    ("Consent", put("provision", "type", "ja"), "Consent.provision.type", "binding"),
    ("Device", put("deviceName", 0, "type", "rufname"), "Device.deviceName[0].type", "binding"),
    ("Patient", put("gender", "m"), "Patient.gender", "binding"),
    ("AuditEvent", put("action", "X"), "AuditEvent.action", "binding"),
    # references
    (KG, put("subject", "reference", "Device/1"), "Observation.subject.reference", "reference"),
    (KG, put("device", "reference", "Patient/1"), "Observation.device.reference", "reference"),
    (KG, put("subject", "reference", "#x"), "Observation.subject.reference", "reference"),
    (KG, put("subject", "type", "Group"), "Observation.subject.type", "reference"),
    (KG, put("subject", "reference", "Mensch/1"), "Observation.subject.reference", "reference"),
    # units
    (MG, put("valueQuantity", "code", "mg/dl%"), "Observation.valueQuantity.code", "ucum"),
    (MG, put("valueQuantity", "code", "mg per dL"), "Observation.valueQuantity.code", "ucum"),
    # invariants
    (MG, put("dataAbsentReason", OTHER), "Observation", "obs-6"),
    (MG, lambda one: one.update(component=[{"code": one["code"], "valueString": "x"}]),
     "Observation", "obs-7"),
    (MG, put("referenceRange", [{"age": {}}]), "Observation.referenceRange[0]", "obs-3"),
    (KG, drop("valueQuantity"), "Observation", "vs-de-2"),
    (BP, drop("component", 0, "valueQuantity"), "Observation.component[0]", "vs-de-3"),
    (KG, put("effectiveDateTime", "2026-09"), "Observation.effectiveDateTime", "vs-de-1"),
    ("Consent", drop("policy"), "Consent", "ppc-1"),
    ("Consent", put("provision", "period", "end", "2001-01-01T00:00:00Z"),
     "Consent.provision.period", "per-1"),
    ("Task", put("lastModified", "2001-01-01T00:00:00Z"), "Task", "inv-1"),
    ("Patient", put("contact", [{"gender": "female"}]), "Patient.contact[0]", "pat-1"),
    ("Patient", put("telecom", [{"value": "1"}]), "Patient.telecom[0]", "cpt-2"),
    ("Patient", put("contained", [{"resourceType": "Patient", "id": "x"}]),
     "Patient.contained[0]", "dom-3"),
    # narratives and extensions
    (KG, put("text", {"status": "generated",
      "div": '<div xmlns="http://www.w3.org/1999/xhtml"><script>1</script></div>'}),
     "Observation.text.div", "narrative"),
    (KG, put("_effectiveDateTime", "extension", 0, {"url": "urn:x:y"}),
     "Observation._effectiveDateTime.extension[0]", "ext-1"),
    (KG, put("meta", "profile", 3, "http://hl7.org/fhir/StructureDefinition/Patient"),
     "Observation.meta.profile", "profile"),
]  # fmt: skip


@pytest.fixture(params=["carried along", "the publishers'"])
def definitions(request: pytest.FixtureRequest) -> Definitions:
    """The German profiles in our own words, and as their publishers wrote them."""
    if request.param == "carried along":
        return standard()
    found: Definitions = request.getfixturevalue("german")
    return found


def test_what_is_broken_is_right_before(definitions: Definitions) -> None:
    for what in {one for one, *_ in MUTANTS}:
        assert errors(check(resource(what), definitions)) == [], what


@pytest.mark.parametrize(("what", "change", "path", "rule"), MUTANTS)
def test_a_mutant_is_refused_where_it_is_broken(
    definitions: Definitions, what: str, change: Change, path: str, rule: str
) -> None:
    broken = resource(what)
    change(broken)
    found = errors(check(broken, definitions))
    assert (path, rule) in {(one.path, one.rule.replace("vs-2", "vs-de-2")) for one in found}
    assert all(one.message and one.hint for one in found)


def test_there_are_many_of_every_kind() -> None:
    assert len(MUTANTS) >= 60
    assert len({rule for *_, rule in MUTANTS}) >= 20


def test_a_profile_that_is_not_here_is_said_to_be_missing() -> None:
    one = resource(KG)
    one["meta"]["profile"].append("http://fhir.de/StructureDefinition/unbekannt")
    found = check(one)
    assert errors(found) == []
    missing = [one.rule for one in found if one.severity is Severity.UNCHECKED]
    assert missing == ["profile"]


def test_a_profile_may_be_asked_for_that_the_resource_does_not_claim() -> None:
    one = resource(MG)
    assert errors(check(one)) == []
    assert errors(check(one, profiles=["http://hl7.org/fhir/StructureDefinition/bodyweight"]))


def test_no_text_is_a_resource() -> None:
    for other in (
        {},
        {"resourceType": "Mensch"},
        {"resourceType": "Resource"},
        {"resourceType": 1},
    ):
        assert [one.rule for one in check(other)] == ["type"]
