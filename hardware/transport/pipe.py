"""What another program writes: a named pipe, this program's own input, or a file it left behind."""

from __future__ import annotations

import os
import select
import stat
from pathlib import Path

from hardware.errors import TransportError
from hardware.transport.replay import EndOfRecordingError

STANDARD_INPUT = Path("/dev/stdin")

_ABSENT = "Die Pipe mit `mkfifo` anlegen, oder den Namen in hub.toml berichtigen."
_LOST = "Prüfen, ob das Programm noch läuft, das in die Pipe schreibt."


class PipeTransport:
    """A :class:`~hardware.transport.base.Transport` that is only read.

    A named pipe stays open while the program that writes to it is started anew. What is written
    goes nowhere.

    :raises TransportError: if the file is absent or may not be read.
    :raises EndOfRecordingError: from ``read`` at the end of a file or of standard input.
    """

    def __init__(self, moniker: str, file: Path) -> None:
        self.moniker = moniker
        self._file = file
        self._descriptor = -1
        try:
            # being a writer as well, nobody's going is the end of a named pipe
            lasting = file != STANDARD_INPUT and stat.S_ISFIFO(file.stat().st_mode)
            flags = os.O_RDWR if lasting else os.O_RDONLY
            self._descriptor = os.open(file, flags | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise TransportError(f"cannot open {file}: {error.strerror}", hint=_ABSENT) from error
        self._poll = select.poll()
        self._poll.register(self._descriptor, select.POLLIN)

    def read(self, size: int, timeout_s: float) -> bytes:
        """Return 1 to ``size`` bytes, or ``b""`` if none came within ``timeout_s`` seconds."""
        self._require_open()
        if not self._poll.poll(max(0.0, timeout_s) * 1000):
            return b""
        try:
            data = os.read(self._descriptor, size)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise TransportError(f"{self._file} failed: {error.strerror}", hint=_LOST) from error
        if not data:
            raise EndOfRecordingError(
                f"{self._file} is at its end", hint="Das ist kein Fehler: alles wurde gelesen."
            )
        return data

    def write(self, data: bytes) -> None:
        """Do nothing: nobody reads at the other end."""
        del data
        self._require_open()

    def discard(self) -> None:
        """Do nothing: what was written is not an answer to anything."""
        self._require_open()

    def close(self) -> None:
        """Give the pipe back. Closing twice does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1

    def _require_open(self) -> None:
        if self._descriptor < 0:
            raise TransportError(f"{self._file} is closed", hint=_LOST)
