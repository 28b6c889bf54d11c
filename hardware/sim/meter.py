"""A meter on a pseudo-terminal: to a program it is a serial port with a level converter on it."""

from __future__ import annotations

import errno
import os
import pty
import select
import threading
import tty
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from hardware.errors import TransportError
from hardware.sim.link import Faults, MeterLink, Telegrams

_IDLE_S = 0.2  # a request that pauses for longer was cut off
_WRITE_TIMEOUT_MS = 1000  # a master that reads nothing for so long does not want the answer


class Acknowledgements:
    """The file of what the meter was told was received: one telegram a line, in hex.

    Each line is on the disk before the meter gives its next telegram out.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="ascii")

    def __call__(self, raw: bytes) -> None:
        """Append one telegram, durably."""
        self._file.write(raw.hex().upper() + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class VirtualMeter:
    """One meter on its own pseudo-terminal, answering in its own thread until closed.

    ``port`` is the terminal's name; with ``link`` a symbolic link to it is made, and removed
    again. Anything may open and close the port as often as it likes.

    :raises TransportError: if ``link`` cannot be made.
    """

    def __init__(
        self,
        telegrams: Telegrams,
        *,
        address: int = 1,
        link: Path | None = None,
        acknowledged: Callable[[bytes], None] | None = None,
        faults: Faults | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._link_layer = MeterLink(
            address, telegrams, acknowledged or _nothing, faults=faults, seed=address
        )
        self._now = now
        telegrams.current(now())  # a model of years may take longer than a master waits
        self._link = link
        self.failure: BaseException | None = None
        self._stop_read, self._stop_write = os.pipe()
        # The slave stays open here, so that the line lives on when its reader closes it.
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.port = os.ttyname(self._slave)
        self._thread = threading.Thread(target=self._run, name=f"meter {self.port}")
        try:
            if link is not None:
                _point(link, self.port)
        except OSError as error:
            self._close_files()
            raise TransportError(
                f"cannot make the link {link}: {error.strerror}",
                hint="Den Ordner anlegen oder einen anderen Namen wählen.",
            ) from error
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up. Closing twice does nothing.

        :raises Exception: whatever ended the meter's thread before, such as a full disk.
        """
        if self._master < 0:
            return
        os.write(self._stop_write, b"x")
        self._thread.join()
        if self._link is not None and _points(self._link, self.port):
            self._link.unlink()
        self._close_files()
        if self.failure is not None:
            raise self.failure

    def _close_files(self) -> None:
        for descriptor in (self._master, self._slave, self._stop_read, self._stop_write):
            os.close(descriptor)
        self._master = -1

    def _run(self) -> None:
        try:
            self._answer()
        except Exception as error:  # noqa: BLE001 - raised again by `close`
            self.failure = error

    def _answer(self) -> None:
        poll = select.poll()
        poll.register(self._master, select.POLLIN)
        poll.register(self._stop_read, select.POLLIN)
        while True:
            ready = dict(poll.poll(_IDLE_S * 1000))
            if self._stop_read in ready:
                return
            if not ready:
                self._link_layer.silence()
                continue
            try:
                data = os.read(self._master, 1024)
            except BlockingIOError:
                continue
            answer = self._link_layer.feed(data, self._now())
            if answer:
                self._send(answer)

    def _send(self, data: bytes) -> None:
        poll = select.poll()
        poll.register(self._master, select.POLLOUT)
        while data and poll.poll(_WRITE_TIMEOUT_MS):
            try:
                data = data[os.write(self._master, data) :]
            except OSError as error:
                if error.errno not in {errno.EAGAIN, errno.EIO}:
                    raise
                return


def _nothing(_raw: bytes) -> None:
    """Forget what was acknowledged."""


def _point(link: Path, target: str) -> None:
    """Make ``link`` point to ``target``, replacing an older link but never a file."""
    if link.exists() and not link.is_symlink():
        raise FileExistsError(errno.EEXIST, "a file of this name exists", str(link))
    beside = link.with_name(f".{link.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    beside.symlink_to(target)
    beside.replace(link)


def _points(link: Path, target: str) -> bool:
    try:
        return str(link.readlink()) == target
    except OSError:
        return False
