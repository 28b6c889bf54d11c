"""A Datasette plugin: every snapshot as files, made once."""

from datasette_downloads.plugin import (
    database_actions,
    dcat_distributions,
    extra_css_urls,
    register_routes,
    startup,
)

__all__ = [
    "database_actions",
    "dcat_distributions",
    "extra_css_urls",
    "register_routes",
    "startup",
]
