"""A part of a filter as SQL, with what kind of value it is, and the comparison of two of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from datasette_common.settings import Scalar
from datasette_common.times import TimeFormat, parse_instant

from datasette_sensorthings.arm import Arm
from datasette_sensorthings.errors import SensorThingsError
from datasette_sensorthings.value import Sql

NUMBERS, TEXTS = "('integer', 'real')", "('text')"
SIGNS = {"eq": "=", "ne": "<>", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
MIRRORED = {"gt": "lt", "ge": "le", "lt": "gt", "le": "ge", "eq": "eq", "ne": "ne"}


@dataclass(frozen=True, slots=True)
class Term:
    """An expression of ``kind``: string, number, bool, time, clock, date, json, geo, id, any, null.

    ``form`` is how a time is written, ``moment`` a time that the request names, ``arm`` whose id it
    is. ``varies`` marks what is of another kind in each source, as the results of observations are.
    """

    text: str
    params: list[Scalar]
    kind: str
    form: TimeFormat | None = None
    moment: datetime | None = None
    arm: Arm | None = None
    alias: str = ""
    literal: bool = False
    varies: bool = False
    value: Scalar = field(default=None)

    @property
    def sql(self) -> Sql:
        """Expression and parameters."""
        return self.text, self.params


def moment_term(moment: datetime) -> Term:
    """Return a time that the request names."""
    naive = moment.astimezone(UTC).replace(tzinfo=None)
    text = naive.isoformat(" ", "milliseconds")
    return Term("?", [text], "time", moment=moment, literal=True, value=text)


def clock(term: Term) -> Sql:
    """Return a time as SQLite's functions of time take it: their arguments, with commas."""
    form = term.form
    if form is None:
        return term.sql
    text, modifiers = term.text, []
    if form.pattern in {"unix", "unix_ms"}:
        text = f"({text} / 1000.0)" if form.pattern == "unix_ms" else text
        modifiers.append("unixepoch")
    if form.ends and form.period:
        modifiers += [f"+{form.period.days} days", f"+{form.period.seconds} seconds"]
    return ", ".join([text, *("?" for _ in modifiers)]), [*term.params, *modifiers]


def compare(operator: str, left: Term, right: Term, at: int) -> Sql:
    """Return the comparison.

    :raises SensorThingsError: (400) if the two cannot be compared.
    """
    if left.kind == "null" or right.kind == "null":
        return _with_null(operator, left, right, at)
    if left.literal and not right.literal:
        operator, left, right = MIRRORED[operator], right, left
    if left.kind == "id" or right.kind == "id":
        return _ids(operator, left, right)
    if "time" in {left.kind, right.kind} and "date" not in {left.kind, right.kind}:
        return _times(operator, left, right, at)
    if left.kind == "date" and right.moment is not None:
        right = Term("?", [right.moment.strftime("%Y-%m-%d")], "date", literal=True)
    return _plain(operator, left, right, at)


def _with_null(operator: str, left: Term, right: Term, at: int) -> Sql:
    if operator not in {"eq", "ne"}:
        raise SensorThingsError(f"{operator} does not compare with null", position=at)
    term = left if right.kind == "null" else right
    if term.kind == "null":
        return ("1" if operator == "eq" else "0"), []
    return f"({term.text} {'IS' if operator == 'eq' else 'IS NOT'} NULL)", term.params


def _ids(operator: str, left: Term, right: Term) -> Sql:
    if left.arm is not None and right.literal and operator in {"eq", "ne"}:
        conditions = left.arm.named(right.value, left.alias)
        if conditions is None:
            return ("0" if operator == "eq" else "1"), []
        text = " AND ".join(each for each, _ in conditions) or "1"
        params = [param for _, own in conditions for param in own]
        return (f"({text})" if operator == "eq" else f"(NOT ({text}))"), params
    return f"({left.text} {SIGNS[operator]} {right.text})", [*left.params, *right.params]


def _times(operator: str, left: Term, right: Term, at: int) -> Sql:
    left, right = _as_time(left, at), _as_time(right, at)
    if left.form is not None and right.moment is not None:
        bound = left.form.bound(operator, right.moment)
        if bound is None:
            text = "0" if operator == "eq" else f"({left.text} IS NOT NULL)"
            return text, ([] if operator == "eq" else left.params)
        exact, value = bound
        if exact in {"true", "false"}:
            if exact == "false":
                return "0", []
            return f"({left.text} IS NOT NULL)", left.params
        return f"({left.text} {SIGNS[exact]} ?)", [*left.params, value]
    (one, own), (other, others) = clock(left), clock(right)
    return f"(julianday({one}) {SIGNS[operator]} julianday({other}))", [*own, *others]


def _as_time(term: Term, at: int) -> Term:
    if term.kind == "time":
        return term
    if term.kind == "any":  # what a JSON object says
        return Term(term.text, term.params, "time")
    if term.kind == "string" and term.literal:
        try:
            return moment_term(parse_instant(str(term.value)))
        except ValueError as error:
            raise SensorThingsError(str(error), position=at) from error
    raise SensorThingsError(f"a time does not compare with a {term.kind}", position=at)


def _plain(operator: str, left: Term, right: Term, at: int) -> Sql:
    together = f"({left.text} {SIGNS[operator]} {right.text})"
    params = [*left.params, *right.params]
    kinds = {left.kind, right.kind}
    if "geo" in kinds and not kinds & {"any"}:
        raise SensorThingsError("geometries compare by functions such as st_equals", position=at)
    loose = {"any", "json"}
    if left.kind == right.kind or kinds <= loose:
        return together, params
    if kinds & loose:
        term, other = (left, right) if left.kind in loose else (right, left)
        types = {"number": NUMBERS, "bool": NUMBERS}.get(other.kind, TEXTS)
        return f"(typeof({term.text}) IN {types} AND {together})", [*term.params, *params]
    if left.varies or right.varies:
        return "0", []
    raise SensorThingsError(f"a {left.kind} does not compare with a {right.kind}", position=at)
