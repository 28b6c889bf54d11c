"""A continuous glucose monitor on the virtual air, every value with its end-to-end check.

What is measured while a hub listens is notified at once and kept as well; the rest is fetched
as records, told apart by the minutes since the session began.

Source: Bluetooth Continuous Glucose Monitoring Service 1.0.2, 3.1 to 3.8 and 3.11.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bumble import att
from bumble.device import Connection
from bumble.gatt import Service

from hardware.ble.cgm import CgmRecord, encode_cgm_record
from hardware.ble.cgm_control import Op
from hardware.ble.clock import date_time_of, encode_date_time
from hardware.ble.crc import CRC_BYTES, e2e_crc, with_crc
from hardware.ble.medfloat import MedFloat
from hardware.sim.archive import Archive
from hardware.sim.body import Sign
from hardware.sim.options import Options
from hardware.sim.record_store import CONTROL_POINT, Stored

INTERVAL_MIN = 5
_MEASUREMENT, _FEATURE, _STATUS = "2AA7", "2AA8", "2AA9"
_START, _RUN_TIME, _OPS = "2AAA", "2AAB", "2AAC"
_FEATURES = 0x019000  # E2E-CRC, trend, quality
_INTERSTITIAL_SUBCUTANEOUS = 0x59
_RUN_TIME_H = 24 * 14
_INTERVAL_IS, _RESPONSE = 0x03, 0x1C
_NOT_SUPPORTED = 0x02
_MISSING_CRC, _INVALID_CRC = 0x80, 0x81  # the service's own errors, 2.4
_START_BYTES = 9
_UNKNOWN_ZONE, _UNKNOWN_DST = 0x80, 0xFF


@dataclass(frozen=True, slots=True)
class CgmOptions(Options):
    """As every device."""

    name: str = "CGM Sim"


class CgmSensor(Archive):
    """The device."""

    model = "CGM-Sim"
    advertised = (0x181F,)

    def services(self) -> list[Service]:
        """Return the monitoring service."""
        self._person = self.new_body()
        self._before: float | None = None
        self._started: datetime | None = None
        self._live = -1  # the last record that was notified when it was measured
        feature = _FEATURES.to_bytes(3, "little") + bytes((_INTERSTITIAL_SUBCUTANEOUS,))
        return [
            Service(
                "181F",
                [
                    self.outlet(_MEASUREMENT, indicate=False).characteristic,
                    self.readable(_FEATURE, lambda: with_crc(feature)),
                    self.readable(_STATUS, self._status),
                    self.writable(_START, self._begin, self._start),
                    self.readable(_RUN_TIME, lambda: with_crc(_RUN_TIME_H.to_bytes(2, "little"))),
                    self.control_point(CONTROL_POINT, self.requested).characteristic,
                    self.control_point(_OPS, self._operate).characteristic,
                ],
            )
        ]

    def record_at(self, sequence: int, when: datetime, severity: float) -> Stored:
        """Measure."""
        glucose = self._person.look(when, severity)[Sign.GLUCOSE]
        trend = 0.0 if self._before is None else (glucose - self._before) / INTERVAL_MIN
        self._before = glucose
        offset = sequence * INTERVAL_MIN
        if self._started is None:  # what it holds when it is switched on was measured before
            self._started = when - timedelta(minutes=offset)
        record = CgmRecord(
            MedFloat(round(glucose), 0),
            offset,
            trend=MedFloat(round(10 * trend), -1),
            quality=MedFloat(96, 0),
            checked=True,
        )
        return Stored(offset, ((_MEASUREMENT, encode_cgm_record(record)),))

    async def measure(self) -> None:
        """Take a reading now, keep it and notify it."""
        await super().measure()
        self.deliver_soon()

    async def deliver(self, connection: Connection) -> None:
        """Notify the newest record, unless records are being reported."""
        if self.reporting or not self.outlets[_MEASUREMENT].subscribed or not self.store.records:
            return
        newest = self.store.records[-1]
        if newest.sequence != self._live:
            self._live = newest.sequence
            await self.send(connection, *newest.values[0], self.sent_count)

    def on_connected(self) -> None:
        """Begin: what was measured before is not live."""
        records = self.store.records
        self._live = records[-1].sequence if records else -1

    def on_written_time(self, when: datetime) -> None:
        """Take the hub's time; the session's start moves with it."""
        moved = when - self.now()
        super().on_written_time(when)
        if self._started is not None:
            self._started += moved

    def _status(self) -> bytes:
        last = self.store.records[-1].sequence if self.store.records else 0
        return with_crc(last.to_bytes(2, "little") + bytes(3))

    def _start(self) -> bytes:
        began = self._started or self.now()
        return with_crc(
            encode_date_time(date_time_of(began)) + bytes((_UNKNOWN_ZONE, _UNKNOWN_DST))
        )

    def _begin(self, _: Connection, value: bytes) -> None:
        _checked(value, _START_BYTES)
        self._started = self.now()

    async def _operate(self, connection: Connection, request: bytes) -> None:
        op = _checked(request, 1)[0]
        if op == Op.GET_INTERVAL:
            answer = bytes((_INTERVAL_IS, INTERVAL_MIN))
        else:
            answer = bytes((_RESPONSE, op, _NOT_SUPPORTED))
        self.later(self.say(connection, _OPS, with_crc(answer)))


def _checked(value: bytes, least: int) -> bytes:
    """Return what was written without its check; refuse it as the service says."""
    if len(value) < least + CRC_BYTES:
        raise att.ATT_Error(_MISSING_CRC)
    data, sent = value[:-CRC_BYTES], value[-CRC_BYTES:]
    if int.from_bytes(sent, "little") != e2e_crc(data):
        raise att.ATT_Error(_INVALID_CRC)
    return data
