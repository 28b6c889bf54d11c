"""The seam between a line and whoever reads it."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

FIXED_SPEED = (
    "Lesekopf oder Pegelwandler mit dem USB-Kabel an diesen Rechner stecken (serial:...): über das "
    "Netz kann die Geschwindigkeit nicht gewechselt werden, ein Wandler im Netz hat seine eigene."
)


class Transport(Protocol):
    """A byte line that is open. One thread at a time uses it; every call may block.

    :raises TransportError: from any method once the line has failed; the caller closes
        it, waits and opens the moniker anew.
    """

    moniker: str

    def read(self, size: int, timeout_s: float) -> bytes:
        """Return 1 to ``size`` bytes, or ``b""`` if none came within ``timeout_s`` seconds."""

    def write(self, data: bytes) -> None:
        """Send all of ``data`` and wait until the driver has taken it."""

    def discard(self) -> None:
        """Throw away what has arrived and was not read: a late answer to an earlier question."""

    def close(self) -> None:
        """Give the line back. Closing twice does nothing."""


@runtime_checkable
class TunableTransport(Transport, Protocol):
    """A line whose speed can be changed while it is open, without losing what arrived."""

    def set_baud(self, baud: int) -> None:
        """Go on at ``baud``; what was written before has left at the old speed.

        :raises TransportError: if the line failed or cannot go at this speed.
        """
