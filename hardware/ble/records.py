"""How the records of a profile are told apart, for :mod:`hardware.ble.record_transfer`.

Source: Bluetooth Glucose Service 1.0.1, 3.1.1.2 and 3.4.2 (filter types); Continuous Glucose
Monitoring Service 1.0.2, 3.6; Pulse Oximeter Service 1.0.1, 3.4; Blood Pressure Service 1.1.1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

from hardware.ble.cgm import read_cgm_records
from hardware.ble.glucose import read_glucose
from hardware.ble.glucose_context import sequence_of_context
from hardware.ble.pressure_record import RecordAssembler, read_segment
from hardware.errors import DecodeError

SEQUENCE_FILTER = 1  # "Sequence Number" of glucose, "Time Offset" of CGM
LAST_SEQUENCE = 0xFFFF


@dataclass(frozen=True, slots=True)
class Records:
    """A profile's stored records.

    ``numbers`` reads the numbers of the records in a value, the last one last; it is ``None``
    where records have none: they are asked for all together then, and never deleted. With
    ``in_parts`` values and records are not one to one. ``context`` is the characteristic that
    may follow a record. ``whole`` makes, for one run of values, the function that says of
    each whether its record is complete with it, or more is announced to come.
    """

    uuid: str
    numbers: Callable[[bytes], tuple[int, ...]] | None
    in_parts: bool = False
    context: str = ""
    context_sequence: Callable[[bytes], int] = sequence_of_context
    whole: Callable[[], Callable[[bytes], bool]] = lambda: lambda _value: True


@dataclass(frozen=True, slots=True)
class Mark:
    """A record of a device, recognised again by its number and what it says."""

    sequence: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Position:
    """How far a device was read; keep it with the committed records.

    Everything the device held up to ``verified`` was counted and is committed. Behind it
    ``since`` more records are committed, up to ``last``, where a transfer broke off.
    """

    verified: Mark | None = None
    last: Mark | None = None
    since: int = 0


def _segments() -> Callable[[bytes], bool]:
    assembler = RecordAssembler()

    def whole(value: bytes) -> bool:
        try:
            return assembler.feed(value) is not None
        except DecodeError:  # a segment was lost: the record stays incomplete
            return False

    return whole


GLUCOSE = Records(
    "2A18",
    lambda value: (read_glucose(value).sequence,),
    context="2A34",
    whole=lambda: lambda value: not read_glucose(value).context_follows,
)
CGM = Records(
    "2AA7",
    lambda value: tuple(record.offset_min for record in read_cgm_records(value)),
    in_parts=True,
)
PRESSURE = Records(
    "2B36", lambda value: (read_segment(value).sequence,), in_parts=True, whole=_segments
)
OXIMETER = Records("2A5E", None)


def digest(uuid: str, value: bytes) -> bytes:
    """Return what tells a value from every other."""
    return blake2b(uuid.encode() + b"\0" + value, digest_size=16).digest()
