"""Addresses of our own pages in templates: those without a number in them are found once."""

from __future__ import annotations

from typing import Any

from flask import Flask, request, url_for


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
