"""Telegrams: what is encoded comes back, and bytes of any kind give records or typed errors."""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from hardware.errors import DecodeError
from hardware.mbus.dif import SIZES, Coding, Dib, encode_dib, parse_dib
from hardware.mbus.encode import (
    encode_number,
    encode_payload,
    encode_raw,
    encode_record,
    encode_telegram,
    encode_text,
)
from hardware.mbus.frame import encode_long
from hardware.mbus.header import Header
from hardware.mbus.record import Records, parse_records
from hardware.mbus.telegram import decode, read_header
from hardware.mbus.vif import FB, FD, PRIMARY, Kind, Meaning
from hardware.reading import Function, Quantity, Register, Unit

registers = st.builds(
    Register,
    st.integers(0, (1 << 41) - 1) | st.integers(0, 40),
    st.integers(0, (1 << 20) - 1) | st.integers(0, 4),
    st.integers(0, (1 << 10) - 1) | st.integers(0, 2),
    st.sampled_from(Function),
)
integer_codings = (
    Coding.INT8,
    Coding.INT16,
    Coding.INT24,
    Coding.INT32,
    Coding.INT48,
    Coding.INT64,
)
decimal_codings = (Coding.BCD2, Coding.BCD4, Coding.BCD6, Coding.BCD8, Coding.BCD12)
meanings = st.sampled_from(
    [(bytes((code,)), meaning) for code, meaning in PRIMARY.items()]
    + [(bytes((0xFB, code)), meaning) for code, meaning in FB.items()]
    + [(bytes((0xFD, code)), meaning) for code, meaning in FD.items()]
).filter(lambda pair: pair[1].kind is not Kind.DATE)


@given(registers, st.sampled_from(list(SIZES)))
def test_register_comes_back(register: Register, coding: Coding) -> None:
    block = encode_dib(Dib(coding, register))
    assert len(block) <= 11
    assert parse_dib(block) == Dib(coding, register)


@given(st.data(), meanings, registers)
def test_every_vif_gives_the_decimal_that_was_meant(
    data: st.DataObject, pair: tuple[bytes, Meaning], register: Register
) -> None:
    vif, meaning = pair
    coding = data.draw(st.sampled_from(integer_codings + decimal_codings))
    if coding in decimal_codings:
        digits = 2 * SIZES[coding]
        number = data.draw(st.integers(1 - 10 ** (digits - 1), 10**digits - 1))
    else:
        bits = 8 * SIZES[coding]
        signed = meaning.kind is Kind.SIGNED
        low, high = (1 - (1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 2)
        number = data.draw(st.integers(low, high))
    raw = encode_raw(coding, vif, encode_number(number, coding, meaning.kind), register)
    (record,) = parse_records(raw).records
    assert record.quantity is meaning.quantity
    assert record.unit is meaning.unit
    assert record.register == register
    exact = (Decimal(number) * meaning.numerator + meaning.addend) / meaning.denominator
    assert isinstance(record.value, float)
    assert math.isclose(record.value, float(exact), rel_tol=1e-15, abs_tol=0.0)
    if meaning.denominator in (10**power for power in range(13)) and abs(number) < 10**12:
        # a plain decimal is the nearest float to itself: 54.321, never 54.321000000000005
        assert record.value == float(Decimal(number) * meaning.numerator / meaning.denominator)


@given(st.floats(width=32, allow_nan=False, allow_infinity=False), registers)
def test_real_comes_back_as_its_shortest_decimal(number: float, register: Register) -> None:
    raw = encode_record(Quantity.VOLUME, number, coding=Coding.REAL32, register=register)
    (record,) = parse_records(raw).records
    assert isinstance(record.value, float)
    assert math.isclose(record.value, number, rel_tol=1e-7, abs_tol=1e-45)


@given(st.dates(date(1981, 1, 1), date(2080, 12, 31)), registers)
def test_date_comes_back(day: date, register: Register) -> None:
    (record,) = parse_records(encode_record(Quantity.DATE, day, register=register)).records
    assert (record.value, record.unit) == (day.isoformat(), Unit.DATE)


@given(st.datetimes(datetime(1981, 1, 1), datetime(2199, 12, 31)))  # noqa: DTZ001 - no zone
def test_time_comes_back_to_the_minute(moment: datetime) -> None:
    (record,) = parse_records(encode_record(Quantity.DATETIME, moment)).records
    assert record.value == moment.replace(second=0, microsecond=0).isoformat()


@given(st.text(st.characters(max_codepoint=255, min_codepoint=1), max_size=191))
def test_text_comes_back(words: str) -> None:
    raw = encode_raw(Coding.VARIABLE, b"\xfd\x11", encode_text(words))
    (record,) = parse_records(raw).records
    assert (record.value, record.unit) == (words, Unit.TEXT)


@given(
    st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=3, max_size=3),
    st.integers(0, 99_999_999),
    st.tuples(*[st.integers(0, 255)] * 4),
    st.lists(st.integers(0, 10**8 - 1), max_size=20),
)
def test_telegram_comes_back(
    letters: str, number: int, rest: tuple[int, int, int, int], volumes: list[int]
) -> None:
    header = Header(letters, f"{number:08d}", *rest)
    records = [
        encode_record(Quantity.VOLUME, Decimal(volume) / 1000, exponent=-3, coding=Coding.BCD8)
        for volume in volumes
    ]
    raw = encode_telegram(encode_payload(header, records), address=1)
    telegram = decode(raw)
    assert telegram.header == header == read_header(raw)
    assert [record.value for record in telegram.records] == [volume / 1000 for volume in volumes]


def check_records(payload: bytes) -> None:
    """Records of any bytes are well formed, or the error says where in the bytes it is."""
    found, where = Records(()), 0
    try:
        found = parse_records(payload)
    except DecodeError as error:
        where = -1 if error.offset is None else error.offset
    assert 0 <= where <= len(payload)
    for record in found.records:
        if record.unit in (Unit.TEXT, Unit.DATE, Unit.DATETIME):
            assert isinstance(record.value, str)
        else:
            assert isinstance(record.value, float)
            assert math.isfinite(record.value)
        assert record.name
        assert record.name.isascii()


# headers as meters send them, and then any data: deeper than bytes by chance would get
likely = st.lists(
    st.sampled_from(
        [bytes.fromhex(part) for part in ("04", "0C", "0D", "8440", "DA02", "2F", "01", "05", "06")]
    )
    | st.sampled_from(
        [bytes.fromhex(part) for part in ("13", "06", "FD17", "FB5B", "6D", "6C", "93FF01", "7C01")]
    )
    | st.binary(max_size=5),
    max_size=30,
).map(b"".join)


@given(st.binary(max_size=300) | likely)
def test_any_bytes_give_records_or_a_typed_error(payload: bytes) -> None:
    check_records(payload)


@given(st.integers(0, 255), st.binary(max_size=252) | likely.map(lambda raw: raw[:252]))
def test_any_frame_gives_a_telegram_or_a_typed_error(ci: int, payload: bytes) -> None:
    raw = encode_long(8, 1, ci, payload)
    where = None
    try:
        assert decode(raw).header == read_header(raw)
    except DecodeError as error:
        where = error.offset
    assert where is None or 0 <= where <= len(raw)
