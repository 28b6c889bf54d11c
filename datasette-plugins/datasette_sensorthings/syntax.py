"""The grammar of `$filter` and `$orderby`: text to a tree, with the place of each part.

Bounded: a text of at most 2,000 characters, 200 parts, 30 levels.

Source: OGC 18-088, 9.3.3.5; OData 4.0 part 2, 5.1.1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from datasette_common.times import parse_instant

from datasette_sensorthings.errors import SensorThingsError

MAX_TEXT = 2000
MAX_PARTS = 200
MAX_LEVELS = 30
MAX_STEPS = 8  # names in one path
MAX_INTEGER = 2**63

_TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|geography'(?P<geo>[^']*)'"
    r"|'(?P<string>(?:[^']|'')*)'"
    r"|(?P<time>\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+\- ]\d\d:?\d\d)?)?)"
    r"|(?P<clock>\d\d:\d\d(?::\d\d)?)"
    r"|(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"
    r"|(?P<name>@?[A-Za-z_][\w.]*)"
    r"|(?P<mark>[()/,\-])",
    re.ASCII,
)
_NAME_ANY = re.compile(r"[^\s()/,']+")

LiteralKind = Literal["string", "number", "bool", "time", "clock", "geo", "null"]
COMPARISONS = {"eq", "ne", "gt", "ge", "lt", "le"}
_LEVELS = (
    {"or"},
    {"and"},
    COMPARISONS,
    {"add", "sub"},
    {"mul", "div", "mod"},
)


@dataclass(frozen=True, slots=True)
class Value:
    """A literal; a time is a `datetime` in UTC."""

    kind: LiteralKind
    value: str | int | float | bool | datetime | None
    at: int


@dataclass(frozen=True, slots=True)
class Path:
    """A property, or one of an entity that is linked: names from left to right."""

    steps: tuple[str, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments."""

    name: str
    arguments: tuple[Node, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Unary:
    """`not` or `-`."""

    operator: str
    operand: Node
    at: int


@dataclass(frozen=True, slots=True)
class Binary:
    """Two parts with an operator between them."""

    operator: str
    left: Node
    right: Node
    at: int


Node = Value | Path | Call | Unary | Binary


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


def parse_filter(text: str) -> Node:
    """Read a `$filter`.

    :raises SensorThingsError: (400) with the character at which it went wrong.
    """
    parser = _Parser(text, "$filter")
    node = parser.expression(0)
    parser.end()
    return node


def parse_orderby(text: str) -> list[tuple[Node, bool]]:
    """Read a `$orderby`: what to order by, and whether from the greatest on.

    :raises SensorThingsError: (400) with the character at which it went wrong.
    """
    parser = _Parser(text, "$orderby")
    found = []
    while True:
        node = parser.expression(0)
        direction = parser.take("name", {"asc", "desc", "ASC", "DESC"})
        found.append((node, direction is not None and direction.text.lower() == "desc"))
        if not parser.take("mark", {","}):
            break
    parser.end()
    return found


class _Parser:
    def __init__(self, text: str, option: str) -> None:
        if len(text) > MAX_TEXT:
            raise SensorThingsError(f"{option} is longer than {MAX_TEXT} characters")
        self._text = text
        self._option = option
        self._at = 0
        self._level = 0
        self._parts = 0
        self._next: _Token | None = None

    def expression(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._unary()
        node = self.expression(level + 1)
        while operator := self.take("name", _LEVELS[level]):
            right = self.expression(level + 1)
            self._count(operator.at)
            node = Binary(operator.text, node, right, operator.at)
        return node

    def take(self, kind: str, texts: set[str] | None = None) -> _Token | None:
        token = self._peek()
        if token.kind != kind or (texts is not None and token.text not in texts):
            return None
        self._next = None
        return token

    def end(self) -> None:
        token = self._peek()
        if token.kind != "end":
            raise self._error(f"{token.text!r} is not expected", token.at)

    def _unary(self) -> Node:
        token = self._peek()
        self._level += 1
        if self._level > MAX_LEVELS:
            raise self._error("it is nested too deeply", token.at)
        try:
            if self.take("name", {"not"}):
                return Unary("not", self.expression(2), token.at)
            if self.take("mark", {"-"}):
                return Unary("-", self._unary(), token.at)
            return self._primary()
        finally:
            self._level -= 1

    def _primary(self) -> Node:
        token = self._peek()
        self._next = None
        self._count(token.at)
        if token.kind == "mark" and token.text == "(":
            node = self.expression(0)
            self._expect(")")
            return node
        if token.kind == "name":
            return self._named(token)
        if token.kind in {"string", "geo"}:
            return Value("string" if token.kind == "string" else "geo", token.text, token.at)
        if token.kind == "clock":
            clock = token.text if token.text.count(":") == 2 else token.text + ":00"
            return Value("clock", clock, token.at)
        if token.kind == "time":
            try:
                return Value("time", parse_instant(token.text), token.at)
            except ValueError as error:
                raise self._error(str(error), token.at) from error
        if token.kind == "number":
            return Value("number", self._number(token), token.at)
        what = "it ends too early" if token.kind == "end" else f"{token.text!r} is not expected"
        raise self._error(what, token.at)

    def _named(self, token: _Token) -> Node:
        if token.text in {"true", "false"}:
            return Value("bool", token.text == "true", token.at)
        if token.text == "null":
            return Value("null", None, token.at)
        if token.text == "duration" and self._text.startswith("'", self._at):
            raise self._error("durations are not supported", token.at)
        if self.take("mark", {"("}):
            return Call(token.text, self._arguments(), token.at)
        steps = [token.text]
        while self.take("mark", {"/"}):
            match = _NAME_ANY.match(self._text, self._at)
            if not match:
                raise self._error("a name is missing after the slash", self._at)
            self._at = match.end()
            steps.append(match.group())
            if len(steps) > MAX_STEPS:
                raise self._error(f"the path has more than {MAX_STEPS} names", token.at)
        return Path(tuple(steps), token.at)

    def _arguments(self) -> tuple[Node, ...]:
        arguments: list[Node] = []
        if self.take("mark", {")"}):
            return ()
        while True:
            arguments.append(self.expression(0))
            if not self.take("mark", {","}):
                break
        self._expect(")")
        return tuple(arguments)

    def _number(self, token: _Token) -> int | float:
        if token.text.isdigit():
            if len(token.text) > 19 or int(token.text) >= MAX_INTEGER:
                raise self._error("the number is too large", token.at)
            return int(token.text)
        number = float(token.text)
        if number == float("inf"):
            raise self._error("the number is too large", token.at)
        return number

    def _expect(self, mark: str) -> None:
        if not self.take("mark", {mark}):
            raise self._error(f"{mark!r} is missing", self._peek().at)

    def _peek(self) -> _Token:
        if self._next is None:
            self._next = self._read()
        return self._next

    def _read(self) -> _Token:
        while True:
            if self._at >= len(self._text):
                return _Token("end", "", len(self._text))
            match = _TOKEN.match(self._text, self._at)
            if not match or match.lastgroup is None:
                shown = self._text[self._at]
                what = "a text has no end" if shown == "'" else f"{shown!r} is not expected"
                raise self._error(what, self._at)
            begin, self._at = self._at, match.end()
            if match.lastgroup != "space":
                break
        text = match.group(match.lastgroup)
        if match.lastgroup == "string":
            text = text.replace("''", "'")
        return _Token(match.lastgroup, text, begin)

    def _count(self, at: int) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise self._error(f"it has more than {MAX_PARTS} parts", at)

    def _error(self, what: str, at: int) -> SensorThingsError:
        return SensorThingsError(f"{self._option}: {what}", position=at)
