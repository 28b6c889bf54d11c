"""A siren or a lamp: on at once, off by itself."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from edge.alarm.path import AlarmError, Notice, Reply, Report, Taken
from edge.alarm.switch import Switch
from hardware.errors import TransportError

TEST_S = 1.0
_T = TypeVar("_T")
LONGEST_MS = 3_600_000  # what says that it sounds longer is of before a reboot


class SoundPath:
    """Sounds for ``seconds``; what comes meanwhile makes that longer.

    ``hold`` is a file that says until when whoever switched it on last wants it, so that another
    process does not end it.

    :raises AlarmError: if it cannot be switched.
    """

    def __init__(self, name: str, switch: Switch, seconds: float, hold: Path) -> None:
        self.name = name
        self._switch = switch
        self._seconds = seconds
        self._hold = hold
        self._lock = threading.RLock()
        self._timer: threading.Timer | None = None

    def tell(self, notice: Notice) -> Taken:
        """Switch on; returns as soon as it sounds."""
        self.sound(TEST_S if notice.is_test else self._seconds)
        return Taken()

    def sound(self, seconds: float | None = None) -> None:
        """Sound for so long, or for as long as usual."""
        wanted_s = self._seconds if seconds is None else seconds
        with self._lock:
            self._do(lambda: self._switch.set(on=True))
            until_ms = max(_now_ms() + round(wanted_s * 1000), self._until_ms())
            self._note(until_ms)
            self._wait(until_ms)

    def hear(self) -> list[Report | Reply]:
        """Return nothing: a siren does not answer."""
        return []

    def check(self) -> str:
        """Ask whether it can be switched, without a sound."""
        with self._lock:
            return self._do(self._switch.check)

    def reset(self) -> None:
        """Switch off what a process that died left on."""
        with self._lock:
            if self._hold.exists() and self._until_ms() <= _now_ms():
                self._off()

    def close(self) -> None:
        """Switch off if it sounds by us."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
                self._off()
            self._switch.close()

    def _wait(self, until_ms: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = threading.Timer(max(until_ms - _now_ms(), 0) / 1000, self._ended)
        self._timer.daemon = True
        self._timer.start()

    def _ended(self) -> None:
        with self._lock:
            if self._timer is None:
                return
            until_ms = self._until_ms()
            if until_ms > _now_ms():  # another process wants it longer
                self._wait(until_ms)
                return
            self._timer = None
            try:
                self._off()
            except AlarmError:  # the board was pulled: it is off then
                return

    def _off(self) -> None:
        self._do(lambda: self._switch.set(on=False))
        self._hold.unlink(missing_ok=True)

    def _until_ms(self) -> int:
        try:
            until_ms = int(json.loads(self._hold.read_text()))
        except (OSError, ValueError, TypeError):
            return 0
        return until_ms if until_ms - _now_ms() <= LONGEST_MS else 0

    def _note(self, until_ms: int) -> None:
        try:
            self._hold.write_text(json.dumps(until_ms))
        except OSError:  # a full card does not keep a siren silent
            return

    def _do(self, act: Callable[[], _T]) -> _T:
        try:
            return act()
        except TransportError as error:
            raise AlarmError(f"{self.name}: {error}", hint=error.hint) from error


def _now_ms() -> int:
    """Return the count since the boot: the same in all processes, whatever the wall clock does."""
    return time.monotonic_ns() // 1_000_000
