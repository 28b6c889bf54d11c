"""Framings of one telegram a line: what they have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator

from hardware.receiver.base import Damage, Heard, Ledger

# A telegram with its CRCs has at most 290 bytes, in hex with a blank between them 870
# characters; the fields that rtl_wmbus writes before it are shorter than 100.
LONGEST_LINE = 1024


class LineFraming(Ledger, ABC):
    """Cut a stream into lines, each ended by LF, with or without CR before it."""

    def __init__(self) -> None:
        super().__init__()
        self._rest = b""
        self._overlong = False  # inside a line that was already counted and is thrown away

    @property
    def pending(self) -> int:
        """Bytes that wait for the rest of their line."""
        return len(self._rest)

    def feed(self, data: bytes) -> Iterator[Heard]:
        """Take ``data`` and return the telegrams that are complete now."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        heard = []
        for line in lines:
            if self._overlong:
                self._overlong = False
            elif len(line) > LONGEST_LINE:
                self._damage[Damage.OVERLONG] += 1
            elif (telegram := self._read(line)) is not None:
                heard.append(telegram)
        if len(self._rest) > LONGEST_LINE:
            self._damage[Damage.OVERLONG] += not self._overlong
            self._overlong = True
        if self._overlong:
            self._rest = b""
        return iter(heard)

    def silence(self) -> Iterator[Heard]:
        """Say that the line fell silent: a line without its end is none."""
        if self._rest:
            self._damage[Damage.CUT] += 1
        self._rest = b""
        self._overlong = False
        return iter(())

    @abstractmethod
    def _take(self, line: str) -> Heard | None:
        """Read a line of printable ASCII that is not empty; what is no telegram is counted."""

    def _read(self, line: bytes) -> Heard | None:
        line = line.strip()
        if not line:
            return None
        if not line.isascii() or not line.decode("ascii").isprintable():
            self._damage[Damage.NOISE] += 1
            return None
        return self._take(line.decode("ascii"))

    def _hex(self, digits: str) -> bytes | None:
        """Return the bytes that ``digits`` say; count it if they are no hex."""
        try:
            return bytes.fromhex(digits)
        except ValueError:
            self._damage[Damage.FORMAT] += 1
            return None
