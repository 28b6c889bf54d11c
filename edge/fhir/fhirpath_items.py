"""The values an expression goes over, and the steps from one to its parts. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from edge.fhir.fhirpath_text import Unreadable
from edge.fhir.pattern import equals

_TYPES = frozenset(
    """
    base64Binary boolean canonical code date dateTime decimal id instant integer markdown oid
    positiveInt string time unsignedInt uri url uuid Address Age Annotation Attachment
    CodeableConcept Coding ContactPoint Count Distance Duration HumanName Identifier Money Period
    Quantity Range Ratio Reference SampledData Signature Timing ContactDetail Contributor
    DataRequirement Expression ParameterDefinition RelatedArtifact TriggerDefinition UsageContext
    Dosage Meta
    """.split()  # noqa: SIM905  # a table
)
_SUFFIX = {code[:1].upper() + code[1:]: code for code in _TYPES}


class Item(NamedTuple):
    """A value, its type where the key told it, and what stands beside a primitive value."""

    value: object
    type: str = ""
    beside: object = None


def truth(items: list[Item]) -> bool | None:
    """Return what a list says as a yes or no; a single value that is no truth is a yes."""
    if not items:
        return None
    if len(items) > 1:
        raise Unreadable("several values where one is needed")
    return items[0].value if isinstance(items[0].value, bool) else True


def child_of(item: Item, name: str) -> list[Item]:
    """Return the values of an element; of a choice, whatever its type."""
    if not isinstance(item.value, dict):
        if name in {"extension", "id"} and isinstance(item.beside, dict):
            return child_of(Item(item.beside), name)
        return []
    found = _entries(item.value.get(name), "", item.value.get(f"_{name}"))
    if found:
        return found
    for key, value in item.value.items():
        bare = key.removeprefix("_")
        if bare.startswith(name) and bare[len(name) :] in _SUFFIX:
            beside = item.value.get(f"_{bare}")
            value_or_none = None if key != bare else value
            if key != bare and bare in item.value:
                continue
            return _entries(value_or_none, _SUFFIX[bare[len(name) :]], beside)
    return []


def _entries(value: object, type_code: str, beside: object) -> list[Item]:
    values = value if isinstance(value, list) else [value]
    besides = beside if isinstance(beside, list) else [beside] * (value is not None or bool(beside))
    size = max(len(values), len(besides))
    pairs = zip(
        [*values, *[None] * (size - len(values))],
        [*besides, *[None] * (size - len(besides))],
        strict=True,
    )
    return [Item(one, type_code, other) for one, other in pairs if (one, other) != (None, None)]


def children_of(items: Iterable[Item]) -> list[Item]:
    """Return every part of the values, one level down."""
    found: list[Item] = []
    for item in items:
        source = item.value if isinstance(item.value, dict) else item.beside
        if isinstance(source, dict):
            for key in source:
                if not key.startswith("_") and key != "resourceType":
                    found += child_of(Item(source), key)
    return found


def as_type(name: str, type_code: str, items: list[Item]) -> list[Item]:
    """Return what of the values is of a type, or with ``is`` whether one is."""
    kept = [item for item in items if _is_of(item, type_code)]
    return [Item(bool(kept))] if name == "is" and items else kept


def _is_of(item: Item, type_code: str) -> bool:
    if isinstance(item.value, dict) and "resourceType" in item.value:
        return item.value["resourceType"] == type_code or type_code == "Resource"
    if item.type:
        return item.type.lower() == type_code.lower()
    plain = {bool: "boolean", int: "integer", Decimal: "decimal", str: "string"}
    if plain.get(type(item.value), "").lower() == type_code.lower():
        return True
    raise Unreadable(f"is {type_code}")  # a key told nothing of its type


def is_in(needle: Item, hay: Iterable[Item]) -> bool:
    """Tell whether an equal value is among others."""
    return any(equals(needle.value, one.value) for one in hay)


def distinct(items: Iterable[Item]) -> list[Item]:
    """Return each value once, in their order."""
    found: list[Item] = []
    for item in items:
        if not is_in(item, found):
            found.append(item)
    return found
