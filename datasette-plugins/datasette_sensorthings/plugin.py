"""The hooks. Configuration: see README.md."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from datasette import hookimpl
from datasette.utils import add_cors_headers, sqlite_timelimit
from datasette.utils.asgi import Request, Response
from datasette_common import jsons
from datasette_common.lines import may_see
from datasette_common.settings import configured
from datasette_common.sqlite import SQLITE_ERRORS, meaning

from datasette_sensorthings import geo
from datasette_sensorthings.answer import Answer, Answering, service_root
from datasette_sensorthings.errors import NotFoundError, SensorThingsError
from datasette_sensorthings.functions import GEO, LOWER, UPPER
from datasette_sensorthings.mapping import Mapping, read_services
from datasette_sensorthings.options import parse_query
from datasette_sensorthings.path import parse_path
from datasette_sensorthings.reader import TOO_LONG, Reader

if TYPE_CHECKING:  # Datasette loads its plugins while it is being imported itself
    from datasette.app import Datasette

PLUGIN = "datasette-sensorthings"
ROOT = "/-/sta/v1.1"
READING = {"GET", "HEAD"}

_log = logging.getLogger("datasette_sensorthings")
_mappings: WeakKeyDictionary[Datasette, dict[str, Mapping]] = WeakKeyDictionary()


@hookimpl  # type: ignore[untyped-decorator]  # Datasette carries no types
def startup(datasette: Datasette) -> None:
    """Read the configuration; a wrong one must not be found by who asks."""
    if (services := configured(datasette, PLUGIN, read_services)) is not None:
        _mappings[datasette] = services


@hookimpl  # type: ignore[untyped-decorator]  # Datasette carries no types
def prepare_connection(conn: sqlite3.Connection) -> None:
    """Functions that SQLite lacks: letters beyond ASCII, and geometry."""
    conn.create_function(LOWER, 1, _lower, deterministic=True)
    conn.create_function(UPPER, 1, _upper, deterministic=True)
    if geo.INSTALLED:
        conn.create_function(GEO, 4, geo.calculate, deterministic=True)


@hookimpl  # type: ignore[untyped-decorator]  # Datasette carries no types
def register_routes() -> list[tuple[str, Callable[..., Awaitable[Response]]]]:
    """Everything below `/-/sta/v1.1`, and below `/-/sta/NAME/v1.1` for services beside it."""
    return [(r"^/-/sta(?:/(?P<service>[a-z0-9-]+))?/v1\.1(?P<path>(?:/.*)?)$", _serve)]


@hookimpl  # type: ignore[untyped-decorator]  # Datasette carries no types
def skip_csrf(scope: dict[str, object]) -> bool:
    """Let a program that tries to write be told that it cannot (Datasette 0.65 alone asks)."""
    return str(scope.get("path", "")).startswith("/-/sta/")


def _root(service: str) -> str:
    return f"/-/sta/{service}/v1.1" if service else ROOT


async def _serve(datasette: Datasette, request: Request) -> Response:
    headers: dict[str, str] = {}
    if datasette.cors:
        add_cors_headers(headers)
    try:
        return _response(await _answer(datasette, request), headers)
    except SensorThingsError as error:
        body = {"code": error.status, "type": "error", "message": str(error)}
        if error.status == 405:
            headers["Allow"] = "GET, HEAD"
        return _json(body, error.status, headers)


async def _answer(datasette: Datasette, request: Request) -> Answer:
    service = request.url_vars.get("service") or ""
    mapping = _mappings.get(datasette, {}).get(service)
    if mapping is None:
        raise NotFoundError("no mapping is configured for this service")
    if request.method not in READING:
        raise SensorThingsError("this service is read-only", status=405)
    path = request.url_vars["path"]
    root = datasette.absolute_url(request, str(datasette.urls.path(_root(service))))
    if path in {"", "/"}:
        if request.query_string:
            raise SensorThingsError("the service root takes no options")
        return Answer(body=service_root(root))
    resource = parse_path(path)
    options = parse_query(request.query_string, resource.target)
    database = datasette.databases.get(mapping.database)
    if database is None:
        raise SensorThingsError("the data is not published at present", status=404)
    if not await may_see(datasette, request.actor, mapping.database, mapping.tables):
        raise SensorThingsError("you may not see this", status=403)
    limit_ms = datasette.setting("sql_time_limit_ms")
    now = datetime.now(UTC)

    def read(connection: sqlite3.Connection) -> Answer:
        deadline_s = time.monotonic() + limit_ms / 1000
        with sqlite_timelimit(connection, limit_ms):
            answering = Answering(Reader(connection, mapping, now, deadline_s), root)
            return answering.resource(resource, options, root + path.rstrip("/"))

    try:
        answer = await database.execute_fn(read)
    except SQLITE_ERRORS as error:
        raise _refusal(error) from error
    if not isinstance(answer, Answer):
        raise TypeError("Datasette gave back something else")
    return answer


def _refusal(error: Exception) -> SensorThingsError:
    match meaning(error):
        case "slow":
            return SensorThingsError(TOO_LONG)
        case "missing":
            return NotFoundError("the data published at present lacks a table or a column")
        case "much":
            return SensorThingsError("this asks for too much at once")
        case "fault":
            _log.error("a query cannot be answered: %s", str(error))
            return SensorThingsError("the query cannot be answered at present", status=500)


def _response(answer: Answer, headers: dict[str, str]) -> Response:
    if answer.body is not None:
        return _json(answer.body, answer.status, headers)
    return Response(
        answer.text or "",
        status=answer.status,
        content_type="text/plain; charset=utf-8",
        headers=headers,
    )


def _json(body: dict[str, object], status: int, headers: dict[str, str]) -> Response:
    return Response(
        jsons.written(body),
        status=status,
        content_type="application/json; charset=utf-8",
        headers=headers,
    )


def _lower(text: object) -> str | None:
    return None if text is None else str(text).lower()


def _upper(text: object) -> str | None:
    return None if text is None else str(text).upper()
