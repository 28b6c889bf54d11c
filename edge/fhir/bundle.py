"""All about one person for one recipient, as one Bundle or a file a type. Pure.

Source: FHIR R4, 2.36 Bundle (collection; references by fullUrl); FHIR Bulk Data 2.0 (NDJSON).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from edge.care.consent import Consent
from edge.care.measured import Measured
from edge.fhir import agreement, escalation, parties, trail
from edge.fhir.identity import EXPORT, Resource, moment
from edge.fhir.json_text import write
from edge.fhir.observation import Whose, observations
from edge.fhir.record import Escalation, Glance, Instrument, Message, Question

_LOCAL = re.compile(r"[A-Z][A-Za-z]+/([0-9a-f-]{36})")


@dataclass(frozen=True, slots=True)
class Contents:
    """What an export is made of; all of one person."""

    values: Sequence[Measured] = ()
    instruments: Sequence[Instrument] = ()
    consents: Sequence[Consent] = ()
    escalations: Sequence[Escalation] = ()
    messages: Sequence[Message] = ()
    questions: Sequence[Question] = ()
    glances: Sequence[Glance] = field(default=())


def resources(
    whose: Whose, contents: Contents, at_ms: int, *, own_copy: bool = False
) -> list[Resource]:
    """Return every resource of an export made at ``at_ms``, the person first.

    ``own_copy``: for the person, with what only the person's own copy has.
    """
    found = [parties.patient(whose), parties.hub(whose)]
    named = {one.device_id: one for one in contents.instruments}
    used = dict.fromkeys(row.device_id for row in contents.values)
    found += [parties.device(whose, named.get(one, Instrument(one))) for one in used]
    found += [agreement.consent(whose, one, own_copy=own_copy) for one in contents.consents]
    measured = list(observations(whose, contents.values))
    found += measured
    found += [escalation.task(whose, one) for one in contents.escalations]
    found += [escalation.question(whose, one) for one in contents.questions]
    found += [escalation.communication(whose, one) for one in contents.messages]
    by_device: dict[object, list[Resource]] = {}
    for one in measured:
        by_device.setdefault(_reference(one.get("device")), []).append(one)
    for device_id in used:
        of_it = by_device.get(f"Device/{whose.id('device', device_id)}")
        if of_it:
            found.append(trail.provenance(whose, device_id, of_it, at_ms))
    found += [trail.audit_event(whose, one) for one in contents.glances]
    return found


def bundle(whose: Whose, found: Sequence[Mapping[str, object]], at_ms: int) -> Resource:
    """Return resources as one collection, each reference by the other's full address."""
    return {
        "resourceType": "Bundle",
        "id": whose.id("bundle", at_ms),
        "identifier": {"system": EXPORT, "value": f"{whose.id('export')}/{at_ms}"},
        "type": "collection",
        "timestamp": moment(at_ms, whose.zone),
        "entry": [
            {"fullUrl": f"urn:uuid:{one['id']}", "resource": _linked(dict(one))} for one in found
        ],
    }


def ndjson(found: Iterable[Mapping[str, object]]) -> dict[str, str]:
    """Return the text of each type's file, one resource a line, by the type's name."""
    lines: dict[str, list[str]] = {}
    for one in found:
        lines.setdefault(str(one["resourceType"]), []).append(write(one) + "\n")
    return {name: "".join(each) for name, each in sorted(lines.items())}


def _reference(value: object) -> object:
    return value.get("reference") if isinstance(value, dict) else None


def _linked(value: object) -> object:
    """Return a value with its references by full address."""
    if isinstance(value, dict):
        return {
            key: f"urn:uuid:{local[1]}"
            if key == "reference" and isinstance(each, str) and (local := _LOCAL.fullmatch(each))
            else _linked(each)
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [_linked(each) for each in value]
    return value
