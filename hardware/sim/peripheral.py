"""What every virtual device does: real HCI, L2CAP, ATT and security manager.

It pairs (Just Works or with a passkey), wants an encrypted link for what is somebody's, knows
the time only once a hub has written it, says what its battery is at, and advertises by its
kind's rules. What it measures and how it hands that over is its kind's.

Source: Current Time Service 1.1, Battery Service 1.0, Device Information Service 1.1; Core 5.4
Vol 3 Part G (client characteristic configuration), Part H (LE Secure Connections).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from random import Random
from typing import ClassVar

from bumble import att, core, hci
from bumble.controller import Controller
from bumble.device import Connection, Device, DeviceConfiguration
from bumble.gatt import Characteristic, CharacteristicValue, Service
from bumble.host import Host
from bumble.keys import MemoryKeyStore
from bumble.link import LocalLink
from bumble.profiles.battery_service import BatteryService
from bumble.profiles.device_information_service import DeviceInformationService

from hardware.ble.clock import encode_current_time, read_date_time
from hardware.ble.cursor import Cursor
from hardware.errors import DecodeError
from hardware.sim.advertised import advertising_data, static_address
from hardware.sim.body import Body, Illness
from hardware.sim.display import pairing_config
from hardware.sim.ether import unplug
from hardware.sim.options import FACTORY_TIME, Options
from hardware.sim.outlet import Outlet, Requested

ADVERTISING_INTERVAL_MS = 100.0

_Permissions = Characteristic.Permissions
_Properties = Characteristic.Properties


class Peripheral:
    """A device. ``elapsed_s`` is the count of seconds that its quartz runs on."""

    model: ClassVar[str] = "Sim"
    advertised: ClassVar[tuple[int, ...]] = ()

    def __init__(self, link: LocalLink, options: Options, elapsed_s: Callable[[], float]) -> None:
        self.options = options
        self.rng = Random(f"{self.model} {options.seed}")  # noqa: S311  # a simulation, repeatable on purpose
        self.address = static_address(self.rng)
        self.confirmed_count = 0
        self.clock_was_set = False
        self.dead = False
        self.outlets: dict[str, Outlet] = {}
        self.connection: Connection | None = None
        self._battery = float(options.battery_percent)
        self._elapsed_s = elapsed_s
        self._ill_from = elapsed_s() + options.ill_after_s
        self._ill_over_s = options.ill_over_s
        self._bodies: list[Body] = []
        self._zero = FACTORY_TIME - timedelta(seconds=elapsed_s())
        self._drops_left = options.drops
        self._measuring: asyncio.Task[None] | None = None
        self._sending: asyncio.Task[None] | None = None
        self._advertising = asyncio.Lock()
        self._background: set[asyncio.Task[None]] = set()
        self._controller = Controller(options.name, link=link)
        self.device = self._make_device()

    # what a kind says of itself

    def services(self) -> list[Service]:
        """Return the kind's own services."""
        raise NotImplementedError

    def has_news(self) -> bool:
        """Whether there is a reason to advertise to a hub that is bonded."""
        raise NotImplementedError

    @property
    def stored(self) -> tuple[bytes, ...]:
        """What the device holds, the oldest first."""
        raise NotImplementedError

    async def measure(self) -> None:
        """Measure now, and hand over or keep what came of it."""
        raise NotImplementedError

    async def deliver(self, connection: Connection) -> None:
        """Hand over what there is; called while somebody has subscribed."""

    # what can be done with any device

    @property
    def address_text(self) -> str:
        """The address a hub knows the device by."""
        return str(self.address)

    @property
    def battery_percent(self) -> int:
        """What the battery is at."""
        return max(0, round(self._battery))

    async def start(self) -> None:
        """Switch on."""
        await self.device.power_on()
        await self.advertise()
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

    async def forget_bonds(self) -> None:
        """Forget every hub, as after a reset to factory settings."""
        self.device.keystore = MemoryKeyStore()
        await self.advertise()

    def fall_ill(self, illness: Illness, over_s: float) -> None:
        """Let whoever the device measures fall ill now, and be worst off ``over_s`` later."""
        for body in self._bodies:
            body.illness = illness
        self._ill_from, self._ill_over_s = self._elapsed_s(), over_s

    # what kinds are built from

    def now(self, ago: timedelta = timedelta(0)) -> datetime:
        """Return the time by the device's own clock."""
        return self._zero + timedelta(seconds=self._elapsed_s()) - ago

    def new_body(self, user_id: int = 1) -> Body:
        """Return a person of this device's; who it is follows from the seed."""
        body = Body(Random(self.rng.random()), user_id, self.options.illness)  # noqa: S311
        self._bodies.append(body)
        return body

    def severity(self, ago: timedelta = timedelta(0)) -> float:
        """Return how far an illness has come, 0 to 1."""
        since = self._elapsed_s() - ago.total_seconds() - self._ill_from
        return min(max(since / self._ill_over_s, 0.0), 1.0)

    def outlet(self, uuid: str, *, indicate: bool) -> Outlet:
        """Return a characteristic through which values leave, for an encrypted link alone."""
        made = Outlet(uuid, self._write_permission(), self._on_subscription, indicate=indicate)
        self.outlets[uuid] = made
        return made

    def control_point(self, uuid: str, requested: Requested) -> Outlet:
        """Return a characteristic that is written with requests and indicates the answers."""

        async def take(connection: Connection, value: bytes) -> None:
            await self._take_time()
            if not value:
                raise att.ATT_Error(att.ErrorCode.INVALID_ATTRIBUTE_LENGTH)
            await requested(connection, value)

        permission, changed = self._write_permission(), self._on_subscription
        made = Outlet(uuid, permission, changed, indicate=True, requested=take)
        self.outlets[uuid] = made
        return made

    def readable(self, uuid: str, value: Callable[[], bytes]) -> Characteristic[bytes]:
        """Return a characteristic that anybody may read."""

        async def read(_: Connection) -> bytes:
            await self._take_time()
            return value()

        return Characteristic[bytes](
            uuid, _Properties.READ, _Permissions.READABLE, CharacteristicValue(read=read)
        )

    def writable(
        self,
        uuid: str,
        written: Callable[[Connection, bytes], Awaitable[None] | None],
        read: Callable[[], bytes] | None = None,
    ) -> Characteristic[bytes]:
        """Return a characteristic that is written over an encrypted link."""

        async def write(connection: Connection, value: bytes) -> None:
            await self._take_time()
            done = written(connection, value)
            if done is not None:
                await done

        async def answer(_: Connection) -> bytes:
            await self._take_time()
            return b"" if read is None else read()

        properties, permissions = _Properties.WRITE, self._write_permission()
        if read is not None:
            properties |= _Properties.READ
            permissions |= _Permissions.READABLE
        return Characteristic[bytes](
            uuid, properties, permissions, CharacteristicValue(read=answer, write=write)
        )

    def deliver_soon(self) -> None:
        """Start :meth:`deliver` if somebody listens and it is not under way."""
        if not self.connection or (self._sending and not self._sending.done()):
            return
        if any(outlet.subscribed for outlet in self.outlets.values()):
            self._sending = asyncio.create_task(self._deliver(self.connection))

    async def send(self, connection: Connection, uuid: str, value: bytes, sent: int) -> bool:
        """Send one value, return whether it arrived; ``sent`` were sent on this connection before.

        An indication has arrived when it was confirmed. False means that the link was cut.
        """
        await self._take_time()
        outlet = self.outlets[uuid]
        server = self.device.gatt_server
        if self._drops_now(sent):
            server.send_gatt_pdu(connection, outlet.pdu(value))
            await self.hang_up(connection)
            return False
        if outlet.indicate:
            await server.indicate_subscriber(connection, outlet.characteristic, value, force=True)
        else:
            await server.notify_subscriber(connection, outlet.characteristic, value, force=True)
        self._use_battery(connection)
        return True

    async def say(self, connection: Connection, uuid: str, answer: bytes) -> None:
        """Indicate the answer to a request; no fault cuts it short."""
        await self._take_time()
        outlet = self.outlets[uuid]
        with contextlib.suppress(core.BaseBumbleError, TimeoutError):
            await self.device.gatt_server.indicate_subscriber(
                connection, outlet.characteristic, answer, force=True
            )

    def confirmed(self, value: bytes) -> None:
        """Note on the disk that a hub has ``value`` safe."""
        if self.options.confirmed is not None:
            with self.options.confirmed.open("a") as file:
                file.write(value.hex() + "\n")
                file.flush()
                os.fsync(file.fileno())
        self.confirmed_count += 1

    async def hang_up(self, connection: Connection) -> None:
        """Cut the connection."""
        with contextlib.suppress(core.BaseBumbleError, hci.HCI_Error):
            await connection.disconnect(hci.HCI_ErrorCode.REMOTE_USER_TERMINATED_CONNECTION_ERROR)

    async def advertise(self) -> None:
        """Advertise while there is a reason to, and no connection."""
        async with self._advertising:
            bonded = bool(self.device.keystore and await self.device.keystore.get_all())
            wanted = (
                not self.dead
                and not self.connection
                and (self.options.always_advertise or not bonded or self.has_news())
            )
            if wanted and not self.device.is_advertising:
                await self.device.start_advertising(
                    auto_restart=False,
                    advertising_interval_min=ADVERTISING_INTERVAL_MS,
                    advertising_interval_max=ADVERTISING_INTERVAL_MS,
                )
            elif not wanted and self.device.is_advertising and not self.connection:
                await self.device.stop_advertising()

    def on_written_time(self, when: datetime) -> None:
        """Take the hub's time."""
        self._zero = when - timedelta(seconds=self._elapsed_s())
        self.clock_was_set = True

    def on_connected(self) -> None:
        """Begin a connection."""

    def on_gone(self) -> None:
        """Forget what belonged to a connection that is gone."""

    async def _deliver(self, connection: Connection) -> None:
        with contextlib.suppress(core.BaseBumbleError, TimeoutError):
            await self.deliver(connection)

    async def _measure_often(self, every_s: float) -> None:
        while True:
            await asyncio.sleep(every_s)
            await self.measure()

    async def _take_time(self) -> None:
        if self.options.answer_delay_s:
            await asyncio.sleep(self.options.answer_delay_s)

    def _drops_now(self, sent: int) -> bool:
        if self.options.drop_after is None or sent < self.options.drop_after:
            return False
        if self._drops_left is not None:
            if self._drops_left <= 0:
                return False
            self._drops_left -= 1
        return True

    def _use_battery(self, connection: Connection) -> None:
        self._battery -= self.options.battery_per_value
        if self.options.battery_per_value and self._battery <= 0:
            self.dead = True
            self.later(self.hang_up(connection))

    def later(self, work: Awaitable[None]) -> None:
        """Do ``work`` in a task of its own, which ends with the device."""
        task = asyncio.ensure_future(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    def _on_subscription(self) -> None:
        self.deliver_soon()

    def _on_connection(self, connection: Connection) -> None:
        self.connection = connection
        self._let_go()
        connection.on(connection.EVENT_DISCONNECTION, self._on_disconnection)
        self.on_connected()

    def _on_disconnection(self, _: int) -> None:
        self.connection = None
        if self._sending is not None:
            self._sending.cancel()
        self._let_go()
        self.later(self.advertise())

    def _let_go(self) -> None:
        for outlet in self.outlets.values():
            outlet.subscribed = False
        self.on_gone()

    def _write_time(self, _: Connection, value: bytes) -> None:
        if not self.options.keeps_time:
            raise att.ATT_Error(att.ErrorCode.WRITE_NOT_PERMITTED)
        try:
            when = datetime.fromisoformat(str(read_date_time(Cursor(value))))
        except (DecodeError, ValueError):
            raise att.ATT_Error(att.ErrorCode.VALUE_NOT_ALLOWED) from None
        self.on_written_time(when)

    def _write_permission(self) -> Characteristic.Permissions:
        return _Permissions.WRITEABLE | (
            _Permissions.WRITE_REQUIRES_ENCRYPTION
            if self.options.passkey is None
            else _Permissions.WRITE_REQUIRES_AUTHENTICATION
        )

    def _make_device(self) -> Device:
        options = self.options
        device = Device(
            config=DeviceConfiguration(name=options.name, address=self.address),
            host=Host(self._controller, self._controller),
        )
        device.keystore = MemoryKeyStore()
        device.pairing_config_factory = lambda _: pairing_config(
            options.passkey, refuses=options.bonded_elsewhere
        )
        time = self.writable("2A2B", self._write_time, lambda: encode_current_time(self.now()))
        about = DeviceInformationService(
            manufacturer_name="Dorfhub",
            model_number=self.model,
            serial_number=f"{options.seed:04}",
        )
        device.add_services(
            [
                *self.services(),
                Service("1805", [time]),
                about,
                BatteryService(lambda _: self.battery_percent),
            ]
        )
        device.advertising_data = advertising_data(options.name, self.advertised)
        device.on(Device.EVENT_CONNECTION, self._on_connection)
        return device
