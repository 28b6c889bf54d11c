"""A Datasette plugin: a table of heat densities as a page with a map, and as GeoJSON."""

from datasette_waermekataster.plugin import (
    extra_css_urls,
    register_routes,
    startup,
    top_database,
)

__all__ = ["extra_css_urls", "register_routes", "startup", "top_database"]
