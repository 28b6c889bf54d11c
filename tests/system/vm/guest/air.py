"""In the guest: the virtual air behind the kernel's adapter, and bluetoothd started and stopped."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import os
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from bumble import hci
from bumble.transport.common import ParserSource
from dbus_fast import BusType, Message, MessageType
from dbus_fast.aio import MessageBus

from hardware.sim.cuff import Cuff, CuffOptions
from hardware.sim.ether import Ether, HubController, unplug

PLUGS, ADAPTER_S = 5, 60.0  # tries, and how long each may take
_VENDOR, _PRIMARY = 0xFF, 0x00  # the packet that plugs an adapter in, and its kind


def tell(scenario: str, **facts: Any) -> None:
    """Hand a result to the test outside."""
    print("RESULT " + json.dumps({"scenario": scenario, **facts}), flush=True)


class GuestController(HubController):
    """The kernel's adapter. A deaf one tells of no advertisement until it is reset."""

    deaf = False
    told_at = 0.0  # when it last told of an advertisement

    def __init__(self, kernel: Socket, ether: Ether) -> None:
        super().__init__("kernel", host_source=kernel, host_sink=kernel, link=ether.link)
        self.kernel = kernel
        # the kernel would use what Bumble's controller has only in name
        self.le_features &= ~(
            hci.LeFeatureMask.LL_PRIVACY | hci.LeFeatureMask.LE_EXTENDED_ADVERTISING
        )

    def send_hci_packet(self, packet: hci.HCI_Packet) -> None:
        if isinstance(packet, hci.HCI_LE_Advertising_Report_Event):
            if self.deaf:
                return
            self.told_at = time.monotonic()
        super().send_hci_packet(packet)

    def on_hci_reset_command(
        self, command: hci.HCI_Reset_Command
    ) -> hci.HCI_StatusReturnParameters:
        self.deaf = False
        return super().on_hci_reset_command(command)


class Socket(ParserSource):
    """The kernel's end of an adapter, `/dev/vhci`, as Bumble's source and sink.

    What the adapter says while nobody has switched it on is lost, as in a real one. (Bumble's own
    transport takes the kernel's refusal for the end of the device and unplugs it for ever.)
    """

    def __init__(self) -> None:
        super().__init__()
        self.refused = 0  # packets that the kernel did not want
        self.plug()

    def plug(self) -> None:
        """Plug it in."""
        self._file = os.open("/dev/vhci", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        os.write(self._file, bytes((_VENDOR, _PRIMARY)))
        asyncio.get_running_loop().add_reader(self._file, self._receive)

    def on_packet(self, packet: bytes) -> None:
        try:
            os.write(self._file, packet)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            self.refused += 1

    def close(self) -> None:
        """Unplug it."""
        asyncio.get_running_loop().remove_reader(self._file)
        os.close(self._file)

    def _receive(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while packet := os.read(self._file, 4096):
                if packet[0] != _VENDOR:  # the kernel's answer to being plugged in
                    self.parser.feed_data(packet)


@contextlib.asynccontextmanager
async def adapter(ether: Ether) -> AsyncIterator[GuestController]:
    """Plug an adapter of ``ether`` into the kernel."""
    controller = GuestController(Socket(), ether)
    try:
        yield controller
    finally:
        unplug(controller)
        controller.kernel.close()


@contextlib.asynccontextmanager
async def bluetoothd(controller: GuestController) -> AsyncIterator[None]:
    """Run the real daemon until it has the adapter, and end it afterwards.

    The kernel gives up an adapter that takes more than two seconds for an answer; on a machine that
    is very busy it is plugged in anew.
    """
    program = Path(os.environ["DH_ROOT"]) / "usr/libexec/bluetooth/bluetoothd"
    with (
        Path("bluetoothd.log").open("ab") as log,
        subprocess.Popen([program, "-n"], stderr=log) as daemon,
    ):
        try:
            for _ in range(PLUGS):
                if await _has_adapter():
                    break
                controller.kernel.close()
                controller.kernel.plug()
            else:
                raise TimeoutError("bluetoothd has no adapter")
            yield
        finally:
            daemon.terminate()


@contextlib.asynccontextmanager
async def cuff(ether: Ether, **options: Any) -> AsyncIterator[Cuff]:
    """Switch a cuff on."""
    device = Cuff(ether.link, CuffOptions(**options), time.monotonic)
    await device.start()
    try:
        yield device
    finally:
        await device.stop()


async def _has_adapter() -> bool:
    bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
    until = time.monotonic() + ADAPTER_S
    try:
        while time.monotonic() < until:
            reply = await bus.call(
                Message(
                    destination="org.bluez",
                    path="/org/bluez/hci0",
                    interface="org.freedesktop.DBus.Properties",
                    member="Get",
                    signature="ss",
                    body=["org.bluez.Adapter1", "Address"],
                )
            )
            if reply is not None and reply.message_type is not MessageType.ERROR:
                return True
            await asyncio.sleep(0.1)
        return False
    finally:
        bus.disconnect()
