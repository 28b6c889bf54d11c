"""What every decoder gives and every store takes: quantities, units, records and readings.

A decoder knows what the bytes say and nothing of the hub: it gives a :class:`Record`.
The collector knows which device spoke and when: it makes a :class:`Reading` of it.

Source: EN 13757-3 (function, storage number, tariff, subunit); UCUM 2.1 for care units.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from hardware.quantity import CANONICAL_UNIT, Quantity, Unit

__all__ = [
    "CANONICAL_UNIT",
    "ButtonPress",
    "Function",
    "Mark",
    "Provenance",
    "Quantity",
    "Reading",
    "Record",
    "Register",
    "TimeQuality",
    "Unit",
]


class ButtonPress(IntEnum):
    """How a button was pressed: the number is the value of a ``button_press``.

    Source: BTHome format v2, events (its numbers are kept for every maker's buttons).
    """

    PRESS = 1
    DOUBLE_PRESS = 2
    TRIPLE_PRESS = 3
    LONG_PRESS = 4
    LONG_DOUBLE_PRESS = 5
    LONG_TRIPLE_PRESS = 6
    HOLD_PRESS = 0x80
    HOLD_RELEASE = 0x81


class Function(StrEnum):
    """The function field of a record."""

    INSTANTANEOUS = "instantaneous"
    MAXIMUM = "maximum"
    MINIMUM = "minimum"
    ERROR = "error"


class Mark(StrEnum):
    """Why a value is no normal one."""

    NONE = ""
    ERROR_STATE = "error_state"  # the meter stored it while it was in error
    IMPLAUSIBLE = "implausible"  # no such meter can measure it


class TimeQuality(IntEnum):
    """How far the time of a reading may be trusted; the number is what stores keep."""

    UNKNOWN = 0  # the hub's clock was never set since it booted
    HELD = 1  # a clock that runs free: the hub's once set, or a device's that no hub had set
    DEVICE = 2  # the device's own clock, after the hub had set it at a contact
    RECORDED = 3  # the time written in a recording that is replayed
    SYNCHRONISED = 4  # the kernel says that the hub's clock is disciplined


@dataclass(frozen=True, slots=True)
class Register:
    """Which of a meter's registers a value comes from."""

    storage: int = 0
    tariff: int = 0
    subunit: int = 0
    function: Function = Function.INSTANTANEOUS


@dataclass(frozen=True, slots=True)
class Record:
    """One value as a decoder reads it from the bytes, in the quantity's canonical unit.

    ``value`` is a number; a string only where ``unit`` is ``text``, ``date`` (ISO 8601
    date) or ``datetime`` (ISO 8601 without offset: the meter's own clock).
    ``name`` is the profile's name for the field, or the quantity's where none is known.
    What is marked is for people to look at, never to be counted with.
    """

    quantity: Quantity
    value: float | str
    unit: Unit
    register: Register = field(default_factory=Register)
    name: str = ""
    mark: Mark = Mark.NONE


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a reading's bytes are and what read them.

    ``journal_id`` is the raw entry's number in the hub's journal, 0 if none;
    ``decoder`` is the decoder and its version, such as ``mbus/1``.
    """

    journal_id: int
    decoder: str


@dataclass(frozen=True, slots=True)
class Reading:
    """One number that one device measured at one moment.

    ``device`` is the stable device id (``mbus:KAM-76348799-27-04``, ``ble:C0112233AABB``).
    ``value`` is in the canonical unit of ``quantity``. ``observed_at`` is UTC.

    :raises ValueError: if ``observed_at`` is not UTC or ``quantity`` has no canonical unit.
    """

    device: str
    quantity: Quantity
    value: float
    observed_at: datetime
    time_quality: TimeQuality
    provenance: Provenance
    register: Register = field(default_factory=Register)

    def __post_init__(self) -> None:
        if self.observed_at.utcoffset() != timedelta(0):
            raise ValueError("observed_at must be UTC")
        if self.quantity not in CANONICAL_UNIT:
            raise ValueError(f"{self.quantity} has no canonical unit")

    @property
    def unit(self) -> Unit:
        """The canonical unit that ``value`` is in."""
        return CANONICAL_UNIT[self.quantity]
