"""A WSGI application on waitress, in a thread of its own: at a hub, in a bus, at the county."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from typing import Self

from flask import Flask
from waitress import wasyncore
from waitress.server import create_server

from sync.line.sockets import bound
from sync.server_county import MAX_POSTED

_THREADS = 4  # a hub has one county and perhaps a bus; each holds one while it fetches
_CONNECTIONS = 32  # more are strangers: what they cost is bounded
_IDLE_S = 60  # a silent connection is closed; a county resumes where it was cut
_WATERMARK = 256 << 10  # bytes held for a slow reader before the bundle waits for it


class PullServer:
    """The application on waitress in a thread of its own, on a port or a Unix socket.

    ``port`` is the one it listens on, 0 for a Unix socket at ``host``.

    :raises OSError: from the constructor, if it cannot listen.
    """

    def __init__(self, app: Flask, host: str | Path, port: int = 0) -> None:
        # bound here, because waitress starts its threads before it finds a port taken
        if isinstance(host, Path):
            listener = socket.socket(socket.AF_UNIX)
            try:
                listener.bind(str(host))
            except OSError:
                listener.close()
                raise
        else:
            listener = bound(host, port)
        self._map: dict[int, object] = {}
        self._server = create_server(
            app,
            map=self._map,
            sockets=[listener],
            threads=_THREADS,
            connection_limit=_CONNECTIONS,
            channel_timeout=_IDLE_S,
            max_request_body_size=MAX_POSTED,
            outbuf_high_watermark=_WATERMARK,
            ident="dorfhub",
            clear_untrusted_proxy_headers=True,
        )
        self.port = 0 if isinstance(host, Path) else int(self._server.effective_port)
        self._leave = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pull-server", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Tell if it still answers; if not, the log says why."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Stop answering and free the port. Closing twice does nothing."""
        self._leave.set()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self) -> None:
        try:
            while not self._leave.is_set():
                wasyncore.loop(timeout=0.2, use_poll=True, map=self._map, count=1)
        finally:
            self._server.task_dispatcher.shutdown()
            self._server.close()
            wasyncore.close_all(self._map)
