"""What an invariant says of a resource. Pure.

Source: FHIRPath N1 (ANSI/HL7): an expression gives a list, no answer is an empty one. Left out are
quantities' arithmetic, dates' arithmetic and what needs a server (`resolve`, `memberOf`,
`conformsTo`): these raise :class:`Unreadable`, and the invariant counts as not looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from edge.fhir.fhirpath_functions import OPERATORS, applied, logic, number_of
from edge.fhir.fhirpath_items import Item, as_type, child_of, children_of, truth
from edge.fhir.fhirpath_text import Expr, Unreadable, parse

__all__ = ["Item", "Unreadable", "holds"]

_MOST_VISITED = 200_000  # entries one expression may make: far above what R4's need


class _Scope(NamedTuple):
    resource: Item
    root: Item
    context: Item


def holds(expression: str, context: Item, resource: object, root: object) -> bool:
    """Tell whether an invariant holds for ``context``; no answer is a yes.

    ``resource`` is what the context is in, ``root`` the outermost one that is not in a bundle.

    :raises Unreadable: if the expression needs what is left out.
    """
    scope = _Scope(Item(resource), Item(root), context)
    found = _Run(scope).value_of(parse(expression), [context], context)
    return truth(found) is not False


class _Run:
    """One evaluation, with a bound on how much it looks at."""

    def __init__(self, scope: _Scope) -> None:
        self.scope = scope
        self.left = _MOST_VISITED

    def value_of(self, expr: Expr, focus: list[Item], this: Item) -> list[Item]:
        """Return what an expression says of ``focus``."""
        self.left -= 1 + len(focus)
        if self.left < 0:
            raise Unreadable("too much to look at")
        return (
            _WAYS[expr.op](self, expr, focus, this)
            if expr.op in _WAYS
            else (self._operator(expr, focus, this))
        )

    def _dotted(self, expr: Expr, focus: list[Item], this: Item) -> list[Item]:
        return self.value_of(expr.args[1], self.value_of(expr.args[0], focus, this), this)

    def _minus(self, expr: Expr, focus: list[Item], this: Item) -> list[Item]:
        return [Item(-number_of(item)) for item in self.value_of(expr.args[0], focus, this)]

    def _typed(self, expr: Expr, focus: list[Item], this: Item) -> list[Item]:
        items = self.value_of(expr.args[0], focus, this)
        return as_type(expr.op, str(expr.word), items)

    def _indexed(self, expr: Expr, focus: list[Item], this: Item) -> list[Item]:
        items = self.value_of(expr.args[0], focus, this)
        number = self.value_of(expr.args[1], focus, this)
        at = number[0].value if number else None
        return [items[at]] if isinstance(at, int) and 0 <= at < len(items) else []

    def _named(self, name: str, focus: list[Item]) -> list[Item]:
        found: list[Item] = []
        for item in focus:
            if isinstance(item.value, dict) and item.value.get("resourceType") == name:
                found.append(item)  # `Patient.name`: the type's own name at the beginning
            else:
                found += child_of(item, name)
        return found

    def _variable(self, name: str, this: Item) -> list[Item]:
        if name == "$this":
            return [this]
        known = {
            "%resource": self.scope.resource,
            "%rootResource": self.scope.root,
            "%context": self.scope.context,
        }
        if name in known:
            return [known[name]]
        if name == "%ucum":
            return [Item("http://unitsofmeasure.org")]
        raise Unreadable(name)

    def _operator(self, expr: Expr, focus: list[Item], this: Item) -> list[Item]:
        left = self.value_of(expr.args[0], focus, this)
        if expr.op in {"and", "or", "xor", "implies"}:
            one = truth(left)
            short = {"and": one is False, "or": one is True, "implies": one is False}
            if short.get(expr.op):
                return [Item(expr.op != "and")]
            other = truth(self.value_of(expr.args[1], focus, this))
            answer = logic(expr.op, one, other)
            return [] if answer is None else [Item(answer)]
        right = self.value_of(expr.args[1], focus, this)
        return OPERATORS[expr.op](expr.op, left, right)

    def _call(self, expr: Expr, focus: list[Item], this: Item) -> list[Item]:
        name, args = str(expr.word), expr.args
        if name == "trace":
            return focus
        if name == "descendants":
            return self._descendants(focus)
        if name in {"iif", "extension"}:
            found = self._iif if name == "iif" else self._extension
            return found(args, focus, this)
        if name in {"is", "as", "ofType"}:
            return as_type(name, str(args[0].word), focus)
        if name in {"where", "all", "select", "exists"} and args:
            return self._over_each(name, args[0], focus)
        return applied(name, focus, [self.value_of(arg, [this], this) for arg in args])

    def _iif(self, args: tuple[Expr, ...], focus: list[Item], this: Item) -> list[Item]:
        chosen = 1 if truth(self.value_of(args[0], focus, this)) else 2
        return self.value_of(args[chosen], focus, this) if chosen < len(args) else []

    def _extension(self, args: tuple[Expr, ...], focus: list[Item], this: Item) -> list[Item]:
        url = self.value_of(args[0], focus, this)
        listed = self._named("extension", focus)
        return [item for item in listed if child_of(item, "url")[:1] == url[:1]]

    def _over_each(self, name: str, test: Expr, focus: list[Item]) -> list[Item]:
        each = [(item, self.value_of(test, [item], item)) for item in focus]
        if name == "select":
            return [found for _, items in each for found in items]
        kept = [item for item, items in each if truth(items) is True]
        if name == "where":
            return kept
        return [Item(len(kept) == len(focus) if name == "all" else bool(kept))]

    def _descendants(self, focus: list[Item]) -> list[Item]:
        found: list[Item] = []
        level = focus
        while level:
            level = children_of(level)
            self.left -= len(level)
            if self.left < 0:
                raise Unreadable("too much to look at")
            found += level
        return found


_WAYS: dict[str, Callable[[_Run, Expr, list[Item], Item], list[Item]]] = {
    "literal": lambda _, expr, __, ___: [Item(expr.word)],
    "nothing": lambda _, __, ___, ____: [],
    "name": lambda run, expr, focus, _: run._named(str(expr.word), focus),  # noqa: SLF001
    "variable": lambda run, expr, _, this: run._variable(str(expr.word), this),  # noqa: SLF001
    "dot": _Run._dotted,  # noqa: SLF001
    "index": _Run._indexed,  # noqa: SLF001
    "call": _Run._call,  # noqa: SLF001
    "minus": _Run._minus,  # noqa: SLF001
    "is": _Run._typed,  # noqa: SLF001
    "as": _Run._typed,  # noqa: SLF001
}
