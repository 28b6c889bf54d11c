"""Every characteristic: round trips, cuts, near misses, and a million values that are wrong."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from random import Random
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.commands.ble_decode import answer_line
from hardware.ble import DECODERS, decode
from hardware.ble.blood_pressure import Status
from hardware.ble.body_composition import (
    BodyComposition,
    Part,
    encode_body_composition,
    join,
    read_body_composition,
)
from hardware.ble.cgm import CgmRecord, encode_cgm_record, read_cgm_records
from hardware.ble.clock import DateTime, date_time_of
from hardware.ble.crc import e2e_crc, with_crc
from hardware.ble.enhanced_pressure import (
    EnhancedPressure,
    encode_enhanced_pressure,
    read_enhanced_pressure,
)
from hardware.ble.glucose import Glucose, encode_glucose, read_glucose
from hardware.ble.heart_rate import HeartRate, encode_heart_rate, read_heart_rate
from hardware.ble.medfloat import MedFloat, Special
from hardware.ble.oximeter import (
    Oximetry,
    encode_continuous,
    encode_spot_check,
    read_continuous,
    read_spot_check,
)
from hardware.ble.pressure_record import RecordAssembler, Segment, encode_segment
from hardware.ble.thermometer import Temperature, encode_temperature, read_temperature
from hardware.ble.user_data import UserDate, encode_date
from hardware.ble.weight import Weight, encode_weight, read_weight
from hardware.errors import DecodeError
from hardware.reading import CANONICAL_UNIT, Quantity
from tests.property.ble_values import ONE_BYTE, OPEN_ENDED, RAW, TEXTS

MILLION = 1_000_000


BLOCK = 10_000


RAW |= dict.fromkeys(TEXTS, "Anna Schönwalde".encode()) | dict.fromkeys(ONE_BYTE, b"\x01")


sfloats = st.one_of(
    st.sampled_from(Special),
    st.builds(MedFloat, st.integers(-2045, 2045), st.integers(-8, 7)),
)


floats = st.one_of(
    st.sampled_from(Special),
    st.builds(MedFloat, st.integers(-8_388_605, 8_388_605), st.integers(-128, 127)),
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


byte, short, word = st.integers(0, 0xFF), st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)


pairs = st.tuples(sfloats, sfloats)


fields = st.dictionaries(
    st.sampled_from([part for part in Part if Part.USER_ID < part < Part.MULTIPLE_PACKETS]), short
).map(MappingProxyType)


compositions = st.builds(
    BodyComposition, short, st.booleans(), st.none() | times, st.none() | byte, fields
)


def maybe(values: st.SearchStrategy) -> st.SearchStrategy:
    return st.none() | values


ROUND_TRIPS: dict[str, tuple[st.SearchStrategy, Callable, Callable]] = {
    "heart_rate": (
        st.builds(
            HeartRate,
            short,
            maybe(st.booleans()),
            maybe(short),
            st.lists(short, max_size=9).map(tuple),
        ),
        encode_heart_rate,
        read_heart_rate,
    ),
    "temperature": (
        st.builds(Temperature, floats, st.booleans(), maybe(times), maybe(byte)),
        encode_temperature,
        read_temperature,
    ),
    "weight": (
        st.builds(
            Weight, short, st.booleans(), maybe(times), maybe(byte), maybe(st.tuples(short, short))
        ),
        encode_weight,
        read_weight,
    ),
    "body_composition": (compositions, encode_body_composition, read_body_composition),
    "enhanced_pressure": (
        st.builds(
            EnhancedPressure,
            st.tuples(sfloats, sfloats, sfloats),
            st.booleans(),
            maybe(word),
            maybe(sfloats),
            maybe(byte),
            maybe(st.integers(0, 0x3F).map(Status)),
            maybe(word),
            st.booleans(),
        ),
        encode_enhanced_pressure,
        lambda raw: read_enhanced_pressure(raw, 3),
    ),
    "glucose": (
        st.builds(
            Glucose,
            short,
            times,
            maybe(st.integers(-32_768, 32_767)),
            sfloats,
            byte,
            st.booleans(),
            maybe(short),
            st.booleans(),
        ),
        encode_glucose,
        read_glucose,
    ),
    "cgm": (
        st.builds(
            CgmRecord,
            sfloats,
            short,
            maybe(st.integers(1, 0xFFFFFF)),
            maybe(sfloats),
            maybe(sfloats),
            st.booleans(),
        ),
        encode_cgm_record,
        lambda raw: read_cgm_records(raw)[0],
    ),
    "spot_check": (
        st.builds(
            Oximetry,
            pairs,
            maybe(times),
            st.booleans(),
            st.none(),
            st.none(),
            maybe(short),
            maybe(st.integers(0, 0xFFFFFF)),
            maybe(sfloats),
        ),
        encode_spot_check,
        read_spot_check,
    ),
    "continuous": (
        st.builds(
            Oximetry,
            pairs,
            st.none(),
            st.just(value=False),
            maybe(pairs),
            maybe(pairs),
            maybe(short),
            maybe(st.integers(0, 0xFFFFFF)),
            maybe(sfloats),
        ),
        encode_continuous,
        read_continuous,
    ),
}


@pytest.mark.parametrize("name", ROUND_TRIPS)
@given(data=st.data())
def test_round_trip(name: str, data: st.DataObject) -> None:
    strategy, encode, read = ROUND_TRIPS[name]
    sent = data.draw(strategy)
    raw = encode(sent)
    assert read(raw) == sent
    if name != "heart_rate":
        for wrong in [raw[:size] for size in range(len(raw))] + [raw + b"\1"]:
            with pytest.raises(DecodeError) as caught:
                read(wrong)
            assert caught.value.offset in range(len(wrong) + 1)


@given(compositions, st.sets(st.sampled_from(Part)))
def test_a_measurement_cut_in_two_packets_is_joined_again(
    whole: BodyComposition, behind: set[Part]
) -> None:
    first = {part: value for part, value in whole.fields.items() if part not in behind}
    second = {part: value for part, value in whole.fields.items() if part in behind}
    packets = [
        BodyComposition(
            whole.fat,
            whole.imperial,
            whole.timestamp if number == 0 else None,
            whole.user_id if number == 0 else None,
            MappingProxyType(part),
            multiple=True,
        )
        for number, part in enumerate((first, second))
    ]
    joined = join(*(read_body_composition(encode_body_composition(each)) for each in packets))
    assert (joined.fat, joined.fields) == (whole.fat, whole.fields)
    assert (joined.timestamp, joined.user_id) == (whole.timestamp, whole.user_id)


@given(st.binary(min_size=1, max_size=200), st.data())
def test_a_record_in_segments_of_any_sizes(value: bytes, data: st.DataObject) -> None:
    cuts = data.draw(st.sets(st.integers(1, max(1, len(value) - 1)), max_size=70).map(sorted))
    parts = [value[a:b] for a, b in zip([0, *cuts], [*cuts, len(value)], strict=True)]
    segments = [
        encode_segment(Segment(number == 0, number == len(parts) - 1, number % 64, 9, "2A35", part))
        for number, part in enumerate(parts)
    ]
    segments[-1] += e2e_crc(b"".join(segments)).to_bytes(2, "little")
    assembler = RecordAssembler()
    whole = [assembler.feed(segment) for segment in segments][-1]
    assert whole is not None
    assert (whole.value, whole.checked) == (value, True)


@given(st.dates().filter(lambda day: day.year >= 1582))
def test_dates(day: object) -> None:
    raw = encode_date(UserDate(day.year, day.month, day.day))  # type: ignore[attr-defined]
    assert decode("2A85", raw).flags == {"date_of_birth": str(day)}


@given(st.binary(max_size=40), st.integers(0, 7))
def test_the_check_finds_every_flipped_bit(data: bytes, bit: int) -> None:
    raw = with_crc(data)
    for place in range(len(raw)):
        wrong = bytearray(raw)
        wrong[place] ^= 1 << bit
        assert e2e_crc(bytes(wrong[:-2])) != int.from_bytes(wrong[-2:], "little")


@pytest.mark.parametrize("uuid", sorted(DECODERS))
def test_a_whole_value_is_read_and_a_cut_one_refused(uuid: str) -> None:
    raw = RAW[uuid]
    got = decode(uuid, raw)
    assert got.device
    assert got.records or got.flags
    for size in range(len(raw)):
        if uuid in OPEN_ENDED or uuid in TEXTS:
            own_errors_only(uuid, raw[:size])
        else:
            with pytest.raises(DecodeError):
                decode(uuid, raw[:size])
    if uuid not in TEXTS | {"2A2A", "2A55", "2B46"}:
        with pytest.raises(DecodeError):
            decode(uuid, raw + b"\1")
    with pytest.raises(DecodeError):
        decode(uuid, b"x" * 513)


def test_no_characteristic_is_left_out() -> None:
    assert set(RAW) == set(DECODERS)


def own_errors_only(uuid: str, value: bytes) -> None:
    """Any bytes: an answer that JSON and the stores can take, or our own error."""
    try:
        got = decode(uuid, value)
    except DecodeError as error:
        assert error.offset is None or 0 <= error.offset <= len(value)  # noqa: PT017
        return
    for record in got.records:
        if isinstance(record.value, str):
            assert record.unit in ("text", "datetime")
        else:
            assert math.isfinite(record.value)
            assert record.quantity is Quantity.OTHER or (
                CANONICAL_UNIT[record.quantity] is record.unit
            )
    assert all(type(each) in (bool, int, str) for each in got.flags.values())


def mutated(rng: Random, value: bytes) -> bytes:
    """Return a near miss: a few bytes or bits changed, cut out, put in, or the end gone."""
    raw = bytearray(value)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        place = rng.randrange(len(raw) + 1)
        kind = rng.randrange(6)
        if kind == 0:
            raw.insert(place, rng.randrange(256))
        elif kind == 1:
            del raw[place:]
        elif kind == 2:
            del raw[place : place + 1]
        elif kind == 3 and place < len(raw):
            raw[place] = rng.choice((0, 1, 0x7F, 0x80, 0xFE, 0xFF))
        elif kind == 4 and place < len(raw):
            raw[place] ^= 1 << rng.randrange(8)
        elif place < len(raw):
            raw[place] = rng.randrange(256)
    if rng.random() < 0.1:
        raw = bytearray(with_crc(bytes(raw)))
    return bytes(raw)


def fuzz(block: int) -> None:
    """Try :data:`BLOCK` values; the number of the block is the seed."""
    rng = Random(block)
    uuids = sorted(DECODERS)
    for number in range(BLOCK):
        uuid = rng.choice(uuids)
        value = mutated(rng, RAW[rng.choice(uuids)] if rng.random() < 0.1 else RAW[uuid])
        try:
            own_errors_only(uuid, value)
            if number % 100 == 0:
                line = json.dumps({"uuid": uuid, "value": value.hex()}).encode()
                json.dumps(answer_line(line), allow_nan=False)
        except Exception as error:
            raise AssertionError(f"{uuid} {value.hex()} of block {block}: {error!r}") from error


def test_ten_thousand_values_that_are_wrong() -> None:
    fuzz(0)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_million_values_that_are_wrong(request: pytest.FixtureRequest) -> None:
    """Goes on where a run that was stopped left off."""
    cache = request.config.cache
    assert cache is not None
    for block in range(cache.get("ble/fuzz", 0), MILLION // BLOCK):
        fuzz(block)
        cache.set("ble/fuzz", block + 1)
    cache.set("ble/fuzz", 0)
