from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.mbus.frame import FCB, SND_UD, Frame, encode_long, parse_long
from hardware.mbus.secondary import SecondaryAddress, address_of, select, selection

DIGITS = st.text("0123456789ABCDEF", min_size=8, max_size=8)
ADDRESSES = st.builds(
    SecondaryAddress,
    DIGITS,
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFF),
    st.integers(0, 0xFF),
    st.none() | DIGITS,
)
KAM = SecondaryAddress("76348799", 0x2C2D, 0x1B, 0x04)


def test_the_bytes_of_a_selection() -> None:
    # 73+FD+52 + 7F+56+34+12 + 4*FF = 6D9
    assert select(SecondaryAddress("1234567F")).hex() == "680b0b6873fd527f563412ffffffff" + "d916"
    frame = select(KAM, msb_first=True)
    assert frame.hex() == "680b0b6873fd56763487992c2d1b04" + frame[-2:].hex()


@pytest.mark.parametrize(
    ("text", "address", "written"),
    [
        ("76348799", SecondaryAddress("76348799"), None),
        ("7634FFFF", SecondaryAddress("7634FFFF"), "7634????"),
        ("????????", SecondaryAddress(), None),
        ("76348799KAM", SecondaryAddress("76348799", 0x2C2D), None),
        ("76348799KAM1B", SecondaryAddress("76348799", 0x2C2D, 0x1B), None),
        ("76348799KAM1B04", KAM, None),
        ("76348799KAM??04", SecondaryAddress("76348799", 0x2C2D, medium=4), None),
        ("76348799?????04", SecondaryAddress("76348799", medium=4), None),
        ("763487992D2C1B04", KAM, "76348799KAM1B04"),
        ("763487992DAC1B04", SecondaryAddress("76348799", 0xAC2D, 0x1B, 4), None),
        ("76348799/0000??17", SecondaryAddress("76348799", fabrication="0000FF17"), None),
        ("76348799KAM1B04/00000017", replace(KAM, fabrication="00000017"), None),
        (
            "763487992DAC1B04/00000017",
            SecondaryAddress("76348799", 0xAC2D, 0x1B, 4, "00000017"),
            None,
        ),
        ("76348799FFFFFFFF", SecondaryAddress("76348799"), "76348799"),
    ],
)
def test_an_address_is_read_and_written(
    text: str, address: SecondaryAddress, written: str | None
) -> None:
    assert SecondaryAddress.parse(text) == address
    assert address.text == (written or text)


@pytest.mark.parametrize(
    "text",
    ["", "7634879", "763487990", "76348799KA", "76348799kam", "76348799KAM1", "76348799KAM1B040",
     "7634879G", "KAM-76348799", "76348799 KAM", "76348799KAM1B?"],
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="secondary address"):
        SecondaryAddress.parse(text)


@pytest.mark.parametrize(
    "parts",
    [("1234567",), ("1234567x",), ("12345678", -1), ("12345678", 0x10000), ("12345678", 1, 256),
     ("12345678", 1, 1, -1), ("12345678", 1, 1, 1, "123")],
)  # fmt: skip
def test_parts_that_no_frame_holds_are_refused(parts: tuple[object, ...]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each part has its own words
        SecondaryAddress(*parts)  # type: ignore[arg-type]


@given(ADDRESSES)
def test_text_and_frames_go_round(address: SecondaryAddress) -> None:
    for msb_first in (False, True):
        assert selection(parse_long(select(address, msb_first=msb_first))) == address
    assert SecondaryAddress.parse(address.text) == address


@given(ADDRESSES, st.data())
def test_open_parts_match_anything_and_closed_ones_only_themselves(
    address: SecondaryAddress, data: st.DataObject
) -> None:
    exact = SecondaryAddress(
        address.digits.replace("F", "0"),
        address.manufacturer & 0x7FFF,
        address.version & 0x7F,
        address.medium & 0x7F,
        address.fabrication,
    )
    assert exact.matches(exact)
    assert SecondaryAddress().matches(exact)
    at = data.draw(st.integers(0, 7))
    opened = exact.digits[:at] + "F" + exact.digits[at + 1 :]
    assert SecondaryAddress(opened).matches(exact)
    other = exact.digits[:at] + ("1" if exact.digits[at] != "1" else "2") + exact.digits[at + 1 :]
    assert not SecondaryAddress(other).matches(exact)
    for wrong in (
        SecondaryAddress(manufacturer=exact.manufacturer ^ 1),
        SecondaryAddress(version=exact.version ^ 1),
        SecondaryAddress(medium=exact.medium ^ 1),
        SecondaryAddress(fabrication="1234567A"),
    ):
        assert wrong.matches(exact) == (wrong.fabrication is not None
                                        and exact.fabrication == wrong.fabrication)  # fmt: skip


def test_a_fabrication_number_is_asked_for_only_by_an_extended_selection() -> None:
    numbered = SecondaryAddress("12345678", 1, 1, 1, "00000012")
    assert SecondaryAddress(fabrication="FFFFFF12").matches(numbered)
    assert not SecondaryAddress(fabrication="FFFFFF12").matches(SecondaryAddress("12345678"))
    assert SecondaryAddress("12345678").matches(numbered)


@pytest.mark.parametrize(
    "frame",
    [
        Frame(),
        Frame(0x40, 253),
        Frame(SND_UD, 5, 0x52, bytes(8)),
        Frame(SND_UD, 253, 0x51, bytes(8)),
        Frame(SND_UD, 253, 0x52, bytes(7)),
        Frame(SND_UD, 253, 0x52, bytes(9)),
        Frame(SND_UD, 253, 0x52, bytes(14)),
        Frame(0x08, 253, 0x52, bytes(8)),
    ],
)
def test_a_near_miss_is_no_selection(frame: Frame) -> None:
    assert selection(frame) is None


def test_a_selection_is_one_with_either_frame_count_bit() -> None:
    for control in (SND_UD, SND_UD | FCB):
        assert selection(Frame(control, 253, 0x52, KAM.wire)) == KAM


def test_telegrams_name_their_sender() -> None:
    header = KAM.wire + bytes(4)
    assert address_of(Frame(8, 1, 0x72, header)) == KAM
    swapped = bytes.fromhex("763487992C2D1B0400000000")
    assert address_of(Frame(8, 1, 0x76, swapped)) == KAM
    fixed = bytes.fromhex("99873476") + bytes(12)
    assert address_of(Frame(8, 1, 0x73, fixed)) == SecondaryAddress("76348799")
    assert address_of(Frame(8, 1, 0x77, bytes.fromhex("76348799") + bytes(12))) == SecondaryAddress(
        "76348799"
    )
    for frame in (Frame(8, 1, 0x78, header), Frame(8, 1, 0x72, header[:7]), Frame(8, 1, 0x73)):
        assert address_of(frame) is None
    assert parse_long(encode_long(8, 1, 0x72, header)).payload == header


def test_what_a_person_reads() -> None:
    assert (KAM.letters, KAM.medium_text, KAM.is_exact) == ("KAM", "heat", True)
    odd = SecondaryAddress("76348799", 0xAC2D, 0x1B, 0xF0)
    assert (odd.letters, odd.medium_text) == ("", "")
    assert not SecondaryAddress("7634879F", 0x2C2D, 0x1B, 4).is_exact
