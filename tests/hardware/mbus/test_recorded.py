"""Frames recorded from real meters, and what they are known to say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hardware.errors import DecodeError, FrameError
from hardware.mbus.record import parse_records
from hardware.mbus.telegram import Telegram, decode
from hardware.reading import Function, Quantity, Record

RECORDED = Path(__file__).parents[3] / ".." / "shared" / "data" / "mbus_cases.jsonl"

FUNCTIONS = {
    "Instantaneous value": Function.INSTANTANEOUS,
    "Maximum value": Function.MAXIMUM,
    "Minimum value": Function.MINIMUM,
    "Value during error state": Function.ERROR,
}
UNITS = {  # of the recording: ours, and the factor
    "Wh": ("kWh", 1e-3),
    "W": ("kW", 1e-3),
    "s": ("h", 1 / 3600),
    "m^3": ("m3", 1.0),
    "m^3/h": ("m3/h", 1.0),
    "°C": ("degC", 1.0),
    "K": ("K", 1.0),
    "V": ("V", 1.0),
    "A": ("A", 1.0),
    "l": ("m3", 1e-3),
    "Units for H.C.A.": ("hca", 1.0),
}
QUANTITIES = {
    "Energy": Quantity.ENERGY,
    "Volume": Quantity.VOLUME,
    "Power": Quantity.POWER,
    "Volume flow": Quantity.VOLUME_FLOW,
    "Flow temperature": Quantity.FLOW_TEMPERATURE,
    "Return temperature": Quantity.RETURN_TEMPERATURE,
    "Temperature difference": Quantity.TEMPERATURE_DIFFERENCE,
    "Fabrication No": Quantity.FABRICATION_NUMBER,
    "Error flags": Quantity.ERROR_FLAGS,
    "On time": Quantity.ON_TIME,
    "Operating time": Quantity.OPERATING_TIME,
}
NO_SUCH_DAY = ("2000-00-00", "1900-01-00T00:00:00Z")  # the recording's guess at an invalid date


def cases(*kinds: str) -> list[Any]:
    if not RECORDED.exists():
        reason = "the recorded frames lie beside the project and are absent here"
        return [pytest.param({}, marks=pytest.mark.skip(reason=reason))]
    lines = RECORDED.read_text(encoding="utf-8").splitlines()
    found = [case for case in map(json.loads, lines) if case["kind"] in kinds]
    return [pytest.param(case, id=case["id"]) for case in found]


def is_said(record: Record, expected: dict[str, str]) -> bool:
    value = expected["Value"]
    if expected["Function"] in ("Manufacturer specific", "More records follow"):
        return record.quantity is Quantity.MANUFACTURER_SPECIFIC and record.value == value.replace(
            " ", ""
        )
    if not same_register(record, expected):
        return False
    quantity = QUANTITIES.get(expected.get("Quantity", ""))
    if quantity is not None and record.quantity not in (quantity, Quantity.OTHER):
        return False
    if isinstance(record.value, str):
        return record.value == value.removesuffix("Z")
    try:
        number = float(value)
    except ValueError:
        return False
    unit, factor = UNITS.get(expected["Unit"], ("1", 1.0))
    # the recordings have six digits behind the point
    return record.unit == unit and record.value == pytest.approx(number * factor, abs=5.1e-7)


def same_register(record: Record, expected: dict[str, str]) -> bool:
    register = record.register
    if expected["Function"] == "Actual value":  # the fixed structure has counters 1 and 2
        return register.subunit == int(expected["id"]) and register.storage == 0
    return (
        register.function is FUNCTIONS[expected["Function"]]
        and register.storage == int(expected["StorageNumber"])
        and register.tariff == int(expected.get("Tariff", 0))
        and register.subunit == int(expected.get("Device", 0))
    )


def check_records(telegram: Telegram, expected: list[dict[str, str]]) -> None:
    left = list(telegram.records)
    missing = []
    for one in expected:
        if "Value" not in one:  # a VIF that is reserved: the recording gives up, ours is `other`
            assert left.pop(int(one["id"])).name.startswith("reserved_")
            left.insert(int(one["id"]), None)  # type: ignore[arg-type]
            continue
        found = next((record for record in left if record and is_said(record, one)), None)
        if found is None:
            missing.append(one["Value"])
        else:
            left[left.index(found)] = None  # type: ignore[call-overload]
    assert [value for value in missing if value not in NO_SUCH_DAY] == []
    assert [record for record in left if record] == []
    assert len(missing) == telegram.without_value


@pytest.mark.parametrize("case", cases("ok"))
def test_recorded_frame_says_what_is_known(case: dict[str, Any]) -> None:
    telegram = decode(bytes.fromhex(case["hex"]))
    slave = case["slave"]
    assert telegram.identification is not None
    assert telegram.identification.lstrip("0") == slave["Id"].lstrip("0")
    assert telegram.manufacturer == slave.get("Manufacturer")
    assert telegram.access_number == int(slave["AccessNumber"])
    if "Version" in slave:
        assert telegram.version == int(slave["Version"])
    assert (telegram.status == "OK") == (slave["Status"] == "00")
    assert telegram.more_follows == (
        "More records follow" in {record.get("Function") for record in case["records"]}
    )
    check_records(telegram, case["records"])


@pytest.mark.parametrize("case", cases("error", "unsupported"))
def test_frame_without_readings_is_a_typed_error(case: dict[str, Any]) -> None:
    whole_bytes = case["hex"][: len(case["hex"]) // 2 * 2]  # one ends in half a byte
    with pytest.raises((FrameError, DecodeError)):
        decode(bytes.fromhex(whole_bytes))


@pytest.mark.parametrize("case", cases("ok"))
def test_a_frame_cut_anywhere_gives_no_wrong_record(case: dict[str, Any]) -> None:
    raw = bytes.fromhex(case["hex"])
    whole = decode(raw).records
    if case["ci"] != "72":
        return
    data = raw[19:-2]
    for end in range(len(data)):
        try:
            cut = parse_records(data[:end]).records
        except DecodeError:
            continue
        if cut and cut[-1].name == "manufacturer_specific":
            cut = cut[:-1]  # runs to the end, wherever that is
        assert cut == whole[: len(cut)]
