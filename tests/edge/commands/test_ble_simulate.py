from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

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
