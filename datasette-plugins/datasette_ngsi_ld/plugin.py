"""The hooks. Configuration: see README.md."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING
from urllib.parse import unquote
from weakref import WeakKeyDictionary

from datasette import hookimpl
from datasette.utils import add_cors_headers, sqlite_timelimit
from datasette.utils.asgi import Request, Response
from datasette_common import jsons
from datasette_common.lines import may_see
from datasette_common.settings import configured
from datasette_common.sqlite import SQLITE_ERRORS, meaning

from datasette_ngsi_ld.answer import Answer, Answering, features
from datasette_ngsi_ld.errors import (
    ForbiddenError,
    InternalError,
    MethodError,
    NgsiError,
    NotAcceptableError,
    NotFoundError,
    NotSupportedError,
    TooComplexError,
)
from datasette_ngsi_ld.params import pairs_of, read_many, read_one
from datasette_ngsi_ld.reader import TOO_LONG, Reader
from datasette_ngsi_ld.settings import Model, read_services

if TYPE_CHECKING:  # Datasette loads its plugins while it is being imported itself
    from datasette.app import Datasette

PLUGIN = "datasette-ngsi-ld"
BASE = "/-/ngsi-ld"
MAX_PATH = 2000
JSON, LD, GEO = "application/json", "application/ld+json", "application/geo+json"
RELATION = 'rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'
# What the standard has besides and only a broker does, and where it writes.
_ELSEWHERE = {
    "subscriptions", "csourceRegistrations", "csourceSubscriptions", "entityOperations",
    "jsonldContexts", "entityMaps",
}  # fmt: skip
_WRITING = {"POST", "PATCH", "PUT", "DELETE"}

Work = Callable[[Answering], Answer]

_log = logging.getLogger("datasette_ngsi_ld")
_models: WeakKeyDictionary[Datasette, dict[str, Model]] = WeakKeyDictionary()


@hookimpl  # type: ignore[untyped-decorator]  # Datasette carries no types
def startup(datasette: Datasette) -> None:
    """Read the configuration; a wrong one must not be found by who asks."""
    if (services := configured(datasette, PLUGIN, read_services)) is not None:
        _models[datasette] = services


@hookimpl  # type: ignore[untyped-decorator]  # Datasette carries no types
def register_routes() -> list[tuple[str, Callable[..., Awaitable[Response]]]]:
    """Everything below `/-/ngsi-ld`; services beside the first are at `/-/ngsi-ld/NAME`."""
    name = r"(?!v1(?:/|$))[a-z0-9-]+"
    return [(rf"^/-/ngsi-ld(?:/(?P<service>{name}))?(?P<path>(?:/.*)?)$", _serve)]


@hookimpl  # type: ignore[untyped-decorator]  # Datasette carries no types
def skip_csrf(scope: dict[str, object]) -> bool:
    """Let a program that tries to write be told that it cannot (Datasette 0.65 alone asks)."""
    return str(scope.get("path", "")).startswith(BASE)


async def _serve(datasette: Datasette, request: Request) -> Response:
    headers: dict[str, str] = {}
    if datasette.cors:
        add_cors_headers(headers)
    try:
        return await _answer(datasette, request, headers)
    except NgsiError as error:
        if error.allow:
            headers["Allow"] = error.allow
        return _json(error.problem(), JSON, headers, error.status)


async def _answer(datasette: Datasette, request: Request, headers: dict[str, str]) -> Response:
    service = request.url_vars.get("service") or ""
    model = _models.get(datasette, {}).get(service)
    if model is None:
        raise NotFoundError("no entities are configured for this service")
    path = request.url_vars["path"]
    if path == "/context.jsonld":
        _reading(request.method, ["context"])
        return _json(model.context.document(), LD, headers)
    steps = _steps(path)
    _reading(request.method, steps)
    base = f"{BASE}/{service}" if service else BASE
    href = datasette.absolute_url(request, str(datasette.urls.path(base + path)))
    work = _work(steps, request.query_string, model)
    form = _accepted(request.headers.get("accept"), geo=steps[0] == "entities")
    context = datasette.absolute_url(request, str(datasette.urls.path(f"{base}/context.jsonld")))
    answer = await _read(datasette, request, model, work, href)
    body: object = features(answer) if form == GEO else answer.body
    links = [f'<{to}>; rel="{relation}"; type="{form}"' for relation, to in answer.links]
    if form == LD:
        body = _with_context(body, context)
    else:
        links.insert(0, f"<{context}>; {RELATION}")
    headers |= answer.headers
    headers["Vary"] = "Accept"
    if links:
        headers["Link"] = ", ".join(links)
    return _json(body, form, headers, answer.status)


async def _read(
    datasette: Datasette, request: Request, model: Model, work: Work, href: str
) -> Answer:
    database = datasette.databases.get(model.database)
    if database is None:
        raise NotFoundError("the data is not published at present")
    if not await may_see(datasette, request.actor, model.database, model.tables):
        raise ForbiddenError("you may not see this")
    limit_ms = datasette.setting("sql_time_limit_ms")

    def read(connection: sqlite3.Connection) -> Answer:
        deadline_s = time.monotonic() + limit_ms / 1000
        with sqlite_timelimit(connection, limit_ms):
            return work(Answering(Reader(connection, model, deadline_s), model, href))

    try:
        answer = await database.execute_fn(read)
    except SQLITE_ERRORS as error:
        raise _refusal(request.path, error) from error
    if not isinstance(answer, Answer):
        raise TypeError("Datasette gave back something else")
    return answer


def _refusal(path: str, error: Exception) -> NgsiError:
    match meaning(error):
        case "slow":
            return TooComplexError(TOO_LONG)
        case "missing":
            return NotFoundError("the data published at present lacks a table or column")
        case "much":
            return TooComplexError("this asks for too much at once")
        case "fault":
            _log.error("%s cannot be answered: %s", path, str(error))
            return InternalError("the query cannot be answered at present")


def _steps(path: str) -> list[str]:
    if len(path) > MAX_PATH:
        raise NgsiError(f"the path is longer than {MAX_PATH} characters")
    try:
        steps = [unquote(step, errors="strict") for step in path.rstrip("/").split("/")[1:]]
    except ValueError as error:
        raise NgsiError("the path is not UTF-8") from error
    if len(steps) < 2 or steps[0] != "v1":
        raise NotFoundError("there is nothing here: the service is at /-/ngsi-ld/v1/entities")
    return steps[1:]


def _reading(method: str, steps: list[str]) -> None:
    first = steps[1] if steps[0] == "temporal" and len(steps) > 1 else steps[0]
    if first in _ELSEWHERE:
        raise NotSupportedError("this service is read-only: entities, types and attributes alone")
    if method in {"GET", "HEAD"}:
        return
    if method in _WRITING and first == "entities":
        raise NotSupportedError("this service is read-only")
    raise MethodError("this service is read-only")


def _work(steps: list[str], query: str, model: Model) -> Work:
    """Return what a path and its parameters ask for.

    :raises NgsiError: (400, 404)
    """
    temporal = steps[0] == "temporal"
    match steps[temporal:]:
        case ["entities"]:
            asked = read_many(query, model, temporal=temporal)
            return lambda answering: answering.entities(asked)
        case ["entities", identifier]:
            one = read_one(query, model, temporal=temporal)
            return lambda answering: answering.entity(identifier, one, temporal=temporal)
        case ["types" | "attributes" as what] if not temporal:
            details = pairs_of(query, {"details", "local"}).get("details", "false")
            if details not in {"true", "false"}:
                raise NgsiError("details is true or false")
            if what == "types":
                return lambda answering: answering.types(details=details == "true")
            return lambda answering: answering.attributes(details=details == "true")
        case ["types", name] if not temporal:
            pairs_of(query, {"local"})
            return lambda answering: answering.type(name)
        case ["attributes", name] if not temporal:
            pairs_of(query, {"local"})
            return lambda answering: answering.attribute(name)
    raise NotFoundError("there is nothing here")


def _accepted(accept: str | None, *, geo: bool) -> str:
    """Return the form that is liked best.

    :raises NotAcceptableError: (406)
    """
    best, liked = "", 0.0
    ranges = [one.split(";") for one in (accept or "*/*").lower().split(",")[:50]]
    for form in (JSON, LD, *((GEO,) if geo else ())):
        fitting = {form: 2, "application/*": 1, "*/*": 0}
        found = [
            (fitting[name.strip()], _quality(more))
            for name, *more in ranges
            if name.strip() in fitting
        ]
        quality = max(found)[1] if found else 0.0
        if quality > liked:
            best, liked = form, quality
    if not best:
        known = f"{JSON}, {LD}" + (f", {GEO}" if geo else "")
        raise NotAcceptableError(f"the answer can be {known}")
    return best


def _quality(parameters: list[str]) -> float:
    for one in parameters:
        name, _, value = one.strip().partition("=")
        if name == "q":
            try:
                return min(1.0, max(0.0, float(value)))
            except ValueError:
                return 0.0
    return 1.0


def _with_context(body: object, context: str) -> object:
    if isinstance(body, list):
        return [{"@context": context, **one} for one in body]
    return {"@context": context, **body} if isinstance(body, dict) else body


def _json(body: object, form: str, headers: dict[str, str], status: int = 200) -> Response:
    return Response(jsons.written(body), status=status, content_type=form, headers=headers)
