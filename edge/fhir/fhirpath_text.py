"""FHIRPath as text to an expression: what the invariants of R4 and of German profiles use. Pure.

Source: FHIRPath N1 (ANSI/HL7), grammar and operator precedence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

# from what binds loosest to what binds tightest
_LEVELS = (
    ("implies",),
    ("or", "xor"),
    ("and",),
    ("in", "contains"),
    ("=", "!=", "~", "!~"),
    (">", "<", ">=", "<="),
    ("|",),
    ("is", "as"),
    ("+", "-", "&"),
    ("*", "/", "div", "mod"),
)
_TOKEN = re.compile(
    r"""\s*(?:(?P<string>'(?:[^'\\]|\\.)*')|(?P<number>[0-9]+(?:\.[0-9]+)?)
    |(?P<name>`[^`]+`|[%$]?[A-Za-z_][A-Za-z0-9_-]*(?<!-))|(?P<sign>!=|!~|>=|<=|[-.,()\[\]{}=~<>|+*/&]))""",
    re.VERBOSE,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "f": "\f"}


class Unreadable(Exception):
    """An expression uses what is not known here."""


@dataclass(frozen=True, slots=True)
class Expr:
    """A node of an expression.

    ``op`` is ``literal``, ``name``, ``variable``, ``dot``, ``index``, ``call``, ``minus`` or an
    operator; ``word`` a name or literal; ``args`` what it is applied to.
    """

    op: str
    word: object = None
    args: tuple[Expr, ...] = ()


@lru_cache(maxsize=1024)  # the definitions have some 300
def parse(text: str) -> Expr:
    """Return the expression.

    :raises Unreadable: if it is none.
    """
    reader = _Reader(text)
    found = reader.level(0)
    if reader.at < len(reader.tokens):
        raise Unreadable(text)
    return found


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str]] = []
        self.at = at = 0
        while text[at:].strip():
            found = _TOKEN.match(text, at)
            if found is None or found.lastgroup is None:
                raise Unreadable(text)
            self.tokens.append((found.lastgroup, found[found.lastgroup]))
            at = found.end()

    def peek(self) -> str:
        """Return the next sign or word as it stands, empty at the end; a string is none."""
        if self.at == len(self.tokens) or self.tokens[self.at][0] == "string":
            return ""
        return self.tokens[self.at][1]

    def take(self) -> tuple[str, str]:
        if self.at == len(self.tokens):
            raise Unreadable(self.text)
        self.at += 1
        return self.tokens[self.at - 1]

    def expect(self, sign: str) -> None:
        if self.take() != ("sign", sign):
            raise Unreadable(self.text)

    def level(self, number: int) -> Expr:
        if number == len(_LEVELS):
            return self.unary()
        left = self.level(number + 1)
        while self.peek() in _LEVELS[number]:
            operator = self.take()[1]
            if operator in {"is", "as"}:
                left = Expr(operator, self.type_name(), (left,))
            else:
                left = Expr(operator, None, (left, self.level(number + 1)))
        return left

    def type_name(self) -> str:
        kind, word = self.take()
        if kind != "name":
            raise Unreadable(self.text)
        while self.peek() == ".":
            self.take()
            word = self.take()[1]
        return word.strip("`")

    def unary(self) -> Expr:
        if self.peek() in {"-", "+"}:
            sign = self.take()[1]
            inner = self.unary()
            return Expr("minus", None, (inner,)) if sign == "-" else inner
        found = self.term()
        while self.peek() in {".", "["}:
            if self.take()[1] == "[":
                found = Expr("index", None, (found, self.level(0)))
                self.expect("]")
            else:
                found = Expr("dot", None, (found, self.invocation()))
        return found

    def term(self) -> Expr:
        kind, word = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
        if kind == "string":
            self.take()
            return Expr("literal", _unescaped(word[1:-1]))
        if kind == "number":
            self.take()
            return Expr("literal", Decimal(word) if "." in word else int(word))
        if word == "(":
            self.take()
            found = self.level(0)
            self.expect(")")
            return found
        if word == "{":
            self.take()
            self.expect("}")
            return Expr("nothing")
        if kind == "name" and word in {"true", "false"}:
            self.take()
            return Expr("literal", word == "true")
        return self.invocation()

    def invocation(self) -> Expr:
        kind, word = self.take()
        if kind != "name":
            raise Unreadable(self.text)
        if word[0] in "%$":
            return Expr("variable", word)
        word = word.strip("`")
        if self.peek() != "(":
            return Expr("name", word)
        self.take()
        if word in {"is", "as", "ofType"}:
            found = Expr("call", word, (Expr("name", self.type_name()),))
            self.expect(")")
            return found
        args = []
        while self.peek() != ")":
            args.append(self.level(0))
            if self.peek() == ",":
                self.take()
        self.take()
        return Expr("call", word, tuple(args))


def _unescaped(text: str) -> str:
    def one(found: re.Match[str]) -> str:
        sign = found[1]
        if sign[0] == "u":
            return chr(int(sign[1:], 16))
        return _ESCAPES.get(sign, sign)

    return re.sub(r"\\(u[0-9a-fA-F]{4}|.)", one, text)
