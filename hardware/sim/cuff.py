"""A blood pressure cuff on the virtual air: real HCI, L2CAP, ATT and security manager.

It behaves as cuffs do: pairs (Just Works or with a passkey), wants an encrypted link, keeps
its readings until a hub has confirmed each, advertises while it has some (or no bond yet), and
knows the time only once a hub has written it.

Source: Bluetooth Blood Pressure Profile 1.1.1, Blood Pressure Service 1.1.1, Current Time
Service 1.1, Core 5.4 Vol 3 Part H (LE Secure Connections).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from bumble import att, core, data_types, hci
from bumble.controller import Controller
from bumble.core import UUID, AdvertisingData
from bumble.device import Connection, Device, DeviceConfiguration
from bumble.gatt import (
    GATT_CLIENT_CHARACTERISTIC_CONFIGURATION_DESCRIPTOR,
    Characteristic,
    CharacteristicValue,
    Descriptor,
    Service,
)
from bumble.hci import Address
from bumble.host import Host
from bumble.keys import MemoryKeyStore
from bumble.link import LocalLink
from bumble.pairing import PairingConfig, PairingDelegate
from bumble.profiles.battery_service import BatteryService
from bumble.profiles.device_information_service import DeviceInformationService

from hardware.ble.blood_pressure import encode_blood_pressure
from hardware.ble.clock import encode_current_time, read_date_time
from hardware.ble.cursor import Cursor
from hardware.errors import DecodeError
from hardware.sim.ether import unplug
from hardware.sim.pressure import Person

MAX_STORED = 200  # what a cuff of this kind keeps; then the oldest reading is overwritten
FACTORY_TIME = datetime(2020, 1, 1)  # noqa: DTZ001  # a device's clock knows no time zone
ADVERTISING_INTERVAL_MS = 100.0

_Permissions = Characteristic.Permissions
_Properties = Characteristic.Properties


@dataclass(frozen=True, slots=True)
class CuffOptions:
    """How this cuff behaves.

    ``passkey`` is shown on its display while pairing, None is Just Works. ``drop_after``: after so
    many confirmed indications it sends one more and cuts the link before that is confirmed;
    ``drops`` says how often it does so (None: on each connection). ``confirmed`` is a file that is
    given one line of hex, synced, for each confirmed reading. ``every_s``: it measures by itself.
    """

    name: str = "Blutdruck Sim"
    passkey: int | None = None
    seed: int = 1
    stored: int = 0
    every_s: float | None = None
    drop_after: int | None = None
    drops: int | None = None
    confirmed: Path | None = None
    always_advertise: bool = False
    battery_percent: int = 87


class Cuff:
    """The device. ``elapsed_s`` is the count of seconds that its quartz runs on."""

    def __init__(
        self, link: LocalLink, options: CuffOptions, elapsed_s: Callable[[], float]
    ) -> None:
        self.options = options
        rng = Random(options.seed)  # noqa: S311  # a simulation, repeatable on purpose
        self.address = _static_address(rng)
        self.stored: deque[bytes] = deque(maxlen=MAX_STORED)
        self.confirmed_count = 0
        self.clock_was_set = False
        self._person = Person(rng)
        self._elapsed_s = elapsed_s
        self._zero = FACTORY_TIME - timedelta(seconds=elapsed_s())
        self._last: datetime | None = None
        self._drops_left = options.drops
        self._connection: Connection | None = None
        self._subscribed = False
        self._sending: asyncio.Task[None] | None = None
        self._measuring: asyncio.Task[None] | None = None
        self._advertising = asyncio.Lock()
        self._background: set[asyncio.Task[None]] = set()
        self._controller = Controller(options.name, link=link)
        self.device = self._make_device()
        for number in range(options.stored):
            self._store(self._now() - timedelta(minutes=5 * (options.stored - number)))

    @property
    def address_text(self) -> str:
        """The address a hub knows the cuff by."""
        return str(self.address)

    async def start(self) -> None:
        """Switch on."""
        await self.device.power_on()
        await self._advertise()
        if self.options.every_s is not None:
            self._measuring = asyncio.create_task(self._measure_often(self.options.every_s))

    async def stop(self) -> None:
        """Switch off; stored readings are gone with the object, as bonds are."""
        tasks = [t for t in (self._measuring, self._sending, *self._background) if t is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        unplug(self._controller)
        self.device.host.on_transport_lost()  # type: ignore[no-untyped-call]
        await self.device.power_off()

    async def measure(self) -> None:
        """Take a reading now, store it and try to hand it over."""
        self._store(self._now())
        self._hand_over()
        await self._advertise()

    async def forget_bonds(self) -> None:
        """Forget every hub, as after a reset to factory settings."""
        self.device.keystore = MemoryKeyStore()
        await self._advertise()

    def _store(self, when: datetime) -> None:
        """Keep one reading; a measurement takes more than a second, so no time comes twice."""
        when = when.replace(microsecond=0)
        if self._last is not None and timedelta(0) <= self._last - when < timedelta(minutes=1):
            when = self._last + timedelta(seconds=1)
        self._last = when
        self.stored.append(encode_blood_pressure(self._person.measure(when)))

    def _now(self) -> datetime:
        return self._zero + timedelta(seconds=self._elapsed_s())

    async def _measure_often(self, every_s: float) -> None:
        while True:
            await asyncio.sleep(every_s)
            await self.measure()

    def _hand_over(self) -> None:
        if self._subscribed and self._connection and (not self._sending or self._sending.done()):
            self._sending = asyncio.create_task(self._send(self._connection))

    async def _send(self, connection: Connection) -> None:
        sent = 0
        while self.stored:
            value = self.stored[0]
            if self._drops_now(sent):
                pdu = att.ATT_Handle_Value_Indication(
                    attribute_handle=self._measurement.handle, attribute_value=value
                )
                self.device.gatt_server.send_gatt_pdu(connection, bytes(pdu))
                await self._hang_up(connection)
                return
            await self.device.gatt_server.indicate_subscriber(
                connection, self._measurement, value, force=True
            )
            self._confirm(value)
            sent += 1

    def _drops_now(self, sent: int) -> bool:
        if self.options.drop_after is None or sent < self.options.drop_after:
            return False
        if self._drops_left is not None:
            if self._drops_left <= 0:
                return False
            self._drops_left -= 1
        return True

    def _confirm(self, value: bytes) -> None:
        """Note the confirmation on the disk, then forget the reading."""
        if self.options.confirmed is not None:
            with self.options.confirmed.open("a") as file:
                file.write(value.hex() + "\n")
                file.flush()
                os.fsync(file.fileno())
        if self.stored and self.stored[0] is value:  # not overwritten meanwhile
            self.stored.popleft()
        self.confirmed_count += 1

    async def _hang_up(self, connection: Connection) -> None:
        with contextlib.suppress(core.BaseBumbleError, hci.HCI_Error):
            await connection.disconnect(hci.HCI_ErrorCode.REMOTE_USER_TERMINATED_CONNECTION_ERROR)

    async def _advertise(self) -> None:
        """Advertise while there is a reason to, and no connection."""
        async with self._advertising:
            bonded = bool(self.device.keystore and await self.device.keystore.get_all())
            wanted = not self._connection and bool(
                self.stored or self.options.always_advertise or not bonded
            )
            if wanted and not self.device.is_advertising:
                await self.device.start_advertising(
                    auto_restart=False,
                    advertising_interval_min=ADVERTISING_INTERVAL_MS,
                    advertising_interval_max=ADVERTISING_INTERVAL_MS,
                )
            elif not wanted and self.device.is_advertising and not self._connection:
                await self.device.stop_advertising()

    def _on_connection(self, connection: Connection) -> None:
        self._connection, self._subscribed = connection, False
        connection.on(connection.EVENT_DISCONNECTION, self._on_disconnection)

    def _on_disconnection(self, _: int) -> None:
        self._connection, self._subscribed = None, False
        if self._sending is not None:
            self._sending.cancel()
        task = asyncio.ensure_future(self._advertise())
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    def _read_cccd(self, _: Connection) -> bytes:
        return b"\x02\x00" if self._subscribed else b"\x00\x00"

    def _write_cccd(self, _: Connection, value: bytes) -> None:
        if len(value) != 2:
            raise att.ATT_Error(att.ErrorCode.INVALID_ATTRIBUTE_LENGTH)
        self._subscribed = bool(value[0] & 0x02)
        self._hand_over()

    def _read_time(self, _: Connection) -> bytes:
        return encode_current_time(self._now())

    def _write_time(self, _: Connection, value: bytes) -> None:
        try:
            read = read_date_time(Cursor(value))
            when = datetime.fromisoformat(str(read))
        except (DecodeError, ValueError):
            raise att.ATT_Error(att.ErrorCode.VALUE_NOT_ALLOWED) from None
        self._zero = when - timedelta(seconds=self._elapsed_s())
        self.clock_was_set = True

    def _make_device(self) -> Device:
        device = Device(
            config=DeviceConfiguration(name=self.options.name, address=self.address),
            host=Host(self._controller, self._controller),
        )
        device.keystore = MemoryKeyStore()
        device.pairing_config_factory = self._pairing
        protected = (
            _Permissions.WRITE_REQUIRES_ENCRYPTION
            if self.options.passkey is None
            else _Permissions.WRITE_REQUIRES_AUTHENTICATION
        )
        self._measurement = Characteristic(
            "2A35",
            _Properties.INDICATE,
            _Permissions(0),
            b"",
            [
                Descriptor(
                    GATT_CLIENT_CHARACTERISTIC_CONFIGURATION_DESCRIPTOR,
                    _Permissions.READABLE | _Permissions.WRITEABLE | protected,
                    CharacteristicValue(read=self._read_cccd, write=self._write_cccd),
                )
            ],
        )
        feature = Characteristic("2A49", _Properties.READ, _Permissions.READABLE, b"\x21\x00")
        time = Characteristic[bytes](
            "2A2B",
            _Properties.READ | _Properties.WRITE,
            _Permissions.READABLE | _Permissions.WRITEABLE | protected,
            CharacteristicValue(read=self._read_time, write=self._write_time),
        )
        device.add_services(
            [
                Service("1810", [self._measurement, feature]),
                Service("1805", [time]),
                DeviceInformationService(
                    manufacturer_name="Dorfhub", model_number="BPM-Sim", serial_number="0001"
                ),
                BatteryService(lambda _: self.options.battery_percent),
            ]
        )
        device.advertising_data = bytes(
            AdvertisingData(
                [
                    data_types.Flags(
                        AdvertisingData.Flags.LE_GENERAL_DISCOVERABLE_MODE
                        | AdvertisingData.Flags.BR_EDR_NOT_SUPPORTED
                    ),
                    data_types.IncompleteListOf16BitServiceUUIDs([UUID.from_16_bits(0x1810)]),
                    data_types.CompleteLocalName(self.options.name),
                ]
            )
        )
        device.on(Device.EVENT_CONNECTION, self._on_connection)
        return device

    def _pairing(self, _: Connection) -> PairingConfig:
        passkey = self.options.passkey
        return PairingConfig(
            sc=True, mitm=passkey is not None, bonding=True, delegate=_Display(passkey)
        )


class _Display(PairingDelegate):
    """Shows the cuff's own passkey, if it has one."""

    def __init__(self, passkey: int | None) -> None:
        super().__init__(
            self.NO_OUTPUT_NO_INPUT if passkey is None else self.DISPLAY_OUTPUT_ONLY,
            local_responder_key_distribution=self.KeyDistribution.DISTRIBUTE_ENCRYPTION_KEY,
        )
        self._passkey = passkey

    async def confirm(self, auto: bool = False) -> bool:  # noqa: ARG002, FBT001, FBT002
        """Refuse Just Works if there is a passkey to show."""
        return self._passkey is None

    async def generate_passkey(self) -> int:
        if self._passkey is None:
            raise ValueError("this cuff has no display")
        return self._passkey

    async def display_number(self, number: int, digits: int) -> None:
        """Show the number to whoever stands in front of the cuff."""


def _static_address(rng: Random) -> Address:
    """Return a random static address: its two top bits are ones (Core, Vol 6 Part B, 1.3.2.1)."""
    octets = bytearray(rng.randbytes(6))
    octets[0] |= 0xC0
    return Address(":".join(f"{octet:02X}" for octet in octets))
