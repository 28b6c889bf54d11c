"""Batteries: level (2A19) and level status (2BED).

Source: Bluetooth Battery Service 1.1, 3.1 and 3.2; GATT Specification Supplement, Battery
Level, Battery Level Status.
"""

from __future__ import annotations

from enum import IntFlag

from hardware.ble.answer import Answer, coded
from hardware.ble.cursor import Cursor
from hardware.ble.measurement import Measurement
from hardware.errors import DecodeError
from hardware.reading import Quantity


class _Flag(IntFlag):
    IDENTIFIER = 0x01
    LEVEL = 0x02
    ADDITIONAL = 0x04


_KNOWN_FLAGS = 0x07

_CONNECTED = coded(("no", "yes", "unknown"))
_CHARGE_STATES = coded(("unknown", "charging", "discharging_active", "discharging_inactive"))
_CHARGE_LEVELS = coded(("unknown", "good", "low", "critical"))
_CHARGING_TYPES = coded(
    ("unknown_or_not_charging", "constant_current", "constant_voltage", "trickle", "float")
)
_FAULTS = ("charging_fault_battery", "charging_fault_power_source", "charging_fault_other")


def decode_battery_level(value: bytes) -> Measurement:
    """Decode 0 to 100 percent (2A19)."""
    cursor = Cursor(value)
    answer = Answer("battery_level")
    _add_level(answer, cursor)
    cursor.end()
    return answer.measurement()


def decode_battery_level_status(value: bytes) -> Measurement:
    """Decode Battery Level Status (2BED).

    Flags: ``battery_present``, ``wired_power``, ``wireless_power``, ``charge_state``,
    ``charge_level``, ``charging_type``, the charging faults; ``identifier``,
    ``service_required`` and ``battery_fault`` if they are in the value.
    """
    cursor = Cursor(value)
    sent = cursor.unsigned(1, "the flags")
    flags = _Flag(sent & _KNOWN_FLAGS)
    state = cursor.unsigned(2, "the power state")
    answer = Answer("battery_level_status")
    answer.bits(state, ("battery_present",))
    answer.choice("wired_power", state >> 1 & 0x03, _CONNECTED)
    answer.choice("wireless_power", state >> 3 & 0x03, _CONNECTED)
    answer.choice("charge_state", state >> 5 & 0x03, _CHARGE_STATES)
    answer.choice("charge_level", state >> 7 & 0x03, _CHARGE_LEVELS)
    answer.choice("charging_type", state >> 9 & 0x07, _CHARGING_TYPES)
    answer.bits(state >> 12, _FAULTS)
    if flags & _Flag.IDENTIFIER:
        answer.flag("identifier", cursor.unsigned(2, "the identifier"))
    if flags & _Flag.LEVEL:
        _add_level(answer, cursor)
    if flags & _Flag.ADDITIONAL:
        additional = cursor.unsigned(1, "the additional status")
        answer.choice("service_required", additional & 0x03, _CONNECTED)
        answer.flag("battery_fault", bool(additional & 0x04))
    if flags == sent:
        cursor.end()
    return answer.measurement()


def _add_level(answer: Answer, cursor: Cursor) -> None:
    level = cursor.unsigned(1, "the battery level")
    if level > 100:
        raise DecodeError(f"battery level {level} is out of range", offset=cursor.offset - 1)
    answer.number(Quantity.BATTERY_LEVEL, level)
