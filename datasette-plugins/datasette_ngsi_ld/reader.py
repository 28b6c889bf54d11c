"""Reading entities and what their attributes were, over one connection.

Entities come in the order of the configuration and, within, of their keys; a page begins behind a
key, so a deep one costs what the first one costs. What a request asks of attributes is looked at
entity by entity, until the page is full or the time is over.
"""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote

from datasette_common import jsons
from datasette_common.names import quoted
from datasette_common.times import TimeFormat

from datasette_ngsi_ld.errors import TooComplexError
from datasette_ngsi_ld.params import Asked, Cursor, Window
from datasette_ngsi_ld.query import Told, holds
from datasette_ngsi_ld.settings import Attribute, Kind, Model, Row, Series, encoded

BATCH = 200  # rows of entities that are fetched at once
TOO_LONG = "this takes longer than it may: ask for less"
_UTC = TimeFormat()  # the standard has moments in it, whatever a column's zone

Sql = tuple[str, list[object]]


@dataclass(frozen=True, slots=True)
class Found:
    """An entity: its kind, id and place in the order, its row, and its attributes, normalized."""

    kind: Kind
    identifier: str
    cursor: Cursor
    row: Row
    told: Told


@dataclass(frozen=True, slots=True)
class Page:
    """Entities, and whether there are more before and behind them; how many in all, if asked."""

    entities: list[Found]
    earlier: bool = False
    later: bool = False
    count: int | None = None


class Reader:
    """Reads for one request, until ``deadline_s`` by the monotonic clock."""

    def __init__(
        self, connection: sqlite3.Connection, model: Model, deadline_s: float = math.inf
    ) -> None:
        self._connection = connection
        self._model = model
        self._deadline_s = deadline_s

    def one(self, identifier: str, asked: Asked) -> Found | None:
        """Return the entity that has the id."""
        for kind in self._model.kinds:
            if asked.types is not None and kind.type not in asked.types:
                continue
            for row in self._named(kind, identifier):
                return self._entity(kind, row, asked)
        return None

    def page(self, asked: Asked) -> Page:
        """Return the entities that are asked for.

        :raises TooComplexError: if that takes too long.
        """
        count = self._all(asked) if asked.count else None
        if asked.limit == 0:
            return Page([], count=count)
        backward = asked.before is not None
        cursor = asked.before if backward else asked.after
        found: list[Found] = []
        skip = 0 if asked.is_plain else asked.offset  # else it is left to SQLite
        for one in self._matching(asked, cursor, backward=backward):
            if skip:
                skip -= 1
                continue
            found.append(one)
            if len(found) > asked.limit:
                break
        further = len(found) > asked.limit
        found = found[: asked.limit]
        if backward:
            return Page(found[::-1], earlier=further, later=True, count=count)
        earlier = asked.after is not None or bool(asked.offset)
        return Page(found, earlier=earlier and bool(found), later=further, count=count)

    def history(
        self, attribute: Attribute, row: Row, kind: Kind, window: Window, limit: int
    ) -> list[dict[str, object]]:
        """Return what an attribute was, in order of time; with ``last`` the newest first.

        At most ``limit`` and one more.
        """
        series = attribute.series
        if series is None:
            return []
        down = window.last is not None
        key = row[kind.key]
        found = self._instances(attribute, series, key, window, limit + 1, down=down)
        return [each for each in found if "observedAt" in each]

    def count(self, kind: Kind, attribute: Attribute | None = None) -> int:
        """Return how many entities of a kind there are, or how many with the attribute."""
        if attribute is None:
            where, params = _equal(kind.where)
            where += f" AND t.{quoted(kind.key)} IS NOT NULL"
            sql = f"SELECT count(*) FROM {quoted(kind.table)} AS t WHERE {where}"  # noqa: S608
            with closing(self._connection.cursor()) as cursor:
                return int(cursor.execute(sql, params).fetchone()[0])
        asked = Asked(attributes=frozenset({attribute.name}))
        rows = (row for batch in self._batches(kind, None, down=False) for row in batch)
        return sum(attribute.name in self._entity(kind, row, asked).told for row in rows)

    def _all(self, asked: Asked) -> int:
        if asked.is_plain:
            kinds = [k for k in self._model.kinds if asked.types is None or k.type in asked.types]
            return sum(self.count(kind) for kind in kinds)
        return sum(1 for _ in self._matching(asked, None))

    def _matching(
        self, asked: Asked, cursor: Cursor | None, *, backward: bool = False
    ) -> Iterator[Found]:
        kinds = self._model.kinds[::-1] if backward else self._model.kinds
        skip = asked.offset if asked.is_plain else 0
        for kind in kinds:
            if cursor is not None and (
                kind.number > cursor[0] if backward else kind.number < cursor[0]
            ):
                continue
            if asked.types is not None and kind.type not in asked.types:
                continue
            if asked.attributes is not None and not asked.attributes & kind.attributes.keys():
                continue
            behind = cursor[1] if cursor is not None and cursor[0] == kind.number else None
            if skip and (whole := self.count(kind)) <= skip:
                skip -= whole
                continue
            rows = self._rows(kind, asked, behind, down=backward, skip=skip)
            skip = 0
            for row in rows:
                if time.monotonic() > self._deadline_s:
                    raise TooComplexError(TOO_LONG)
                identifier = _identifier(kind, row)
                if asked.pattern is not None and not asked.pattern.found_in(identifier):
                    continue
                found = self._entity(kind, row, asked)
                if self._meets(found, asked):
                    yield found

    def _meets(self, found: Found, asked: Asked) -> bool:
        if asked.window is not None:
            known = any(
                self.history(attribute, found.row, found.kind, asked.window, 0)
                for attribute in asked.measured(found.kind)
            )
        else:
            known = asked.attributes is None or bool(asked.attributes & found.told.keys())
        return (
            known
            and (asked.query is None or holds(asked.query, found.told))
            and (asked.geo is None or asked.geo.holds(found.told))
        )

    def _rows(
        self, kind: Kind, asked: Asked, behind: object, *, down: bool, skip: int
    ) -> Iterator[dict[str, object]]:
        if asked.ids is None:
            for batch in self._batches(kind, behind, down=down, skip=skip):
                yield from batch
            return
        rows = {_identifier(kind, r): r for one in asked.ids for r in self._named(kind, one)}
        for row in self._ordered(kind, list(rows.values()), down=down):
            key = row[kind.key]
            if behind is None or self._is_behind(key, behind, down=down):
                yield row

    def _ordered(
        self, kind: Kind, rows: list[dict[str, object]], *, down: bool
    ) -> list[dict[str, object]]:
        return sorted(rows, key=lambda row: _rank(row[kind.key]), reverse=down)

    @staticmethod
    def _is_behind(key: object, behind: object, *, down: bool) -> bool:
        return _rank(key) < _rank(behind) if down else _rank(key) > _rank(behind)

    def _batches(
        self, kind: Kind, behind: object, *, down: bool, skip: int = 0
    ) -> Iterator[list[dict[str, object]]]:
        while True:
            where, params = _equal(kind.where)
            key = f"t.{quoted(kind.key)}"
            where += f" AND {key} IS NOT NULL"
            if behind is not None:
                where += f" AND {key} {'<' if down else '>'} ?"
                params = [*params, behind]
            order = f"ORDER BY {key}{' DESC' if down else ''} LIMIT {BATCH} OFFSET ?"
            batch = self._select(kind, f"{where} {order}", [*params, skip])
            skip = 0
            if batch:
                yield batch
            if len(batch) < BATCH:
                return
            behind = batch[-1][kind.key]

    def _named(self, kind: Kind, identifier: str) -> list[dict[str, object]]:
        if not identifier.startswith(kind.prefix):
            return []
        text = unquote(identifier[len(kind.prefix) :], errors="replace")
        forms: list[object] = [text]
        if text.removeprefix("-").isdigit() and text.isascii() and len(text) < 19:
            forms.append(int(text))
        where, params = _equal(kind.where)
        marks = ", ".join("?" for _ in forms)
        rows = self._select(
            kind, f"{where} AND t.{quoted(kind.key)} IN ({marks}) LIMIT 2", [*params, *forms]
        )
        return [row for row in rows if _identifier(kind, row) == identifier]

    def _select(self, kind: Kind, rest: str, params: Sequence[object]) -> list[dict[str, object]]:
        columns = {kind.key}
        for attribute in kind.attributes.values():
            if attribute.series is None:
                columns |= attribute.columns
        return self._query(sorted(columns), kind.table, rest, params)

    def _query(
        self, columns: Sequence[str], table: str, rest: str, params: Sequence[object]
    ) -> list[dict[str, object]]:
        if time.monotonic() > self._deadline_s:  # SQLite looks at the clock in long queries alone
            raise TooComplexError(TOO_LONG)
        # a name that is no column would be a text to SQLite: with the table before it, it is not
        names = ", ".join(f"t.{quoted(column)}" for column in columns)
        sql = f"SELECT {names} FROM {quoted(table)} AS t WHERE {rest}"  # noqa: S608
        with closing(self._connection.cursor()) as cursor:
            rows = cursor.execute(sql, list(params))
            return [dict(zip(columns, tuple(row), strict=True)) for row in rows]

    def _entity(self, kind: Kind, row: dict[str, object], asked: Asked) -> Found:
        told: dict[str, object] = {}
        key, needed = row[kind.key], asked.needed
        for name, attribute in kind.attributes.items():
            if needed is not None and name not in needed:
                continue
            if attribute.series is None:
                said = instance(attribute, row)
            elif asked.window is not None:
                continue  # what it is now is not asked
            else:
                series = attribute.series
                newest = self._instances(attribute, series, key, Window(), 1, down=True)
                said = newest[0] if newest else None
            if said is not None:
                told[name] = said
        cursor: Cursor = (kind.number, key if isinstance(key, int | float) else str(key))
        return Found(kind, _identifier(kind, row), cursor, row, told)

    def _instances(
        self,
        attribute: Attribute,
        series: Series,
        key: object,
        window: Window,
        limit: int,
        *,
        down: bool,
    ) -> list[dict[str, object]]:
        where, params = _equal((*series.where, (series.entity, key)))
        where += f" AND t.{quoted(series.column)} IS NOT NULL"
        for operator, moment in window.bounds:
            text, own = _bound(series, operator, moment)
            where += f" AND {text}"
            params = [*params, *own]
        where += f" ORDER BY t.{quoted(series.time)}{' DESC' if down else ''} LIMIT ?"
        columns = sorted({*attribute.columns, series.time})
        found = []
        for each in self._query(columns, series.table, where, [*params, limit]):
            said = instance(attribute, each)
            moment_of = series.form.read(each[series.time])
            if said is not None and moment_of is not None:
                said["observedAt"] = _UTC.instant(moment_of)
            if said is not None:
                found.append(said)
        return found


def instance(attribute: Attribute, row: Row) -> dict[str, object] | None:
    """Return an attribute as a row says it, normalized; None where it says nothing."""
    value = _formed(attribute.form, attribute.value.of(row))
    if attribute.factor is not None and isinstance(value, int | float):
        # twelve digits: a fraction's own error is none of the measurement
        value = float(f"{value * attribute.factor:.12g}")
    if value is None:
        return None
    if attribute.kind == "Relationship":
        return {"type": "Relationship", "object": str(value)}
    if attribute.kind == "GeoProperty" and not (isinstance(value, dict) and "type" in value):
        return None
    said: dict[str, object] = {"type": attribute.kind, "value": value}
    if attribute.unit:
        said["unitCode"] = attribute.unit
    for inner in attribute.inner:
        part = instance(inner, row)
        if part is not None:
            said[inner.name] = part
    return said


def _formed(form: str, raw: object) -> object:
    if raw is None or not jsons.is_said(raw):
        return None
    if form == "boolean":
        return bool(raw)
    if form == "json":
        return jsons.read(str(raw))
    return raw


def _identifier(kind: Kind, row: Row) -> str:
    return kind.prefix + encoded(str(row[kind.key]))


def _rank(key: object) -> tuple[int, float, str]:
    return (0, key, "") if isinstance(key, int | float) else (1, 0, str(key))


def _equal(where: Sequence[tuple[str, object]]) -> Sql:
    parts = ["1"]
    params: list[object] = []
    for column, value in where:
        if value is None:
            parts.append(f"t.{quoted(column)} IS NULL")
        else:
            parts.append(f"t.{quoted(column)} = ?")
            params.append(value)
    return " AND ".join(parts), params


def _bound(series: Series, operator: str, moment: datetime) -> Sql:
    bound = series.form.bound(operator, moment)
    if bound is None:
        return "0", []
    sign, value = bound
    if sign in {"true", "false"}:
        return ("1" if sign == "true" else "0"), []
    signs = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}
    return f"t.{quoted(series.time)} {signs[sign]} ?", [value]
