"""Redirects behind a server that takes Datasette's `base_url` off, as its documentation advises.

Datasette 1.0a41 leads from a path with a `%` or a `/` at its end to one that is made of the path as
it came in: without the prefix, which whoever asks needs.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

App = Callable[[Any, Any, Any], Awaitable[None]]


def prefixed(app: App, base_url: str) -> App:
    """Return ``app`` whose redirects to paths of its own all begin with ``base_url``."""
    if base_url == "/":
        return app

    async def redirecting(scope: Any, receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
        async def sent(message: Any) -> None:
            if message["type"] == "http.response.start" and 300 <= message["status"] < 400:
                headers = [
                    (name, _led(to, base_url.encode()) if name.lower() == b"location" else to)
                    for name, to in message.get("headers", [])
                ]
                message = {**message, "headers": headers}
            await send(message)

        await app(scope, receive, sent)

    return redirecting


def _led(to: bytes, base_url: bytes) -> bytes:
    is_path = to.startswith(b"/") and not to.startswith(b"//")
    return base_url + to[1:] if is_path and not to.startswith(base_url) else to
