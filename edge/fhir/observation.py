"""Values as Observations. Pure.

Source: FHIR R4, 10.1 Observation; HL7 Germany's basic profiles 1.6.0; ISiK vital signs 4.0.0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import groupby

from edge.care.kinds import CONTINUOUS_GLUCOSE
from edge.care.measured import Measured
from edge.fhir.identity import (
    QUANTITY,
    TIME_QUALITY,
    Resource,
    concept,
    id_of,
    moment,
    reference,
    without_empty,
)
from edge.fhir.ucum import SYSTEM
from edge.fhir.vitals import BLOOD_PRESSURE_PANEL, CATEGORY, INTERSTITIAL, LOINC, MDC, VITALS, Vital
from hardware.quantity import CANONICAL_UNIT, Quantity
from hardware.reading import TimeQuality

_PRESSURES = (
    Quantity.BLOOD_PRESSURE_SYSTOLIC,
    Quantity.BLOOD_PRESSURE_DIASTOLIC,
    Quantity.BLOOD_PRESSURE_MEAN,
)
_ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
_DOUBTFUL = {
    TimeQuality.UNKNOWN: "Der Zeitpunkt ist unsicher: Die Uhr war nicht gestellt.",
    TimeQuality.HELD: "Der Zeitpunkt kann um Minuten falsch sein: Die Uhr lief frei.",
}


@dataclass(frozen=True, slots=True)
class Whose:
    """Whom resources are about, under one recipient's pseudonym; times are told in ``zone``."""

    pseudonym: str
    zone: tzinfo

    @property
    def patient(self) -> Resource:
        """The reference to the person."""
        return reference("Patient", self.id("patient"))

    def id(self, *key: object) -> str:
        """Return the id of a resource about them."""
        return id_of(self.pseudonym, *key)


def observations(whose: Whose, values: Iterable[Measured]) -> Iterator[Resource]:
    """Yield one Observation a value, and one for all pressures of one measurement.

    ``values`` are one person's, by time. The same values give the same resources.
    """
    ordered = sorted(values, key=_measurement)
    for key, group in groupby(ordered, key=_measurement):
        rows = list(group)
        pressures = {row.quantity: row for row in rows if row.quantity in _PRESSURES}
        if pressures:
            yield _pressure(whose, key, pressures)
        seen: dict[str, int] = {}
        for row in rows:
            if row.quantity in _PRESSURES:
                continue
            again = seen[row.quantity] = seen.get(row.quantity, -1) + 1
            yield _single(whose, row, again)


def decimal(value: float, digits: tuple[int, int]) -> Decimal:
    """Return a number with its own decimals, at least and at most so many."""
    least, most = digits
    exact = Decimal(repr(value)).quantize(Decimal(1).scaleb(-most), ROUND_HALF_EVEN)
    bare = exact.normalize()
    own = max(0, -int(bare.as_tuple().exponent))
    return bare.quantize(Decimal(1).scaleb(-max(own, least)))


def _measurement(row: Measured) -> tuple[int, str, str]:
    return (row.observed_at, row.device_id, row.data_kind)


def _pressure(whose: Whose, key: tuple[int, str, str], rows: Mapping[str, Measured]) -> Resource:
    """Return the panel; a pressure that the profiles want and the device did not tell is absent."""
    first = next(iter(rows.values()))
    parts = []
    for quantity in _PRESSURES:
        part: Resource = {"code": _code(quantity, VITALS[quantity])}
        if quantity in rows:
            part["valueQuantity"] = _quantity(quantity, VITALS[quantity], rows[quantity].value)
        elif quantity is Quantity.BLOOD_PRESSURE_MEAN:
            continue
        else:
            part["dataAbsentReason"] = concept(_ABSENT, "unknown", "Vom Gerät nicht gemeldet")
        parts.append(part)
    panel = _common(whose, first, BLOOD_PRESSURE_PANEL, whose.id("observation", "panel", *key))
    panel["code"] = _code(None, BLOOD_PRESSURE_PANEL)
    return without_empty({**panel, "component": parts})


def _single(whose: Whose, row: Measured, again: int) -> Resource:
    quantity = Quantity(row.quantity)
    vital = _vital(quantity, row.data_kind)
    number = whose.id("observation", row.quantity, *_measurement(row), again)
    found = _common(whose, row, vital, number)
    found["code"] = _code(quantity, vital)
    found["valueQuantity"] = _quantity(quantity, vital, row.value)
    return without_empty(found)


def _vital(quantity: Quantity, data_kind: str) -> Vital:
    if data_kind == CONTINUOUS_GLUCOSE and quantity in INTERSTITIAL:
        return INTERSTITIAL[quantity]
    known = VITALS.get(quantity)
    if known is not None:
        return known
    return Vital(quantity.value.replace("_", " "), CANONICAL_UNIT[quantity].value)


def _common(whose: Whose, row: Measured, vital: Vital, number: str) -> Resource:
    """Return what every Observation has, in the order of the definition."""
    return {
        "resourceType": "Observation",
        "id": number,
        "meta": {"profile": list(vital.profiles)} if vital.profiles else None,
        "status": "final",
        "category": [concept(CATEGORY, vital.category, _CATEGORIES[vital.category])]
        if vital.category
        else None,
        "code": None,
        "subject": whose.patient,
        "effectiveDateTime": moment(row.observed_at, whose.zone),
        "_effectiveDateTime": {
            "extension": [{"url": TIME_QUALITY, "valueCode": row.time_quality.name.lower()}]
        },
        "issued": moment(row.received_at, whose.zone),
        "valueQuantity": None,
        "note": [{"text": _DOUBTFUL[row.time_quality]}] if row.time_quality in _DOUBTFUL else None,
        "device": reference("Device", whose.id("device", row.device_id)),
    }


def _code(quantity: Quantity | None, vital: Vital) -> Resource:
    codings: list[Resource] = [
        {"system": LOINC, "code": code, "display": display} for code, display in vital.loinc
    ]
    if vital.mdc is not None:
        codings.append({"system": MDC, "code": vital.mdc[0], "display": vital.mdc[1]})
    if not codings and quantity is not None:
        codings.append({"system": QUANTITY, "code": quantity.value})
    return {"coding": codings, "text": vital.text}


def _quantity(quantity: Quantity, vital: Vital, value: float) -> Resource:
    return {
        "value": decimal(value, vital.digits),
        "unit": vital.unit,
        "system": SYSTEM,
        "code": CANONICAL_UNIT[quantity].value,
    }


_CATEGORIES = {
    "vital-signs": "Vitalzeichen",
    "laboratory": "Labor",
    "exam": "Untersuchung",
    "activity": "Aktivität",
}


def references_to(resources: Sequence[Mapping[str, object]]) -> list[Resource]:
    """Return references to resources of one export."""
    return [reference(str(one["resourceType"]), str(one["id"])) for one in resources]
