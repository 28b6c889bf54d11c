"""A Datasette plugin: pages for everybody, in German or any language that has a catalogue."""

from datasette_deutsch.catalogue import Catalogue, CatalogueError, languages, load
from datasette_deutsch.plugin import (
    asgi_wrapper,
    handle_exception,
    jinja2_environment_from_request,
    prepare_jinja2_environment,
    register_routes,
    render_cell,
    startup,
)

__all__ = [
    "Catalogue",
    "CatalogueError",
    "asgi_wrapper",
    "handle_exception",
    "jinja2_environment_from_request",
    "languages",
    "load",
    "prepare_jinja2_environment",
    "register_routes",
    "render_cell",
    "startup",
]
