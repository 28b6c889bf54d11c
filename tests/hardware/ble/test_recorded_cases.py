"""The recorded cases, each checked against its source's claims."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hardware.ble import DECODERS, decode
from hardware.errors import DecodeError
from hardware.reading import Quantity

CASES = Path(__file__).parents[4] / "shared/data/ble_cases.jsonl"

NUMBERS = {
    "systolic": Quantity.BLOOD_PRESSURE_SYSTOLIC,
    "diastolic": Quantity.BLOOD_PRESSURE_DIASTOLIC,
    "meanArterialPressure": Quantity.BLOOD_PRESSURE_MEAN,
    "pulseRate": Quantity.PULSE_RATE,
}
FLAGS = {
    "status.bodyMovementDetected": "body_movement",
    "status.cuffTooLose": "cuff_too_loose",
    "status.irregularPulseDetected": "irregular_pulse",
    "status.improperMeasurementPosition": "improper_position",
}
RANGES = {
    "status.pulseRateInRange": "within",
    "status.pulseRateExceedsUpperLimit": "above",
    "status.pulseRateIsLessThenLowerLimit": "below",
}
MONTHS = {"Calendar.APRIL": 4}


def cases() -> list[object]:
    if not CASES.exists():
        return [pytest.param(None, marks=pytest.mark.skip("../shared/data is not here"))]
    found = []
    for line in CASES.read_text().splitlines():
        case = json.loads(line)
        if case["kind"] == "gatt" and case["device"].removeprefix("char:") in DECODERS:
            found.append(pytest.param(case, id=f"{case['device'][5:]}-{case['test']}"))
    return found


@pytest.mark.parametrize("case", cases())
def test_case(case: dict) -> None:
    uuid, raw, expect = case["device"][5:], bytes.fromhex(case["raw"]), case["expect"]
    if isinstance(expect, dict) and expect.get("valid") is False:
        with pytest.raises(DecodeError):
            decode(uuid, raw)
        return
    got = decode(uuid, raw)
    values = {record.quantity: record.value for record in got.records}
    if isinstance(expect, int):
        assert list(values.values()) == [expect]
    elif "valid" in expect:
        checked = [claim(c, got, values) for c in expect["asserts"]]
        assert all(result is not False for result in checked), expect["asserts"]
        if uuid in ("2A35", "2A08"):
            assert checked.count(True) >= 6, checked
    elif "date_time" in expect:
        assert got.timestamp == expect["date_time"].replace(" ", "T")
        for name in ("day_of_week", "fractions256", "adjust_reason"):
            assert got.flags[name] == expect[name]
    else:
        names = [name for name in expect if name.endswith("_support")]
        assert len(names) == 9
        assert {name: got.flags[name] for name in names} == {n: expect[n] for n in names}


def claim(claim: dict, got: object, values: dict) -> bool | None:  # noqa: PLR0911  # a table
    """Say whether the claim holds; None for what is no statement about the value."""
    field = claim["field"]
    if field in NUMBERS:
        value = values.get(NUMBERS[field])
        if "eq" in claim:
            return value == pytest.approx(claim["eq"], abs=claim["tol"])
        return (value is None) == (claim["is"] is None)
    if field in FLAGS:
        return got.flags[FLAGS[field]] is claim["is"]
    if field in RANGES:
        return (got.flags["pulse_rate_range"] == RANGES[field]) is claim["is"]
    if field == "userID.intValue()":
        return got.flags["user_id"] == claim["eq"]
    if field in ("userID", "status"):
        name = {"userID": "user_id", "status": "body_movement"}[field]
        return (name in got.flags) == (claim["is"] is not None)
    if field == "calendar":
        there = got.timestamp is not None or "timestamp_incomplete" in got.flags
        return there == (claim["is"] is not None)
    return calendar(claim, got.timestamp or str(got.flags.get("timestamp_incomplete")))


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
    return None
