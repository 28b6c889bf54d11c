"""The hooks. Configuration: `plugins: {"datasette-snapshots": {"folder": ..., "poll_s": 2}}`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from datasette import hookimpl
from datasette.resources import DatabaseResource
from datasette.utils import StartupError
from datasette.utils.asgi import Request, Response
from datasette_common.words import LANGUAGES

from datasette_snapshots import pages
from datasette_snapshots.service import SnapshotService
from datasette_snapshots.words import say

if TYPE_CHECKING:  # Datasette loads its plugins while it is being imported itself
    from datasette.app import Datasette

PLUGIN = "datasette-snapshots"
POLL_S = 2.0  # reading a folder and its small pointers costs less than a millisecond
POLL_RANGE_S = (0.05, 3600.0)
GRACE_S = 60.0  # Datasette ends a query after one second; a slow reader of a page may take more

_NAME = "(?P<name>[A-Za-z0-9][A-Za-z0-9_-]{0,99})"

_services: WeakKeyDictionary[Datasette, SnapshotService] = WeakKeyDictionary()


@hookimpl  # type: ignore[untyped-decorator]  # Datasette carries no types
def startup(datasette: Datasette) -> Callable[[], Awaitable[None]] | None:
    """Serve what is there and follow the folder from then on."""
    settings = datasette.plugin_config(PLUGIN) or {}
    if "folder" not in settings:
        return None
    folder = Path(str(settings["folder"]))
    poll_s = _seconds(settings.get("poll_s", POLL_S), "poll_s", *POLL_RANGE_S)
    grace_s = _seconds(settings.get("grace_s", GRACE_S), "grace_s", 0.0, 86400.0)
    if _language(datasette) not in LANGUAGES:
        raise StartupError(f"{PLUGIN}: language must be one of {', '.join(LANGUAGES)}")

    async def begin() -> None:
        service = SnapshotService(datasette, folder, grace_s=grace_s)
        _services[datasette] = service
        await service.refresh()
        datasette.add_background_task(_follow(service, poll_s), name=PLUGIN)

    return begin


@hookimpl  # type: ignore[untyped-decorator]  # Datasette carries no types
def shutdown(datasette: Datasette) -> Callable[[], Awaitable[None]]:
    """Close replaced snapshots that still wait for their time."""

    async def end() -> None:
        service = _services.pop(datasette, None)
        if service:
            await service.close()

    return end


@hookimpl  # type: ignore[untyped-decorator]  # Datasette carries no types
def register_routes() -> list[tuple[str, Callable[..., Awaitable[Response]]]]:
    """`/-/snapshots.json`: what is served, from which file, since when; below it the versions."""
    return [
        pages.STYLESHEET.route(),
        (r"^/-/snapshots\.json$", _snapshots),
        (rf"^/-/snapshots/{_NAME}(?P<json>\.json)?$", _versions),
        (rf"^/-/snapshots/{_NAME}/(?P<file>[^/]+)$", _file),
    ]


@hookimpl  # type: ignore[untyped-decorator]  # Datasette carries no types
def extra_css_urls(template: str) -> list[str]:
    """Load the styles on the page of versions."""
    return [pages.STYLESHEET.named()] if template == pages.TEMPLATE else []


@hookimpl  # type: ignore[untyped-decorator]  # Datasette carries no types
def database_actions(datasette: Datasette, database: str) -> list[dict[str, str]]:
    """Lead from a database's page to its versions."""
    service = _services.get(datasette)
    if service is None or database not in service.served:
        return []
    href = datasette.urls.path(pages.address(database))
    return [{"href": href, "label": say("link", _language(datasette))}]


async def _versions(datasette: Datasette, request: Request) -> Response:
    return await pages.listed(datasette, request, _services.get(datasette), _language(datasette))


async def _file(datasette: Datasette, request: Request) -> Response:
    return await pages.given(datasette, request, _services.get(datasette), _language(datasette))


def _language(datasette: Datasette) -> str:
    return str((datasette.plugin_config(PLUGIN) or {}).get("language", "de"))


async def _snapshots(datasette: Datasette, request: Request) -> Response:
    service = _services.get(datasette)
    shown = []
    for name, served in sorted(service.served.items() if service else ()):
        if await datasette.allowed(
            action="view-database", resource=DatabaseResource(name), actor=request.actor
        ):
            since = datetime.fromtimestamp(served.since_s, UTC).isoformat(timespec="seconds")
            shown.append(
                {
                    "name": name,
                    "file": served.snapshot.path.name,
                    "sha256": served.database.hash,
                    "size": served.database.size,
                    "since": since,
                }
            )
    return Response.json({"snapshots": shown})


def _follow(service: SnapshotService, poll_s: float) -> Callable[[Datasette], Awaitable[None]]:
    async def follow(datasette: Datasette) -> None:
        del datasette
        await service.follow(poll_s)

    return follow


def _seconds(value: object, name: str, least: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise StartupError(f"{PLUGIN}: {name} must be a number from {least} to {most}")
    return float(value)
