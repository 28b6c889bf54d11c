from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from hardware.ble import DECODERS, decode, full_uuid, short_uuid
from hardware.ble.blood_pressure import (
    MMHG_PER_KPA,
    BloodPressure,
    Status,
    decode_blood_pressure,
    encode_blood_pressure,
)
from hardware.ble.clock import AdjustReason, DateTime, encode_current_time, encode_date_time
from hardware.ble.medfloat import (
    MedFloat,
    Special,
    decode_float,
    decode_sfloat,
    encode_sfloat,
    sfloat_of,
)
from hardware.errors import DecodeError, Unsupported
from hardware.reading import CANONICAL_UNIT, Quantity, Unit

PLAIN = BloodPressure(MedFloat(138, 0), MedFloat(88, 0), MedFloat(120, 0))


@pytest.mark.parametrize(
    ("raw", "special"),
    [
        (0x07FF, Special.NAN),
        (0x0800, Special.NRES),
        (0x07FE, Special.POSITIVE_INFINITY),
        (0x0802, Special.NEGATIVE_INFINITY),
        (0x0801, Special.RESERVED),
    ],
)
def test_sfloat_specials(raw: int, special: Special) -> None:
    assert decode_sfloat(raw.to_bytes(2, "little")) is special
    with pytest.raises(TypeError):
        float(decode_sfloat(raw.to_bytes(2, "little")) + 1)


@pytest.mark.parametrize(
    ("raw", "special"),
    [
        (0x007FFFFF, Special.NAN),
        (0x00800000, Special.NRES),
        (0x007FFFFE, Special.POSITIVE_INFINITY),
        (0x00800002, Special.NEGATIVE_INFINITY),
        (0x00800001, Special.RESERVED),
    ],
)
def test_float_specials(raw: int, special: Special) -> None:
    assert decode_float(raw.to_bytes(4, "little")) is special


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        (0x0072, 114.0),
        (0xF072, 11.4),
        (0x8001, 1e-8),
        (0x77FD, 20450000000.0),
        (0x0803, -2045.0),
        (0xF7FF, 204.7),  # NaN's mantissa with another exponent is a number
        (0x0FFF, -1.0),
    ],
)
def test_sfloat_numbers(raw: int, number: float) -> None:
    assert float(decode_sfloat(raw.to_bytes(2, "little"))) == number


def test_fields_of_another_length() -> None:
    for decoder, size in ((decode_sfloat, 2), (decode_float, 4)):
        for wrong in (0, size - 1, size + 1):
            with pytest.raises(ValueError, match="bytes wanted"):
                decoder(bytes(wrong))


def test_float_number() -> None:
    assert float(decode_float(bytes.fromhex("6c0100ff"))) == 36.4


def test_numbers_that_have_no_code() -> None:
    for number in (MedFloat(2048, 0), MedFloat(0, 8), MedFloat(0x7FF, 0), MedFloat(-2048, 0)):
        with pytest.raises(ValueError, match=r"does not fit|is the code of"):
            encode_sfloat(number)
    with pytest.raises(ValueError, match="finite"):
        sfloat_of(Decimal("nan"))
    assert sfloat_of(120) == MedFloat(120, 0)
    assert sfloat_of(Decimal("11.4")) == MedFloat(114, -1)
    assert float(sfloat_of(40_000)) == 40_000.0


def test_kilopascal_is_converted_exactly() -> None:
    raw = encode_blood_pressure(
        BloodPressure(
            MedFloat(160, -1), MedFloat(107, -1), Special.NAN, kpa=True, pulse_rate=MedFloat(61, 0)
        )
    )
    got = decode_blood_pressure(raw)
    assert got.records[-1].value == 61.0  # beats are no pressure
    assert {r.quantity: r.value for r in got.records[:-1]} == {
        Quantity.BLOOD_PRESSURE_SYSTOLIC: float(Fraction(16) / Fraction(133322, 10**6)),
        Quantity.BLOOD_PRESSURE_DIASTOLIC: float(Fraction(107, 10) * MMHG_PER_KPA),
    }
    assert got.records[0].value == pytest.approx(120.0101)
    assert all(r.unit is Unit.MMHG is CANONICAL_UNIT[r.quantity] for r in got.records[:-1])
    assert got.flags == {"blood_pressure_mean": "nan"}


@pytest.mark.parametrize("special", list(Special))
def test_a_special_is_never_a_number(special: Special) -> None:
    got = decode_blood_pressure(
        encode_blood_pressure(BloodPressure(special, special, special, pulse_rate=special))
    )
    assert got.records == ()
    assert set(got.flags.values()) == {special.value}
    assert len(got.flags) == 4


def test_user_and_status() -> None:
    full = BloodPressure(
        PLAIN.systolic,
        PLAIN.diastolic,
        PLAIN.mean,
        pulse_rate=MedFloat(60, 0),
        user_id=255,
        status=Status.IRREGULAR_PULSE | Status.PULSE_RATE_LOW,
    )
    flags = decode_blood_pressure(encode_blood_pressure(full)).flags
    assert flags == {
        "user_id": "unknown",
        "body_movement": False,
        "cuff_too_loose": False,
        "irregular_pulse": True,
        "pulse_rate_range": "below",
        "improper_position": False,
    }


def test_cuff_pressure_leaves_the_unused_fields_alone() -> None:
    for unused in (Special.NAN, MedFloat(0, 0)):
        raw = encode_blood_pressure(BloodPressure(MedFloat(97, 0), unused, unused))
        got = decode("2A36", raw)
        assert [(r.quantity, r.value) for r in got.records] == [(Quantity.CUFF_PRESSURE, 97.0)]
        assert got.flags == {}


@pytest.mark.parametrize(
    ("uuid", "value", "offset"),
    [
        ("2A35", "", 0),
        ("2A35", "00 8a00 5800 78", 6),  # cut
        ("2A35", "00 8a00 5800 7800 00", 7),  # trailing
        ("2A35", "02 8a00 5800 7800 e907 0d01 000000", 9),  # month 13
        ("2A35", "02 8a00 5800 7800 e907 021d 000000", 10),  # 29 February 2025
        ("2A35", "02 8a00 5800 7800 e907 0101 180000", 11),  # hour 24
        ("2A35", "02 8a00 5800 7800 e907 0101 003c00", 12),  # minute 60
        ("2A35", "02 8a00 5800 7800 e907 0101 00003c", 13),  # second 60
        ("2A35", "02 8a00 5800 7800 0100 0101 000000", 7),  # year 1
        ("2A35", "22 8a00 5800 7800 e907", 9),  # a reserved flag, and a known field cut
        ("2A49", "00", 1),
        ("2A19", "65", 0),
        ("2A19", "6400", 1),
        ("2A08", "", 0),
        ("2A08", "e2070411 0f3300 00", 7),
        ("2A2B", "e9070101000000 08 00 00", 7),
    ],
)
def test_faults_carry_their_place(uuid: str, value: str, offset: int) -> None:
    with pytest.raises(DecodeError) as caught:
        decode(uuid, bytes.fromhex(value))
    assert caught.value.offset == offset


@pytest.mark.parametrize(
    ("uuid", "value", "known"),
    [
        ("2A35", "20 8a00 5800 7800", "00 8a00 5800 7800"),
        ("2A35", "a4 8a00 5800 7800 3c00 0102", "04 8a00 5800 7800 3c00"),  # a field to come
        ("2A36", "ff 8a00 ff07 ff07 e9070102030405 3c00 01 2700 aa",
                 "1f 8a00 ff07 ff07 e9070102030405 3c00 01 2700"),
        ("2A35", "10 8a00 5800 7800 44ff", "10 8a00 5800 7800 0400"),
        ("2A2B", "e9070101000000 01 00 f2", "e9070101000000 01 00 02"),
    ],
)  # fmt: skip
def test_bits_for_a_future_use_are_ignored(uuid: str, value: str, known: str) -> None:
    assert decode(uuid, bytes.fromhex(value)) == decode(uuid, bytes.fromhex(known))


def test_reserved_pulse_rate_range_is_called_so() -> None:
    got = decode("2A35", bytes.fromhex("10 8a00 5800 7800 1900"))
    assert (got.flags["pulse_rate_range"], got.flags["body_movement"]) == ("reserved", True)
    assert len(got.records) == 3


def test_a_value_longer_than_any_attribute() -> None:
    with pytest.raises(DecodeError):
        decode("2A35", bytes(513))


def test_unknown_parts_of_the_time() -> None:
    raw = encode_date_time(DateTime(0, 4, 17, 20, 41, 59))
    got = decode("2A08", raw)
    assert got.timestamp is None
    assert got.records == ()
    assert got.flags == {"timestamp_incomplete": "0000-04-17T20:41:59"}
    assert decode("2A08", encode_date_time(DateTime(0, 2, 29, 0, 0, 0))).timestamp is None


def test_current_time_is_written_in_local_time() -> None:
    raw = encode_current_time(datetime(2025, 3, 30, 3, 0, 1, 500_000, tzinfo=UTC))
    assert raw == bytes.fromhex("e907031e030001") + bytes((7, 128, 2))
    got = decode("2A2B", raw)
    assert got.timestamp == "2025-03-30T03:00:01"
    assert got.flags == {
        "day_of_week": 7,
        "fractions256": 128,
        "adjust_reason": AdjustReason.EXTERNAL_REFERENCE,
    }


def test_uuids() -> None:
    full = "00002a35-0000-1000-8000-00805f9b34fb"
    assert short_uuid("0x2a35") == short_uuid(full) == "2A35"
    assert full_uuid("2A35") == full
    long = "12342A35-0000-1000-8000-00805F9B34FB"
    assert short_uuid(long) == long  # a 32 bit UUID that ends like one of 16 bits
    own = "0000FE40-CC7A-482A-984A-7F2ED5B3E58F"
    assert short_uuid(own) == own
    assert full_uuid(own) == own.lower()
    assert decode(full, encode_blood_pressure(PLAIN)).device == "blood_pressure_measurement"
    for unknown in ("2AD2", "", "nonsense"):
        with pytest.raises(Unsupported):
            decode(unknown, b"")
    assert len(DECODERS) > 100


def test_feature_bits_for_a_future_use_are_kept_as_sent_and_named_nothing() -> None:
    known, sent = decode("2A49", b"\x01\x00").flags, decode("2A49", b"\x01\xfe").flags
    assert (known.pop("features"), sent.pop("features")) == (1, 0xFE01)
    assert known == sent
