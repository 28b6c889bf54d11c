"""A device's clock, read and written.

Date Time (2A08), Day Date Time (2A0A), Exact Time 256 (2A0C), Current Time (2A2B).

Source: Bluetooth GATT Specification Supplement, Date Time, Day Date Time, Exact Time 256,
Current Time; Current Time Service 1.1, 3.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntFlag

from hardware.ble.cursor import Cursor
from hardware.ble.measurement import Measurement
from hardware.errors import DecodeError
from hardware.reading import Quantity, Record, Unit

FIRST_YEAR, LAST_YEAR = 1582, 9999  # the range of the Date Time field


class AdjustReason(IntFlag):
    """Why a clock was set, as the Current Time value tells."""

    NONE = 0
    MANUAL = 1
    EXTERNAL_REFERENCE = 2
    TIME_ZONE = 4
    DAYLIGHT_SAVING = 8


@dataclass(frozen=True, slots=True)
class DateTime:
    """A clock's reading as sent: 0 in ``year``, ``month`` or ``day`` is "not known"."""

    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int

    @property
    def complete(self) -> bool:
        """Whether it names a day."""
        return bool(self.year and self.month and self.day)

    def __str__(self) -> str:
        """ISO 8601 without offset; zeros where a field is not known."""
        return (
            f"{self.year:04}-{self.month:02}-{self.day:02}"
            f"T{self.hour:02}:{self.minute:02}:{self.second:02}"
        )


def read_date_time(cursor: Cursor) -> DateTime:
    """Read the seven bytes of a Date Time field.

    :raises DecodeError: at the first part that is out of its range, or on a day that no month has.
    """
    start = cursor.offset
    year = cursor.unsigned(2, "the year")
    if year and not FIRST_YEAR <= year <= LAST_YEAR:
        raise DecodeError(f"year {year} is out of range", offset=start)
    parts = []
    for name, most in (("month", 12), ("day", 31), ("hour", 23), ("minute", 59), ("second", 59)):
        part = cursor.unsigned(1, f"the {name}")
        if part > most:
            raise DecodeError(f"{name} {part} is out of range", offset=cursor.offset - 1)
        parts.append(part)
    read = DateTime(year, *parts)
    if read.month and read.day:
        try:
            datetime(read.year or 2000, read.month, read.day)  # noqa: DTZ001  # the device's own clock
        except ValueError:
            raise DecodeError(
                f"there is no day {read.day} in that month", offset=start + 3
            ) from None
    return read


def encode_date_time(value: DateTime) -> bytes:
    """Return the seven bytes of a Date Time field."""
    return value.year.to_bytes(2, "little") + bytes(
        (value.month, value.day, value.hour, value.minute, value.second)
    )


def date_time_of(when: datetime) -> DateTime:
    """Return what a clock shows at ``when``, in ``when``'s own time zone."""
    return DateTime(when.year, when.month, when.day, when.hour, when.minute, when.second)


def encode_current_time(
    local: datetime, reason: AdjustReason = AdjustReason.EXTERNAL_REFERENCE
) -> bytes:
    """Return the Current Time value (10 bytes) that sets a device's clock to ``local``.

    ``local`` is the time that a clock on the wall shows: people read it off the device's display.
    """
    return encode_date_time(date_time_of(local)) + bytes(
        (local.isoweekday(), local.microsecond * 256 // 1_000_000, reason)
    )


def timestamp_fields(read: DateTime) -> tuple[str | None, dict[str, bool | int | str]]:
    """Return ``timestamp`` and ``flags`` for a measurement.

    A time that names no day is no timestamp; it is kept as a flag, zeros for what is not known.
    """
    if read.complete:
        return str(read), {}
    return None, {"timestamp_incomplete": str(read)}


def read_day_of_week(cursor: Cursor) -> int:
    """Read a Day of Week field: 1 Monday to 7, 0 not known.

    :raises DecodeError: at any other value.
    """
    weekday = cursor.unsigned(1, "the day of the week")
    if weekday > 7:
        raise DecodeError(f"day {weekday} of the week is out of range", offset=cursor.offset - 1)
    return weekday


def decode_date_time(value: bytes) -> Measurement:
    """Decode Date Time (2A08)."""
    return _decode("date_time", value)


def decode_day_date_time(value: bytes) -> Measurement:
    """Decode Day Date Time (2A0A). Flags: ``day_of_week``, see :func:`decode_current_time`."""
    return _decode("day_date_time", value, weekday=True)


def decode_exact_time(value: bytes) -> Measurement:
    """Decode Exact Time 256 (2A0C). Flags: ``day_of_week``, ``fractions256``."""
    return _decode("exact_time_256", value, weekday=True, fractions=True)


def decode_current_time(value: bytes) -> Measurement:
    """Decode Current Time (2A2B).

    Flags: ``day_of_week`` (1 Monday to 7, 0 not known; not checked against the date, which
    devices get wrong), ``fractions256``, ``adjust_reason`` (bits of :class:`AdjustReason`).
    """
    return _decode("current_time", value, weekday=True, fractions=True, reason=True)


def _decode(
    device: str,
    value: bytes,
    *,
    weekday: bool = False,
    fractions: bool = False,
    reason: bool = False,
) -> Measurement:
    cursor = Cursor(value)
    read = read_date_time(cursor)
    flags: dict[str, bool | int | str] = {}
    if weekday:
        flags["day_of_week"] = read_day_of_week(cursor)
    if fractions:
        flags["fractions256"] = cursor.unsigned(1, "the fractions of a second")
    if reason:
        flags["adjust_reason"] = cursor.bits(1, 0x0F, "the adjust reason")
    cursor.end()
    timestamp, more = timestamp_fields(read)
    records: tuple[Record, ...] = ()
    if timestamp is not None:
        records = (Record(Quantity.DATETIME, timestamp, Unit.DATETIME, name=device),)
    return Measurement(device, records, flags | more, timestamp)
