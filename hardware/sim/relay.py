"""A relay board on a pseudo-terminal; its book says when which channel was switched."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Self

from hardware.relay import FRAME_BYTES, Board, read
from hardware.sim.terminal import Terminal


class VirtualRelay:
    """A board at ``port``. ``book`` holds (`time.monotonic`, channel, on) in order."""

    def __init__(self, board: Board = "lctech", link: Path | None = None) -> None:
        self.book: list[tuple[float, int, bool]] = []
        self._board: Board = board
        self._buffer = b""
        self._terminal = Terminal(link)
        self._terminal.play(self, "relay")

    @property
    def moniker(self) -> str:
        """The name of the line."""
        return f"serial:{self._terminal.port}?baud=9600&parity=N"

    @property
    def on(self) -> frozenset[int]:
        """The channels that are on now."""
        last = {channel: is_on for _, channel, is_on in self.book}
        return frozenset(channel for channel, is_on in last.items() if is_on)

    def wait_s(self) -> float | None:
        """Return None: it says nothing by itself."""
        return None

    def idle(self) -> None:
        """Do nothing: nothing came."""

    def received(self, data: bytes) -> None:
        """Take commands; a byte that begins none is dropped."""
        self._buffer += data
        length = FRAME_BYTES[self._board]
        while len(self._buffer) >= length:
            try:
                channel, is_on = read(self._board, self._buffer[:length])
            except ValueError:
                self._buffer = self._buffer[1:]
                continue
            self._buffer = self._buffer[length:]
            self.book.append((time.monotonic(), channel, is_on))

    def close(self) -> None:
        """Unplug it."""
        self._terminal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
