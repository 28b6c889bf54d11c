"""The terminal's web server: waitress, some threads, until it is told to stop."""

from __future__ import annotations

import errno
import gc
import socket
from typing import TYPE_CHECKING, Any

from waitress import create_server, wasyncore

from edge.config import Config
from edge.store.shared import kept_open
from edge.web.app import create_app
from edge.web.village.pages import stop_live

if TYPE_CHECKING:
    from threading import Event

# How long a stop may go unnoticed.
LOOK_S = 0.5
# A browser opens six; a few visitors more than there are threads wait their turn.
SPARE_CONNECTIONS = 100
IDLE_S = 30
# A picture of a QR code; the application takes no more than a form where no picture is due.
MAX_BODY_BYTES = 9 * 1024 * 1024
MAX_HEADER_BYTES = 16 * 1024
# Read on while an answer is under way: that somebody who followed is gone is seen within a second.
LIVE: dict[str, Any] = {"channel_request_lookahead": 1}
# nginx on the hub, and it alone, says whether a visit is secure, and from which terminal it comes:
# who tries passwords at one waits there, not everybody (`edge.access.lockout`).
PROXIED: dict[str, Any] = {
    "trusted_proxy": "127.0.0.1",
    "trusted_proxy_headers": {"x-forwarded-proto", "x-forwarded-for"},
    "clear_untrusted_proxy_headers": True,
}


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
    app = create_app(config)
    # What is there now stays. A full collection would look through all of it, for a tenth of a
    # second in which nobody gets a page.
    gc.collect()
    gc.freeze()
    server = create_server(
        app,
        map=sockets,
        sockets=[place],
        threads=config.web.threads,
        connection_limit=config.web.threads + SPARE_CONNECTIONS,
        channel_timeout=IDLE_S,
        max_request_body_size=MAX_BODY_BYTES,
        max_request_header_size=MAX_HEADER_BYTES,
        ident=None,
        **LIVE,
        **PROXIED,
    )
    try:
        with kept_open(config.hub.village_db):
            while stop is None or not stop.is_set():
                wasyncore.loop(timeout=LOOK_S, use_poll=True, map=sockets, count=1)
    finally:
        stop_live(app)
        server.task_dispatcher.shutdown()
        wasyncore.close_all(map=sockets)
        server.close()
        gc.unfreeze()


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
