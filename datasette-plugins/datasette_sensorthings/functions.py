"""The functions of `$filter`: their arguments' kinds and their SQL.

Source: OGC 18-088, 9.3.3.5.2 (built-in query functions).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from datasette_common.settings import Scalar

from datasette_sensorthings import geo
from datasette_sensorthings.errors import SensorThingsError
from datasette_sensorthings.term import NUMBERS, TEXTS, Term, clock, moment_term

LOWER, UPPER = "sensorthings_lower", "sensorthings_upper"
GEO = "sensorthings_geo"

Made = Callable[[list[Term]], Term]


@dataclass(frozen=True, slots=True)
class _Function:
    kinds: tuple[str, ...]
    make: Made
    optional: int = 0


def call(name: str, arguments: list[Term], now: datetime, at: int) -> Term:
    """Return a function's value.

    :raises SensorThingsError: (400) if it is unknown or given other arguments than it takes; (501)
        if it needs what is not installed.
    """
    if name == "now" and not arguments:
        return moment_term(now)
    if name in {"mindatetime", "maxdatetime"} and not arguments:
        edge = datetime.min if name == "mindatetime" else datetime.max  # noqa: DTZ901 - made aware
        return moment_term(edge.replace(tzinfo=UTC))
    function = _FUNCTIONS.get(name)
    if function is None:
        raise SensorThingsError(f"there is no function {name[:40]!r}", position=at)
    least, most = len(function.kinds) - function.optional, len(function.kinds)
    if not least <= len(arguments) <= most:
        raise SensorThingsError(f"{name} takes {most} arguments", position=at)
    given = [
        _fitting(argument, kind, name, at)
        for argument, kind in zip(arguments, function.kinds, strict=False)
    ]
    return function.make(given)


def number(term: Term) -> Term:
    """Return a term as a number; what is none is nothing."""
    if term.kind == "number":
        return term
    return Term(
        f"(CASE WHEN typeof({term.text}) IN {NUMBERS} THEN {term.text} END)",
        [*term.params, *term.params],
        "number",
    )


def _fitting(term: Term, kind: str, name: str, at: int) -> Term:
    if kind == "geo":
        geo.required(at)
        if term.kind == "geo" and term.literal:
            geo.checked(str(term.value), at)
    if term.kind in {kind, "null"}:
        return term
    if term.kind == "any":
        return number(term) if kind == "number" else _text(term) if kind == "string" else term
    if kind == "string" and term.kind == "id":
        return term
    if kind == "number" and term.kind == "id":
        return number(term)
    if term.varies:
        return Term("NULL", [], kind)
    if kind == "geo" and term.kind == "json":
        return term
    raise SensorThingsError(f"{name} takes a {kind}, not a {term.kind}", position=at)


def _text(term: Term) -> Term:
    return Term(
        f"(CASE WHEN typeof({term.text}) IN {TEXTS} THEN {term.text} END)",
        [*term.params, *term.params],
        "string",
    )


def _simple(pattern: str, kind: str, *order: int) -> Made:
    """Return what fills arguments into ``pattern``, where `{}` are those of ``order``."""

    def make(terms: list[Term]) -> Term:
        used = [terms[index] for index in order]
        params = [param for term in used for param in term.params]
        return Term(pattern.format(*(term.text for term in used)), params, kind)

    return make


def _part(pattern: str, kind: str = "number", cast: str = "INTEGER") -> Made:
    def make(terms: list[Term]) -> Term:
        text, params = clock(terms[0])
        made = f"strftime(?, {text})"
        if kind == "number":
            made = f"CAST({made} AS {cast})"
        return Term(made, [pattern, *params], kind)

    return make


def _fraction(terms: list[Term]) -> Term:
    text, params = clock(terms[0])
    made = f"round(CAST(strftime('%f', {text}) AS REAL) - CAST(strftime('%S', {text}) AS REAL), 3)"
    return Term(f"({made})", [*params, *params], "number")


def _offset(terms: list[Term]) -> Term:
    form = terms[0].form
    known = form is None or form.zone is UTC
    return Term("0" if known else "NULL", [], "number")


def _substring(terms: list[Term]) -> Term:
    params: list[Scalar] = [*terms[0].params, *terms[1].params]
    if len(terms) == 2:
        return Term(f"substr({terms[0].text}, max({terms[1].text}, 0) + 1)", params, "string")
    made = f"substr({terms[0].text}, max({terms[1].text}, 0) + 1, max({terms[2].text}, 0))"
    return Term(made, [*params, *terms[2].params], "string")


def _geo(name: str, kind: str) -> Made:
    def make(terms: list[Term]) -> Term:
        others = [*terms, *[Term("NULL", [], "null")] * (3 - len(terms))]
        params = [param for term in others for param in term.params]
        return Term(f"{GEO}(?, {', '.join(t.text for t in others)})", [name, *params], kind)

    return make


_FUNCTIONS: dict[str, _Function] = {
    "substringof": _Function(("string", "string"), _simple("(instr({}, {}) > 0)", "bool", 1, 0)),
    "contains": _Function(("string", "string"), _simple("(instr({}, {}) > 0)", "bool", 0, 1)),
    "startswith": _Function(
        ("string", "string"), _simple("(substr({}, 1, length({})) = {})", "bool", 0, 1, 1)
    ),
    "endswith": _Function(
        ("string", "string"),
        _simple("(length({}) = 0 OR substr({}, -length({})) = {})", "bool", 1, 0, 1, 1),
    ),
    "length": _Function(("string",), _simple("length({})", "number", 0)),
    "indexof": _Function(("string", "string"), _simple("(instr({}, {}) - 1)", "number", 0, 1)),
    "substring": _Function(("string", "number", "number"), _substring, optional=1),
    "tolower": _Function(("string",), _simple(LOWER + "({})", "string", 0)),
    "toupper": _Function(("string",), _simple(UPPER + "({})", "string", 0)),
    "trim": _Function(("string",), _simple("trim({})", "string", 0)),
    "concat": _Function(("string", "string"), _simple("({} || {})", "string", 0, 1)),
    "year": _Function(("time",), _part("%Y")),
    "month": _Function(("time",), _part("%m")),
    "day": _Function(("time",), _part("%d")),
    "hour": _Function(("time",), _part("%H")),
    "minute": _Function(("time",), _part("%M")),
    "second": _Function(("time",), _part("%S")),
    "fractionalseconds": _Function(("time",), _fraction),
    "date": _Function(("time",), _part("%Y-%m-%d", "date")),
    "time": _Function(("time",), _part("%H:%M:%S", "clock")),
    "totaloffsetminutes": _Function(("time",), _offset),
    "round": _Function(("number",), _simple("round({})", "number", 0)),
    "floor": _Function(
        ("number",),
        _simple("(CAST({} AS INTEGER) - ({} < CAST({} AS INTEGER)))", "number", 0, 0, 0),
    ),
    "ceiling": _Function(
        ("number",),
        _simple("(CAST({} AS INTEGER) + ({} > CAST({} AS INTEGER)))", "number", 0, 0, 0),
    ),
    "geo.distance": _Function(("geo", "geo"), _geo("distance", "number")),
    "geo.length": _Function(("geo",), _geo("length", "number")),
    "geo.intersects": _Function(("geo", "geo"), _geo("intersects", "bool")),
    "st_relate": _Function(("geo", "geo", "string"), _geo("relate", "bool")),
    **{
        f"st_{name}": _Function(("geo", "geo"), _geo(name, "bool"))
        for name in (
            "equals",
            "disjoint",
            "touches",
            "within",
            "overlaps",
            "crosses",
            "intersects",
            "contains",
        )
    },
}
