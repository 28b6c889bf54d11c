"""An arm: one source of the entities of one set. A set is all of its arms, one after the other.

What an entity *is* stands in the parts of its identity: `thing`, `stream`, `sensor`, `property`
and, for observations, `moment`. Two arms belong together where their parts can be equal; what is
constant in both is decided here, so that a query asks only the tables that can answer it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from datasette_common.names import quoted
from datasette_common.settings import Scalar
from datasette_common.times import TimeFormat

from datasette_sensorthings.model import SETS, EntitySet, Kind, Link
from datasette_sensorthings.value import Const, Sql, Value, equal

MAX_INTEGER = 2**63


@dataclass(frozen=True, slots=True)
class Property:
    """A property's ``value`` in SQL; ``last`` is where a period of its own ends."""

    value: Value
    kind: Kind
    time: TimeFormat | None = None
    last: Value | None = None


@dataclass(frozen=True, slots=True)
class Owner:
    """A row of another table that has to be there: ``key`` is ``column``, and ``where`` holds."""

    column: str
    table: str
    key: str
    where: tuple[tuple[str, Scalar], ...]

    def sql(self, alias: str) -> Sql:
        """Return the condition."""
        meant = " AND ".join(f"o.{quoted(column)} = ?" for column, _ in self.where) or "1"
        found = f"SELECT o.{quoted(self.key)} FROM {quoted(self.table)} AS o WHERE {meant}"  # noqa: S608
        return f"{alias}.{quoted(self.column)} IN ({found})", [value for _, value in self.where]


@dataclass(frozen=True, slots=True)
class Arm:
    """Rows of ``table`` (none: exactly one entity, of constants) as entities of ``set_name``.

    Only rows that equal ``where`` and in which ``filled`` is not empty. ``identity`` names the
    parts that tell one entity from the next, in the order in which an index can give them. With
    ``key`` an id is a text: the key, a colon, the thing, and for an observation an @ and its time.
    """

    set_name: str
    number: int
    identity: tuple[str, ...]
    parts: dict[str, tuple[Value, ...]]
    properties: dict[str, Property]
    table: str | None = None
    where: tuple[tuple[str, Scalar], ...] = ()
    filled: tuple[str, ...] = ()
    key: str | None = None
    owner: Owner | None = None
    order: tuple[Value, ...] = field(init=False)

    def __post_init__(self) -> None:
        values = [value for part in self.identity for value in self.parts[part]]
        varying = tuple(value for value in values if not isinstance(value, Const))
        object.__setattr__(self, "order", varying)

    @property
    def set(self) -> EntitySet:
        """The entity set."""
        return SETS[self.set_name]

    def source(self, alias: str) -> str:
        """Return the FROM clause, with its space."""
        return f" FROM {quoted(self.table)} AS {alias}" if self.table else ""

    def rows(self, alias: str) -> list[Sql]:
        """Return which rows of the table are meant."""
        meant: list[Sql] = [(f"{alias}.{quoted(c)} = ?", [value]) for c, value in self.where]
        if self.owner:
            meant.append(self.owner.sql(alias))
        return meant + [(f"{alias}.{quoted(column)} IS NOT NULL", []) for column in self.filled]

    def identifier(self, values: list[Scalar]) -> int | str:
        """Return the id of the entity whose varying parts, in :attr:`order`, are ``values``."""
        if self.key is not None:
            return f"{self.key}:" + "@".join(_text(value) for value in values)
        value = values[0] if values else self._constant()
        return value if isinstance(value, int) else _text(value)

    def named(self, identifier: Scalar, alias: str) -> list[Sql] | None:
        """Return the conditions under which a row has that id; None if no row of this arm can."""
        given: list[str] | list[Scalar] = [identifier]
        if self.key is not None:
            key, colon, rest = str(identifier).partition(":")
            if not colon or key != self.key:
                return None
            given = [rest] if len(self.order) == 1 else list(rest.rpartition("@")[::2])
        elif not self.order:
            return [] if str(identifier) == str(self._constant()) else None
        conditions: list[Sql] = []
        for value, wanted in zip(self.order, given, strict=True):
            text, params = value.sql(alias)
            forms = _forms(wanted)
            marks = ", ".join("?" for _ in forms)
            conditions.append((f"{text} IN ({marks})", [*params, *forms]))
        return conditions

    def identifier_sql(self, alias: str) -> Sql:
        """Return the id as SQL; no index helps with it."""
        if not self.order:
            return "?", [self._constant()]
        pieces = [value.sql(alias) for value in self.order]
        params = [each for _, own in pieces for each in own]
        if self.key is None:
            return pieces[0][0], params
        return "(? || " + " || '@' || ".join(text for text, _ in pieces) + ")", [
            f"{self.key}:",
            *params,
        ]

    def _constant(self) -> Scalar:
        (value,) = self.parts[self.identity[0]]
        return value.value if isinstance(value, Const) else None


def tied(link: Link, near: Arm, alias: str, far: Arm, far_alias: str) -> list[Sql] | None:
    """Return when a row of ``near`` is linked to one of ``far``; None if that can never be."""
    if far.set_name != link.target:
        return None
    conditions: list[Sql] = []
    for tie in link.ties:
        here, there = near.parts.get(tie), far.parts.get(tie)
        if here is None or there is None or len(here) != len(there):
            return None
        for one, other in zip(here, there, strict=True):
            if isinstance(one, Const) and isinstance(other, Const):
                if str(one.value) != str(other.value):  # a key of the configuration is a text
                    return None
                continue
            conditions.append(equal(other, far_alias, one.sql(alias)))
    return conditions


def _text(value: Scalar) -> str:
    return "" if value is None else str(value)


def _forms(wanted: Scalar) -> list[Scalar]:
    """Return the values that an id in an address can stand for: an address knows no types."""
    forms: list[Scalar] = [wanted]
    if isinstance(wanted, int):
        return [wanted, str(wanted)]
    text = str(wanted)
    number = text.removeprefix("-")
    if number.isascii() and number.isdigit() and len(number) < 20 and str(int(text)) == text:
        forms += [int(text)] if abs(int(text)) < MAX_INTEGER else []
    return forms
