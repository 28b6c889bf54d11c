"""Devices that keep records behind a Record Access Control Point until a hub deletes them.

They advertise after a measurement until a hub has been given what is new. Records are
notified, so nothing tells the device that one arrived: only deleting it does.

Source: Bluetooth Glucose Service 1.0.1, 3.4; Continuous Glucose Monitoring Service 1.0.2, 3.6.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from bumble import att
from bumble.device import Connection
from bumble.link import LocalLink

from hardware.ble.racp import Op, Operator
from hardware.sim.options import Options
from hardware.sim.peripheral import Peripheral
from hardware.sim.record_store import CONTROL_POINT, RecordStore, Stored

_APART = timedelta(minutes=5)
_BOUNDED = {Operator.AT_MOST, Operator.AT_LEAST}
_MIN_BYTES, _BOUNDED_BYTES = 2, 5
LAST_SEQUENCE = 0xFFFF


class Archive(Peripheral):
    """The store and its control point. A kind implements :meth:`record_at`."""

    def __init__(self, link: LocalLink, options: Options, elapsed_s: Callable[[], float]) -> None:
        self.reporting = False  # records are being sent
        self.sent_count = 0  # records sent on this connection
        self.store = RecordStore(on_delete=self._deleted)
        self._unread = False
        super().__init__(link, options, elapsed_s)
        self.overwritten = 0
        self._next_sequence = 0
        for number in range(options.stored):
            self._take(_APART * (options.stored - number))

    def record_at(self, sequence: int, when: datetime, severity: float) -> Stored:
        """Measure, with ``when`` as the device's time."""
        raise NotImplementedError

    @property
    def stored(self) -> tuple[bytes, ...]:
        """What the device holds, the oldest first."""
        return tuple(value for record in self.store.records for _, value in record.values)

    def has_news(self) -> bool:
        """Whether something was measured since a hub last read the records."""
        return self._unread

    async def measure(self) -> None:
        """Take a reading now and keep it."""
        if self.dead:
            return
        self._take(timedelta(0))
        await self.advertise()

    def on_gone(self) -> None:
        """Forget what was not sent; a report that was cut short is news again."""
        self._unread |= self.reporting
        self.reporting = False
        self.sent_count = 0
        self.store.disconnect()

    async def requested(self, connection: Connection, request: bytes) -> None:
        """Take a request at the control point; its answer follows in time.

        An abort ends what is being sent; any other request has to wait for its end.
        """
        if len(request) < _MIN_BYTES or (request[1] in _BOUNDED and len(request) < _BOUNDED_BYTES):
            raise att.ATT_Error(att.ErrorCode.INVALID_ATTRIBUTE_LENGTH)
        if self.reporting and request[0] != Op.ABORT:
            raise att.ATT_Error(att.ErrorCode.PROCEDURE_ALREADY_IN_PROGRESS)
        self.store.written(request)
        if not self.reporting:
            self.reporting = True
            self.later(self._answer(connection, request[0]))

    async def _answer(self, connection: Connection, op: int) -> None:
        newest = self._next_sequence
        while (message := self.store.next_message()) is not None:
            uuid, value = message
            if not self.outlets[uuid].subscribed:
                continue
            arrived = await self.send(connection, uuid, value, self.sent_count)
            if not arrived or self.connection is not connection:
                return
            self.sent_count += uuid != CONTROL_POINT
        self.reporting = False
        if op == Op.REPORT and newest == self._next_sequence:
            self._unread = False

    def _deleted(self, record: Stored) -> None:
        for _, value in record.values:
            self.confirmed(value)

    def _take(self, ago: timedelta) -> None:
        when = self.now(ago).replace(microsecond=0)
        while len(self.store.records) >= self.options.memory:
            del self.store.records[0]
            self.overwritten += 1
        self.store.records.append(self.record_at(self._next_sequence, when, self.severity(ago)))
        self._next_sequence = (self._next_sequence + 1) % (LAST_SEQUENCE + 1)
        self._unread = True
