"""The hooks: `/-/downloads`, its pages and files, and the forms that a catalogue lists."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from datasette import hookimpl
from datasette.utils import StartupError, tilde_decode, tilde_encode
from datasette.utils.asgi import NotFound, Request, Response
from datasette_common.stylesheet import Stylesheet
from datasette_common.words import LANGUAGES, size

from datasette_downloads.answer import answer
from datasette_downloads.service import PLUGIN, Downloads, MakeError, Order
from datasette_downloads.store import Build
from datasette_downloads.words import say

if TYPE_CHECKING:  # Datasette loads its plugins while it is being imported itself
    from datasette.app import Datasette

GRACE_S = 3600.0
POLL_S = 60.0  # metadata of a few tables, some milliseconds
PAGE_WAIT_S = 2.0  # then the page says that they are being written
FILE_WAIT_S = 20.0
CATALOGUE_WAIT_S = 10.0
STYLESHEET = Stylesheet("datasette_downloads", "page.css", "/-/downloads.css")
_TEMPLATE = "datasette_downloads.html"
_FORMS = {
    "excel": (".excel.csv", {"format": "CSV", "media_type": "text/csv"}),
    "csv": (
        ".csv.gz",
        {"format": "CSV", "media_type": "text/csv", "compress": "application/gzip"},
    ),
    "parquet": (
        ".parquet",
        {"format": "PARQUET", "media_type": "application/vnd.apache.parquet"},
    ),
}


@dataclass(frozen=True, slots=True)
class _Settings:
    folder: Path
    language: str
    grace_s: float
    ahead: bool


_log = logging.getLogger("datasette_downloads")
_made: WeakKeyDictionary[Datasette, Downloads] = WeakKeyDictionary()


@hookimpl  # type: ignore[untyped-decorator]  # Datasette carries no types
def startup(datasette: Datasette) -> None:
    """Check the settings; where Datasette runs tasks (1.0), begin to tidy and to make ahead."""
    if _settings(datasette) is not None and hasattr(datasette, "add_background_task"):
        datasette.add_background_task(_follow, name=PLUGIN)


@hookimpl  # type: ignore[untyped-decorator]  # Datasette carries no types
def register_routes() -> list[tuple[str, Callable[..., Any]]]:
    """Answer at `/-/downloads`, below it a database's page, below that its files."""
    return [
        STYLESHEET.route(),
        (r"^/-/downloads$", _databases),
        (r"^/-/downloads/(?P<database>[^/]+)$", _page),
        (r"^/-/downloads/(?P<database>[^/]+)/(?P<file>[^/]+)$", _file),
    ]


@hookimpl  # type: ignore[untyped-decorator]  # Datasette carries no types
def extra_css_urls(template: str) -> list[str]:
    """Load the styles on the pages of files."""
    return [STYLESHEET.named()] if template == _TEMPLATE else []


@hookimpl  # type: ignore[untyped-decorator]  # Datasette carries no types
def database_actions(datasette: Datasette, database: str) -> list[dict[str, str]]:
    """Lead from a database's page to its files."""
    settings = _settings(datasette)
    found = datasette.databases.get(database)
    if settings is None or found is None or found.is_mutable:
        return []
    label = say("downloads", settings.language)
    return [{"href": datasette.urls.path(_address(database)), "label": label}]


@hookimpl  # type: ignore[untyped-decorator]  # Datasette carries no types
def dcat_distributions(
    datasette: Datasette, database: str, table: str
) -> Callable[[], Awaitable[list[dict[str, object]]]] | None:
    """Tell a catalogue (datasette-dcat-ap-de) which files there are of a table."""
    settings = _settings(datasette)
    if settings is None:
        return None

    async def forms() -> list[dict[str, object]]:
        downloads = _downloads(datasette, settings)
        order = await downloads.order(database)
        if order is None:
            return []
        try:
            build = await downloads.build_once(order, CATALOGUE_WAIT_S)
        except MakeError:
            build = None
        if build is None:
            return []  # they are listed once they are made
        return _listed(build, database, table, settings.language)

    return forms


async def _follow(datasette: Datasette) -> None:
    settings = _settings(datasette)
    if settings is None:
        return
    while True:
        downloads = _downloads(datasette, settings)
        if settings.ahead:
            await downloads.refresh()
        try:
            await downloads.tidy()
        except OSError as error:
            _log.warning("what is served no longer could not be removed: %s", error)
        await asyncio.sleep(POLL_S)


async def _databases(datasette: Datasette, request: Request) -> Response:
    settings = _required(datasette)
    downloads = _downloads(datasette, settings)
    shown = [
        (await _title(datasette, order), datasette.urls.path(_address(name)))
        for name in sorted(datasette.databases)
        if (order := await downloads.order(name)) is not None
    ]
    context = {
        "heading": say("downloads", settings.language),
        "about": say("choose" if shown else "none", settings.language),
        "databases": shown,
        "language": settings.language,
    }
    return Response.html(await datasette.render_template(_TEMPLATE, context, request=request))


async def _page(datasette: Datasette, request: Request) -> Response:
    settings = _required(datasette)
    downloads, order = await _ordered(datasette, request, settings)
    language = settings.language
    context: dict[str, object] = {
        "heading": f"{say('downloads', language)}: {await _title(datasette, order)}",
        "language": language,
        "data": datasette.urls.path("/" + tilde_encode(order.name)),
        "data_words": say("data", language),
    }
    status = 200
    try:
        build = await downloads.build(order, PAGE_WAIT_S)
    except MakeError:
        context["about"], status = say("failed", language), 500
    else:
        context |= _shown(datasette, order, build, language)
    page = await datasette.render_template(_TEMPLATE, context, request=request)
    return Response.html(page, status=status)


async def _file(datasette: Datasette, request: Request) -> Response:
    settings = _required(datasette)
    downloads, order = await _ordered(datasette, request, settings)
    try:
        build = await downloads.build(order, FILE_WAIT_S)
    except MakeError:
        error = "the files could not be written"  # the log says why, and in which folder
        return Response.json({"ok": False, "error": error}, status=500)
    if build is None:
        return Response.json(
            {"ok": False, "error": "the file is being written"},
            status=503,
            headers={"Retry-After": "30"},
        )
    # a name of the list, never a path
    file = build.files.get(request.url_vars["file"])
    if file is None:
        raise NotFound("There is no such file")
    return answer(file, request.headers, int(datasette.setting("default_cache_ttl")))


async def _ordered(
    datasette: Datasette, request: Request, settings: _Settings
) -> tuple[Downloads, Order]:
    downloads = _downloads(datasette, settings)
    order = await downloads.order(tilde_decode(request.url_vars["database"]))
    if order is None:
        raise NotFound("There are no files of this")
    return downloads, order


def _shown(
    datasette: Datasette, order: Order, build: Build | None, language: str
) -> dict[str, object]:
    if build is None:
        return {"about": say("making", language), "again_s": 20}

    def link(name: str, words: str, about: str = "") -> dict[str, object]:
        address = datasette.urls.path(f"{_address(order.name)}/{name}")
        said = size(build.files[name].size, language)
        return {"address": address, "words": words, "about": about, "size": said}

    tables = [
        {
            "title": table.title,
            "rows": f"{table.rows} {say('rows', language)}",
            "links": [
                link(table.stem + suffix, say(form, language), say(f"{form}_about", language))
                for form, (suffix, _) in _FORMS.items()
                if table.stem + suffix in build.files
            ],
        }
        for table in build.tables
    ]
    more = [
        link("columns.csv", f"{say('columns', language)} (CSV)"),
        link("columns.json", f"{say('columns', language)} (JSON)"),
        link("SHA256SUMS", say("sums", language)),
    ]
    notes = [say("formula", language)]
    if not build.parquet:
        notes.append(say("no_parquet", language))
    all_words = say("all", language)
    return {"tables": tables, "more": more, "more_heading": all_words, "notes": notes}


def _listed(build: Build, database: str, table: str, language: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for one in build.tables:
        if one.name != table:
            continue
        for form, (suffix, said) in _FORMS.items():
            file = build.files.get(one.stem + suffix)
            if file is not None:
                found.append(
                    {
                        "mark": f"download-{form}",
                        "title": f"{one.title}: {say(form, language)}",
                        "path": f"{_address(database)}/{file.path.name}",
                        "access": _address(database),
                        "size": file.size,
                        "sha256": file.sha256,
                        **said,
                    }
                )
    return found


def _address(database: str) -> str:
    return f"/-/downloads/{tilde_encode(database)}"


async def _title(datasette: Datasette, order: Order) -> str:
    del datasette
    about = order.said.get("about")
    return str((about if isinstance(about, dict) else {}).get("title") or order.name)


def _downloads(datasette: Datasette, settings: _Settings) -> Downloads:
    if datasette not in _made:
        _made[datasette] = Downloads(datasette, settings.folder, settings.grace_s)
    return _made[datasette]


def _required(datasette: Datasette) -> _Settings:
    settings = _settings(datasette)
    if settings is None:
        raise NotFound("datasette-downloads has no folder")
    return settings


def _settings(datasette: Datasette) -> _Settings | None:
    """Return the settings, None without a folder.

    :raises StartupError: if they are wrong.
    """
    raw = datasette.plugin_config(PLUGIN) or {}
    if unknown := sorted(set(raw) - {"ahead", "folder", "grace_s", "language"}):
        raise StartupError(f"{PLUGIN}: there is no setting {', '.join(unknown)}")
    if "folder" not in raw:
        return None
    language, grace_s = raw.get("language", "de"), raw.get("grace_s", GRACE_S)
    if language not in LANGUAGES:
        raise StartupError(f"{PLUGIN}: language must be one of {', '.join(LANGUAGES)}")
    if isinstance(grace_s, bool) or not isinstance(grace_s, int | float) or grace_s < 0:
        raise StartupError(f"{PLUGIN}: grace_s must be a number of seconds")
    if not isinstance(ahead := raw.get("ahead", False), bool):
        raise StartupError(f"{PLUGIN}: ahead must be true or false")
    return _Settings(Path(str(raw["folder"])), str(language), float(grace_s), ahead)
