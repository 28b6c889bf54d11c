"""A meter on a pseudo-terminal: to a program it is a serial port with a level converter on it."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import pty
import select
import threading
import tty
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from hardware.errors import TransportError
from hardware.sim.link import Faults, MeterLink, Telegrams

_IDLE_S = 0.2  # a request that pauses for longer was cut off
_PTY_FOLDER = "/dev/pts/"
_WRITE_TIMEOUT_MS = 1000  # a master that reads nothing for so long does not want the answer


class LinkInUse(TransportError):
    """The link is that of a pseudo-terminal somebody holds: another meter may live behind it."""


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
    again unless it points elsewhere by then. Anything may open and close the port as often as it
    likes.

    :raises LinkInUse: if ``link`` leads to a pseudo-terminal that somebody holds.
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
        except LinkInUse:
            self._close_files()
            raise
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
        if self._link is not None:
            _unpoint(self._link, self.port)
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
    """Make ``link`` point to ``target``, replacing a stale link but never a file or a live one."""
    with _folder_locked(link.parent):
        old = _target(link)
        if old is None and link.exists():
            raise FileExistsError(errno.EEXIST, "a file of this name exists", str(link))
        if old is not None and old != target and _is_held(old):
            raise LinkInUse(
                f"{link} is in use: it leads to {old}, which another process holds",
                hint=f"Den anderen Simulator beenden oder einen anderen Namen wählen. Läuft "
                f"keiner: rm {link}",
            )
        beside = link.with_name(f".{link.name}.{os.getpid()}")
        beside.unlink(missing_ok=True)
        beside.symlink_to(target)
        beside.replace(link)


def _unpoint(link: Path, target: str) -> None:
    """Remove ``link`` if it still points to ``target``; else it is somebody else's."""
    with contextlib.suppress(OSError), _folder_locked(link.parent):
        if _target(link) == target:
            link.unlink()


@contextlib.contextmanager
def _folder_locked(folder: Path) -> Iterator[None]:
    """Let no two meters look at the links of a folder and change them at the same moment."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _target(link: Path) -> str | None:
    """Return where ``link`` points, None if it is no symbolic link."""
    return str(link.readlink()) if link.is_symlink() else None


def _is_held(port: str) -> bool:
    """Tell if a pseudo-terminal is alive: its name is gone once its master side is closed."""
    return port.startswith(_PTY_FOLDER) and Path(port).exists()
