"""A link through bluetoothd that the sensor ends: nothing of ours may stay subscribed.

The daemon is played on a real bus, as far as bleak asks it.
"""

from __future__ import annotations

import asyncio
import shutil
from typing import Any

import pytest
from bleak.backends.device import BLEDevice
from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from hardware.radio.bleak_radio import BleakLink
from hardware.radio.bluez import BluezStack

ADDRESS = "C0:11:22:33:44:55"
ADAPTER = "/org/bluez/hci0"
DEVICE = f"{ADAPTER}/dev_C0_11_22_33_44_55"
SERVICE = f"{DEVICE}/service0010"
VALUES = f"{SERVICE}/char0011"


def _uuid(short: str) -> str:
    return f"0000{short.lower()}-0000-1000-8000-00805f9b34fb"


class Daemon:
    """One bonded sensor with one characteristic. ``listeners`` are the clients subscribed to it."""

    def __init__(self, bus: MessageBus) -> None:
        self._bus = bus
        self.listeners: list[str] = []
        self._objects: dict[str, dict[str, dict[str, Variant]]] = {
            ADAPTER: {"org.bluez.Adapter1": {"Address": Variant("s", "00:00:00:00:00:01")}},
            DEVICE: {
                "org.bluez.Device1": {
                    "Adapter": Variant("o", ADAPTER),
                    "Address": Variant("s", ADDRESS),
                    "AddressType": Variant("s", "random"),
                    "Alias": Variant("s", "Manschette"),
                    "Connected": Variant("b", False),
                    "Paired": Variant("b", True),
                    "ServicesResolved": Variant("b", False),
                    "UUIDs": Variant("as", [_uuid("1810")]),
                }
            },
            SERVICE: {
                "org.bluez.GattService1": {
                    "Device": Variant("o", DEVICE),
                    "Primary": Variant("b", True),
                    "UUID": Variant("s", _uuid("1810")),
                }
            },
            VALUES: {
                "org.bluez.GattCharacteristic1": {
                    "Flags": Variant("as", ["indicate"]),
                    "MTU": Variant("q", 185),
                    "Service": Variant("o", SERVICE),
                    "UUID": Variant("s", _uuid("2A35")),
                }
            },
        }

    def answer(self, message: Message) -> Message | None:
        """Answer what is asked of bluetoothd."""
        if message.message_type is not MessageType.METHOD_CALL:
            return None
        match message.member:
            case "GetManagedObjects":
                return Message.new_method_return(message, "a{oa{sa{sv}}}", [self._objects])
            case "Get":
                return Message.new_method_return(message, "v", [Variant("b", True)])
            case "Connect":
                self.tell(Connected=True)
                self.tell(ServicesResolved=True)
            case "Disconnect":
                self.tell(Connected=False, ServicesResolved=False)
            case "StartNotify":
                self.listeners.append(str(message.sender))
        return Message.new_method_return(message)

    def tell(self, **properties: bool) -> None:
        """Say that something about the sensor has changed."""
        changed = {name: Variant("b", value) for name, value in properties.items()}
        self._objects[DEVICE]["org.bluez.Device1"].update(changed)
        self._bus.send(
            Message.new_signal(
                DEVICE,
                "org.freedesktop.DBus.Properties",
                "PropertiesChanged",
                "sa{sv}as",
                ["org.bluez.Device1", changed, []],
            )
        )

    async def subscribed(self) -> list[str]:
        """Return the listeners that are still on the bus: for those bluetoothd subscribes again."""
        return [name for name in self.listeners if await self._has_owner(name)]

    async def _has_owner(self, name: str) -> bool:
        reply = await self._bus.call(
            Message(
                destination="org.freedesktop.DBus",
                path="/org/freedesktop/DBus",
                interface="org.freedesktop.DBus",
                member="NameHasOwner",
                signature="s",
                body=[name],
            )
        )
        assert reply is not None
        return bool(reply.body[0])


@pytest.mark.skipif(shutil.which("dbus-daemon") is None, reason="dbus-daemon is not installed")
@pytest.mark.parametrize("first", ["sensor", "hub"])
def test_nobody_stays_subscribed_after_a_link(first: str, bus_address: str) -> None:
    async def main() -> None:
        bus = await MessageBus(bus_address=bus_address).connect()
        daemon = Daemon(bus)
        bus.add_message_handler(daemon.answer)
        await bus.request_name("org.bluez")
        stack = BluezStack("hci0")
        await stack.open(lambda _: None)
        for _ in range(2):
            link = await linked(stack)
            await link.subscribe("2A35", lambda _: None)
            assert await daemon.subscribed() == daemon.listeners[-1:]
            if first == "sensor":
                daemon.tell(Connected=False, ServicesResolved=False)
                await link.wait_closed()
            await link.close()
            await link.close()
            async with asyncio.timeout(5):
                while await daemon.subscribed():  # noqa: ASYNC110  # the bus does not tell
                    await asyncio.sleep(0.01)
        assert len(set(daemon.listeners)) == 2
        await stack.close()
        bus.disconnect()

    asyncio.run(main())


async def linked(stack: BluezStack) -> BleakLink:
    details: dict[str, Any] = {"path": DEVICE, "props": {}}
    link = BleakLink(ADDRESS, lambda _: None)
    device = BLEDevice(ADDRESS, "Manschette", details)
    client = await stack.connect(device, pair=False, timeout_s=5.0, closed=link.on_closed)
    link.adopt(client)
    return link
