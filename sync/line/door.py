"""A server's whole outside: the pull server on a private socket, and lines that lead to it."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from flask import Flask

from edge.process.log import Log
from sync.line import gate, relay
from sync.line.relay import LoopThread, Stream
from sync.line.sockets import bound
from sync.pull_server import PullServer
from sync.server import Desk, create_app
from sync.tls import Contexts


class Door:
    """A pull interface behind TLS: a hub's ``desk``, or another application.

    :meth:`open` listens; others may bring lines of their own.
    """

    def __init__(self, desk: Desk | Flask, contexts: Contexts, log: Log) -> None:
        self._contexts = contexts
        self._log = log
        app = create_app(desk) if isinstance(desk, Desk) else desk
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dorfhub-")))
            self._socket = folder / "pull"  # short: a Unix path has 107 bytes
            self._server = stack.enter_context(PullServer(app, self._socket))
            self.loop = stack.enter_context(LoopThread("lines"))
            self._stack = stack.pop_all()

    @property
    def alive(self) -> bool:
        """Tell if the pull interface still answers."""
        return self._server.alive

    def open(self, host: str, port: int) -> int:
        """Listen there; return the port.

        :raises OSError: if it cannot.
        """
        listener = bound(host, port)
        listener.listen(64)
        found: int = listener.getsockname()[1]
        self.loop.start(gate.serve(listener, self.inside, self._contexts, self._log))
        return found

    async def inside(self) -> Stream:
        """Open a connection to the pull server."""
        return await relay.connect_unix(self._socket)

    def close(self) -> None:
        """End it all. Closing twice does nothing."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
