"""The machine's own adapter: bleak over BlueZ and D-Bus, with our pairing agent.

bluetoothd confirms an indication before this program has seen it: if the hub dies in between,
that one value is lost.

Source: BlueZ, `doc/org.bluez.Adapter.rst`, `doc/org.bluez.Device.rst`.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable

from bleak import BleakClient, BleakScanner
from bleak.backends.device import BLEDevice
from bleak_retry_connector import establish_connection

from hardware.errors import TransportError
from hardware.radio.bleak_radio import PasskeyAsker
from hardware.radio.ear import Detected

if sys.platform == "linux":
    from dbus_fast import BusType, Message, MessageType, Variant
    from dbus_fast.aio import MessageBus

    from hardware.radio.agent import Agent

OPEN_TIMEOUT_S = 10.0  # powering an adapter up takes a second, on a busy bus some more
MAX_ATTEMPTS = 3  # of one connect; "le-connection-abort" is common at the edge of the range
_HUMAN_INTERFACE = "00001812"  # the service of keyboards and mice

_NO_BUS = "Bitte prüfen, ob der Dienst läuft: systemctl status dbus bluetooth."
_NO_ADAPTER = (
    "Bitte den Bluetooth-Adapter anstecken oder einschalten (rfkill unblock bluetooth) und in "
    "hub.toml unter [radio] den richtigen nennen, zum Beispiel hci0."
)


class BluezStack:
    """:class:`hardware.radio.bleak_radio.Stack` over bluetoothd. ``adapter`` is `hci0`."""

    kind = "bluez"
    confirms_after_handler = False
    needs_silence = True

    def __init__(self, adapter: str, ask_passkey: PasskeyAsker | None = None) -> None:
        self._adapter = adapter
        self._ask_passkey = ask_passkey
        self._bus: MessageBus | None = None
        self._watch: asyncio.Task[None] | None = None

    async def open(self, on_lost: Callable[[str], None]) -> None:
        """Power the adapter, become its pairing agent and hang up what a hub before left."""
        if sys.platform != "linux":
            raise TransportError(
                "BlueZ is on Linux only", hint='[radio] kind = "virtual" oder "off".'
            )
        try:
            async with asyncio.timeout(OPEN_TIMEOUT_S):
                await self._open()
        except TransportError:
            raise
        except TimeoutError as error:
            raise TransportError("the system bus does not answer", hint=_NO_BUS) from error
        except Exception as error:  # dbus-fast raises whatever its address or its socket raises
            raise TransportError(f"the system bus is absent: {error}", hint=_NO_BUS) from error
        self._watch = asyncio.create_task(self._wait_lost(on_lost))

    async def close(self) -> None:
        """Leave the bus; bluetoothd forgets the agent with it."""
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)
        bus, self._bus = self._bus, None
        if bus is not None and bus.connected:
            bus.disconnect()
            await asyncio.wait([asyncio.ensure_future(_disconnection(bus))], timeout=1.0)

    def scanner(self, detected: Detected, service_uuids: list[str] | None) -> BleakScanner:
        """Return a scanner that is not started yet."""
        return BleakScanner(detected, service_uuids, bluez={"adapter": self._adapter})

    async def bonded(self, address: str) -> bool:
        """Whether bluetoothd keeps a bond with ``address``."""
        reply = await self._call(
            f"/org/bluez/{self._adapter}/dev_{address.replace(':', '_')}",
            "Get",
            "ss",
            ["org.bluez.Device1", "Paired"],
        )
        return reply.message_type is not MessageType.ERROR and bool(reply.body[0].value)

    async def forget(self, address: str) -> None:
        """Have bluetoothd remove the device, bond and all it knows of it."""
        reply = await self._call(
            f"/org/bluez/{self._adapter}",
            "RemoveDevice",
            "o",
            [f"/org/bluez/{self._adapter}/dev_{address.replace(':', '_')}"],
            interface="org.bluez.Adapter1",
        )
        if reply.message_type is MessageType.ERROR and not (reply.error_name or "").endswith(
            ("DoesNotExist", "UnknownObject")
        ):
            raise TransportError(
                f"bluetoothd keeps {address}: {reply.error_name}",
                hint="Bitte noch einmal versuchen; sonst den Hub neu starten.",
            )

    async def power_cycle(self) -> None:
        """Switch the adapter off; opening switches it on."""
        with contextlib.suppress(TimeoutError):  # what hangs is told when it is opened
            async with asyncio.timeout(OPEN_TIMEOUT_S):
                await self._power(on=False)

    async def connect(
        self,
        device: BLEDevice,
        *,
        pair: bool,
        timeout_s: float,
        closed: Callable[[BleakClient], None],
    ) -> BleakClient:
        """Return a connected and encrypted client."""
        return await establish_connection(
            BleakClient,
            device,
            device.name or device.address,
            disconnected_callback=closed,
            # a code typed wrongly is not tried again: cuffs lock themselves after a few
            max_attempts=1 if pair else MAX_ATTEMPTS,
            pair=pair,
            timeout=timeout_s,
            bluez={"adapter": self._adapter},
        )

    async def _open(self) -> None:
        self._bus = bus = MessageBus(bus_type=BusType.SYSTEM)
        await bus.connect()
        path = f"/org/bluez/{self._adapter}"
        reply = await self._call(path, "Get", "ss", ["org.bluez.Adapter1", "Powered"])
        if reply.message_type is MessageType.ERROR:
            if reply.error_name in {
                "org.freedesktop.DBus.Error.ServiceUnknown",
                "org.freedesktop.DBus.Error.NameHasNoOwner",
            }:
                raise TransportError("bluetoothd is not running", hint=_NO_BUS)
            raise TransportError(f"there is no adapter {self._adapter}", hint=_NO_ADAPTER)
        if not reply.body[0].value:
            reply = await self._power(on=True)
            if reply.message_type is MessageType.ERROR:
                raise TransportError(
                    f"{self._adapter} cannot be switched on: {reply.error_name}", hint=_NO_ADAPTER
                )
        await Agent(self._ask_passkey).register(bus)
        await self._hang_up()

    async def _hang_up(self) -> None:
        """Disconnect the sensors that a hub which was killed has left connected.

        bluetoothd holds such a link for as long as the sensor does; meanwhile it advertises to
        nobody, so it would not be visited.
        """
        reply = await self._call(
            "/", "GetManagedObjects", "", [], interface="org.freedesktop.DBus.ObjectManager"
        )
        if reply.message_type is MessageType.ERROR:
            return
        for path, interfaces in reply.body[0].items():
            device = interfaces.get("org.bluez.Device1")
            if path.startswith(f"/org/bluez/{self._adapter}/") and device and _is_left(device):
                await self._call(path, "Disconnect", "", [], interface="org.bluez.Device1")

    async def _power(self, *, on: bool) -> Message:
        powered: list[object] = ["org.bluez.Adapter1", "Powered", Variant("b", on)]
        return await self._call(f"/org/bluez/{self._adapter}", "Set", "ssv", powered)

    async def _call(
        self,
        path: str,
        member: str,
        signature: str,
        body: list[object],
        *,
        interface: str = "org.freedesktop.DBus.Properties",
    ) -> Message:
        if self._bus is None:
            raise TransportError("the radio is not started")
        reply = await self._bus.call(
            Message(
                destination="org.bluez",
                path=path,
                interface=interface,
                member=member,
                signature=signature,
                body=body,
            )
        )
        if reply is None:
            raise TransportError("the system bus gave no answer", hint=_NO_BUS)
        return reply

    async def _wait_lost(self, on_lost: Callable[[str], None]) -> None:
        if self._bus is not None:
            await asyncio.gather(_disconnection(self._bus), return_exceptions=True)
            on_lost("the connection to the system bus is gone")


def _is_left(device: dict[str, Variant]) -> bool:
    """Whether it is a connected sensor: low energy, and nothing that one types or points with."""
    uuids = device["UUIDs"].value if "UUIDs" in device else []
    return (
        "Connected" in device
        and bool(device["Connected"].value)
        and "Class" not in device  # only of devices that speak classic Bluetooth
        and not any(uuid.startswith(_HUMAN_INTERFACE) for uuid in uuids)
    )


async def _disconnection(bus: MessageBus) -> None:
    await bus.wait_for_disconnect()  # type: ignore[no-untyped-call]
