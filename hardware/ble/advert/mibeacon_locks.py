"""MiBeacon's locks: who opened how, and what the door does.

Source: Mi BLE object definition, 0x0006 (fingerprint), 0x0007 (door), 0x0008 (armed),
0x000B (lock), 0x100E (lock attribute), 0x100F (door attribute).
"""

from __future__ import annotations

from collections.abc import Callable

from hardware.ble.advert.sighting import Findings
from hardware.errors import DecodeError
from hardware.reading import Quantity

Reader = Callable[[Findings, bytes, str], None]

_FINGERPRINTS = (
    "match_successful",
    "match_failed",
    "timeout",
    "low_quality_too_light_fuzzy",
    "insufficient_area",
    "skin_is_too_dry",
    "skin_is_too_wet",
)
_NOBODY = {
    0x00000000: "administrator",
    0xFFFFFFFF: "unknown operator",
    0xDEADBEEF: "invalid operator",
}
_KEY_KINDS = (
    "Fingerprint key id",
    "Password key id",
    "Keys key id",
    "NFC key id",
    "Two-step verification key id",
    "Human face key id",
    "Finger veins key id",
    "Palm print key id",
)
_FIRST_KEY_KIND = 0x8001
# open or locked, which bolt, and what was done
_ACTIONS = {
    0: (True, "lock", "unlock_outside_the_door"),
    1: (False, "lock", "locked"),
    2: (False, "antilock", "turn_on_antilock"),
    3: (True, "antilock", "release_the_antilock"),
    4: (True, "lock", "unlock_inside_the_door"),
    5: (False, "lock", "lock_inside_the_door"),
    6: (False, "childlock", "turn_on_child_lock"),
    7: (True, "childlock", "turn_off_child_lock"),
    8: (False, "lock", "lock_outside_the_door"),
    15: (True, "lock", "abnormal"),
}
_METHODS = {
    0: "bluetooth",
    1: "password",
    2: "biometrics",
    3: "key_method",
    4: "turntable_method",
    5: "nfc_method",
    6: "one_time_password",
    7: "two_step_verification",
    8: "coercion_method",
    9: "homekit",
    10: "manual",
    11: "automatic",
    15: "abnormal",
}
_ERRORS = {
    0xC0DE0000: "frequent_unlocking_with_incorrect_password",
    0xC0DE0001: "frequent_unlocking_with_wrong_fingerprints",
    0xC0DE0002: "operation_timeout_password_input_timeout",
    0xC0DE0003: "lock_picking",
    0xC0DE0004: "reset_button_is_pressed",
    0xC0DE0005: "the_wrong_key_is_frequently_unlocked",
    0xC0DE0006: "foreign_body_in_the_keyhole",
    0xC0DE0007: "the_key_has_not_been_taken_out",
    0xC0DE0008: "error_nfc_frequently_unlocks",
    0xC0DE0009: "timeout_is_not_locked_as_required",
    0xC0DE000A: "failure_to_unlock_frequently_in_multiple_ways",
    0xC0DE000B: "unlocking_the_face_frequently_fails",
    0xC0DE000C: "failure_to_unlock_the_vein_frequently",
    0xC0DE000D: "hijacking_alarm",
    0xC0DE000E: "unlock_inside_the_door_after_arming",
    0xC0DE000F: "palmprints_frequently_fail_to_unlock",
    0xC0DE0010: "the_safe_was_moved",
    0xC0DE1000: "the_battery_level_is_less_than_10_percent",
    0xC0DE1001: "the_battery_level_is_less_than_5_percent",
    0xC0DE1002: "the_fingerprint_sensor_is_abnormal",
    0xC0DE1003: "the_accessory_battery_is_low",
    0xC0DE1004: "mechanical_failure",
    0xC0DE1005: "the_lock_sensor_is_faulty",
}
# open, then what else is known
_DOORS: tuple[tuple[bool, dict[str, bool]], ...] = (
    (True, {"door_stuck": False, "knock_on_the_door": False}),
    (False, {"left_open": False, "pry_the_door": False}),
    (True, {"left_open": True}),
    (False, {"knock_on_the_door": True}),
    (True, {"pry_the_door": True}),
    (False, {"door_stuck": True}),
)


def _sized(data: bytes, size: int) -> None:
    if len(data) != size:
        raise DecodeError(f"an object of {len(data)} bytes that has {size}")


def _fingerprint(answer: Findings, data: bytes, _model: str) -> None:
    _sized(data, 5)
    key = int.from_bytes(data[:4], "little")
    answer.flag("fingerprint", data[4] == 0)
    answer.flag("key_id", _NOBODY.get(key, str(key)))
    if data[4] < len(_FINGERPRINTS):
        answer.flag("fingerprint_result", _FINGERPRINTS[data[4]])


def _door(answer: Findings, data: bytes, _model: str) -> None:
    if len(data) not in (1, 5):  # some locks add the time
        raise DecodeError(f"a door event of {len(data)} bytes")
    if data[0] < len(_DOORS):
        is_open, more = _DOORS[data[0]]
        answer.state(Quantity.DOOR_OPEN, is_open)
        for name, value in more.items():
            answer.flag(name, value)
    else:
        answer.flag("door", "reserved")


def _armed(answer: Findings, data: bytes, model: str) -> None:
    if len(data) not in (1, 5):
        raise DecodeError(f"an arming event of {len(data)} bytes")
    answer.flag("armed", not data[0] & 1)
    if model == "DSL-C08":  # its handle was lifted from outside
        answer.flag("lock_action", "lock_outside_the_door")
        answer.flag("lock_method", "manual")


def _lock(answer: Findings, data: bytes, model: str) -> None:
    _sized(data, 9)
    action, method = data[0] & 0x0F, data[0] >> 4
    if action not in _ACTIONS or method not in _METHODS:
        answer.flag("lock_action", "reserved")
        return
    is_open, bolt, word = _ACTIONS[action]
    if bolt == "lock" or model != "ZNMS17LM":
        answer.state(Quantity.LOCKED, not is_open)
    else:
        answer.flag(bolt, is_open)
    key = int.from_bytes(data[1:5], "little")
    if key in _ERRORS:
        answer.flag("lock_error", _ERRORS[key])
    answer.flag("key_id", _key(key))
    answer.flag("lock_action", word)
    answer.flag("lock_method", _METHODS[method])


def _key(key: int) -> str:
    if key in _NOBODY:
        return _NOBODY[key]
    kind = (key >> 16) - _FIRST_KEY_KIND
    if key <= 0x7FFFFFFF:
        return f"Bluetooth key {key}"
    if 0 <= kind < len(_KEY_KINDS):
        return f"{_KEY_KINDS[kind]} {key & 0xFFFF}"
    return f"key id {key & 0xFFFF}"


def _lock_attribute(answer: Findings, data: bytes, model: str) -> None:
    _sized(data, 1)
    if model == "DSL-C08":
        answer.state(Quantity.LOCKED, not (data[0] & 1) ^ 1)
        answer.flag("childlock", not data[0] & 0x08)


def _door_attribute(answer: Findings, data: bytes, _model: str) -> None:
    _sized(data, 1)
    answer.state(Quantity.DOOR_OPEN, data[0] == 1)


LOCKS: dict[int, Reader] = {
    0x0006: _fingerprint,
    0x0007: _door,
    0x0008: _armed,
    0x000B: _lock,
    0x100E: _lock_attribute,
    0x100F: _door_attribute,
}
