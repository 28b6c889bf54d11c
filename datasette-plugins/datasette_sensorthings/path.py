"""The resource path: names, ids in parentheses, `$ref` and `$value`.

Source: OGC 18-088, 9.2 (the resource path), and OData 4.0 part 2, 4.3 (keys).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

from datasette_sensorthings.errors import NotFoundError, SensorThingsError
from datasette_sensorthings.model import SETS, EntitySet

MAX_PATH = 2000
MAX_STEPS = 12
_STEP = re.compile(r"/(\$?[A-Za-z]+)(?:\((?:'((?:[^']|'')*)'|(-?\d{1,19}))\))?(?=/|$)")
_NAMES = re.compile(r"/([^/]{1,100})")


@dataclass(frozen=True, slots=True)
class Step:
    """One step: a set or a link by name, and an id if one is given."""

    name: str
    identifier: str | int | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """What a path names: ``steps`` from the root on, then a property (with what is in it), or none.

    ``target`` is the set of the last step, ``many`` whether it is a collection.
    """

    steps: tuple[Step, ...]
    target: EntitySet
    many: bool
    inner: tuple[str, ...] = ()
    value: bool = False
    ref: bool = False


def parse_path(raw: str) -> Resource:
    """Read a path that begins with a slash, still percent-encoded.

    :raises SensorThingsError: (404) if it names nothing that could be, (400) if it is malformed.
    """
    text = _decoded(raw)
    steps: list[Step] = []
    here: EntitySet | None = None
    many, at = True, 0
    while at < len(text):
        match = _STEP.match(text, at)
        name = match.group(1) if match else ""
        inside = bool(steps) and here is not None
        if match and not inside and name in SETS:
            here, many = SETS[name], True
        elif match and here is not None and not many and name in here.links:
            link = here.links[name]
            here, many = SETS[link.target], link.many
        elif here is not None and inside:
            return _ending(text[at:], tuple(steps), here, many)
        else:
            raise NotFoundError(f"there is nothing at {text[at:][:100]!r}")
        identifier = _identifier(match)
        if identifier is not None:
            if not many:
                raise SensorThingsError(f"{name} is one entity and takes no id", position=at)
            many = False
        steps.append(Step(name, identifier))
        if len(steps) > MAX_STEPS:
            raise SensorThingsError(f"the path has more than {MAX_STEPS} steps")
        at = match.end()
    if here is None:
        raise NotFoundError("there is nothing here")
    return Resource(tuple(steps), here, many)


def _decoded(raw: str) -> str:
    if len(raw) > MAX_PATH:
        raise SensorThingsError(f"the path is longer than {MAX_PATH} characters")
    try:
        return unquote_to_bytes(raw).decode().rstrip("/")
    except ValueError as error:
        raise SensorThingsError("the path is not UTF-8") from error


def address(set_name: str, identifier: str | int) -> str:
    """Return the path of an entity, percent-encoded, without the leading slash."""
    if isinstance(identifier, int):
        return f"{set_name}({identifier})"
    text = identifier.replace("'", "''")
    return f"{set_name}('{quote(text, safe=':@,.-_~')}')"


def _ending(text: str, steps: tuple[Step, ...], here: EntitySet, many: bool) -> Resource:  # noqa: FBT001
    if text == "/$ref":
        return Resource(steps, here, many, ref=True)
    names = _NAMES.findall(text)
    if "".join(f"/{name}" for name in names) != text:
        raise NotFoundError(f"there is nothing at {text[:100]!r}")
    value = names[-1] == "$value"
    inner = tuple(names[:-1] if value else names)
    if many or not inner or len(inner) > MAX_STEPS or inner[0] not in {*here.properties, "id"}:
        raise NotFoundError(f"{here.name} have no {'/'.join(names)[:100]!r}")
    if len(inner) > 1 and here.properties.get(inner[0]) not in {"json", "geo"}:
        raise NotFoundError(f"there is nothing in {inner[0]}")
    return Resource(steps, here, many, inner=inner, value=value)


def _identifier(match: re.Match[str]) -> str | int | None:
    text, number = match.group(2), match.group(3)
    if text is not None:
        return text.replace("''", "'")
    return None if number is None else int(number)
