"""The socket to an adapter: packets stay whole and in order, and its end is noticed at once.

A pair of packet sockets stands in for the kernel's; a virtual controller is at the other end.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import threading
from pathlib import Path

import pytest
from bumble.link import LocalLink
from bumble.transport.common import Transport

from hardware.errors import TransportError
from hardware.radio import user_channel
from hardware.radio.bleak_radio import BleakRadio
from hardware.radio.bumble_stack import BumbleStack
from hardware.radio.user_channel import MAX_UNSENT, PacketTransport, open_user_channel
from hardware.sim.cuff import Cuff, CuffOptions
from hardware.sim.ether import Ether, HubController, unplug

RESET = bytes.fromhex("01030c00")


def pair() -> tuple[socket.socket, socket.socket]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    theirs.setblocking(False)
    return ours, theirs


class Adapter:
    """An adapter that can be unplugged, and plugged in again by opening it."""

    def __init__(self, link: LocalLink) -> None:
        self._link = link
        self._controller: HubController | None = None
        self._kernel: PacketTransport | None = None

    async def open(self) -> Transport:
        await self.unplug()
        ours, theirs = pair()
        self._kernel = PacketTransport(theirs)
        self._controller = HubController(
            "hub", host_source=self._kernel.source, host_sink=self._kernel, link=self._link
        )
        return PacketTransport(ours)

    async def unplug(self) -> None:
        if self._kernel is not None and self._controller is not None:
            unplug(self._controller)
            await self._kernel.close()
        self._kernel = self._controller = None


async def drained(radio: BleakRadio, address: str, *, pair: bool, wanted: int) -> set[bytes]:
    got: set[bytes] = set()
    async with asyncio.timeout(10):
        while address not in [found.address for found in await radio.discover("1810", 0.3)]:
            pass
        link = await radio.connect(address, pair=pair)
        await link.subscribe("2A35", got.add)
        while len(got) < wanted:  # noqa: ASYNC110  # the cuff says when
            await asyncio.sleep(0.01)
        await link.close()
    return got


def test_an_adapter_that_was_unplugged_is_missed_at_once_and_taken_again(tmp_path: Path) -> None:
    async def main() -> None:
        ether = Ether()
        adapter = Adapter(ether.link)
        radio = BleakRadio(BumbleStack("strict", adapter.open, tmp_path / "bonds.json"))
        cuff = Cuff(ether.link, CuffOptions(stored=3), asyncio.get_running_loop().time)
        await cuff.start()
        await radio.start()
        try:
            assert len(await drained(radio, cuff.address_text, pair=True, wanted=3)) == 3
            await adapter.unplug()
            await asyncio.sleep(0.1)
            with pytest.raises(TransportError, match="gone"):
                radio.check()
            await radio.stop()
            await cuff.measure()
            await radio.start()
            assert len(await drained(radio, cuff.address_text, pair=False, wanted=1)) == 1
        finally:
            await radio.stop()
            await cuff.stop()
            await adapter.unplug()

    asyncio.run(main())


def test_what_the_kernel_does_not_take_at_once_follows_in_order() -> None:
    async def main() -> None:
        ours, theirs = pair()
        channel = PacketTransport(ours)
        sent = [bytes((2, n & 0xFF, n >> 8)) + bytes(1000) for n in range(MAX_UNSENT)]
        for packet in sent:
            channel.on_packet(packet)
        got = []
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(10):
            while len(got) < len(sent):
                got.append(await loop.sock_recv(theirs, 4096))
        assert got == sent
        channel.on_packet(RESET)  # and the way is free again
        assert await loop.sock_recv(theirs, 4096) == RESET
        await channel.close()
        assert await loop.sock_recv(theirs, 4096) == b""
        theirs.close()

    asyncio.run(main())


def test_an_adapter_that_takes_nothing_is_given_up() -> None:
    async def main() -> None:
        ours, theirs = pair()
        channel = PacketTransport(ours)
        for _ in range(2 * MAX_UNSENT):
            channel.on_packet(bytes(1000))
        assert channel.source.terminated.done()
        channel.on_packet(RESET)  # nobody is there any more
        await channel.close()
        theirs.close()

    asyncio.run(main())


def test_a_send_that_fails_ends_it() -> None:
    async def main() -> None:
        ours, theirs = pair()
        channel = PacketTransport(ours)
        theirs.close()
        channel.on_packet(RESET)
        assert channel.source.terminated.done()
        await channel.close()

    asyncio.run(main())


def test_packets_are_passed_on_and_noise_is_not() -> None:
    async def main() -> None:
        ours, theirs = pair()
        channel = PacketTransport(ours)
        got: list[bytes] = []

        class Sink:
            def on_packet(self, packet: bytes) -> None:
                got.append(packet)

        channel.source.set_packet_sink(Sink())
        event = bytes.fromhex("040e0401030c00")
        for packet in (event, b"\x77noise", event[:3], event[3:], event):
            theirs.send(packet)
        async with asyncio.timeout(5):
            while len(got) < 3:  # noqa: ASYNC110  # the loop reads when it likes
                await asyncio.sleep(0.01)
        assert got == [event] * 3
        await channel.close()
        theirs.close()

    asyncio.run(main())


def test_an_adapter_is_had_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of these sockets, too, the kernel gives one address to one owner."""
    monkeypatch.setattr(socket, "AF_BLUETOOTH", socket.AF_UNIX, raising=False)
    monkeypatch.setattr(socket, "BTPROTO_HCI", 0, raising=False)

    async def main() -> None:
        channel = await open_user_channel(0)
        with pytest.raises(OSError, match=os.strerror(errno.EADDRINUSE)) as caught:
            await open_user_channel(0)
        assert caught.value.errno == errno.EADDRINUSE
        await channel.close()
        await (await open_user_channel(0)).close()

    asyncio.run(main())


@pytest.mark.parametrize("fails", [False, True])
def test_an_adapter_nobody_waits_for_any_more_is_given_back(
    fails: bool,  # noqa: FBT001  # a parameter of the test
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours, theirs = pair()
    slow = threading.Event()

    def open_slowly(_: int) -> socket.socket:
        assert slow.wait(10)
        if fails:
            raise OSError(errno.ENODEV, "gone")
        return ours

    monkeypatch.setattr(user_channel, "_open", open_slowly)

    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await open_user_channel(0)
        slow.set()
        if not fails:
            assert await asyncio.get_running_loop().sock_recv(theirs, 1) == b""
        await asyncio.sleep(0.05)

    asyncio.run(main())
    ours.close()
    theirs.close()
