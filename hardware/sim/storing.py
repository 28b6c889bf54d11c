"""Devices that keep what they measured until a hub has confirmed each value.

They advertise while they have some, indicate them one after another once somebody subscribes,
and forget each when its indication is confirmed.

Source: Bluetooth Blood Pressure Profile 1.1.1, Health Thermometer Profile 1.0, Weight Scale
Profile 1.0 (stored measurements are sent upon subscription, the oldest first).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bumble.device import Connection
from bumble.link import LocalLink

from hardware.sim.options import Options
from hardware.sim.peripheral import Peripheral

_APART = timedelta(minutes=5)  # between two values that a device starts with


@dataclass(frozen=True, slots=True)
class Kept:
    """One value, the characteristic it leaves through, and the user it belongs to, if known."""

    uuid: str
    value: bytes
    user: int | None = None


class Storing(Peripheral):
    """The store. A kind implements :meth:`values_at`."""

    def __init__(self, link: LocalLink, options: Options, elapsed_s: Callable[[], float]) -> None:
        super().__init__(link, options, elapsed_s)
        self.overwritten = 0
        self._queue: deque[Kept] = deque()
        self._last: datetime | None = None
        for number in range(options.stored):
            self._take(_APART * (options.stored - number))

    def values_at(self, when: datetime, severity: float) -> list[Kept]:
        """Measure, with ``when`` as the device's time."""
        raise NotImplementedError

    def may_have(self, kept: Kept) -> bool:  # noqa: ARG002  # a kind with users decides
        """Whether the hub on this connection may be given the value."""
        return True

    @property
    def stored(self) -> tuple[bytes, ...]:
        """What the device holds, the oldest first."""
        return tuple(kept.value for kept in self._queue)

    def has_news(self) -> bool:
        """Whether values wait."""
        return bool(self._queue)

    async def measure(self) -> None:
        """Take a reading now, store it and try to hand it over."""
        if self.dead:
            return
        self._take(timedelta(0))
        self.deliver_soon()
        await self.advertise()

    async def deliver(self, connection: Connection) -> None:
        """Indicate what waits, one by one."""
        sent = 0
        while (kept := self._next()) is not None:
            if not await self.send(connection, kept.uuid, kept.value, sent):
                return
            self._confirm(kept.value)
            if kept in self._queue:  # not overwritten meanwhile
                self._queue.remove(kept)
            sent += 1

    def _next(self) -> Kept | None:
        for kept in self._queue:
            if self.outlets[kept.uuid].subscribed and self.may_have(kept):
                return kept
        return None

    def _confirm(self, value: bytes) -> None:
        self.confirmed(value)

    def _take(self, ago: timedelta) -> None:
        """Keep one reading; a measurement takes more than a second, so no time comes twice."""
        when = self.now(ago).replace(microsecond=0)
        if self._last is not None and timedelta(0) <= self._last - when < timedelta(minutes=1):
            when = self._last + timedelta(seconds=1)
        self._last = when
        for kept in self.values_at(when, self.severity(ago)):
            if len(self._queue) >= self.options.memory:
                self._queue.popleft()
                self.overwritten += 1
            self._queue.append(kept)
