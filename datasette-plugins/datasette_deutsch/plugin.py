"""The hooks. Configuration: `plugins: {"datasette-deutsch": {"language": "de"}}`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from datasette import hookimpl
from datasette.utils import StartupError
from datasette.utils.asgi import Request, Response
from datasette_common.stylesheet import Stylesheet
from jinja2 import Environment
from markupsafe import Markup

from datasette_deutsch import asked, cells, links, words
from datasette_deutsch.catalogue import Catalogue, load
from datasette_deutsch.language import (
    PARAMETER,
    Settings,
    SettingsError,
    choose,
    read_settings,
)
from datasette_deutsch.prefix import prefixed

if TYPE_CHECKING:  # Datasette loads its plugins while it is being imported itself
    from datasette.app import Datasette

PLUGIN = "datasette-deutsch"
# A longer description stands below the table's title, not over a column.
MAX_COLUMN_TITLE = 40
STYLESHEET = Stylesheet("datasette_deutsch", "static/page.css", "/-/datasette-deutsch/page.css")

_Environments = dict[str, Environment]
_environments: WeakKeyDictionary[Environment, _Environments] = WeakKeyDictionary()
_read: WeakKeyDictionary[Datasette, Settings] = WeakKeyDictionary()
_chosen: WeakKeyDictionary[Request, Catalogue] = WeakKeyDictionary()


@hookimpl  # type: ignore[untyped-decorator]  # Datasette carries no types
def startup(datasette: Datasette) -> None:
    """Refuse settings that nobody could mean."""
    try:
        _settings(datasette)
    except SettingsError as error:
        raise StartupError(f"{PLUGIN}: {error}") from error


@hookimpl  # type: ignore[untyped-decorator]  # Datasette carries no types
def prepare_jinja2_environment(env: Environment, datasette: Datasette) -> None:
    """Give templates the house's language where no request, or another plugin, chooses one."""
    try:
        settings = _settings(datasette)
    except SettingsError:
        return  # :func:`startup` says so
    env.globals.update(_globals(datasette, settings, load(settings.language)))


@hookimpl(trylast=True)  # type: ignore[untyped-decorator]  # Datasette takes the last of the answers
def jinja2_environment_from_request(
    datasette: Datasette, request: Request, env: Environment
) -> Environment:
    """Give the templates the words of the request's language. Pages of errors get no more."""
    catalogue = _catalogue(datasette, request)
    made = _environments.setdefault(env, {})
    if catalogue.language not in made:
        own = env.overlay()
        own.globals = {**env.globals, **_globals(datasette, _settings(datasette), catalogue)}
        made[catalogue.language] = own
    return made[catalogue.language]


@hookimpl(trylast=True)  # type: ignore[untyped-decorator]  # another plugin knows its values better
def render_cell(value: object, datasette: Datasette, request: Request) -> Markup | None:
    """Write fractions and times as the page's language does."""
    if not isinstance(value, str | float) or not _settings(datasette).format_numbers:
        return None
    return cells.shown(_catalogue(datasette, request), value)


@hookimpl  # type: ignore[untyped-decorator]  # Datasette carries no types
def register_routes() -> list[tuple[str, Callable[..., Response]]]:
    """Serve the style sheet."""
    return [STYLESHEET.route()]


@hookimpl  # type: ignore[untyped-decorator]  # Datasette carries no types
def handle_exception(
    datasette: Datasette, request: Request, exception: BaseException
) -> Callable[[], Awaitable[Response]] | None:
    """Say of a wrong question that it is one, as a page or as JSON."""
    message = asked.refusal(exception)
    if message is None:
        return None
    from datasette.handle_exception import handle_exception as usual  # noqa: PLC0415 - as above
    from datasette.views.base import DatasetteError  # noqa: PLC0415

    answer: Callable[[], Awaitable[Response]] = usual(
        datasette, request, DatasetteError(message, status=400)
    )
    return answer


@hookimpl  # type: ignore[untyped-decorator]  # Datasette carries no types
def asgi_wrapper(datasette: Datasette) -> Callable[[Any], Any]:
    """Tell caches that a page depends on the browser's language, if it does; mend redirects."""

    def wrap(app: Any) -> Any:
        app = prefixed(app, datasette.setting("base_url"))
        if not _settings(datasette).negotiate:
            return app

        async def negotiated(
            scope: Any, receive: Any, send: Callable[[Any], Awaitable[None]]
        ) -> None:
            async def sent(message: Any) -> None:
                if message["type"] == "http.response.start":
                    headers = [*message.get("headers", []), (b"vary", b"Accept-Language")]
                    message = {**message, "headers": headers}
                await send(message)

            await app(scope, receive, sent)

        return negotiated

    return wrap


def _globals(datasette: Datasette, settings: Settings, catalogue: Catalogue) -> dict[str, Any]:
    async def titles(database: str, table: str | None = None) -> dict[str, Any]:
        if table is None:
            return dict(await datasette.get_database_metadata(database))
        return dict(await datasette.get_resource_metadata(database, table))

    def column_title(name: str, description: str | None) -> str:
        if settings.column_titles and description and len(description) <= MAX_COLUMN_TITLE:
            return description
        return name

    def value_shown(value: object) -> Markup | object:
        return cells.shown(catalogue, value) or value if settings.format_numbers else value

    return {
        "_": catalogue.text,
        "n_": catalogue.counted,
        "lang": catalogue.language,
        "lang_dir": catalogue.direction,
        "number": catalogue.number,
        "message": catalogue.message,
        "cell": partial(cells.binary, catalogue, datasette.setting("base_url")),
        "value_shown": value_shown,
        "file_size": partial(cells.size, catalogue),
        "comparison": partial(words.comparison, catalogue),
        "narrowed": partial(words.narrowed, catalogue),
        "failure": partial(words.failure, catalogue),
        "stylesheet": STYLESHEET.named(),
        "same_page": links.same_page,
        "query_with": links.query_with,
        "titles": titles,
        "column_title": column_title,
    }


def _catalogue(datasette: Datasette, request: Request | None) -> Catalogue:
    """Return the words of a page; what a request asks for is looked at once, not for each cell."""
    settings = _settings(datasette)
    if request is None:
        return load(settings.language)
    if request not in _chosen:
        accepts = request.headers.get("accept-language")
        _chosen[request] = load(choose(settings, request.args.get(PARAMETER), accepts))
    return _chosen[request]


def _settings(datasette: Datasette) -> Settings:
    """Return the settings, which are read once.

    :raises SettingsError: if they are wrong.
    """
    if datasette not in _read:
        _read[datasette] = read_settings(datasette.plugin_config(PLUGIN) or {})
    return _read[datasette]
