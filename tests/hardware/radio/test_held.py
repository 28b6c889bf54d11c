"""Sixty monitors at once through our own stack, in a process of their own, over TCP HCI."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hardware.radio.open import open_radio
from tests.peak import peak_kib

MONITORS = 60
LIVE = 3


@pytest.mark.soak
def test_sixty_are_held_and_each_is_heard(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    ward = f"kind=cuff,count={MONITORS},stored=2,every_s=2,always_advertise=ja"
    command = [sys.executable, "-m", "sync", "ble", "simulate", "--device", ward]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            told = [json.loads(process.stdout.readline()) for _ in range(MONITORS)]
            asyncio.run(hold(told, tmp_path, record_property))
        finally:
            process.terminate()
            assert process.wait(30) == 0


async def hold(
    told: list[dict[str, str]], folder: Path, tell: Callable[[str, object], None]
) -> None:
    radio = open_radio("virtual", told[0]["hci"], folder / "bonds.json")
    await radio.start()
    heard = {found.address for found in await radio.discover("1810", 3.0)}
    assert heard == {one["address"] for one in told}
    got: dict[str, list[bytes]] = {address: [] for address in heard}
    links = []
    began = time.monotonic()
    for address, values in got.items():
        link = await radio.connect(address, pair=True, timeout_s=60)
        await link.subscribe("2A35", values.append)
        links.append(link)
    connected_s = time.monotonic() - began
    until = {address: len(values) + LIVE for address, values in got.items()}
    async with asyncio.timeout(120):
        while any(len(values) < until[address] for address, values in got.items()):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    assert all(link.connected for link in links)
    assert all(len(values) == len(set(values)) for values in got.values())
    memory_mib = peak_kib() / 1024
    tell("held", f"{MONITORS} in {connected_s:.1f} s, hub process {memory_mib:.0f} MiB")
    await radio.stop()
