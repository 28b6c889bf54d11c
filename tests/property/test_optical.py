"""Optical protocols: what is encoded comes back, cuts change nothing, bytes of any kind give
messages or typed errors.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from hardware.errors import DecodeError, FrameError, HardwareError
from hardware.optical import iec62056, kmp
from hardware.optical.iec62056_data import decode as decode_block
from hardware.optical.kmp_registers import UNITS, encode_number, parse_number
from hardware.optical.kmp_registers import decode as decode_registers
from hardware.optical.session import Readout
from hardware.reading import Quantity, Unit

MOST_EVENTS = 2000  # more than any stream here has bytes

HELLO = b"/LUGCUH50\r\n"
cut_lists = st.lists(st.integers(0, 9), max_size=12)
numbers = st.integers(0, 9_999_999)


def drain(events: Iterator[Any]) -> list[Any]:
    found: list[Any] = []
    while True:
        assert len(found) < MOST_EVENTS, "the receiver goes round in circles"
        try:
            event = next(events, None)
        except FrameError as error:
            found.append(error.offset)
            continue
        if event is None:
            return found
        found.append(event)


def receive(make: Callable[[], Any], stream: bytes, cuts: list[int], bound: int) -> list[Any]:
    receiver = make()
    found: list[Any] = []
    for cut in [*cuts, len(stream)]:
        found += drain(receiver.feed(stream[:cut]))
        assert receiver.pending <= bound
        stream = stream[cut:]
    try:
        receiver.idle()
    except FrameError as error:
        found.append(error.offset)
    assert receiver.pending == 0
    return found


def damaged(whole: st.SearchStrategy[bytes], nasty: bytes) -> st.SearchStrategy[bytes]:
    """A whole message with one byte changed, lost or doubled, or cut short."""

    @st.composite
    def one(draw: st.DrawFn) -> bytes:
        raw = bytearray(draw(whole))
        at = draw(st.integers(0, len(raw) - 1) | st.integers(0, min(3, len(raw) - 1)))
        change = draw(st.integers(0, 4))
        if change == 0:
            raw[at] = draw(st.integers(0, 255))
        elif change == 1:
            del raw[at:]
        elif change == 2:
            del raw[at]
        elif change == 3:
            raw.insert(at, raw[at])
        else:
            raw[at] = draw(st.sampled_from(nasty))
        return bytes(raw)

    return one()


def streams(whole: st.SearchStrategy[bytes], nasty: bytes) -> st.SearchStrategy[bytes]:
    parts = whole | damaged(whole, nasty) | st.binary(max_size=4) | st.sampled_from([b"\0", b"\r"])
    return st.lists(parts, max_size=6).map(b"".join)


# --- IEC 62056-21

fields = st.lists(
    st.sampled_from(
        [
            "6.8(0012.345*MWh)",
            "6.26*01(00123.45*m3)",
            "9.4(105.0*C&101.3*C)",
            "F(0)",
            "6.8.1()",
            "9.20(66153690)",
            "9.36(2022-05-19&19:41:17)",
            "9.1(0&1&/x!)",
            "\r\n",
        ]
    ),
    max_size=6,
).map(lambda parts: ("".join(parts) + "!\r\n").encode())
blocks = fields.map(iec62056.encode_block)
iec_whole = blocks | st.sampled_from([HELLO, iec62056.REQUEST, iec62056.WAKE_UP])


def check_iec_readout(raw: bytes) -> Readout | None:
    readout, where = None, 1
    try:
        readout = decode_block(raw, manufacturer="LUG")
    except DecodeError as error:
        where = -1 if error.offset is None else error.offset
    assert 0 < where <= len(raw)
    if readout is not None:
        check_records(readout)
    return readout


def check_records(readout: Readout) -> None:
    for record in readout.records:
        if record.unit in (Unit.TEXT, Unit.DATE, Unit.DATETIME):
            assert isinstance(record.value, str)
            assert record.value.isascii()
        else:
            assert isinstance(record.value, float)
            assert math.isfinite(record.value)
        assert record.name


@given(streams(iec_whole, b"\x02\x03/!\r\n"), cut_lists)
@example(b"/\x02!\r\n\x03\x25", [1])
@example(HELLO + b"\x02!\r\n\x03\x25\x25", [3, 9])
def test_iec_cuts_change_nothing(stream: bytes, cuts: list[int]) -> None:
    whole = receive(iec62056.Receiver, stream, [], iec62056.MOST_BLOCK + 1)
    assert receive(iec62056.Receiver, stream, cuts, iec62056.MOST_BLOCK + 1) == whole
    for event in whole:
        if isinstance(event, int):
            assert 0 <= event < len(stream)
        else:
            assert event.raw in stream
            if isinstance(event, iec62056.Block):
                assert iec62056.encode_block(event.text) == event.raw
                check_iec_readout(event.raw)


@given(st.lists(blocks | st.just(HELLO), max_size=5))
def test_iec_whole_messages_all_arrive(parts: list[bytes]) -> None:
    found = receive(iec62056.Receiver, b"\r\n".join(parts), [], iec62056.MOST_BLOCK)
    assert [event.raw for event in found] == parts


@given(blocks, st.data())
def test_iec_no_changed_byte_passes_as_the_block(raw: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(raw) - 1))
    changed = raw[:at] + bytes((raw[at] ^ data.draw(st.integers(1, 255)),)) + raw[at + 1 :]
    found = receive(iec62056.Receiver, changed, [], iec62056.MOST_BLOCK)
    # a start or end made of another byte may enclose less, never the whole with a wrong byte in it
    assert all(not isinstance(event, iec62056.Block) or event.raw != changed for event in found)


@given(st.text("0123456789.()*&!FCGJMWhm3-:\r\n", max_size=60))
def test_any_characters_give_records_or_a_typed_error(text: str) -> None:
    check_iec_readout(iec62056.encode_block(text.encode()))


@given(
    numbers,
    st.integers(0, 9),
    st.sampled_from([("Wh", 1, 1000), ("kWh", 1, 1), ("MWh", 1000, 1), ("GJ", 2500, 9)]),
    st.integers(0, 12),
)
def test_iec_energy_comes_back_exactly(
    number: int, places: int, unit: tuple[str, int, int], storage: int
) -> None:
    digits = f"{number:0{places + 1}d}"
    shown = f"{digits[: len(digits) - places]}.{digits[len(digits) - places :]}".rstrip(".")
    text = f"6.8*{storage:02d}({shown}*{unit[0]})!\r\n"
    readout = check_iec_readout(iec62056.encode_block(text.encode()))
    assert readout is not None
    (record,) = readout.records
    assert (record.quantity, record.register.storage) == (Quantity.ENERGY, storage)
    assert record.value == float(Fraction(number * unit[1], 10**places * unit[2]))


@given(st.lists(st.binary(max_size=40) | iec_whole, max_size=6))
def test_an_iec_session_ends_with_a_readout_or_an_error_of_ours(answers: list[bytes]) -> None:
    session = iec62056.Iec62056Session()
    try:
        for _ in range(3):
            if session.step() is None:
                check_records(session.readout())
                return
            for answer in answers:
                if session.feed(answer):
                    break
            else:
                session.silence()
    except HardwareError:
        return
    raise AssertionError("the session does not end")


# --- KMP

frames = st.builds(
    kmp.Frame, st.booleans(), st.integers(0, 255), st.integers(0, 255), st.binary(max_size=30)
) | st.builds(
    kmp.Frame,
    st.booleans(),
    st.just(kmp.HEAT_METER),
    st.just(kmp.GET_REGISTER),
    st.lists(st.sampled_from(sorted(kmp._STUFFED)), max_size=6).map(bytes),
)
kmp_whole = frames.map(lambda frame: frame.raw)


@given(streams(kmp_whole, b"\x80\x40\x0d\x1b\x06"), cut_lists)
@example(b"\x80" + kmp.get_type(), [1])
def test_kmp_cuts_change_nothing(stream: bytes, cuts: list[int]) -> None:
    whole = receive(kmp.Receiver, stream, [], kmp.MOST_FRAME)
    assert receive(kmp.Receiver, stream, cuts, kmp.MOST_FRAME) == whole
    assert all(event < len(stream) for event in whole if isinstance(event, int))


@given(st.lists(frames, max_size=5))
def test_kmp_frames_come_back(made: list[kmp.Frame]) -> None:
    stream = b"".join(frame.raw for frame in made)
    assert receive(kmp.Receiver, stream, [], kmp.MOST_FRAME) == made


@given(frames, st.data())
def test_kmp_no_changed_byte_passes(frame: kmp.Frame, data: st.DataObject) -> None:
    raw = frame.raw
    at = data.draw(st.integers(1, len(raw) - 1))
    changed = raw[:at] + bytes((raw[at] ^ data.draw(st.integers(1, 255)),)) + raw[at + 1 :]
    found = receive(kmp.Receiver, changed, [], kmp.MOST_FRAME)
    assert all(isinstance(event, int) or event == frame for event in found)


@given(
    st.integers(-(1 << 32) + 1, (1 << 32) - 1),
    st.integers(-63, 63),
    st.sampled_from(sorted(UNITS)),
)
def test_kmp_numbers_come_back_exactly(mantissa: int, exponent: int, unit: int) -> None:
    value = encode_number(mantissa, exponent)
    exact = Fraction(mantissa) * Fraction(10) ** exponent
    assert parse_number(value[1:]) == exact
    (record,) = decode_registers(bytes(4), [b"\x01\x0b" + bytes((unit,)) + value]).records
    assert record.value == float(exact * UNITS[unit][1])
    assert record.unit is UNITS[unit][0]


@given(
    st.binary(max_size=8) | st.just(bytes(4)),
    st.lists(
        st.binary(max_size=60)
        | st.builds(
            lambda number, unit, value: number.to_bytes(2, "big") + bytes((unit,)) + value,
            st.sampled_from([60, 68, 86, 99, 112, 1001, 1003, 1004]) | st.integers(0, 65535),
            st.integers(0, 90),
            st.builds(encode_number, st.integers(-99, 99), st.integers(-63, 63)),
        ),
        max_size=4,
    ),
)
def test_any_kmp_answers_give_records_or_a_typed_error(serial: bytes, answers: list[bytes]) -> None:
    readout, where = None, 0
    try:
        readout = decode_registers(serial, answers)
    except DecodeError as error:
        where = -1 if error.offset is None else error.offset
    assert 0 <= where <= max(map(len, [serial, *answers]))
    if readout is not None:
        check_records(readout)
