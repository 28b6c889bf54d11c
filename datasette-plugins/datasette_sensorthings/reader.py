"""Reading entities: one arm after the other, a page at a time, over one connection.

Without `$orderby` the order is that of the arms and of their keys. The next page begins behind the
last entity of this one (its place is in the link), so a page deep in a table of millions costs what
the first one costs. With `$orderby` each arm gives its own first ones, and they are merged.
"""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeGuard

from datasette_common import tokens
from datasette_common.settings import Scalar
from datasette_common.times import parse_instant

from datasette_sensorthings.arm import Arm, tied
from datasette_sensorthings.errors import SensorThingsError
from datasette_sensorthings.filtering import Compiler, Scope
from datasette_sensorthings.mapping import Mapping
from datasette_sensorthings.model import Link
from datasette_sensorthings.options import Options
from datasette_sensorthings.term import Term, compare, moment_term
from datasette_sensorthings.value import Const, Sql, Value, all_of

ALIAS = "a"
MAX_ENTITIES = 10_000  # in one answer, expanded ones included
MAX_MERGED_SKIP = 10_000  # of several sources: each has to give so many
MAX_TOKEN = 4000
TOO_LONG = "this takes longer than it may: ask for less"

Conditions = Callable[[Arm], list[Sql] | None]


@dataclass(frozen=True, slots=True)
class Entity:
    """A row: its id, the parts of its identity as constants, and its properties as they are stored.

    ``raw`` has two values of each property: itself, and where its period ends.
    """

    arm: Arm
    identifier: int | str
    raw: dict[str, tuple[Scalar, Scalar]]
    sorted_by: tuple[Scalar, ...]
    place: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Entities, where the next page begins, and how many there are in all if that was asked."""

    entities: list[Entity]
    token: str | None = None
    count: int | None = None


@dataclass(frozen=True, slots=True)
class _Token:
    arm: int
    sorted_by: list[Scalar]
    place: list[Scalar]


class Reader:
    """Reads for one request, until ``deadline_s`` by the monotonic clock."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        mapping: Mapping,
        now: datetime,
        deadline_s: float = math.inf,
    ) -> None:
        self._connection = connection
        self._mapping = mapping
        self._now = now
        self._deadline_s = deadline_s
        self._entities = 0

    def by_id(self, set_name: str, identifier: Scalar, conditions: Conditions) -> Entity | None:
        """Return the entity that has the id and meets the conditions."""

        def named(arm: Arm) -> list[Sql] | None:
            given, own = conditions(arm), arm.named(identifier, ALIAS)
            return None if given is None or own is None else [*given, *own]

        return self.one(set_name, named)

    def one(self, set_name: str, conditions: Conditions) -> Entity | None:
        """Return the first entity that meets the conditions."""
        found = self.page(set_name, conditions, Options(top=1))
        return found.entities[0] if found.entities else None

    def page(self, set_name: str, conditions: Conditions, options: Options) -> Page:
        """Return a page of a set.

        :raises SensorThingsError: (400)
        """
        if time.monotonic() > self._deadline_s:  # SQLite looks at the clock in long queries alone
            raise SensorThingsError(TOO_LONG)
        compiler = Compiler(self._mapping.arms, self._now)
        asked: list[tuple[Arm, list[Sql]]] = []
        for arm in self._mapping.arms[set_name]:
            given = conditions(arm)
            if given is None:
                continue
            meant = [*arm.rows(ALIAS), *given]
            if options.filter is not None:
                meant.append(compiler.condition(options.filter, Scope(arm, ALIAS)))
            if ("0", []) not in meant:
                asked.append((arm, meant))
        size = min(
            self._mapping.paging.page if options.top is None else options.top,
            self._mapping.paging.most,
        )
        token = _decode(options.token, len(options.orderby)) if options.token is not None else None
        skip = 0 if token else options.skip
        count = sum(self._count(arm, meant) for arm, meant in asked) if options.count else None
        if size == 0:
            return Page([], None, count)
        if options.orderby:
            found = self._merged(asked, compiler, options, size + 1, token)
        else:
            found = self._in_turn(asked, size + 1, skip, token)
        further = len(found) > size
        found = found[:size]
        self._entities += len(found)
        if self._entities > MAX_ENTITIES:
            raise SensorThingsError(f"the answer has more than {MAX_ENTITIES} entities: use $top")
        return Page(found, _encode(found[-1]) if further else None, count)

    def linked(self, link: Link, entity: Entity) -> Conditions:
        """Return the conditions of those that ``link`` leads to from ``entity``."""

        def conditions(arm: Arm) -> list[Sql] | None:
            return tied(link, entity.arm, ALIAS, arm, ALIAS)

        return conditions

    def _in_turn(
        self, asked: list[tuple[Arm, list[Sql]]], wanted: int, skip: int, token: _Token | None
    ) -> list[Entity]:
        found: list[Entity] = []
        for arm, meant in asked:
            conditions = meant
            if token is not None:
                if arm.number < token.arm:
                    continue
                if arm.number == token.arm:
                    conditions = [*_behind(arm, token.place, meant), *meant]
            rows = self._rows(arm, conditions, [], wanted - len(found), skip)
            if skip and not rows:
                skip -= min(skip, self._count(arm, conditions))
            elif rows:
                skip = 0
            found += rows
            if len(found) >= wanted:
                break
        return found

    def _merged(
        self,
        asked: list[tuple[Arm, list[Sql]]],
        compiler: Compiler,
        options: Options,
        wanted: int,
        token: _Token | None,
    ) -> list[Entity]:
        skip = 0 if token else options.skip
        alone = len(asked) == 1
        if not alone and skip > MAX_MERGED_SKIP:
            raise SensorThingsError(f"$skip is more than {MAX_MERGED_SKIP}: follow the nextLink")
        found: list[Entity] = []
        for arm, meant in asked:
            scope = Scope(arm, ALIAS)
            terms = [(compiler.order(node, scope), down) for node, down in options.orderby]
            for term, _ in terms:
                if term.kind == "null":
                    raise SensorThingsError("$orderby: null is no order")
            # the token first: of two bounds of one column an index takes the first
            conditions = [*(_after(arm, terms, token, meant) if token else []), *meant]
            limit, offset = (wanted, skip) if alone else (wanted + skip, 0)
            found += self._rows(arm, conditions, terms, limit, offset)
        for index in reversed(range(len(options.orderby))):
            down = options.orderby[index][1]
            found.sort(key=lambda entity, i=index: _rank(entity.sorted_by[i]), reverse=down)  # type: ignore[misc]
        return found if alone else found[skip : skip + wanted]

    def _rows(
        self,
        arm: Arm,
        conditions: Sequence[Sql],
        terms: Sequence[tuple[Term, bool]],
        limit: int,
        offset: int,
    ) -> list[Entity]:
        values = [value.sql(ALIAS) for value in arm.order]
        parts = [(name, value) for name, all_ in arm.parts.items() for value in all_]
        columns = [*values, *(value.sql(ALIAS) for _, value in parts)]
        for known in arm.properties.values():
            columns.append(known.value.sql(ALIAS))
            columns.append(known.last.sql(ALIAS) if known.last else ("NULL", []))
        columns += [term.sql for term, _ in terms]
        orders = [(f"{term.text}{' DESC' if down else ''}", term.params) for term, down in terms]
        told = {term.text for term, _ in terms}
        orders += [each for each in values if each[0] not in told]
        where, params = all_of(conditions)
        sql = f"SELECT {', '.join(text for text, _ in columns) or '1'}{arm.source(ALIAS)}"
        sql += f" WHERE {where}"
        if orders:
            sql += f" ORDER BY {', '.join(text for text, _ in orders)}"
        given = [p for _, own in columns for p in own] + params
        given += [p for _, own in orders for p in own]
        with closing(self._connection.cursor()) as cursor:  # an ended query must not keep the file
            cursor.execute(f"{sql} LIMIT ? OFFSET ?", [*given, limit, offset])
            return [_entity(arm, tuple(row), terms) for row in cursor]

    def _count(self, arm: Arm, conditions: Sequence[Sql]) -> int:
        where, params = all_of(conditions)
        sql = f"SELECT count(*) FROM (SELECT 1{arm.source(ALIAS)} WHERE {where})"  # noqa: S608
        with closing(self._connection.cursor()) as cursor:
            (count,) = cursor.execute(sql, params).fetchone()
        return int(count)


def _entity(arm: Arm, row: tuple[Any, ...], terms: Sequence[tuple[Term, bool]]) -> Entity:
    place = row[: len(arm.order)]
    at = len(arm.order)
    parts: dict[str, tuple[Value, ...]] = {}
    for name, values in arm.parts.items():
        parts[name] = tuple(Const(value) for value in row[at : at + len(values)])
        at += len(values)
    raw = {}
    for name in arm.properties:
        raw[name] = (row[at], row[at + 1])
        at += 2
    sorted_by = tuple(
        _sortable(term, value) for (term, _), value in zip(terms, row[at:], strict=True)
    )
    # the arm that a row is tied by has its constants in the place of columns
    fixed = replace(arm, parts=parts)
    return Entity(fixed, arm.identifier(list(place)), raw, sorted_by, place)


def _sortable(term: Term, value: Scalar) -> Scalar:
    """Return a value that sorts in all arms alike, and goes into a link."""
    if term.kind == "time" and term.form is not None:
        moment = term.form.read(value)
        return None if moment is None else moment.isoformat(timespec="microseconds")
    return value if isinstance(value, str | int | float) else None


def _rank(value: Scalar) -> tuple[int, float | int, str]:
    if value is None:
        return (0, 0, "")
    return (1, value, "") if isinstance(value, int | float) else (2, 0, value)


def _behind(arm: Arm, place: list[Scalar], meant: Sequence[Sql]) -> list[Sql]:
    """Return the rows of an arm that follow ``place`` in the order of its key.

    What ``meant`` fixes already is left out: an index could not use it twice.
    """
    if not arm.order:
        return [("0", [])]
    if len(place) != len(arm.order):
        raise SensorThingsError("$skiptoken is not one of this service's")
    fixed = {text for text, _ in meant}
    both = [(value.sql(ALIAS), where) for value, where in zip(arm.order, place, strict=True)]
    while len(both) > 1 and f"{both[0][0][0]} = ?" in fixed:
        both.pop(0)
    texts, place = [text for text, _ in both], [where for _, where in both]
    params = [param for _, own in texts for param in own]
    left = ", ".join(text for text, _ in texts)
    if len(texts) == 1:
        return [(f"{left} > ?", [*params, *place])]
    return [(f"({left}) > ({', '.join('?' for _ in place)})", [*params, *place])]


def _after(
    arm: Arm, terms: list[tuple[Term, bool]], token: _Token, meant: Sequence[Sql]
) -> list[Sql]:
    """Return the rows of an arm that follow the token in the order of ``terms``."""
    full = {text.removesuffix(" IS NOT NULL") for text, _ in meant}
    ways: list[Sql] = []
    same: list[Sql] = []
    for (term, down), value in zip(terms, token.sorted_by, strict=True):
        ways.append(all_of([*same, _step(term, value, down=down, full=term.text in full)]))
        same.append(_equal(term, value))
    if arm.number > token.arm:
        ways.append(all_of(same))
    elif arm.number == token.arm:
        ways.append(all_of([*same, *_behind(arm, token.place, meant)]))
    text = " OR ".join(f"({each})" for each, _ in ways)
    conditions: list[Sql] = [(f"({text})", [param for _, own in ways for param in own])]
    (first, down), value = terms[0], token.sorted_by[0]
    if value is not None and not down:  # says it once more in a way that an index can begin with
        conditions.append(_compared("ge", first, value))
    elif value is not None and first.text in full:
        conditions.append(_compared("le", first, value))
    return conditions


def _step(term: Term, value: Scalar, *, down: bool, full: bool) -> Sql:
    if value is None:
        return ("0", []) if down else (f"{term.text} IS NOT NULL", term.params)
    if not down:
        return _compared("gt", term, value)
    text, params = _compared("lt", term, value)
    if full:
        return text, params
    return f"({text} OR {term.text} IS NULL)", [*params, *term.params]


def _equal(term: Term, value: Scalar) -> Sql:
    if value is None:
        return f"{term.text} IS NULL", term.params
    return _compared("eq", term, value)


def _compared(operator: str, term: Term, value: Scalar) -> Sql:
    if term.kind == "time" and term.form is not None:
        try:
            return compare(operator, term, moment_term(parse_instant(str(value))), 0)
        except ValueError as error:
            raise SensorThingsError("$skiptoken is not one of this service's") from error
    given = Term("?", [value], "any", literal=True, value=value)
    return compare(operator, replace(term, kind="any", arm=None), given, 0)


def _encode(last: Entity) -> str:
    place = [value if isinstance(value, str | int | float) else None for value in last.place]
    return tokens.written([last.arm.number, list(last.sorted_by), place])


def _decode(text: str, orders: int) -> _Token:
    """Read what :func:`_encode` wrote; whoever asks may have written it.

    :raises SensorThingsError: (400)
    """
    wrong = SensorThingsError("$skiptoken is not one of this service's")
    try:
        number, sorted_by, place = tokens.read(text, MAX_TOKEN)
    except ValueError as error:
        raise wrong from error
    if not tokens.is_whole(number) or not _is_list(sorted_by) or not _is_list(place):
        raise wrong
    if len(sorted_by) != orders:
        raise wrong
    return _Token(number, sorted_by, place)


def _is_list(values: object) -> TypeGuard[list[Scalar]]:
    return isinstance(values, list) and all(tokens.is_scalar(value) for value in values)
