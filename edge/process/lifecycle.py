"""What every process of the hub does alike: stop on a signal, run once, exit with a reason."""

from __future__ import annotations

import _thread
import contextlib
import errno
import fcntl
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

# Exit codes (sysexits.h), so that systemd and the supervisor can tell reasons apart.
EXIT_TEMPORARY = 75  # a port or a lock is taken: try again later
EXIT_CONFIG = 78  # hub.toml is missing or wrong: a person must act

# A killed process' lock is freed by the kernel when the process is gone, not when it was told.
LOCK_WAIT_S = 5.0


class AlreadyRunning(Exception):
    """Somebody holds the lock. ``pid`` is the holder's, or 0 if it did not say."""

    def __init__(self, name: str, pid: int) -> None:
        super().__init__(f"{name} is already running" + (f" (process {pid})" if pid else ""))
        self.name = name
        self.pid = pid


def stop_on_signals() -> threading.Event:
    """Return an event that SIGTERM, SIGINT or SIGHUP sets. Call it from the main thread.

    A second signal ends the process at once, for a person who does not want to wait.
    """
    stop = threading.Event()
    heard: list[int] = []

    def handle(number: int, frame: FrameType | None) -> None:
        del frame
        if heard:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        heard.append(number)
        # Not here: the main thread, which this interrupts, may hold the event's lock on its way
        # into wait(), and would then wait for itself. Nor by a Thread, whose start takes a lock.
        _thread.start_new_thread(stop.set, ())

    _handle_all(handle)
    return stop


def exit_on_signals() -> None:
    """Let SIGTERM, SIGINT or SIGHUP raise ``SystemExit(0)`` in the main thread.

    For servers that block in somebody else's loop and clean up behind an exception.
    """

    def handle(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise SystemExit(0)

    _handle_all(handle)


@contextmanager
def only_one(folder: Path, name: str, *, wait_s: float = LOCK_WAIT_S) -> Iterator[None]:
    """Hold `<folder>/<name>.lock` while the block runs; it says who holds it.

    The kernel frees the lock however the process ends; the file stays and means nothing.

    :raises AlreadyRunning: if another process holds it for ``wait_s`` seconds.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o640)
    try:
        _take(handle, name, wait_s)
        with contextlib.suppress(OSError):  # on a full disk nobody learns who, that is all
            os.ftruncate(handle, 0)
            os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(handle)


def _handle_all(handle: Callable[[int, FrameType | None], None]) -> None:
    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # else: started with nohup
        signal.signal(signal.SIGHUP, handle)


def _take(handle: int, name: str, wait_s: float) -> None:
    until = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EACCES):
                raise
            if time.monotonic() >= until:
                raise AlreadyRunning(name, _holder(handle)) from None
            time.sleep(0.05)
        else:
            return


def _holder(handle: int) -> int:
    try:
        return int(os.pread(handle, 20, 0))
    except ValueError:
        return 0
