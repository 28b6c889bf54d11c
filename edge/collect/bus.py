"""Which configured meters share a bus, and how each is addressed on it."""

from __future__ import annotations

from edge.config import Meter
from hardware.mbus.secondary import SecondaryAddress
from hardware.transport import Moniker
from hardware.transport.moniker import SerialName


def bus_of(transport: str) -> str:
    """Return what two lines have in common that are one bus at different speeds.

    :raises MonikerError: if the line's name means nothing.
    """
    line = Moniker.parse(transport).line
    if not isinstance(line, SerialName):
        return transport
    return f"serial:{line.device} {line.byte_size}{line.parity}{line.stop_bits:g}"


def baud_of(transport: str) -> int | None:
    """Return the speed that a line's name gives, None where the line has its own."""
    line = Moniker.parse(transport).innermost.line
    return line.baud if isinstance(line, SerialName) else None


def wired_address(meter: Meter) -> int | SecondaryAddress:
    """Return by what a meter is asked: its secondary address if one is configured."""
    return SecondaryAddress.parse(meter.secondary) if meter.secondary else meter.address
