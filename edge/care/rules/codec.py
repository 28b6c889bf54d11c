"""Frozen dataclasses as plain values of JSON and TOML, and back. Pure.

Fields may be numbers, words, booleans, None, tuples and mappings of words to such, and dataclasses.
A field may bound its number: ``field(metadata={"least": 0, "most": 100})``.
"""

from __future__ import annotations

import functools
import math
import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from edge.care.rules.errors import RuleError

T = TypeVar("T")


def plain(value: object) -> Any:
    """Return a value in dicts, lists, numbers and words."""
    if is_dataclass(value):
        return {name: plain(getattr(value, name)) for name in _names(cast("type", type(value)))}
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, (tuple, frozenset)):
        return [plain(one) for one in (sorted(value) if isinstance(value, frozenset) else value)]
    return value


def build(wanted: type[T], data: object, where: str = "") -> T:
    """Return the dataclass of what :func:`plain` gave, or somebody wrote.

    :raises RuleError: if a name is unknown, absent without a default, or a value is of another
        type or out of its bounds. It names the place.
    """
    return cast("T", _build(wanted, data, where))


@functools.cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind))


@functools.cache
def _fields(kind: type) -> Mapping[str, tuple[Field[Any], Any]]:
    hints = get_type_hints(kind)
    return {one.name: (one, hints[one.name]) for one in fields(kind)}


def _build(wanted: Any, data: object, where: str) -> object:  # noqa: PLR0911  # one for each type
    if is_dataclass(wanted):
        return _record(cast("type", wanted), data, where)
    origin, inner = get_origin(wanted), get_args(wanted)
    if origin in {Union, types.UnionType}:
        if data is None and type(None) in inner:
            return None
        (kind,) = (one for one in inner if one is not type(None))
        return _build(kind, data, where)
    if origin in {tuple, frozenset} and isinstance(data, (list, tuple)):
        return _series(origin, inner, data, where)
    if isinstance(origin, type) and issubclass(origin, Mapping) and isinstance(data, Mapping):
        return {str(key): _build(inner[1], one, f"{where}.{key}") for key, one in data.items()}
    if wanted is Any:
        return data
    if wanted is float and type(data) in {int, float} and math.isfinite(cast("float", data)):
        return float(cast("float", data))
    if wanted in {int, str, bool} and type(data) is wanted:
        return data
    raise RuleError(
        f"{where}: {data!r:.60} is no {_word(wanted)}",
        f"{where}: Hier gehört {_german(wanted)} hin.",
    )


def _series(origin: Any, inner: tuple[Any, ...], data: Any, where: str) -> object:
    if len(inner) == 2 and inner[1] is ... or origin is frozenset:  # noqa: RUF021
        return origin(_build(inner[0], one, f"{where}[{n}]") for n, one in enumerate(data))
    if len(data) != len(inner):
        raise RuleError(
            f"{where}: {len(data)} values instead of {len(inner)}",
            f"{where}: Hier gehören {len(inner)} Werte hin.",
        )
    return tuple(
        _build(kind, one, f"{where}[{n}]")
        for n, (kind, one) in enumerate(zip(inner, data, strict=True))
    )


def _record(wanted: type, data: object, where: str) -> object:
    if not isinstance(data, Mapping):
        raise RuleError(f"{where}: no table", f"{where}: Hier gehört eine Tabelle hin.")
    known = _fields(wanted)
    below = f"{where}." if where else ""
    if unknown := sorted(str(one) for one in data if one not in known):
        raise RuleError(
            f"{below}{unknown[0]} is unknown",
            f"{below}{unknown[0]} gibt es nicht. Möglich sind hier: {', '.join(known)}.",
        )
    values = {}
    for name, (one, kind) in known.items():
        place = f"{below}{name}"
        if name in data:
            values[name] = _build(kind, data[name], place)
            _bound(one, values[name], place)
        elif one.default is MISSING and one.default_factory is MISSING:
            raise RuleError(f"{place} is absent", f"{place} fehlt.")
    return wanted(**values)


def _bound(one: Field[Any], value: object, place: str) -> None:
    least = one.metadata.get("least", -math.inf)
    most = one.metadata.get("most", math.inf)
    if isinstance(value, (int, float)) and not least <= value <= most:
        raise RuleError(
            f"{place}: {value} is not in {least} to {most}",
            f"{place}: {value} geht nicht; möglich ist {least} bis {most}.",
        )


def _word(wanted: Any) -> str:
    return getattr(wanted, "__name__", str(wanted))


def _german(wanted: Any) -> str:
    words = {float: "eine Zahl", int: "eine ganze Zahl", str: "ein Wort", bool: "true oder false"}
    return words.get(wanted, "eine Liste" if get_origin(wanted) is tuple else "etwas anderes")
