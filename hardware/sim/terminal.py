"""What every virtual device on a wire has: a pseudo-terminal, and a thread that plays it."""

from __future__ import annotations

import errno
import os
import pty
import select
import termios
import threading
import tty
from pathlib import Path
from typing import Protocol

from hardware.errors import TransportError
from hardware.sim.port_link import LinkInUse, point, unpoint

POLL_S = 0.01  # how often a speed is looked at while it is waited for

_CHUNK = 1024  # bytes taken at once
_WRITE_TIMEOUT_MS = 1000  # a reader that takes nothing for so long does not want it
_SPEEDS = {
    getattr(termios, f"B{baud}"): baud for baud in (300, 600, 1200, 2400, 4800, 9600, 19200, 38400)
}


class Device(Protocol):
    """What stands behind a terminal. All three are called in the terminal's thread."""

    def wait_s(self) -> float | None:
        """Return after how long a silence :meth:`idle` is to be called, None for never."""

    def received(self, data: bytes) -> None:
        """Take what a program has written to the port."""

    def idle(self) -> None:
        """Nothing came for as long as was asked for."""


class Terminal:
    """A pseudo-terminal. To a program ``port`` is a serial port; the device sits behind it.

    With ``link`` a symbolic link to the port is made, and removed again unless it points elsewhere
    by then. Anything may open and close the port as often as it likes. A pseudo-terminal has no
    bits, but it keeps the speed it was set to; ``keeps_speed`` tells if this kernel does.
    ``failure`` is what ended the device's thread, if anything did.

    :raises LinkInUse: if ``link`` leads to a pseudo-terminal that somebody holds.
    :raises TransportError: if ``link`` cannot be made.
    """

    def __init__(self, link: Path | None = None) -> None:
        self.failure: BaseException | None = None
        self._link = link
        self._thread: threading.Thread | None = None
        self._stop_read, self._stop_write = os.pipe()
        # The slave stays open here, so that the line lives on when its reader closes it.
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.port = os.ttyname(self._slave)
        self.keeps_speed = _keeps_speed(self._slave)
        try:
            if link is not None:
                point(link, self.port)
        except LinkInUse:
            self._close_files()
            raise
        except OSError as error:
            self._close_files()
            raise TransportError(
                f"cannot make the link {link}: {error.strerror}",
                hint="Den Ordner anlegen oder einen anderen Namen wählen.",
            ) from error

    def play(self, device: Device, name: str) -> None:
        """Start the thread in which ``device`` lives until :meth:`close`."""
        self._thread = threading.Thread(
            target=self._run, args=(device,), name=f"{name} {self.port}"
        )
        self._thread.start()

    def close(self) -> None:
        """End the thread and hang up. Closing twice does nothing.

        :raises Exception: whatever ended the device's thread before, such as a full disk.
        """
        if self._master < 0:
            return
        os.write(self._stop_write, b"x")
        if self._thread is not None:
            self._thread.join()
        if self._link is not None:
            unpoint(self._link, self.port)
        self._close_files()
        if self.failure is not None:
            raise self.failure

    def send(self, data: bytes) -> bool:
        """Hand ``data`` to whoever reads the port; tell if all of it was taken."""
        poll = select.poll()
        poll.register(self._master, select.POLLOUT)
        while data and poll.poll(_WRITE_TIMEOUT_MS):
            try:
                data = data[os.write(self._master, data) :]
            except OSError as error:
                if error.errno not in {errno.EAGAIN, errno.EIO}:
                    raise
                break
        return not data

    def is_at(self, baud: int | None) -> bool:
        """Tell if the port is set to ``baud``; to None, or without a kept speed, any is."""
        return baud is None or not self.keeps_speed or _speed(self._slave) == baud

    def closing(self, wait_s: float) -> bool:
        """Wait for at most ``wait_s`` seconds; True as soon as the terminal is to end."""
        return bool(select.select([self._stop_read], [], [], wait_s)[0])

    def _close_files(self) -> None:
        for descriptor in (self._master, self._slave, self._stop_read, self._stop_write):
            os.close(descriptor)
        self._master = -1

    def _run(self, device: Device) -> None:
        try:
            self._live(device)
        except Exception as error:  # noqa: BLE001 - raised again by `close`
            self.failure = error

    def _live(self, device: Device) -> None:
        poll = select.poll()
        poll.register(self._master, select.POLLIN)
        poll.register(self._stop_read, select.POLLIN)
        while True:
            wait_s = device.wait_s()
            ready = dict(poll.poll(None if wait_s is None else max(0.0, wait_s) * 1000))
            if self._stop_read in ready:
                return
            if not ready:
                device.idle()
                continue
            try:
                data = os.read(self._master, _CHUNK)
            except BlockingIOError:
                continue
            device.received(data)


def as_noise(data: bytes) -> bytes:
    """Return what a UART at another speed makes of ``data``: shorter and unlike it."""
    return bytes(byte ^ 0xA5 for byte in data[::4])


def _speed(terminal: int) -> int | None:
    return _SPEEDS.get(termios.tcgetattr(terminal)[5])


def _keeps_speed(terminal: int) -> bool:
    attributes = termios.tcgetattr(terminal)
    before = attributes[4:6]
    attributes[4:6] = [termios.B300, termios.B300]
    try:
        termios.tcsetattr(terminal, termios.TCSANOW, attributes)
        kept = _speed(terminal) == 300
        attributes[4:6] = before
        termios.tcsetattr(terminal, termios.TCSANOW, attributes)
    except termios.error:
        return False
    return kept
