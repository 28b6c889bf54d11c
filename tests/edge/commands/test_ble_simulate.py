from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hardware.hci.btsnoop import HEADER, encode_packet
from hardware.radio.open import open_radio

AT = datetime(2026, 11, 23, tzinfo=UTC)
SIMULATE = [sys.executable, "-m", "sync", "ble", "simulate"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_tells_where_it_is_and_stops_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    async def look(adapter: str) -> list[str]:
        radio = open_radio("virtual", adapter, tmp_path / "bonds.json")
        await radio.start()
        try:
            return [found.address for found in await radio.discover("1810", 0.5)]
        finally:
            await radio.stop()

    with subprocess.Popen(
        [*SIMULATE, "--stored", "1", "--seed", "5"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert set(ready) == {"hci", "cuff"}
        assert asyncio.run(look(ready["hci"])) == [ready["cuff"]]
        process.send_signal(number)
        out, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    assert (out, errors) == ("", "")


def test_a_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        done = subprocess.run(
            [*SIMULATE, "--port", str(port)], capture_output=True, text=True, check=False
        )
    assert done.returncode == 1
    assert str(port) in done.stderr
    assert "Traceback" not in done.stderr


def test_a_ward_does_what_it_is_told(tmp_path: Path) -> None:
    ward = tmp_path / "ward.toml"
    ward.write_text(
        '[[device]]\nkind = "glucose"\nname = "Küche"\n[[device]]\nkind = "button"\ncount = 2\n'
    )
    with subprocess.Popen(
        [*SIMULATE, "--ward", str(ward), "--commands", "--silent-after-s", "9"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stderr is not None
        told = [json.loads(process.stdout.readline()) for _ in range(3)]
        assert [one["kind"] for one in told] == ["glucose", "button", "button"]
        assert told[0]["name"] == "Küche"
        assert len({one["hci"] for one in told}) == 1
        process.stdin.write("press 2\ndeaf\nsilent\npress 1\n")
        process.stdin.flush()
        assert "geht mit diesem Gerät nicht" in process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--device", "kind=toaster"], "toaster"),
        (["--device", "kind=cuff", "--ward", "WARD"], "Entweder"),
        (["--ward", "WARD"], "[[device]]"),
    ],
)
def test_a_ward_that_is_described_wrongly(tmp_path: Path, options: list[str], said: str) -> None:
    ward = tmp_path / "ward.toml"
    ward.write_text("x = 1")
    given = [str(ward) if option == "WARD" else option for option in options]
    done = subprocess.run([*SIMULATE, *given], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_recording_is_played_to_whoever_scans(tmp_path: Path) -> None:
    recording = tmp_path / "air.btsnoop"
    wire = bytes.fromhex("02010001" + "5544332211c0" + "04" + "03030918" + "c3")
    event = bytes((0x04, 0x3E, len(wire))) + wire
    now = datetime.now(UTC)
    recording.write_bytes(HEADER + encode_packet(event, received=True, at=now))

    async def look(adapter: str) -> list[str]:
        radio = open_radio("virtual", adapter, tmp_path / "bonds.json")
        await radio.start()
        try:
            return [found.address for found in await radio.discover("1809", 1.0)]
        finally:
            await radio.stop()

    with subprocess.Popen(
        [*SIMULATE, "--replay", str(recording)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert asyncio.run(look(ready["hci"])) == ["C0:11:22:33:44:55"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_who_was_connected_to_is_played_too(tmp_path: Path) -> None:
    address, le = bytes.fromhex("5544332211c0"), b"\x04\x3e"
    report = b"\x02\x01\x00\x01" + address + b"\x0b" + b"\x03\x03\x10\x18\x06\x09Cuff1" + b"\xc3"
    connected = b"\x01\x00\x40\x00\x00\x01" + address + bytes(7)

    def acl(pdu: bytes) -> bytes:
        frame = len(pdu).to_bytes(2, "little") + b"\x04\x00" + pdu
        return b"\x02\x40\x20" + len(frame).to_bytes(2, "little") + frame

    recording = tmp_path / "air.btsnoop"
    packets = (
        (le + bytes((len(report),)) + report, True),
        (le + bytes((len(connected),)) + connected, True),
        (acl(b"\x08\x01\x00\xff\xff\x03\x28"), False),
        (acl(b"\x09\x07\x09\x00\x20\x0a\x00\x35\x2a"), True),
        (acl(b"\x1d\x0a\x00" + bytes.fromhex("00790051005e00")), True),
    )
    recording.write_bytes(
        HEADER + b"".join(encode_packet(raw, received=how, at=AT) for raw, how in packets)
    )

    async def collect(adapter: str) -> list[bytes]:
        radio = open_radio("virtual", adapter, tmp_path / "bonds.json")
        await radio.start()
        got: list[bytes] = []
        try:
            heard = {one.address: one for one in await radio.discover("1810", 1.0)}
            found = heard["C0:11:22:33:44:55"]
            assert found.name == "Cuff1"
            link = await radio.connect(found.address, pair=True)
            await link.subscribe("2A35", got.append)
            async with asyncio.timeout(10):
                while not got:  # noqa: ASYNC110  # a value comes when it comes
                    await asyncio.sleep(0.05)
            await link.close()
        finally:
            await radio.stop()
        return got

    with subprocess.Popen(
        [*SIMULATE, "--replay", str(recording)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        ready = json.loads(process.stdout.readline())
        assert (ready["kind"], ready["name"]) == ("recorded", "Cuff1")
        assert ready["address"] == "C0:11:22:33:44:55"
        assert asyncio.run(collect(ready["hci"])) == [bytes.fromhex("00790051005e00")]
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_a_recording_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("x" * 100)
    done = subprocess.run(
        [*SIMULATE, "--replay", str(tmp_path / "letter")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "keine Aufzeichnung" in done.stderr
    assert "Traceback" not in done.stderr
