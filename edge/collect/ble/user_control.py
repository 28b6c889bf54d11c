"""A device's users over one connection: register one, act for one, write and delete their data.

The procedure itself is :class:`hardware.ble.user_consent.UserConsent`; here it is given a link, a
loop and somebody who remembers.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from hardware.ble.control import PROCEDURE_TIMEOUT_S, Read, Write
from hardware.ble.user_consent import (
    CHANGE_INCREMENT,
    CONTROL_POINT,
    Action,
    Finish,
    Membership,
    Remember,
    UserConsent,
)
from hardware.ble.user_control import Op, Result, encode_delete_user_data, read_answer
from hardware.ble.user_profile import next_increment
from hardware.errors import DecodeError, DeviceRefused, TransportError
from hardware.radio.base import Absent, Link


class UserControl:
    """The user control point of one link. Once :meth:`open` said that there is one, one at a time.

    ``closed`` is set when the link is gone.
    """

    def __init__(self, link: Link, closed: asyncio.Event) -> None:
        self._link = link
        self._closed = closed
        self._run: _Run | None = None
        self._answers: asyncio.Queue[bytes] | None = None

    @property
    def address(self) -> str:
        """Whose control point it is."""
        return self._link.address

    async def open(self) -> bool:
        """Listen for answers; False if the device has no users, or shows them to nobody.

        :raises TransportError: if the connection is gone.
        """
        try:
            await self._link.subscribe(CONTROL_POINT, self._indicated)
        except DeviceRefused:
            return False
        return True

    async def act(self, membership: Membership, remember: Callable[[Membership], None]) -> Finish:
        """Act for a user from now on, who is registered first unless the device knows them.

        Whatever ``remember`` raises is raised here; the device was not told more by then.
        """
        self._run = run = _Run(membership, remember)
        try:
            return await run.through(self._link, self._closed)
        finally:
            self._run = None

    async def write(self, writes: Sequence[Write], increment: int | None) -> int | None:
        """Write data of the user one acts for, then count the change; return the new count.

        A characteristic that the device does not have is left out. None: the device does not
        count.

        :raises DeviceRefused: if it takes none of them.
        :raises TransportError: if the connection is gone before all was written.
        """
        taken, refusal = 0, DeviceRefused("the device takes nothing of it")
        for one in writes:
            try:
                await self._link.write(one.uuid, one.value)
            except Absent:
                continue
            except DeviceRefused as error:
                refusal = error
                continue
            taken += 1
        if not taken:
            raise refusal
        if increment is None:
            return None
        counted = next_increment(increment)
        try:
            await self._link.write(CHANGE_INCREMENT, counted)
        except DeviceRefused:
            return None
        return int.from_bytes(counted, "little")

    async def delete(self) -> bool:
        """Have the device forget the user one acts for; True if it says that it did.

        :raises TransportError: if the connection is gone.
        """
        self._answers = asyncio.Queue()
        try:
            await self._link.write(CONTROL_POINT, encode_delete_user_data())
            async with asyncio.timeout(PROCEDURE_TIMEOUT_S):
                while True:
                    answer = read_answer(await self._answers.get())
                    if answer.request == Op.DELETE_DATA:
                        return answer.result == Result.SUCCESS
        except (DecodeError, TimeoutError):  # an answer nobody understands, or a refusal
            return False
        finally:
            self._answers = None

    def _indicated(self, value: bytes) -> None:
        if self._run is not None:
            self._run.indicated(value)
        elif self._answers is not None:
            self._answers.put_nowait(value)


class _Run:
    """One :class:`UserConsent` in a loop."""

    def __init__(self, membership: Membership, remember: Callable[[Membership], None]) -> None:
        self._consent = UserConsent(membership)
        self._remember = remember
        self._todo: deque[Write | Read] = deque()
        self._finish: Finish | None = None
        self._failure: Exception | None = None
        self._news = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    async def through(self, link: Link, closed: asyncio.Event) -> Finish:
        """Carry it through."""
        self._carry(self._consent.start(self._loop.time()))
        while self._finish is None:
            if self._failure is not None:
                raise self._failure
            if closed.is_set():
                self._carry(self._consent.dropped())
            elif self._todo:
                await self._do(link, self._todo.popleft())
            else:
                await self._wait()
        return self._finish

    def indicated(self, value: bytes) -> None:
        """Take an answer; what it brought is durable when this returns."""
        try:
            self._carry(self._consent.indicated(value, self._loop.time()))
        except Exception as error:
            self._failure = error
            self._news.set()
            raise

    async def _do(self, link: Link, action: Write | Read) -> None:
        try:
            if isinstance(action, Write):
                await link.write(action.uuid, action.value)
            else:
                self._carry(self._consent.read(await link.read(action.uuid)))
        except DeviceRefused:
            self._carry(self._consent.refused(0))
        except TransportError:
            self._carry(self._consent.dropped())

    async def _wait(self) -> None:
        self._news.clear()
        deadline = self._consent.deadline
        # a link that is gone is looked for each second: nothing else tells of it here
        left_s = 1.0 if deadline is None else min(1.0, max(0.0, deadline - self._loop.time()))
        try:
            async with asyncio.timeout(left_s):
                await self._news.wait()
        except TimeoutError:
            self._carry(self._consent.tick(self._loop.time()))

    def _carry(self, actions: Sequence[Action]) -> None:
        for action in actions:
            if isinstance(action, Remember):
                self._remember(action.membership)
            elif isinstance(action, Finish):
                self._finish = action
            else:
                self._todo.append(action)
        self._news.set()
