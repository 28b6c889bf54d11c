"""One connection to a sensor: give it the time, ask for its battery, take what it has.

A value is committed to the journal before the radio's handler returns, and on a radio that
``confirms_after_handler`` the device is told "received" only then. The commit blocks the event
loop for the few milliseconds of one fsync: intended, nothing else on this radio may overtake it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from edge.clock import Stamp, to_datetime
from edge.collect.ble.keeper import Keeper
from edge.collect.ble.profile import Profile
from edge.collect.ble.records import RecordReading
from hardware.ble.clock import encode_current_time
from hardware.ble.record_transfer import HINTS, Finish, Outcome
from hardware.ble.registry import decode
from hardware.errors import DecodeError, DeviceRefused, TransportError
from hardware.radio.base import Absent, Link
from hardware.reading import TimeQuality

IDLE_S = 2.0  # stored readings follow one another at once; then the device has no more
SESSION_S = 60.0  # nobody has a link for longer; what is left comes with the next visit
SAMPLE_S = 30.0  # of what streams without an end


@dataclass(slots=True)
class Visited:
    """What one connection brought. ``trouble`` is what a person is told of it, if anything."""

    kept: int = 0
    cut: bool = False
    trouble: str = ""


class Visit:
    """The visit of one device. ``on_value`` is called with each value that was kept."""

    def __init__(
        self,
        link: Link,
        profile: Profile,
        keeper: Keeper,
        on_value: Callable[[], None] = lambda: None,
    ) -> None:
        self._link = link
        self._profile = profile
        self._keeper = keeper
        self._on_value = on_value
        self._visited = Visited()
        self._failure: Exception | None = None
        self._fresh = asyncio.Event()
        self._closed = asyncio.Event()
        self._reading: RecordReading | None = None

    async def set_clock(self, stamp: Stamp) -> bool:
        """Write the wall's time, unless the hub does not know it itself; True if it was taken."""
        if stamp.quality is TimeQuality.UNKNOWN:
            return False
        local = to_datetime(stamp.wall_ms).astimezone()
        try:
            await self._link.write("2A2B", encode_current_time(local))
        except DeviceRefused:  # not every device has a clock that can be set
            return False
        return True

    async def battery(self) -> int | None:
        """Return the battery's level in percent, None if the device does not tell."""
        try:
            level = decode("2A19", await self._link.read("2A19")).records[0].value
        except (DeviceRefused, DecodeError):
            return None
        return int(level)

    async def drain(self) -> Visited:
        """Take what the device has.

        :raises StoreError: if a value could not be journalled; the device keeps it.
        :raises DeviceRefused: if it gives nothing at all.
        :raises TransportError: if the connection is gone before anything could be asked.
        """
        watch = asyncio.create_task(self._watch())
        try:
            async with asyncio.timeout(SESSION_S):
                await self._drain()
        except TimeoutError:
            self._visited.cut = True
        except TransportError:
            if not self._closed.is_set() or self._failure is None:
                raise
        finally:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)
        if self._failure is not None:
            raise self._failure
        return self._visited

    async def _drain(self) -> None:
        for uuid in self._profile.facts:
            with contextlib.suppress(DeviceRefused):  # not every device says it
                fact = await self._link.read(uuid)
                self._keeper.keep_fact(self._link.address, uuid, fact)
        records = self._profile.records
        if records is not None:
            self._reading = RecordReading(
                records, self._keeper.position(self._link.address, records.uuid), self._keep
            )
        await self._subscribe()
        if self._reading is not None and records is not None:
            with contextlib.suppress(Absent):  # then it sends by itself what it has
                self._note(await self._reading.run(self._link, self._closed), records.uuid)
        if self._profile.streams:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SAMPLE_S):
                    await self._closed.wait()
        elif not self._visited.cut:
            self._visited.cut = await self._until_idle()

    async def _subscribe(self) -> None:
        records = self._profile.records
        stored = {records.uuid, records.context} - {""} if records is not None else set()
        heard, refusal = False, DeviceRefused("the device has nothing that the hub can take")
        for uuid in dict.fromkeys((*self._profile.values, *sorted(stored))):
            take = self._record if uuid in stored else self._keep
            try:
                await self._link.subscribe(uuid, lambda value, u=uuid, t=take: t(u, value))  # type: ignore[misc]  # bound
            except Absent:
                continue
            except DeviceRefused as error:
                refusal = error
                continue
            heard = True
        if not heard:
            raise refusal

    def _record(self, uuid: str, value: bytes) -> None:
        if self._reading is None:
            self._keep(uuid, value)
        else:
            self._reading.take(uuid, value)

    def _keep(self, uuid: str, value: bytes) -> None:
        try:
            self._keeper.keep(self._link.address, uuid, value)
        except Exception as error:
            self._failure = error
            raise
        finally:
            self._fresh.set()
        self._visited.kept += 1
        self._on_value()

    def _note(self, finish: Finish, uuid: str) -> None:
        if self._failure is None:
            self._keeper.put_position(self._link.address, uuid, finish.position)
        if finish.outcome in {Outcome.DROPPED, Outcome.INCOMPLETE, Outcome.TIMEOUT}:
            self._visited.cut = True
        if finish.outcome is not Outcome.DROPPED:  # that is told by whoever connects next
            self._visited.trouble = HINTS.get(finish.outcome, "")

    async def _until_idle(self) -> bool:
        """Wait until nothing came for a while; True if the device hung up before that."""
        while not self._closed.is_set():
            self._fresh.clear()
            try:
                async with asyncio.timeout(IDLE_S):
                    await self._fresh.wait()
            except TimeoutError:
                return False
        return True

    async def _watch(self) -> None:
        await self._link.wait_closed()
        self._closed.set()
        self._fresh.set()
