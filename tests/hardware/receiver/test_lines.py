"""The receivers that write lines: CUL, rtl_wmbus, raw hex."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from hardware.errors import DeviceRefused
from hardware.receiver.base import Answer, Damage, Heard, LinkMode, ModeUnsupported
from hardware.receiver.crc import block_crc
from hardware.receiver.cul import Cul, framed_size
from hardware.receiver.lines import LONGEST_LINE
from hardware.receiver.raw_hex import RawHex
from hardware.receiver.rtl_wmbus import RtlWmbus
from hardware.sim.stick_wire import format_a, format_b

TELEGRAM = bytes.fromhex("0B442D2C1133557799080278")
LONG = bytes((199,)) + TELEGRAM[1:] + bytes(188)


def test_block_crc_of_the_standards_example() -> None:
    # OMS volume 2, annex N, wM-Bus meter with security profile A: with its CRCs in format A
    whole = bytes.fromhex(
        "2E4493157856341233033363"
        "7A2A0020255923C95AAA26D1B2E7493BC2AD"
        "013EC4A6F6D3529B520EDFF0EA6DEFC955B2"
        "9D6D69EBF3EC8A"
    )
    blocks = (whole[:12], whole[12:30], whole[30:48], whole[48:])
    assert [block_crc(block[:-2]).to_bytes(2, "big") for block in blocks] == [
        block[-2:] for block in blocks
    ]
    assert format_a(b"".join(block[:-2] for block in blocks)) == whole
    assert framed_size(whole[0], "A") == len(whole)
    assert block_crc(b"123456789") == 0xC2B7  # the check value of CRC-16/EN-13757


@pytest.mark.parametrize("telegram", [TELEGRAM, LONG])
def test_cul_gives_both_formats_with_their_crcs(telegram: bytes) -> None:
    receiver = Cul()
    lines = [
        b"b" + format_a(telegram).hex().upper().encode(),
        b"bY" + format_b(telegram).hex().upper().encode(),
        b"b" + format_a(telegram).hex().encode() + b"201C",
        b"bY" + format_b(telegram).hex().encode() + b"20D8",
    ]
    assert list(receiver.feed(b"\r\n".join(lines) + b"\n")) == [
        Heard(format_a(telegram), "present", None, frame_format="A"),
        Heard(format_b(telegram), "present", None, frame_format="B"),
        Heard(format_a(telegram), "present", -60.0, frame_format="A"),
        Heard(format_b(telegram), "present", -94.0, frame_format="B"),
    ]
    assert not receiver.damage


@pytest.mark.parametrize(
    ("line", "damage"),
    [
        (b"b", Damage.LENGTH),
        (b"bY", Damage.LENGTH),
        (b"b09" + b"00" * 20, Damage.LENGTH),
        (b"b" + format_a(TELEGRAM).hex().encode() + b"20", Damage.LENGTH),
        (b"b" + format_a(TELEGRAM).hex().encode()[:-2], Damage.LENGTH),
        (b"b0B4", Damage.FORMAT),
        (b"b0G", Damage.FORMAT),
        (b"b\x800B", Damage.NOISE),
        (b"b\x000B", Damage.NOISE),
    ],
)
def test_cul_counts_damaged_lines(line: bytes, damage: Damage) -> None:
    receiver = Cul()
    assert not list(receiver.feed(line + b"\r\n"))
    assert receiver.damage == {damage: 1}


def test_cul_says_other_things_too() -> None:
    receiver = Cul()
    receiver.feed(b"V 1.67 nanoCUL868\r\n\r\nTMODE\r\n")
    assert list(receiver.answers()) == [Answer(0, b"V 1.67 nanoCUL868"), Answer(0, b"TMODE")]


def test_cul_set_up() -> None:
    setup = Cul().configure(LinkMode.T1)
    version = next(setup)
    assert version.data == b"V\r\n"
    assert version.is_answer is not None
    assert version.is_answer(Answer(0, b"V 1.67 CUL868"))
    assert not version.is_answer(Answer(0, b"TMODE"))
    start = setup.send(Answer(0, b"V 1.67 CUL868"))
    assert start.data == b"brt\r\n"
    assert start.is_answer is not None
    assert not start.is_answer(Answer(0, b"V 1.67 CUL868"))
    last = setup.send(Answer(0, b"TMODE"))
    assert (last.data, last.is_answer) == (b"X21\r\n", None)


def test_cul_without_the_mode_is_refused() -> None:
    setup = Cul().configure(LinkMode.C1)
    next(setup)
    setup.send(Answer(0, b"V 1.66 CUL868"))
    with pytest.raises(DeviceRefused, match="does not go to mode C1") as caught:
        setup.send(Answer(0, b"OFF"))
    assert caught.value.hint


def test_cul_hears_one_mode_at_a_time() -> None:
    with pytest.raises(ModeUnsupported, match="cannot listen to C1") as caught:
        Cul().configure(LinkMode.C1_T1)
    assert caught.value.hint == "Eine andere Betriebsart wählen: C1, S1, T1."


def test_framed_sizes() -> None:
    assert framed_size(9, "A") == framed_size(9, "B") == 0
    assert [framed_size(count, "A") for count in (10, 25, 26, 41, 42)] == [15, 30, 33, 48, 51]
    assert framed_size(255, "A") == 256 + 34
    assert framed_size(255, "B") == 256


def test_rtl_line() -> None:
    receiver = RtlWmbus()
    line = b"C1;1;1;2026-02-09 07:14:18.000;117;102;77553311;0x0b442d2c1133557799080278\n"
    assert list(receiver.feed(line)) == [
        # its numbers for the signal have no unit
        Heard(TELEGRAM, "checked", None, datetime(2026, 2, 9, 7, 14, 18, tzinfo=UTC))
    ]
    assert not receiver.damage


def _rtl(telegram: bytes, head: str = "T1;1;1", at: str = "2026-01-31 12:00:00.000") -> bytes:
    ident = telegram[4:8][::-1].hex()
    return f"{head};{at};90;80;{ident};0x{telegram.hex()}\n".encode()


def test_rtl_names_its_algorithm_if_asked() -> None:
    assert len(list(RtlWmbus().feed(_rtl(TELEGRAM, "t2a;S1;1;1")))) == 1


@pytest.mark.parametrize(
    ("line", "damage"),
    [
        (_rtl(TELEGRAM, "T1;0;1"), Damage.BAD_CRC),
        (_rtl(TELEGRAM, "C1;0;1"), Damage.BAD_CRC),
        (_rtl(TELEGRAM, "T1;1;0"), Damage.BAD_CRC),
        (_rtl(TELEGRAM, "R2;1;1"), Damage.FORMAT),
        (_rtl(TELEGRAM, at="2026-02-30 12:00:00"), Damage.FORMAT),
        (_rtl(TELEGRAM).replace(b";77553311;", b";12345678;"), Damage.FORMAT),
        (_rtl(TELEGRAM)[:-2] + b"\n", Damage.FORMAT),  # an odd digit
        (_rtl(TELEGRAM)[:-3] + b"\n", Damage.LENGTH),
        (_rtl(b"\x0d" + TELEGRAM[1:], "T1;1;1"), Damage.LENGTH),  # only C1 has a format B
        (_rtl(TELEGRAM)[:40] + _rtl(TELEGRAM), Damage.FORMAT),  # two run into one
        (b"rtl_sdr: Found 1 device(s)\n", Damage.FORMAT),
    ],
)
def test_rtl_counts_and_drops(line: bytes, damage: Damage) -> None:
    receiver = RtlWmbus()
    assert not list(receiver.feed(line))
    assert receiver.damage == {damage: 1}


@pytest.mark.parametrize(("payload", "counted"), [(12, 2), (126, 2), (127, 4), (190, 4)])
def test_rtl_length_that_still_counts_the_crcs(payload: int, counted: int) -> None:
    telegram = (TELEGRAM + bytes(200))[1:payload]
    right = bytes((payload - 1,)) + telegram
    old = bytes((payload - 1 + counted,)) + telegram
    for line in (_rtl(right, "C1;1;1"), _rtl(old, "C1;1;1")):
        assert [heard.telegram for heard in RtlWmbus().feed(line)] == [right]
    receiver = RtlWmbus()
    wrong = bytes((payload - 1 + 6 - counted,)) + telegram
    assert not list(receiver.feed(_rtl(wrong, "C1;1;1")))
    assert receiver.damage == {Damage.LENGTH: 1}


@pytest.mark.parametrize("telegram", [TELEGRAM, LONG])
def test_raw_hex_tells_the_forms_apart(telegram: bytes) -> None:
    receiver = RawHex()
    lines = [telegram.hex(" "), format_a(telegram).hex(), format_b(telegram).hex().upper()]
    assert list(receiver.feed("\n".join((*lines, "", "")).encode())) == [
        Heard(telegram, "stripped"),
        Heard(format_a(telegram), "present", frame_format="A"),
        Heard(format_b(telegram), "present", frame_format="B"),
    ]


@pytest.mark.parametrize(
    ("line", "damage"),
    [
        (TELEGRAM.hex()[:-2], Damage.LENGTH),
        (TELEGRAM.hex() + "00", Damage.LENGTH),
        (TELEGRAM.hex()[2:], Damage.LENGTH),
        ("00", Damage.LENGTH),
        (TELEGRAM.hex()[:-1], Damage.FORMAT),
        ("hello", Damage.FORMAT),
    ],
)
def test_raw_hex_counts_damaged_lines(line: str, damage: Damage) -> None:
    receiver = RawHex()
    assert not list(receiver.feed(line.encode() + b"\n"))
    assert receiver.damage == {damage: 1}


@pytest.mark.parametrize("receiver", [RawHex(), RtlWmbus()])
def test_what_takes_no_command_gets_none(receiver: RawHex | RtlWmbus) -> None:
    assert not list(receiver.configure(LinkMode.C1_T1))


def test_line_that_is_too_long_is_thrown_away_to_its_end() -> None:
    receiver = RawHex()
    long, good = b"0" * (LONGEST_LINE + 1), TELEGRAM.hex().encode() + b"\n"
    assert not list(receiver.feed(long))
    assert receiver.pending == 0
    assert not list(receiver.feed(long))
    assert list(receiver.feed(b"\n" + good)) == [Heard(TELEGRAM, "stripped")]
    assert list(receiver.feed(long + b"\n" + good)) == [Heard(TELEGRAM, "stripped")]
    assert receiver.damage == {Damage.OVERLONG: 2}


def test_silence_cuts_a_line() -> None:
    receiver = RawHex()
    receiver.feed(b"0B44")
    assert not list(receiver.silence())
    assert not list(receiver.silence())
    assert receiver.damage == {Damage.CUT: 1}
    receiver.feed(b"0" * (LONGEST_LINE + 1))
    receiver.silence()
    assert list(receiver.feed(TELEGRAM.hex().encode() + b"\n")) == [Heard(TELEGRAM, "stripped")]
