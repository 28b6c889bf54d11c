"""The configuration: which tables and columns are Things, Datastreams and Observations.

Read once, checked whole; see README.md for every key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from datasette_common import settings
from datasette_common.settings import SettingsError
from datasette_common.times import TimeFormat, read_format

from datasette_sensorthings.value import Column, Const, Joined, Record, Value, as_json

PAGE, MOST = 100, 1000  # entities on a page where none, and where many are asked for

OM = "http://www.opengis.net/def/observationType/OGC-OM/2.0/"
MEASUREMENT = OM + "OM_Measurement"
RESULT_KINDS = {
    "OM_Measurement": "number",
    "OM_CountObservation": "number",
    "OM_TruthObservation": "bool",
    "OM_CategoryObservation": "string",
}


class Section(settings.Section):
    """A mapping of the configuration that can have templates and times in it."""

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

    def time(self) -> TimeFormat:
        """Return the form of its times: `format`, `timezone` and `period`."""
        return read_format(self)


@dataclass(frozen=True, slots=True)
class Paging:
    """How many entities are on a page where the request names no number, and at most."""

    page: int = PAGE
    most: int = MOST


def template(text: str, where: str) -> Value:
    """Return text in which `{column}` stands for a column.

    :raises SettingsError: if it is no such text.
    """
    parts: list[Value] = []
    for literal, column in settings.pieces(text, where):
        if literal:
            parts.append(Const(literal))
        if column is not None:
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
