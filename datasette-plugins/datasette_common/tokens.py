"""Where a page begins, as a link says it: a list as JSON in base64 of URLs.

Whoever asks may have written one: what is in it is for its reader to check.

Source: RFC 4648, 5 (without padding).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import TypeGuard

from datasette_common.settings import Scalar
from datasette_common.sqlite import is_text


def written(values: Sequence[object]) -> str:
    """Return values of JSON as a token."""
    said = json.dumps(values, ensure_ascii=False)
    return base64.urlsafe_b64encode(said.encode()).decode().rstrip("=")


def read(text: str, most: int) -> list[object]:
    """Return the values of a token of at most ``most`` characters.

    :raises ValueError: if it is none.
    """
    if len(text) > most:
        raise ValueError(f"a token has at most {most} characters")
    padded = text + "=" * (-len(text) % 4)
    try:
        said = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except RecursionError as error:
        raise ValueError("a token is no such tree") from error
    if not isinstance(said, list):
        raise ValueError("a token is a list")  # noqa: TRY004 - whose fault it is, not a type's
    return said


def is_whole(value: object) -> TypeGuard[int]:
    """Return whether a value of a token is a whole number."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_scalar(value: object) -> TypeGuard[Scalar]:
    """Return whether a value of a token is one that SQLite takes."""
    if isinstance(value, bool):
        return False
    if isinstance(value, int):
        return abs(value) < 2**63
    if isinstance(value, str):
        return is_text(value)
    return value is None or isinstance(value, float)
