"""The hooks: `/-/dcat` in the format that is asked for, and `/-/dcat.ttl`, `.rdf`, `.jsonld`."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from datasette import hookimpl
from datasette.plugins import pm
from datasette.utils import add_cors_headers
from datasette.utils.asgi import Forbidden, Request, Response
from datasette_common.lines import may_enter
from datasette_common.stylesheet import Stylesheet

from datasette_dcat_ap_de import hookspecs
from datasette_dcat_ap_de.address import root, wanted
from datasette_dcat_ap_de.collect import Collector
from datasette_dcat_ap_de.extent import Extents
from datasette_dcat_ap_de.harvested import Harvested, Reader, page_of_harvested
from datasette_dcat_ap_de.model import Catalogue, Page
from datasette_dcat_ap_de.settings import PLUGIN, Problem, Settings, read_settings
from datasette_dcat_ap_de.terms import ntriples
from datasette_dcat_ap_de.triples import ROOT, page_of
from datasette_dcat_ap_de.words import say
from datasette_dcat_ap_de.writer import Writer, WriterError

if TYPE_CHECKING:  # Datasette loads its plugins while it is being imported itself
    from datasette.app import Datasette

MEDIA_TYPES = {
    "ttl": "text/turtle; charset=utf-8",
    "rdf": "application/rdf+xml; charset=utf-8",
    "jsonld": "application/ld+json; charset=utf-8",
}
_NOT_KEPT = {"Cache-Control": "no-store"}
STYLESHEET = Stylesheet("datasette_dcat_ap_de", "page.css", "/-/dcat.css")
_TEMPLATE = "datasette_dcat_ap_de.html"

pm.add_hookspecs(hookspecs)


@dataclass(frozen=True, slots=True)
class _State:
    """What is kept for one Datasette."""

    writer: Writer = field(default_factory=Writer)
    extents: Extents = field(default_factory=Extents)
    harvested: Reader = field(default_factory=Reader)


_states: WeakKeyDictionary[Datasette, _State] = WeakKeyDictionary()


@hookimpl  # type: ignore[untyped-decorator]  # Datasette carries no types
def register_routes() -> list[tuple[str, Callable[..., Any]]]:
    """Answer at the catalogue's addresses."""
    return [
        STYLESHEET.route(),
        (r"^/-/dcat$", _negotiated),
        (r"^/-/dcat\.(?P<form>ttl|rdf|jsonld)$", _in_format),
    ]


@hookimpl  # type: ignore[untyped-decorator]  # Datasette carries no types
def extra_css_urls(template: str) -> list[str]:
    """Load the styles on the catalogue's page."""
    return [STYLESHEET.named()] if template == _TEMPLATE else []


async def _negotiated(datasette: Datasette, request: Request) -> Response:
    form = wanted(request.headers.get("accept") or "")
    answer = await _answer(datasette, request, form, suffix="" if form == "html" else f".{form}")
    answer.headers["Vary"] = "Accept"
    return answer


async def _in_format(datasette: Datasette, request: Request) -> Response:
    form = request.url_vars["form"]
    return await _answer(datasette, request, form, suffix=f".{form}")


async def _answer(datasette: Datasette, request: Request, form: str, suffix: str) -> Response:
    if not await may_enter(datasette, request.actor):
        raise Forbidden("view-instance")
    state = _states.setdefault(datasette, _State())
    settings, problems = read_settings(datasette.plugin_config(PLUGIN))
    collector = Collector(datasette, settings, state.extents)
    catalogue = await collector.catalogue()
    language = settings.language
    if found := [*problems, *collector.problems]:
        return await _incomplete(datasette, request, form, found, language)
    harvested = await _harvested(state.harvested, settings)
    if form == "html":
        return await _shown(datasette, request, catalogue, harvested)
    address = root(datasette, request, settings)
    if address is None:
        return _refused("the host's name cannot stand in an address", 400)
    own = len(catalogue.datasets)
    page = _page(request, own + len(harvested), settings.page_size, suffix)
    if page is None:
        return _refused(say("page", language), 404)
    first = (page.number - 1) * page.size - own
    some = harvested[max(first, 0) : max(first + page.size, 0)]
    lines = ntriples([*page_of(catalogue, page), *page_of_harvested(some)])
    lines += "".join(f"{one.triples}\n" for one in some).encode()
    try:
        digest, written = await state.writer.write(lines, form)
    except WriterError as error:
        return _refused(f"{say('writer', language)}: {error}", 500)
    return _page_answer(datasette, request, settings, form, digest, written, address)


def _page_answer(  # noqa: PLR0917 - all of them make the answer
    datasette: Datasette,
    request: Request,
    settings: Settings,
    form: str,
    digest: str,
    written: bytes,
    address: str,
) -> Response:
    etag = '"' + hashlib.sha256(f"{digest} {form} {address}".encode()).hexdigest()[:32] + '"'
    headers = {
        "ETag": etag,
        "Cache-Control": f"max-age={datasette.setting('default_cache_ttl')}",
    }
    if settings.trust_forwarded:
        headers["Vary"] = "X-Forwarded-Host, X-Forwarded-Proto"
    if datasette.cors:
        add_cors_headers(headers)
    if etag in (request.headers.get("if-none-match") or ""):
        return Response("", status=304, headers=headers, content_type=MEDIA_TYPES[form])
    body = written.replace(ROOT.encode(), address.encode())
    return Response(body, headers=headers, content_type=MEDIA_TYPES[form])


def _page(request: Request, total: int, size: int, suffix: str) -> Page | None:
    text = request.args.get("page") or "1"
    last = max(1, -(-total // size))
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
    return Page(number, last, size, total, suffix) if 1 <= number <= last else None


async def _harvested(reader: Reader, settings: Settings) -> tuple[Harvested, ...]:
    if not settings.harvested:
        return ()
    return await asyncio.to_thread(reader.read, Path(settings.harvested))


async def _shown(
    datasette: Datasette,
    request: Request,
    catalogue: Catalogue,
    harvested: tuple[Harvested, ...],
) -> Response:
    language = catalogue.language
    names = {"ttl": "Turtle", "rdf": "RDF/XML", "jsonld": "JSON-LD"}
    links = [(name, datasette.urls.path(f"/-/dcat.{suffix}")) for suffix, name in names.items()]
    datasets = [(one.title, datasette.urls.path(one.path)) for one in catalogue.datasets]
    context = {
        "heading": say("title", language),
        "about": say("about", language),
        "links": links,
        "datasets_heading": say("datasets", language),
        "datasets": datasets,
        "none": say("none", language),
        "harvested_heading": say("harvested", language),
        "harvested": [(one.title, _visited(datasette, one.iri)) for one in harvested],
        "language": language,
    }
    return Response.html(await datasette.render_template(_TEMPLATE, context, request=request))


def _visited(datasette: Datasette, iri: str) -> str:
    """Return where people find a harvested dataset, empty if its name is no place."""
    if iri.startswith(f"{ROOT}/"):
        return str(datasette.urls.path(iri.removeprefix(ROOT)))
    return iri if iri.startswith(("https://", "http://")) else ""


async def _incomplete(
    datasette: Datasette, request: Request, form: str, problems: list[Problem], language: str
) -> Response:
    said = [(one.where, _said(one, language)) for one in problems]
    if form != "html":
        body = {
            "ok": False,
            "error": say("incomplete", "en"),
            "problems": [{"where": one.where, "add": _said(one, "en")} for one in problems],
        }
        return Response.json(body, status=503, headers=dict(_NOT_KEPT))
    context = {
        "heading": say("incomplete", language),
        "about": say("incomplete_about", language),
        "where": say("where", language),
        "add": say("add", language),
        "problems": said,
        "language": language,
    }
    page = await datasette.render_template(_TEMPLATE, context, request=request)
    return Response.html(page, status=503, headers=dict(_NOT_KEPT))


def _said(problem: Problem, language: str) -> str:
    return " ".join([say(problem.key, language), ", ".join(problem.allowed)]).strip()


def _refused(error: str, status: int) -> Response:
    return Response.json({"ok": False, "error": error}, status=status, headers=dict(_NOT_KEPT))
