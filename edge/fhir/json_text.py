"""JSON as FHIR wants it: decimals keep their digits, a key stands once, nothing is endless. Pure.

Source: FHIR R4, 2.6.2 JSON Representation; 2.24.0.1 decimal (precision is significant).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from json.encoder import encode_basestring
from typing import NoReturn

from edge.fhir.issue import FhirError

# A year of one person is some 5 MB; what is larger is no answer of a practice.
MOST_BYTES = 32 << 20
DEEPEST = 64  # levels; the deepest path of R4's examples has some 20
MOST_DIGITS = 40  # of a number: FHIR promises 18

_HINT = "Die Datei noch einmal ausgeben lassen; es muss JSON nach FHIR R4 sein (UTF-8)."


def read(text: str | bytes) -> dict[str, object]:
    """Return the object that a text is; numbers with a fraction or exponent as `Decimal`.

    :raises FhirError: if it is none, or is too large or too deep.
    """
    if len(text) > MOST_BYTES:
        raise FhirError(f"Größer als {MOST_BYTES >> 20} MB.", "In mehreren Teilen ausgeben lassen.")
    try:
        value = json.loads(
            text,
            parse_float=_decimal,
            parse_int=_integer,
            parse_constant=_constant,
            object_pairs_hook=_object,
        )
    except RecursionError:
        raise FhirError("Zu tief verschachtelt.", _HINT) from None
    except ValueError as error:  # UnicodeDecodeError and JSONDecodeError are
        raise FhirError(f"Kein JSON: {error}", _HINT) from None
    if not isinstance(value, dict):
        raise FhirError("Kein JSON-Objekt.", _HINT)
    if _depth_exceeds(value, DEEPEST):
        raise FhirError("Zu tief verschachtelt.", _HINT)
    return value


def write(value: object) -> str:
    """Return the text of a value in one line; decimals with all their digits.

    :raises TypeError: for what JSON has no word for (a float is one: its digits are no device's).
    """
    parts: list[str] = []
    _write(value, parts)
    return "".join(parts)


def _write(value: object, parts: list[str]) -> None:
    if isinstance(value, str):
        parts.append(encode_basestring(value))
    elif value is None or isinstance(value, bool):
        parts.append({None: "null", True: "true", False: "false"}[value])
    elif isinstance(value, int):
        parts.append(str(value))
    elif isinstance(value, Decimal):
        parts.append(format(value, "f"))
    elif isinstance(value, Mapping):
        before = "{"
        for key, each in value.items():
            parts.append(f"{before}{encode_basestring(key)}:")
            _write(each, parts)
            before = ","
        parts.append("}" if value else "{}")
    elif isinstance(value, Sequence):
        before = "["
        for each in value:
            parts.append(before)
            _write(each, parts)
            before = ","
        parts.append("]" if value else "[]")
    else:
        raise TypeError(f"{type(value).__name__} is nothing that FHIR's JSON has")


def _decimal(text: str) -> Decimal:
    if len(text) > MOST_DIGITS or abs(Decimal(text).adjusted()) > MOST_DIGITS:
        raise ValueError(f"Zahl mit mehr als {MOST_DIGITS} Stellen")
    return Decimal(text)


def _integer(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise ValueError(f"Zahl mit mehr als {MOST_DIGITS} Stellen")
    return int(text)


def _constant(text: str) -> NoReturn:
    raise ValueError(f"{text} ist keine Zahl in JSON")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"„{twice}“ steht zweimal in einem Objekt")
    return found


def _depth_exceeds(value: object, left: int) -> bool:
    if isinstance(value, dict):
        return left == 0 or any(_depth_exceeds(each, left - 1) for each in value.values())
    if isinstance(value, list):
        return left == 0 or any(_depth_exceeds(each, left - 1) for each in value)
    return False
