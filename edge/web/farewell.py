"""*Fertig*: everything of a visit goes, here and in the browser.

Later pages that keep something of a visitor on the server register how it is forgotten
(:func:`on_farewell`).
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, Response, request

_KEY = "dorfhub-farewells"
_LAST = "dorfhub-last-farewells"


def on_farewell(app: Flask, forget: Callable[[], None], *, last: bool = False) -> None:
    """Call ``forget`` in the request of somebody who is done; it ends what their cookie opens.

    ``last``: after the others, who look into it: the visit itself.
    """
    app.extensions.setdefault(_LAST if last else _KEY, []).append(forget)


def say_farewell(app: Flask, response: Response) -> Response:
    """Forget the visit. ``response`` tells the browser to do the same.

    On a plain-HTTP address other than loopback Chromium keeps a cookie that Set-Cookie deletes if
    the same answer carries `Clear-Site-Data`; the header is for secure connections alone.
    """
    for forget in (*app.extensions.get(_KEY, ()), *app.extensions.get(_LAST, ())):
        forget()
    for name in request.cookies:
        response.delete_cookie(name, path="/", secure=request.is_secure, samesite="Lax")
    if request.is_secure:
        response.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return response
