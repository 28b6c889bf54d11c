"""Under which address the instance was asked, and which format somebody wants."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from datasette_dcat_ap_de.settings import Settings

if TYPE_CHECKING:  # Datasette loads its plugins while it is being imported itself
    from datasette.app import Datasette
    from datasette.utils.asgi import Request

# Nothing in it can end an IRI, an attribute or a string, in none of the formats.
_HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_WANTED = {
    "text/turtle": "ttl",
    "application/x-turtle": "ttl",
    "application/rdf+xml": "rdf",
    "application/xml": "rdf",
    "application/ld+json": "jsonld",
    "application/json": "jsonld",
    "text/html": "html",
    "application/xhtml+xml": "html",
    "text/*": "ttl",
    "*/*": "ttl",
}


def root(datasette: Datasette, request: Request, settings: Settings) -> str | None:
    """Return the instance's address without a slash at its end; None if the host is no name."""
    if settings.public_url:
        return settings.public_url
    host, scheme = request.host, request.scheme
    if settings.trust_forwarded:
        host = _first(request, "x-forwarded-host") or host
        scheme = _first(request, "x-forwarded-proto") or scheme
    if datasette.setting("force_https_urls"):
        scheme = "https"
    if scheme not in ("http", "https") or not _HOST.fullmatch(host):
        return None
    prefix = quote(str(datasette.setting("base_url")), safe="/~-._").rstrip("/")
    return f"{scheme}://{host}{prefix}"


def wanted(accept: str) -> str:
    """Return the format that an `Accept` header likes best: `ttl`, `rdf`, `jsonld` or `html`.

    Turtle if it likes none of them or has no preference.
    """
    best, best_weight = "ttl", 0.0
    for part in accept.split(",")[:50]:
        name, *parameters = (one.strip().lower() for one in part.split(";"))
        form, weight = _WANTED.get(name), 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    weight = float(parameter[2:])
                except ValueError:
                    weight = 0.0
        if form and weight > best_weight:
            best, best_weight = form, weight
    return best


def _first(request: Request, header: str) -> str:
    return str(request.headers.get(header) or "").split(",")[0].strip()
