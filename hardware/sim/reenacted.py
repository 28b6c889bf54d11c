"""A device of a recording, played by a virtual one: it says to a hub what it said to another.

It has the address, the advertisement and the characteristics of the recorded one. On each
connection it goes on with the next recorded one: what it said by itself is said again once the
hub has subscribed, and what it answered to a request once the hub asks the same. An indication
that was not confirmed is said again on the next connection, as a device would. What was never
asked it does not know. When all is said it is silent.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from typing import BinaryIO

from bumble import att, core
from bumble.controller import Controller
from bumble.core import UUID
from bumble.device import Connection, DeviceConfiguration
from bumble.device import Device as Bumble
from bumble.gatt import (
    GATT_CLIENT_CHARACTERISTIC_CONFIGURATION_DESCRIPTOR,
    Characteristic,
    CharacteristicValue,
    Descriptor,
    Service,
)
from bumble.hci import Address, OwnAddressType
from bumble.host import Host
from bumble.keys import MemoryKeyStore
from bumble.link import LocalLink

from hardware.hci.advertising import content
from hardware.hci.sessions import (
    COMMAND,
    INDICATE,
    NOTIFY,
    READ,
    WRITE,
    Device,
    Request,
    Said,
    Sessions,
)
from hardware.sim.advertised import advertising_data
from hardware.sim.display import pairing_config
from hardware.sim.ether import unplug

LONGEST_PAUSE_S = 60.0  # a device that pauses for longer is left by every hub
ADVERTISING_INTERVAL_MS = 100.0
LEGACY_BYTES, MAX_SERVICES = 31, 8
_COMPLETE_NAME = 0x09
_PIECE_BYTES = 1 << 16
# Bumble's own device says these itself: name, appearance, what changed of its services.
_OWN = {"2A00", "2A01", "2A04", "2A05", "2AA6", "2B29", "2B2A", "2B3A"}
_LISTENED = NOTIFY | INDICATE
_ANY = Characteristic.Permissions.READABLE | Characteristic.Permissions.WRITEABLE


class Script:
    """What is still to be said. Pure: who sends asks :meth:`next` and tells :meth:`arrived`."""

    def __init__(self, device: Device) -> None:
        self._waiting = deque(device.sessions)
        self._unasked: deque[Said] = deque()
        self._requests = [one for session in device.sessions for one in session.requests]
        self._answering: Request | None = None
        self._answers: deque[Said] = deque()
        self.control_points = {one.uuid for one in self._requests}

    @property
    def is_over(self) -> bool:
        """Whether all that was recorded has been said or asked for."""
        return not (self._waiting or self._unasked or self._requests)

    def connected(self) -> None:
        """Begin the next recorded connection, unless the last one's values are not all said."""
        if not self._unasked and self._waiting:
            self._unasked.extend(self._waiting.popleft().unasked)

    def gone(self) -> None:
        """End a connection: a request that was not answered to its end may be made again."""
        self._answering = None
        self._answers.clear()

    def requested(self, uuid: str, value: bytes) -> bool:
        """Take a request; False if the recording has no answer to it.

        The same request goes before another of its kind (its first octet): a hub that knows less
        than the recorded one asks for more, and is told what the recording has.
        """
        alike = [one for one in self._requests if (one.uuid, one.value[:1]) == (uuid, value[:1])]
        same = [one for one in alike if one.value == value]
        if not alike:
            return False
        request = (same or alike)[0]
        self._answering, self._answers = request, deque(request.answers)
        if not self._answers:
            self._done(request)
        return True

    def next(self, subscribed: Callable[[str], bool]) -> Said | None:
        """Return what is said next to who subscribed, None while there is nothing."""
        if self._answers:
            return self._answers[0] if subscribed(self._answers[0].uuid) else None
        return next((said for said in self._unasked if subscribed(said.uuid)), None)

    def arrived(self, said: Said) -> None:
        """Strike what was just given by :meth:`next`."""
        if self._answers and self._answers[0] is said:
            self._answers.popleft()
            if not self._answers and self._answering is not None:
                self._done(self._answering)
        elif said in self._unasked:
            self._unasked.remove(said)

    def _done(self, request: Request) -> None:
        self._requests = [one for one in self._requests if one is not request]
        self._answering = None


class Reenacted:
    """The device on an air. ``speed``: how much faster than recorded it speaks."""

    def __init__(self, link: LocalLink, recorded: Device, speed: float = 1.0) -> None:
        self.recorded = recorded
        self.script = Script(recorded)
        self.over = asyncio.Event()
        self._speed = speed
        self._subscribed: set[str] = set()
        self._sent: dict[str, Characteristic[bytes]] = {}
        self._reads = {uuid: deque(values) for uuid, values in recorded.reads.items()}
        self._connection: Connection | None = None
        self._sending: asyncio.Task[None] | None = None
        self._background: set[asyncio.Task[None]] = set()
        self._news = asyncio.Event()
        self._controller = Controller(
            recorded.address,
            link=link,
            public_address=recorded.address if recorded.public else None,
        )
        self._device = self._make()

    @property
    def address_text(self) -> str:
        """The address a hub knows the device by."""
        return self.recorded.address

    def describe(self) -> dict[str, object]:
        """Return what a person must know of it, ready for JSON."""
        return {"kind": "recorded", "name": self.recorded.name, "address": self.recorded.address}

    async def start(self) -> None:
        """Switch on."""
        await self._device.power_on()
        await self._advertise()

    async def stop(self) -> None:
        """Switch off."""
        tasks = [task for task in (self._sending, *self._background) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        unplug(self._controller)
        self._device.host.on_transport_lost()  # type: ignore[no-untyped-call]
        await self._device.power_off()

    async def _advertise(self) -> None:
        if self._connection is None and not self.script.is_over:
            own = OwnAddressType.PUBLIC if self.recorded.public else OwnAddressType.RANDOM
            await self._device.start_advertising(
                own_address_type=own,
                auto_restart=False,
                advertising_interval_min=ADVERTISING_INTERVAL_MS,
                advertising_interval_max=ADVERTISING_INTERVAL_MS,
            )

    async def _speak(self, connection: Connection) -> None:
        with contextlib.suppress(core.BaseBumbleError, TimeoutError):
            while True:
                self._news.clear()
                said = self.script.next(self._subscribed.__contains__)
                if said is None:
                    await self._news.wait()
                    continue
                await asyncio.sleep(min(said.after_s, LONGEST_PAUSE_S) / self._speed)
                await self._send(connection, said)
                self.script.arrived(said)

    async def _send(self, connection: Connection, said: Said) -> None:
        server, characteristic = self._device.gatt_server, self._sent[said.uuid]
        send = server.indicate_subscriber if said.indicated else server.notify_subscriber
        await send(connection, characteristic, said.value, force=True)

    def _on_connection(self, connection: Connection) -> None:
        self._connection = connection
        self._subscribed.clear()
        connection.on(connection.EVENT_DISCONNECTION, self._on_disconnection)
        self.script.connected()
        self._sending = asyncio.create_task(self._speak(connection))

    def _on_disconnection(self, _: int) -> None:
        self._connection = None
        if self._sending is not None:
            self._sending.cancel()
        self.script.gone()
        if self.script.is_over:
            self.over.set()
        task = asyncio.create_task(self._advertise())
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    def _read(self, uuid: str) -> bytes:
        values = self._reads[uuid]
        return values.popleft() if len(values) > 1 else values[0]

    def _write(self, uuid: str, value: bytes) -> None:
        """Take a request; all else that is written changes nothing here.

        :raises att.ATT_Error: if the recorded device was never asked that.
        """
        if uuid in self.script.control_points:
            if not self.script.requested(uuid, value):
                raise att.ATT_Error(att.ErrorCode.VALUE_NOT_ALLOWED)
            self._news.set()

    def _subscribe(self, uuid: str, value: bytes) -> None:
        if value[:1] > b"\0":
            self._subscribed.add(uuid)
        else:
            self._subscribed.discard(uuid)
        self._news.set()

    def _characteristic(self, uuid: str, properties: int) -> Characteristic[bytes]:
        if uuid not in self._reads:
            properties &= ~READ  # nobody knows what it would have answered
        descriptors = []
        if properties & _LISTENED:
            configured = CharacteristicValue[bytes](
                read=lambda _: bytes((int(uuid in self._subscribed), 0)),
                write=lambda _, value: self._subscribe(uuid, value),
            )
            kind = GATT_CLIENT_CHARACTERISTIC_CONFIGURATION_DESCRIPTOR
            descriptors.append(Descriptor(kind, _ANY, configured))
        return Characteristic[bytes](
            uuid,
            Characteristic.Properties(properties & (READ | COMMAND | WRITE | _LISTENED)),
            _ANY,
            CharacteristicValue(
                read=lambda _: self._read(uuid), write=lambda _, value: self._write(uuid, value)
            ),
            descriptors,
        )

    def _make(self) -> Bumble:
        recorded = self.recorded
        kind = Address.PUBLIC_DEVICE_ADDRESS if recorded.public else Address.RANDOM_DEVICE_ADDRESS
        device = Bumble(
            config=DeviceConfiguration(name=recorded.name, address=Address(recorded.address, kind)),
            host=Host(self._controller, self._controller),
        )
        device.keystore = MemoryKeyStore()
        device.pairing_config_factory = lambda _: pairing_config(None, refuses=False)
        self._sent = {
            uuid: self._characteristic(uuid, properties)
            for uuid, properties in recorded.properties.items()
            if uuid not in _OWN
        }
        service = next(iter(recorded.services), "1800")
        device.add_services([Service(UUID(service), list(self._sent.values()))])
        device.advertising_data = _advertised(recorded)
        device.on(Bumble.EVENT_CONNECTION, self._on_connection)
        return device


def recorded_devices(file: BinaryIO) -> list[Device]:
    """Return the devices of a recording that a hub was connected to.

    :raises DecodeError: if it is none.
    """
    sessions = Sessions()
    while data := file.read(_PIECE_BYTES):
        sessions.feed(data)
    return sessions.devices()


def _advertised(recorded: Device) -> bytes:
    """Return what it advertised, and its name if that came with a scan response and fits."""
    said = next((one for one in recorded.adverts if content(one).services), b"")
    if not said or len(said) > LEGACY_BYTES:
        services = tuple(int(uuid, 16) for uuid in recorded.services if len(uuid) == 4)
        said = advertising_data("", services[:MAX_SERVICES])
    name = recorded.name.encode()
    if content(said).name or not 0 < len(name) <= LEGACY_BYTES - len(said) - 2:
        return said
    return said + bytes((len(name) + 1, _COMPLETE_NAME)) + name
