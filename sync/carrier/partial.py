"""A bundle on its way into a file: what has arrived stays, the end is whole and on the disk."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from hardware.durable import flush
from sync.carrier.base import MAX_BUNDLE_BYTES, CarrierError, Reason, disk_error, part_file


class PartialFile:
    """The beginning of the file ``into``, open for more.

    ``mark`` names the version of the whole that the bytes belong to (an ETag, a size and
    time); a beginning of another version is thrown away. Use as a context manager.

    :raises CarrierError: if the disk does not take it, or the whole grows beyond a bundle.
    """

    def __init__(self, into: Path) -> None:
        self._into = into
        self._part = part_file(into)
        self._mark_file = into.with_name(into.name + ".mark")
        try:
            self._file = self._part.open("ab")
            self.mark = self._read_mark()
        except OSError as error:
            raise disk_error(error, self._part) from error
        self.size = self._file.tell()
        if not self.mark:
            self.restart("")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def restart(self, mark: str) -> None:
        """Throw away what has arrived; what comes now belongs to ``mark``."""
        try:
            self._file.truncate(0)
            self._mark_file.write_text(mark, "utf-8")
        except OSError as error:
            raise disk_error(error, self._part) from error
        self.size = 0
        self.mark = mark

    def append(self, data: bytes) -> None:
        """Add the next bytes."""
        if self.size + len(data) > MAX_BUNDLE_BYTES:
            raise CarrierError(Reason.TOO_LARGE, f"a bundle of more than {MAX_BUNDLE_BYTES} bytes")
        try:
            self._file.write(data)
            self._file.flush()
        except OSError as error:
            raise disk_error(error, self._part, received=self.size) from error
        self.size += len(data)

    def finish(self, change: Callable[[Path, Path], None] | None = None) -> None:
        """Put the whole under its name; it is on the disk when this returns.

        ``change`` makes what belongs there out of what has arrived: from one file the other,
        flushed.
        """
        try:
            os.fsync(self._file.fileno())
            if change is None:
                self._part.replace(self._into)
            else:
                change(self._part, self._into)
                self._part.unlink()
            self._mark_file.unlink(missing_ok=True)
            flush(self._into.parent)
        except OSError as error:
            raise disk_error(error, self._into, received=self.size) from error

    def _read_mark(self) -> str:
        try:
            return self._mark_file.read_text("utf-8")
        except (FileNotFoundError, UnicodeDecodeError):
            return ""
