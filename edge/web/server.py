"""The terminal's web server: waitress, some threads, until it is told to stop."""

from __future__ import annotations

import errno
import socket
from typing import TYPE_CHECKING

from waitress import create_server, wasyncore

from edge.config import Config
from edge.web.app import create_app

if TYPE_CHECKING:
    from threading import Event

# How long a stop may go unnoticed.
LOOK_S = 0.5
# A browser opens six; a few visitors more than there are threads wait their turn.
SPARE_CONNECTIONS = 100
IDLE_S = 30
MAX_BODY_BYTES = 16 * 1024
MAX_HEADER_BYTES = 16 * 1024


class PortInUse(OSError):
    """Somebody else listens where the page is to be served; ``hint`` says what to do."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(errno.EADDRINUSE, f"port {port} on {host} is taken")
        self.hint = (
            f"Port {port} ist belegt. Das andere Programm beenden oder in hub.toml unter [web] "
            "einen anderen port eintragen."
        )


def serve(config: Config, stop: Event | None = None) -> None:
    """Serve the pages until ``stop`` is set, or an exception such as SystemExit arrives.

    :raises PortInUse: if the port is taken.
    """
    place = _bound(config.web.host, config.web.port)
    sockets: dict[int, wasyncore.dispatcher] = {}
    server = create_server(
        create_app(config),
        map=sockets,
        sockets=[place],
        threads=config.web.threads,
        connection_limit=config.web.threads + SPARE_CONNECTIONS,
        channel_timeout=IDLE_S,
        max_request_body_size=MAX_BODY_BYTES,
        max_request_header_size=MAX_HEADER_BYTES,
        ident=None,
        clear_untrusted_proxy_headers=True,
    )
    try:
        while stop is None or not stop.is_set():
            wasyncore.loop(timeout=LOOK_S, use_poll=True, map=sockets, count=1)
    finally:
        server.task_dispatcher.shutdown()
        wasyncore.close_all(map=sockets)
        server.close()


def _bound(host: str, port: int) -> socket.socket:
    """Return a bound socket. Waitress would start its threads before it finds the port taken."""
    place = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        place.bind((host, port))
    except OSError as error:
        place.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(host, port) from error
        raise
    return place
