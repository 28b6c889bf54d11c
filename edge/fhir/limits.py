"""Limits that a practice asks for, out of Goals and reference ranges. Pure.

Source: FHIR R4, 9.8 Goal (`target`), 10.1 Observation (`referenceRange`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from edge.fhir.issue import Issue
from edge.fhir.ucum import SYSTEM
from edge.fhir.vitals import LOINC, OF_LOINC
from hardware.quantity import CANONICAL_UNIT, Quantity

# Goals that hold, and those by which a limit ends; what is only planned is left for a person.
_HOLDS = frozenset({"accepted", "active", "on-hold"})
_ENDS = frozenset({"completed", "cancelled", "entered-in-error", "rejected"})

# what other units are in the canonical one
_FACTORS: Mapping[str, Mapping[str, Decimal]] = MappingProxyType(
    {
        "kg": {"g": Decimal("0.001")},
        "cm": {"m": Decimal(100), "mm": Decimal("0.1")},
        "mm[Hg]": {"kPa": Decimal("7.500617")},
        "mg/dL": {"g/L": Decimal(100), "mg/L": Decimal("0.1")},
        "/min": {"{beats}/min": Decimal(1), "{Beats}/min": Decimal(1), "1/min": Decimal(1)},
    }
)
# Where a limit of a grown-up can lie at all: what is outside is a slip of the unit or the key.
PLAUSIBLE: Mapping[Quantity, tuple[int, int]] = MappingProxyType(
    {
        Quantity.BLOOD_PRESSURE_SYSTOLIC: (50, 260),
        Quantity.BLOOD_PRESSURE_DIASTOLIC: (25, 160),
        Quantity.BLOOD_PRESSURE_MEAN: (35, 200),
        Quantity.HEART_RATE: (25, 220),
        Quantity.OXYGEN_SATURATION: (60, 100),
        Quantity.BODY_TEMPERATURE: (33, 42),
        Quantity.BODY_WEIGHT: (25, 350),
        Quantity.BODY_HEIGHT: (50, 250),
        Quantity.BODY_MASS_INDEX: (10, 80),
        Quantity.GLUCOSE_MASS_CONCENTRATION: (30, 500),
        Quantity.GLUCOSE_SUBSTANCE_CONCENTRATION: (2, 28),
        Quantity.BODY_FAT_PERCENTAGE: (2, 70),
    }
)


@dataclass(frozen=True, slots=True)
class AskedLimit:
    """From where on a value is no longer well, in the quantity's canonical unit.

    With neither ``low`` nor ``high`` the practice's limit is to end. ``source`` is the resource.
    """

    quantity: Quantity
    low: Decimal | None
    high: Decimal | None
    source: str


def limits_of(resource: Mapping[str, object], source: str) -> tuple[list[AskedLimit], list[Issue]]:
    """Return the limits a resource asks for, and what of them cannot be taken."""
    kind = resource.get("resourceType")
    if kind == "Goal":
        status = str(resource.get("lifecycleStatus"))
        if status not in _HOLDS | _ENDS:
            return [], []
        pairs = [
            (one.get("measure"), None if status in _ENDS else _range(one), number)
            for number, one in enumerate(_objects(resource.get("target")))
        ]
        where = "Goal.target[{}]"
    elif kind == "Observation" and not any(key.startswith("value") for key in resource):
        listed = _objects(resource.get("referenceRange"))
        pairs = [(resource.get("code"), one, number) for number, one in enumerate(listed)]
        where = "Observation.referenceRange[{}]"
    else:
        return [], []
    limits, issues = [], []
    for concept, ends, number in pairs:
        path = where.format(number)
        try:
            limits.append(_limit(concept, ends, source))
        except ValueError as error:
            issues.append(Issue(path, "limit", str(error), "Mit der Praxis klären."))
    return limits, issues


def _limit(concept: object, ends: Mapping[str, object] | None, source: str) -> AskedLimit:
    """Return a limit; ``ends`` None is one that is to end.

    :raises ValueError: in German, if it cannot be one.
    """
    quantity = _quantity(concept)
    if quantity is None:
        raise ValueError("für keinen Wert, den der Hub kennt (LOINC-Code fehlt oder ist fremd).")
    if ends is None:
        return AskedLimit(quantity, None, None, source)
    low, high = (_value(ends.get(name), quantity) for name in ("low", "high"))
    if low is None and high is None:
        raise ValueError("weder eine untere noch eine obere Grenze als Zahl.")
    if low is not None and high is not None and low >= high:
        raise ValueError(f"die untere Grenze {low} liegt nicht unter der oberen {high}.")
    return AskedLimit(quantity, low, high, source)


def _quantity(concept: object) -> Quantity | None:
    codings = _objects(concept.get("coding")) if isinstance(concept, dict) else []
    found = {
        OF_LOINC[str(one.get("code"))]
        for one in codings
        if one.get("system") == LOINC and one.get("code") in OF_LOINC
    }
    return found.pop() if len(found) == 1 else None


def _range(target: Mapping[str, object]) -> Mapping[str, object]:
    """Return the ends of a target; a single quantity says by its comparator which end it is."""
    found = target.get("detailRange")
    if isinstance(found, dict):
        return found
    single = target.get("detailQuantity")
    if not isinstance(single, dict):
        return {}
    side = {"<": "high", "<=": "high", ">": "low", ">=": "low"}.get(str(single.get("comparator")))
    return {} if side is None else {side: single}


def _value(given: object, quantity: Quantity) -> Decimal | None:
    if not isinstance(given, dict):
        return None
    value, code = given.get("value"), given.get("code")
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    unit = CANONICAL_UNIT[quantity].value
    factor = Decimal(1) if code == unit else _FACTORS.get(unit, {}).get(str(code))
    if factor is None or given.get("system") != SYSTEM:
        raise ValueError(f"die Einheit „{code or given.get('unit')}“ ist nicht {unit} nach UCUM.")
    number = (Decimal(value) * factor).quantize(Decimal("0.01")).normalize()
    least, most = PLAUSIBLE[quantity]
    if not least <= number <= most:
        raise ValueError(f"{number:f} {unit} liegt außerhalb von {least} bis {most}.")
    return number + 0  # without an exponent


def _objects(given: object) -> list[Mapping[str, object]]:
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
