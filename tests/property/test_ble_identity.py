"""The same value sent twice is one; two different ones are two."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.ble import DECODERS
from hardware.ble.blood_pressure import BloodPressure, encode_blood_pressure
from hardware.ble.body_composition import BodyComposition, encode_body_composition
from hardware.ble.cgm import CgmRecord, encode_cgm_record
from hardware.ble.clock import DateTime
from hardware.ble.enhanced_pressure import EnhancedPressure, encode_enhanced_pressure
from hardware.ble.glucose import Glucose, encode_glucose
from hardware.ble.identity import DAY_MS, MINUTE_MS, identity
from hardware.ble.medfloat import MedFloat
from hardware.ble.oximeter import Oximetry, encode_spot_check
from hardware.ble.pressure_record import Segment, encode_segment
from hardware.ble.thermometer import Temperature, encode_temperature
from hardware.ble.weight import Weight, encode_weight

NOW = 20_000 * DAY_MS
FOREVER = 1 << 50
DATED = DateTime(2026, 1, 2, 3, 4, 5)
YEARLESS = DateTime(0, 1, 2, 3, 4, 5)
NUMBER = MedFloat(120, 0)
PAIR = MedFloat(95, 0), MedFloat(71, 0)
THREE = NUMBER, NUMBER, NUMBER


def pressure(time: DateTime | None) -> bytes:
    return encode_blood_pressure(BloodPressure(*THREE, timestamp=time))


def segment(*, first: bool = True, last: bool = True) -> bytes:
    return encode_segment(Segment(first, last, 0, 7, "2A35", pressure(None)))


# a value, and how long the same bytes are the same measurement
CASES = [
    ("2A35", pressure(DATED), FOREVER),
    ("2A35", pressure(YEARLESS), MINUTE_MS),
    ("2A35", pressure(None), MINUTE_MS),
    ("2A35", b"\xff", MINUTE_MS),
    ("2B34", encode_enhanced_pressure(EnhancedPressure(THREE, timestamp_s=7)), FOREVER),
    ("2B34", encode_enhanced_pressure(EnhancedPressure(THREE, user_facing_s=7)), FOREVER),
    ("2B34", encode_enhanced_pressure(EnhancedPressure(THREE, timestamp_s=0)), MINUTE_MS),
    ("2B36", segment(), FOREVER),
    ("2B36", segment(last=False), MINUTE_MS),
    ("2B36", segment(first=False), MINUTE_MS),
    ("2B36", b"\x03", MINUTE_MS),
    ("2A18", encode_glucose(Glucose(5, DATED)), FOREVER),
    ("2A18", encode_glucose(Glucose(5, YEARLESS)), DAY_MS),
    ("2A34", b"\x02\x05\x00\x01", DAY_MS),
    ("2A34", b"\x02", MINUTE_MS),
    ("2AA7", encode_cgm_record(CgmRecord(NUMBER, 5)), DAY_MS),
    ("2A5E", encode_spot_check(Oximetry(PAIR, timestamp=DATED)), FOREVER),
    ("2A5E", encode_spot_check(Oximetry(PAIR, timestamp=DATED, clock_not_set=True)), MINUTE_MS),
    ("2A5E", encode_spot_check(Oximetry(PAIR)), MINUTE_MS),
    ("2A1C", encode_temperature(Temperature(NUMBER, timestamp=DATED)), FOREVER),
    ("2A1C", encode_temperature(Temperature(NUMBER)), MINUTE_MS),
    ("2A9C", encode_body_composition(BodyComposition(231, timestamp=DATED)), FOREVER),
    ("2A9C", encode_body_composition(BodyComposition(231)), MINUTE_MS),
    ("2A9D", encode_weight(Weight(16_320, timestamp=DATED, user_id=1)), FOREVER),
    ("2A9D", encode_weight(Weight(16_320, user_id=1)), MINUTE_MS),
    ("2AAA", b"\x00" * 9, FOREVER),
    ("2A9E", b"\x02\x00\x00\x00", FOREVER),
    ("2A6E", b"\x10\x09", MINUTE_MS),
    ("2A37", b"\x00\x42", 1),
    ("2A5F", b"\x00" * 5, 1),
    ("2C20", b"\x00", 1),
    ("advert", b"{}", 1000),
]


@pytest.mark.parametrize(("uuid", "value", "window"), CASES)
def test_the_same_value_is_the_same_for_as_long_as_it_is_sent_again(
    uuid: str, value: bytes, window: int
) -> None:
    first = identity(uuid, value, NOW)
    assert identity(uuid, value, NOW + min(window - 1, 10 * DAY_MS)) == first
    assert (identity(uuid, value, NOW + window) == first) is (window == FOREVER)
    full = f"0000{uuid.lower()}-0000-1000-8000-00805f9b34fb"
    assert uuid == "advert" or identity(full, value, NOW) == first


def test_a_number_of_a_meter_whose_clock_was_never_set_may_come_again() -> None:
    for year, days, same in ((0, 180, False), (2026, 180, True), (0, 0, True)):
        day = DateTime(year, 1 if year else 0, 1 if year else 0, 0, 0, 0)
        value = encode_glucose(Glucose(1, day, None, MedFloat(110, -5), 0x11))
        later = NOW + days * 86_400_000
        assert (identity("2A18", value, NOW) == identity("2A18", value, later)) is same


values = st.sampled_from([case[:2] for case in CASES]).flatmap(
    lambda case: st.tuples(
        st.just(case[0]),
        st.builds(
            lambda value, at, byte: value[: at % len(value)] + byte + value[at % len(value) + 1 :],
            st.just(case[1]),
            st.integers(0, 30),
            st.binary(max_size=1),
        ),
    )
)


@given(values, values, st.integers(0, FOREVER), st.integers(0, FOREVER))
def test_two_different_values_are_never_one(
    one: tuple[str, bytes], other: tuple[str, bytes], first: int, second: int
) -> None:
    same = identity(*one, first) == identity(*other, second)
    assert not same or one == other


@given(st.sampled_from(sorted([*DECODERS, "advert", "FFFF"])), st.binary(max_size=600), st.data())
def test_whatever_comes_has_an_identity_and_keeps_it(
    uuid: str, value: bytes, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, FOREVER))
    assert identity(uuid, value, at) == identity(uuid, value, at)
