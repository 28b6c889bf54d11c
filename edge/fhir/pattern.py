"""Fixed values and patterns. Pure.

Source: FHIR R4, 5.1.0.13 ElementDefinition.fixed[x] (all of it, nothing else) and pattern[x] (what
is in it must be there; of a list, each entry in some entry).
"""

from __future__ import annotations

from decimal import Decimal


def equals(value: object, fixed: object) -> bool:
    """Tell whether a value is exactly the fixed one."""
    if isinstance(fixed, dict):
        return (
            isinstance(value, dict)
            and value.keys() == fixed.keys()
            and all(equals(value[key], each) for key, each in fixed.items())
        )
    if isinstance(fixed, list):
        return (
            isinstance(value, list)
            and len(value) == len(fixed)
            and all(equals(one, each) for one, each in zip(value, fixed, strict=True))
        )
    return _is_same(value, fixed)


def fits(value: object, pattern: object) -> bool:
    """Tell whether all that is in the pattern is in the value."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(
            key in value and fits(value[key], each) for key, each in pattern.items()
        )
    if isinstance(pattern, list):
        return isinstance(value, list) and all(
            any(fits(one, each) for one in value) for each in pattern
        )
    return _is_same(value, pattern)


def missing(value: object, pattern: object, path: str) -> str:
    """Return the path of the first part of a pattern that a value has not."""
    if isinstance(pattern, dict) and isinstance(value, dict):
        for key, each in pattern.items():
            if key not in value:
                return f"{path}.{key}"
            if not fits(value[key], each):
                return missing(value[key], each, f"{path}.{key}")
    return path


def _is_same(value: object, other: object) -> bool:
    if isinstance(value, bool) or isinstance(other, bool):
        return value is other
    if isinstance(value, int | Decimal) and isinstance(other, int | Decimal):
        return Decimal(value) == Decimal(other)
    return type(value) is type(other) and value == other
