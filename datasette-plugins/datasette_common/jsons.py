"""What a column holds, as an answer of JSON can say it.

SQLite keeps numbers that are not finite, and Python reads such and half a character from JSON: in
an answer they would be no JSON, or no UTF-8.

Source: RFC 8259, 6 (numbers), 8.1 and 8.2 (characters).
"""

from __future__ import annotations

import json
import math

from datasette_common.sqlite import is_text


def is_said(raw: object) -> bool:
    """Return whether JSON can say a value of SQLite: no bytes, and no endless number."""
    return not isinstance(raw, bytes) and not (isinstance(raw, float) and not math.isfinite(raw))


def read(text: str) -> object:
    """Return what a text of JSON says, its endless numbers as null; None where it is none."""
    try:
        return json.loads(text, parse_constant=lambda _: None, parse_float=_finite)
    except (ValueError, RecursionError):
        return None


def written(value: object) -> str:
    """Return JSON with its letters as they are; if half a one is among them, all are escaped."""
    text = json.dumps(value, ensure_ascii=False)
    return text if is_text(text) else json.dumps(value)


def _finite(text: str) -> float | None:
    return number if math.isfinite(number := float(text)) else None
