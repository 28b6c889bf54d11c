"""What a request asks for: its parameters, read and bounded.

Source: ETSI GS CIM 009 V1.8.1, 6.4.3.2, 6.18.3.2 (parameters), 4.11 (temporal queries).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl

from datasette_common import tokens
from datasette_common.times import parse_instant

from datasette_ngsi_ld.errors import NgsiError, NotSupportedError
from datasette_ngsi_ld.geo import GeoQuery, read_geo
from datasette_ngsi_ld.pattern import Pattern, pattern
from datasette_ngsi_ld.query import Node, attributes_of, parse_query
from datasette_ngsi_ld.settings import Attribute, Kind, Model

MAX_QUERY_STRING = 10_000
MAX_NAMES = 100  # of a list
MAX_OFFSET = 100_000  # beyond it, the links lead on
MAX_LAST = 10_000
MAX_CURSOR = 2000

_FORM = {"normalized", "concise", "keyValues", "simplified", "temporalValues"}
ONE = {"attrs", "options", "format", "geometryProperty", "lang", "local", "type"}
TEMPORAL = {"timerel", "timeAt", "endTimeAt", "timeproperty", "lastN"}
MANY = ONE | {
    "id", "idPattern", "q", "georel", "geometry", "coordinates", "geoproperty", "limit", "offset",
    "count", "after", "before",
}  # fmt: skip

Cursor = tuple[int, int | float | str]


@dataclass(frozen=True, slots=True)
class Window:
    """The time of which something is asked: ``bounds`` are operators and moments."""

    bounds: tuple[tuple[str, datetime], ...] = ()
    last: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for entities; ``after`` and ``before`` are where a page begins or ends."""

    types: frozenset[str] | None = None
    ids: tuple[str, ...] | None = None
    pattern: Pattern | None = None
    attributes: frozenset[str] | None = None
    query: Node | None = None
    geo: GeoQuery | None = None
    limit: int = 0
    offset: int = 0
    count: bool = False
    after: Cursor | None = None
    before: Cursor | None = None
    form: str = "normalized"
    geometry: str = "location"
    window: Window | None = None
    raw: tuple[tuple[str, str], ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether entities are all of their types: rows can be counted, and nothing looked at."""
        asked = (self.ids, self.pattern, self.attributes, self.query, self.geo, self.window)
        return all(one is None for one in asked)

    @property
    def needed(self) -> frozenset[str] | None:
        """The attributes that have to be read to answer it; None: all."""
        if self.attributes is None:
            return None
        more = attributes_of(self.query) if self.query else set()
        return self.attributes | more | ({self.geo.attribute} if self.geo else set())

    def measured(self, kind: Kind) -> list[Attribute]:
        """Return the attributes of a kind that are asked for and change in the course of time."""
        return [
            attribute
            for name, attribute in kind.attributes.items()
            if attribute.series and (self.attributes is None or name in self.attributes)
        ]


def pairs_of(query_string: str, allowed: set[str]) -> dict[str, str]:
    """Return the parameters.

    :raises NgsiError: (400) if one is not known or said twice.
    """
    if len(query_string) > MAX_QUERY_STRING:
        raise NgsiError(f"the query has more than {MAX_QUERY_STRING} characters")
    try:
        pairs = parse_qsl(query_string, keep_blank_values=True, max_num_fields=50, errors="strict")
    except ValueError as error:
        raise NgsiError("the query is not as HTTP writes it") from error
    found: dict[str, str] = {}
    for name, value in pairs:
        if name not in allowed:
            raise NgsiError(f"the parameter {name[:50]!r} is not known here")
        if name in found:
            raise NgsiError(f"the parameter {name!r} is said twice")
        found[name] = value
    return found


def read_many(query_string: str, model: Model, *, temporal: bool) -> Asked:
    """Read a request for entities.

    :raises NgsiError: (400)
    """
    said = pairs_of(query_string, MANY | TEMPORAL if temporal else MANY)
    if not {"type", "attrs", "q", "georel", "id", "idPattern"} & said.keys() and (
        said.get("local") != "true"
    ):
        raise NgsiError("one of type, attrs, q, georel, id, idPattern or local=true must be said")
    window = _window(said) if temporal else None
    if temporal and not (window and window.bounds):
        raise NgsiError("timerel and timeAt must be said")
    named = model.context.name
    limit = _whole(said, "limit", model.page, 0, model.most)
    options = _options(said)
    count = "count" in options or _flag(said, "count")
    if limit == 0 and not count:
        raise NgsiError("limit=0 goes with count=true alone")
    ids = _list(said, "id")
    query = parse_query(said["q"], named) if "q" in said else None
    if temporal and query and attributes_of(query) & model.measured:
        raise NotSupportedError("q goes by what does not change: the time is asked with timerel")
    return Asked(
        types=_types(said, model),
        ids=None if ids is None else tuple(dict.fromkeys(ids)),
        pattern=pattern(said["idPattern"]) if "idPattern" in said else None,
        attributes=_attributes(said, model),
        query=query,
        geo=_geo(said, model),
        limit=limit,
        offset=_whole(said, "offset", 0, 0, MAX_OFFSET),
        count=count,
        after=_cursor(said, "after"),
        before=_cursor(said, "before"),
        form=_form(said, options, temporal=temporal),
        geometry=named(said.get("geometryProperty", "location")),
        window=window,
        raw=tuple(said.items()),
    )


def read_one(query_string: str, model: Model, *, temporal: bool) -> Asked:
    """Read a request for one entity.

    :raises NgsiError: (400)
    """
    said = pairs_of(query_string, ONE | TEMPORAL if temporal else ONE)
    return Asked(
        types=_types(said, model),
        attributes=_attributes(said, model),
        form=_form(said, _options(said), temporal=temporal),
        geometry=model.context.name(said.get("geometryProperty", "location")),
        window=_window(said) if temporal else None,
    )


def cursor_text(cursor: Cursor) -> str:
    """Return a place in the order of entities as a link says it."""
    return tokens.written(cursor)


def _cursor(said: Mapping[str, str], name: str) -> Cursor | None:
    if name not in said:
        return None
    wrong = NgsiError(f"{name} is not one of this service's: it stands in the Link of an answer")
    if "offset" in said:
        raise wrong
    try:
        number, key = tokens.read(said[name], MAX_CURSOR)
    except ValueError as error:
        raise wrong from error
    if not tokens.is_whole(number) or not tokens.is_scalar(key) or key is None:
        raise wrong
    return number, key


def _list(said: Mapping[str, str], name: str) -> list[str] | None:
    if name not in said:
        return None
    found = said[name].split(",")
    if len(found) > MAX_NAMES or not all(found):
        raise NgsiError(f"{name} is a list of at most {MAX_NAMES}, with commas")
    return found


def _types(said: Mapping[str, str], model: Model) -> frozenset[str] | None:
    if any(char in said.get("type", "") for char in ";()"):
        raise NotSupportedError("type is a list with commas or |: an entity here has one type")
    found = _list({"type": said["type"].replace("|", ",")}, "type") if "type" in said else None
    if found is None or found == ["*"]:
        return None
    return frozenset(model.context.name(one) for one in found)


def _attributes(said: Mapping[str, str], model: Model) -> frozenset[str] | None:
    found = _list(said, "attrs")
    return None if found is None else frozenset(model.context.name(one) for one in found)


def _geo(said: Mapping[str, str], model: Model) -> GeoQuery | None:
    given = {"georel", "geometry", "coordinates", "geoproperty"} & said.keys()
    if not given:
        return None
    if not {"georel", "geometry", "coordinates"} <= given:
        raise NgsiError("georel, geometry and coordinates go together")
    attribute = model.context.name(said.get("geoproperty", "location"))
    return read_geo(said["georel"], said["geometry"], said["coordinates"], attribute)


def _options(said: Mapping[str, str]) -> list[str]:
    options = _list(said, "options") or []
    unknown = set(options) - _FORM - {"count", "sysAttrs"}
    if "aggregatedValues" in unknown or "audit" in unknown:
        raise NotSupportedError("aggregatedValues are not made here")
    if unknown:
        raise NgsiError(f"options: {min(unknown)[:50]!r} is not known here")
    return options


def _form(said: Mapping[str, str], options: list[str], *, temporal: bool) -> str:
    forms = [one for one in options if one in _FORM]
    if "format" in said:
        if said["format"] not in _FORM:
            raise NgsiError("format is normalized, concise, simplified, keyValues, temporalValues")
        forms = [said["format"]]
    same = {"keyValues": "simplified", "temporalValues": "simplified"}
    found = {same.get(one, one) for one in forms}
    if "temporalValues" in forms and not temporal:
        raise NgsiError("temporalValues are of /temporal/entities")
    if len(found) > 1:
        raise NgsiError("more than one form is asked for")
    return found.pop() if found else "normalized"


def _flag(said: Mapping[str, str], name: str) -> bool:
    if said.get(name, "false") not in {"true", "false"}:
        raise NgsiError(f"{name} is true or false")
    return said.get(name) == "true"


def _whole(said: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    if name not in said:
        return default
    text = said[name]
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise NgsiError(f"{name} is a whole number")
    if not least <= int(text) <= most:
        raise NgsiError(f"{name} is from {least} to {most}")
    return int(text)


def _window(said: Mapping[str, str]) -> Window | None:
    last = _whole(said, "lastN", 0, 1, MAX_LAST) or None
    if said.get("timeproperty", "observedAt") != "observedAt":
        raise NotSupportedError("timeproperty is observedAt: no other time is published")
    if "timerel" not in said:
        if {"timeAt", "endTimeAt"} & said.keys():
            raise NgsiError("timeAt and endTimeAt go with timerel")
        return Window((), last) if last else None
    relation, end = said["timerel"], said.get("endTimeAt")
    if relation not in {"before", "after", "between"} or "timeAt" not in said:
        raise NgsiError("timerel is before, after or between, and timeAt goes with it")
    if (relation == "between") != (end is not None):
        raise NgsiError("endTimeAt goes with timerel=between, and with it alone")
    at = _instant(said["timeAt"], "timeAt")
    if relation == "between":
        return Window((("ge", at), ("lt", _instant(end or "", "endTimeAt"))), last)
    return Window((("lt" if relation == "before" else "gt", at),), last)


def _instant(text: str, name: str) -> datetime:
    try:
        return parse_instant(text)
    except ValueError as error:
        raise NgsiError(f"{name} is a time such as 2026-11-27T08:00:00Z") from error
