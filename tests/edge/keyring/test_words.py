from __future__ import annotations

import base64

import pytest

from edge.keyring.words import (
    KeyFileError,
    MeterName,
    is_key,
    key_bytes,
    manufacturer_of,
    meter_name,
)

HEX = "00112233445566778899AABBCCDDEEFF"
KEY = bytes.fromhex(HEX)


@pytest.mark.parametrize(
    ("text", "maker", "wanted"),
    [
        ("76348799", "", "76348799"),
        ("76348799", "KAM", "KAM-76348799"),
        (" '76348799' ", "", "76348799"),
        ("348799", "", "00348799"),
        ("76348799.0", "", "76348799"),
        ("KAM-76348799", "", "KAM-76348799"),
        ("kam 76348799", "KAM", "KAM-76348799"),
        ("KAM76348799", "", "KAM-76348799"),
        ("76348799/35/21", "KAM", "KAM-76348799"),
        ("76348799/W4", "", "76348799"),
        ("6KAM0176348799", "", "KAM-76348799"),
        ("6 KAM 01 7634 8799", "", "KAM-7634 8799"),
        ("1234567A", "", "1234567A"),
        ("wmbus:KAM-76348799-1B-04", "", "KAM-76348799"),
        ("mbus:QDS-1A2B3C4D-1B-04", "", "QDS-1A2B3C4D"),
    ],
)
def test_numbers_as_they_are_printed(text: str, maker: str, wanted: str) -> None:
    assert str(meter_name(text, maker)) == wanted.replace(" ", "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "keine Zählernummer"),
        ("763487991", "acht Ziffern"),
        ("KAMSTRUP", "acht Ziffern"),
        ("7,63E+07", "als Text speichern"),
        (HEX, "etwas anderes"),
        ("Wohnung im zweiten Stock links", "etwas anderes"),
    ],
)
def test_what_is_no_number(text: str, words: str) -> None:
    with pytest.raises(KeyFileError, match=words) as caught:
        meter_name(text)
    assert HEX not in str(caught.value)


def test_two_makers_contradict_each_other() -> None:
    with pytest.raises(KeyFileError, match="nennt KAM, daneben steht HYD"):
        meter_name("KAM-76348799", "HYD")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("kam", "KAM"), ("2C2D", "KAM"), ("0x2C2D", "KAM"), ("Kamstrup", ""), ("", ""),
        ("0000", ""), ("FFFF", ""), ("12345", ""),
    ],
)  # fmt: skip
def test_makers(text: str, wanted: str) -> None:
    assert manufacturer_of(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        HEX,
        HEX.lower(),
        f" {HEX} ",
        " ".join(HEX[i : i + 2] for i in range(0, 32, 2)),
        "-".join(HEX[i : i + 2] for i in range(0, 32, 2)),
        ",".join("0x" + HEX[i : i + 2] for i in range(0, 32, 2)),
        f'"{HEX}"',
        base64.b64encode(KEY).decode(),
    ],
)
def test_keys_as_they_are_written(text: str) -> None:
    assert key_bytes(text) == KEY


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "kein Schlüssel"),
        (HEX[:-1], "hat 31 statt 32"),
        (HEX + "0", "hat 33 statt 32"),
        (HEX[:-1] + "O", "32 Zeichen 0-9 und A-F"),
    ],
)
def test_what_is_no_key_is_never_quoted(text: str, words: str) -> None:
    with pytest.raises(KeyFileError, match=words) as caught:
        key_bytes(text)
    assert HEX[:8] not in str(caught.value)
    assert not is_key(text)


def test_a_name_without_maker() -> None:
    assert str(MeterName("", "00000001")) == "00000001"
