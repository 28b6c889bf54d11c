from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from click.testing import CliRunner

from edge.commands.ble_replay import replay
from hardware.hci.btsnoop import HEADER, encode_packet

AT = datetime(2026, 11, 23, 15, 0, 0, 125_000, UTC)
ADDRESS = "C0:11:22:33:44:55"
WIRE = bytes.fromhex("5544332211c0")
ADVERTISEMENT = bytes.fromhex("020106030310180303ff99")


def le_meta(body: bytes) -> bytes:
    return bytes((0x04, 0x3E, len(body))) + body


def report(data: bytes = ADVERTISEMENT) -> bytes:
    return le_meta(b"\x02\x01\x00\x01" + WIRE + bytes((len(data),)) + data + b"\xc3")


def acl(pdu: bytes) -> bytes:
    frame = len(pdu).to_bytes(2, "little") + b"\x04\x00" + pdu
    return b"\x02\x40\x20" + len(frame).to_bytes(2, "little") + frame


CONNECTED = le_meta(b"\x01\x00\x40\x00\x00\x01" + WIRE + bytes(7))
ASK = acl(b"\x08\x01\x00\xff\xff\x03\x28")
DECLARATIONS = acl(b"\x09\x07\x09\x00\x20\x0a\x00\x19\x2a")


def recording(*packets: tuple[bytes, bool]) -> bytes:
    return HEADER + b"".join(
        encode_packet(packet, received=received, at=AT + timedelta(seconds=n))
        for n, (packet, received) in enumerate(packets)
    )


SESSION = recording(
    (report(), True),
    (report(), True),
    (CONNECTED, True),
    (acl(b"\x1b\x0a\x00\x30"), True),
    (ASK, False),
    (DECLARATIONS, True),
    (acl(b"\x1b\x0a\x00\x57"), True),
    (acl(b"\x1b\x0a"), True),
)


def run(tmp_path: Path, raw: bytes, *options: str) -> tuple[int, list[dict]]:
    file = tmp_path / "air.btsnoop"
    file.write_bytes(raw)
    done = CliRunner().invoke(replay, [str(file), *options], catch_exceptions=False)
    return done.exit_code, [json.loads(line) for line in done.stdout.splitlines()]


def test_a_recording_is_told_line_by_line(tmp_path: Path) -> None:
    code, lines = run(tmp_path, SESSION)
    assert code == 0
    heard, unnamed, named, garbled = lines
    assert heard["at"] == "2026-11-23T15:00:00.125000Z"
    assert (heard["event"], heard["address"], heard["rssi"]) == ("advertisement", ADDRESS, -61)
    assert heard["service_uuids"][0] == "1810"
    assert "decoded" in heard
    assert (unnamed["uuid"], unnamed["value"]) == (None, "30")
    assert "decoded" not in unnamed  # whose value it is was not recorded, so nobody guesses
    assert named["event"] == "notification"
    assert named["uuid"] == "2A19"
    assert named["decoded"]["readings"][0]["value"] == 87
    assert garbled["error"] == "DecodeError"


def test_what_is_shown_can_be_chosen(tmp_path: Path) -> None:
    assert len(run(tmp_path, SESSION, "--all")[1]) == 5
    assert len(run(tmp_path, SESSION, "--address", ADDRESS.lower())[1]) == 3
    assert run(tmp_path, SESSION, "--address", "C0:00:00:00:00:00")[1] == []


def test_a_piece_of_a_long_advertisement_is_not_decoded(tmp_path: Path) -> None:
    body = b"\x0d\x01\x20\x00\x01" + WIRE + bytes(4) + b"\xc3" + bytes(9) + b"\x03\x02\x01\x06"
    [line] = run(tmp_path, recording((le_meta(body), True)))[1]
    assert line["event"] == "advertisement_part"
    assert "decoded" not in line


def test_a_recording_that_breaks_off(tmp_path: Path) -> None:
    code, lines = run(tmp_path, SESSION[:-3])
    assert code == 1
    assert len(lines) == 4
    assert "ends within" in lines[-1]["message"]


def test_what_is_no_recording(tmp_path: Path) -> None:
    for raw in (b"", b"hello", HEADER[:8] + b"\x00\x00\x00\x01\x00\x00\x03\xe9"):
        code, [line] = run(tmp_path, raw)
        assert code == 1
        assert line["error"] == "DecodeError"
