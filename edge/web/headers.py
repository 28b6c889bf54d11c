"""What every answer says to the browser besides the page, and whose forms are taken."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlsplit

from flask import Flask, Response, abort, request

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # without a referrer browsers send `Origin: null` even to ourselves; other hosts learn nothing
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
_READS = {"GET", "HEAD", "OPTIONS"}


def protect(app: Flask) -> None:
    """Let every answer carry the headers, keep nothing, and take forms of our own pages alone."""

    @app.before_request
    def refuse_strangers() -> None:
        if request.method not in _READS and _is_foreign():
            abort(HTTPStatus.FORBIDDEN)

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)  # a page may have its reason for another
        response.headers.setdefault("Cache-Control", "no-store")
        return response


def _is_foreign() -> bool:
    """Tell whether a form stood on another page than ours, as far as the browser says.

    Every browser of today sends `Origin` with a form. One that says nothing at all sends no cookie
    of ours with another site's form either (`SameSite=Lax`): what it sends is nobody's.
    """
    origin, referrer = request.headers.get("Origin"), request.headers.get("Referer")
    if origin is not None:
        said = urlsplit(origin)
        return said.netloc != request.host or (request.is_secure and said.scheme != "https")
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        return True
    return referrer is not None and urlsplit(referrer).netloc != request.host
