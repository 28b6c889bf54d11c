"""Battery Level (2A19).

Source: Bluetooth Battery Service 1.1, 3.1.
"""

from __future__ import annotations

from hardware.ble.cursor import Cursor
from hardware.ble.measurement import Measurement
from hardware.errors import DecodeError
from hardware.reading import Quantity, Record, Unit


def decode_battery_level(value: bytes) -> Measurement:
    """Decode 0 to 100 percent."""
    cursor = Cursor(value)
    level = cursor.unsigned(1, "the battery level")
    cursor.end()
    if level > 100:
        raise DecodeError(f"battery level {level} is out of range", offset=0)
    record = Record(Quantity.BATTERY_LEVEL, float(level), Unit.PERCENT, name="battery_level")
    return Measurement("battery_level", (record,))
