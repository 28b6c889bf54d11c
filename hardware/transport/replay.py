"""A recording in the place of the line it was made on."""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path

from hardware.errors import TransportError
from hardware.transport.recording import Direction, Recorded, RecordingReader

FILE_LIMIT = 64 << 20  # bytes; the recorder stops there, and a replay holds its lines in memory


class EndOfRecordingError(TransportError):
    """All that was recorded has been read."""


class ReplayTransport:
    """A :class:`~hardware.transport.base.Transport` that says again what was recorded.

    A recording of what came only (no ``tx`` line) is read from its beginning to its end, and
    what is written goes nowhere. In a recorded conversation a write moves on to the next ``tx``
    of the same bytes, and the answers up to the following ``tx`` can be read; a question that
    was never recorded gets none.

    ``speed`` 1 keeps the recorded pauses, 60 makes an hour a minute, 0 makes none.

    :raises TransportError: if the file is absent or too large.
    :raises RecordingError: if a line of it says nothing.
    :raises EndOfRecordingError: from ``read`` once everything was read.
    """

    def __init__(self, moniker: str, file: Path, *, speed: float = 0.0) -> None:
        self.moniker = moniker
        self._file = file
        self._speed = speed
        self._open = True
        with RecordingReader(file) as reader:
            if file.stat().st_size > FILE_LIMIT:
                raise TransportError(
                    f"the recording {file} is larger than {FILE_LIMIT >> 20} MiB",
                    hint="Die Aufzeichnung in mehrere Dateien teilen.",
                )
            self._lines = deque(reader)
        self._conversation = any(line.direction is Direction.TX for line in self._lines)
        self._rest = b""  # of the line that is being read
        self._clock: tuple[float, float] | None = None  # (monotonic, recorded) of the first line

    def read(self, size: int, timeout_s: float) -> bytes:
        """Return 1 to ``size`` bytes, or ``b""`` if none came within ``timeout_s`` seconds."""
        self._require_open()
        if not self._rest:
            if not self._lines:
                raise EndOfRecordingError(
                    f"{self._file} is at its end", hint="Das ist kein Fehler: alles wurde gelesen."
                )
            line = self._lines[0]
            if line.direction is Direction.TX or not self._wait_until_due(line, timeout_s):
                return b""
            self._rest = self._lines.popleft().data
        data, self._rest = self._rest[:size], self._rest[size:]
        return data

    def write(self, data: bytes) -> None:
        """Move on to where ``data`` was written in the recording, if anywhere."""
        self._require_open()
        if not self._conversation:
            return
        question = next(
            (
                index
                for index, line in enumerate(self._lines)
                if line.direction is Direction.TX and line.data == data
            ),
            None,
        )
        self._rest = b""
        if question is None:
            self._skip_answers()
            return
        for _ in range(question):
            self._lines.popleft()
        self._clock = None
        self._wait_until_due(self._lines.popleft(), 0)

    def discard(self) -> None:
        """Throw away the line that was read in part and, in a conversation, late answers."""
        self._require_open()
        self._rest = b""
        if self._conversation:
            self._skip_answers()

    def set_baud(self, baud: int) -> None:
        """Do nothing: what was recorded has no speed."""
        del baud
        self._require_open()

    def close(self) -> None:
        """Forget the recording. Closing twice does nothing."""
        self._open = False
        self._lines.clear()
        self._rest = b""

    def _skip_answers(self) -> None:
        while self._lines and self._lines[0].direction is Direction.RX:
            self._lines.popleft()

    def _wait_until_due(self, line: Recorded, timeout_s: float) -> bool:
        if not self._speed or line.at is None:
            return True
        now = time.monotonic()
        if self._clock is None:
            self._clock = (now, line.at.timestamp())
        started, recorded = self._clock
        wait_s = started + (line.at.timestamp() - recorded) / self._speed - now
        if wait_s > timeout_s:
            time.sleep(max(0.0, timeout_s))
            return False
        time.sleep(max(0.0, wait_s))
        return True

    def _require_open(self) -> None:
        if not self._open:
            raise TransportError(f"{self._file} is closed", hint="Die Aufzeichnung neu öffnen.")
