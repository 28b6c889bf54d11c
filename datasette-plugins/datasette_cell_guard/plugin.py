"""The hooks. Configuration: see README.md.

Three lines, each of which holds alone. A connection to a file that is not certified is never
opened, whoever asks for it, another plugin as well; Datasette's permissions refuse such a database,
its download too; and SQL that a visitor types is refused everywhere.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from datasette import hookimpl
from datasette.utils import StartupError
from datasette.utils.asgi import Request, Response

from datasette_cell_guard.certificate import Demand
from datasette_cell_guard.guard import Guard, RefusedError

if TYPE_CHECKING:  # Datasette loads its plugins while it is being imported itself
    from datasette.app import Datasette

PLUGIN = "datasette-cell-guard"
SQL_ACTIONS = frozenset({"execute-sql", "execute-write-sql"})
_DEMANDS = {"k", "p_percent", "auditors", "cube"}
_SETTINGS = _DEMANDS | {"databases", "allow_sql", "suffix"}

_QUERY = "/-/query"
_Scope = dict[str, Any]
_App = Callable[[_Scope, Any, Any], Awaitable[None]]

_guards: WeakKeyDictionary[Datasette, Guard | None] = WeakKeyDictionary()
_log = logging.getLogger("datasette_cell_guard")


@hookimpl(tryfirst=True, optionalhook=True)  # type: ignore[untyped-decorator]  # no types
def register_actions(datasette: Datasette) -> list[object]:
    """Take off what is not certified, and register nothing.

    Datasette 1.0 reads all schemas before it calls `startup`; this hook it calls before that.
    """
    _take_off(datasette)
    return []


@hookimpl(tryfirst=True)  # type: ignore[untyped-decorator]  # Datasette carries no types
def startup(datasette: Datasette) -> None:
    """Take off what is not certified, in Datasette 0.65 before anything opens it."""
    _take_off(datasette)


def _take_off(datasette: Datasette) -> None:
    """Take off what is not certified.

    :raises StartupError: if Datasette would open files past :func:`prepare_connection`.
    """
    guard = _guard(datasette)
    if guard is None:
        return
    if datasette.crossdb:  # it attaches them to a connection after `prepare_connection` saw it
        raise StartupError(f"{PLUGIN}: --crossdb opens files past it; start Datasette without")
    kept = {}
    for name, database in datasette.databases.items():
        verdict = guard.verdict(name, Path(database.path)) if database.path else None
        if verdict is None or verdict.passed:
            kept[name] = database
        else:
            _log.error("%s is not served: %s", name, verdict.refused)
            guard.taken_off[name] = verdict
    datasette.databases = kept


@hookimpl  # type: ignore[untyped-decorator]  # Datasette carries no types
def prepare_connection(conn: sqlite3.Connection, database: str, datasette: Datasette) -> None:
    """Refuse a connection to a file that is not certified.

    :raises RefusedError: which is a `sqlite3.DatabaseError`, as of a file that is none.
    """
    guard = _guard(datasette)
    if guard is None:
        return
    for _, _, file in conn.execute("PRAGMA database_list").fetchall():
        verdict = guard.verdict(database, Path(file)) if file else None
        if verdict is not None and not verdict.passed:
            raise RefusedError(f"{Path(file).name}: {verdict.refused}")


@hookimpl(optionalhook=True)  # type: ignore[untyped-decorator]  # Datasette carries no types
def permission_resources_sql(datasette: Datasette, actor: object, action: str) -> object:
    """Restrict whatever is asked of a database to those that passed (Datasette 1.0).

    A restriction, and not a denial: no `allow` of a table can lift it again.
    """
    del actor
    from datasette.permissions import PermissionSQL  # noqa: PLC0415 - 0.65 has none

    guard = _guard(datasette)
    known = datasette.actions.get(action)
    if guard is None or known is None or not known.takes_parent:
        return None
    names = [] if action in SQL_ACTIONS and not guard.allow_sql else _served(datasette, guard)
    parameters = {f"cell_guard_{number}": name for number, name in enumerate(names)}
    rows = [f"SELECT :{parameter} AS parent, NULL AS child" for parameter in parameters]
    nothing = "SELECT NULL AS parent, NULL AS child WHERE 0"
    return PermissionSQL(restriction_sql=" UNION ALL ".join(rows) or nothing, params=parameters)


@hookimpl(optionalhook=True)  # type: ignore[untyped-decorator]  # Datasette carries no types
def permission_allowed(datasette: Datasette, action: str, resource: object) -> bool | None:
    """Refuse the same in Datasette 0.65."""
    guard = _guard(datasette)
    if guard is None:
        return None
    name = resource[0] if isinstance(resource, tuple | list) else resource
    if action in SQL_ACTIONS and not guard.allow_sql:
        return False
    if name in datasette.databases and name not in _served(datasette, guard):
        return False
    return None


@hookimpl  # type: ignore[untyped-decorator]  # Datasette carries no types
def register_routes() -> list[tuple[str, Callable[..., Awaitable[Response]]]]:
    """`/-/cell-guard.json`: what is served by which certificate, and what is not, and why."""
    return [(r"^/-/cell-guard\.json$", _shown)]


@hookimpl  # type: ignore[untyped-decorator]  # Datasette carries no types
def asgi_wrapper(datasette: Datasette) -> Callable[[_App], _App]:
    """Refuse SQL that is sent, too: what Datasette 1.0a41 does with it is an error of its own."""

    def wrap(app: _App) -> _App:
        async def guarded(scope: _Scope, receive: Any, send: Any) -> None:
            guard = _guard(datasette)
            if guard is None or guard.allow_sql or not _sends_sql(scope):
                await app(scope, receive, send)
            else:
                await Response.text("SQL is not answered here", status=403).asgi_send(send)

        return guarded

    return wrap


@hookimpl(tryfirst=True)  # type: ignore[untyped-decorator]  # Datasette carries no types
def handle_exception(exception: BaseException) -> Response | None:
    """Answer 403 where a certificate went while Datasette was at work: no fault of its own."""
    if isinstance(exception, RefusedError):
        _log.warning("%s", exception)
        return Response.text("This is not published", status=403)
    return None


def _sends_sql(scope: _Scope) -> bool:
    path = str(scope.get("path", ""))
    return scope["type"] == "http" and scope["method"] == "POST" and path.endswith(_QUERY)


async def _shown(datasette: Datasette, request: Request) -> Response:
    del request
    guard = _guard(datasette)
    if guard is None:
        return Response.json({"databases": []})
    found: dict[str, Any] = dict(guard.taken_off)
    for name, database in datasette.databases.items():
        if database.path:
            found[name] = guard.verdict(name, Path(database.path))
    return Response.json(
        {
            "databases": [
                {
                    "name": name,
                    "served": verdict.passed,
                    "refused": verdict.refused,
                    # what somebody wrote beside a file that is not served is nobody's business
                    "certificate": dict(verdict.certificate) if verdict.passed else {},
                }
                for name, verdict in sorted(found.items())
            ]
        }
    )


def _served(datasette: Datasette, guard: Guard) -> list[str]:
    return [
        name
        for name, database in datasette.databases.items()
        if not database.path or guard.verdict(name, Path(database.path)).passed
    ]


def _guard(datasette: Datasette) -> Guard | None:
    """Return this Datasette's guard, None if the plugin is installed and not configured."""
    if datasette not in _guards:
        settings = datasette.plugin_config(PLUGIN)
        _guards[datasette] = None if settings is None else _read(settings)
    return _guards[datasette]


def _read(settings: Mapping[str, object]) -> Guard:
    unknown = set(settings) - _SETTINGS
    if unknown:
        raise StartupError(f"{PLUGIN}: {min(unknown)} is no setting; there are {sorted(_SETTINGS)}")
    general = _demand(settings, Demand(), "")
    databases = settings.get("databases", {})
    if not isinstance(databases, Mapping):
        raise StartupError(f"{PLUGIN}: databases must be a table of names")
    own = {}
    for name, demanded in databases.items():
        if not isinstance(demanded, Mapping) or set(demanded) - _DEMANDS:
            raise StartupError(f"{PLUGIN}: databases: {name} may hold {sorted(_DEMANDS)}")
        own[str(name)] = _demand(demanded, general, f"databases: {name}: ")
    allow_sql, suffix = settings.get("allow_sql", False), settings.get("suffix", ".json")
    if not isinstance(allow_sql, bool):
        raise StartupError(f"{PLUGIN}: allow_sql must be true or false")
    if not isinstance(suffix, str) or not suffix.startswith(".") or "/" in suffix:
        raise StartupError(f"{PLUGIN}: suffix must be a file's ending such as .json")
    return Guard(general, own, allow_sql=allow_sql, suffix=suffix)


def _demand(settings: Mapping[str, object], otherwise: Demand, where: str) -> Demand:
    k, p_percent = settings.get("k", otherwise.k), settings.get("p_percent", otherwise.p_percent)
    if isinstance(k, bool) or not isinstance(k, int) or k < 1:
        raise StartupError(f"{PLUGIN}: {where}k must be a whole number from 1 on")
    if isinstance(p_percent, bool) or not isinstance(p_percent, int | float) or not p_percent >= 0:
        raise StartupError(f"{PLUGIN}: {where}p_percent must be a number from 0 on")
    auditors = settings.get("auditors", otherwise.auditors)
    if not isinstance(auditors, list | tuple) or not all(isinstance(a, str) for a in auditors):
        raise StartupError(f"{PLUGIN}: {where}auditors must be a list of names")
    cube = settings.get("cube", otherwise.cube)
    return Demand(k, float(p_percent), tuple(map(str, auditors)), str(cube))
