"""The recorded cases, each checked against its source's claims."""

from __future__ import annotations

import json
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import pytest

from hardware.ble import Measurement, decode
from hardware.errors import DecodeError

CASES = Path(__file__).parents[4] / "shared/data/ble_cases.jsonl"

# Claims that the specification contradicts, by characteristic and value, each with its clause.
WRONG = {
    # GATT Specification Supplement, CSC Measurement: flags 0x03 make 1 + 6 + 4 = 11 octets, and
    # eleven are there. The suite counts how often its callback was called, not what this value is.
    ("2A5B", "031400000000000a000000"): "read",
    # Continuous Glucose Monitoring Service, CGM Feature and E2E-CRC: with bit 12 set the last two
    # octets are the check of the first four; 0x1234 and 0xABCD are not. The suite never looks.
    ("2AA8", "ffff01113412"): "refused",
    ("2AA8", "01900059cdab"): "refused",
    # Same service, E2E-CRC: these values were given a wrong check on purpose, and "valid" only
    # says that the suite reports them by another callback. We report them by refusing.
    ("2AAB", "020009c3"): "refused",
    ("2AAC", "1c0202a701"): "refused",
    ("2AA9", "0600010101a7e0"): "refused",
    # GATT Specification Supplement, Time Zone: -48 to 56 or -128. "Valid" with the claim that the
    # data are invalid: the claim is right.
    ("2A0E", "3c"): "refused",
}

NUMBERS = {
    "systolic": "blood_pressure_systolic",
    "diastolic": "blood_pressure_diastolic",
    "meanArterialPressure": "blood_pressure_mean",
    "pulseRate": "pulse_rate",
    "glucoseConcentration": "glucose_mass_concentration",
    "cgmTrend": "glucose_trend",
    "cgmQuality": "glucose_quality",
    "heartRate": "heart_rate",
    "energyExpanded": "energy_expended",
    "rrIntervals": "rr_interval",
    "wheelRevolutions": "wheel_revolutions",
    "crankRevolutions": "crank_revolutions",
    "patientLowAlertLevel": "patient_low_alert_level",
    "hypoAlertLevel": "hypo_alert_level",
    "hyperAlertLevel": "hyper_alert_level",
    "rateOfIncreaseAlertLevel": "rate_of_increase_alert_level",
    # bluetooth-sig
    "weight": "body_weight",
    "bmi": "body_mass_index",
    "height": "body_height",
    "heart_rate": "heart_rate",
    "energy_expended": "energy_expended",
    "body_fat_percentage": "body_fat_percentage",
    "basal_metabolism": "basal_metabolism",
    "muscle_mass": "muscle_mass",
    "muscle_percentage": "muscle_percentage",
    "fat_free_mass": "fat_free_mass",
    "soft_lean_mass": "soft_lean_mass",
    "body_water_mass": "body_water_mass",
    "impedance": "impedance",
}
FLAGS = {
    "status.bodyMovementDetected": "body_movement",
    "status.cuffTooLose": "cuff_too_loose",
    "status.irregularPulse": "irregular_pulse",
    "status.irregularPulseDetected": "irregular_pulse",
    "status.improperMeasurementPosition": "improper_position",
    "contactDetected": "sensor_contact",
    "secured": "e2e_crc",
    "requestCode": "request_op_code",
    "numberOfRecords": "number_of_records",
    "error": "response_code",
    "timeOffset": "time_offset_min",
    "number": "sequence_number",
    "lastWheelEventTime": "last_wheel_event_time",
    "lastCrankEventTime": "last_crank_event_time",
    "userID.intValue()": "user_id",
    "result.lowBatteryDetectionSupported": "low_battery_detection",
    "result.sensorMalfunctionDetectionSupported": "sensor_malfunction_detection",
    "result.sensorSampleSizeSupported": "sensor_sample_size",
    "result.sensorStripInsertionErrorDetectionSupported": "sensor_strip_insertion_error",
    "result.sensorStripTypeErrorDetectionSupported": "sensor_strip_type_error",
    "result.sensorResultHighLowSupported": "sensor_result_high_low",
    "result.sensorTempHighLowDetectionSupported": "sensor_temperature_high_low",
    "result.sensorReadInterruptDetectionSupported": "sensor_read_interrupt",
    "result.generalDeviceFaultSupported": "general_device_fault",
    "result.timeFaultSupported": "time_fault",
    "result.multipleBondSupported": "multiple_bond_support",
    # bluetooth-sig
    "features_bitmap": "features",
    "raw_value": "features",
    "weight_measurement_resolution": "weight_measurement_resolution_code",
    "height_measurement_resolution": "height_measurement_resolution_code",
    "mass_measurement_resolution": "mass_measurement_resolution_code",
}
RANGES = {
    "status.pulseRateInRange": "within",
    "status.pulseRateExceedsUpperLimit": "above",
    "status.pulseRateIsLessThenLowerLimit": "below",
}
THERE = {"userID": "user_id", "status": "body_movement"}
# In one test the suite sends many values and looks at the fields of others beside this one's.
OTHERS = {
    "2AAC": {
        "glucoseConcentrationOfCalibration",
        "calibrationTime",
        "nextCalibrationTime",
        "calibrationDataRecordNumber",
        "status",
        "status.rejected",
        "status.dataOutOfRange",
        "status.processPending",
        "type",
        "sampleLocation",
    },
    "2A5B": {"totalDistance", "distance", "speed"},  # of two values and the wheel's size
    "2A34": {
        "carbohydrate",
        "carbohydrateAmount",
        "meal",
        "tester",
        "health",
        "exerciseDuration",
        "exerciseIntensity",
        "medication",
        "medicationAmount",
        "medicationUnit",
        "HbA1c",
    },
    "2AA7": {"status", "2"},
}
# What the suite says of itself: its callback was called, it knows the answer's unit by a number.
ITSELF = {"success", "called", "invalidData", "response.isValid()", "callback.isValid()", "unit"}
SINGLE = {  # a case of bluetooth-sig that expects one number
    "2A19": "battery_level",
    "2A80": "age",
    "2A98": "weight",
    "2A38": "body_sensor_location_code",
    "2A1D": "temperature_type_code",
    "2A60": "features",
    "2A8C": "gender_code",
    "2A9A": "user_index_code",
}
KG_PER_LB, CM_PER_INCH, CM_PER_M = Fraction(45359237, 10**8), Fraction(254, 100), 100
MONTHS = {"Calendar.APRIL": 4}


def cases() -> list[object]:
    if not CASES.exists():
        return [pytest.param(None, marks=pytest.mark.skip("../shared/data is not here"))]
    lines = map(json.loads, CASES.read_text().splitlines())
    gatt = [case for case in lines if case["kind"] == "gatt"]
    return [pytest.param(case, id=f"{case['device'][5:]}-{case['test']}") for case in gatt]


@pytest.mark.parametrize("case", cases())
def test_case(case: dict) -> None:
    uuid, raw, expect = case["device"][5:], bytes.fromhex(case["raw"]), case["expect"]
    wrong = WRONG.get((uuid, case["raw"]))
    if wrong == "refused" or (wrong is None and invalid(expect)):
        with pytest.raises(DecodeError):
            decode(uuid, raw)
        return
    got = decode(uuid, raw)
    said: dict[str, object] = dict(got.flags)
    said |= {record.name or record.quantity.value: record.value for record in got.records}
    if wrong == "read":
        assert got.records
    elif isinstance(expect, int | float):
        assert said[SINGLE[uuid]] == expect
    elif "valid" in expect:
        results = [claim(each, uuid, got, said) for each in expect["asserts"]]
        assert False not in results, expect["asserts"]
    else:
        for name, value in expect.items():
            assert fact(name, value, expect, got, said), (name, value, got)


def invalid(expect: object) -> bool:
    return isinstance(expect, dict) and expect.get("valid") is False


def fact(name: str, value: object, expect: dict, got: Measurement, said: dict) -> bool:  # noqa: PLR0911  # a table
    """Say whether what bluetooth-sig expects of a field holds."""
    imperial = expect.get("measurement_units") == "imperial"
    if name in ("date_time", "dt", "timestamp"):
        want = None if value is None else datetime.fromisoformat(str(value)).isoformat()
        return got.timestamp == want
    if name == "measurement_units":
        return got.flags["measurement_units"] == {"metric": "si"}.get(str(value), value)
    if name == "rr_intervals":
        return [r.value for r in got.records if r.name == "rr_interval"] == value
    if name == "sensor_contact":
        return ("sensor_contact" in said) == bool(value)
    if name in ("weight_unit", "height_unit", "muscle_mass_unit"):
        return value in (("lb", "inches") if imperial else ("kg", "meters", None))
    if name in ("sensor_location", "flags", "enabled_features", "feature_count"):
        return True  # of another value; or the same said twice
    name = FLAGS.get(name, NUMBERS.get(name, name))
    if value is None:
        return name not in said
    if imperial and name == "body_weight":
        return said[name] == pytest.approx(float(value * KG_PER_LB), rel=1e-15)
    if name == "body_height":
        want = value * (CM_PER_INCH if imperial else CM_PER_M)
        return said[name] == pytest.approx(float(want), rel=1e-15)
    return said[name] == value


def claim(claim: dict, uuid: str, got: Measurement, said: dict) -> bool | None:  # noqa: C901, PLR0911  # a table
    """Say whether the claim holds; None for what is no statement about this value."""
    field = claim["field"]
    if field in OTHERS.get(uuid, ()) or field in ITSELF:
        return None
    if field in NUMBERS or field in FLAGS:
        value = said.get(NUMBERS.get(field) or FLAGS[field])
        if "eq" in claim:
            if isinstance(claim["eq"], str):
                return None  # an expression of the test's own
            return value == pytest.approx(claim["eq"], abs=claim.get("tol", 0))
        if isinstance(claim["is"], bool):
            return value is claim["is"]
        return (value is None) == (claim["is"] is None)
    if field in RANGES:
        return (got.flags["pulse_rate_range"] == RANGES[field]) is claim["is"]
    if field in THERE:
        return (THERE[field] in said) == (claim["is"] is not None)
    if field == "calendar":
        there = got.timestamp is not None or "timestamp_incomplete" in got.flags
        return there == (claim["is"] is not None)
    if field.startswith("locations"):
        names = str(got.flags["supported_locations"]).split()
        return names == ["top_of_shoe", "in_shoe", "hip"]
    if field == "errorCode":
        return (claim["eq"] == 0) is (got.flags["response"] == "success")
    if "alendar" in field or "alendar" in str(claim.get("eq")):
        return calendar(claim, got.timestamp or str(got.flags.get("timestamp_incomplete")))
    raise AssertionError(f"nothing is known of the claim {claim}")


def calendar(claim: dict, text: str) -> bool | None:
    parts = {
        "YEAR": text[:4],
        "MONTH": text[5:7],
        "DATE": text[8:10],
        "HOUR_OF_DAY": text[11:13],
        "MINUTE": text[14:16],
        "SECOND": text[17:19],
    }
    left, right = claim["field"], claim.get("eq")
    for name, part in parts.items():
        if left == f"calendar.isSet(Calendar.{name})":
            return (int(part) != 0) is claim["is"]
        for this, other in ((left, right), (right, left)):
            if this == f"calendar.get(Calendar.{name})":
                return int(part) == int(MONTHS.get(other, other))
    assert "MILLISECOND" in left
    return None


def test_the_glucose_context_in_full() -> None:
    """What the suite asks of two values at once, of each by itself."""
    got = decode("2A34", bytes.fromhex("ff0000b303640004123c0032047b002200"))
    assert {record.name: (record.value, record.unit) for record in got.records} == {
        "carbohydrate": (100_000.0, "g"),
        "exercise_duration": (60.0, "s"),
        "exercise_intensity": (50.0, "%"),
        "medication_volume": (123_000.0, "mL"),
        "hba1c": (34.0, "%"),
    }
    assert got.flags["meal"] == "casual"
    empty = decode("2A34", bytes.fromhex("0001000000000000000000000000000000"))
    assert empty.records == ()
    assert empty.flags == {"sequence_number": 1, "padding_bytes": 14}
