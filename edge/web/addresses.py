"""Addresses: of our own pages in templates, found once where no number is in them; of open data."""

from __future__ import annotations

from typing import Any

from flask import Flask, request, url_for

from edge.config import Config


def add_addresses(app: Flask) -> None:
    """Give templates a quicker ``url_for``: a page has some thirty, and most are always the same.

    What depends on nothing but the endpoint and where the hub is mounted is kept; there are no
    more of those than endpoints.
    """
    kept: dict[tuple[str, str], str] = {}

    def address(endpoint: str, **values: Any) -> str:
        if values or endpoint.startswith("."):
            return url_for(endpoint, **values)
        key = request.script_root, endpoint
        if key not in kept:
            if len(kept) > 2 * len(app.view_functions):  # mounted anywhere by who asks
                kept.clear()
            kept[key] = url_for(endpoint)
        return kept[key]

    app.jinja_env.globals["url_for"] = address


def heat_map_url(config: Config) -> str:
    """Return where the published heat cadastre is a map, among the open data."""
    return data_url(config) + "-/waermekataster"


def data_url(config: Config) -> str:
    """Return where the open data are: below this address behind nginx, else on their own port."""
    if config.datasette.base_url != "/":
        return config.datasette.base_url
    host = request.host.rsplit(":", 1)[0] if request.host.count(":") == 1 else request.host
    return f"{request.scheme}://{host}:{config.datasette.port}/"
