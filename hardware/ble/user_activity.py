"""What a user wants of themselves and where they wear the device.

Device Wearing Position (2B4B), High Intensity Exercise Threshold (2B4D), Activity Goal (2B4E).

Source: Bluetooth User Data Service 1.1; GATT Specification Supplement under these names.
"""

from __future__ import annotations

from hardware.ble.answer import Answer, coded
from hardware.ble.cursor import Cursor
from hardware.ble.measurement import Measurement
from hardware.errors import DecodeError

POSITIONS = coded(
    (
        "other",
        "head",
        "ear",
        "ear_right",
        "ear_left",
        "neck",
        "trunk",
        "pelvis",
        "pelvis_right",
        "pelvis_left",
        "thorax",
        "thorax_right",
        "thorax_left",
        "back",
        "upper_extremity",
        "upper_extremity_right",
        "upper_extremity_left",
        "wrist",
        "wrist_right",
        "wrist_left",
        "finger",
        "finger_right",
        "finger_left",
        "hand",
        "hand_right",
        "hand_left",
        "lower_extremity",
        "lower_extremity_right",
        "lower_extremity_left",
        "ankle",
        "ankle_right",
        "ankle_left",
        "foot",
        "foot_right",
        "foot_left",
        "pants_pocket",
        "pants_pocket_right",
        "pants_pocket_left",
        "chest_pocket",
        "chest_pocket_right",
        "chest_pocket_left",
    )
)
_THRESHOLDS = {
    1: ("energy_kj_per_hour", 2),
    2: ("metabolic_equivalent_tenths", 1),
    3: ("percent_of_heart_rate_max", 1),
    4: ("heart_rate", 1),
}
_GOALS = (
    ("total_energy_expenditure", 2),
    ("normal_walking_steps", 3),
    ("intensity_steps", 3),
    ("floor_steps", 3),
    ("distance", 3),
    ("normal_walking_s", 3),
    ("intensity_walking_s", 3),
)


def decode_exercise_threshold(value: bytes) -> Measurement:
    """Decode High Intensity Exercise Threshold (2B4D): one of four ways to say it, or none."""
    cursor = Cursor(value)
    answer = Answer("high_intensity_exercise_threshold")
    selector = cursor.unsigned(1, "the field selector")
    if selector in _THRESHOLDS:
        name, size = _THRESHOLDS[selector]
        answer.flag(name, cursor.unsigned(size, name))
    elif selector:
        raise DecodeError(f"field selector {selector} is reserved", offset=0)
    answer.flag("field_selector", selector)
    cursor.end()
    return answer.measurement()


def decode_activity_goal(value: bytes) -> Measurement:
    """Decode Activity Goal (2B4E), each part as sent."""
    cursor = Cursor(value)
    flags = cursor.unsigned(1, "the flags")
    answer = Answer("activity_goal")
    for bit, (name, size) in enumerate(_GOALS):
        if flags >> bit & 1:
            answer.flag(name, cursor.unsigned(size, name))
    if flags <= 0x7F:
        cursor.end()
    return answer.measurement()
