from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.ble import DECODERS, decode
from hardware.ble.blood_pressure import (
    BloodPressure,
    Status,
    decode_blood_pressure,
    encode_blood_pressure,
    read_blood_pressure,
)
from hardware.ble.clock import DateTime, date_time_of
from hardware.ble.medfloat import (
    MedFloat,
    Special,
    decode_float,
    decode_sfloat,
    encode_float,
    encode_sfloat,
)
from hardware.errors import DecodeError

sfloats = st.one_of(
    st.sampled_from(Special),
    st.builds(MedFloat, st.integers(-2045, 2045), st.integers(-8, 7)),
)
times = st.one_of(
    st.datetimes().filter(lambda when: when.year >= 1582).map(date_time_of),
    st.builds(
        DateTime,
        st.just(0),
        st.integers(0, 12),
        st.integers(0, 28),
        st.integers(0, 23),
        st.integers(0, 59),
        st.integers(0, 59),
    ),
)
statuses = st.integers(0, 0x3F).map(Status)
measurements = st.builds(
    BloodPressure,
    sfloats,
    sfloats,
    sfloats,
    st.booleans(),
    st.none() | times,
    st.none() | sfloats,
    st.none() | st.integers(0, 255),
    st.none() | statuses,
)


@given(measurements)
def test_round_trip(sent: BloodPressure) -> None:
    assert read_blood_pressure(encode_blood_pressure(sent)) == sent


@given(measurements)
def test_every_cut_and_every_extra_byte_is_refused(sent: BloodPressure) -> None:
    raw = encode_blood_pressure(sent)
    for value in [raw[:size] for size in range(len(raw))] + [raw + b"\0"]:
        with pytest.raises(DecodeError) as caught:
            decode_blood_pressure(value)
        assert caught.value.offset in range(len(value) + 1)


@given(measurements, st.data())
def test_near_misses_raise_only_our_own(sent: BloodPressure, data: st.DataObject) -> None:
    raw = bytearray(encode_blood_pressure(sent))
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    only_own_errors("2A35", bytes(raw))
    only_own_errors("2A36", bytes(raw))


@given(st.sampled_from(sorted(DECODERS)), st.binary(max_size=24))
def test_any_bytes_raise_only_our_own(uuid: str, value: bytes) -> None:
    only_own_errors(uuid, value)


def only_own_errors(uuid: str, value: bytes) -> None:
    try:
        got = decode(uuid, value)
    except DecodeError:
        return
    for record in got.records:
        assert isinstance(record.value, str) or math.isfinite(record.value)


@given(st.integers(0, 0xFFFF))
def test_sfloat_codes_are_kept(raw: int) -> None:
    field = raw.to_bytes(2, "little")
    assert encode_sfloat(decode_sfloat(field)) == field


@given(st.integers(0, 0xFFFFFFFF))
def test_float_codes_are_kept(raw: int) -> None:
    field = raw.to_bytes(4, "little")
    assert encode_float(decode_float(field)) == field
