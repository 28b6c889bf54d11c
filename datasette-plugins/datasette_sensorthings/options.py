"""The query options of a request, and those in the parentheses of a `$expand`.

Source: OGC 18-088, 9.3.3.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl

from datasette_sensorthings.errors import SensorThingsError
from datasette_sensorthings.model import SETS, EntitySet
from datasette_sensorthings.syntax import Node, parse_filter, parse_orderby

MAX_QUERY = 8000
MAX_FIELDS = 20
MAX_EXPAND_LEVELS = 4
MAX_NUMBER = 10**12
_NAME = re.compile(r"[A-Za-z]+")
_FORMATS = {"dataArray", "DataArray"}


@dataclass(frozen=True, slots=True)
class Options:
    """What a request wants of a set or of an entity.

    ``token`` is where a page begins, ``raw`` all options as they were written.
    """

    filter: Node | None = None
    orderby: tuple[tuple[Node, bool], ...] = ()
    select: tuple[str, ...] | None = None
    expand: dict[str, Options] = field(default_factory=dict)
    top: int | None = None
    skip: int = 0
    count: bool = False
    token: str | None = None
    data_array: bool = False
    raw: tuple[tuple[str, str], ...] = ()


def parse_query(query: str, of: EntitySet) -> Options:
    """Read the options of an address.

    :raises SensorThingsError: (400) for what is unknown, given twice or malformed.
    """
    if len(query) > MAX_QUERY:
        raise SensorThingsError(f"the query is longer than {MAX_QUERY} characters")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError as error:
        raise SensorThingsError("the query is not well-formed") from error
    return _options(pairs, of, 0)


def split_options(text: str, separator: str) -> list[tuple[str, int]]:
    """Split at a separator that stands in no parentheses and no quotes; with each part's place."""
    parts, depth, quoted, begin = [], 0, False, 0
    for at, mark in enumerate(text):
        if mark == "'":
            quoted = not quoted
        elif quoted:
            continue
        elif mark == "(":
            depth += 1
        elif mark == ")":
            depth -= 1
            if depth < 0:
                raise SensorThingsError("a parenthesis is closed that was not opened", position=at)
        elif mark == separator and depth == 0:
            parts.append((text[begin:at], begin))
            begin = at + 1
    if depth or quoted:
        raise SensorThingsError("a parenthesis or a quote has no end", position=len(text))
    return [*parts, (text[begin:], begin)]


def _options(pairs: list[tuple[str, str]], of: EntitySet, level: int) -> Options:
    options, seen = Options(raw=tuple(pairs)), set()
    for name, text in pairs:
        if name in seen:
            raise SensorThingsError(f"{name} is given twice")
        seen.add(name)
        options = _with(options, name, text, of, level)
    return options


def _with(options: Options, name: str, text: str, of: EntitySet, level: int) -> Options:
    match name:
        case "$filter":
            return replace(options, filter=parse_filter(text))
        case "$orderby":
            return replace(options, orderby=tuple(parse_orderby(text)))
        case "$select":
            return replace(options, select=_select(text, of))
        case "$expand":
            return replace(options, expand=_expand(text, of, level))
        case "$top":
            return replace(options, top=_number(name, text))
        case _:
            return _paging(options, name, text, of, level)


def _paging(options: Options, name: str, text: str, of: EntitySet, level: int) -> Options:
    match name:
        case "$skip":
            return replace(options, skip=_number(name, text))
        case "$count" if text in {"true", "false"}:
            return replace(options, count=text == "true")
        case "$count":
            raise SensorThingsError("$count must be true or false")
        case "$skiptoken" if level == 0:
            return replace(options, token=text)
        case "resultFormat" | "$resultFormat" if level == 0:
            if text not in _FORMATS or of.name != "Observations":
                raise SensorThingsError("resultFormat must be dataArray, and of Observations")
            return replace(options, data_array=True)
    raise SensorThingsError(f"the option {name[:40]!r} is not known")


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 12 or int(text) > MAX_NUMBER:
        raise SensorThingsError(f"{name} must be a whole number, 0 or more")
    return int(text)


def _select(text: str, of: EntitySet) -> tuple[str, ...]:
    names = []
    at = 0
    for part in text.split(","):
        name = part.strip()
        if name == "@iot.id":
            name = "id"
        if (
            name not in of.properties
            and name not in of.links
            and name not in {"id", "@iot.selfLink"}
        ):
            raise SensorThingsError(f"$select: {of.name} have no {name[:40]!r}", position=at)
        names.append(name)
        at += len(part) + 1
    return tuple(names)


def _expand(text: str, of: EntitySet, level: int) -> dict[str, Options]:
    if level >= MAX_EXPAND_LEVELS:
        raise SensorThingsError(f"$expand goes deeper than {MAX_EXPAND_LEVELS} levels")
    found: dict[str, Options] = {}
    for part, at in split_options(text, ","):
        path, parenthesis, inner = part.strip().partition("(")
        if parenthesis and not inner.endswith(")"):
            raise SensorThingsError("$expand: ')' is missing", position=at + len(part))
        name, *further = path.strip().split("/")
        link = of.links.get(name) if _NAME.fullmatch(name) else None
        if link is None:
            raise SensorThingsError(f"$expand: {of.name} have no {name[:40]!r}", position=at)
        target = SETS[link.target]
        if further:
            rest = "/".join(further) + (f"({inner}" if parenthesis else "")
            inner_expand = _expand(rest, target, level + 1)
            wanted = Options(expand=inner_expand, raw=(("$expand", rest),))
        else:
            wanted = _options(_pairs(inner[:-1]) if parenthesis else [], target, level + 1)
        found[name] = _merged(found[name], wanted) if name in found else wanted
    return found


def _merged(one: Options, other: Options) -> Options:
    plain = [replace(each, expand={}, raw=()) == Options() for each in (one, other)]
    if not any(plain):
        raise SensorThingsError("$expand names the same twice")
    base = other if plain[0] else one
    both = dict(one.expand)
    for name, wanted in other.expand.items():
        both[name] = _merged(both[name], wanted) if name in both else wanted
    inner = ",".join(text for each in (one, other) for name, text in each.raw if name == "$expand")
    rest = tuple((name, text) for name, text in base.raw if name != "$expand")
    return replace(base, expand=both, raw=(*rest, ("$expand", inner)))


def _pairs(text: str) -> list[tuple[str, str]]:
    pairs = []
    for part, at in split_options(text, ";"):
        name, equals, value = part.strip().partition("=")
        if not equals:
            raise SensorThingsError("$expand: an option has no '='", position=at)
        pairs.append((name.strip(), value))
    if len(pairs) > MAX_FIELDS:
        raise SensorThingsError("$expand has too many options")
    return pairs
