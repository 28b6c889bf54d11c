"""What resources are called: pseudonyms, and numbers that come out the same each time. Pure.

A resource's id is a UUIDv5 over the recipient's pseudonym of the person and the key of what it is:
the same export again overwrites itself, and two recipients' exports have nothing in common.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo

Resource = dict[str, object]

# Made once for this; what is derived from it is Dorfhub's.
_SPACE = uuid.UUID("5f3a1c2e-6d0b-5b1e-9c47-0d6f5268b201")

# What FHIR has no address for; urn: an address that nobody has to own or serve.
PSEUDONYM = "urn:dorfhub:fhir:pseudonym"
EXPORT = "urn:dorfhub:fhir:export"
QUANTITY = "urn:dorfhub:fhir:quantity"
CASE = "urn:dorfhub:fhir:case"  # 32 hex digits, as the letter of a case says
DATA_KIND = "urn:dorfhub:fhir:data-kind"
RULE = "urn:dorfhub:fhir:rule"
TIME_QUALITY = "urn:dorfhub:fhir:time-quality"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def id_of(pseudonym: str, *key: object) -> str:
    """Return the id of what is called ``key`` in a recipient's export about one person."""
    space = uuid.uuid5(_SPACE, pseudonym)
    return str(uuid.uuid5(space, "\x1f".join(str(part) for part in key)))


def reference(type_code: str, id_: str) -> Resource:
    """Return a reference to a resource of the same export."""
    return {"reference": f"{type_code}/{id_}"}


def moment(at_ms: int, zone: tzinfo) -> str:
    """Return a dateTime or instant: ms since 1970 in the village's time, with its offset."""
    local = (_EPOCH + timedelta(milliseconds=at_ms)).astimezone(zone)
    return local.isoformat(timespec="milliseconds" if at_ms % 1000 else "seconds")


def concept(system: str, code: str, text: str, display: str | None = None) -> Resource:
    """Return a concept of one coding."""
    coding: Resource = {"system": system, "code": code}
    if display is not None:
        coding["display"] = display
    return {"coding": [coding], "text": text}


def without_empty(resource: Mapping[str, object]) -> Resource:
    """Return a resource without what is not there: FHIR knows no empty element."""
    return {
        key: value
        for key, value in resource.items()
        if not (value is None or value in ("", [], {}, ()))
    }
