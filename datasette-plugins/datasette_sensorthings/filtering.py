"""From the tree of a filter to SQL over one arm. Every value of the request becomes a parameter.

A path over a link is a subquery: `Datastreams/name eq 'x'` is true where there is such a one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from datasette_sensorthings import functions, syntax
from datasette_sensorthings.arm import Arm, tied
from datasette_sensorthings.errors import SensorThingsError
from datasette_sensorthings.model import Link
from datasette_sensorthings.term import SIGNS, Term, compare, moment_term
from datasette_sensorthings.value import Sql, all_of

MAX_SUBQUERIES = 300
MAX_SQL = 20_000  # characters: some operators write what they are given twice
LOGIC = {"and": "AND", "or": "OR"}
ARITHMETIC = {"add": "+", "sub": "-", "mul": "*"}
JSON_KINDS = {"json", "geo", "any"}


@dataclass(slots=True)
class Scope:
    """Rows of an arm under an alias; ``bound`` are the rows that links lead to from there."""

    arm: Arm
    alias: str
    bound: dict[str, Scope] = field(default_factory=dict)


class Compiler:
    """Writes the conditions and orders of one request."""

    def __init__(self, arms: dict[str, tuple[Arm, ...]], now: datetime) -> None:
        self._arms = arms
        self._now = now
        self._made = 0

    def condition(self, node: syntax.Node, scope: Scope) -> Sql:
        """Return when ``node`` is true.

        :raises SensorThingsError: (400) if it is not a condition, or not of these properties.
        """
        if isinstance(node, syntax.Binary) and node.operator in LOGIC:
            left, right = self.condition(node.left, scope), self.condition(node.right, scope)
            return f"({left[0]} {LOGIC[node.operator]} {right[0]})", [*left[1], *right[1]]
        if isinstance(node, syntax.Unary) and node.operator == "not":
            text, params = self.condition(node.operand, scope)
            return f"(NOT {text})", params
        over = next(self._links(node, scope), None)
        if over is not None:
            return self._exists(node, scope, *over)
        if isinstance(node, syntax.Binary) and node.operator in SIGNS:
            left_term, right_term = self.term(node.left, scope), self.term(node.right, scope)
            return compare(node.operator, left_term, right_term, node.at)
        return _truth(self.term(node, scope), node.at)

    def order(self, node: syntax.Node, scope: Scope) -> Term:
        """Return what ``node`` is worth, over links to one entity as well.

        :raises SensorThingsError: (400) if a link leads to many.
        """
        over = next(self._links(node, scope), None)
        if over is None:
            return self.term(node, scope)
        near, name = over
        link = near.arm.set.links[name]
        if link.many:
            raise SensorThingsError(f"$orderby: {name} are many", position=node.at)
        found: list[Term] = []
        for far, conditions in self._far(link, near):
            near.bound[name] = far
            term = self.order(node, scope)
            del near.bound[name]
            text, params = all_of([*far.arm.rows(far.alias), *conditions])
            source = far.arm.source(far.alias)
            made = f"(SELECT {term.text}{source} WHERE {text} LIMIT 1)"
            found.append(Term(made, [*term.params, *params], term.kind, form=term.form))
        if len(found) == 1:
            return found[0]
        text = ", ".join(term.text for term in found)
        params = [param for term in found for param in term.params]
        return Term(f"coalesce({text}, NULL)" if found else "NULL", params, "any")

    def term(self, node: syntax.Node, scope: Scope) -> Term:
        """Return what ``node`` is worth in a row; every link in it is bound."""
        term = self._term(node, scope)
        if len(term.text) > MAX_SQL:
            raise SensorThingsError("the query is too complicated", position=node.at)
        return term

    def _term(self, node: syntax.Node, scope: Scope) -> Term:
        match node:
            case syntax.Value():
                return _literal(node)
            case syntax.Path():
                return self._path(node, scope)
            case syntax.Call():
                arguments = [self.term(argument, scope) for argument in node.arguments]
                return functions.call(node.name, arguments, self._now, node.at)
            case syntax.Unary(operator="-"):
                operand = self._number(node.operand, scope)
                return Term(f"(- {operand.text})", operand.params, "number")
            case syntax.Binary() if node.operator not in SIGNS and node.operator not in LOGIC:
                return self._arithmetic(node, scope)
        text, params = self.condition(node, scope)
        return Term(text, params, "bool")

    def _arithmetic(self, node: syntax.Binary, scope: Scope) -> Term:
        left, right = self._number(node.left, scope), self._number(node.right, scope)
        params = [*left.params, *right.params]
        if node.operator in ARITHMETIC:
            text = f"({left.text} {ARITHMETIC[node.operator]} {right.text})"
            return Term(text, params, "number")
        divided = f"(CAST({left.text} AS REAL) / {right.text})"
        if node.operator == "div":
            return Term(divided, params, "number")
        whole = f"({left.text} - {right.text} * CAST({divided} AS INTEGER))"
        return Term(whole, [*params, *params], "number")

    def _number(self, node: syntax.Node, scope: Scope) -> Term:
        term = self.term(node, scope)
        if term.kind in {"number", "any", "id"}:
            return functions.number(term)
        if term.varies or term.kind == "null":
            return Term("NULL", [], "number")
        raise SensorThingsError(f"a {term.kind} is no number", position=node.at)

    def _path(self, node: syntax.Path, scope: Scope) -> Term:
        here, steps = scope, list(node.steps)
        while steps and steps[0] in here.bound:
            here = here.bound[steps.pop(0)]
        arm, alias = here.arm, here.alias
        if not steps:
            raise SensorThingsError("a link is no value: name a property of it", position=node.at)
        name, *inner = steps
        if name in {"id", "@iot.id"} and not inner:
            text, params = arm.identifier_sql(alias)
            return Term(text, params, "id", arm=arm, alias=alias)
        kind = arm.set.properties.get(name)
        if kind is None or (inner and kind not in JSON_KINDS):
            shown = "/".join(steps)[:60]
            raise SensorThingsError(f"{arm.set_name} have no {shown!r}", position=node.at)
        known = arm.properties.get(name)
        if known is None:
            return Term("NULL", [], kind, varies=True)
        text, params = known.value.sql(alias)
        if inner:
            if any('"' in step for step in inner):
                raise SensorThingsError("a name has a quote in it", position=node.at)
            where = "$" + "".join(f'."{step}"' for step in inner)
            made = f"(CASE WHEN json_valid({text}) THEN json_extract({text}, ?) END)"
            return Term(made, [*params, *params, where], "any")
        return Term(text, params, known.kind, form=known.time, varies=kind == "any")

    def _links(self, node: syntax.Node, scope: Scope) -> Iterator[tuple[Scope, str]]:
        """Yield the links in ``node`` that lead to rows that are not bound yet."""
        match node:
            case syntax.Path():
                here = scope
                for step in node.steps:
                    if step in here.bound:
                        here = here.bound[step]
                    elif step in here.arm.set.links:
                        yield here, step
                        return
                    else:
                        return
            case syntax.Call():
                for argument in node.arguments:
                    yield from self._links(argument, scope)
            case syntax.Unary():
                yield from self._links(node.operand, scope)
            case syntax.Binary():
                yield from self._links(node.left, scope)
                yield from self._links(node.right, scope)

    def _exists(self, node: syntax.Node, scope: Scope, near: Scope, name: str) -> Sql:
        found: list[Sql] = []
        for far, conditions in self._far(near.arm.set.links[name], near):
            near.bound[name] = far
            inner = self.condition(node, scope)
            del near.bound[name]
            text, params = all_of([*far.arm.rows(far.alias), *conditions, inner])
            found.append((f"EXISTS (SELECT 1{far.arm.source(far.alias)} WHERE {text})", params))
        text = " OR ".join(each for each, _ in found) or "0"
        return f"({text})", [param for _, own in found for param in own]

    def _far(self, link: Link, near: Scope) -> Iterator[tuple[Scope, list[Sql]]]:
        for arm in self._arms[link.target]:
            alias = f"b{self._made}"
            conditions = tied(link, near.arm, near.alias, arm, alias)
            if conditions is None:
                continue
            self._made += 1
            if self._made > MAX_SUBQUERIES:
                raise SensorThingsError("the query goes over too many links")
            yield Scope(arm, alias), conditions


def _truth(term: Term, at: int) -> Sql:
    if term.kind == "bool":
        return f"({term.text})", term.params
    if term.kind == "any":
        return f"({term.text} IS 1)", term.params
    if term.kind == "null" or term.varies:
        return "0", []
    raise SensorThingsError(f"a {term.kind} is no condition", position=at)


def _literal(node: syntax.Value) -> Term:
    value = node.value
    if isinstance(value, datetime):
        return moment_term(value)
    if value is None:
        return Term("NULL", [], "null")
    if isinstance(value, bool):
        return Term("?", [int(value)], "bool", literal=True, value=int(value))
    return Term("?", [value], node.kind, literal=True, value=value)
