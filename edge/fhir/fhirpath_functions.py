"""Operators and functions of FHIRPath that need no scope of their own. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from edge.fhir.fhirpath_items import Item, children_of, distinct, is_in, truth
from edge.fhir.fhirpath_text import Unreadable
from edge.fhir.pattern import equals

_LONGEST = 10_000  # characters that a pattern is tried on


def logic(operator: str, one: bool | None, other: bool | None) -> bool | None:  # noqa: FBT001
    """Return what two answers, each of which may be unknown, give together."""
    if operator == "implies":
        return other if one is True else (True if other is True else None)
    if operator == "xor":
        return None if one is None or other is None else one != other
    decides = operator == "or"
    if decides in {one, other}:
        return decides
    return None if one is None or other is None else not decides


def applied(name: str, focus: list[Item], given: list[list[Item]]) -> list[Item]:
    """Return what a function without a scope of its own gives."""
    if name in _SETS and len(given) == 1:
        return _SETS[name](focus, given[0])
    if name in _LISTS and not given:
        return _LISTS[name](focus)
    if name not in _TEXTS or len(focus) > 1:
        raise Unreadable(name)
    if not focus or any(not one for one in given):
        return []
    text = _text(focus[0])
    if len(text) > _LONGEST:
        raise Unreadable(f"{name} of a long text")
    found = _TEXTS[name](text, *[one[0].value for one in given])
    return [] if found is None else [Item(found)]


def _membership(operator: str, left: list[Item], right: list[Item]) -> list[Item]:
    needle, hay = (left, right) if operator == "in" else (right, left)
    return [Item(all(is_in(one, hay) for one in needle))] if needle else []


def _equality(operator: str, left: list[Item], right: list[Item]) -> list[Item]:
    if not left or not right:
        return []
    same = len(left) == len(right) and all(
        equals(one.value, other.value) for one, other in zip(left, right, strict=True)
    )
    return [Item(same == (operator in {"=", "~"}))]


def _joined(_: str, left: list[Item], right: list[Item]) -> list[Item]:
    return [Item("".join(str(item.value) for item in (*left[:1], *right[:1])))]


def _order(operator: str, left: list[Item], right: list[Item]) -> list[Item]:
    """Return how two values compare; nothing where that is not known."""
    if not left or not right:
        return []
    one, other = _comparable(left[0].value, right[0].value)
    if one is None or other is None:
        return []
    less, same = one < other, one == other  # type: ignore[operator]
    answers = {"<": less, "<=": less or same, ">": not less and not same, ">=": not less}
    return [Item(answers[operator])]


def _sum(operator: str, left: list[Item], right: list[Item]) -> list[Item]:
    if not left or not right:
        return []
    one, other = left[0].value, right[0].value
    if operator == "+" and isinstance(one, str) and isinstance(other, str):
        return [Item(one + other)]
    a, b = number_of(left[0]), number_of(right[0])
    if operator in {"/", "div", "mod"} and b == 0:
        return []
    sums: dict[str, Callable[[], Decimal]] = {
        "+": lambda: a + b,
        "-": lambda: a - b,
        "*": lambda: a * b,
        "/": lambda: a / b,
        "div": lambda: Decimal(a // b),
        "mod": lambda: a % b,
    }
    return [Item(sums[operator]())]


def _comparable(one: object, other: object) -> tuple[object, object]:
    """Return two values that may be compared; None if the answer is not known."""
    if isinstance(one, dict) and isinstance(other, dict):  # quantities of one unit
        if one.get("code", one.get("unit")) != other.get("code", other.get("unit")):
            return None, None
        one, other = one.get("value"), other.get("value")
    if isinstance(one, str) and isinstance(other, str):
        first, second = _moment(one), _moment(other)
        if isinstance(first, datetime) and isinstance(second, datetime):
            return first, second
        # two dates, or texts; a date and a moment only if they are as precise
        dated = first is not None and second is not None
        return (None, None) if dated and len(one) != len(other) else (one, other)
    numbers = isinstance(one, int | Decimal) and isinstance(other, int | Decimal)
    return (one, other) if numbers else (None, None)


def _moment(text: str) -> datetime | str | None:
    if not re.fullmatch(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2}(T.*)?)?)?", text):
        return None
    if "T" not in text:
        return text
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return text
    return found if found.tzinfo is not None else text


def number_of(item: Item) -> Decimal:
    """Return a value as a number.

    :raises Unreadable: if it is none.
    """
    if isinstance(item.value, bool) or not isinstance(item.value, int | Decimal):
        raise Unreadable("no number")
    return Decimal(item.value)


def _text(item: Item) -> str:
    if isinstance(item.value, bool):
        return "true" if item.value else "false"
    if isinstance(item.value, dict | list) or item.value is None:
        raise Unreadable("no text")
    return str(item.value)


_SETS: dict[str, Callable[[list[Item], list[Item]], list[Item]]] = {
    "combine": lambda items, other: [*items, *other],
    "union": lambda items, other: distinct([*items, *other]),
    "subsetOf": lambda items, other: [Item(all(is_in(one, other) for one in items))],
    "intersect": lambda items, other: distinct(one for one in items if is_in(one, other)),
    "exclude": lambda items, other: [one for one in items if not is_in(one, other)],
}
OPERATORS: dict[str, Callable[[str, list[Item], list[Item]], list[Item]]] = {
    "|": lambda _, left, right: distinct([*left, *right]),
    "&": _joined,
    **dict.fromkeys(("in", "contains"), _membership),
    **dict.fromkeys(("=", "!=", "~", "!~"), _equality),
    **dict.fromkeys(("<", ">", "<=", ">="), _order),
    **dict.fromkeys(("+", "-", "*", "/", "div", "mod"), _sum),
}
_LISTS: dict[str, Callable[[list[Item]], list[Item]]] = {
    "exists": lambda items: [Item(bool(items))],
    "empty": lambda items: [Item(not items)],
    "count": lambda items: [Item(len(items))],
    "not": lambda items: [Item(not truth(items))] if items else [],
    "first": lambda items: items[:1],
    "last": lambda items: items[-1:],
    "tail": lambda items: items[1:],
    "distinct": distinct,
    "isDistinct": lambda items: [Item(len(distinct(items)) == len(items))],
    "hasValue": lambda items: [
        Item(len(items) == 1 and not isinstance(items[0].value, dict | list | None.__class__))
    ],
    "children": children_of,
    "allTrue": lambda items: [Item(all(item.value is True for item in items))],
    "allFalse": lambda items: [Item(all(item.value is False for item in items))],
    "anyTrue": lambda items: [Item(any(item.value is True for item in items))],
    "anyFalse": lambda items: [Item(any(item.value is False for item in items))],
    "toString": lambda items: [Item(_text(item)) for item in items],
}


def _matches(text: str, pattern: object) -> bool:
    try:
        return re.search(str(pattern), text) is not None
    except re.error:
        raise Unreadable(str(pattern)) from None


def _to_integer(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[+-]?[0-9]{1,18}", text) else None


_TEXTS: dict[str, Callable[..., object]] = {
    "matches": _matches,
    "startsWith": lambda text, part: text.startswith(str(part)),
    "endsWith": lambda text, part: text.endswith(str(part)),
    "contains": lambda text, part: str(part) in text,
    "length": len,
    "lower": lambda text: text.lower(),
    "upper": lambda text: text.upper(),
    "substring": lambda text, start, size=None: (
        None if start >= len(text) else text[start : None if size is None else start + size]
    ),
    "replaceMatches": lambda text, old, new: re.sub(str(old), str(new), text),
    "toInteger": _to_integer,
    "indexOf": lambda text, part: text.find(str(part)),
}
