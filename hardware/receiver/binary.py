"""Framings with a start byte, a length and a checksum: what they have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator

from hardware.receiver.base import Damage, Heard, Ledger


class BinaryFraming(Ledger, ABC):
    """Find whole frames in a stream; no byte behind a false start is lost.

    A frame is at most 262 bytes long in every framing here, for its length field is one byte:
    that bounds what is held.
    """

    START: int

    def __init__(self) -> None:
        super().__init__()
        self._buffer = bytearray()
        self._lost = False  # inside bytes that were already counted

    @property
    def pending(self) -> int:
        """Bytes that wait for the rest of their frame."""
        return len(self._buffer)

    def feed(self, data: bytes) -> Iterator[Heard]:
        """Take ``data`` and return the telegrams that are complete now."""
        self._buffer += data
        return iter(self._drain(silent=False))

    def silence(self) -> Iterator[Heard]:
        """Say that the line fell silent; return the telegrams behind a false start."""
        heard = self._drain(silent=True)
        self._lost = False
        return iter(heard)

    @abstractmethod
    def _size(self, head: bytearray) -> int | None:
        """Return the size of the frame that starts here, None if unknown yet, 0 if impossible."""

    @abstractmethod
    def _intact(self, raw: bytes) -> bool:
        """Tell if the frame's checksum is right."""

    @abstractmethod
    def _take(self, raw: bytes) -> Heard | None:
        """Read an intact frame; what is no telegram becomes an answer or is counted."""

    def _drain(self, *, silent: bool) -> list[Heard]:
        heard = []
        while self._buffer:
            if self._buffer[0] != self.START:
                self._skip_to_start()
                continue
            size = self._size(self._buffer)
            if size == 0:
                self._reject(Damage.HEADER)
            elif size is None or len(self._buffer) < size:
                if not silent:
                    break
                self._reject(Damage.CUT)
            else:
                raw = bytes(self._buffer[:size])
                if not self._intact(raw):
                    self._reject(Damage.CHECKSUM)
                    continue
                del self._buffer[:size]
                self._lost = False
                telegram = self._take(raw)
                if telegram is not None:
                    heard.append(telegram)
        return heard

    def _skip_to_start(self) -> None:
        if not self._lost:
            self._damage[Damage.NOISE] += 1
            self._lost = True
        start = self._buffer.find(self.START)
        del self._buffer[: start if start >= 0 else len(self._buffer)]

    def _reject(self, damage: Damage) -> None:
        self._damage[damage] += 1
        self._lost = True
        del self._buffer[:1]
