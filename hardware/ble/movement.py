"""Walking, running and cycling sensors.

CSC Measurement (2A5B) and Feature (2A5C), RSC Measurement (2A53) and Feature (2A54), Sensor
Location (2A5D), SC Control Point (2A55).

Source: Bluetooth Cycling Speed and Cadence Service 1.0, Running Speed and Cadence Service 1.0;
GATT Specification Supplement under these names.
"""

from __future__ import annotations

from enum import IntFlag
from fractions import Fraction

from hardware.ble.answer import Answer, coded
from hardware.ble.cursor import Cursor
from hardware.ble.measurement import Measurement
from hardware.errors import DecodeError
from hardware.reading import Quantity

SENSOR_LOCATIONS = coded(
    (
        "other",
        "top_of_shoe",
        "in_shoe",
        "hip",
        "front_wheel",
        "left_crank",
        "right_crank",
        "left_pedal",
        "right_pedal",
        "front_hub",
        "rear_dropout",
        "chainstay",
        "rear_wheel",
        "rear_hub",
        "chest",
        "spider",
        "chain_ring",
    )
)

_CSC_FEATURES = (
    "wheel_revolution_support",
    "crank_revolution_support",
    "multiple_sensor_locations_support",
)
_RSC_FEATURES = (
    "stride_length_support",
    "total_distance_support",
    "walking_or_running_support",
    "calibration_support",
    "multiple_sensor_locations_support",
)
_RESPONSE = 0x10
_REQUEST_LOCATIONS = 0x04
_SUCCESS = 0x01
_RESULTS = coded(
    ("success", "op_code_not_supported", "invalid_operand", "operation_failed"), first=1
)


class _Csc(IntFlag):
    WHEEL = 0x01
    CRANK = 0x02


class _Rsc(IntFlag):
    STRIDE = 0x01
    DISTANCE = 0x02
    RUNNING = 0x04


def decode_csc_measurement(value: bytes) -> Measurement:
    """Decode CSC Measurement (2A5B).

    Flags: ``last_wheel_event_time`` and ``last_crank_event_time`` in 1/1024 s; they go round.
    """
    cursor = Cursor(value)
    sent = cursor.unsigned(1, "the flags")
    flags = _Csc(sent & 0x03)
    answer = Answer("csc_measurement")
    if flags & _Csc.WHEEL:
        answer.number(Quantity.WHEEL_REVOLUTIONS, cursor.unsigned(4, "the wheel's revolutions"))
        answer.flag("last_wheel_event_time", cursor.unsigned(2, "the wheel's event time"))
    if flags & _Csc.CRANK:
        answer.number(Quantity.CRANK_REVOLUTIONS, cursor.unsigned(2, "the crank's revolutions"))
        answer.flag("last_crank_event_time", cursor.unsigned(2, "the crank's event time"))
    if flags == sent:
        cursor.end()
    return answer.measurement()


def decode_rsc_measurement(value: bytes) -> Measurement:
    """Decode RSC Measurement (2A53). Flags: ``running`` (else walking)."""
    cursor = Cursor(value)
    sent = cursor.unsigned(1, "the flags")
    flags = _Rsc(sent & 0x07)
    answer = Answer("rsc_measurement")
    answer.number(Quantity.SPEED, Fraction(cursor.unsigned(2, "the speed"), 256))
    answer.number(Quantity.CADENCE, cursor.unsigned(1, "the cadence"))
    if flags & _Rsc.STRIDE:
        answer.number(Quantity.STRIDE_LENGTH, cursor.unsigned(2, "the stride's length"))
    if flags & _Rsc.DISTANCE:
        answer.number(Quantity.DISTANCE, Fraction(cursor.unsigned(4, "the distance"), 10))
    answer.flag("running", bool(flags & _Rsc.RUNNING))
    if flags == sent:
        cursor.end()
    return answer.measurement()


def decode_csc_feature(value: bytes) -> Measurement:
    """Decode CSC Feature (2A5C)."""
    return _feature("csc_feature", value, _CSC_FEATURES)


def decode_rsc_feature(value: bytes) -> Measurement:
    """Decode RSC Feature (2A54)."""
    return _feature("rsc_feature", value, _RSC_FEATURES)


def decode_sensor_location(value: bytes) -> Measurement:
    """Decode Sensor Location (2A5D)."""
    cursor = Cursor(value)
    answer = Answer("sensor_location")
    answer.choice("sensor_location", cursor.unsigned(1, "the location"), SENSOR_LOCATIONS)
    cursor.end()
    return answer.measurement()


def decode_sc_control(value: bytes) -> Measurement:
    """Decode an indication of the SC Control Point (2A55).

    Flags: ``request_op_code``, ``response``, ``supported_locations`` (names separated by
    blanks) where they were asked for.

    :raises DecodeError: on a request (no device indicates one) or a cut value.
    """
    cursor = Cursor(value)
    op = cursor.unsigned(1, "the op code")
    if op != _RESPONSE:
        raise DecodeError(f"op code {op} is no answer of a device", offset=0)
    answer = Answer("sc_control_point")
    request = cursor.unsigned(1, "the request's op code")
    answer.flag("request_op_code", request)
    result = cursor.unsigned(1, "the response")
    answer.choice("response", result, _RESULTS)
    if request == _REQUEST_LOCATIONS and result == _SUCCESS:
        names = [SENSOR_LOCATIONS.get(code, "reserved") for code in cursor.rest()]
        answer.flag("supported_locations", " ".join(names))
    cursor.end()
    return answer.measurement()


def _feature(device: str, value: bytes, names: tuple[str, ...]) -> Measurement:
    cursor = Cursor(value)
    bits = cursor.unsigned(2, "the features")
    cursor.end()
    answer = Answer(device)
    answer.flag("features", bits)
    answer.bits(bits, names)
    return answer.measurement()
