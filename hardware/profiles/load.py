"""Profiles from TOML, with every mistake named by file and key."""

from __future__ import annotations

import tomllib
from dataclasses import fields

from hardware.profiles.bits import Bits, Flag
from hardware.profiles.load_layout import layout
from hardware.profiles.model import Example, Match, Profile, Rule
from hardware.profiles.toml_kinds import (
    ProfileError,
    Table,
    codes,
    fraction,
    known,
    many,
    number,
    optional,
    table,
    text,
    truth,
)
from hardware.reading import Function, Quantity, Register, Unit

__all__ = ["ProfileError", "parse", "read"]

_PROFILE_KEYS = {
    "profile", "title", "match", "records", "bits", "status", "layout", "own_content", "example",
}  # fmt: skip
_RULE_KEYS = {one.name for one in fields(Rule) if one.init}


def parse(document: str, source: str) -> Profile:
    """Return the profile that the TOML ``document`` holds; ``source`` names it in errors.

    :raises ProfileError: if it is no TOML, or a key is missing, unknown or of another kind.
    """
    try:
        found = tomllib.loads(document)
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"{source}: {error}") from error
    return read(found, source)


def read(document: Table, source: str) -> Profile:
    """Return the profile that a parsed TOML ``document`` is; errors as in :func:`parse`."""
    reader = _Reader()
    try:
        return reader.profile(document)
    except KeyError as error:
        raise ProfileError(f"{source}: {reader.at}: {error} is missing or unknown") from error
    except (TypeError, ValueError, ZeroDivisionError) as error:
        raise ProfileError(f"{source}: {reader.at}: {error}") from error


class _Reader:
    """Reads one document; ``at`` is the key that is being read."""

    def __init__(self) -> None:
        self.at = "document"

    def profile(self, document: Table) -> Profile:
        known(document, _PROFILE_KEYS)
        self.at = "profile"
        name = text(document["profile"])
        self.at = "title"
        title = table(document["title"])
        title_de, title_en = text(title["de"]), text(title["en"])
        bits = {
            key: self._bits(rows, f"bits.{key}", key.upper())
            for key, rows in table(document.get("bits", {})).items()
        }
        rules = {
            pattern: self._rule(rule, f"records.{pattern}", bits)
            for pattern, rule in table(document.get("records", {})).items()
        }
        status = document.get("status")
        self.at = "own_content"
        own_content = truth(document.get("own_content", False))
        layouts = []
        for index, found in enumerate(many(document.get("layout", [])), start=1):
            self.at = f"layout {index}"
            layouts.append(layout(table(found), bits))
        return Profile(
            name=name,
            title_de=title_de,
            title_en=title_en,
            matches=tuple(map(self._match, many(document.get("match", [])))),
            rules=rules,
            bits=bits,
            status=None if status is None else self._bits(status, "status"),
            layouts=tuple(layouts),
            own_content=own_content,
            examples=tuple(map(self._example, many(document.get("example", [])))),
        )

    def _match(self, found: object) -> Match:
        self.at = "match"
        entry = table(found)
        known(entry, {"manufacturer", "version", "medium"})
        letters, media = entry.get("manufacturer"), codes(entry.get("medium"))
        if letters is None and not media:
            raise ValueError("neither manufacturer nor medium")
        manufacturer = None if letters is None else text(letters)
        return Match(manufacturer, codes(entry.get("version")), media)

    def _bits(self, rows: object, at: str, name: str = "UNKNOWN") -> Bits:
        self.at = at
        found = []
        for one in many(rows):
            row = table(one)
            known(row, {"mask", "value", "name", "de", "en"})
            mask = number(row["mask"])
            value = number(row.get("value", mask))
            if value & ~mask:
                raise ValueError(f"value {value:#x} lies outside mask {mask:#x}")
            found.append((mask, value, _flag(row)))
        return Bits(tuple(found), name)

    def _rule(self, rule: object, at: str, bits: dict[str, Bits]) -> Rule:
        self.at = at
        if isinstance(rule, str):
            return Rule(rule)
        entry = table(rule)
        known(entry, _RULE_KEYS)
        unit, quantity = entry.get("unit"), entry.get("quantity")
        factor, function = entry.get("factor"), entry.get("function")
        of_bits = text(entry.get("bits", ""))
        if of_bits and of_bits not in bits:
            raise ValueError(f"no table bits.{of_bits}")
        return Rule(
            name=text(entry.get("name", "")),
            quantity=None if quantity is None else Quantity(text(quantity)),
            unit=None if unit is None else Unit(text(unit)),
            factor=None if factor is None else fraction(factor),
            signed_bits=optional(entry.get("signed_bits")),
            invalid=frozenset(map(_number_or_text, many(entry.get("invalid", [])))),
            lowest=_bound(entry.get("lowest")),
            highest=_bound(entry.get("highest")),
            bits=of_bits,
            storage=optional(entry.get("storage")),
            tariff=optional(entry.get("tariff")),
            subunit=optional(entry.get("subunit")),
            function=None if function is None else Function(text(function)),
            ignore=truth(entry.get("ignore", False)),
        )

    def _example(self, found: object) -> Example:
        self.at = "example"
        entry = table(found)
        known(entry, {"telegrams", "key", "status", "readings", "registers"})
        key, status = entry.get("key"), entry.get("status")
        return Example(
            messages=tuple(bytes.fromhex(text(one)) for one in many(entry["telegrams"])),
            key=None if key is None else bytes.fromhex(text(key)),
            status=None if status is None else text(status),
            readings=tuple(
                (name, _number_or_text(value)) for name, value in table(entry["readings"]).items()
            ),
            registers={
                name: _register(table(one))
                for name, one in table(entry.get("registers", {})).items()
            },
        )


def _flag(row: Table) -> Flag:
    """Return the flag of a row; one without any words is known and nothing to report."""
    if not row.keys() & {"name", "de", "en"}:
        return Flag("", "", "")
    return Flag(text(row["name"]), text(row["de"]), text(row["en"]))


def _register(found: Table) -> Register:
    known(found, {"storage", "tariff", "subunit", "function"})
    return Register(
        storage=number(found.get("storage", 0)),
        tariff=number(found.get("tariff", 0)),
        subunit=number(found.get("subunit", 0)),
        function=Function(text(found.get("function", "instantaneous"))),
    )


def _bound(value: object) -> float | None:
    return None if value is None else float(fraction(value))


def _number_or_text(value: object) -> float | str:
    return value if isinstance(value, str) else float(fraction(value))
