"""What the primitive types let in. Pure.

Source: FHIR R4, 2.24.0.1 Primitive Types.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

_DAY = r"(?P<year>[0-9]{4})(?:-(?P<month>0[1-9]|1[0-2])(?:-(?P<day>0[1-9]|[12][0-9]|3[01])%s)?)?"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]{1,9})?"
_ZONE = r"(?:Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)"
_URI = r"\S+"
_STRING = r"[^\x00-\x08\x0b\x0c\x0e-\x1f]+"

_PATTERNS = {
    name: re.compile(pattern, re.DOTALL)
    for name, pattern in {
        "base64Binary": r"(?:[0-9a-zA-Z+/=]{4}\s*)+|\s*(?:[0-9a-zA-Z+/]\s*){2,}={0,2}\s*",
        "canonical": _URI,
        "code": r"[^\s]+(?: [^\s]+)*",
        "date": _DAY % "",
        "dateTime": _DAY % f"(?:T{_TIME}{_ZONE})?",
        "id": r"[A-Za-z0-9\-.]{1,64}",
        "instant": rf"(?P<year>[0-9]{{4}})-(?P<month>0[1-9]|1[0-2])"
        rf"-(?P<day>0[1-9]|[12][0-9]|3[01])T{_TIME}{_ZONE}",
        "markdown": _STRING,
        "oid": r"urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+",
        "string": _STRING,
        "time": _TIME,
        "uri": _URI,
        "url": _URI,
        "uuid": r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "xhtml": r"<div.*",
    }.items()
}
_LEAST = {"integer": -(1 << 31), "positiveInt": 1, "unsignedInt": 0}
_LONGEST = 1 << 20  # characters of a string

NAMES = frozenset({*_PATTERNS, *_LEAST, "boolean", "decimal"})


def wrong(value: object, type_code: str) -> str | None:
    """Return in German what is wrong with a value of a primitive type, None if nothing is."""
    if type_code == "boolean":
        return None if isinstance(value, bool) else "muss true oder false sein, ohne Anführung"
    if type_code == "decimal" or type_code in _LEAST:
        return _number(value, type_code)
    return _text(value, type_code)


def _number(value: object, type_code: str) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return "muss eine Zahl sein, ohne Anführung"
    if type_code == "decimal":
        return None
    if not isinstance(value, int) or not _LEAST[type_code] <= value < 1 << 31:
        return f"muss eine ganze Zahl von {_LEAST[type_code]} bis {(1 << 31) - 1} sein"
    return None


def _text(value: object, type_code: str) -> str | None:
    if not isinstance(value, str):
        return "muss Text in Anführung sein"
    if not value.strip() or len(value) > _LONGEST:
        return "darf nicht leer und nicht länger als 1 MB sein"
    found = _PATTERNS[type_code].fullmatch(value)
    if found is None:
        return f"ist in dieser Schreibweise kein {type_code}"
    if type_code in {"date", "dateTime", "instant"} and not _is_a_day(found):
        return "ist kein Tag des Kalenders"
    return None


def _is_a_day(found: re.Match[str]) -> bool:
    year, month, day = (int(found[name] or 1) for name in ("year", "month", "day"))
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True
