"""What a continuous glucose monitor answers at its control point (2AAC), and requests to it.

Source: Bluetooth Continuous Glucose Monitoring Service 1.0.2, 3.7 and 3.11; GATT Specification
Supplement, CGM Specific Ops Control Point.
"""

from __future__ import annotations

from enum import IntEnum

from hardware.ble.answer import Answer, coded
from hardware.ble.crc import end_with_crc, with_crc
from hardware.ble.cursor import Cursor, read_sfloat
from hardware.ble.measurement import Measurement
from hardware.ble.sample import add_sample
from hardware.errors import DecodeError
from hardware.reading import Unit


class Op(IntEnum):
    """Requests without an operand, which are all the hub ever makes: it changes no alarm."""

    GET_INTERVAL = 0x02
    GET_PATIENT_HIGH = 0x08
    GET_PATIENT_LOW = 0x0B
    GET_HYPO = 0x0E
    GET_HYPER = 0x11
    GET_RATE_OF_DECREASE = 0x14
    GET_RATE_OF_INCREASE = 0x17


_INTERVAL = 0x03
_CALIBRATION = 0x06
_RESPONSE = 0x1C
_LEVELS = {
    0x09: "patient_high_alert_level",
    0x0C: "patient_low_alert_level",
    0x0F: "hypo_alert_level",
    0x12: "hyper_alert_level",
    0x15: "rate_of_decrease_alert_level",
    0x18: "rate_of_increase_alert_level",
}
_RATES = {0x15, 0x18}
_RESULTS = coded(
    (
        "success",
        "op_code_not_supported",
        "invalid_operand",
        "procedure_not_completed",
        "parameter_out_of_range",
    ),
    first=1,
)
_CALIBRATION_STATUS = ("calibration_rejected", "calibration_out_of_range", "calibration_pending")


def encode_request(op: Op, *, checked: bool) -> bytes:
    """Return what to write; ``checked`` is whether the device's feature says E2E-CRC."""
    data = bytes((op,))
    return with_crc(data) if checked else data


def decode_cgm_control(value: bytes) -> Measurement:
    """Decode an indication of the CGM Specific Ops Control Point (2AAC).

    Limits are settings and a calibration was entered by hand: both are given as ``other``.
    Flags: ``op_code``; of a response ``request_op_code`` and ``response``.

    :raises DecodeError: on a request (no device indicates one), a cut value, a wrong check.
    """
    cursor = Cursor(value)
    op = cursor.unsigned(1, "the op code")
    answer = Answer("cgm_specific_ops_control_point")
    answer.flag("op_code", op)
    if op == _RESPONSE:
        answer.flag("request_op_code", cursor.unsigned(1, "the request's op code"))
        answer.choice("response", cursor.unsigned(1, "the response"), _RESULTS)
    elif op in _LEVELS:
        unit = Unit.MG_PER_DL_PER_MIN if op in _RATES else Unit.MG_PER_DL
        answer.setting(_LEVELS[op], read_sfloat(cursor, "the level"), unit)
    elif op == _INTERVAL:
        # One octet in the service (3.7.2.2), two in the supplement: its length decides.
        wide = len(value) - cursor.offset in (2, 4)
        answer.flag("communication_interval_min", cursor.unsigned(2 if wide else 1, "the interval"))
    elif op == _CALIBRATION:
        _add_calibration(answer, cursor)
    else:
        raise DecodeError(f"op code {op} is no answer of a device", offset=0)
    answer.flag("e2e_crc", end_with_crc(cursor, value))
    return answer.measurement()


def _add_calibration(answer: Answer, cursor: Cursor) -> None:
    concentration = read_sfloat(cursor, "the calibration's concentration")
    answer.setting("calibration_concentration", concentration, Unit.MG_PER_DL)
    answer.flag("calibration_time_min", cursor.unsigned(2, "the calibration's time"))
    add_sample(answer, cursor.unsigned(1, "the calibration's sample"))
    answer.flag("next_calibration_time_min", cursor.unsigned(2, "the next calibration's time"))
    answer.flag("calibration_record_number", cursor.unsigned(2, "the calibration's number"))
    answer.bits(cursor.unsigned(1, "the calibration's status"), _CALIBRATION_STATUS)
