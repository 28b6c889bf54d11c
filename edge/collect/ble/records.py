"""Reading a sensor's stored records over one connection.

The procedure itself is :class:`hardware.ble.record_transfer.RecordTransfer`; here it is given a
link, a loop and a journal. A value is committed before its handler returns.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from hardware.ble.control import Commit, Write
from hardware.ble.record_transfer import CONTROL_POINT, Action, Finish, RecordTransfer
from hardware.ble.records import Position, Records
from hardware.errors import DeviceRefused, TransportError
from hardware.radio.base import Link


class RecordReading:
    """One transfer. :meth:`take` is the handler of the records' characteristics."""

    def __init__(
        self, records: Records, position: Position, keep: Callable[[str, bytes], None]
    ) -> None:
        self._transfer = RecordTransfer(records, position)
        self._keep = keep
        self._writes: deque[Write] = deque()
        self._finish: Finish | None = None
        self._news = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def take(self, uuid: str, value: bytes) -> None:
        """Commit a record, or a context."""
        self._carry(self._transfer.received(uuid, value, self._loop.time()))

    async def run(self, link: Link, closed: asyncio.Event) -> Finish:
        """Ask for all that is new. The records' notifications are on already.

        :raises DeviceRefused: if the device has no control point, or refuses to use it.
        """
        await link.subscribe(CONTROL_POINT, self._indicated)
        self._carry(self._transfer.start(self._loop.time()))
        while self._finish is None:
            if closed.is_set():
                self._carry(self._transfer.dropped())
            elif self._writes:
                await self._write(link, self._writes.popleft())
            else:
                await self._wait()
        return self._finish

    async def _write(self, link: Link, write: Write) -> None:
        try:
            await link.write(write.uuid, write.value)
        except DeviceRefused:
            self._carry(self._transfer.refused(0))
        except TransportError:
            self._carry(self._transfer.dropped())

    async def _wait(self) -> None:
        self._news.clear()
        deadline = self._transfer.deadline
        # a link that is gone is looked for each second: nothing else tells of it here
        left_s = 1.0 if deadline is None else min(1.0, max(0.0, deadline - self._loop.time()))
        try:
            async with asyncio.timeout(left_s):
                await self._news.wait()
        except TimeoutError:
            self._carry(self._transfer.tick(self._loop.time()))

    def _indicated(self, value: bytes) -> None:
        self._carry(self._transfer.indicated(value, self._loop.time()))

    def _carry(self, actions: Sequence[Action]) -> None:
        for action in actions:
            if isinstance(action, Commit):
                self._keep(action.uuid, action.value)
                self._carry(self._transfer.committed(action.number, self._loop.time()))
            elif isinstance(action, Write):
                self._writes.append(action)
            else:
                self._finish = action
        self._news.set()
