from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from edge.cli import root
from edge.commands.meter_decode import LONGEST_LINE
from hardware.mbus.encode import encode_payload, encode_record, encode_telegram
from hardware.mbus.frame import encode_long
from hardware.mbus.header import Header
from hardware.reading import Quantity
from hardware.wmbus.link import LinkFrame, crc16, encode_a, encode_b
from tests.hardware.wmbus.fragmented import KEY as KEY_OF_FRAGMENTS
from tests.hardware.wmbus.fragmented import energies, message_of

GOOD = "681F1F680802727856341224400107550000000313153100DA023B13018B60043718021816"
WIRELESS = "2A442D2C998734761B168D2037D17CBA" + "00" * 27


def run(*arguments: str, text: str | None = None) -> Result:
    return CliRunner().invoke(root, ["meter", "decode", *arguments], input=text)


def answers(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def telegram(volume: float, number: str = "76348799", *, more: bool = False) -> str:
    header = Header("KAM", number, 27, 4, 3, 4)
    record = encode_record(Quantity.VOLUME, volume, exponent=-3)
    payload = encode_payload(header, [record], more_follows=more)
    return encode_telegram(payload, address=1).hex()


def test_telegram_from_standard_input() -> None:
    result = run(text=f"\n# a comment\n{GOOD.lower()}\n")
    assert result.exit_code == 0
    (answer,) = answers(result)
    assert answer == {
        "manufacturer": "PAD",
        "id": "12345678",
        "version": 1,
        "medium": "water",
        "encryption": "none",
        "status": "OK",
        "profile": None,
        "readings": [
            {
                "quantity": "volume",
                "value": 12.565,
                "unit": "m3",
                "storage": 0,
                "tariff": 0,
                "subunit": 0,
                "function": "instantaneous",
                "name": "total_volume",
            },
            {
                "quantity": "volume_flow",
                "value": 0.113,
                "unit": "m3/h",
                "storage": 5,
                "tariff": 0,
                "subunit": 0,
                "function": "maximum",
                "name": "volume_flow_max_storage_5",
            },
            {
                "quantity": "energy",
                "value": 218.37,
                "unit": "kWh",
                "storage": 0,
                "tariff": 2,
                "subunit": 1,
                "function": "instantaneous",
                "name": "energy_tariff_2_subunit_1",
            },
        ],
    }


def test_file_and_key_that_is_not_needed(tmp_path: Path) -> None:
    file = tmp_path / "telegrams.txt"
    file.write_text(f"{GOOD} {'00' * 16}\n{GOOD} NOKEY\n", encoding="utf-8")
    result = run(str(file))
    assert result.exit_code == 0
    assert len(answers(result)) == 2


@pytest.mark.parametrize("size", [1, 2, 4])
@pytest.mark.parametrize("sign", ["", "0x"])
@pytest.mark.parametrize("key", ["", " " + "00" * 16, " nokey"])
def test_bytes_may_stand_apart(size: int, sign: str, key: str) -> None:
    raw = bytes.fromhex(GOOD)
    parts = (sign * (size < 4) + raw[at : at + size].hex() for at in range(0, len(raw), size))
    apart = run(text=" ".join(parts) + key)
    assert apart.output == run(text=GOOD).output
    assert apart.exit_code == 0


@pytest.mark.parametrize(
    "text", [f"\ufeff{GOOD}\r\n", f"  {GOOD.lower()}\t\r\n\r\n", f"0x{GOOD} 0X{'00' * 16}"]
)
def test_files_of_other_systems(text: str) -> None:
    result = run(text=text)
    assert result.exit_code == 0
    assert result.output == run(text=GOOD).output


def test_no_lines_are_no_answers() -> None:
    result = run(text="")
    assert (result.exit_code, result.output) == (0, "")


@pytest.mark.parametrize("comma", [",", ", ", " , "])
def test_telegrams_with_commas_are_one_message(comma: str) -> None:
    result = run(text=f"{telegram(1.5, more=True)}{comma}{telegram(2.5)}\n")
    (answer,) = answers(result)
    values = [reading["value"] for reading in answer["readings"]]
    assert values == [1.5, "", 2.5]
    assert answer["status"] == "POWER_LOW"


def test_telegrams_of_two_meters_are_not() -> None:
    result = run(text=f"{telegram(1.5)},{telegram(2.5, '11111111')}\n")
    assert result.exit_code == 1
    (answer,) = answers(result)
    assert answer["error"] == "DecodeError"
    assert "no one message" in answer["message"]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (GOOD[:-2] + "17", "FrameError"),
        (GOOD[:-4], "FrameError"),
        ("D04046853FE5010B116", "FrameError"),
        ("hello", "FrameError"),
        ("10x2", "FrameError"),
        (f"{GOOD[:9]} {GOOD[9:]}", "FrameError"),
        (",", "FrameError"),
        (f"{GOOD} {'00' * 16} more", "FrameError"),
        (f"{GOOD} 1234", "DecodeError"),
        (f"{GOOD} key", "DecodeError"),
        (WIRELESS, "DecodeError"),
        ("6806066853FE51017A082516", "Unsupported"),
        ("68040468080170047D16", "DeviceRefused"),
        ("\ufffd", "FrameError"),
    ],
)
def test_what_cannot_be_decoded_is_an_error_and_the_rest_goes_on(line: str, error: str) -> None:
    result = run(text=f"{line}\n{GOOD}\n")
    assert result.exit_code == 1
    first, second = answers(result)
    assert first["error"] == error
    assert first["message"]
    assert set(first) >= {"error", "message", "hint", "manufacturer", "id"}
    assert second["id"] == "12345678"


def test_error_tells_as_much_of_the_header_as_was_read() -> None:
    raw = encode_long(8, 2, 0x72, bytes.fromhex("785634122440010755000000" + "0413"))
    (answer,) = answers(run(text=raw.hex()))
    assert answer["error"] == "DecodeError"
    assert (answer["manufacturer"], answer["id"], answer["medium"]) == ("PAD", "12345678", "water")


def test_encrypted_telegram_needs_a_key_and_says_so() -> None:
    payload = bytes.fromhex("785634122440010755002005" + "AABBCCDDEEFF00112233445566778899")
    line = encode_long(8, 2, 0x72, payload).hex()
    (answer,) = answers(run(text=line))
    assert (answer["error"], answer["id"]) == ("KeyRequired", "12345678")
    assert "Schlüssel" in answer["hint"]
    (answer,) = answers(run(text=f"{line} {'00' * 16}"))
    assert answer["error"] == "WrongKey"


def test_line_without_end_is_one_error() -> None:
    long_line = ",".join([GOOD] * (3 * LONGEST_LINE // len(GOOD)))
    first, second = answers(run(text=f"{long_line}\n{GOOD}"))
    assert first["error"] == "FrameError"
    assert str(LONGEST_LINE) in first["message"]
    assert second["id"] == "12345678"


def test_wrong_usage_and_help() -> None:
    assert run("absent-file").exit_code == 2
    assert run("--nonsense").exit_code == 2
    result = run("--help")
    assert result.exit_code == 0
    assert GOOD in result.stdout
    assert "(Exit code): 0 wenn jede Zeile" in result.stdout


RADIO_ADDRESS = "2D2C785634121B04"
RADIO_PLAIN = "1444" + RADIO_ADDRESS + "7A2A000000" + "04131F030000"
RADIO_SEALED = (  # AES-128-CBC under 00112233445566778899AABBCCDDEEFF, by the openssl command
    "1E44" + RADIO_ADDRESS + "7A2A001005" + "7147FF81D4549FCB8C9EF46500AE9FD4"
)
RADIO_KEY = "00112233445566778899AABBCCDDEEFF"


def test_wireless_telegram_in_every_shape() -> None:
    frame = LinkFrame(0x44, bytes.fromhex(RADIO_ADDRESS), bytes.fromhex(RADIO_PLAIN)[10:])
    lines = [RADIO_PLAIN, encode_a(frame).hex(), encode_b(frame).hex(), f"{RADIO_PLAIN} NOKEY"]
    result = run(text="\n".join(lines))
    assert result.exit_code == 0
    first, *others = answers(result)
    assert others == [first] * 3
    assert first == {
        "manufacturer": "KAM",
        "id": "12345678",
        "version": 27,
        "medium": "heat",
        "encryption": "none",
        "status": "OK",
        "profile": "kamstrup-multical",
        "readings": [
            {
                "quantity": "volume",
                "value": 0.799,
                "unit": "m3",
                "storage": 0,
                "tariff": 0,
                "subunit": 0,
                "function": "instantaneous",
                "name": "total_volume",
            }
        ],
    }


def test_encrypted_wireless_telegram_with_and_without_its_key() -> None:
    lines = [f"{RADIO_SEALED} {RADIO_KEY}", f"{RADIO_SEALED} {'11' * 16}", RADIO_SEALED]
    result = run(text="\n".join(lines))
    assert result.exit_code == 1
    opened, wrong, missing = answers(result)
    assert opened["encryption"] == "aes-cbc-iv"
    assert [reading["value"] for reading in opened["readings"]] == [0.799]
    for answer, error in ((wrong, "WrongKey"), (missing, "KeyRequired")):
        assert answer["error"] == error
        assert (answer["manufacturer"], answer["id"]) == ("KAM", "12345678")
        assert "Schlüssel" in answer["hint"]


def test_earlier_lines_teach_compact_telegrams() -> None:
    head = "44" + RADIO_ADDRESS
    full = f"1044{RADIO_ADDRESS}78" + "04131F030000"
    body = bytes.fromhex("041320030000")
    data = crc16(b"\x04\x13").to_bytes(2, "little") + crc16(body).to_bytes(2, "little") + body[2:]
    compact = f"12{head}79{data.hex()}"
    alone, taught = run(text=compact), run(text=f"{full}\n{compact}\n")
    assert answers(alone)[0]["error"] == "Unsupported"
    assert [reading["value"] for reading in answers(taught)[1]["readings"]] == [0.8]
    (message,) = answers(run(text=f"{full},{compact}"))
    assert [reading["value"] for reading in message["readings"]] == [0.8]


def test_damaged_wireless_telegram_is_no_reading() -> None:
    frame = LinkFrame(0x44, bytes.fromhex(RADIO_ADDRESS), bytes.fromhex(RADIO_PLAIN)[10:])
    raw = bytearray(encode_a(frame))
    raw[-4] ^= 1
    (answer,) = answers(run(text=raw.hex()))
    assert answer["error"] == "FrameError"
    assert answer["id"] is None


def test_telegrams_of_one_message_stand_in_one_line() -> None:
    first, second = (raw.hex() for raw in message_of(energies(30), key=KEY_OF_FRAGMENTS))
    (whole,) = answers(run(text=f"{first},{second} {KEY_OF_FRAGMENTS.hex()}\n"))
    assert [one["value"] for one in whole["readings"]] == [1000.0 + n for n in range(30)]
    (part,) = answers(run(text=f"{first} {KEY_OF_FRAGMENTS.hex()}\n"))
    assert (part["error"], part["id"]) == ("Unsupported", "12345678")
    assert "Kommas" in str(part["hint"])
