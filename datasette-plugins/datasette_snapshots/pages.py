"""`/-/snapshots/NAME`, the same as JSON, and below it each version's file.

A version is listed and given only if its file can be opened as Datasette opens any database: each
plugin's `prepare_connection` is asked, so that datasette-cell-guard, where it is installed, refuses
here what it refuses everywhere. Nothing of that plugin is known here.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from datasette.plugins import pm
from datasette.resources import DatabaseResource
from datasette.utils.asgi import Forbidden, NotFound, Request, Response
from datasette_common.lines import metadata
from datasette_common.stylesheet import Stylesheet
from datasette_common.words import size

from datasette_snapshots.answer import answer
from datasette_snapshots.service import SnapshotService
from datasette_snapshots.versions import Check, Files, Version, files_of, number_of
from datasette_snapshots.words import say

if TYPE_CHECKING:  # Datasette loads its plugins while it is being imported itself
    from datasette.app import Datasette

TEMPLATE = "datasette_snapshots.html"
STYLESHEET = Stylesheet("datasette_snapshots", "page.css", "/-/snapshots.css")

_log = logging.getLogger("datasette_snapshots")


def address(name: str, file: str = "") -> str:
    """Return where the versions of a database are, or the file of one."""
    return f"/-/snapshots/{name}" + (f"/{file}" if file else "")


async def listed(
    datasette: Datasette, request: Request, service: SnapshotService | None, language: str
) -> Response:
    """Answer with the versions that are there, as a page or as JSON."""
    name, path, files = await _asked(datasette, request, service)
    current = number_of(name, path.name)
    check = _check(datasette, name)
    found = await asyncio.to_thread(_versions, path.parent, name, current, files, check)
    may = await _given(datasette, request.actor, name)

    def link(one: Version) -> str:
        return datasette.urls.path(address(name, one.file)) if may else ""

    if request.url_vars["json"]:
        entries = [_entry(one, current, link(one)) for one in found]
        return Response.json({"name": name, "versions": entries})
    context = {
        "heading": f"{say('versions', language)}: {await _title(datasette, name)}",
        "about": say("about" if found else "none", language),
        "versions": [_shown(one, current, link(one), language) for one in found],
        "note": say("closed", language) if found and not may else "",
        "links": [
            (datasette.urls.database(name), say("data", language)),
            (datasette.urls.path(f"{address(name)}.json"), say("list", language)),
        ],
        "language": language,
    }
    return Response.html(await datasette.render_template(TEMPLATE, context, request=request))


async def given(
    datasette: Datasette, request: Request, service: SnapshotService | None, language: str
) -> Response:
    """Answer with a version's file; 410 if there was such a version and it was removed."""
    name, path, files = await _asked(datasette, request, service)
    if not await _given(datasette, request.actor, name):
        raise Forbidden("Database download is forbidden")
    current, number = number_of(name, path.name), number_of(name, request.url_vars["file"])
    if current is None or number is None or number > current:
        raise NotFound("There is no such version")
    path = path.with_name(request.url_vars["file"])  # nothing but a version's name: no path
    try:
        version, file = await asyncio.to_thread(files.open, path, number, _check(datasette, name))
    except FileNotFoundError:
        if number < current and not path.is_symlink() and not path.exists():
            return await _gone(datasette, request, name, number, language)
        raise NotFound("There is no such version") from None
    except (OSError, sqlite3.Error) as error:
        _log.info("%s is not given: %s", path.name, error)
        raise NotFound("There is no such version") from None
    everybody = request.actor is None or await _given(datasette, None, name)
    return answer(version, file, request.headers, everybody=everybody)


async def _asked(
    datasette: Datasette, request: Request, service: SnapshotService | None
) -> tuple[str, Path, Files]:
    """Return whose versions are asked for, the file that is served now, and what opens files."""
    name = request.url_vars["name"]
    served = service.served.get(name) if service else None
    if service is None or served is None:
        raise NotFound("There are no versions of this")
    await datasette.ensure_permission(
        action="view-database", resource=DatabaseResource(name), actor=request.actor
    )
    return name, served.snapshot.path, service.files


async def _given(datasette: Datasette, actor: Mapping[str, object] | None, name: str) -> bool:
    """Tell whether ``actor`` may have files, by the rules of Datasette's own download."""
    if not datasette.setting("allow_download"):
        return False
    resource = DatabaseResource(name)
    return all(
        [
            await datasette.allowed(action=action, resource=resource, actor=actor)
            for action in ("view-database", "view-database-download")
        ]
    )


def _check(datasette: Datasette, name: str) -> Check:
    def check(connection: sqlite3.Connection) -> None:
        pm.hook.prepare_connection(conn=connection, database=name, datasette=datasette)

    return check


def _versions(
    folder: Path, name: str, current: int | None, files: Files, check: Check
) -> list[Version]:
    """Return the versions that may be served, the newest first; reads files, in a thread."""
    found: list[Version] = []
    if current is None:
        return found
    for number, file in files_of(folder, name, current):
        try:
            found.append(files.look(folder / file, number, check))
        except (OSError, sqlite3.Error) as error:
            _log.info("%s is not listed: %s", file, error)
    return found


def _entry(one: Version, current: int | None, link: str) -> dict[str, object]:
    return {
        "version": one.number,
        "current": one.number == current,
        "file": one.file,
        "published": _moment(one).isoformat(timespec="seconds"),
        "size": one.size,
        "sha256": one.sha256,
        "certificate": dict(one.certificate) or None,
        "url": link or None,
    }


def _shown(one: Version, current: int | None, link: str, language: str) -> dict[str, object]:
    moment, said = _moment(one), one.certificate
    form = "%d.%m.%Y, %H:%M UTC" if language == "de" else "%Y-%m-%d, %H:%M UTC"
    facts = [
        (say("written", language), f"{moment:{form}}", moment.isoformat(timespec="seconds"), False),
        (say("size", language), size(one.size, language), "", False),
    ]
    if "period" in said:
        facts.append((say("period", language), str(said["period"]), "", False))
    if "auditor" in said:
        k = said.get("k")  # one at least is no rule
        rule = f" ({say('k', language).format(k=k)})" if isinstance(k, int) and k > 1 else ""
        facts.append((say("audited", language), f"{said['auditor']}{rule}", "", False))
    facts.append((say("sum", language), one.sha256, "", True))
    title = f"{say('version', language)} {one.number}"
    return {
        "number": one.number,
        "title": title,
        "current": say("current", language) if one.number == current else "",
        "facts": facts,
        "file": one.file,
        "address": link,
        "words": say("file", language),
        "label": f"{say('file', language)}: {title}",
    }


async def _gone(
    datasette: Datasette, request: Request, name: str, number: int, language: str
) -> Response:
    context = {
        "heading": f"{say('version', language)} {number}: {say('withdrawn', language)}",
        "about": say("withdrawn_about", language),
        "links": [(datasette.urls.path(address(name)), say("to_versions", language))],
        "language": language,
    }
    page = await datasette.render_template(TEMPLATE, context, request=request)
    return Response.html(page, status=410)


async def _title(datasette: Datasette, name: str) -> str:
    return str((await metadata(datasette, name)).get("title") or name)


def _moment(one: Version) -> datetime:
    return datetime.fromtimestamp(one.written_s, UTC)
