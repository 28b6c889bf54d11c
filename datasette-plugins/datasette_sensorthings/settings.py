"""The configuration: which tables and columns are Things, Datastreams and Observations.

Read once, checked whole; see README.md for every key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter

from datasette_sensorthings.errors import SettingsError
from datasette_sensorthings.times import DEFAULT_FORMAT, TimeFormat
from datasette_sensorthings.value import Column, Const, Joined, Record, Scalar, Value, as_json

PAGE, MOST = 100, 1000  # entities on a page where none, and where many are asked for
MAX_SOURCES = 100  # streams, sensors or observed properties: each is asked by itself
KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")

OM = "http://www.opengis.net/def/observationType/OGC-OM/2.0/"
MEASUREMENT = OM + "OM_Measurement"
RESULT_KINDS = {
    "OM_Measurement": "number",
    "OM_CountObservation": "number",
    "OM_TruthObservation": "bool",
    "OM_CategoryObservation": "string",
}


class Section:
    """A mapping of the configuration that knows where it stands, and which keys were read."""

    def __init__(self, raw: object, where: str) -> None:
        if not isinstance(raw, Mapping):
            raise SettingsError(f"{where} must be a mapping")
        self._raw = dict(raw)
        self.where = where
        self._read: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._raw

    def raw(self, key: str, default: object = None) -> object:
        """Return what stands there."""
        self._read.add(key)
        return self._raw.get(key, default)

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text.

        :raises SettingsError: if it is missing or no text.
        """
        value = self.raw(key, default)
        if not isinstance(value, str) or not value:
            raise SettingsError(f"{self.where}.{key} must be a text")
        return value

    def maybe(self, key: str) -> str | None:
        """Return a text, or None where there is none."""
        return self.text(key) if key in self else None

    def whole(self, key: str, default: int, least: int, most: int) -> int:
        """Return a whole number between the bounds."""
        value = self.raw(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise SettingsError(f"{self.where}.{key} must be a whole number, {least} to {most}")
        return value

    def section(self, key: str) -> Section:
        """Return a mapping."""
        return Section(self.raw(key, {}), f"{self.where}.{key}")

    def sections(self, key: str) -> dict[str, Section]:
        """Return named mappings, at most :data:`MAX_SOURCES`."""
        raw = self.raw(key, {})
        if not isinstance(raw, Mapping) or len(raw) > MAX_SOURCES:
            raise SettingsError(f"{self.where}.{key} must be a mapping of at most {MAX_SOURCES}")
        for name in raw:
            if not KEY.fullmatch(str(name)):
                raise SettingsError(
                    f"{self.where}.{key}: {name!r} is no key (letters, digits, _.-)"
                )
        return {str(n): Section(body, f"{self.where}.{key}.{n}") for n, body in raw.items()}

    def value(self, key: str, default: str | None = None) -> Value:
        """Return a template: text in which `{column}` stands for a column's value."""
        return template(self.text(key, default), f"{self.where}.{key}")

    def record(self, key: str) -> Value | None:
        """Return a JSON object of templates and constants; None where there is none."""
        if key not in self:
            return None
        raw = self.raw(key)
        if isinstance(raw, str):
            return template(raw, f"{self.where}.{key}")
        return record(raw, f"{self.where}.{key}")

    def where_equal(self) -> tuple[tuple[str, Scalar], ...]:
        """Return `where`: columns and the values that they must have."""
        raw = self.raw("where", {})
        if not isinstance(raw, Mapping) or not all(
            isinstance(value, str | int | float) for value in raw.values()
        ):
            raise SettingsError(f"{self.where}.where must give a value for each column")
        return tuple((str(column), value) for column, value in raw.items())

    def time(self) -> TimeFormat:
        """Return the form of its times: `format`, `timezone` and `period`."""
        return TimeFormat.parse(
            self.text("format", DEFAULT_FORMAT), self.text("timezone", "UTC"), self.maybe("period")
        )

    def done(self) -> None:
        """Refuse what nobody has read: a misspelt key must not be ignored."""
        unknown = sorted(str(key) for key in self._raw.keys() - self._read)
        if unknown:
            raise SettingsError(f"{self.where} has an unknown key: {', '.join(unknown)}")


@dataclass(frozen=True, slots=True)
class Paging:
    """How many entities are on a page where the request names no number, and at most."""

    page: int = PAGE
    most: int = MOST


def template(text: str, where: str) -> Value:
    """Return text in which `{column}` stands for a column; `{{` and `}}` are braces.

    :raises SettingsError: if it is no such text.
    """
    parts: list[Value] = []
    try:
        pieces = list(Formatter().parse(text))
    except ValueError as error:
        raise SettingsError(f"{where}: {error}") from error
    for literal, column, spec, conversion in pieces:
        if literal:
            parts.append(Const(literal))
        if column is not None:
            if not column or spec or conversion:
                raise SettingsError(f"{where}: a column stands in braces, by its name alone")
            parts.append(Column(column))
    if len(parts) == 1:
        return parts[0]
    return Joined(tuple(parts)) if parts else Const("")


def record(raw: object, where: str) -> Value:
    """Return an object of constants and templates."""
    if not isinstance(raw, Mapping):
        raise SettingsError(f"{where} must be a mapping")
    fields: list[tuple[str, Value]] = []
    for name, value in raw.items():
        if isinstance(value, str):
            fields.append((str(name), template(value, f"{where}.{name}")))
        elif isinstance(value, int | float) and not isinstance(value, bool):
            fields.append((str(name), Const(value)))
        elif value is None:
            fields.append((str(name), Const(None)))
        else:
            raise SettingsError(f"{where}.{name} must be a text or a number")
    if all(isinstance(value, Const) for _, value in fields):
        return as_json({n: v.value for n, v in fields if isinstance(v, Const)})
    return Record(tuple(fields))


def constant_json(raw: object, where: str) -> Const:
    """Return JSON as it stands.

    :raises SettingsError: if it is none.
    """
    try:
        return Const(json.dumps(raw, ensure_ascii=False, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise SettingsError(f"{where} is no JSON") from error
