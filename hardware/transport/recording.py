"""Recordings of a line: text files that people can read, cut and send to each other.

Each line is one of::

    # a comment, also after the bytes
    2026-11-23T15:04:05.123456Z rx 68 0F 0F 68 ...     what came
    2026-11-23T15:04:05.000000Z tx 107B017C16           what was sent
    680F0F68...                                         what came, at a time nobody knows

Times are ISO 8601 with an offset and are given in UTC. Hex digits are of either case, with
blanks between bytes or without.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Self

from hardware.errors import HardwareError, TransportError

LINE_LIMIT = 8192  # characters; the longest frame, 261 bytes, takes 522 and 783 with blanks


class Direction(StrEnum):
    """Which way the bytes went, seen from the hub."""

    RX = "rx"
    TX = "tx"


class RecordingError(HardwareError, ValueError):
    """A line of a recording says nothing; the lines after it can still be read."""

    def __init__(self, path: Path, line: int, message: str) -> None:
        super().__init__(
            f"{path} line {line}: {message}",
            hint="Eine Zeile ist `2026-01-31T12:00:00Z rx HEX` oder nur `HEX`; Bemerkungen nach #.",
        )
        self.line = line


@dataclass(frozen=True, slots=True)
class Recorded:
    """Bytes of one line of a recording. ``at`` is UTC, None where the line has no time."""

    at: datetime | None
    direction: Direction
    data: bytes


class RecordingReader:
    """Iterate a recording's lines; use it as a context manager, or close it.

    After a :exc:`RecordingError` the iteration can go on with the next line.

    :raises TransportError: if the file cannot be opened or read.
    :raises RecordingError: from the iteration, for a line that says nothing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.line = 0
        try:
            self._file: BinaryIO = path.open("rb")
        except OSError as error:
            raise TransportError(
                f"cannot open the recording {path}: {error.strerror}",
                hint="Den Namen der Datei prüfen, und ob dieser Benutzer sie lesen darf.",
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Recorded]:
        return self

    def __next__(self) -> Recorded:
        while True:
            text = self._next_line()
            if text:
                return self._parse(text)

    def close(self) -> None:
        """Close the file. Closing twice does nothing."""
        self._file.close()

    def _next_line(self) -> str:
        try:
            raw = self._file.readline(LINE_LIMIT + 1)
            if not raw:
                raise StopIteration
            self.line += 1
            if len(raw) > LINE_LIMIT:
                while raw and not raw.endswith(b"\n"):  # the rest of the same line
                    raw = self._file.readline(LINE_LIMIT)
                raise RecordingError(self.path, self.line, f"longer than {LINE_LIMIT} characters")
        except OSError as error:
            raise TransportError(f"cannot read {self.path}: {error}") from error
        try:
            return raw.partition(b"#")[0].decode("ascii").strip()
        except UnicodeDecodeError as error:
            raise RecordingError(self.path, self.line, "is no ASCII text") from error

    def _parse(self, text: str) -> Recorded:
        at, direction = None, Direction.RX
        timed = _TIMED.fullmatch(text)
        if timed:
            try:
                at = datetime.fromisoformat(timed["at"])
            except ValueError as error:
                raise RecordingError(self.path, self.line, f"{timed['at']} is no time") from error
            if at.tzinfo is None:
                raise RecordingError(self.path, self.line, f"{timed['at']} has no offset")
            try:
                at = at.astimezone(UTC)
            except OverflowError as error:
                raise RecordingError(self.path, self.line, "time out of range") from error
            direction = Direction(timed["direction"])
            text = timed["hex"]
        try:
            data = bytes.fromhex(text)
        except ValueError as error:
            raise RecordingError(self.path, self.line, "is no hexadecimal text") from error
        return Recorded(at, direction, data)


def format_line(at: datetime, direction: Direction, data: bytes) -> str:
    """Return one line of a recording, with its line end. ``at`` carries its offset."""
    moment = at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return f"{moment} {direction} {data.hex().upper()}\n"


_TIMED = re.compile(r"(?P<at>[0-9]{4}-\S+)\s+(?P<direction>rx|tx)\s+(?P<hex>.+)")
