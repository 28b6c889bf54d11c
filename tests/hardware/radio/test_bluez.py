"""BlueZ without BlueZ: clear errors, and the agent asked over a real bus as bluetoothd asks it.

What needs a kernel with Bluetooth is for the virtual machine.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from dbus_fast import BusType, Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from hardware.errors import TransportError
from hardware.radio.agent import AGENT_PATH, Agent
from hardware.radio.open import open_radio

DEVICE = "/org/bluez/hci0/dev_C0_11_22_33_44_55"
needs_daemon = pytest.mark.skipif(
    shutil.which("dbus-daemon") is None, reason="dbus-daemon is not installed"
)


def start(adapter: str, tmp_path: Path) -> TransportError:
    async def main() -> TransportError:
        radio = open_radio("bluez", adapter, tmp_path / "unused.json")
        assert not radio.confirms_after_handler
        with pytest.raises(TransportError) as caught:
            await radio.start()
        with pytest.raises(TransportError):
            await radio.connect("C0:11:22:33:44:55", pair=True)
        await radio.stop()
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return caught.value

    return asyncio.run(main())


def test_no_bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path}/absent")
    error = start("hci0", tmp_path)
    assert "system bus is absent" in str(error)
    assert "systemctl" in error.hint


@needs_daemon
@pytest.mark.usefixtures("bus_address")
def test_no_bluetoothd(tmp_path: Path) -> None:
    error = start("hci0", tmp_path)
    assert str(error) == "bluetoothd is not running"
    assert "systemctl" in error.hint


@needs_daemon
def test_no_adapter(tmp_path: Path, bus_address: str) -> None:
    async def main() -> TransportError:
        bluez = await MessageBus(bus_address=bus_address).connect()
        await bluez.request_name("org.bluez")  # a bluetoothd with no adapter at all
        error = await asyncio.to_thread(start, "hci7", tmp_path)
        bluez.disconnect()
        return error

    error = asyncio.run(main())
    assert str(error) == "there is no adapter hci7"
    assert "rfkill" in error.hint


@needs_daemon
def test_sensors_that_a_killed_hub_left_are_hung_up(tmp_path: Path, bus_address: str) -> None:
    sensor = {"Connected": Variant("b", True), "UUIDs": Variant("as", [_uuid("1810")])}
    devices = {
        "hci0/dev_1": sensor,
        "hci0/dev_2": {**sensor, "Connected": Variant("b", False)},
        "hci0/dev_3": {**sensor, "UUIDs": Variant("as", [_uuid("1812")])},  # a keyboard
        "hci0/dev_4": {**sensor, "Class": Variant("u", 0x240404)},  # a loudspeaker
        "hci1/dev_5": sensor,  # another's adapter
        "hci0": None,
    }
    objects = {
        f"/org/bluez/{name}": {} if device is None else {"org.bluez.Device1": device}
        for name, device in devices.items()
    }
    hung_up: list[str | None] = []

    def answer(message: Message) -> Message | None:
        if message.member == "Get":
            return Message.new_method_return(message, "v", [Variant("b", True)])
        if message.member == "GetManagedObjects":
            return Message.new_method_return(message, "a{oa{sa{sv}}}", [objects])
        if message.member == "Disconnect":
            hung_up.append(message.path)
        if message.member in {"Disconnect", "RegisterAgent", "RequestDefaultAgent"}:
            return Message.new_method_return(message)
        return None

    async def main() -> None:
        bluez = await MessageBus(bus_address=bus_address).connect()
        bluez.add_message_handler(answer)
        await bluez.request_name("org.bluez")
        radio = open_radio("bluez", "hci0", tmp_path / "unused.json")
        await radio.start()
        await radio.stop()
        bluez.disconnect()

    asyncio.run(main())
    assert hung_up == ["/org/bluez/hci0/dev_1"]


def _uuid(short: str) -> str:
    return f"0000{short.lower()}-0000-1000-8000-00805f9b34fb"


def ask_agent(
    ask: Callable[[str], Awaitable[int | None]] | None,
    bus_address: str,
    member: str,
    signature: str,
    body: list[object],
) -> Message:
    async def main() -> Message:
        ours = await MessageBus(bus_address=bus_address, bus_type=BusType.SYSTEM).connect()
        ours.export(AGENT_PATH, Agent(ask))
        bluez = await MessageBus(bus_address=bus_address).connect()
        reply = await bluez.call(
            Message(
                destination=ours.unique_name,
                path=AGENT_PATH,
                interface="org.bluez.Agent1",
                member=member,
                signature=signature,
                body=body,
            )
        )
        assert reply is not None
        for bus in (ours, bluez):
            bus.disconnect()
        return reply

    return asyncio.run(main())


@needs_daemon
def test_the_agent_asks_a_person_for_the_passkey(bus_address: str) -> None:
    async def ask(address: str) -> int | None:
        return 123456 if address == "C0:11:22:33:44:55" else None

    assert Agent(ask).capability == "KeyboardOnly"
    reply = ask_agent(ask, bus_address, "RequestPasskey", "o", [DEVICE])
    assert (reply.message_type, reply.body) == (MessageType.METHOD_RETURN, [123456])
    other = ask_agent(ask, bus_address, "RequestPasskey", "o", [DEVICE[:-2] + "66"])
    assert other.error_name == "org.bluez.Error.Rejected"


@needs_daemon
def test_the_agent_alone_pairs_just_works_only(bus_address: str) -> None:
    assert Agent(None).capability == "NoInputNoOutput"
    accepted = ask_agent(None, bus_address, "RequestAuthorization", "o", [DEVICE])
    assert accepted.message_type is MessageType.METHOD_RETURN
    for member, signature, body in (
        ("RequestPasskey", "o", [DEVICE]),
        ("RequestConfirmation", "ou", [DEVICE, 123456]),
    ):
        refused = ask_agent(None, bus_address, member, signature, list(body))
        assert refused.error_name == "org.bluez.Error.Rejected"
    for member in ("Cancel", "Release"):
        reply = ask_agent(None, bus_address, member, "", [])
        assert reply.message_type is MessageType.METHOD_RETURN
