"""A byte line over TCP: an Ethernet level converter, or `ser2net` on another machine."""

from __future__ import annotations

import errno
import select
import socket

from hardware.errors import TransportError

WRITE_TIMEOUT_S = 10.0  # far above any round trip in a village; a peer that takes no byte is gone
DISCARD_LIMIT = 1 << 20  # a peer that babbles without pause must not hold its reader for ever

# A converter that lost its power says nothing: keepalive notices it after 60 + 4 * 15 seconds.
_KEEPALIVE = (
    ("TCP_KEEPIDLE", 60),
    ("TCP_KEEPINTVL", 15),
    ("TCP_KEEPCNT", 4),
    ("TCP_USER_TIMEOUT", 120_000),  # milliseconds
)
_HINTS = {
    errno.ECONNREFUSED: "Das Gerät antwortet, aber der Port ist zu: die Portnummer prüfen.",
    errno.EHOSTUNREACH: "Netzteil, Netzwerkkabel und Adresse des Pegelwandlers prüfen.",
    errno.ENETUNREACH: "Dieser Rechner hat kein Netz dorthin: Kabel und WLAN prüfen.",
    errno.ETIMEDOUT: "Netzteil, Netzwerkkabel und Adresse des Pegelwandlers prüfen.",
}
_LOST = (
    "Netzteil und Netzwerkkabel des Pegelwandlers prüfen; die Leitung wird von selbst wieder "
    "geöffnet."
)


class TcpTransport:
    """A :class:`~hardware.transport.base.Transport` over one TCP connection.

    :raises TransportError: if no connection comes about within ``connect_timeout_s`` seconds.
    """

    def __init__(
        self, moniker: str, host: str, port: int, *, connect_timeout_s: float = 3.0
    ) -> None:
        self.moniker = moniker
        self._peer = f"{host} port {port}"
        self._open = True
        try:
            self._socket = socket.create_connection((host, port), timeout=connect_timeout_s)
        except OSError as error:
            raise _connecting_failed(self._peer, error) from error
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _KEEPALIVE:
            option = getattr(socket, name, None)  # absent on systems other than Linux
            if option is not None:
                self._socket.setsockopt(socket.IPPROTO_TCP, option, value)
        self._socket.settimeout(WRITE_TIMEOUT_S)
        self._poll = select.poll()
        self._poll.register(self._socket.fileno(), select.POLLIN)

    def read(self, size: int, timeout_s: float) -> bytes:
        """Return 1 to ``size`` bytes, or ``b""`` if none came within ``timeout_s`` seconds."""
        self._require_open()
        try:
            if not self._poll.poll(max(0.0, timeout_s) * 1000):
                return b""
            data = self._socket.recv(size)
        except OSError as error:
            raise self._lost(str(error)) from error
        if not data:
            raise self._lost("closed by the other side")
        return data

    def write(self, data: bytes) -> None:
        """Send all of ``data`` and wait until the kernel has taken it."""
        self._require_open()
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise self._lost(str(error)) from error

    def discard(self) -> None:
        """Throw away what has arrived and was not read, at most :data:`DISCARD_LIMIT` bytes."""
        thrown = 0
        while thrown < DISCARD_LIMIT and (data := self.read(4096, 0)):
            thrown += len(data)

    def close(self) -> None:
        """Close the connection. Closing twice does nothing."""
        self._open = False
        self._socket.close()

    def _require_open(self) -> None:
        if not self._open:
            raise TransportError(f"{self._peer} is closed", hint=_LOST)

    def _lost(self, reason: str) -> TransportError:
        return TransportError(f"connection to {self._peer} failed: {reason}", hint=_LOST)


def _connecting_failed(peer: str, error: OSError) -> TransportError:
    if isinstance(error, socket.gaierror):
        hint = (
            "Dieser Name ist hier unbekannt: Schreibweise prüfen oder die Adresse in Zahlen nehmen."
        )
    elif isinstance(error, TimeoutError):
        hint = _HINTS[errno.ETIMEDOUT]
    else:
        hint = _HINTS.get(error.errno or 0, _LOST)
    return TransportError(f"cannot connect to {peer}: {error}", hint=hint)
