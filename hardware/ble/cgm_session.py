"""A continuous glucose monitor's session: feature (2AA8), start (2AAA) and run time (2AAB).

Source: Bluetooth Continuous Glucose Monitoring Service 1.0.2, 3.2, 3.4, 3.5 and 3.11; GATT
Specification Supplement, CGM Feature, CGM Session Start Time, CGM Session Run Time.
"""

from __future__ import annotations

from hardware.ble.answer import Answer
from hardware.ble.clock import read_date_time
from hardware.ble.clock_reference import add_dst_offset, add_time_zone
from hardware.ble.crc import CRC_BYTES, check_crc, end_with_crc
from hardware.ble.cursor import Cursor
from hardware.ble.measurement import Measurement
from hardware.ble.sample import add_sample

E2E_CRC_SUPPORTED = 1 << 12

_FEATURES = (
    "calibration_supported",
    "patient_high_low_alerts_supported",
    "hypo_alerts_supported",
    "hyper_alerts_supported",
    "rate_alerts_supported",
    "device_specific_alert_supported",
    "sensor_malfunction_detection_supported",
    "sensor_temperature_detection_supported",
    "sensor_result_detection_supported",
    "low_battery_detection_supported",
    "sensor_type_error_detection_supported",
    "general_device_fault_supported",
    "e2e_crc_supported",
    "multiple_bond_supported",
    "multiple_sessions_supported",
    "trend_supported",
    "quality_supported",
)


def decode_cgm_feature(value: bytes) -> Measurement:
    """Decode CGM Feature (2AA8). The check is looked at if the device says that it makes one.

    :raises DecodeError: on another length than six bytes, or a wrong check.
    """
    cursor = Cursor(value)
    bits = cursor.unsigned(3, "the features")
    sample = cursor.unsigned(1, "the sample's type and location")
    answer = Answer("cgm_feature")
    answer.flag("features", bits)
    answer.bits(bits, _FEATURES)
    add_sample(answer, sample)
    place = cursor.offset
    sent = cursor.unsigned(CRC_BYTES, "the E2E-CRC")
    cursor.end()
    if bits & E2E_CRC_SUPPORTED:
        check_crc(value[:place], sent)
    return answer.measurement()


def decode_session_start(value: bytes) -> Measurement:
    """Decode CGM Session Start Time (2AAA). Flags: ``time_zone_min``, ``dst_offset_min``."""
    cursor = Cursor(value)
    answer = Answer("cgm_session_start_time")
    answer.clock(read_date_time(cursor))
    add_time_zone(answer, cursor)
    add_dst_offset(answer, cursor)
    answer.flag("e2e_crc", end_with_crc(cursor, value))
    return answer.measurement()


def decode_session_run_time(value: bytes) -> Measurement:
    """Decode CGM Session Run Time (2AAB). Flags: ``run_time_h``."""
    cursor = Cursor(value)
    answer = Answer("cgm_session_run_time")
    answer.flag("run_time_h", cursor.unsigned(2, "the run time"))
    answer.flag("e2e_crc", end_with_crc(cursor, value))
    return answer.measurement()
