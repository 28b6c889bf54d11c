"""A receiver on a pseudo-terminal: to a program it is a USB stick that hears meters."""

from __future__ import annotations

import errno
import os
import pty
import select
import threading
import time
import tty
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from hardware.sim.stick_wire import Wire

_WRITE_TIMEOUT_MS = 1000  # whoever reads nothing for so long loses telegrams, as with a stick


@dataclass(frozen=True, slots=True)
class Transmission:
    """What a meter sends: a telegram without CRCs, L field first, in a mode (T1, C1, S1)."""

    telegram: bytes
    mode: str = "T1"
    rssi_dbm: float = -60.0


class VirtualStick:
    """One receiver of a kind, answering its commands in its own thread until closed.

    ``port`` is the terminal's name; anything may open and close it as often as it likes.
    ``air`` is transmitted one every ``every_s`` seconds as soon as the stick exists; more is
    transmitted by :meth:`hear`. ``heard`` counts what was handed to the host and ``missed``
    what the receiver did not listen to or the host did not read.
    """

    def __init__(
        self,
        wire: Wire,
        *,
        air: Iterable[Transmission] = (),
        every_s: float = 1.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.wire = wire
        self._air = iter(air)
        self._every_s = every_s
        self._now = now
        self.heard = self.missed = 0
        self.failure: BaseException | None = None
        self._lock = threading.Lock()  # the wire's state and the order on the line
        self._stop_read, self._stop_write = os.pipe()
        # The slave stays open here, so that the line lives on when its reader closes it.
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.port = os.ttyname(self._slave)
        self._thread = threading.Thread(target=self._run, name=f"stick {self.port}")
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def hear(self, transmission: Transmission) -> bool:
        """Receive ``transmission`` now; tell if the host was handed it."""
        with self._lock:
            data = self.wire.frame(
                transmission.telegram, transmission.mode, transmission.rssi_dbm, self._now()
            )
            if data and self._send(data):
                self.heard += 1
                return True
            self.missed += 1
            return False

    def disturb(self, data: bytes) -> None:
        """Put bytes on the wire that the receiver never said."""
        with self._lock:
            self._send(data)

    def close(self) -> None:
        """Pull the stick out. Closing twice does nothing.

        :raises Exception: whatever ended the stick's thread before.
        """
        if self._master < 0:
            return
        os.write(self._stop_write, b"x")
        self._thread.join()
        for descriptor in (self._master, self._slave, self._stop_read, self._stop_write):
            os.close(descriptor)
        self._master = -1
        if self.failure is not None:
            raise self.failure

    def _run(self) -> None:
        try:
            self._live()
        except Exception as error:  # noqa: BLE001 - raised again by `close`
            self.failure = error

    def _live(self) -> None:
        poll = select.poll()
        poll.register(self._master, select.POLLIN)
        poll.register(self._stop_read, select.POLLIN)
        following = next(self._air, None)
        due_s = time.monotonic() + self._every_s
        while True:
            wait_s = None if following is None else max(0.0, due_s - time.monotonic())
            ready = dict(poll.poll(None if wait_s is None else wait_s * 1000))
            if self._stop_read in ready:
                return
            if self._master in ready:
                self._answer()
            if following is not None and time.monotonic() >= due_s:
                self.hear(following)
                following = next(self._air, None)
                due_s += self._every_s

    def _answer(self) -> None:
        try:
            data = os.read(self._master, 1024)
        except BlockingIOError:
            return
        with self._lock:
            self._send(self.wire.answer(data))

    def _send(self, data: bytes) -> bool:
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
