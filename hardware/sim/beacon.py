"""Sensors that only advertise: doors, motion, SOS buttons, beds, the air of a room.

They speak BTHome v2. What happens is sent in a burst of equal advertisements with one packet id,
so that a hub tells a repetition from a second press; a climate sensor repeats its last values.

Source: bthome.io, "BTHome v2 format" (packet id, trigger based devices, button events).
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from bumble import ll
from bumble.hci import Address

from hardware.sim import bthome
from hardware.sim.advertised import static_address
from hardware.sim.air import Air
from hardware.sim.bthome import Thing

BURST = 6  # advertisements for one event, so that one is heard whatever the scan window
BURST_APART_S = 0.05
IDLE_S = 1.0  # between two advertisements of a sensor that tells its state again and again
_LEGACY_BYTES = 31  # of data in one legacy advertisement
_FLAGS = bytes((0x02, 0x01, 0x06))
_SERVICE_DATA, _NAME = 0x16, 0x09


class BeaconKind(StrEnum):
    """What the sensor watches."""

    DOOR = "door"
    MOTION = "motion"
    BUTTON = "button"
    BED = "bed"
    CLIMATE = "climate"


PRESS, DOUBLE_PRESS, LONG_PRESS = 1, 2, 4
_STATES = {
    BeaconKind.DOOR: Thing.DOOR,
    BeaconKind.MOTION: Thing.MOTION,
    BeaconKind.BED: Thing.OCCUPANCY,
}


@dataclass(frozen=True, slots=True)
class BeaconOptions:
    """``key`` (16 bytes) encrypts. ``every_s``: something happens by itself so often.

    ``first_counter`` is where an encrypting sensor's counter starts; one that was given a new
    battery starts again at zero.
    """

    kind: BeaconKind
    name: str = ""
    seed: int = 1
    key: bytes | None = None
    every_s: float | None = None
    battery_percent: int = 87
    first_counter: int = 0


class Beacon:
    """The sensor."""

    def __init__(self, air: Air, options: BeaconOptions) -> None:
        if options.key is not None and len(options.key) != bthome.KEY_BYTES:
            raise ValueError("a key has 16 bytes")
        self.options = options
        self._air = air
        self._rng = Random(f"{options.kind} {options.seed}")  # noqa: S311  # a simulation, repeatable on purpose
        self.address: Address = static_address(self._rng)
        self.state = False
        self.packet_id = 0
        self.last_data = b""
        self._counter = options.first_counter
        self._looks = 0
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def address_text(self) -> str:
        """The address a hub knows the sensor by."""
        return str(self.address)

    async def start(self) -> None:
        """Switch on."""
        if self.options.kind is not BeaconKind.BUTTON:
            self._keep(self._tell_again())
        if self.options.every_s is not None:
            self._keep(self._live(self.options.every_s))

    async def stop(self) -> None:
        """Switch off."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def press(self, event: int = PRESS) -> None:
        """Press the button. :raises ValueError: if the sensor has none."""
        if self.options.kind is not BeaconKind.BUTTON:
            raise ValueError("this sensor has no button")
        await self._burst({Thing.BUTTON: event})

    async def change(self, *, to: bool) -> None:
        """Open or close the door, move or rest, lie down or get up.

        :raises ValueError: if the sensor has no such state.
        """
        if self.options.kind not in _STATES:
            raise ValueError("this sensor has no state")
        self.state = to
        await self._burst(self._values())

    def play(self, data: bytes) -> None:
        """Send service data as it is, for a hub that is to refuse it (a replay, an old counter)."""
        self._send(data)

    async def _tell_again(self) -> None:
        while True:
            self._send(self._encode(self._values()))
            await asyncio.sleep(IDLE_S)

    async def _live(self, every_s: float) -> None:
        while True:
            await asyncio.sleep(every_s)
            if self.options.kind is BeaconKind.BUTTON:
                await self.press()
            elif self.options.kind in _STATES:
                await self.change(to=not self.state)

    async def _burst(self, values: Mapping[Thing, int]) -> None:
        self.packet_id = (self.packet_id + 1) % 256
        data = self._encode(values)
        for _ in range(BURST):
            self._send(data)
            await asyncio.sleep(BURST_APART_S)

    def _values(self) -> dict[Thing, int]:
        kind = self.options.kind
        if kind in _STATES:
            return {_STATES[kind]: int(self.state)}
        self._looks += 1
        warm = 2150 + 150 * math.sin(self._looks / 40) + self._rng.gauss(0, 5)
        damp = 4800 - 300 * math.sin(self._looks / 40) + self._rng.gauss(0, 20)
        return {Thing.TEMPERATURE: round(warm), Thing.HUMIDITY: round(damp)}

    def _encode(self, values: Mapping[Thing, int]) -> bytes:
        battery = {Thing.BATTERY: self.options.battery_percent}
        objects = bthome.encode_objects({Thing.PACKET_ID: self.packet_id, **battery, **values})
        on_event = self.options.kind is not BeaconKind.CLIMATE
        if self.options.key is None:
            return bthome.service_data(objects, on_event=on_event)
        self._counter += 1
        return bthome.sealed_service_data(
            objects,
            on_event=on_event,
            key=self.options.key,
            address=bytes.fromhex(self.address_text.replace(":", "")),
            counter=self._counter,
        )

    def _send(self, data: bytes) -> None:
        self.last_data = data
        content = _FLAGS + _structure(_SERVICE_DATA, bthome.SERVICE.to_bytes(2, "little") + data)
        name = _structure(_NAME, self.options.name.encode())
        if self.options.name and len(content) + len(name) <= _LEGACY_BYTES:
            content += name
        self._air.spread(ll.AdvInd(advertiser_address=self.address, data=content))

    def _keep(self, work: Coroutine[None, None, None]) -> None:
        self._tasks.add(asyncio.create_task(work))


def _structure(kind: int, value: bytes) -> bytes:
    return bytes((len(value) + 1, kind)) + value
