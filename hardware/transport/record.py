"""A recorder around any line."""

from __future__ import annotations

import logging
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from hardware.errors import TransportError
from hardware.transport.base import FIXED_SPEED, Transport, TunableTransport
from hardware.transport.recording import Direction, format_line
from hardware.transport.replay import FILE_LIMIT

_log = logging.getLogger(__name__)


class RecordTransport:
    """Pass everything to ``inner`` and append it to ``file``, see `hardware.transport.recording`.

    A recording is a diagnosis, not a store: each line is handed to the kernel at once, which
    survives the end of this process; it is synchronised to the disk when the line is closed, so
    that a power cut may take the last seconds. When the disk or the file is full, recording ends
    with one warning and the line goes on.

    Takes over ``inner`` and closes it.

    :raises TransportError: if the file cannot be written to at the start.
    """

    def __init__(self, moniker: str, inner: Transport, file: Path) -> None:
        self.moniker = moniker
        self._inner = inner
        self._path = file
        self._file: TextIO | None = None
        try:
            self._file = file.open("a", encoding="ascii", buffering=1, newline="\n")
            self._size = file.stat().st_size
        except OSError as error:
            inner.close()
            raise TransportError(
                f"cannot write the recording {file}: {error.strerror}",
                hint="Den Ordner anlegen oder einen wählen, in den dieser Benutzer schreiben darf.",
            ) from error

    def read(self, size: int, timeout_s: float) -> bytes:
        """Read from the line, and record what came."""
        data = self._inner.read(size, timeout_s)
        if data:
            self._record(Direction.RX, data)
        return data

    def write(self, data: bytes) -> None:
        """Write to the line, and record what was sent."""
        self._inner.write(data)
        self._record(Direction.TX, data)

    def discard(self) -> None:
        """Throw away what has arrived; it is not recorded, as nobody saw it."""
        self._inner.discard()

    def set_baud(self, baud: int) -> None:
        """Change the line's speed, which a recording does not hold."""
        if not isinstance(self._inner, TunableTransport):
            raise TransportError(f"{self.moniker} has no speed to change", hint=FIXED_SPEED)
        self._inner.set_baud(baud)

    def close(self) -> None:
        """Close the line, then the recording, synchronised to the disk."""
        try:
            self._inner.close()
        finally:
            file, self._file = self._file, None
            if file is not None:
                try:
                    os.fsync(file.fileno())
                    file.close()
                except OSError as error:
                    _log.warning("recording %s may lack its end: %s", self._path, error)

    def _record(self, direction: Direction, data: bytes) -> None:
        if self._file is None:
            return
        line = format_line(datetime.now(UTC), direction, data)
        try:
            if self._size + len(line) <= FILE_LIMIT:
                self._file.write(line)
                self._size += len(line)
                return
            reason = f"it has reached {FILE_LIMIT >> 20} MiB"
        except OSError as error:
            reason = str(error)
        _log.warning("recording %s ends, the line goes on: %s", self._path, reason)
        file, self._file = self._file, None
        try:
            file.close()
        except OSError:
            _log.debug("closing %s failed too", self._path)
