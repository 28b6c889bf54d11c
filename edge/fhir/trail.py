"""Where values come from, and who saw them. Pure.

Source: FHIR R4, 6.3 Provenance, 6.4 AuditEvent (the codes of DICOM's audit messages).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from edge.care.kinds import WORDS
from edge.fhir.identity import Resource, concept, moment, reference
from edge.fhir.observation import Whose, references_to
from edge.fhir.parties import HUB
from edge.fhir.record import Glance

_AGENT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
_AUDIT = "http://terminology.hl7.org/CodeSystem/audit-event-type"
_SUBTYPE = "http://hl7.org/fhir/restful-interaction"
_OBJECT = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
_ROLE = "http://terminology.hl7.org/CodeSystem/object-role"


def provenance(
    whose: Whose, device_id: str, resources: Sequence[Mapping[str, object]], recorded_ms: int
) -> Resource:
    """Return from which device Observations are, and that the hub put them together."""
    return {
        "resourceType": "Provenance",
        "id": whose.id("provenance", device_id),
        "target": references_to(resources),
        "recorded": moment(recorded_ms, whose.zone),
        "activity": {"text": "Messwerte vom Gerät übernommen"},
        "agent": [
            {
                "type": concept(_AGENT, "author", "Gerät"),
                "who": reference("Device", whose.id("device", device_id)),
            },
            {
                "type": concept(_AGENT, "assembler", "Dorfhub"),
                "who": reference("Device", whose.id("device", HUB)),
            },
        ],
    }


def audit_event(whose: Whose, seen: Glance) -> Resource:
    """Return that somebody read values, or was refused."""
    what = ", ".join(WORDS.get(kind, kind) for kind in seen.kinds) or "Messwerte"
    return {
        "resourceType": "AuditEvent",
        "id": whose.id("audit", seen.key),
        "type": {"system": _AUDIT, "code": "rest", "display": "RESTful Operation"},
        "subtype": [{"system": _SUBTYPE, "code": "read", "display": "read"}],
        "action": "R",
        "recorded": moment(seen.at, whose.zone),
        "outcome": "0" if seen.allowed else "4",
        "purposeOfEvent": [{"text": seen.why}] if seen.why.strip() else [{"text": "Betreuung"}],
        "agent": [{"who": {"display": seen.who or "unbekannt"}, "requestor": True}],
        "source": {"observer": reference("Device", whose.id("device", HUB))},
        "entity": [
            {
                "what": whose.patient,
                "type": {"system": _OBJECT, "code": "1", "display": "Person"},
                "role": {"system": _ROLE, "code": "1", "display": "Patient"},
                "description": what,
            }
        ],
    }
