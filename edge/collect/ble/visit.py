"""One connection to a sensor: compare and set its clock, ask for its battery, take what it has.

A value is committed to the journal before the radio's handler returns, and on a radio that
``confirms_after_handler`` the device is told "received" only then. The commit blocks the event
loop for the few milliseconds of one fsync: intended, nothing else on this radio may overtake it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from edge.care.contact_clock import READABLE, write_contact
from edge.clock import Stamp, to_datetime
from edge.collect.ble.keeper import Keeper
from edge.collect.ble.profile import Profile
from edge.collect.ble.records import RecordReading
from edge.collect.ble.user_control import UserControl
from edge.collect.ble.user_desk import UserDesk
from edge.collect.ble.user_round import UserRound
from edge.store.scale_users import UsersUnreadable
from hardware.ble.clock import date_time_of, encode_current_time, encode_date_time
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
    """What one connection brought. ``trouble`` is what a person is told of it, if anything.

    ``more``: the next one should be made at once, for other users of the device.
    """

    kept: int = 0
    cut: bool = False
    more: bool = False
    trouble: str = ""


class Visit:
    """The visit of one device. ``on_value`` is called with each value that was kept.

    ``desk`` acts for the users of a device that gives values only with their consent.
    """

    def __init__(
        self,
        link: Link,
        profile: Profile,
        keeper: Keeper,
        on_value: Callable[[], None] = lambda: None,
        desk: UserDesk | None = None,
    ) -> None:
        self._link = link
        self._profile = profile
        self._keeper = keeper
        self._on_value = on_value
        self._desk = desk
        self._visited = Visited()
        self._failure: Exception | None = None
        self._fresh = asyncio.Event()
        self._closed = asyncio.Event()
        self._reading: RecordReading | None = None
        self._heard: list[str] = []  # what was subscribed to

    async def set_clock(self, now: Callable[[], Stamp]) -> bool:
        """Read the device's clock, then write the wall's time; True if it was taken.

        Unless the hub does not know the time itself. What the clock showed is kept before it is
        set: only so can be told when that was measured which it stamped before.

        :raises StoreError: if it could not be kept; the clock is not set then.
        :raises TransportError: if the connection is gone.
        """
        uuid, value = await self._read_clock()
        stamp = now()
        if stamp.quality is TimeQuality.UNKNOWN:
            return False
        at = stamp.wall_ms
        self._keeper.keep_clock(self._link.address, write_contact(at, uuid, value))
        local = to_datetime(now().wall_ms).astimezone()
        is_set = await self._write_clock(local)
        if is_set:
            note = write_contact(at, uuid, value, was_set=True)
            self._keeper.keep_clock(self._link.address, note)
        return is_set

    async def _read_clock(self) -> tuple[str, bytes]:
        for uuid in READABLE:
            with contextlib.suppress(DeviceRefused):  # not every device shows its clock
                return uuid, await self._link.read(uuid)
        return "", b""

    async def _write_clock(self, local: datetime) -> bool:
        for uuid, value in (
            ("2A2B", encode_current_time(local)),
            ("2A08", encode_date_time(date_time_of(local))),
        ):
            try:
                await self._link.write(uuid, value)
            except Absent:
                continue
            except DeviceRefused:  # not every clock can be set
                return False
            return True
        return False

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
        if self._desk is not None and self._profile.has_users:
            await self._drain_users(self._desk)
            return
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

    async def _drain_users(self, desk: UserDesk) -> None:
        """Take what the device has for nobody known, and what it has for each of its users."""
        control = UserControl(self._link, self._closed)
        turn, trouble = None, ""
        try:
            turn = await desk.begin(control)
        except UsersUnreadable as error:  # what needs no consent is taken all the same
            trouble = error.hint
        try:
            # the first consent comes before the subscription: some devices look only then
            more = turn is not None and await turn.next()
            await self._subscribe()
            self._visited.cut = await self._until_idle()
            while turn is not None and more and not self._visited.cut and self._failure is None:
                await desk.drained(control, turn)
                more = await turn.next()
                self._visited.cut = turn.dropped or (more and await self._drain_later(turn))
        finally:  # also if time was up: the next visit begins with somebody else
            if turn is not None:
                trouble = turn.trouble
                self._visited.more = desk.ended(control, turn)
            self._visited.trouble = trouble

    async def _drain_later(self, turn: UserRound) -> bool:
        """Take what comes for a user who was not the first; True if the device hung up.

        If nothing comes upon the consent, the subscription is made anew: some devices look for what
        they may hand over only then.
        """
        before = self._visited.kept
        is_gone = await self._until_idle()
        if not is_gone and self._visited.kept == before:
            try:
                await self._subscribe_anew()
            except TransportError:
                if self._link.connected:
                    raise
                return True
            is_gone = await self._until_idle()
        turn.took(self._visited.kept - before)
        return is_gone

    async def _subscribe(self) -> None:
        refusal = DeviceRefused("the device has nothing that the hub can take")
        for uuid in dict.fromkeys((*self._profile.values, *sorted(self._stored))):
            try:
                await self._listen(uuid)
            except Absent:
                continue
            except DeviceRefused as error:
                refusal = error
                continue
            self._heard.append(uuid)
        if not self._heard:
            raise refusal

    async def _subscribe_anew(self) -> None:
        for uuid in self._heard:
            await self._link.unsubscribe(uuid)
            await self._listen(uuid)

    async def _listen(self, uuid: str) -> None:
        take = self._record if uuid in self._stored else self._keep
        await self._link.subscribe(uuid, lambda value: take(uuid, value))

    @property
    def _stored(self) -> set[str]:
        records = self._profile.records
        return {records.uuid, records.context} - {""} if records is not None else set()

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
