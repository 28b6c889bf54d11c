"""Stored blood pressure (2B36): a container that comes in one segment or several.

Source: Bluetooth Blood Pressure Service 1.1.1, Blood Pressure Record; GATT Specification
Supplement, Blood Pressure Record.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hardware.ble.crc import CRC_BYTES, e2e_crc
from hardware.ble.cursor import Cursor
from hardware.ble.measurement import Measurement
from hardware.errors import DecodeError

FIRST_SEGMENT, LAST_SEGMENT = 0x01, 0x02
COUNTERS = 64  # the rolling counter of segments
_DEVICE = "blood_pressure_record"
MAX_RECORD_BYTES = 512  # a record holds one characteristic's value, which is no longer


@dataclass(frozen=True, slots=True)
class Segment:
    """One value as sent. ``uuid`` names the characteristic whose value is recorded."""

    first: bool
    last: bool
    counter: int
    sequence: int
    uuid: str
    payload: bytes


def read_segment(value: bytes) -> Segment:
    """Read a Blood Pressure Record value.

    :raises DecodeError: if it ends within its header.
    """
    cursor = Cursor(value)
    header = cursor.unsigned(1, "the segmentation header")
    sequence = cursor.unsigned(2, "the sequence number")
    uuid = f"{cursor.unsigned(2, 'the UUID'):04X}"
    return Segment(
        bool(header & FIRST_SEGMENT),
        bool(header & LAST_SEGMENT),
        header >> 2,
        sequence,
        uuid,
        cursor.rest(),
    )


def encode_segment(segment: Segment) -> bytes:
    """Return the Blood Pressure Record value."""
    header = segment.first * FIRST_SEGMENT | segment.last * LAST_SEGMENT | segment.counter << 2
    return (
        bytes((header,))
        + segment.sequence.to_bytes(2, "little")
        + int(segment.uuid, 16).to_bytes(2, "little")
        + segment.payload
    )


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record put together. ``checked`` says that it carried its check, and the right one."""

    sequence: int
    uuid: str
    value: bytes
    checked: bool


class RecordAssembler:
    """Puts segments together; it holds at most one record."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held: list[Segment] = []

    def feed(self, value: bytes) -> StoredRecord | None:
        """Take the next value; return the record once it is whole.

        :raises DecodeError: if a segment before it is missing; the record begun is dropped then.
        """
        segment = read_segment(value)
        held, self._held = self._held, []
        if segment.first:
            held = []
        elif not held or not _follows(held[-1], segment):
            raise DecodeError(f"a segment of record {segment.sequence} is missing before this one")
        held.append(segment)
        if sum(len(each.payload) for each in held) > MAX_RECORD_BYTES:
            raise DecodeError("record is longer than a value may be")
        if segment.last:
            return _whole(held)
        self._held = held
        return None


def decode_record(value: bytes, decode: Callable[[str, bytes], Measurement]) -> Measurement:
    """Decode Blood Pressure Record (2B36) with ``decode`` for the value recorded in it.

    Flags: ``sequence_number``, ``uuid``, those of the recorded value. A segment of a record
    that has several says ``first_segment``, ``last_segment`` and ``segment_counter`` instead;
    :class:`RecordAssembler` puts them together.

    :raises DecodeError: if the header is cut, or the recorded value breaks its standard.
    """
    segment = read_segment(value)
    flags: dict[str, bool | int | str] = {
        "sequence_number": segment.sequence,
        "uuid": segment.uuid,
    }
    if not (segment.first and segment.last):
        flags["first_segment"] = segment.first
        flags["last_segment"] = segment.last
        flags["segment_counter"] = segment.counter
        return Measurement(_DEVICE, (), flags)
    if segment.uuid == "2B36":
        raise DecodeError("a record holds a record", offset=3)
    inner = decode(segment.uuid, _whole([segment]).value)
    return Measurement(_DEVICE, inner.records, flags | inner.flags, inner.timestamp)


def _follows(before: Segment, segment: Segment) -> bool:
    same = (before.sequence, before.uuid) == (segment.sequence, segment.uuid)
    return same and (before.counter + 1) % COUNTERS == segment.counter


def _whole(segments: list[Segment]) -> StoredRecord:
    """Whether a check is there is said in the feature value alone: the right one is taken for it.

    A value without a check ends like the right one once in 65,536 times, and its decoder then
    finds it two bytes short.
    """
    last = segments[-1]
    payload = b"".join(each.payload for each in segments)
    data = b"".join(map(encode_segment, segments))
    checked = len(payload) > CRC_BYTES and e2e_crc(data[:-CRC_BYTES]) == int.from_bytes(
        data[-CRC_BYTES:], "little"
    )
    value = payload[:-CRC_BYTES] if checked else payload
    return StoredRecord(last.sequence, last.uuid, value, checked)
