"""Profiles from TOML, with every mistake named by file and key."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import fields
from fractions import Fraction
from typing import cast

from hardware.profiles.model import Bits, Example, Flag, Match, Profile, Rule
from hardware.reading import Function, Quantity, Unit

Table = Mapping[str, object]

_PROFILE_KEYS = {"profile", "title", "match", "records", "bits", "status", "own_content", "example"}
_RULE_KEYS = {one.name for one in fields(Rule)}


class ProfileError(ValueError):
    """A profile says something that cannot be; the message names the file and the key."""


def parse(text: str, source: str) -> Profile:
    """Return the profile that the TOML document ``text`` holds; ``source`` names it in errors.

    :raises ProfileError: if it is no TOML, or a key is missing, unknown or of another kind.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"{source}: {error}") from error
    reader = _Reader(source)
    try:
        return reader.profile(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, ProfileError):
            raise
        raise ProfileError(f"{source}: {reader.at}: {error!r}") from error


class _Reader:
    """Reads one document; ``at`` is the key that is being read."""

    def __init__(self, source: str) -> None:
        self.at = ""
        self._source = source

    def profile(self, document: Table) -> Profile:
        self._known(document, _PROFILE_KEYS, "")
        self.at = "profile"
        name = _text(document["profile"])
        self.at = "title"
        title = cast("Table", document["title"])
        bits = {
            key: self._bits(cast("Iterable[Table]", rows), f"bits.{key}")
            for key, rows in cast("Table", document.get("bits", {})).items()
        }
        rules = {
            pattern: self._rule(rule, f"records.{pattern}")
            for pattern, rule in cast("Table", document.get("records", {})).items()
        }
        for pattern, rule in rules.items():
            if rule.bits and rule.bits not in bits:
                raise ProfileError(f"{self._source}: records.{pattern}: no table bits.{rule.bits}")
        status = document.get("status")
        return Profile(
            name=name,
            title_de=_text(title["de"]),
            title_en=_text(title["en"]),
            matches=tuple(map(self._match, cast("Iterable[Table]", document.get("match", ())))),
            rules=rules,
            bits=bits,
            status=None
            if status is None
            else self._bits(cast("Iterable[Table]", status), "status"),
            own_content=_truth(document.get("own_content", False)),
            examples=tuple(
                map(self._example, cast("Iterable[Table]", document.get("example", ())))
            ),
        )

    def _known(self, table: Table, keys: set[str], at: str) -> None:
        for key in table:
            if key not in keys:
                raise ProfileError(
                    f"{self._source}: {at}{key}: no such key; known are {sorted(keys)}"
                )

    def _match(self, table: Table) -> Match:
        self.at = "match"
        self._known(table, {"manufacturer", "version", "medium"}, "match.")
        manufacturer = _text(table["manufacturer"])
        return Match(manufacturer, _codes(table.get("version")), _codes(table.get("medium")))

    def _bits(self, rows: Iterable[Table], at: str) -> Bits:
        found = []
        for row in rows:
            self.at = at
            self._known(row, {"mask", "value", "name", "de", "en"}, f"{at}.")
            mask = _number(row["mask"])
            value = _number(row.get("value", mask))
            if value & ~mask:
                raise ValueError(f"value {value:#x} lies outside mask {mask:#x}")
            flag = Flag(_text(row["name"]), _text(row["de"]), _text(row["en"]))
            found.append((mask, value, flag))
        return Bits(tuple(found))

    def _rule(self, rule: object, at: str) -> Rule:
        self.at = at
        if isinstance(rule, str):
            return Rule(rule)
        table = cast("Table", rule)
        self._known(table, _RULE_KEYS, f"{at}.")
        unit, quantity = table.get("unit"), table.get("quantity")
        factor, function = table.get("factor"), table.get("function")
        return Rule(
            name=_text(table.get("name", "")),
            quantity=None if quantity is None else Quantity(_text(quantity)),
            unit=None if unit is None else Unit(_text(unit)),
            factor=None if factor is None else Fraction(str(factor)),
            signed_bits=_optional(table.get("signed_bits")),
            invalid=frozenset(cast("Iterable[float | str]", table.get("invalid", ()))),
            bits=_text(table.get("bits", "")),
            storage=_optional(table.get("storage")),
            tariff=_optional(table.get("tariff")),
            subunit=_optional(table.get("subunit")),
            function=None if function is None else Function(_text(function)),
            ignore=_truth(table.get("ignore", False)),
        )

    def _example(self, table: Table) -> Example:
        self.at = "example"
        self._known(table, {"telegrams", "key", "status", "readings"}, "example.")
        key, status = table.get("key"), table.get("status")
        return Example(
            messages=tuple(
                bytes.fromhex(_text(one)) for one in cast("Iterable[object]", table["telegrams"])
            ),
            key=None if key is None else bytes.fromhex(_text(key)),
            status=None if status is None else _text(status),
            readings=tuple(cast("dict[str, float | str]", table["readings"]).items()),
        )


def _codes(codes: object) -> frozenset[int] | None:
    if codes is None:
        return None
    return frozenset(int(_text(code), 16) for code in cast("Iterable[object]", codes))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{value!r} is no whole number")
    return value


def _optional(value: object) -> int | None:
    return None if value is None else _number(value)


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is neither true nor false")
    return value
