"""In the guest: the hub's radio code over unmodified bleak, D-Bus, bluetoothd and the kernel."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from air import adapter, bluetoothd, cuff, tell

from hardware.errors import DeviceRefused, TransportError
from hardware.radio.open import open_radio
from hardware.sim.ether import Ether


async def drain(radio, address: str, *, pair: bool, wanted: int) -> list[bytes]:  # noqa: ANN001
    got: list[bytes] = []
    enough = asyncio.Event()

    def keep(value: bytes) -> None:
        got.append(value)
        if len(got) >= wanted:
            enough.set()

    link = await radio.connect(address, pair=pair, timeout_s=60.0)
    try:
        await link.subscribe("2A35", keep)
        closed = asyncio.create_task(link.wait_closed())
        waiting = asyncio.create_task(enough.wait())
        await asyncio.wait((closed, waiting), timeout=60, return_when=asyncio.FIRST_COMPLETED)
        closed.cancel()
        waiting.cancel()
    finally:
        await link.close()
    return got


async def just_works(ether: Ether) -> None:
    radio = open_radio("bluez", "hci0", Path("unused.json"))
    await radio.start()
    try:
        async with cuff(ether, name="Manschette", stored=3, seed=1) as device:
            began = time.monotonic()
            (found,) = await radio.discover("1810", 5.0)
            got = await drain(radio, found.address, pair=True, wanted=3)
            tell("just_works", values=len(got), left=len(device.stored), s=time.monotonic() - began)
            await device.measure()
            again = await drain(radio, found.address, pair=False, wanted=1)
            tell("bonded", values=len(again), left=len(device.stored))
    finally:
        await radio.stop()


async def dropped(ether: Ether) -> None:
    radio = open_radio("bluez", "hci0", Path("unused.json"))
    await radio.start()
    try:
        options = {"name": "Abbruch", "stored": 10, "seed": 2, "drop_after": 3}
        async with cuff(ether, **options) as device:
            heard = await radio.discover("1810", 5.0)
            found = [f for f in heard if f.address == device.address_text]
            got: list[bytes] = []
            rounds = 0
            while device.stored and rounds < 8:
                rounds += 1
                wanted = len(device.stored)
                got += await drain(radio, found[0].address, pair=rounds == 1, wanted=wanted)
            tell("dropped", rounds=rounds, distinct=len(set(got)), left=len(device.stored))
    finally:
        await radio.stop()


async def passkey(ether: Ether) -> None:
    for typed in (654321, 123456):

        async def ask(_: str, typed: int = typed) -> int:
            return typed

        radio = open_radio("bluez", "hci0", Path("unused.json"), ask_passkey=ask)
        await radio.start()
        try:
            options = {"name": f"Code {typed}", "stored": 1, "seed": typed, "passkey": 123456}
            async with cuff(ether, **options) as device:
                heard = await radio.discover("1810", 5.0)
                (found,) = [f for f in heard if f.address == device.address_text]
                try:
                    got = await drain(radio, found.address, pair=True, wanted=1)
                    tell(f"passkey_{typed}", values=len(got), refused="")
                except DeviceRefused as error:
                    tell(f"passkey_{typed}", values=0, refused=str(error))
        finally:
            await radio.stop()


async def ward(ether: Ether) -> None:
    """Ten cuffs held at once."""
    radio = open_radio("bluez", "hci0", Path("unused.json"))
    await radio.start()
    cuffs = [cuff(ether, name=f"Bett {n}", stored=5, seed=100 + n) for n in range(10)]
    devices = [await one.__aenter__() for one in cuffs]
    links = []
    got: dict[str, list[bytes]] = {}
    try:
        await radio.discover("1810", 5.0)
        for device in devices:
            values = got.setdefault(device.address_text, [])
            link = await joined(radio, device.address_text)
            await link.subscribe("2A35", values.append)
            links.append(link)
        held = sum(link.connected for link in links)
        for _ in range(300):
            if all(len(values) == 5 for values in got.values()):
                break
            await asyncio.sleep(0.2)
        tell("ward", held=held, values=sum(len(set(values)) for values in got.values()))
    finally:
        for link in links:
            await link.close()
        for one in cuffs:
            await one.__aexit__(None, None, None)
        await radio.stop()


async def joined(radio, address: str):  # noqa: ANN001, ANN201
    """Pair; bluetoothd forgets whom it has not heard for half a minute, such as the last of ten."""
    for _ in range(5):
        try:
            return await radio.connect(address, pair=True, timeout_s=90.0)
        except TransportError:
            await radio.discover("1810", 5.0)
    return await radio.connect(address, pair=True, timeout_s=90.0)


async def main() -> None:
    ether = Ether()
    async with adapter(ether) as controller, bluetoothd(controller):
        for scenario in (just_works, dropped, passkey, ward):
            await scenario(ether)


asyncio.run(main())
