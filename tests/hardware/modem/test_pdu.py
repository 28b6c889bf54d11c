"""PDUs against the standard's own examples, there and back, and whatever bytes come."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.errors import DecodeError
from hardware.modem import gsm7, pdu
from hardware.modem.pdu import MOST_PARTS, Deliver, StatusReport

GSM_TEXT = st.text("@£$äöüÄÖÜß€{}[]~|^\\ abcXYZ0189\n?!.,Ωà", max_size=400)


def test_the_alphabets_well_known_packing() -> None:
    assert gsm7.pack(gsm7.encode("hellohello")).hex().upper() == "E8329BFD4697D9EC37"
    assert gsm7.unpack(bytes.fromhex("E8329BFD4697D9EC37"), 10) == gsm7.encode("hellohello")
    assert gsm7.encode("€") == b"\x1be"
    assert gsm7.decode(b"\x1bA\x1b") == "A"
    assert not gsm7.fits("ş")
    with pytest.raises(ValueError, match="alphabet"):
        gsm7.encode("ş")
    with pytest.raises(DecodeError):
        gsm7.unpack(b"\x00", 2)


def test_a_message_as_every_telephone_sends_it() -> None:
    (part,) = pdu.submit("+46708251358", "hellohello", 1, report=False)
    assert part.pdu == "0001000B916407281553F800000AE8329BFD4697D9EC37"
    assert part.length == len(part.pdu) // 2 - 1


def test_messages_that_come() -> None:
    came = pdu.read("07917283010010F5040BC87238880900F10000993092516195800AE8329BFD4697D9EC37")
    assert came == Deliver("27838890001", "hellohello")
    assert pdu.read(pdu.deliver("+491701234567", "1 17")) == Deliver("+491701234567", "1 17")
    assert pdu.read(pdu.deliver("0170", "ја")) == Deliver("0170", "ја")


def test_reports() -> None:
    for status, arrived in ((0, True), (0x1F, True), (0x30, None), (0x45, False), (0x65, False)):
        told = pdu.read(pdu.status_report(7, "+491701234567", status))
        assert told == StatusReport(7, "+491701234567", arrived)


@given(GSM_TEXT)
def test_every_text_of_the_alphabet_comes_out_as_it_went_in(text: str) -> None:
    septets = gsm7.encode(text)
    assert gsm7.decode(gsm7.unpack(gsm7.pack(septets), len(septets))) == text
    parts = pdu.submit("+491701234567", text, 200)
    read = [pdu.read_submit(one.pdu) for one in parts]
    assert "".join(one for _, one, _ in read) == text
    assert {number for number, _, _ in read} == {"+491701234567"}
    assert all(report for _, _, report in read)
    assert all(len(one.pdu) // 2 - 1 <= 160 for one in parts)


@given(st.text(min_size=1, max_size=390).filter(lambda text: not gsm7.fits(text)))
def test_so_does_every_other_text(text: str) -> None:
    clean = text.encode("utf-16-be", "replace").decode("utf-16-be")
    with contextlib.suppress(ValueError):
        parts = pdu.submit("0170*#", clean, 3)
        assert "".join(pdu.read_submit(one.pdu)[1] for one in parts) == clean
        assert all(len(one.pdu) // 2 - 1 <= 164 for one in parts)


def test_what_is_no_number_and_what_is_too_long() -> None:
    for number in ("", "abc", "+", "0" * 21, "017 0"):
        with pytest.raises(ValueError, match="telephone number"):
            pdu.submit(number, "x", 1)
    with pytest.raises(ValueError, match="too long"):
        pdu.submit("0170", "x" * (153 * MOST_PARTS + 1), 1)


def test_parts_of_what_comes_say_which_they_are() -> None:
    header = bytes((6, 8, 4, 1, 2, 3, 1))
    body = "Ä".encode("utf-16-be")
    head = b"\x44" + bytes((4, 0x81, 0x10, 0x07, 0, 8)) + bytes(7)
    data = head + bytes((len(header) + len(body),)) + header + body
    assert pdu.read("00" + data.hex()) == Deliver("0170", "Ä", (258, 3, 1))
    other = bytes((3, 0x70, 1, 5))  # a header of something else
    data = head + bytes((len(other) + len(body),)) + other + body
    assert pdu.read("00" + data.hex()) == Deliver("0170", "Ä")
    (_, second) = pdu.submit("0170", "x" * 200, 9)
    raw = bytes.fromhex(second.pdu)
    assert raw.hex()[:4] == "0061"


@pytest.mark.parametrize(
    "wrong",
    [
        "xx",
        "",
        "00",
        "0001",  # a message to be sent
        "00040481100700F4" + "00" * 7 + "0141",  # data
        "0004048110070004" + "00" * 7 + "0141",
        "00040481100700" + "08" + "00" * 7 + "0441",  # shorter than it says
        "00440481100700" + "08" + "00" * 7 + "0209",  # a header beyond the end
        "00440481100700" + "08" + "00" * 7 + "00",
        "00440481100700" + "00" + "00" * 7 + "02" + "0500030102",  # the same, packed
        "0044048110070000" + "00" * 7 + "02" + "050003010201",
        "0004048110D70000" + "00" * 7 + "00",  # a digit that is none
    ],
)
def test_what_is_no_message(wrong: str) -> None:
    with pytest.raises(DecodeError):
        pdu.read(wrong)


@pytest.mark.parametrize("wrong", ["xx", "", "0004"])
def test_what_is_no_message_to_be_sent(wrong: str) -> None:
    with pytest.raises(DecodeError):
        pdu.read_submit(wrong)


def test_the_classes_of_coding() -> None:
    for coding, text in (("F0", "A"), ("E0", "\u4100"), ("D0", "A")):
        raw = "00040481100700" + coding + "00" * 7 + ("024100" if coding == "E0" else "0141")
        assert pdu.read(raw) == Deliver("0170", text)


@given(st.binary(max_size=60))
def test_whatever_bytes_come_only_its_own_error_does(data: bytes) -> None:
    for read in (pdu.read, pdu.read_submit):
        with contextlib.suppress(DecodeError):
            read(data.hex())


@given(st.integers(0, 60), st.integers(0, 255))
def test_a_byte_changed_or_cut_off_is_no_other_error(at: int, byte: int) -> None:
    data = bytearray.fromhex(pdu.deliver("+491701234567", "Bitte nach Ernä sehen €"))
    with contextlib.suppress(DecodeError):
        pdu.read(data[:at].hex())
    data[at % len(data)] = byte
    with contextlib.suppress(DecodeError):
        pdu.read(data.hex())
