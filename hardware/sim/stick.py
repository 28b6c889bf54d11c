"""A receiver on a pseudo-terminal: to a program it is a USB stick that hears meters."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from hardware.sim.stick_wire import Wire
from hardware.sim.terminal import Terminal


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
        self._lock = threading.Lock()  # the wire's state and the order on the line
        self._following = next(self._air, None)
        self._due_s = time.monotonic() + every_s
        self._terminal = Terminal()
        self.port = self._terminal.port
        self._terminal.play(self, "stick")

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
            if data and self._terminal.send(data):
                self.heard += 1
                return True
            self.missed += 1
            return False

    def disturb(self, data: bytes) -> None:
        """Put bytes on the wire that the receiver never said."""
        with self._lock:
            self._terminal.send(data)

    @property
    def failure(self) -> BaseException | None:
        """What ended the stick's thread, if anything did."""
        return self._terminal.failure

    def close(self) -> None:
        """Pull the stick out. Closing twice does nothing.

        :raises Exception: whatever ended the stick's thread before.
        """
        self._terminal.close()

    def wait_s(self) -> float | None:
        """Return when the next transmission of the air is due."""
        return None if self._following is None else self._due_s - time.monotonic()

    def received(self, data: bytes) -> None:
        """Answer what the host wrote."""
        with self._lock:
            self._terminal.send(self.wire.answer(data))

    def idle(self) -> None:
        """Receive the transmission that is due."""
        if self._following is not None:
            self.hear(self._following)
            self._following = next(self._air, None)
            self._due_s += self._every_s
