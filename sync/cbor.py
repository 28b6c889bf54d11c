"""Canonical CBOR with nothing but own errors, and typed access to what a peer sent.

Source: RFC 8949, 4.2.1 (deterministic encoding).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import cbor2

from sync.errors import FormatError

INT_LIMIT = 1 << 53  # times and counts stay exact in every language that reads them


def dumps(value: object) -> bytes:
    """Return the one canonical encoding of ``value``."""
    return cbor2.dumps(value, canonical=True)


def loads(data: bytes, *, limit: int) -> object:
    """Return what canonical CBOR of at most ``limit`` bytes says.

    :raises FormatError: if ``data`` is longer, no CBOR, not canonical, or has trailing bytes.
    """
    if len(data) > limit:
        raise FormatError(f"{len(data)} bytes of CBOR where at most {limit} are allowed")
    try:
        value: object = cbor2.loads(data)
        again = cbor2.dumps(value, canonical=True)
    except (
        cbor2.CBORError,
        ValueError,
        TypeError,
        LookupError,
        ArithmeticError,
        RecursionError,
        MemoryError,
    ) as error:
        raise FormatError(f"no CBOR: {type(error).__name__}") from error
    if again != data:
        raise FormatError("CBOR that is not canonical, or with bytes after its end")
    return value


class Fields:
    """A map that a peer sent, with exactly the expected keys, read with types and bounds."""

    __slots__ = ("_map", "_what")

    def __init__(self, value: object, what: str, keys: frozenset[str]) -> None:
        if not isinstance(value, dict) or set(value) != keys:
            raise FormatError(f"{what} has not the fields {', '.join(sorted(keys))}")
        self._map = cast("Mapping[str, object]", value)
        self._what = what

    def number(self, key: str, low: int = 0, high: int = INT_LIMIT) -> int:
        """Return an integer from ``low`` to ``high``."""
        value = self._map[key]
        if type(value) is not int or not low <= value <= high:
            raise FormatError(f"{self._what}: {key} is no number from {low} to {high}")
        return value

    def data(self, key: str, size: int) -> bytes:
        """Return exactly ``size`` bytes."""
        value = self._map[key]
        if type(value) is not bytes or len(value) != size:
            raise FormatError(f"{self._what}: {key} has not {size} bytes")
        return value

    def any_data(self, key: str, limit: int) -> bytes:
        """Return at most ``limit`` bytes."""
        value = self._map[key]
        if type(value) is not bytes or len(value) > limit:
            raise FormatError(f"{self._what}: {key} has more than {limit} bytes, or is none")
        return value

    def text(self, key: str, limit: int) -> str:
        """Return printable text of at most ``limit`` characters."""
        value = self._map[key]
        if type(value) is not str or len(value) > limit or not value.isprintable():
            raise FormatError(f"{self._what}: {key} is no text of at most {limit} characters")
        return value

    def items(self, key: str, limit: int) -> list[object]:
        """Return a list of at most ``limit`` items."""
        value = self._map[key]
        if type(value) is not list or len(value) > limit:
            raise FormatError(f"{self._what}: {key} is no list of at most {limit} items")
        return cast("list[object]", value)
