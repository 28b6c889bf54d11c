from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hardware.errors import TransportError
from hardware.hci.btsnoop import HEADER, encode_packet
from hardware.radio.open import open_radio

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


def test_a_recording_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("x" * 100)
    with subprocess.Popen(
        [*SIMULATE, "--replay", str(tmp_path / "letter")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        radio = open_radio("virtual", ready["hci"], tmp_path / "bonds.json")

        async def scan() -> None:
            await radio.start()
            with contextlib.suppress(TransportError):
                await radio.discover("1809", 1.0)
            await radio.stop()

        asyncio.run(scan())
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "keine Aufzeichnung" in errors
    assert "Traceback" not in errors
