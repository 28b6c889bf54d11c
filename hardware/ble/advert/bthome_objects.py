"""BTHome's objects: what each id measures, in how many bytes and steps.

Source: BTHome format v2, sensor data, binary sensor data, events, device information.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from hardware.reading import Quantity, Unit


@dataclass(frozen=True, slots=True)
class Number:
    """A number of ``size`` bytes, one step being ``step`` of the quantity's canonical unit.

    ``unit`` is set where the quantity is ``other``.
    """

    quantity: Quantity
    size: int
    step: Fraction = Fraction(1)
    name: str = ""
    unit: Unit | None = None
    signed: bool = False


@dataclass(frozen=True, slots=True)
class Binary:
    """Yes or no. ``quantity`` is ``None`` where it is a flag; ``inverted``: 1 means no."""

    name: str
    quantity: Quantity | None = None
    inverted: bool = False


def _n(quantity: Quantity, size: int, step: str = "1", *, signed: bool = False) -> Number:
    return Number(quantity, size, Fraction(step), quantity.value, None, signed)


def _o(name: str, unit: Unit, size: int, step: str = "1", *, signed: bool = False) -> Number:
    return Number(Quantity.OTHER, size, Fraction(step), name, unit, signed)


_POUND = Fraction(45_359_237, 100_000_000)  # kg, exact

NUMBERS: dict[int, Number] = {
    0x01: _n(Quantity.BATTERY_LEVEL, 1),
    0x02: _n(Quantity.AIR_TEMPERATURE, 2, "1/100", signed=True),
    0x03: _n(Quantity.RELATIVE_HUMIDITY, 2, "1/100"),
    0x04: _n(Quantity.AIR_PRESSURE, 3, "1/100"),
    0x05: _n(Quantity.ILLUMINANCE, 3, "1/100"),
    0x06: _n(Quantity.MASS, 2, "1/100"),
    0x07: Number(Quantity.MASS, 2, _POUND / 100, "mass"),
    0x08: _n(Quantity.DEW_POINT, 2, "1/100", signed=True),
    0x09: _o("count", Unit.ONE, 1),
    0x0A: _n(Quantity.ENERGY, 3, "1/1000"),
    0x0B: _n(Quantity.POWER, 3, "1/100000"),
    0x0C: _n(Quantity.VOLTAGE, 2, "1/1000"),
    0x0D: _n(Quantity.PM_2_5, 2),
    0x0E: _n(Quantity.PM_10, 2),
    0x12: _n(Quantity.CARBON_DIOXIDE, 2),
    0x13: _n(Quantity.VOC_CONCENTRATION, 2),
    0x14: _n(Quantity.SOIL_MOISTURE, 2, "1/100"),
    0x2E: _n(Quantity.RELATIVE_HUMIDITY, 1),
    0x2F: _n(Quantity.SOIL_MOISTURE, 1),
    0x3D: _o("count", Unit.ONE, 2),
    0x3E: _o("count", Unit.ONE, 4),
    0x3F: _o("rotation", Unit.DEGREE, 2, "1/10", signed=True),
    0x40: _n(Quantity.DISTANCE, 2, "1/1000"),
    0x41: _n(Quantity.DISTANCE, 2, "1/10"),
    0x42: _o("duration", Unit.SECOND, 3, "1/1000"),
    0x43: _n(Quantity.CURRENT, 2, "1/1000"),
    0x44: _n(Quantity.SPEED, 2, "1/100"),
    0x45: _n(Quantity.AIR_TEMPERATURE, 2, "1/10", signed=True),
    0x46: _n(Quantity.UV_INDEX, 1, "1/10"),
    0x47: _n(Quantity.VOLUME, 2, "1/10000"),
    0x48: _n(Quantity.VOLUME, 2, "1/1000000"),
    0x49: _n(Quantity.VOLUME_FLOW, 2, "1/1000"),
    0x4A: _n(Quantity.VOLTAGE, 2, "1/10"),
    0x4B: Number(Quantity.VOLUME, 3, Fraction(1, 1000), "gas_volume"),
    0x4C: Number(Quantity.VOLUME, 4, Fraction(1, 1000), "gas_volume"),
    0x4D: _n(Quantity.ENERGY, 4, "1/1000"),
    0x4E: _n(Quantity.VOLUME, 4, "1/1000000"),
    0x4F: Number(Quantity.VOLUME, 4, Fraction(1, 1_000_000), "water_volume"),
    0x51: _n(Quantity.ACCELERATION, 2, "1/1000"),
    0x52: _o("gyroscope", Unit.DEGREE_PER_S, 2, "1/1000"),
    0x55: Number(Quantity.VOLUME, 4, Fraction(1, 1_000_000), "volume_storage"),
    0x56: _n(Quantity.SOIL_CONDUCTIVITY, 2),
    0x57: _n(Quantity.AIR_TEMPERATURE, 1, signed=True),
    0x58: _n(Quantity.AIR_TEMPERATURE, 1, "35/100", signed=True),
    0x59: _o("count", Unit.ONE, 1, signed=True),
    0x5A: _o("count", Unit.ONE, 2, signed=True),
    0x5B: _o("count", Unit.ONE, 4, signed=True),
    0x5C: _n(Quantity.POWER, 4, "1/100000", signed=True),
    0x5D: _n(Quantity.CURRENT, 2, "1/1000", signed=True),
    0x5E: _o("direction", Unit.DEGREE, 2, "1/100"),
    0x5F: _o("precipitation", Unit.MILLIMETRE, 2, "1/10"),
    0x60: _o("channel", Unit.ONE, 1),
    0x61: _o("rotational_speed", Unit.PER_MINUTE, 2),
    0x62: _n(Quantity.SPEED, 4, "1/1000000", signed=True),
    0x63: _n(Quantity.ACCELERATION, 4, "1/1000000", signed=True),
    0x64: _o("light_level", Unit.ONE, 1),
    0x65: _o("settings_revision", Unit.ONE, 1),
}

BINARIES: dict[int, Binary] = {
    0x0F: Binary("generic_boolean"),
    0x10: Binary("power_on"),
    0x11: Binary("opening", Quantity.DOOR_OPEN),
    0x15: Binary("battery_low"),
    0x16: Binary("battery_charging"),
    0x17: Binary("carbon_monoxide", Quantity.GAS_ALARM),
    0x18: Binary("cold"),
    0x19: Binary("connected"),
    0x1A: Binary("door", Quantity.DOOR_OPEN),
    0x1B: Binary("garage_door", Quantity.DOOR_OPEN),
    0x1C: Binary("gas", Quantity.GAS_ALARM),
    0x1D: Binary("heat"),
    0x1E: Binary("light", Quantity.LIGHT),
    0x1F: Binary("lock", Quantity.LOCKED, inverted=True),
    0x20: Binary("moisture", Quantity.WATER_LEAK),
    0x21: Binary("motion", Quantity.MOTION),
    0x22: Binary("moving", Quantity.MOTION),
    0x23: Binary("occupancy", Quantity.OCCUPANCY),
    0x24: Binary("plugged_in"),
    0x25: Binary("presence", Quantity.OCCUPANCY),
    0x26: Binary("problem"),
    0x27: Binary("running"),
    0x28: Binary("safe"),
    0x29: Binary("smoke", Quantity.SMOKE),
    0x2A: Binary("sound", Quantity.SOUND),
    0x2B: Binary("tamper", Quantity.TAMPER),
    0x2C: Binary("vibration", Quantity.VIBRATION),
    0x2D: Binary("window", Quantity.DOOR_OPEN),
}

PACKET_ID = 0x00
BUTTON = 0x3A
COMMAND = 0x3B
DIMMER = 0x3C
TIMESTAMP = 0x50
TEXT = 0x53
RAW = 0x54
DEVICE_TYPE = 0xF0
FIRMWARE = {0xF1: 4, 0xF2: 3}
SIZES = {PACKET_ID: 1, BUTTON: 1, DIMMER: 2, TIMESTAMP: 4, DEVICE_TYPE: 2, **FIRMWARE}

COMMANDS = {0: "off", 1: "on", 2: "toggle", 3: "step_up", 4: "step_down"}
DIMMER_EVENTS = {1: "rotate_left", 2: "rotate_right"}
HOLD_BY_SHELLY = 0xFE  # sent for "hold" by Shelly's buttons before the format had a code for it

VERSION_1_FORMATS = {0: "unsigned", 1: "signed", 2: "float", 3: "text", 4: "raw"}
