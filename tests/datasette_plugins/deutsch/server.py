"""A real server before a Datasette, that takes a prefix off as nginx does on the hub."""

from __future__ import annotations

import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from datasette.app import Datasette

from tests.datasette_plugins.deutsch.village import PAGES, SQL_PAGES, settings

PREFIX = "/daten/"
App = Callable[[Any, Any, Any], Awaitable[None]]


def behind(prefix: str, app: App) -> App:
    """Ask ``app`` without ``prefix``; whatever is asked without it does not exist."""

    async def stripped(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            if not scope["path"].startswith(prefix):
                await send({"type": "http.response.start", "status": 404, "headers": []})
                await send({"type": "http.response.body", "body": b"not behind the prefix"})
                return
            scope = {
                **scope,
                "path": scope["path"][len(prefix) - 1 :],
                "raw_path": scope["raw_path"][len(prefix) - 1 :],
            }
        await app(scope, receive, send)

    return stripped


@contextmanager
def served(datasette: Datasette) -> Iterator[str]:
    """Serve until the block ends; yields the address of the first page, with a `/` at its end."""
    prefix = datasette.setting("base_url")
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        config = uvicorn.Config(
            behind(prefix, datasette.app()), log_config=None, lifespan="on", access_log=False
        )
        server = uvicorn.Server(config)
        ready = threading.Event()
        startup = server.startup

        async def started(sockets: list[socket.socket] | None = None) -> None:
            await startup(sockets)
            ready.set()

        server.startup = started  # type: ignore[method-assign]
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            assert ready.wait(60)
            yield f"http://127.0.0.1:{port}{prefix}"
        finally:
            server.should_exit = True
            thread.join(60)
            assert not thread.is_alive()


@contextmanager
def servers(database: Path) -> Iterator[dict[bool, str]]:
    """Serve the village twice behind a prefix: without and with questions in SQL."""
    with ExitStack() as stack:
        yield {
            sql: stack.enter_context(
                served(
                    Datasette([], immutables=[str(database)], **settings(sql=sql, base_url=PREFIX))
                )
            )
            for sql in (False, True)
        }


def every_page(homes: dict[bool, str]) -> dict[str, str]:
    """The addresses of every kind of page by its name."""
    found = {name: homes[False] + path[1:] for name, path in PAGES.items()}
    return found | {name: homes[True] + path[1:] for name, path in SQL_PAGES.items()}
