"""One adapter through bleak, whatever stack is below it.

The stack is a :class:`Stack`: it opens the adapter and makes bleak's scanners and clients.
One connection is made at a time, and there is one scan that all share (:mod:`hardware.radio.ear`):
BlueZ answers "InProgress" to more. While a connection is made the scan pauses: a radio over BlueZ
does that here, our own stack, for a shorter time, in :mod:`hardware.radio.bumble_host`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Protocol

from bleak import BleakClient, BleakScanner
from bleak.exc import (
    BleakCharacteristicNotFoundError,
    BleakDBusError,
    BleakError,
    BleakGATTProtocolError,
)

from hardware.ble import full_uuid, short_uuid
from hardware.errors import DeviceRefused, HardwareError, TransportError
from hardware.radio.base import Absent, Found, Heard
from hardware.radio.ear import Detected, Ear

if TYPE_CHECKING:
    from bleak.backends.characteristic import BleakGATTCharacteristic
    from bleak.backends.device import BLEDevice
    from bleak.backends.scanner import AdvertisementData

OPERATION_TIMEOUT_S = 10.0  # one read or write; ATT itself gives up after 30 s, a person earlier
CLOSE_TIMEOUT_S = 5.0  # a disconnection takes one supervision timeout at most
REDISCOVER_S = 8.0  # a battery device advertises every second or two while it is awake
MAX_SEEN = 256  # devices remembered from scans; a busy street has a few hundred in a day

PasskeyAsker = Callable[[str], Awaitable[int | None]]

_REPAIR_HINT = "Bitte das Gerät neu koppeln: `dorfhub ble pair`."
_RETRY_HINT = (
    "Die Verbindung kam nicht zustande oder riss ab; der Hub versucht es wieder. Bleibt es dabei: "
    "Gerät näher an den Hub legen, Batterie prüfen."
)
_log = logging.getLogger(__name__)


class PairingRefused(BleakError):
    """The peripheral refused to pair, or no longer knows the bond."""


class Stack(Protocol):
    """What is below bleak.

    :raises TransportError: from ``open``, with a hint.
    """

    kind: str
    confirms_after_handler: bool
    needs_silence: bool  # no scan while it connects; one that sees to that itself needs none

    async def open(self, on_lost: Callable[[str], None]) -> None:
        """Take the adapter; call ``on_lost`` with the reason once it is gone by itself."""

    async def close(self) -> None:
        """Give the adapter back. Closing twice does nothing."""

    def scanner(self, detected: Detected, service_uuids: list[str] | None) -> BleakScanner:
        """Return a scanner that is not started yet."""

    async def bonded(self, address: str) -> bool:
        """Whether a bond with ``address`` is stored."""

    async def forget(self, address: str) -> None:
        """Delete the bond with ``address``, if there is one."""

    async def power_cycle(self) -> None:
        """Switch the adapter off and on, where that is not done by closing and opening."""

    async def connect(
        self,
        device: BLEDevice,
        *,
        pair: bool,
        timeout_s: float,
        closed: Callable[[BleakClient], None],
    ) -> BleakClient:
        """Return a connected and encrypted client; ``closed`` is called once it is gone."""


class BleakRadio:
    """:class:`hardware.radio.base.Radio` over a bleak stack."""

    def __init__(self, stack: Stack) -> None:
        self.kind = stack.kind
        self.confirms_after_handler = stack.confirms_after_handler
        self._stack = stack
        self._air = asyncio.Lock()
        self._seen: dict[str, BLEDevice] = {}
        self._links: set[BleakLink] = set()
        self._ear = Ear(lambda detected: stack.scanner(detected, None))
        self._gone: str | None = "the radio is not started"

    async def start(self) -> None:
        """Take the adapter."""
        self._gone = None
        self._ear.reopen()
        try:
            await self._stack.open(self._lost)
        except BaseException:
            self._gone = "the radio is not started"
            await self._stack.close()
            raise

    async def stop(self) -> None:
        """Close all links and give the adapter back."""
        self._gone = self._gone or "the radio was stopped"
        await self._ear.close()
        await asyncio.gather(*(link.close() for link in list(self._links)))
        await self._stack.close()

    def check(self) -> None:
        """Do nothing, while the adapter is there."""
        if self._gone is not None:
            raise TransportError(self._gone, hint="Bitte den Bluetooth-Adapter prüfen.")

    async def discover(self, service: str, timeout_s: float) -> list[Found]:
        """Listen for ``timeout_s`` seconds; return who advertises ``service``, strongest first."""
        found: dict[str, Found] = {}
        wanted = short_uuid(service)

        def listener(one: Heard) -> None:
            if wanted in one.services:
                found[one.address] = Found(one.address, one.name, one.services, one.rssi_dbm)

        async with self.listening(listener):
            await self._unless_lost(timeout_s)
        return sorted(
            found.values(),
            key=lambda f: -999 if f.rssi_dbm is None else f.rssi_dbm,
            reverse=True,
        )

    @asynccontextmanager
    async def listening(self, listener: Callable[[Heard], None]) -> AsyncIterator[None]:
        """Give every advertisement to ``listener`` inside the block, between connections."""

        def detected(device: BLEDevice, heard: AdvertisementData) -> None:
            self._remember(device)
            listener(_heard(device, heard))

        self.check()
        async with _translated(), self._ear.listening(detected):
            yield

    async def rescan(self) -> None:
        """Start the scan anew."""
        self.check()
        async with _translated():
            await self._ear.restart()

    async def cycle(self) -> None:
        """Switch the adapter off and on; every link is gone, listeners stay."""
        self.check()
        await asyncio.gather(*(link.close() for link in list(self._links)))
        async with _translated(), self._ear.held():
            await self._stack.power_cycle()
            await self._stack.close()
            self._seen.clear()
            await self._stack.open(self._lost)

    async def forget(self, address: str) -> None:
        """Delete the bond with a peripheral on this side, if there is one."""
        self.check()
        self._seen.pop(address, None)
        async with _translated(), asyncio.timeout(OPERATION_TIMEOUT_S):
            await self._stack.forget(address)

    async def connect(self, address: str, *, pair: bool, timeout_s: float = 20.0) -> BleakLink:
        """Connect, encrypt with a stored bond, or make one first if ``pair``.

        :raises DeviceRefused: if pairing fails, the bond is no longer known, or an unknown device
            was not to be paired.
        """
        self.check()
        async with self._air:
            self.check()
            async with _translated(), asyncio.timeout(timeout_s):
                if not pair and not await self._stack.bonded(address):
                    raise DeviceRefused(f"{address} is not paired", hint=_REPAIR_HINT)
                device = self._seen.get(address) or await self._look_for(address)
                link = BleakLink(address, self._links.discard)
                try:
                    async with self._ear_for_connecting():
                        client = await self._stack.connect(
                            device, pair=pair, timeout_s=timeout_s, closed=link.on_closed
                        )
                        link.adopt(client)
                except BaseException:
                    await link.close()  # connected, but the scan could not go on
                    raise
                if link.connected:
                    self._links.add(link)
                return link

    @asynccontextmanager
    async def _ear_for_connecting(self) -> AsyncIterator[None]:
        if not self._stack.needs_silence:
            yield
            return
        try:
            async with self._ear.held():
                yield
        except BaseException:
            # who is there is to be heard all the same; a scan that fails is found by who misses it
            with suppress(HardwareError, BleakError, EOFError, OSError, TimeoutError):
                await self._ear.go_on()
            raise

    async def _look_for(self, address: str) -> BLEDevice:
        there = asyncio.Event()

        def listener(one: Heard) -> None:
            if one.address == address:
                there.set()

        async with self.listening(listener):
            try:
                async with asyncio.timeout(REDISCOVER_S):
                    await there.wait()
            except TimeoutError:
                raise TransportError(
                    f"{address} is not in reach",
                    hint="Bitte das Gerät näher an den Hub bringen und eine Messung auslösen.",
                ) from None
        return self._seen[address]

    async def _unless_lost(self, timeout_s: float) -> None:
        """Wait, but no longer than the adapter is there."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        while (left := deadline - loop.time()) > 0:
            self.check()
            await asyncio.sleep(min(left, 0.5))
        self.check()

    def _remember(self, device: BLEDevice) -> None:
        self._seen.pop(device.address, None)
        while len(self._seen) >= MAX_SEEN:
            del self._seen[next(iter(self._seen))]
        self._seen[device.address] = device

    def _lost(self, reason: str) -> None:
        self._gone = self._gone or reason


class BleakLink:
    """:class:`hardware.radio.base.Link` over a bleak client."""

    def __init__(self, address: str, forget: Callable[[BleakLink], None]) -> None:
        self.address = address
        self._forget = forget
        self._client: BleakClient | None = None
        self._closed = asyncio.Event()
        self._closing: asyncio.Task[None] | None = None

    def adopt(self, client: BleakClient) -> None:
        """Take over a client that is connected."""
        self._client = client

    def on_closed(self, _: BleakClient) -> None:
        """Note that the connection is gone."""
        self._closed.set()
        self._forget(self)

    @property
    def connected(self) -> bool:
        """True until either side has closed the connection."""
        return self._client is not None and not self._closed.is_set() and self._client.is_connected

    async def read(self, characteristic: str) -> bytes:
        """Return the characteristic's value."""
        client = self._open_client()
        async with _translated(), asyncio.timeout(OPERATION_TIMEOUT_S):
            return bytes(await client.read_gatt_char(full_uuid(characteristic)))

    async def write(self, characteristic: str, value: bytes, *, response: bool = True) -> None:
        """Write, and wait for the device's response unless it gives none by its standard."""
        client = self._open_client()
        async with _translated(), asyncio.timeout(OPERATION_TIMEOUT_S):
            await client.write_gatt_char(full_uuid(characteristic), value, response=response)

    async def subscribe(self, characteristic: str, handler: Callable[[bytes], None]) -> None:
        """Call ``handler`` with each value; if it raises, the link is closed.

        A device whose indication was not confirmed sends nothing more on that connection, so
        a new one is needed to be given the value again.
        """

        def deliver(_: BleakGATTCharacteristic, value: bytearray) -> None:
            if self._closing is not None:
                raise BleakError("a value before this one was refused")
            try:
                handler(bytes(value))
            except BaseException:
                self._closing = asyncio.ensure_future(self.close())
                raise

        client = self._open_client()
        async with _translated(), asyncio.timeout(OPERATION_TIMEOUT_S):
            await client.start_notify(full_uuid(characteristic), deliver)

    async def unsubscribe(self, characteristic: str) -> None:
        """Have the device send no more of it."""
        client = self._open_client()
        async with _translated(), asyncio.timeout(OPERATION_TIMEOUT_S):
            await client.stop_notify(full_uuid(characteristic))

    async def wait_closed(self) -> None:
        """Return once the connection is gone."""
        await self._closed.wait()
        if self._closing is not None and self._closing is not asyncio.current_task():
            await self._closing

    async def close(self) -> None:
        """Disconnect, and let go of what stands behind the link. Closing twice does nothing.

        Also where the device was first: bleak's D-Bus connection stays open until then, and as long
        as it does, bluetoothd subscribes for it by itself when the device comes again. It would
        confirm values for which nobody is listening yet.
        """
        if self._client is not None:
            try:
                async with asyncio.timeout(CLOSE_TIMEOUT_S):
                    await self._client.disconnect()
            except (BleakError, EOFError, OSError, TimeoutError) as error:
                _log.debug("closing the link to %s: %r", self.address, error)
        self._closed.set()
        self._forget(self)

    def _open_client(self) -> BleakClient:
        if self._client is None or not self.connected:
            raise TransportError(f"the connection to {self.address} is gone", hint=_RETRY_HINT)
        return self._client


def _heard(device: BLEDevice, data: AdvertisementData) -> Heard:
    return Heard(
        device.address,
        data.local_name or device.name or "",
        tuple(dict.fromkeys(map(short_uuid, data.service_uuids))),
        {short_uuid(uuid): value for uuid, value in data.service_data.items()},
        dict(data.manufacturer_data),
        data.rssi,
    )


@asynccontextmanager
async def _translated() -> AsyncIterator[None]:
    """Turn what bleak raises into this floor's errors, by whose fault it is."""
    try:
        yield
    except HardwareError:
        raise
    except PairingRefused as error:
        raise DeviceRefused(str(error), hint=_REPAIR_HINT) from error
    except BleakGATTProtocolError as error:
        raise DeviceRefused(str(error.args[-1])) from error
    except BleakCharacteristicNotFoundError as error:
        raise Absent(f"the device has no characteristic {error.char_specifier}") from error
    except TimeoutError as error:
        raise TransportError("the device did not answer in time", hint=_RETRY_HINT) from error
    except (BleakError, EOFError, OSError) as error:
        if _is_refused_pairing(error):
            raise DeviceRefused(f"pairing failed: {error}", hint=_REPAIR_HINT) from error
        raise TransportError(str(error) or type(error).__name__, hint=_RETRY_HINT) from error


def _is_refused_pairing(error: BaseException | None) -> bool:
    """Tell whether BlueZ says so, in ``error`` or in what a retrying layer made it from."""
    while error is not None:
        if isinstance(error, BleakDBusError):
            return error.dbus_error.startswith("org.bluez.Error.Authentication")
        error = error.__cause__
    return False
