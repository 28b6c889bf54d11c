"""The hooks: a page for each table's chart, and the configured one over the table itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from datasette import hookimpl
from datasette.database import QueryInterrupted
from datasette.resources import TableResource
from datasette.utils import escape_sqlite, tilde_encode
from datasette.utils.asgi import Request, Response
from datasette_common.stylesheet import Stylesheet
from markupsafe import Markup

from datasette_charts_offline import words
from datasette_charts_offline.kept import view_of
from datasette_charts_offline.series import Row
from datasette_charts_offline.settings import KINDS, Chart, ChartError, chosen, configured
from datasette_charts_offline.view import View, make

if TYPE_CHECKING:  # Datasette loads its plugins while it is being imported itself
    from datasette.app import Datasette

PLUGIN = "datasette-charts-offline"
STYLESHEET = Stylesheet("datasette_charts_offline", "charts.css", "/-/charts-offline.css")
# An hour's value of one house for more than two years.
MAX_ROWS = 20_000


@hookimpl  # type: ignore[untyped-decorator]  # Datasette carries no types
def register_routes() -> list[tuple[str, Callable[..., Any]]]:
    """`/-/charts/DATABASE/TABLE` and the style sheet."""
    return [
        (r"^/-/charts/(?P<database>[^/]+)/(?P<table>[^/]+)$", _page),
        STYLESHEET.route(),
    ]


@hookimpl  # type: ignore[untyped-decorator]  # Datasette carries no types
def extra_css_urls(
    template: str, database: str | None, table: str | None, datasette: Datasette
) -> list[str]:
    """Load the styles where a chart may be."""
    on_table = database and table and _own_config(datasette, database, table)
    if template == "charts_offline.html" or on_table:
        return [STYLESHEET.named()]
    return []


@hookimpl  # type: ignore[untyped-decorator]  # Datasette carries no types
def top_table(
    datasette: Datasette, request: Request, database: str, table: str
) -> Callable[[], Awaitable[str]] | None:
    """Show the chart that a table's configuration describes."""
    found = _own_config(datasette, database, table)
    if not found:
        return None

    async def figure() -> str:
        language = _language(datasette, request)
        try:
            chart = configured(found, await _columns(datasette, database, table))
            view = await view_of(
                datasette.get_database(database),
                (table, language, chart),
                partial(_view, datasette, database, table, chart, language),
            )
        except (ChartError, QueryInterrupted):
            return ""  # the chart's page says why
        if view is None:
            return ""
        context = {
            "view": view,
            "say": partial(words.text, language),
            "page_url": _url(datasette, database, table),
        }
        return Markup(  # noqa: S704 - what a template wrote
            await datasette.render_template("charts_offline_embed.html", context, request=request)
        )

    return figure


async def _page(datasette: Datasette, request: Request) -> Response:
    resolved = await datasette.resolve_table(request)
    database, table = resolved.db.name, resolved.table
    await datasette.ensure_permission(
        action="view-table", resource=TableResource(database, table), actor=request.actor
    )
    language = _language(datasette, request)
    say = partial(words.text, language)
    columns = await _columns(datasette, database, table)
    about = dict(await datasette.get_resource_metadata(database, table))
    view, chart, problem, status = None, None, "", 200
    try:
        config = _own_config(datasette, database, table)
        base = configured(config, columns) if config else None
        chart = chosen(base, {key: request.args.get(key) for key in request.args}, columns)
        if chart:
            view = await _view(datasette, database, table, chart, language)
            problem = "" if view else say("There are no values to draw.")
        else:
            problem = say("Choose what is drawn from left to right and what upwards.")
    except ChartError as error:
        problem, status = (
            say("This chart cannot be drawn: {why}", why=say(error.key, **error.values)),
            400,
        )
    except QueryInterrupted:
        problem, status = say("Reading the values took too long and was stopped."), 400
    context = {
        "database": database,
        "table": table,
        "table_title": about.get("title") or table,
        "table_url": datasette.urls.table(database, table),
        "columns": columns,
        "kinds": KINDS,
        "chart": chart or Chart("line", "", ""),
        "view": view,
        "problem": problem,
        "say": say,
    }
    body = await datasette.render_template("charts_offline.html", context, request=request)
    return Response.html(body, status=status)


async def _view(
    datasette: Datasette, database: str, table: str, chart: Chart, language: str
) -> View | None:
    """Return what is drawn, of the last rows there are.

    :raises QueryInterrupted: if reading takes longer than Datasette allows.
    """
    x, y = escape_sqlite(chart.x), escape_sqlite(chart.y)
    series = escape_sqlite(chart.series) if chart.series else "''"
    sql = (
        f"SELECT {x}, {y}, {series} FROM {escape_sqlite(table)} WHERE {x} IS NOT NULL "  # noqa: S608
        f"ORDER BY {x} DESC LIMIT {MAX_ROWS + 1}"
    )
    result = await datasette.get_database(database).execute(sql, truncate=False)
    about = dict(await datasette.get_resource_metadata(database, table))
    name = str(about.get("title") or table)
    # of so many rows a part of a second, in which others are answered
    return await asyncio.to_thread(_drawn, chart, result.rows, language, name)


def _drawn(chart: Chart, found: Sequence[Sequence[Any]], language: str, name: str) -> View | None:
    rows = [
        Row(across, float(up) if isinstance(up, int | float) else None, str(series))
        for across, up, series in reversed(found[:MAX_ROWS])
    ]
    return make(chart, rows, language, name=name, cut=MAX_ROWS if len(found) > MAX_ROWS else None)


async def _columns(datasette: Datasette, database: str, table: str) -> list[str]:
    return list(await datasette.get_database(database).table_columns(table))


def _own_config(datasette: Datasette, database: str, table: str) -> dict[str, object]:
    """Return the configuration of this very table, not that of all."""
    return dict(datasette.plugin_config(PLUGIN, database, table, fallback=False) or {})


def _language(datasette: Datasette, request: Request) -> str:
    """Return the page's language: that of datasette-deutsch where it is, else as configured."""
    pages = datasette.get_jinja_environment(request).globals.get("lang")
    said = (datasette.plugin_config(PLUGIN) or {}).get("language", words.SOURCE)
    return str(pages or said)


def _url(datasette: Datasette, database: str, table: str) -> str:
    return str(datasette.urls.path(f"/-/charts/{tilde_encode(database)}/{tilde_encode(table)}"))
