"""Values of a TOML document by their kind, with a mistake that says what was wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import cast

Table = Mapping[str, object]


class ProfileError(ValueError):
    """A profile says something that cannot be; the message names the file and the key."""


def text(value: object) -> str:
    """Return ``value``, which must be text."""
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def number(value: object) -> int:
    """Return ``value``, which must be a whole number."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{value!r} is no whole number")
    return value


def optional(value: object) -> int | None:
    """Return ``value``, which must be a whole number or absent."""
    return None if value is None else number(value)


def truth(value: object) -> bool:
    """Return ``value``, which must be true or false."""
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is neither true nor false")
    return value


def fraction(value: object) -> Fraction:
    """Return a number exactly as it is written: 0.1 is a tenth, "1/3" a third."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError(f"{value!r} is no number")
    return Fraction(str(value))


def table(value: object) -> Table:
    """Return ``value``, which must be a table."""
    if not isinstance(value, Mapping):
        raise TypeError(f"{value!r} is no table")
    return cast("Table", value)


def many(value: object) -> list[object]:
    """Return ``value``, which must be an array."""
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is no array")
    return value


def codes(value: object) -> frozenset[int] | None:
    """Return the numbers that an array of hex digits holds, None where there is no array."""
    if value is None:
        return None
    return frozenset(int(text(code), 16) for code in many(value))


def known(found: Table, keys: Iterable[str], at: str = "") -> None:
    """Refuse a key of ``found`` that is none of ``keys``; ``at`` is where it stands."""
    wanted = sorted(keys)
    for key in found:
        if key not in wanted:
            raise ValueError(f"{at}{key}: no such key; known are {wanted}")
