from __future__ import annotations

import pytest

from hardware.errors import DecodeError
from hardware.mbus.fixed import parse
from hardware.mbus.frame import encode_long
from hardware.mbus.telegram import decode
from hardware.reading import Quantity, Record, Register, Unit


def counters(digits: str, *, msb_first: bool = False) -> tuple[Record, ...]:
    return parse(bytes.fromhex(digits), msb_first=msb_first)[1]


def test_two_counters_of_a_water_meter() -> None:
    payload = bytes.fromhex("78563412 0A 00 E97E 01000000 35010000")
    telegram = decode(encode_long(8, 5, 0x73, payload))
    assert telegram.identification == "12345678"
    assert telegram.manufacturer is None
    assert telegram.medium == "water"
    assert telegram.access_number == 10
    assert telegram.status == "OK"
    assert telegram.device_id == "mbus:12345678-07"
    assert telegram.records == (
        Record(Quantity.VOLUME, 0.001, Unit.M3, Register(), "volume_counter_1"),
        Record(Quantity.OTHER, 135.0, Unit.ONE, Register(subunit=1), "historic_value_counter_2"),
    )


def test_binary_counters_and_stored_ones() -> None:
    first, second = counters("78563412 0A 07 0514 39300000 FEFFFFFF")
    assert (first.quantity, first.value, first.register.storage) == (Quantity.ENERGY, 12345.0, 1)
    assert (second.quantity, second.value) == (Quantity.POWER, -0.002)
    assert second.name == "power_storage_1_counter_2"


def test_status_without_the_bits_that_tell_the_format() -> None:
    header, _ = parse(bytes.fromhex("78563412 0A 0F 0514 39300000 FEFFFFFF"))
    assert header.status == "POWER_LOW PERMANENT_ERROR"


def test_most_significant_byte_first() -> None:
    payload = bytes.fromhex("12345678 0A 00 E97E 00000001 00000135")
    telegram = decode(encode_long(8, 5, 0x77, payload))
    assert telegram.identification == "12345678"
    assert [record.value for record in telegram.records] == [0.001, 135.0]


@pytest.mark.parametrize(
    ("unit", "quantity", "expected"),
    [
        (0x02, Quantity.ENERGY, 0.001),
        (0x0A, Quantity.ENERGY, 100_000.0),
        (0x0B, Quantity.ENERGY, 1000 / 3_600_000),
        (0x13, Quantity.ENERGY, 1e11 / 3_600_000),
        (0x1C, Quantity.POWER, 100_000.0),
        (0x1D, Quantity.POWER, 1000 / 3_600_000),
        (0x26, Quantity.VOLUME, 1e-6),
        (0x2E, Quantity.VOLUME, 100.0),
        (0x2F, Quantity.VOLUME_FLOW, 1e-6),
        (0x37, Quantity.VOLUME_FLOW, 100.0),
        (0x38, Quantity.OTHER, 0.001),
        (0x39, Quantity.HCA_UNITS, 1.0),
        (0x3F, Quantity.OTHER, 1.0),
    ],
)
def test_units(unit: int, quantity: Quantity, expected: float) -> None:
    record = counters(f"78563412 0A 00 {unit:02X}3A 01000000 00000000")[0]
    assert (record.quantity, record.value) == (quantity, expected)


@pytest.mark.parametrize("unit", ["00", "01", "3A", "3D"])
def test_times_and_reserved_units_are_left_out(unit: str) -> None:
    assert counters(f"78563412 0A 00 {unit}{unit} 01000000 01000000") == ()


def test_counter_without_digits_is_left_out() -> None:
    assert len(counters("78563412 0A 00 2929 0A000000 01000000")) == 1


@pytest.mark.parametrize(
    ("units", "medium"),
    [("0203", "other"), ("C243", "water"), ("02C3", "warm water"), ("4283", "unknown")],
)
def test_medium_stands_in_the_unit_bytes(units: str, medium: str) -> None:
    header, _ = parse(bytes.fromhex(f"78563412 0A 00 {units} 01000000 01000000"))
    assert header.medium == medium


def test_wrong_length() -> None:
    with pytest.raises(DecodeError, match="16 bytes, not 3 at byte 10"):
        parse(bytes(3), offset=7)
    with pytest.raises(DecodeError, match="16 bytes, not 17 at byte 16"):
        parse(bytes(17))
