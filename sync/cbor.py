"""Deterministic CBOR with nothing but own errors, and typed access to what a peer sent.

The subset that is read: integers within ±2^53, bytes, text, lists, maps with text keys, false,
true and null; definite lengths, shortest heads, keys ascending and never twice, at most
:data:`MAX_DEPTH` deep. Floats, tags, other simple values and other keys are refused: what is
signed or hashed has one encoding in every language, and numbers stay exact in each.

With text keys the two orders of keys in RFC 8949 (4.2.1 bytewise, 4.2.3 length first) agree.

Source: RFC 8949, 4.2.1 (core deterministic encoding).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import cbor2

from sync.errors import FormatError, VersionError

INT_LIMIT = 1 << 53  # times and counts stay exact in every language that reads them
MAX_DEPTH = 16  # ours has four levels; a decoder in another language may have a small stack
_SIZES = {24: 1, 25: 2, 26: 4, 27: 8}  # bytes after the head, by its lower five bits
_SIMPLE: Mapping[int, object] = {20: False, 21: True, 22: None}
_TEXT, _LIST, _MAP = 3, 4, 5


def dumps(value: object) -> bytes:
    """Return the one deterministic encoding of ``value``."""
    return cbor2.dumps(value, canonical=True)


def loads(data: bytes, *, limit: int) -> object:
    """Return what deterministic CBOR of at most ``limit`` bytes says.

    :raises FormatError: if ``data`` is longer, or anything but one item of the subset, with the
        offset where it is not.
    """
    if len(data) > limit:
        raise FormatError(f"{len(data)} bytes of CBOR where at most {limit} are allowed")
    decoder = _Decoder(data)
    value = decoder.item(MAX_DEPTH)
    decoder.end()
    return value


class Fields:
    """A map that a peer sent, with exactly the expected keys, read with types and bounds."""

    __slots__ = ("_map", "_what", "minor")

    def __init__(self, value: object, what: str, keys: frozenset[str]) -> None:
        if not isinstance(value, dict) or set(value) != keys:
            raise FormatError(f"{what} has not the fields {', '.join(sorted(keys))}")
        self._map = cast("Mapping[str, object]", value)
        self._what = what
        self.minor = 0

    @classmethod
    def versioned(cls, value: object, what: str, keys: frozenset[str], major: int) -> Fields:
        """Return a map that says which version it is: ``v`` (``keys`` names it) and ``minor``.

        ``minor`` is absent where it is 0. What a later minor version adds is left out, so that
        the caller sees the fields of this version; all of them must be there.

        :raises VersionError: for another ``v``: nothing else of the map is looked at.
        :raises FormatError: if fields are missing, or there are others without a later minor.
        """
        if not isinstance(value, dict) or type(value.get("v")) is not int:
            raise FormatError(f"{what} has no version")
        if value["v"] != major:
            raise VersionError(f"{what} has version {value['v']}, this program reads {major}")
        minor = value.get("minor", 0)
        if type(minor) is not int or ("minor" in value and not 1 <= minor <= _MAX_MINOR):
            raise FormatError(f"{what}: minor is no number from 1 to {_MAX_MINOR}")
        known = {key: value[key] for key in value if key in keys} if minor else value
        fields = cls(known, what, keys)
        fields.minor = minor
        return fields

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

    def any_text(self, key: str, limit: int) -> str:
        """Return text of at most ``limit`` characters, in one line or several."""
        value = self._map[key]
        if type(value) is not str or len(value) > limit:
            raise FormatError(f"{self._what}: {key} is no text of at most {limit} characters")
        return value

    def items(self, key: str, limit: int) -> list[object]:
        """Return a list of at most ``limit`` items."""
        value = self._map[key]
        if type(value) is not list or len(value) > limit:
            raise FormatError(f"{self._what}: {key} is no list of at most {limit} items")
        return cast("list[object]", value)


_MAX_MINOR = 255


class _Decoder:
    """One item from the front of the bytes."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def end(self) -> None:
        if self._at != len(self._data):
            raise self._error("CBOR with bytes after its end")

    def item(self, depth: int) -> object:
        """Return the next item, lists and maps at most ``depth`` deep."""
        start = self._at
        kind, low = divmod(self._take(1)[0], 32)
        if kind == 7:
            if low not in _SIMPLE:
                raise self._error("a float or another simple value", start)
            return _SIMPLE[low]
        if kind == 6:
            raise self._error("a tag", start)
        number = self._number(low, start)
        if kind < 2:
            if number + kind > INT_LIMIT:
                raise self._error("an integer out of bounds", start)
            return -1 - number if kind else number
        if kind <= _TEXT:
            return self._string(number, text=kind == _TEXT)
        if not depth:
            raise self._error(f"CBOR more than {MAX_DEPTH} deep", start)
        if number > len(self._data) - self._at:  # each entry has a byte at least
            raise self._error("CBOR that ends too early", len(self._data))
        if kind == _LIST:
            return [self.item(depth - 1) for _ in range(number)]
        return self._map(number, depth - 1)

    def _number(self, low: int, start: int) -> int:
        if low < 24:
            return low
        size = _SIZES.get(low)
        if size is None:
            raise self._error("an indefinite or unknown length", start)
        number = int.from_bytes(self._take(size), "big")
        if number < (24 if size == 1 else 1 << 4 * size):
            raise self._error("a number longer than it must be", start)
        return number

    def _string(self, size: int, *, text: bool) -> str | bytes:
        start = self._at
        data = self._take(size)
        try:
            return data.decode() if text else data
        except UnicodeDecodeError as error:
            raise self._error("a text that is no UTF-8", start) from error

    def _map(self, count: int, depth: int) -> dict[str, object]:
        found: dict[str, object] = {}
        before = b""
        for _ in range(count):
            start = self._at
            key = self.item(0)
            if type(key) is not str:
                raise self._error("a key that is no text", start)
            raw = self._data[start : self._at]
            if raw <= before:
                raise self._error("keys out of order, or one that appears twice", start)
            before = raw
            found[key] = self.item(depth)
        return found

    def _take(self, size: int) -> bytes:
        if size > len(self._data) - self._at:
            raise self._error("CBOR that ends too early", len(self._data))
        self._at += size
        return self._data[self._at - size : self._at]

    def _error(self, message: str, at: int | None = None) -> FormatError:
        return FormatError(message, offset=self._at if at is None else at)
