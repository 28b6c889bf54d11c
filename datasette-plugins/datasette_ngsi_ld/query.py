"""The query language: `q=numValue>20;(name~="^Rat"|category=="public")`, read and evaluated.

`;` is and, `|` is or, and binds less. A value is a number, `true`, `false`, a text in quotes, a
time, or a URI; `a,b` is a list of them and `a..b` a range. A path goes on into properties of the
attribute with dots, into its value in brackets.

Source: ETSI GS CIM 009 V1.8.1, 4.9.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from datasette_common.times import parse_instant

from datasette_ngsi_ld.errors import NgsiError
from datasette_ngsi_ld.pattern import Pattern, pattern

MAX_QUERY = 2000  # characters
MAX_TERMS = 50
MAX_DEPTH = 20
_PATH = re.compile(
    r"((?:https?|urn):[^=!<>~;|()\[\]\s\"]+|[A-Za-z]\w*(?:\.[A-Za-z]\w*)*)(\[[A-Za-z@][\w.@:-]*\])?"
)
_OPERATOR = re.compile(r"==|!=|>=|<=|~=|!~=|>|<")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?")
_BARE = re.compile(r"(?:(?!\.\.)[^;|(),\"\s])+")
_TIME = re.compile(r"\d{4}-\d\d-\d\d(T.*)?")

Value = float | bool | str | datetime
Told = Mapping[str, object]  # an entity, normalized


@dataclass(frozen=True, slots=True)
class Term:
    """An attribute, and what is asked of it: without an operator, that it is there."""

    attribute: str
    path: tuple[str, ...]
    trail: tuple[str, ...]
    operator: str = ""
    values: tuple[Value, ...] = ()
    spans: tuple[tuple[Value, Value], ...] = ()
    pattern: Pattern | None = None


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """Some part holds."""

    parts: tuple[Node, ...]


Node = Term | All | Either


def parse_query(text: str, named: Callable[[str], str]) -> Node:
    """Read a query; ``named`` gives the name of an attribute that is said by its IRI.

    :raises NgsiError: (400)
    """
    if len(text) > MAX_QUERY:
        raise NgsiError(f"q has at most {MAX_QUERY} characters")
    return _Parser(text, named).whole()


def attributes_of(node: Node) -> set[str]:
    """Return the attributes that a query names."""
    if isinstance(node, Term):
        return {node.attribute}
    return set().union(*(attributes_of(part) for part in node.parts))


def holds(node: Node, told: Told) -> bool:
    """Tell whether an entity meets the query."""
    match node:
        case All(parts):
            return all(holds(part, told) for part in parts)
        case Either(parts):
            return any(holds(part, told) for part in parts)
    found = _found(node, told)
    return bool(found) and (not node.operator or _meets(node, found))


def _meets(node: Term, found: list[object]) -> bool:
    match node.operator:
        case "==":
            return _equal(node, found)
        case "!=":
            return not _equal(node, found)
        case "~=" | "!~=":
            fits = node.pattern
            known = any(isinstance(v, str) and fits and fits.found_in(v) for v in found)
            return known == (node.operator == "~=")
    return any(_ordered(node.operator, value, node.values[0]) for value in found)


def _found(node: Term, told: Told) -> list[object]:
    """Return the values at the path: those of a list, each."""
    here = told.get(node.attribute)
    for step in node.path:
        here = here.get(step) if isinstance(here, dict) else None
    if isinstance(here, dict) and ("value" in here or "object" in here):
        here = here.get("value", here.get("object"))
    for step in node.trail:
        here = here.get(step) if isinstance(here, dict) else None
    if here is None:
        return []
    return list(here) if isinstance(here, list) else [here]


def _equal(node: Term, found: list[object]) -> bool:
    for value in found:
        if any(_same(value, wanted) for wanted in node.values):
            return True
        if any(_ordered(">=", value, a) and _ordered("<=", value, b) for a, b in node.spans):
            return True
    return False


def _same(value: object, wanted: Value) -> bool:
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted
    if isinstance(wanted, datetime):
        return _moment(value) == wanted
    return value == wanted


def _ordered(operator: str, value: object, wanted: Value) -> bool:
    if isinstance(value, bool) or isinstance(wanted, bool):
        return False
    if isinstance(wanted, datetime):
        moment = _moment(value)
        return moment is not None and _compare(operator, moment.timestamp(), wanted.timestamp())
    if isinstance(value, int | float) and isinstance(wanted, int | float):
        return _compare(operator, value, wanted)
    if isinstance(value, str) and isinstance(wanted, str):
        return _compare(operator, (value > wanted) - (value < wanted), 0)
    return False


def _compare(operator: str, one: float, other: float) -> bool:
    match operator:
        case ">":
            return one > other
        case ">=":
            return one >= other
        case "<":
            return one < other
    return one <= other


def _moment(value: object) -> datetime | None:
    if isinstance(value, dict):
        value = value.get("@value")
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        return None
    try:
        return parse_instant(value)
    except ValueError:
        return None


class _Parser:
    def __init__(self, text: str, named: Callable[[str], str]) -> None:
        self._text = text
        self._named = named
        self._at = 0
        self._terms = 0

    def whole(self) -> Node:
        node = self._either(0)
        if self._at < len(self._text):
            raise self._wrong()
        return node

    def _wrong(self, why: str = "this is not understood") -> NgsiError:
        return NgsiError(f"q, at character {self._at}: {why}")

    def _either(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise self._wrong("too many brackets")
        parts = [self._all(depth)]
        while self._skip("|"):
            parts.append(self._all(depth))
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _all(self, depth: int) -> Node:
        parts = [self._one(depth)]
        while self._skip(";"):
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _one(self, depth: int) -> Node:
        if self._skip("("):
            node = self._either(depth + 1)
            if not self._skip(")"):
                raise self._wrong("a bracket is not closed")
            return node
        return self._term()

    def _skip(self, char: str) -> bool:
        if not self._text.startswith(char, self._at):
            return False
        self._at += len(char)
        return True

    def _match(self, expression: re.Pattern[str]) -> re.Match[str] | None:
        match = expression.match(self._text, self._at)
        if match:
            self._at = match.end()
        return match

    def _term(self) -> Term:
        self._terms += 1
        if self._terms > MAX_TERMS:
            raise self._wrong(f"more than {MAX_TERMS} conditions")
        match = self._match(_PATH)
        if not match:
            raise self._wrong("here an attribute must stand")
        attribute, *path = _split(match.group(1))
        trail = match.group(2)
        place = (
            self._named(attribute),
            tuple(path),
            tuple(trail[1:-1].split(".")) if trail else (),
        )
        found = self._match(_OPERATOR)
        if not found:
            return Term(*place)
        operator = found.group()
        if operator in {"~=", "!~="}:
            return Term(*place, operator, pattern=pattern(self._pattern()))
        values: list[Value] = []
        spans: list[tuple[Value, Value]] = []
        while True:
            value = self._value()
            if self._skip(".."):
                spans.append((value, self._value()))
            else:
                values.append(value)
            if not self._skip(","):
                break
        if operator not in {"==", "!="} and (len(values) != 1 or spans):
            raise self._wrong("lists and ranges go with == and != alone")
        return Term(*place, operator, tuple(values), tuple(spans))

    def _pattern(self) -> str:
        quoted = self._match(_QUOTED)
        if quoted:  # a backslash is the pattern's own, but for the quotation mark
            return quoted.group(1).replace('\\"', '"')
        end = min((i for c in ";|)" if (i := self._text.find(c, self._at)) >= 0), default=None)
        bare = self._text[self._at : end]
        if not bare:
            raise self._wrong("here a pattern must stand")
        self._at += len(bare)
        return bare

    def _value(self) -> Value:
        quoted = self._match(_QUOTED)
        if quoted:
            try:
                return str(json.loads(quoted.group()))
            except ValueError as error:
                raise self._wrong("the text in quotes is not as JSON writes it") from error
        bare = self._match(_BARE)
        if not bare:
            raise self._wrong("here a value must stand")
        return self._bare(bare.group())

    def _bare(self, text: str) -> Value:
        if text in {"true", "false"}:
            return text == "true"
        if _NUMBER.fullmatch(text):
            return float(text)
        if _TIME.fullmatch(text):
            try:
                return parse_instant(text)
            except ValueError as error:
                raise self._wrong(str(error)) from error
        if ":" in text:
            return text
        raise self._wrong(f"{text[:50]!r} is no number, time or URI; a text stands in quotes")


def _split(said: str) -> list[str]:
    # an IRI has dots of its own
    return [said] if ":" in said else said.split(".")
