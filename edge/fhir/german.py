"""The German profiles of the vital signs that leave this house, as far as they decide. Pure.

Told in this house's own words out of the tables of `edge.fhir.vitals`, so that a hub checks what it
sends and takes without anybody fetching something first. Whoever has the publishers' own files
gives them (`--profiles`): then those count. SNOMED CT's part is left out.

Source: HL7 Germany, basic profiles 1.6.0 (vital signs); gematik, ISiK vital signs 4.0.0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from edge.fhir.node import BASE
from edge.fhir.ucum import SYSTEM
from edge.fhir.vitals import BLOOD_PRESSURE_PANEL, CATEGORY, LOINC, MDC, VITALS, Vital
from hardware.quantity import CANONICAL_UNIT, Quantity

_GENERAL = "http://fhir.de/StructureDefinition/observation-de-vitalsign"
_SATURATION = f"{_GENERAL}-sauerstoffsaettigung"
_UNITS = "http://fhir.de/ValueSet/UcumVitalsCommonDE"

Element = dict[str, object]

_SINGLE = (
    Quantity.HEART_RATE,
    Quantity.OXYGEN_SATURATION,
    Quantity.BODY_TEMPERATURE,
    Quantity.BODY_WEIGHT,
    Quantity.BODY_HEIGHT,
)
# what is measured at home by no device of this house, and answered about by practices
_RATE_OF_BREATH = Vital(
    "Atemfrequenz",
    "/min",
    (("9279-1", "Respiratory rate"),),
    ("151562", "MDC_RESP_RATE"),
    (
        "https://gematik.de/fhir/isik/StructureDefinition/ISiKAtemfrequenz",
        f"{_GENERAL}-atemfrequenz",
    ),
)
# ISiK names one; a hub does not say by which method a rate was measured
_HEART_RATE_MDC = ("147842", "MDC_ECG_HEART_RATE")
_PARTS = (
    ("SystolicBP", Quantity.BLOOD_PRESSURE_SYSTOLIC, 1),
    ("DiastolicBP", Quantity.BLOOD_PRESSURE_DIASTOLIC, 1),
    ("meanBP", Quantity.BLOOD_PRESSURE_MEAN, 0),
)


def definitions() -> Iterator[Mapping[str, object]]:
    """Yield each profile as a structure definition with its differential."""
    yield _definition(_GENERAL, f"{BASE}Observation", _general())
    yield from _two(BLOOD_PRESSURE_PANEL, _pressure(), BLOOD_PRESSURE_PANEL.mdc)
    for quantity in _SINGLE:
        vital, unit = VITALS[quantity], CANONICAL_UNIT[quantity].value
        mdc = vital.mdc or _HEART_RATE_MDC
        if quantity is Quantity.OXYGEN_SATURATION:
            yield _definition(_SATURATION, _GENERAL, [*_coded(vital), *_valued("%")])
            both = [*_second(vital, least=1), {"id": "Observation.code.coding", "min": 2}]
            yield _definition(vital.profiles[1], _SATURATION, both)
            yield _definition(vital.profiles[0], _SATURATION, _isik(mdc))
            continue
        units = {"kg": ("kg", "g"), "cm": ("cm", "m")}.get(unit, (unit,))
        yield from _two(vital, [*_coded(vital), *_valued(*units)], mdc)
    breath = [*_coded(_RATE_OF_BREATH), *_valued("/min")]
    yield from _two(_RATE_OF_BREATH, breath, _RATE_OF_BREATH.mdc)


def _two(
    vital: Vital, elements: list[Element], mdc: tuple[str, str] | None
) -> Iterator[Mapping[str, object]]:
    """Yield the basic profile and ISiK's upon it."""
    isik, german = vital.profiles[:2]
    yield _definition(german, _GENERAL, elements)
    yield _definition(isik, german, _isik(mdc))


def _definition(url: str, base: str, elements: list[Element]) -> Mapping[str, object]:
    return {
        "resourceType": "StructureDefinition",
        "url": url,
        "type": "Observation",
        "kind": "resource",
        "derivation": "constraint",
        "baseDefinition": base,
        "differential": {"element": elements},
    }


def _general() -> list[Element]:
    """Return what every German vital sign has."""
    quantities: list[Element] = []
    for place in ("Observation", "Observation.component"):
        value = f"{place}.value[x]:valueQuantity"
        quantities += [
            {"id": f"{place}.value[x]", "slicing": _by("type", "$this")},
            {"id": value, "min": 0, "max": "1", "type": [{"code": "Quantity"}]},
            {"id": f"{value}.value", "min": 1},
            {"id": f"{value}.unit", "min": 1},
            {"id": f"{value}.system", "min": 1, "patternUri": SYSTEM},
            {"id": f"{value}.code", "min": 1},
        ]
    quantities[5]["binding"] = {"strength": "required", "valueSet": _UNITS}
    category = {"coding": [{"system": CATEGORY, "code": "vital-signs"}]}
    return [
        {"id": "Observation", "constraint": [_rule("vs-de-2", "Wert oder Grund fehlt", _VS_2)]},
        {"id": "Observation.category", "min": 1, "slicing": _by("pattern", "$this")},
        {
            "id": "Observation.category:VSCat",
            "min": 1,
            "max": "1",
            "patternCodeableConcept": category,
        },
        {"id": "Observation.code.coding", "min": 1},
        {"id": "Observation.code.coding.system", "min": 1},
        {"id": "Observation.code.coding.code", "min": 1},
        {
            "id": "Observation.subject",
            "min": 1,
            "type": [{"code": "Reference", "targetProfile": [f"{BASE}Patient"]}],
        },
        {
            "id": "Observation.effective[x]",
            "min": 1,
            "type": [{"code": "dateTime"}, {"code": "Period"}],
            "constraint": [_rule("vs-de-1", "Zeitpunkt auf den Tag genau", _VS_1)],
        },
        *quantities,
        {
            "id": "Observation.component",
            "constraint": [_rule("vs-de-3", "Wert oder Grund, nicht beides", _VS_3)],
        },
    ]


def _pressure() -> list[Element]:
    elements: list[Element] = [
        *_coded(BLOOD_PRESSURE_PANEL),
        {"id": "Observation.value[x]", "max": "0"},
        {"id": "Observation.component", "min": 2, "slicing": _by("pattern", "code")},
    ]
    for name, quantity, least in _PARTS:
        code = {"coding": [{"system": LOINC, "code": VITALS[quantity].loinc[0][0]}]}
        part = f"Observation.component:{name}"
        elements += [
            {"id": part, "min": least, "max": "1"},
            {"id": f"{part}.code", "patternCodeableConcept": code},
            {"id": f"{part}.value[x]", "type": [{"code": "Quantity"}]},
            {
                "id": f"{part}.value[x]:valueQuantity",
                "type": [{"code": "Quantity"}],
                "patternQuantity": {"system": SYSTEM, "code": "mm[Hg]"},
            },
        ]
    return elements


def _coded(vital: Vital) -> list[Element]:
    first = {"system": LOINC, "code": vital.loinc[0][0]}
    found: list[Element] = [
        {"id": "Observation.code.coding", "slicing": _by("pattern", "$this")},
        {"id": "Observation.code.coding:loinc", "min": 1, "max": "1", "patternCoding": first},
    ]
    return found + (_second(vital, least=0) if len(vital.loinc) > 1 else [])


def _second(vital: Vital, *, least: int) -> list[Element]:
    code = {"system": LOINC, "code": vital.loinc[1][0]}
    name = "Observation.code.coding:loinc-zusatzcode"
    return [{"id": name, "min": least, "max": "1", "patternCoding": code}]


def _valued(*units: str) -> list[Element]:
    """Return that the value is in that unit, or in one of a value set's."""
    value: Element = {"id": "Observation.value[x]:valueQuantity", "type": [{"code": "Quantity"}]}
    if len(units) == 1:
        return [value | {"patternQuantity": {"system": SYSTEM, "code": units[0]}}]
    name = "Body_Weigth" if "kg" in units else "Body_Length"
    value_set = f"http://fhir.de/ValueSet/VitalSignDE_{name}_UCUM"
    return [value | {"binding": {"strength": "required", "valueSet": value_set}}]


def _isik(mdc: tuple[str, str] | None) -> list[Element]:
    if mdc is None:
        return []
    code = {"system": MDC, "code": mdc[0]}
    name = "Observation.code.coding:IEEE11073"
    return [{"id": name, "min": 0, "max": "1", "patternCoding": code}]


def _by(kind: str, path: str) -> Element:
    return {"discriminator": [{"type": kind, "path": path}], "rules": "open"}


def _rule(key: str, human: str, expression: str) -> Element:
    return {"key": key, "severity": "error", "human": human, "expression": expression}


_DAY = "($this as dateTime).toString().length() >= 10"
_VS_1 = (
    f"($this is Period or {_DAY}) and (start.empty() or start.toString().length() >= 10)"
    " and (end.empty() or end.toString().length() >= 10)"
)
_VS_2 = "component.exists() or hasMember.exists() or value.exists() or dataAbsentReason.exists()"
_VS_3 = "value.exists() != dataAbsentReason.exists()"
