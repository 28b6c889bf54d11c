from __future__ import annotations

import pytest

from hardware.mbus.header import (
    Header,
    manufacturer_code,
    manufacturer_letters,
    parse_long,
    parse_short,
    status_text,
)

LONG = bytes.fromhex("997834762D2C1B0403000000")


def test_long_header() -> None:
    header = parse_long(LONG)
    assert header == Header("KAM", "76347899", 27, 4, 3, 0, 0)
    assert header.medium == "heat"
    assert header.status == "OK"
    assert header.encryption_mode == 0
    assert header.device_id == "mbus:KAM-76347899-1B-04"


def test_short_header_names_no_device() -> None:
    header = parse_short(bytes.fromhex("03040005"))
    assert (header.access_number, header.status, header.encryption_mode) == (3, "POWER_LOW", 5)
    assert header.device_id == ""
    assert header.medium is None
    assert Header().status is None


def test_device_without_manufacturer() -> None:
    header = Header(identification="12345678", medium_code=7)
    assert header.device_id == "mbus:12345678-07"


def test_reserved_medium_is_named_by_its_code() -> None:
    assert Header(medium_code=0xC3).medium == "reserved C3"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (0x00, "OK"),
        (0x01, "BUSY"),
        (0x02, "ERROR"),
        (0x03, "ALARM"),
        (0x04, "POWER_LOW"),
        (0x27, "ALARM POWER_LOW UNKNOWN_20"),
        (0xF8, "PERMANENT_ERROR TEMPORARY_ERROR UNKNOWN_E0"),
    ],
)
def test_status_names_its_bits(status: int, words: str) -> None:
    assert status_text(status) == words


@pytest.mark.parametrize("mode", range(32))
def test_only_modes_that_exist_count_as_encryption(mode: int) -> None:
    found = Header(configuration=mode << 8 | 0xA0).encryption_mode
    assert found == (mode if 1 <= mode <= 13 else 0)


def test_manufacturer_letters_and_code() -> None:
    assert manufacturer_letters(0x2C2D) == "KAM"
    assert manufacturer_code("KAM") == 0x2C2D
    for letters in ("KA", "KAMS", "kam", "K1M", "ÄÖÜ"):
        with pytest.raises(ValueError, match="three letters"):
            manufacturer_code(letters)
