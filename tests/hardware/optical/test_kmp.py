from __future__ import annotations

from fractions import Fraction

import pytest

from hardware.errors import DecodeError, FrameError
from hardware.optical.kmp import (
    HEAT_METER,
    MOST_FRAME,
    MOST_PENDING,
    Frame,
    KmpSession,
    Receiver,
    get_register,
    get_serial_number,
    get_type,
)
from hardware.optical.kmp_registers import decode, encode_number, parse_number, parse_type
from hardware.optical.session import LineSetting, NoAnswer
from hardware.reading import Function, Quantity, Record, Unit

SERIAL = bytes.fromhex("01234567")


def answer(command: int, data: bytes) -> bytes:
    return Frame(to_meter=False, destination=HEAT_METER, command=command, data=data).raw


def register(number: int, unit: int, value: bytes) -> bytes:
    return number.to_bytes(2, "big") + bytes((unit,)) + value


def one(number: int, unit: int, value: bytes) -> Record | None:
    records = decode(SERIAL, [register(number, unit, value)]).records
    return records[0] if records else None


# the frames that the manufacturer's description gives as examples
@pytest.mark.parametrize(
    ("made", "raw"),
    [
        (get_type(), "803F01058A0D"),
        (get_serial_number(), "803F0235E90D"),
        (get_register([128]), "803F1001001B7FD4080D"),
        (answer(0x02, SERIAL), "403F0201234567E9560D"),
        (answer(0x10, bytes.fromhex("0080160411012AF024")), "403F10001B7F160411012AF02463030D"),
    ],
)
def test_frames_are_those_of_the_description(made: bytes, raw: str) -> None:
    assert made == bytes.fromhex(raw)
    (frame,) = Receiver().feed(made)
    assert frame.raw == made
    assert frame.to_meter == raw.startswith("80")


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("C200003039", Fraction(-12345, 100)),
        ("0305397FB1", Fraction(87_654_321_000)),
        ("03FF", Fraction(255_000)),
        ("4300FB", Fraction(251, 1000)),
        ("7F01", Fraction(1, 10**63)),
    ],
)
def test_numbers_are_exact(value: str, number: Fraction) -> None:
    assert parse_number(bytes.fromhex(value)) == number


def test_a_number_that_does_not_fit_is_not_encoded() -> None:
    assert encode_number(-12345, -2) == bytes.fromhex("04C200003039")
    for mantissa, exponent, size in ((256, 0, 1), (1, 64, 4), (1, 0, 0), (1, 0, 9)):
        with pytest.raises(ValueError, match="does not fit"):
            encode_number(mantissa, exponent, size)


@pytest.mark.parametrize(
    ("number", "unit", "value", "expected", "name"),
    [
        (60, 3, encode_number(12345, -3), (Quantity.ENERGY, 12345.0, Unit.KWH), "energy"),
        (60, 2, encode_number(1, 0), (Quantity.ENERGY, 1.0, Unit.KWH), "energy"),
        (60, 8, encode_number(36, -3), (Quantity.ENERGY, 10.0, Unit.KWH), "energy"),
        (60, 57, encode_number(36, -3), (Quantity.ENERGY, 100.0, Unit.KWH), "energy"),
        (60, 4, encode_number(5, -1), (Quantity.ENERGY, 500_000.0, Unit.KWH), "energy"),
        (68, 40, encode_number(12345, -2), (Quantity.VOLUME, 123.45, Unit.M3), "volume"),
        (68, 55, encode_number(3, 0), (Quantity.VOLUME, 30.0, Unit.M3), "volume"),
        (72, 44, encode_number(15, -1), (Quantity.MASS, 1500.0, Unit.KG), "mass"),
        (
            74,
            41,
            encode_number(744, 0),
            (Quantity.VOLUME_FLOW, 0.744, Unit.M3_PER_H),
            "volume_flow",
        ),
        (80, 22, encode_number(224, -1), (Quantity.POWER, 22.4, Unit.KW), "power"),
        (
            86,
            37,
            encode_number(7343, -2),
            (Quantity.FLOW_TEMPERATURE, 73.43, Unit.DEG_C),
            "flow_temperature",
        ),
        (
            89,
            37,
            encode_number(-5, -2),
            (Quantity.TEMPERATURE_DIFFERENCE, -0.05, Unit.KELVIN),
            "temperature_difference",
        ),
        (99, 51, encode_number(8, 0), (Quantity.ERROR_FLAGS, 8.0, Unit.ONE), "info_code"),
        (
            1004,
            46,
            encode_number(7841, 0),
            (Quantity.OPERATING_TIME, 7841.0, Unit.HOUR),
            "operating_time",
        ),
        (
            1001,
            51,
            encode_number(76_000_005, 0),
            (Quantity.FABRICATION_NUMBER, "76000005", Unit.TEXT),
            "fabrication_number",
        ),
        (1003, 48, encode_number(260131, 0), (Quantity.DATE, "2026-01-31", Unit.DATE), "date"),
        (1003, 49, encode_number(20260131, 0), (Quantity.DATE, "2026-01-31", Unit.DATE), "date"),
        (
            123,
            48,
            encode_number(260131, 0),
            (Quantity.OTHER, "2026-01-31", Unit.DATE),
            "register_123",
        ),
        (63, 3, encode_number(1, 0), (Quantity.OTHER, 1000.0, Unit.KWH), "register_63"),
        (60, 40, encode_number(7, 0), (Quantity.OTHER, 7.0, Unit.M3), "energy"),
        (60, 12, encode_number(7, -1), (Quantity.OTHER, "0.7 (unit 12)", Unit.TEXT), "energy"),
        (97, 43, encode_number(7, 0), (Quantity.OTHER, "7 (unit 43)", Unit.TEXT), "register_97"),
        (1003, 51, encode_number(7, 0), (Quantity.OTHER, 7.0, Unit.ONE), "date"),
        (1001, 51, encode_number(7, -1), (Quantity.OTHER, 0.7, Unit.ONE), "fabrication_number"),
        (1005, 54, b"\x02\x00AB", (Quantity.OTHER, "4142 (unit 54)", Unit.TEXT), "register_1005"),
        (
            60,
            3,
            b"\x09\x00" + bytes(9),
            (Quantity.OTHER, "00" * 9 + " (unit 3)", Unit.TEXT),
            "energy",
        ),
    ],
)
def test_every_register_keeps_its_number_and_unit(
    number: int,
    unit: int,
    value: bytes,
    expected: tuple[Quantity, float | str, Unit],
    name: str,
) -> None:
    record = one(number, unit, value)
    assert record is not None
    assert (record.quantity, record.value, record.unit, record.name) == (*expected, name)


@pytest.mark.parametrize("day", [0, 260230, -8877, 1_260_131, 99])
def test_a_day_that_does_not_exist_is_none(day: int) -> None:
    assert one(1003, 48, encode_number(day, 0)) is None


def test_registers_of_tariffs_inputs_and_extremes_are_told_apart() -> None:
    data = b"".join(
        register(number, unit, encode_number(1, 0))
        for number, unit in ((64, 2), (85, 40), (124, 42), (130, 22))
    )
    found = [record.register for record in decode(SERIAL, [data]).records]
    assert [(one.tariff, one.subunit, one.function) for one in found] == [
        (2, 0, Function.INSTANTANEOUS),
        (0, 2, Function.INSTANTANEOUS),
        (0, 0, Function.MAXIMUM),
        (0, 0, Function.MINIMUM),
    ]


def test_status_and_what_is_empty() -> None:
    readout = decode(SERIAL, [register(99, 51, encode_number(16, 0)) + register(60, 3, b"\0\0")])
    assert (readout.status, readout.without_value, readout.medium) == ("INFO_16", 1, None)
    assert (readout.manufacturer, readout.identification) == ("KAM", "19088743")
    assert decode(SERIAL, [register(99, 51, encode_number(0, 0))]).status == "OK"
    assert decode(SERIAL, []).status is None


def test_an_answer_in_part_says_where() -> None:
    whole = register(60, 3, encode_number(1, 0))
    for end in range(len(whole) + 1, 2 * len(whole)):
        with pytest.raises(DecodeError) as caught:
            decode(SERIAL, [(whole * 2)[:end]])
        assert caught.value.offset == len(whole)
    with pytest.raises(DecodeError):
        decode(b"abc", [])


def test_the_type_is_a_number_and_a_software() -> None:
    assert parse_type(bytes.fromhex("00040601")) == (4, "F1")
    assert parse_type(bytes.fromhex("00040000")) == (4, None)
    for wrong in ("000406", "00041B01", "00040001"):
        with pytest.raises(DecodeError):
            parse_type(bytes.fromhex(wrong))


@pytest.mark.parametrize(
    ("stream", "offset"),
    [
        ("00067777", 2),
        ("403F", 0),
        ("403F0D", 0),
        ("403F0201234567E9570D", 0),
        ("403F1B00", 0),
        ("403F1B7F803F", 0),
        ("00" + "40" + "11" * (MOST_FRAME + 1), 1),
    ],
)
def test_what_is_no_frame_says_where_it_began(stream: str, offset: int) -> None:
    receiver = Receiver()
    with pytest.raises(FrameError) as caught:  # noqa: PT012 - whichever of the two is the last
        list(receiver.feed(bytes.fromhex(stream)))
        receiver.idle()
    assert caught.value.offset == offset


def test_a_frame_without_end_or_sense_is_given_up_and_forgotten() -> None:
    endless = b"\x40" + bytes((0x11,)) * 2 * MOST_FRAME
    for raw, message in (
        (endless, "more than 512"),
        (b"\x40\x3f\x1b\x00", "nothing that is stuffed"),
    ):
        receiver = Receiver()
        with pytest.raises(FrameError, match=message):
            list(receiver.feed(raw))
        assert [frame.data for frame in receiver.feed(answer(2, SERIAL))] == [SERIAL]
        assert receiver.pending == 0


def test_a_false_start_costs_no_frame_behind_it() -> None:
    receiver = Receiver()
    frames = receiver.feed(b"\x40\x3f\x02" + answer(2, SERIAL))
    with pytest.raises(FrameError, match="another frame"):
        next(frames)
    assert next(frames).data == SERIAL
    assert receiver.pending == 0
    receiver.idle()
    with pytest.raises(BufferError):
        receiver.feed(bytes(MOST_PENDING + 1))


def test_requests_have_one_to_eight_registers() -> None:
    for wrong in ([], list(range(9)), [65536], [-1]):
        with pytest.raises(ValueError, match="register"):
            get_register(wrong)
    with pytest.raises(ValueError, match="no register"):
        KmpSession(())


def test_a_readout_asks_for_the_number_and_then_eight_at_a_time() -> None:
    session = KmpSession(range(60, 70))
    value = encode_number(1, 0)
    steps = []
    while (step := session.step()) is not None:
        steps.append(step.send)
        assert step.setting == session.setting == LineSetting(1200, "N", 8, 2.0)
        with pytest.raises(RuntimeError):
            session.readout()
        assert not session.feed(step.send)  # the head's echo
        late = answer(0x01, b"\0\4\6\1")
        if len(steps) == 1:
            assert session.feed(late + answer(0x02, SERIAL) + late)
        else:
            assert session.feed(answer(0x10, register(60, 2, value)))
    assert steps == [get_serial_number(), get_register(range(60, 68)), get_register([68, 69])]
    assert not session.feed(answer(0x10, b""))
    assert len(session.readout().records) == 2
    assert len(session.readout().raw) == 3


def test_a_request_is_tried_three_times() -> None:
    session = KmpSession([60], patience_s=0.1)
    for _ in range(3):
        assert session.step() is not None
        assert not session.feed(b"\x40\x3f")
        session.silence()
        session.silence()
    with pytest.raises(NoAnswer, match="cut short") as caught:
        session.step()
    assert isinstance(caught.value.damage, FrameError)
    again = KmpSession([60])
    for _ in range(2):
        again.step()
    assert again.feed(b"\x77" + answer(0x02, SERIAL))
    for _ in range(3):
        again.step()
    with pytest.raises(NoAnswer, match=r"answer$") as silent:
        again.step()
    assert silent.value.damage is None
