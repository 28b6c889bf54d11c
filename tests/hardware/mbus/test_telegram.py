from __future__ import annotations

import pytest

from hardware.errors import DecodeError, DeviceRefused, FrameError, KeyRequired, Unsupported
from hardware.mbus.frame import encode_long, encode_short
from hardware.mbus.header import Header
from hardware.mbus.telegram import Telegram, decode, read_header
from hardware.reading import Quantity

HEADER = "78563412 2440 01 07 55 00 0000"
VOLUME = "0313 153100"


def frame(ci: int, digits: str) -> bytes:
    return encode_long(8, 2, ci, bytes.fromhex(digits))


def test_variable_data_with_a_long_header() -> None:
    telegram = decode(frame(0x72, HEADER + VOLUME + "1FAA"))
    assert telegram.manufacturer == "PAD"
    assert telegram.identification == "12345678"
    assert telegram.version == 1
    assert telegram.medium == "water"
    assert telegram.medium_code == 7
    assert telegram.access_number == 0x55
    assert telegram.status == "OK"
    assert telegram.device_id == "mbus:PAD-12345678-01-07"
    assert telegram.more_follows
    assert [record.value for record in telegram.records] == [12.565, "AA"]


def test_most_significant_byte_first_says_the_same() -> None:
    swapped = decode(frame(0x76, "12345678 4024 01 07 55 00 0000" + "0313 003115"))
    assert swapped == decode(frame(0x72, HEADER + VOLUME))


def test_short_header_and_no_header() -> None:
    short = decode(frame(0x7A, "55 04 0000" + VOLUME))
    assert (short.manufacturer, short.status, short.device_id) == (None, "POWER_LOW", "")
    bare = decode(frame(0x78, VOLUME))
    assert bare == Telegram(Header(), short.records)
    assert (bare.access_number, bare.status, bare.medium, bare.version) == (None,) * 4


def test_application_error_is_the_meters_refusal() -> None:
    with pytest.raises(DeviceRefused, match="too busy") as caught:
        decode(frame(0x70, "08"))
    assert caught.value.hint
    with pytest.raises(DeviceRefused, match="unspecified error"):
        decode(frame(0x70, ""))
    with pytest.raises(DeviceRefused, match="error 200"):
        decode(frame(0x70, "C8"))


@pytest.mark.parametrize("ci", [0x51, 0x52, 0x71, 0x5A, 0xA0, 0x8D])
def test_what_carries_no_readings_is_unsupported(ci: int) -> None:
    with pytest.raises(Unsupported, match=f"{ci:02X} carries no readings at byte 6"):
        decode(frame(ci, "00" * 16))


def test_header_that_is_cut_short() -> None:
    with pytest.raises(DecodeError, match="11 of 12 bytes at byte 18"):
        decode(frame(0x72, HEADER[:-2]))
    with pytest.raises(DecodeError, match="3 of 4 bytes"):
        decode(frame(0x7A, "550400"))


@pytest.mark.parametrize(
    "configuration", ["2005", "2007", "0001", "000D", "0802", "2003", "0004", "0008"]
)
def test_encrypted_content_needs_a_key(configuration: str) -> None:
    with pytest.raises(KeyRequired, match="encrypted in mode") as caught:
        decode(frame(0x72, HEADER[:-4] + configuration + "AABBCCDDEEFF0011" * 5))
    assert "Schlüssel" in caught.value.hint


@pytest.mark.parametrize(
    ("configuration", "extension"), [("2005", ""), ("3007", "10"), ("000D", "10")]
)
def test_content_that_was_decrypted_already(configuration: str, extension: str) -> None:
    telegram = decode(frame(0x72, HEADER[:-4] + configuration + extension + "2F2F" + VOLUME))
    assert [record.quantity for record in telegram.records] == [Quantity.VOLUME]


@pytest.mark.parametrize(
    "configuration",
    [
        "0005",  # no encrypted block
        "0007",
        "1005",  # more blocks than there are bytes
        "F007",
        "0002",
        "0803",
        "0006",  # modes that the standard reserves
        "270B",
        "FF0C",
    ],
)
def test_field_that_can_mean_no_encryption_is_from_before_there_were_modes(
    configuration: str,
) -> None:
    (record,) = decode(frame(0x72, HEADER[:-4] + configuration + VOLUME)).records
    assert record.value == 12.565


@pytest.mark.parametrize("content", ["AABBCCDDEEFF0011", "027B0100", "0413", ""])
def test_field_that_counts_too_much_is_believed_where_nothing_reads_as_records(
    content: str,
) -> None:
    with pytest.raises(KeyRequired):
        decode(frame(0x72, HEADER[:-4] + "F005" + content * 2))


def test_signature_from_before_there_were_modes() -> None:
    assert len(decode(frame(0x72, HEADER[:-4] + "27B6" + VOLUME)).records) == 1


def test_error_offset_counts_from_the_start_of_the_frame() -> None:
    raw = frame(0x72, HEADER + VOLUME + "0413")
    with pytest.raises(DecodeError) as caught:
        decode(raw)
    assert caught.value.offset == raw.index(bytes.fromhex("0413"), 20)


def test_no_long_frame() -> None:
    with pytest.raises(FrameError):
        decode(encode_short(0x5B, 1))
    with pytest.raises(FrameError):
        decode(b"")


@pytest.mark.parametrize(
    "digits",
    [
        "2A442D2C998734761B168D2037D17CBA" + "00" * 27,
        "68442D2C" + "00" * 101,  # a length of 68 is no frame start
        "2A442D68" + "00" * 39,  # nor is a manufacturer
        "1E44A5110102030405077A00000000" + "00" * 16,
    ],
)
def test_wireless_telegram_is_told_apart(digits: str) -> None:
    with pytest.raises(Unsupported, match="wireless"):
        decode(bytes.fromhex(digits))


def test_damaged_start_of_a_wired_frame_is_not_called_wireless() -> None:
    raw = frame(0x72, HEADER + VOLUME + "2F" * (0x44 - 3 - 12 - 5))
    with pytest.raises(FrameError, match="0x00 starts no frame"):
        decode(b"\x00" + raw[1:])


def test_long_frame_of_68_bytes_is_a_frame() -> None:
    raw = frame(0x72, HEADER + VOLUME + "2F" * (0x44 - 3 - 12 - 5))
    assert raw[1] == 0x44
    assert len(decode(raw).records) == 1


def test_header_is_read_as_far_as_it_goes() -> None:
    assert read_header(frame(0x72, HEADER + "0413")).manufacturer == "PAD"
    assert read_header(frame(0x51, HEADER)) == Header()
    assert read_header(b"\x68") == Header()
    assert (
        read_header(frame(0x73, "78563412 0A00E97E 01000000 35010000")).identification == "12345678"
    )
    assert read_header(frame(0x73, "785634")) == Header()
