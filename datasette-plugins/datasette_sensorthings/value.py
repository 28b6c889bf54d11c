"""What a property is made of, as SQL: a column, a constant, or a few of them together.

Names of columns come from the configuration alone and are quoted; all else is a parameter.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from datasette_common.names import quoted
from datasette_common.settings import Scalar

Sql = tuple[str, list[Scalar]]


class Value(Protocol):
    """Something that has a value in each row of the table that is called ``alias``."""

    def sql(self, alias: str) -> Sql:
        """Return the expression and its parameters."""
        ...


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the row."""

    name: str

    def sql(self, alias: str) -> Sql:
        """Return the column."""
        return f"{alias}.{quoted(self.name)}", []


@dataclass(frozen=True, slots=True)
class Const:
    """The same in every row."""

    value: Scalar

    def sql(self, alias: str) -> Sql:
        """Return a parameter."""
        del alias
        return "?", [self.value]


@dataclass(frozen=True, slots=True)
class Joined:
    """Texts one after the other; an empty column counts as an empty text."""

    parts: tuple[Value, ...]

    def sql(self, alias: str) -> Sql:
        """Return a concatenation."""
        pieces = [part.sql(alias) for part in self.parts]
        text = " || ".join(f"coalesce({piece}, '')" for piece, _ in pieces)
        return f"({text})", [each for _, params in pieces for each in params]


@dataclass(frozen=True, slots=True)
class Record:
    """A JSON object."""

    fields: tuple[tuple[str, Value], ...]

    def sql(self, alias: str) -> Sql:
        """Return `json_object(...)`."""
        pieces = [(name, value.sql(alias)) for name, value in self.fields]
        params: list[Scalar] = []
        for name, (_, own) in pieces:
            params += [name, *own]
        return f"json_object({', '.join(f'?, {text}' for _, (text, _) in pieces)})", params


@dataclass(frozen=True, slots=True)
class Point:
    """A GeoJSON point of two columns in degrees (WGS 84)."""

    longitude: str
    latitude: str

    def sql(self, alias: str) -> Sql:
        """Return GeoJSON; nothing where a column is empty."""
        x, y = f"{alias}.{quoted(self.longitude)}", f"{alias}.{quoted(self.latitude)}"
        made = f"json_object('type', 'Point', 'coordinates', json_array({x}, {y}))"
        return f"CASE WHEN {x} IS NOT NULL AND {y} IS NOT NULL THEN {made} END", []


@dataclass(frozen=True, slots=True)
class Edge:
    """The first or last time of a stream.

    ``ties`` are columns of ``table`` and what they are equal to in the row.
    """

    table: str
    time: str
    ties: tuple[tuple[str, Value], ...]
    result: str
    last: bool = False

    def sql(self, alias: str) -> Sql:
        """Return a subquery, one look into an index where there is one on the ties and the time."""
        pieces = [(column, value.sql(alias)) for column, value in self.ties]
        where = "".join(f" AND e.{quoted(column)} = {text}" for column, (text, _) in pieces)
        order = "DESC" if self.last else "ASC"
        return (
            f"(SELECT e.{quoted(self.time)} FROM {quoted(self.table)} AS e"
            f" WHERE e.{quoted(self.result)} IS NOT NULL"
            f" AND e.{quoted(self.time)} IS NOT NULL{where}"
            f" ORDER BY e.{quoted(self.time)} {order} LIMIT 1)"
        ), [each for _, (_, params) in pieces for each in params]


def equal(value: Value, alias: str, to: Sql) -> Sql:
    """Return when a value is equal to another; an index helps where there is one on its column."""
    if isinstance(value, Looked):
        return value.equal(alias, to)
    text, params = value.sql(alias)
    return f"{text} = {to[0]}", [*params, *to[1]]


def as_json(value: object) -> Const:
    """Return a constant of JSON."""
    return Const(json.dumps(value, ensure_ascii=False))


def all_of(conditions: Sequence[Sql]) -> Sql:
    """Return all conditions as one; true where there is none."""
    if not conditions:
        return "1", []
    return " AND ".join(text for text, _ in conditions), [p for _, own in conditions for p in own]


@dataclass(frozen=True, slots=True)
class Feature:
    """A GeoJSON feature that has a name, and no place that is known."""

    name: Value

    def sql(self, alias: str) -> Sql:
        """Return GeoJSON."""
        text, params = self.name.sql(alias)
        inner = f"json_object('name', {text})"
        return (
            f"json_object('type', 'Feature', 'geometry', json('null'), 'properties', {inner})"
        ), params


@dataclass(frozen=True, slots=True)
class Either:
    """The first, or where it says nothing the other."""

    first: Value
    other: Value

    def sql(self, alias: str) -> Sql:
        """Return `coalesce(...)`."""
        (one, own), (other, others) = self.first.sql(alias), self.other.sql(alias)
        return f"coalesce({one}, {other})", [*own, *others]


@dataclass(frozen=True, slots=True)
class Looked:
    """What another table says: ``column`` of the row of ``table`` whose ``key`` is ``through``."""

    table: str
    key: str
    through: str
    column: str

    def sql(self, alias: str) -> Sql:
        """Return a subquery."""
        return (
            f"(SELECT l.{quoted(self.column)} FROM {quoted(self.table)} AS l"
            f" WHERE l.{quoted(self.key)} = {alias}.{quoted(self.through)})"
        ), []

    def equal(self, alias: str, to: Sql) -> Sql:
        """Return when it is equal to another, from that side of the other table."""
        text, params = to
        return (
            f"{alias}.{quoted(self.through)} IN (SELECT l.{quoted(self.key)}"
            f" FROM {quoted(self.table)} AS l WHERE l.{quoted(self.column)} = {text})"
        ), params
