"""Recorded telegrams of real meters as their profiles read them, and what they should say."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from hardware.errors import DecodeError, FrameError, KeyRequired
from hardware.mbus.telegram import decode as decode_wired
from hardware.profiles import Interpreted, interpret, shipped
from hardware.reading import Mark, Record
from hardware.wmbus.formats import FormatStore
from hardware.wmbus.telegram import decode

RECORDED = Path(__file__).parents[3] / ".." / "shared" / "data" / "wmbus_cases.jsonl"
NOT_MEASURED = frozenset(("timestamp", "device", "rssi_dbm"))
UNITS = {  # ending of an expected name: our unit, and the factor from ours to theirs
    "kwh": ("kWh", 1.0),
    "mj": ("kWh", 3.6),
    "gj": ("kWh", 0.0036),
    "m3": ("m3", 1.0),
    "l": ("m3", 1000.0),
    "c": ("degC", 1.0),
    "kw": ("kW", 1.0),
    "w": ("kW", 1000.0),
    "m3h": ("m3/h", 1.0),
    "lh": ("m3/h", 1000.0),
    "hca": ("hca", 1.0),
    "h": ("h", 1.0),
    "s": ("h", 3600.0),
    "min": ("h", 60.0),
    "d": ("h", 1 / 24),
    "y": ("h", 1 / 8765.82),
    "v": ("V", 1.0),
    "a": ("A", 1.0),
    "hz": ("Hz", 1.0),
    "kvarh": ("kvarh", 1.0),
    "kva": ("kVA", 1.0),
    "kvah": ("kVAh", 1.0),
    "kvar": ("kvar", 1.0),
    "rh": ("%", 1.0),
    "k": ("K", 1.0),
    "bar": ("bar", 1.0),
    "m3c": ("m3*degC", 1.0),
    "pct": ("%", 1.0),
}
# what gives no reading, and why: not whole bytes of hex, two bytes of a telegram, damaged behind
# two fillers, three bytes behind its end
REFUSED: dict[str, type[Exception]] = {
    "w0302": FrameError,
    "w0341": DecodeError,
    "w0803": KeyRequired,
    "w0816": FrameError,
}
# media class: telegrams whose expected numbers are all read, expected numbers that are read
FLOORS = {
    "electricity": (9, 84),
    "water": (91, 501),
    "gas": (2, 4),
    "heat-cost-allocator": (18, 211),
    "other": (11, 63),
    "heat": (15, 151),
    "heat-cooling": (6, 34),
    "cooling": (2, 28),
}
# drivers whose numbers stand in the manufacturer's own bytes, of which none may be missed ...
OWN = frozenset(
    (
        "apator08", "apator172", "apatoreitn", "apatorna1", "bfw240radio", "compact5",
        "fhkvdataiii", "hydroclimav2", "hydrodigit", "izar", "izarv2", "mkradio3", "mkradio3a",
        "mkradio4", "qwaterv2", "tsd2", "vario451", "vario451mid", "zenner0b",
    )
)  # fmt: skip
# ... but for months before the module ran (FFFFFF), and one without a value (8000). What is
# recorded as `volume_flow` says for how long the flow was low, and is read as that.
NONE = {
    ("w0132", "June_total_m3"),
    ("w0132", "July_total_m3"),
    ("w0300", "volume_delta_2_m3"),
}


def cases() -> list[dict[str, Any]]:
    if not RECORDED.exists():
        pytest.skip("the recorded telegrams lie beside the project and are absent here")
    return [json.loads(line) for line in RECORDED.read_text(encoding="utf-8").splitlines()]


def meaning(case: dict[str, Any]) -> Interpreted:
    try:
        raws = [bytes.fromhex(digits) for digits in case["telegrams"]]
    except ValueError as error:  # one recording is not whole bytes of hex
        raise FrameError("no hex", offset=0) from error
    key = bytes.fromhex(case["key"]) if case["key"] else None
    if raws[0][0] == 0x68 and raws[0][1] == raws[0][2]:
        return interpret(decode_wired(raws[-1]), shipped())
    return interpret(decode(raws, key, FormatStore(), is_own=shipped().is_own), shipped())


def numbers(case: dict[str, Any]) -> dict[str, float]:
    return {
        name: value
        for name, value in case["expected"].items()
        if isinstance(value, int | float)
        and not isinstance(value, bool)
        and name not in NOT_MEASURED
    }


def is_same(name: str, wanted: float, record: Record) -> bool:
    unit, factor = UNITS.get(name.rsplit("_", 1)[-1], ("1", 1.0))
    if isinstance(record.value, str):
        return False
    units = (unit, "1", "K") if unit == "degC" else (unit, "1")
    value = record.value * factor
    return record.unit.value in units and value == pytest.approx(wanted, rel=1e-6, abs=2e-6)


def missing(case: dict[str, Any], found: Interpreted) -> set[tuple[str, str]]:
    return {
        (case["id"], name)
        for name, value in numbers(case).items()
        if not any(is_same(name, value, record) for record in found.records)
    }


def test_expected_numbers_are_read() -> None:
    refused: dict[str, type[Exception]] = {}
    whole: Counter[str] = Counter()
    read: Counter[str] = Counter()
    missed: set[tuple[str, str]] = set()
    for case in cases():
        try:
            found = meaning(case)
        except (FrameError, DecodeError) as error:
            refused[case["id"]] = type(error)
            continue
        gone = missing(case, found)
        whole[case["media_class"]] += not gone
        read[case["media_class"]] += len(numbers(case)) - len(gone)
        if case["driver"] in OWN:
            missed |= {one for one in gone if not one[1].startswith("volume_flow")}
    assert refused == REFUSED
    assert missed == NONE
    for media, (telegrams_floor, numbers_floor) in FLOORS.items():
        assert whole[media] >= telegrams_floor, media
        assert read[media] >= numbers_floor, media


def test_no_number_of_own_bytes_is_read_that_nobody_expected() -> None:
    counts = Counter(
        record.name
        for case in cases()
        if case["id"] not in REFUSED and case["frame"]["ci"][0] in "AB"
        for record in meaning(case).records
        if record.unit.value in ("kWh", "m3", "hca", "degC")
        and not any(is_same(name, value, record) for name, value in numbers(case).items())
    )
    assert counts == {}


def test_own_readings_are_normal_ones() -> None:
    for case in cases():
        if case["driver"] in OWN and case["id"] not in REFUSED:
            found = meaning(case)
            assert found.profile is not None
            assert not [record for record in found.records if record.mark is not Mark.NONE]
