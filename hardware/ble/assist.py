"""Small values of things that help in a home: buttons, contacts, doors, finders.

Alert Level (2A06), Tx Power Level (2A07), Door/Window Status (2C20), Pushbutton Status 8 (2C21),
Contact Status 8 (2C22).

Source: GATT Specification Supplement under these names; Bluetooth Binary Sensor Service 1.0.
"""

from __future__ import annotations

from hardware.ble.answer import Answer, coded
from hardware.ble.cursor import Cursor
from hardware.ble.measurement import Measurement
from hardware.errors import DecodeError
from hardware.reading import Quantity

ALERT_LEVELS = coded(("none", "mild", "high"))
DOOR_STATES = coded(("open", "closed", "ajar"))
_BUTTON_STATES = coded(("idle", "pressed", "released", "held"))


def decode_tx_power(value: bytes) -> Measurement:
    """Decode Tx Power Level (2A07), -100 to 20 dBm."""
    cursor = Cursor(value)
    power = cursor.signed(1, "the power")
    cursor.end()
    if not -100 <= power <= 20:
        raise DecodeError(f"power {power} is reserved", offset=0)
    answer = Answer("tx_power_level")
    answer.number(Quantity.SIGNAL_STRENGTH, power, name="tx_power_level")
    return answer.measurement()


def decode_pushbuttons(value: bytes) -> Measurement:
    """Decode Pushbutton Status 8 (2C21). Flags: ``button_0`` to ``button_3``."""
    cursor = Cursor(value)
    bits = cursor.unsigned(1, "the buttons")
    cursor.end()
    answer = Answer("pushbutton_status_8")
    for button in range(4):
        answer.choice(f"button_{button}", bits >> 2 * button & 0x03, _BUTTON_STATES)
    return answer.measurement()


def decode_contacts(value: bytes) -> Measurement:
    """Decode Contact Status 8 (2C22). Flags: ``contact_0_closed`` to ``contact_7_closed``."""
    cursor = Cursor(value)
    bits = cursor.unsigned(1, "the contacts")
    cursor.end()
    answer = Answer("contact_status_8")
    answer.bits(bits, tuple(f"contact_{number}_closed" for number in range(8)))
    return answer.measurement()
