from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hardware.errors import DecodeError, FrameError, Unsupported
from hardware.optical.iec62056 import (
    MOST_BLOCK,
    MOST_PENDING,
    Block,
    Identification,
    Iec62056Session,
    Receiver,
    block_check,
    encode_block,
    may_read,
)
from hardware.optical.iec62056_data import decode
from hardware.optical.session import LineSetting, NoAnswer, Readout
from hardware.reading import Function, Quantity, Record, Unit

NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
HELLO = b"/LUGCUH50\r\n"
TEXT = (
    b"6.8(0012.345*MWh)6.26(00123.45*m3)9.21(00073600)\r\n"
    b"6.26*01(00100.07*m3)6.8*01(0010.001*MWh)\r\n"
    b"F(0)9.20(66153690)6.35(60*m)\r\n"
    b"6.6(0022.4*kW)6.6*01(0021.9*kW)6.33(000.744*m3ph)9.4(105.0*C&101.3*C)\r\n"
    b"6.31(0107988*h)6.32(0000005*h)9.22(R)9.31(0028849*h)9.24(1.5*m3ph)\r\n"
    b"6.8.2(0000.500*MWh)6.8.1()9.2(&&)9.36(2022-05-19&19:41:17)6.36*02(01&00:00)\r\n!\r\n"
)


def block(text: bytes) -> Readout:
    return decode(encode_block(text), manufacturer="LUG")


def one(text: str) -> Record:
    (record,) = block(text.encode() + b"!\r\n").records
    return record


def test_the_check_character_covers_all_behind_the_start_and_the_end() -> None:
    assert block_check(b"AB\x03") == 0x41 ^ 0x42 ^ 0x03
    assert encode_block(b"!\r\n") == b"\x02!\r\n\x03\x25"


def test_a_block_becomes_records_with_exact_numbers() -> None:
    readout = block(TEXT)
    found = {(record.name, record.register.storage): record for record in readout.records}
    assert (readout.identification, readout.status, readout.medium) == ("66153690", "OK", "heat")
    assert readout.without_value == 2
    expected: list[tuple[str, int, float | str, Unit, Function]] = [
        ("energy", 1, 10001.0, Unit.KWH, Function.INSTANTANEOUS),
        ("volume", 0, 123.45, Unit.M3, Function.INSTANTANEOUS),
        ("volume", 1, 100.07, Unit.M3, Function.INSTANTANEOUS),
        ("power", 0, 22.4, Unit.KW, Function.MAXIMUM),
        ("power", 1, 21.9, Unit.KW, Function.MAXIMUM),
        ("volume_flow", 0, 0.744, Unit.M3_PER_H, Function.MAXIMUM),
        ("flow_temperature", 0, 105.0, Unit.DEG_C, Function.MAXIMUM),
        ("return_temperature", 0, 101.3, Unit.DEG_C, Function.MAXIMUM),
        ("operating_time", 0, 107988.0, Unit.HOUR, Function.INSTANTANEOUS),
        ("fault_time", 0, 5.0, Unit.HOUR, Function.INSTANTANEOUS),
        ("flow_time", 0, 28849.0, Unit.HOUR, Function.INSTANTANEOUS),
        ("averaging_duration", 0, 1.0, Unit.HOUR, Function.INSTANTANEOUS),
        ("customer_id", 0, "00073600", Unit.TEXT, Function.INSTANTANEOUS),
        ("fabrication_number", 0, "66153690", Unit.TEXT, Function.INSTANTANEOUS),
        ("error_flags", 0, "0", Unit.TEXT, Function.INSTANTANEOUS),
        ("datetime", 0, "2022-05-19T19:41:17", Unit.DATETIME, Function.INSTANTANEOUS),
        ("code_9.22", 0, "R", Unit.TEXT, Function.INSTANTANEOUS),
        ("code_6.36", 2, "01&00:00", Unit.TEXT, Function.INSTANTANEOUS),
    ]
    for name, storage, value, unit, function in expected:
        record = found[name, storage]
        assert (record.value, record.unit, record.register.function) == (value, unit, function)
    energies = [
        (record.register.tariff, record.value)
        for record in readout.records
        if record.quantity is Quantity.ENERGY and record.register.storage == 0
    ]
    assert energies == [(0, 12345.0), (2, 500.0)]


def test_the_size_of_the_meter_does_not_pass_for_its_flow() -> None:
    record = one("9.24(1.5*m3ph)")
    assert (record.quantity, record.unit, record.value) == (Quantity.OTHER, Unit.M3_PER_H, 1.5)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("6.8(0012.345*MWh)", 12345.0),
        ("6.8(0071813*kWh)", 71813.0),
        ("6.8(0000.036*GJ)", 10.0),
        ("6.8(0328.871*GJ)", 91353.05555555556),
        ("6.8(18*MJ)", 5.0),
        ("6.8(500*Wh)", 0.5),
        ("6.6(0.02*MW)", 20.0),
        ("6.6(1500*W)", 1.5),
        ("6.33(0.1*m3/h)", 0.1),
    ],
)
def test_every_unit_is_scaled_exactly(text: str, value: float) -> None:
    assert one(text).value == value


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("6.8(0012.345*Gcal)", "code_6.8", "0012.345*Gcal"),  # a unit that is not known
        ("6.8(0012.345*m3)", "code_6.8", "0012.345*m3"),  # not one of energy
        ("6.8(----.---*MWh)", "code_6.8", "----.---*MWh"),  # a fault
        ("6.8(12.345)", "code_6.8", "12.345"),
        ("6.8(1&2)", "code_6.8", "1&2"),
        ("9.4(105.0*C)", "code_9.4", "105.0*C"),
        ("9.4(105.0*C&)", "code_9.4", "105.0*C&"),
        ("9.36(2022-02-30&19:41:17)", "code_9.36", "2022-02-30&19:41:17"),
        ("6.8.1(0012.345*m3)", "code_6.8.1", "0012.345*m3"),
        ("6.26.1(1*m3)", "code_6.26.1", "1*m3"),
    ],
)
def test_what_is_not_as_expected_is_kept_as_text(text: str, name: str, value: str) -> None:
    record = one(text)
    assert (record.quantity, record.unit) == (Quantity.OTHER, Unit.TEXT)
    assert (record.name, record.value) == (name, value)


def test_a_fault_is_a_status() -> None:
    readout = block(b"F(4)\r\n!\r\n")
    assert (readout.status, readout.identification, readout.medium) == ("ERROR_F4", None, None)
    assert block(b"!").status is None


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        (b"6.8(1*kWh)", 11),  # no end
        (b"6.8(1*kWh!\r\n", 1),
        (b"6.8(1*kWh))!\r\n", 11),
        (b"6.8(1*kWh)6.26*999(1*m3)!\r\n", 11),  # no meter has so many storages
        (b"lower(1)!", 1),
        (b"!\r\n6.8(1*kWh)", 2),
    ],
)
def test_broken_syntax_says_where(text: bytes, offset: int) -> None:
    with pytest.raises(DecodeError) as caught:
        block(text)
    assert caught.value.offset == offset


def test_a_stream_gives_messages_and_our_echo_is_passed_over() -> None:
    raw = encode_block(TEXT)
    receiver = Receiver()
    events = list(receiver.feed(bytes(40) + b"/?!\r\n/?66153690!\r\n" + HELLO + raw + b"\r\n"))
    assert events == [Identification("LUG", "C", "UH50", HELLO), Block(raw)]
    assert isinstance(events[1], Block)
    assert events[1].text == TEXT
    assert receiver.pending == 0
    receiver.idle()


@pytest.mark.parametrize(
    ("stream", "offset"),
    [
        (b"\0\0xyz", 2),
        (b"/LU", 0),
        (b"/LUG\r\n", 0),
        (b"/LUGC\r50\r\n", 0),
        (b"/LUGCUH50 that is much too long a model name\r\n", 0),
        (b"/?\r!\r\n", 0),
        (b"\r\n\x026.8(", 2),
        (b"\x026.8(\x80", 0),
        (b"\x02" + b"1" * MOST_BLOCK, 0),
        (b"\x02!\r\n\x03", 0),
        (b"\x02!\r\n\x03\x26", 0),
    ],
)
def test_what_is_no_message_says_where_it_began(stream: bytes, offset: int) -> None:
    receiver = Receiver()
    with pytest.raises(FrameError) as caught:  # noqa: PT012 - whichever of the two is the last
        list(receiver.feed(stream))
        receiver.idle()
    assert caught.value.offset == offset


def test_a_message_without_end_is_given_up_and_forgotten() -> None:
    for endless, bound in ((b"\x02" + b"1" * 2 * MOST_BLOCK, "16384"), (b"/" + b"L" * 99, "40")):
        receiver = Receiver()
        with pytest.raises(FrameError, match=f"more than {bound} bytes"):
            list(receiver.feed(endless))
        assert list(receiver.feed(HELLO)) == [Identification("LUG", "C", "UH50", HELLO)]
        assert receiver.pending == 0


def test_a_false_start_costs_no_message_behind_it() -> None:
    receiver = Receiver()
    events = receiver.feed(b"\x02half a block\x02!\r\n\x03\x25")
    with pytest.raises(FrameError, match="0x02"):
        next(events)
    assert next(events) == Block(b"\x02!\r\n\x03\x25")
    with pytest.raises(BufferError):
        receiver.feed(bytes(MOST_PENDING + 1))


def test_a_readout_is_one_question_and_one_change_of_speed() -> None:
    session = Iec62056Session()
    first = session.step()
    assert first is not None
    assert first.send == bytes(40) + b"/?!\r\n"
    assert first.setting == session.setting == LineSetting(300, "E", 7)
    with pytest.raises(RuntimeError):
        session.readout()
    assert not session.feed(first.send)  # the head's echo
    assert session.feed(HELLO)
    second = session.step()
    assert second is not None
    assert (second.send, second.setting) == (b"", LineSetting(2400, "E", 7))
    raw = encode_block(TEXT)
    assert not session.feed(raw[:-1])
    assert session.feed(raw[-1:])
    assert session.step() is None
    assert session.readout().manufacturer == "LUG"
    assert session.readout().raw == (HELLO, raw)


@pytest.mark.parametrize(
    ("letter", "baud"), [("A", 600), ("B", 1200), ("C", 2400), ("D", 4800), ("F", 19200)]
)
def test_the_letter_names_the_speed(letter: str, baud: int) -> None:
    session = Iec62056Session()
    session.step()
    session.feed(f"/LUG{letter}UH50\r\n".encode())
    step = session.step()
    assert step is not None
    assert step.setting.baud == baud


def test_another_mode_is_not_guessed_at() -> None:
    session = Iec62056Session()
    session.step()
    assert session.feed(b"/SIE32WR5\r\n")
    with pytest.raises(Unsupported, match="SIE32WR5"):
        session.step()


def test_who_does_not_answer_is_not_asked_again() -> None:
    session = Iec62056Session(patience_s=0.1)
    session.step()
    session.silence()
    with pytest.raises(NoAnswer, match=r"identify itself$") as caught:
        session.step()
    assert caught.value.damage is None
    assert "Lesekopf" in caught.value.hint


def test_a_damaged_block_is_not_decoded() -> None:
    session = Iec62056Session()
    session.step()
    assert not session.feed(b"\x02!\r\n\x03\x25")  # a block of somebody who did not identify
    session.feed(HELLO + HELLO)
    session.step()
    raw = bytearray(encode_block(TEXT))
    raw[8] ^= 1
    assert not session.feed(bytes(raw) + b"\x02!")
    session.silence()
    with pytest.raises(NoAnswer, match="cut short") as caught:
        session.step()
    assert isinstance(caught.value.damage, FrameError)


def test_an_automatism_reads_once_a_day_and_a_person_always() -> None:
    day = timedelta(hours=23)  # the clocks go forward once a year
    assert may_read(None, NOON, automatic=True)
    assert may_read(NOON - day, NOON, automatic=True)
    assert not may_read(NOON - day + timedelta(seconds=1), NOON, automatic=True)
    assert not may_read(NOON + day, NOON, automatic=True)
    assert may_read(NOON, NOON, automatic=False)
    with pytest.raises(ValueError, match="offset"):
        may_read(None, NOON.replace(tzinfo=None), automatic=False)
    with pytest.raises(ValueError, match="offset"):
        may_read(NOON.replace(tzinfo=None), NOON, automatic=True)
