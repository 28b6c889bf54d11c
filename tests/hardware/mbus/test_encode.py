from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from hardware.mbus.dif import Coding, Dib, encode_dib, parse_dib
from hardware.mbus.encode import (
    encode_date,
    encode_datetime,
    encode_number,
    encode_payload,
    encode_raw,
    encode_record,
    encode_telegram,
    encode_text,
    vif_for,
)
from hardware.mbus.header import Header
from hardware.mbus.telegram import decode
from hardware.mbus.vif import Kind
from hardware.reading import Function, Quantity, Register, Unit

HEADER = Header("KAM", "76348799", 27, 4, 3, 4)


def test_telegram_says_again_what_it_was_made_of() -> None:
    register = Register(storage=33, tariff=5, subunit=3, function=Function.MAXIMUM)
    records = [
        encode_record(Quantity.ENERGY, 5249.17, exponent=-2, coding=Coding.BCD8),
        encode_record(Quantity.VOLUME, Decimal("1.234"), exponent=-3),
        encode_record(Quantity.FLOW_TEMPERATURE, -3.5, exponent=-1, coding=Coding.BCD4),
        encode_record(Quantity.DATE, date(2024, 2, 29), register=register),
        encode_record(Quantity.DATETIME, datetime(2026, 2, 28, 23, 59)),  # noqa: DTZ001
        encode_record(Quantity.POWER, 2.6, coding=Coding.REAL32, exponent=-3),
        encode_record(Quantity.CUSTOMER_ID, "Dorf ß"),
        encode_record(Quantity.REACTIVE_ENERGY, 7),
    ]
    telegram = decode(encode_telegram(encode_payload(HEADER, records), address=5))
    assert telegram.header == HEADER
    assert telegram.device_id == "mbus:KAM-76348799-1B-04"
    assert not telegram.more_follows
    assert [(record.value, record.unit) for record in telegram.records] == [
        (5249.17, Unit.KWH),
        (1.234, Unit.M3),
        (-3.5, Unit.DEG_C),
        ("2024-02-29", Unit.DATE),
        ("2026-02-28T23:59:00", Unit.DATETIME),
        (2.6, Unit.KW),
        ("Dorf ß", Unit.TEXT),
        (7.0, Unit.KVARH),
    ]
    assert telegram.records[3].register == register


def test_manufacturers_data_close_the_telegram() -> None:
    payload = encode_payload(HEADER, (), manufacturer_data=b"\xab")
    assert payload[12:] == b"\x0f\xab"
    payload = encode_payload(HEADER, (), more_follows=True)
    assert payload[12:] == b"\x1f"


@pytest.mark.parametrize(
    "header",
    [
        HEADER._replace(identification="1234567"),
        HEADER._replace(identification="1234567A"),
        HEADER._replace(identification=None),
        HEADER._replace(version=None),
        HEADER._replace(medium_code=None),
        HEADER._replace(manufacturer=None),
        HEADER._replace(version=256),
    ],
)
def test_header_that_does_not_fit(header: Header) -> None:
    with pytest.raises(ValueError, match=r"digits|version|letters|range\(0, 256\)"):
        encode_payload(header, ())


def test_payload_longer_than_a_frame() -> None:
    with pytest.raises(ValueError, match="do not fit a frame"):
        encode_telegram(encode_payload(HEADER, (b"\x2f" * 241,)), address=1)


def test_vif_by_quantity_and_last_digit() -> None:
    assert vif_for(Quantity.ENERGY, -3) == b"\x03"
    assert vif_for(Quantity.VOLUME) == b"\x16"
    assert vif_for(Quantity.VOLTAGE, -1) == b"\xfd\x48"
    assert vif_for(Quantity.FREQUENCY, -1) == b"\xfb\x2e"
    for quantity, exponent in ((Quantity.ENERGY, 9), (Quantity.OTHER, 0), (Quantity.PULSE_RATE, 0)):
        with pytest.raises(ValueError, match="no VIF says"):
            vif_for(quantity, exponent)


def test_value_with_digits_behind_the_last_one() -> None:
    with pytest.raises(ValueError, match="digits behind 1e-3"):
        encode_record(Quantity.VOLUME, 1.2345, exponent=-3)


def test_number_too_large_for_a_real() -> None:
    with pytest.raises(ValueError, match="does not fit 32 bits"):
        encode_record(Quantity.VOLUME, 1e39, coding=Coding.REAL32)


@pytest.mark.parametrize(
    ("number", "coding", "kind"),
    [
        (128, Coding.INT8, Kind.SIGNED),
        (-128, Coding.INT8, Kind.SIGNED),  # says "invalid"
        (255, Coding.INT8, Kind.UNSIGNED),  # says "invalid"
        (-1, Coding.INT8, Kind.BITS),
        (256, Coding.INT8, Kind.BITS),
        (100, Coding.BCD2, Kind.SIGNED),
        (-10, Coding.BCD2, Kind.SIGNED),
        (1, Coding.REAL32, Kind.SIGNED),
        (1, Coding.NONE, Kind.SIGNED),
        (1, Coding.VARIABLE, Kind.SIGNED),
    ],
)
def test_number_that_does_not_fit(number: int, coding: Coding, kind: Kind) -> None:
    with pytest.raises(ValueError, match=r"does not fit|holds no whole number"):
        encode_number(number, coding, kind)


def test_numbers() -> None:
    assert encode_number(-9, Coding.BCD2) == b"\xf9"
    assert encode_number(255, Coding.INT8, Kind.BITS) == b"\xff"
    assert encode_number(254, Coding.INT8, Kind.UNSIGNED) == b"\xfe"
    assert encode_number(-127, Coding.INT8) == b"\x81"
    assert encode_record(Quantity.ERROR_FLAGS, 255, coding=Coding.INT8) == b"\x01\xfd\x17\xff"


def test_text_and_dates_have_their_bounds() -> None:
    assert encode_text("AB") == b"\x02BA"
    with pytest.raises(ValueError, match="at most 191"):
        encode_text("x" * 192)
    with pytest.raises(ValueError, match="latin-1"):
        encode_text("€")
    for year in (1980, 2081):
        with pytest.raises(ValueError, match="cannot be sent"):
            encode_date(date(year, 1, 1))
    for year in (1980, 2200):
        with pytest.raises(ValueError, match="cannot be sent"):
            encode_datetime(datetime(year, 1, 1))  # noqa: DTZ001 - a meter's clock has no zone


def test_data_of_another_length() -> None:
    with pytest.raises(ValueError, match="INT16 has 2 bytes, not 1"):
        encode_raw(Coding.INT16, b"\x13", b"\x00")


def test_data_information_block() -> None:
    dib = Dib(Coding.INT32, Register(storage=1))
    assert encode_dib(dib) == b"\x44"
    dib = Dib(Coding.BCD6, Register(tariff=2, subunit=1))
    assert encode_dib(dib) == b"\x8b\x60"
    assert parse_dib(b"\x8b\x60") == dib
    with pytest.raises(ValueError, match="more than 10 DIFEs"):
        encode_dib(Dib(Coding.INT8, Register(storage=1 << 41)))
    with pytest.raises(ValueError, match="negative"):
        encode_dib(Dib(Coding.INT8, Register(tariff=-1)))
