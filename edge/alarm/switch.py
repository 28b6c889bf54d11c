"""What is switched on and off: a relay on a serial port, or a pin of the computer."""

from __future__ import annotations

import time
from typing import Protocol

from edge.config.alarm import Sounding
from hardware.errors import TransportError
from hardware.relay import Board, switch
from hardware.transport import open_transport
from hardware.transport.gpio import OutputPin

TAKEN_S = 0.5  # another process of ours holds the port while it switches, for a moment
_PAUSE_S = 0.02


class Switch(Protocol):
    """:raises TransportError: from :meth:`set` and :meth:`check`."""

    def set(self, *, on: bool) -> None:
        """Switch."""

    def check(self) -> str:
        """Say what it is, without switching it."""

    def close(self) -> None:
        """Give back what is held."""


class SerialRelay:
    """A relay that keeps its state while the port is closed; so two processes may switch it."""

    def __init__(self, line: str, board: Board, channel: int) -> None:
        self._line = line
        self._board: Board = board
        self._channel = channel

    def set(self, *, on: bool) -> None:
        """Switch."""
        self._write(switch(self._board, self._channel, on=on))

    def check(self) -> str:
        """Open the port; these boards do not answer, so it is all that can be asked."""
        self._write(b"")
        return f"Anschluss offen ({self._line}), Kanal {self._channel}; das Brett antwortet nie"

    def close(self) -> None:
        """Nothing is held."""

    def _write(self, data: bytes) -> None:
        deadline = time.monotonic() + TAKEN_S
        while True:
            try:
                port = open_transport(self._line)
                break
            except TransportError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_PAUSE_S)
        try:
            port.write(data)
        finally:
            port.close()


def open_switch(wanted: Sounding) -> Switch:
    """Return the switch that hub.toml names; nothing is opened yet."""
    if wanted.chip is not None:
        return OutputPin(wanted.chip, wanted.pin, active_low=wanted.active_low)
    return SerialRelay(wanted.line, wanted.board, wanted.channel)
