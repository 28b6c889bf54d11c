"""A Datasette plugin: every snapshot as files, made once."""

from datasette_downloads.plugin import dcat_distributions, register_routes, startup

__all__ = ["dcat_distributions", "register_routes", "startup"]
