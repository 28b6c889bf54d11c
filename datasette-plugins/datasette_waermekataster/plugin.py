"""The hooks. Configuration: see README.md."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from weakref import WeakKeyDictionary

from datasette import hookimpl
from datasette.database import QueryInterrupted
from datasette.utils import add_cors_headers
from datasette.utils.asgi import Forbidden, NotFound, Request, Response
from datasette.utils.sqlite import sqlite3 as datasette_sqlite3
from datasette_common import jsons
from datasette_common.lines import may_see
from datasette_common.names import quoted
from datasette_common.settings import configured
from datasette_common.stylesheet import Stylesheet
from markupsafe import Markup

from datasette_waermekataster import words
from datasette_waermekataster.drawing import Shape, read_shapes
from datasette_waermekataster.settings import Layer, Settings, read_settings
from datasette_waermekataster.view import View, make

if TYPE_CHECKING:  # Datasette loads its plugins while it is being imported itself
    from datasette.app import Datasette

PLUGIN = "datasette-waermekataster"
ROOT = "/-/waermekataster"
PAGE = "datasette_waermekataster.html"
STYLESHEET = Stylesheet("datasette_waermekataster", "page.css", ROOT + ".css")
MAX_CELLS = 2000  # a small town's blocks
MAX_SHAPES = 10_000
MAX_PERIODS = 100
_MISSING = (sqlite3.OperationalError, datasette_sqlite3.OperationalError, QueryInterrupted)

_settings: WeakKeyDictionary[Datasette, Settings] = WeakKeyDictionary()
Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class _Found:
    """The rows of a layer that are shown, and their outlines as they are stored.

    ``outlines``: key, geometry, of how many parts of the cell no outline is known; a cell may have
    several, and each says the same number.
    """

    layer: Layer
    periods: list[object]
    period: object
    rows: list[Row]
    outlines: list[tuple[object, object, object]]
    cut: bool

    @property
    def lacking(self) -> int:
        """Of how many parts of the shown cells no outline is known."""
        return sum({key: n for key, _, n in self.outlines if isinstance(n, int)}.values())

    def shapes(self) -> dict[object, Shape]:
        """Return the shapes of the rows by key; they are read here, which takes a while."""
        given = ((key, text) for key, text, _ in self.outlines)
        return read_shapes(given, {row[self.layer.key] for row in self.rows})


@hookimpl  # type: ignore[untyped-decorator]  # Datasette carries no types
def startup(datasette: Datasette) -> None:
    """Read the configuration; a wrong one must not be found by who asks."""
    if (settings := configured(datasette, PLUGIN, read_settings)) is not None:
        _settings[datasette] = settings


@hookimpl  # type: ignore[untyped-decorator]  # Datasette carries no types
def register_routes() -> list[tuple[str, Callable[..., Any]]]:
    """Serve the page, each layer as GeoJSON, and the style sheet."""
    return [
        (rf"^{ROOT}$", _page),
        (rf"^{ROOT}/(?P<layer>[^/]+)\.geojson$", _geojson),
        STYLESHEET.route(),
    ]


@hookimpl  # type: ignore[untyped-decorator]  # Datasette carries no types
def extra_css_urls(template: str) -> list[str]:
    """Load the styles where the map is."""
    return [STYLESHEET.named()] if template == PAGE else []


@hookimpl  # type: ignore[untyped-decorator]  # Datasette carries no types
def top_database(
    datasette: Datasette, request: Request, database: str
) -> Callable[[], Awaitable[str]] | None:
    """Lead to the page from that of its database."""
    settings = _settings.get(datasette)
    if settings is None or settings.database != database:
        return None

    async def link() -> str:
        layer = await _published(datasette, settings, settings.layers[0])
        if not await may_see(datasette, request.actor, database, layer.tables):
            return ""
        said = words.text(_language(datasette, request, settings), "title")
        return Markup('<p><a href="{}">{}</a></p>').format(datasette.urls.path(ROOT), said)

    return link


async def _page(datasette: Datasette, request: Request) -> Response:
    settings = _known(datasette)
    language = _language(datasette, request, settings)
    name = request.args.get("layer") or settings.layers[0].name
    found = await _read(datasette, request, settings, name, language)
    layer, period = found.layer, found.period
    # of so many outlines a part of a second, in which others are answered
    view = await asyncio.to_thread(_drawn, found, language)
    kept = {"period": str(period)} if period is not None else {}
    tail = f"?{urlencode(kept)}" if kept else ""
    context = {
        "say": partial(words.text, language),
        "layer": layer,
        "layers": [
            (one, datasette.urls.path(f"{ROOT}?{urlencode({'layer': one.name})}"))
            for one in settings.layers
        ],
        "here": datasette.urls.path(ROOT),
        "periods": [str(one) for one in found.periods],
        "period": str(period) if period is not None else "",
        "view": view,
        "lacking": _lacking(found, language),
        "cut": MAX_CELLS if found.cut else 0,
        "table_url": datasette.urls.table(settings.database, layer.table),
        "geojson_url": datasette.urls.path(f"{ROOT}/{layer.name}.geojson{tail}"),
    }
    return Response.html(await datasette.render_template(PAGE, context, request=request))


async def _geojson(datasette: Datasette, request: Request) -> Response:
    settings = _known(datasette)
    name = request.url_vars["layer"]
    found = await _read(datasette, request, settings, name, settings.language)
    headers = {"Content-Disposition": f'attachment; filename="{found.layer.name}.geojson"'}
    if datasette.cors:
        add_cors_headers(headers)
    body = await asyncio.to_thread(_features, found)
    return Response(body, content_type="application/geo+json", headers=headers)


async def _read(
    datasette: Datasette, request: Request, settings: Settings, name: str, language: str
) -> _Found:
    """Return what is published of the layer ``name``, of the period that is asked for.

    :raises NotFound: if there is no such layer or period, or its tables are not published.
    :raises Forbidden: if whoever asks may not see it.
    """
    layer = _layer(settings, name, language)
    if settings.database not in datasette.databases:
        raise NotFound(words.text(settings.language, "gone"))
    try:
        layer = await _published(datasette, settings, layer)
        if not await may_see(datasette, request.actor, settings.database, layer.tables):
            raise Forbidden("view-table")
        periods = await _periods(datasette, settings, layer)
        period = _chosen(periods, request.args.get("period"), language)
        found = await _rows(datasette, settings, layer, period)
        rows = found[:MAX_CELLS]
        outlines = await _outlines(datasette, settings, layer, rows)
    except _MISSING as error:
        raise NotFound(words.text(language, "gone")) from error
    return _Found(layer, periods, period, rows, outlines, cut=len(found) > len(rows))


def _lacking(found: _Found, language: str) -> str:
    """Say of how many parts no outline is known; nothing if of all one is."""
    count, shapes = found.lacking, found.layer.shapes
    if not count or shapes is None:
        return ""
    called = shapes.part if count == 1 else shapes.parts
    return words.text(language, "lacking", n=words.number(language, count), parts=called)


def _drawn(found: _Found, language: str) -> View:
    return make(found.layer, found.rows, found.shapes(), language)


def _features(found: _Found) -> str:
    key, shapes = found.layer.key, found.shapes()
    features = [
        {
            "type": "Feature",
            "id": str(row[key]),
            "geometry": shapes.get(row[key], Shape()).geometry(),
            "properties": {name: value for name, value in row.items() if jsons.is_said(value)},
        }
        for row in found.rows
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)


def _known(datasette: Datasette) -> Settings:
    settings = _settings.get(datasette)
    if settings is None:
        raise NotFound("no map is configured")
    return settings


def _layer(settings: Settings, name: str, language: str) -> Layer:
    for layer in settings.layers:
        if layer.name == name:
            return layer
    raise NotFound(words.text(language, "no_layer"))


async def _published(datasette: Datasette, settings: Settings, layer: Layer) -> Layer:
    """Return the layer, without outlines if their table is not there: an older release has none."""
    if layer.shapes is None:
        return layer
    found = await datasette.get_database(settings.database).execute(
        "SELECT 1 FROM sqlite_master WHERE type IN ('table', 'view') AND name = ? COLLATE NOCASE",
        [layer.shapes.table],
    )
    return layer if found.rows else replace(layer, shapes=None)


async def _periods(datasette: Datasette, settings: Settings, layer: Layer) -> list[object]:
    if layer.period is None:
        return []
    column = f"t.{quoted(layer.period)}"
    sql = (
        f"SELECT DISTINCT {column} FROM {quoted(layer.table)} AS t"  # noqa: S608
        f" WHERE {column} IS NOT NULL ORDER BY 1 DESC LIMIT {MAX_PERIODS}"
    )
    found = await datasette.get_database(settings.database).execute(sql)
    return [row[0] for row in found.rows]


def _chosen(periods: list[object], said: str | None, language: str) -> object:
    """Return the period that is asked for, or the newest if none is.

    :raises NotFound: if another one is asked for than is published.
    """
    if not said:
        return periods[0] if periods else None
    for one in periods:
        if str(one) == said:
            return one
    raise NotFound(words.text(language, "no_period"))


async def _rows(
    datasette: Datasette, settings: Settings, layer: Layer, period: object
) -> list[Row]:
    """Return a layer's rows, the densest first, one more than shown."""
    database = datasette.get_database(settings.database)
    where, params = "", []
    if period is not None and layer.period:
        where, params = f" WHERE t.{quoted(layer.period)} = ?", [period]
    sql = (
        f"SELECT t.* FROM {quoted(layer.table)} AS t{where}"  # noqa: S608
        f" ORDER BY t.{quoted(layer.density)} DESC, t.{quoted(layer.key)} LIMIT {MAX_CELLS + 1}"
    )
    found = await database.execute(sql, params, truncate=False)
    rows = [dict(row) for row in found.rows]
    needed = {layer.key, layer.label, layer.density} | ({layer.place} if layer.place else set())
    if rows and not needed <= rows[0].keys():
        raise sqlite3.OperationalError("no such column")
    return rows


async def _outlines(
    datasette: Datasette, settings: Settings, layer: Layer, rows: Sequence[Row]
) -> list[tuple[object, object, object]]:
    """Return the outlines of the rows, in their order."""
    one = layer.shapes
    if one is None:
        return []
    keys = [key for row in rows if jsons.is_said(key := row[layer.key])]
    missing = f"s.{quoted(one.missing)}" if one.missing else "0"
    drawn = await datasette.get_database(settings.database).execute(
        f"SELECT s.{quoted(one.key)}, s.{quoted(one.geometry)}, {missing}"  # noqa: S608
        f" FROM json_each(?) AS k JOIN {quoted(one.table)} AS s ON s.{quoted(one.key)} = k.value"
        f" ORDER BY k.key, s.{quoted(one.geometry)} LIMIT {MAX_SHAPES}",
        [jsons.written(list(dict.fromkeys(keys)))],
        truncate=False,
    )
    return [(key, text, count) for key, text, count in drawn.rows]


def _language(datasette: Datasette, request: Request, settings: Settings) -> str:
    """Return the page's language: that of datasette-deutsch where it is, else as configured."""
    if hasattr(datasette, "get_jinja_environment"):
        pages = datasette.get_jinja_environment(request).globals.get("lang")
        return str(pages or settings.language)
    return settings.language
