r"""Extended regular expressions that take time in proportion to the text, whoever wrote them.

A pattern becomes a set of states that is moved along the text: none can be written that runs away,
as they can for the library's own. Characters, `.`, `[...]`, `\d \w \s` and their opposites,
groups, `|`, `* + ? {m,n}`, `^` and `$`; a pattern may match anywhere in the text.

Source: IEEE 1003.1, 9.4 (extended regular expressions); ETSI GS CIM 009, 4.9 and 4.10.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from datasette_ngsi_ld.errors import NgsiError

MAX_PATTERN = 200  # characters
MAX_STATES = 400  # repetitions written out: {1,200} of a long group is refused
MAX_TEXT = 2000  # characters that are looked at; an id or a name has fewer
MAX_DEPTH = 20
MAX_REPEAT = 100

Test = Callable[[str], bool]
_CLASSES: dict[str, Test] = {
    "d": lambda c: "0" <= c <= "9",
    "w": lambda c: c == "_" or c.isalnum(),
    "s": str.isspace,
}
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r"}


@dataclass(slots=True)
class _State:
    """A step: over a character that passes ``test``, at an end of the text, or for nothing."""

    test: Test | None = None
    at: str = ""  # "^" or "$"
    ways: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Node:
    kind: str
    parts: tuple[_Node, ...] = ()
    test: Test | None = None
    least: int = 0
    most: int | None = 0


class Pattern:
    """A regular expression.

    :raises NgsiError: (400) if it is none, or asks for too much.
    """

    def __init__(self, text: str) -> None:
        if len(text) > MAX_PATTERN:
            raise NgsiError(f"a pattern has at most {MAX_PATTERN} characters")
        parser = _Parser(text)
        self._states: list[_State] = []
        self._built = 0  # repetitions of nothing add no state, and take time all the same
        last = self._add(_State())
        self._start = self._build(parser.whole(), last)
        self._last = last

    def found_in(self, text: str) -> bool:
        """Tell whether any part of the text matches; of a long text only the beginning is read."""
        text = text[:MAX_TEXT]
        here: set[int] = set()
        for position in range(len(text) + 1):
            here = self._closed(here | {self._start}, position, len(text))
            if self._last in here:
                return True
            if position < len(text):
                char = text[position]
                here = {
                    way
                    for number in here
                    if (test := self._states[number].test) is not None and test(char)
                    for way in self._states[number].ways
                }
        return False

    def _closed(self, states: set[int], position: int, length: int) -> set[int]:
        todo, found = list(states), set(states)
        while todo:
            state = self._states[todo.pop()]
            if state.test is not None:
                continue
            if (state.at == "^" and position) or (state.at == "$" and position != length):
                continue
            for way in state.ways:
                if way not in found:
                    found.add(way)
                    todo.append(way)
        return found

    def _add(self, state: _State) -> int:
        self._states.append(state)
        if len(self._states) > MAX_STATES:
            raise NgsiError("the pattern asks for too much")
        return len(self._states) - 1

    def _build(self, node: _Node, after: int) -> int:
        """Return where ``node`` begins if what follows begins at ``after``."""
        self._built += 1
        if self._built > MAX_STATES * 4:
            raise NgsiError("the pattern asks for too much")
        if node.kind == "char":
            return self._add(_State(test=node.test, ways=(after,)))
        if node.kind in {"^", "$"}:
            return self._add(_State(at=node.kind, ways=(after,)))
        if node.kind == "either":
            ways = tuple(self._build(part, after) for part in node.parts)
            return self._add(_State(ways=ways))
        if node.kind == "repeat":
            return self._repeated(node, after)
        for part in reversed(node.parts):
            after = self._build(part, after)
        return after

    def _repeated(self, node: _Node, after: int) -> int:
        (inner,) = node.parts
        if node.most is None:
            loop = self._add(_State())
            self._states[loop].ways = (self._build(inner, loop), after)
            after = loop
        else:
            for _ in range(node.most - node.least):
                after = self._add(_State(ways=(self._build(inner, after), after)))
        for _ in range(node.least):
            after = self._build(inner, after)
        return after


@lru_cache(maxsize=64)
def pattern(text: str) -> Pattern:
    """Return the pattern that a request names.

    :raises NgsiError: (400)
    """
    return Pattern(text)


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def whole(self) -> _Node:
        node = self._either(0)
        if self._at < len(self._text):
            raise self._wrong("a bracket is closed that was not opened")
        return node

    def _wrong(self, why: str) -> NgsiError:
        return NgsiError(f"the pattern is not understood at character {self._at}: {why}")

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self) -> str:
        char = self._peek()
        if not char:
            raise self._wrong("it ends too early")
        self._at += 1
        return char

    def _either(self, depth: int) -> _Node:
        if depth > MAX_DEPTH:
            raise self._wrong("too many brackets")
        branches = [self._row(depth)]
        while self._peek() == "|":
            self._at += 1
            branches.append(self._row(depth))
        return branches[0] if len(branches) == 1 else _Node("either", tuple(branches))

    def _row(self, depth: int) -> _Node:
        parts: list[_Node] = []
        while self._peek() not in {"", "|", ")"}:
            node = self._atom(depth)
            levels = 0
            while self._peek() in {"*", "+", "?", "{"}:
                node = self._repeat(node)
                levels += 1
                if levels > MAX_DEPTH:
                    raise self._wrong("too many repetitions of one thing")
            parts.append(node)
        return _Node("row", tuple(parts))

    def _atom(self, depth: int) -> _Node:
        char = self._take()
        if char == "(":
            if self._text.startswith("?:", self._at):
                self._at += 2
            node = self._either(depth + 1)
            if self._peek() != ")":
                raise self._wrong("a bracket is not closed")
            self._at += 1
            return node
        if char in "*+?{":
            raise self._wrong("there is nothing to repeat")
        if char in "^$":
            return _Node(char)
        if char == ".":
            return _Node("char", test=lambda _: True)
        if char == "[":
            return _Node("char", test=self._class())
        if char == "\\":
            return _Node("char", test=self._escaped())
        return _Node("char", test=char.__eq__)

    def _escaped(self) -> Test:
        char = self._take()
        if char.lower() in _CLASSES:
            known = _CLASSES[char.lower()]
            return known if char.islower() else lambda c: not known(c)
        if char in _CONTROLS:
            return _CONTROLS[char].__eq__
        if char.isalnum():
            raise self._wrong("an unknown letter behind a backslash")
        return char.__eq__

    def _class(self) -> Test:
        negated = self._peek() == "^"
        self._at += negated
        tests: list[Test] = []
        while self._peek() != "]" or not tests:
            first = self._take()
            if first == "\\":
                tests.append(self._escaped())
                continue
            if self._peek() == "-" and self._text[self._at + 1 : self._at + 2] not in {"", "]"}:
                self._at += 1
                last = self._take()
                if last < first:
                    raise self._wrong("a range that ends before it begins")
                tests.append(_range(first, last))
            else:
                tests.append(first.__eq__)
        self._at += 1
        return lambda c: any(test(c) for test in tests) != negated

    def _repeat(self, node: _Node) -> _Node:
        char = self._take()
        if char == "{":
            least, most = self._counts()
        else:
            least, most = {"*": (0, None), "+": (1, None), "?": (0, 1)}[char]
        return _Node("repeat", (node,), least=least, most=most)

    def _counts(self) -> tuple[int, int | None]:
        end = self._text.find("}", self._at)
        said = self._text[self._at : end] if end > 0 else ""
        first, comma, last = said.partition(",")
        numbers = [part for part in (first, last) if part]
        if not first or not all(part.isascii() and part.isdigit() for part in numbers):
            raise self._wrong("a repetition is such as {2}, {2,} or {2,5}")
        self._at = end + 1
        least = int(first[:4])
        most: int | None = int(last[:4]) if last else (None if comma else least)
        if max(least, most or 0) > MAX_REPEAT or (most is not None and most < least):
            raise self._wrong(f"a repetition goes up to {MAX_REPEAT}")
        return least, most


def _range(first: str, last: str) -> Test:
    return lambda c: first <= c <= last
