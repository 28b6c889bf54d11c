"""What a battery says beside its level.

Battery Critical Status (2BE9), Health Status (2BEA), Health Information (2BEB), Information (2BEC),
Time Status (2BEE), Energy Status (2BF0), Estimated Service Date (2BEF).

Source: Bluetooth Battery Service 1.1, 3.3 to 3.9; GATT Specification Supplement under these names.
"""

from __future__ import annotations

from datetime import date, timedelta

from hardware.ble.answer import Answer, coded
from hardware.ble.cursor import Cursor, read_sfloat
from hardware.ble.measurement import Measurement
from hardware.errors import DecodeError
from hardware.reading import Unit

_CHEMISTRIES = coded(
    (
        "unknown",
        "alkaline",
        "lead_acid",
        "lithium_iron_disulfide",
        "lithium_manganese_dioxide",
        "lithium_ion",
        "lithium_polymer",
        "nickel_oxyhydroxide",
        "nickel_cadmium",
        "nickel_metal_hydride",
        "silver_oxide",
        "zinc_chloride",
        "zinc_air",
        "zinc_carbon",
    )
) | {0xFF: "other"}
_ENERGIES = (
    ("external_source_power", Unit.W),
    ("present_voltage", Unit.VOLT),
    ("available_energy", Unit.KWH),
    ("available_capacity", Unit.KWH),
    ("charge_rate", Unit.W),
    ("available_energy_at_last_charge", Unit.KWH),
)
_TEMPERATURE_WORDS = {127: "above_126", -128: "below_-127"}
_MINUTE_WORDS = {0xFFFFFF: "unknown", 0xFFFFFE: "beyond_range"}


def decode_battery_critical_status(value: bytes) -> Measurement:
    """Decode Battery Critical Status (2BE9)."""
    cursor = Cursor(value)
    bits = cursor.unsigned(1, "the status")
    cursor.end()
    answer = Answer("battery_critical_status")
    answer.bits(bits, ("critical_power_state", "immediate_service_required"))
    return answer.measurement()


def decode_battery_health_status(value: bytes) -> Measurement:
    """Decode Battery Health Status (2BEA).

    Flags: ``health_percent``, ``cycle_count``, ``temperature_degc``, ``deep_discharge_count``.
    """
    cursor = Cursor(value)
    flags = cursor.unsigned(1, "the flags")
    answer = Answer("battery_health_status")
    if flags & 0x01:
        health = cursor.unsigned(1, "the health")
        if health > 100:
            raise DecodeError(f"health {health} is out of range", offset=cursor.offset - 1)
        answer.flag("health_percent", health)
    if flags & 0x02:
        answer.flag("cycle_count", cursor.unsigned(2, "the cycles"))
    if flags & 0x04:
        _add_temperature(answer, cursor, "temperature_degc")
    if flags & 0x08:
        answer.flag("deep_discharge_count", cursor.unsigned(2, "the deep discharges"))
    if flags <= 0x0F:
        cursor.end()
    return answer.measurement()


def decode_battery_health_information(value: bytes) -> Measurement:
    """Decode Battery Health Information (2BEB): what it was designed for."""
    cursor = Cursor(value)
    flags = cursor.unsigned(1, "the flags")
    answer = Answer("battery_health_information")
    if flags & 0x01:
        answer.flag("designed_cycle_count", cursor.unsigned(2, "the cycles"))
    if flags & 0x02:
        _add_temperature(answer, cursor, "least_temperature_degc")
        _add_temperature(answer, cursor, "most_temperature_degc")
    if flags <= 0x03:
        cursor.end()
    return answer.measurement()


def decode_battery_information(value: bytes) -> Measurement:
    """Decode Battery Information (2BEC); energies and voltage are given as ``other``."""
    cursor = Cursor(value)
    flags = cursor.unsigned(2, "the flags")
    answer = Answer("battery_information")
    features = cursor.unsigned(1, "the features")
    answer.flag("features", features)
    answer.bits(features, ("battery_replaceable", "battery_rechargeable"))
    if flags & 0x01:
        answer.flag("manufacture_date", _read_day(cursor))
    if flags & 0x02:
        answer.flag("expiration_date", _read_day(cursor))
    for bit, name in ((0x04, "designed_capacity"), (0x08, "low_energy"), (0x10, "critical_energy")):
        if flags & bit:
            answer.setting(name, read_sfloat(cursor, name), Unit.KWH)
    if flags & 0x20:
        answer.choice("chemistry", cursor.unsigned(1, "the chemistry"), _CHEMISTRIES)
    if flags & 0x40:
        answer.setting("nominal_voltage", read_sfloat(cursor, "the voltage"), Unit.VOLT)
    if flags & 0x80:
        answer.flag("aggregation_group", cursor.unsigned(1, "the group"))
    if flags <= 0xFF:
        cursor.end()
    return answer.measurement()


def decode_battery_time_status(value: bytes) -> Measurement:
    """Decode Battery Time Status (2BEE), in minutes."""
    cursor = Cursor(value)
    flags = cursor.unsigned(1, "the flags")
    answer = Answer("battery_time_status")
    _add_minutes(answer, cursor, "discharged_in_min")
    if flags & 0x01:
        _add_minutes(answer, cursor, "discharged_on_standby_in_min")
    if flags & 0x02:
        _add_minutes(answer, cursor, "recharged_in_min")
    if flags <= 0x03:
        cursor.end()
    return answer.measurement()


def decode_battery_energy_status(value: bytes) -> Measurement:
    """Decode Battery Energy Status (2BF0); all of it is given as ``other``."""
    cursor = Cursor(value)
    flags = cursor.unsigned(1, "the flags")
    answer = Answer("battery_energy_status")
    for bit, (name, unit) in enumerate(_ENERGIES):
        if flags >> bit & 1:
            answer.setting(name, read_sfloat(cursor, name), unit)
    if flags <= 0x3F:
        cursor.end()
    return answer.measurement()


def decode_estimated_service_date(value: bytes) -> Measurement:
    """Decode Estimated Service Date (2BEF)."""
    cursor = Cursor(value)
    answer = Answer("estimated_service_date")
    answer.flag("estimated_service_date", _read_day(cursor))
    cursor.end()
    return answer.measurement()


def _add_temperature(answer: Answer, cursor: Cursor, name: str) -> None:
    degrees = cursor.signed(1, name)
    answer.flag(name, _TEMPERATURE_WORDS.get(degrees, degrees))


def _add_minutes(answer: Answer, cursor: Cursor, name: str) -> None:
    minutes = cursor.unsigned(3, name)
    answer.flag(name, _MINUTE_WORDS.get(minutes, minutes))


def _read_day(cursor: Cursor) -> str:
    """Read a Date UTC: days since 1970, 0 for "not known"."""
    place = cursor.offset
    days = cursor.unsigned(3, "the date")
    if days == 0:
        return "unknown"
    try:
        return (date(1970, 1, 1) + timedelta(days=days)).isoformat()
    except OverflowError:
        raise DecodeError(f"day {days} leads out of the calendar", offset=place) from None
