"""A bleak backend over Bumble: the same client code runs on virtual controllers as on BlueZ.

An indication is confirmed to the device after the callback returned, and is not if it raised.

Source: Bluetooth Core 5.4, Vol 3 Part C 11 (advertising data), Part G (GATT); bleak 3.1,
`bleak.backends.client`, `bleak.backends.scanner`.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Coroutine
from typing import TypeVar

from bleak.args import SizedBuffer
from bleak.assigned_numbers import CHARACTERISTIC_PROPERTIES
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient, NotifyCallback
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, AdvertisementDataCallback, BaseBleakScanner
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import BleakError, BleakGATTProtocolError
from bumble import att, core, hci
from bumble.core import AdvertisingData
from bumble.device import Advertisement, Connection, Peer

from hardware.ble import full_uuid
from hardware.radio.bleak_radio import PairingRefused
from hardware.radio.bumble_host import BumbleHost, plain_address

ATT_MTU = 247  # what fits one link-layer packet with data length extension
T = TypeVar("T")
_log = logging.getLogger(__name__)


class BumbleScanner(BaseBleakScanner):
    """A scanner on a host stack; several may be on at once."""

    def __init__(
        self,
        detection_callback: AdvertisementDataCallback | None,
        service_uuids: list[str] | None,
        scanning_mode: str = "active",  # noqa: ARG002  # bleak's signature; the host scans actively
        *,
        host: BumbleHost,
        **_: object,
    ) -> None:
        super().__init__(detection_callback, service_uuids)
        self._host = host

    async def start(self) -> None:
        """Start scanning."""
        self.seen_devices = {}
        try:
            await self._host.listen(self)
        except (core.BaseBumbleError, hci.HCI_Error) as error:
            raise BleakError(f"scanning failed: {error}") from error

    async def stop(self) -> None:
        """Stop scanning; an adapter that is gone scans no more either."""
        try:
            await self._host.unlisten(self)
        except (core.BaseBumbleError, hci.HCI_Error, TimeoutError) as error:
            _log.debug("stopping the scan: %r", error)

    def on_advertisement(self, heard: Advertisement) -> None:
        """Take one advertisement from the host."""
        data = advertisement_data(heard)
        if not self.is_allowed_uuid(data.service_uuids):
            return
        address = plain_address(heard.address)
        device = self.create_or_update_device(
            address, address, data.local_name, heard.address, data
        )
        self.call_detection_callbacks(device, data)


class BumbleClient(BaseBleakClient):
    """One connection through a host stack."""

    def __init__(
        self,
        address_or_ble_device: BLEDevice | str,
        *,
        disconnected_callback: Callable[[], None] | None,
        timeout: float,
        host: BumbleHost,
        **_: object,
    ) -> None:
        super().__init__(
            address_or_ble_device, disconnected_callback=disconnected_callback, timeout=timeout
        )
        self._host = host
        self._device = address_or_ble_device
        self._connection: Connection | None = None
        self._peer: Peer | None = None

    @property
    def name(self) -> str:
        """The device's name, or its address."""
        known = self._device.name if isinstance(self._device, BLEDevice) else None
        return known or self.address.replace(":", "-")

    @property
    def mtu_size(self) -> int:
        """The negotiated ATT MTU."""
        return self._alive().att_mtu

    @property
    def is_connected(self) -> bool:
        """Whether the connection is there."""
        return self._connection is not None

    @property
    def is_encrypted(self) -> bool:
        """Whether the link is encrypted."""
        return self._connection is not None and bool(self._connection.encryption)

    async def connect(self, pair: bool, **_: object) -> None:  # noqa: FBT001  # bleak's signature
        """Connect, encrypt with the stored bond, and discover the services.

        Without a bond: pair first if ``pair``, else stay unencrypted. With ``pair`` a bond that
        the device no longer knows is replaced.

        :raises PairingRefused: if pairing fails, or the device no longer knows the bond.
        """
        if isinstance(self._device, BLEDevice):
            address = self._device.details
        else:
            address = hci.Address(self._device)
        try:
            async with asyncio.timeout(self._timeout):
                connection = await self._host.dial(address, self._timeout)
                self._connection = connection
                connection.on(connection.EVENT_DISCONNECTION, self._on_disconnection)
                self._peer = Peer(connection)
                await self._secure(connection, pair=pair)
                await self._await(self._peer.request_mtu(ATT_MTU))
                await self._discover(self._peer)
        except (core.BaseBumbleError, hci.HCI_Error) as error:
            await self.disconnect()
            raise BleakError(f"connecting failed: {error}") from error
        except BaseException:
            await self.disconnect()
            raise

    async def disconnect(self) -> None:
        """Disconnect. Without a connection, do nothing."""
        connection = self._connection
        if connection is None:
            return
        try:
            await connection.disconnect()
        except (core.BaseBumbleError, hci.HCI_Error) as error:
            _log.debug("disconnecting: %r", error)  # it was gone already
        self._on_disconnection(0)

    async def pair(self, *_: object, **__: object) -> None:
        """Make a bond; it is stored when this returns.

        :raises PairingRefused: if the device, or the person asked for its passkey, refuses.
        """
        connection = self._alive()
        try:
            await self._await(connection.pair())
        except core.ProtocolError as error:
            raise PairingRefused(f"pairing failed: {error.error_name or error}") from error
        if await self._host.bonds.get(str(connection.peer_address)) is None:
            raise PairingRefused("pairing gave no bond that could be stored")

    async def unpair(self) -> None:
        """Forget the bond and disconnect."""
        await self._host.bonds.delete(self._bond_name())
        await self.disconnect()

    async def read_gatt_char(
        self,
        characteristic: BleakGATTCharacteristic,
        *,
        use_cached: bool = False,  # noqa: ARG002  # bleak's signature
        **_: object,
    ) -> bytearray:
        """Read a characteristic."""
        return bytearray(await self._await(characteristic.obj.read_value()))

    async def read_gatt_descriptor(
        self,
        descriptor: BleakGATTDescriptor,
        *,
        use_cached: bool = False,  # noqa: ARG002  # bleak's signature
        **_: object,
    ) -> bytearray:
        """Read a descriptor."""
        return bytearray(await self._await(descriptor.obj.read_value()))

    async def write_gatt_char(
        self,
        characteristic: BleakGATTCharacteristic,
        data: SizedBuffer,
        response: bool,  # noqa: FBT001  # bleak's signature
    ) -> None:
        """Write a characteristic."""
        await self._await(characteristic.obj.write_value(bytes(data), with_response=response))

    async def write_gatt_descriptor(
        self, descriptor: BleakGATTDescriptor, data: SizedBuffer
    ) -> None:
        """Write a descriptor."""
        await self._await(descriptor.obj.write_value(bytes(data), with_response=True))

    async def start_notify(
        self, characteristic: BleakGATTCharacteristic, callback: NotifyCallback, **_: object
    ) -> None:
        """Subscribe; an indication is confirmed after ``callback`` returned."""
        await self._await(characteristic.obj.subscribe(lambda value: callback(bytearray(value))))

    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
        """Unsubscribe."""
        await self._await(characteristic.obj.unsubscribe(force=True))

    async def _secure(self, connection: Connection, *, pair: bool) -> None:
        name = str(connection.peer_address)
        if await self._host.bonds.get(name) is not None:
            try:
                await self._await(connection.encrypt())
            except hci.HCI_Error as error:
                if not pair:
                    raise PairingRefused("the device no longer knows this hub") from error
                await self._host.bonds.delete(name)
            else:
                return
        if pair:
            await self.pair()

    async def _discover(self, peer: Peer) -> None:
        services = BleakGATTServiceCollection()
        for service in await self._await(peer.discover_services()):
            found = BleakGATTService(service, service.handle, _uuid(service.uuid.uuid_bytes))
            services.add_service(found)
            for proxy in await self._await(service.discover_characteristics()):
                characteristic = BleakGATTCharacteristic(
                    proxy,
                    proxy.handle,
                    _uuid(proxy.uuid.uuid_bytes),
                    [
                        name
                        for bit, name in CHARACTERISTIC_PROPERTIES.items()
                        if proxy.properties & bit
                    ],
                    lambda: self.mtu_size - 3,
                    found,
                )
                services.add_characteristic(characteristic)
                for descriptor in await self._await(proxy.discover_descriptors()):
                    services.add_descriptor(
                        BleakGATTDescriptor(
                            descriptor,
                            descriptor.handle,
                            _uuid(descriptor.type.uuid_bytes),
                            characteristic,
                        )
                    )
        self.services = services

    async def _await(self, work: Awaitable[T]) -> T:
        """Wait for the stack, but no longer than the connection is there."""
        if self._connection is None and isinstance(work, Coroutine):
            work.close()  # it is not begun any more
        connection = self._alive()
        task = asyncio.current_task()
        try:
            return await connection.cancel_on_disconnection(work)
        except att.ATT_Error as error:
            raise BleakGATTProtocolError(error.error_code) from error
        except asyncio.CancelledError:
            if task is not None and task.cancelling():
                raise  # the caller was cancelled, not the connection
            raise BleakError("the device closed the connection") from None

    def _alive(self) -> Connection:
        if self._connection is None:
            raise BleakError("not connected")
        return self._connection

    def _bond_name(self) -> str:
        if self._connection is not None:
            return str(self._connection.peer_address)
        return str(self._device.details if isinstance(self._device, BLEDevice) else self._device)

    def _on_disconnection(self, _: int) -> None:
        if self._connection is None:
            return
        self._connection = None
        if self._disconnected_callback is not None:
            self._disconnected_callback()


def advertisement_data(heard: Advertisement) -> AdvertisementData:
    """Return what bleak's callbacks are given; what is malformed in it is left out."""
    uuids: list[str] = []
    service_data: dict[str, bytes] = {}
    manufacturer_data: dict[int, bytes] = {}
    name: str | None = None
    tx_power: int | None = None
    for kind, value in heard.data.ad_structures:
        if kind in _NAMES:
            name = value.decode("utf-8", "replace")
        elif kind == AdvertisingData.TX_POWER_LEVEL and len(value) == 1:
            tx_power = int.from_bytes(value, "little", signed=True)
        elif kind == AdvertisingData.MANUFACTURER_SPECIFIC_DATA and len(value) >= 2:
            manufacturer_data[int.from_bytes(value[:2], "little")] = value[2:]
        elif size := _UUID_LISTS.get(kind):
            whole = len(value) - len(value) % size
            uuids += [_uuid(value[i : i + size]) for i in range(0, whole, size)]
        elif (size := _SERVICE_DATA.get(kind)) and len(value) >= size:
            service_data[_uuid(value[:size])] = value[size:]
    return AdvertisementData(
        name, manufacturer_data, service_data, uuids, tx_power, heard.rssi, (heard,)
    )


_NAMES = (AdvertisingData.COMPLETE_LOCAL_NAME, AdvertisingData.SHORTENED_LOCAL_NAME)
_UUID_LISTS: dict[int, int] = {
    AdvertisingData.INCOMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS: 2,
    AdvertisingData.COMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS: 2,
    AdvertisingData.INCOMPLETE_LIST_OF_32_BIT_SERVICE_CLASS_UUIDS: 4,
    AdvertisingData.COMPLETE_LIST_OF_32_BIT_SERVICE_CLASS_UUIDS: 4,
    AdvertisingData.INCOMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS: 16,
    AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS: 16,
}
_SERVICE_DATA: dict[int, int] = {
    AdvertisingData.SERVICE_DATA_16_BIT_UUID: 2,
    AdvertisingData.SERVICE_DATA_32_BIT_UUID: 4,
    AdvertisingData.SERVICE_DATA_128_BIT_UUID: 16,
}


def _uuid(wire: bytes) -> str:
    """Return the 128 bit form, lower case, of a UUID as it is on the wire."""
    if len(wire) == 16:
        return str(uuid.UUID(bytes=wire[::-1]))
    digits = wire[::-1].hex()
    return full_uuid(digits) if len(wire) == 2 else f"{digits}{full_uuid('0000')[8:]}"
