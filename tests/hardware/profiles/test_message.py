"""Telegrams to what they mean: by wire and by radio, of one meter and of several."""

from __future__ import annotations

import pytest

from hardware.errors import DecodeError
from hardware.mbus.frame import encode_long
from hardware.mbus.header import Header
from hardware.profiles import decode_message, shipped
from hardware.profiles.message import header_of, is_by_radio
from hardware.wmbus.formats import FormatStore
from hardware.wmbus.link import LinkFrame

ENERGY = bytes.fromhex("0406 E8030000")
VOLUME = bytes.fromhex("0413 D0070000")
NOISE = b"\x68\x03"


def wired(records: bytes, number: str = "78563412") -> bytes:
    head = bytes.fromhex(number + "2D2C1B04 2A000000")
    return encode_long(8, 1, 0x72, head + records)


def radio(records: bytes, number: str = "78563412") -> bytes:
    address = bytes.fromhex("2D2C" + number + "1B04")
    return LinkFrame(0x44, address, b"\x7a\x2a\0\0\0" + records).raw


def meant(messages: list[bytes]) -> list[list[float | str]]:
    found = decode_message(messages, None, FormatStore(), shipped())
    return [[record.value for record in one.records] for one in found]


def test_wired_telegrams_of_one_meter_are_given_one_by_one() -> None:
    assert meant([wired(ENERGY), wired(VOLUME)]) == [[1000.0], [2.0]]
    assert meant([radio(ENERGY)]) == [[1000.0]]


def test_telegrams_of_two_meters_are_no_message() -> None:
    both = [wired(ENERGY), wired(VOLUME, "21436587")]
    with pytest.raises(DecodeError, match="12345678-1B-04 and mbus:KAM-87654321") as caught:
        meant(both)
    assert "getrennte Zeilen" in caught.value.hint


def test_one_telegram_by_radio_makes_all_of_them_so() -> None:
    assert is_by_radio([radio(ENERGY)])
    assert is_by_radio([wired(ENERGY), radio(ENERGY)])
    assert not is_by_radio([wired(ENERGY)])
    assert not is_by_radio([wired(ENERGY), wired(VOLUME)])


def test_the_first_that_says_so_tells_who_sent() -> None:
    for messages in (
        [wired(ENERGY)],
        [radio(ENERGY), radio(VOLUME, "21436587")],
        [NOISE, wired(ENERGY)],
    ):
        found = header_of(messages)
        assert (found.manufacturer, found.identification) == ("KAM", "12345678")
    assert header_of([NOISE]) == header_of([]) == Header()
