"""Values made by hand from the standard's tables, and where each breaks."""

from __future__ import annotations

from fractions import Fraction
from types import MappingProxyType

import pytest

from edge.care.kinds import kinds_of
from hardware.ble import decode
from hardware.ble.body_composition import (
    BodyComposition,
    Part,
    encode_body_composition,
    join,
    measurement_of,
    read_body_composition,
)
from hardware.ble.clock import DateTime
from hardware.ble.medfloat import MedFloat, Special
from hardware.ble.oximeter import Oximetry, encode_continuous, encode_spot_check
from hardware.ble.thermometer import Temperature, encode_temperature
from hardware.errors import DecodeError
from hardware.reading import Unit
from tests.hardware.ble.said import CLOCK, flags, numbers


def test_temperatures() -> None:
    assert numbers("2A1C", "00 6c0100ff") == {"body_temperature": 36.4}
    assert numbers("2A1C", "01 da0300ff") == {"body_temperature": 37.0}  # 98.6 degrees Fahrenheit
    got = decode("2A1C", bytes.fromhex("06 6c0100ff ea070305091e00 09"))
    assert got.timestamp == "2026-03-05T09:30:00"
    assert got.flags == {"temperature_type": "tympanum", "temperature_type_code": 9}
    for special in Special:
        for fahrenheit in (False, True):
            raw = encode_temperature(Temperature(special, fahrenheit))
            assert numbers("2A1C", raw) == {}
            assert flags("2A1C", raw) == {"body_temperature": special.value}
    [display] = decode("2A1E", bytes.fromhex("00 6c0100ff")).records
    assert (display.quantity.value, display.name, display.value, display.unit) == (
        "other",
        "body_temperature",
        36.4,
        Unit.CELSIUS,
    )
    assert numbers("2A1C", "f8 6c0100ff 01020304") == {"body_temperature": 36.4}
    assert flags("2A1D", "00") == {"temperature_type": "reserved", "temperature_type_code": 0}
    assert flags("2A21", "ffff") == {"measurement_interval_s": 65_535}


def test_heart_rates() -> None:
    got = decode("2A37", bytes.fromhex("1f 2c01 d204 0004 0003"))
    assert [(r.quantity.value, r.value, r.unit.value) for r in got.records] == [
        ("heart_rate", 300.0, "/min"),
        ("energy_expended", 1234.0, "kJ"),
        ("rr_interval", 1.0, "s"),
        ("rr_interval", 0.75, "s"),
    ]
    assert got.flags == {"sensor_contact": True}
    assert numbers("2A37", "30 3c 0004") == {"heart_rate": 60.0}  # what a field to come holds
    assert flags("2A37", "02 3c") == {}  # contact without support says nothing
    assert flags("2A38", "07")["body_sensor_location"] == "reserved"


def test_weights() -> None:
    assert numbers("2A9D", "0e b036 00000000000000 ff f500 a406") == {
        "body_weight": 70.0,
        "body_mass_index": 24.5,
        "body_height": 170.0,
    }
    assert flags("2A9D", "04 b036 ff") == {"measurement_units": "si", "user_id": "unknown"}
    assert flags("2A9D", "08 ffff f500 a406") == {
        "body_weight": "unsuccessful",
        "measurement_units": "si",
    }
    assert numbers("2A9D", "08 ffff f500 a406") == {}
    assert numbers("2A9D", "01 0100") == {"body_weight": float(Fraction(45359237, 10**10))}
    assert numbers("2A9D", "f0 b036 aabb") == {"body_weight": 70.0}
    assert flags("2A9E", "78000000")["weight_measurement_resolution"] == "reserved"


SCALES = MappingProxyType({Part.WEIGHT: 14_000, Part.IMPEDANCE: 5001})


MORE = MappingProxyType({Part.MUSCLE_MASS: 9000, Part.HEIGHT: 1700})


def test_body_composition_in_two_packets() -> None:
    first = BodyComposition(215, timestamp=CLOCK, user_id=2, fields=SCALES, multiple=True)
    second = BodyComposition(0xFFFF, fields=MORE, multiple=True)
    for raw in map(encode_body_composition, (first, second)):
        assert decode("2A9C", raw).flags["multiple_packets"] is True
    both = measurement_of(join(first, second))
    assert both.timestamp == str(CLOCK)
    assert {record.name: record.value for record in both.records} == {
        "body_fat_percentage": 21.5,
        "muscle_mass": 45.0,
        "impedance": 500.1,
        "body_weight": 70.0,
        "body_height": 170.0,
    }
    assert both.flags == {"measurement_units": "si", "user_id": 2, "packets": 2}
    assert join(second, first).user_id == 2
    assert join(second, second).fat == 0xFFFF
    assert read_body_composition(encode_body_composition(first)) == first


@pytest.mark.parametrize(
    ("second", "why"),
    [
        (BodyComposition(215), "whole by itself"),
        (BodyComposition(215, imperial=True, multiple=True), "units"),
        (BodyComposition(215, user_id=3, multiple=True), "two measurements"),
        (BodyComposition(215, timestamp=DateTime(0, 1, 1, 0, 0, 0), multiple=True), "two meas"),
        (BodyComposition(216, multiple=True), "body fat"),
        (BodyComposition(215, fields=MappingProxyType({Part.WEIGHT: 1}), multiple=True), "WEIGHT"),
    ],
)
def test_packets_that_do_not_belong_together(second: BodyComposition, why: str) -> None:
    first = BodyComposition(215, timestamp=CLOCK, user_id=2, fields=SCALES, multiple=True)
    with pytest.raises(DecodeError, match=why):
        join(first, second)


def test_body_composition_by_itself() -> None:
    assert numbers("2A9C", "1900 c800 4006 9001") == {
        "body_fat_percentage": 20.0,
        "basal_metabolism": 1600.0,
        "muscle_percentage": 40.0,
    }
    assert flags("2A9C", "1900 c800 4006 9001") == {"measurement_units": "imperial"}
    assert flags("2A9C", "0000 ffff")["body_fat_percentage"] == "unsuccessful"
    assert numbers("2A9C", "00e0 c800 aabbcc") == {"body_fat_percentage": 20.0}


@pytest.mark.parametrize(
    ("value", "marks"),
    [
        ("04 3c", ["error_state"]),  # no contact
        ("04 00", ["error_state"]),
        ("14 3c 0004", ["error_state"] * 2),
        ("06 00", ["implausible"]),
        ("00 00", ["implausible"]),
        ("06 3c", [""]),
        ("00 3c", [""]),
    ],
)
def test_a_heart_rate_without_contact_is_nobody_s(value: str, marks: list[str]) -> None:
    got = decode("2A37", bytes.fromhex(value))
    assert [record.mark for record in got.records] == marks
    assert bool(kinds_of("2A37", got.records)) is (marks == [""])


def test_oximeters() -> None:
    pair = (MedFloat(97, 0), MedFloat(61, 0))
    spot = Oximetry(pair, CLOCK, False, None, None, 0x0100, 0x000020, MedFloat(21, -1))
    got = decode("2A5E", encode_spot_check(spot))
    assert [(r.quantity.value, r.value, r.unit.value) for r in got.records] == [
        ("oxygen_saturation", 97.0, "%"),
        ("pulse_rate", 61.0, "/min"),
        ("pulse_amplitude_index", 2.1, "%"),
    ]
    assert got.timestamp == str(CLOCK)
    assert got.flags["fully_qualified_data"] is True
    assert got.flags["low_perfusion"] is True
    unset = decode("2A5E", encode_spot_check(Oximetry(pair, CLOCK, clock_not_set=True)))
    assert unset.timestamp is None
    assert unset.flags["timestamp_unset"] == str(CLOCK)
    assert decode("2A5E", encode_spot_check(Oximetry(pair, clock_not_set=True))).flags == {
        "clock_not_set": True
    }
    running = Oximetry(pair, fast=(MedFloat(96, 0), Special.NAN), slow=pair, device_status=1)
    got = decode("2A5F", encode_continuous(running))
    assert [(r.quantity.value, r.name) for r in got.records] == [
        ("oxygen_saturation", "oxygen_saturation"),
        ("pulse_rate", "pulse_rate"),
        ("other", "oxygen_saturation_fast"),
        ("other", "oxygen_saturation_slow"),
        ("other", "pulse_rate_slow"),
    ]
    assert got.flags["pulse_rate_fast"] == "nan"
    assert numbers("2A5E", "e0 6100 3d00 aa") == numbers("2A5F", "e0 6100 3d00 aa")


@pytest.mark.parametrize("bit", [10, 11, 13, 15])
def test_what_an_oximeter_calls_invalid_is_nobodys(bit: int) -> None:
    value = Oximetry((MedFloat(97, 0), MedFloat(61, 0)), status=1 << bit)
    for uuid, raw in (("2A5E", encode_spot_check(value)), ("2A5F", encode_continuous(value))):
        assert {record.quantity.value for record in decode(uuid, raw).records} == {"other"}


def test_oximeter_features() -> None:
    got = flags("2A60", "0300 e0ff ffff00")
    assert (got["measurement_status_bits"], got["device_status_bits"]) == (0xFFE0, 0xFFFF)
    for wrong in ("03", "0300 e0", "0300 e0ff", "0000 00", "0300 e0ff ffff00 00"):
        with pytest.raises(DecodeError):
            decode("2A60", bytes.fromhex(wrong))
