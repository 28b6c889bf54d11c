"""Sensors that only advertise: doors, motion, SOS buttons, beds, the air of a room.

They speak BTHome v2. What happens is sent in a burst of equal advertisements with one packet id,
so that a hub tells a repetition from a second press. Between two events the same message is sent
on; a climate sensor measures anew.

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
_HOTTEST_C = 80.0  # of a sensor's own range
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
class Wave:
    """A heat wave, by the seconds that a sensor has been on; ``to_c`` None is none."""

    from_s: float
    over_s: float
    for_s: float | None
    to_c: float | None

    def warmed(self, usual: float, now_s: float) -> float:
        """Return the room's temperature where it would be ``usual``, in hundredths of a degree."""
        if self.to_c is None or now_s < self.from_s:
            return usual
        share = min(1.0, (now_s - self.from_s) / self.over_s) if self.over_s else 1.0
        if (
            self.for_s is not None
            and (cooling := now_s - self.from_s - self.over_s - self.for_s) > 0
        ):
            share = max(0.0, 1.0 - cooling / self.over_s) if self.over_s else 0.0
        return usual + share * (self.to_c * 100 - usual)


@dataclass(frozen=True, slots=True)
class BeaconOptions:
    """``key`` (16 bytes) encrypts. ``every_s``: something happens by itself so often.

    ``first_counter`` is where an encrypting sensor's counter starts; one that was given a new
    battery starts again at zero.

    ``heat_c``: a heat wave warms a climate sensor's room to so many degrees, ``heat_after_s`` after
    the start and within ``heat_over_s``; with ``heat_for_s`` it cools again after that long.
    """

    kind: BeaconKind
    name: str = ""
    seed: int = 1
    key: bytes | None = None
    every_s: float | None = None
    battery_percent: int = 87
    first_counter: int = 0
    heat_c: float | None = None
    heat_after_s: float = 0.0
    heat_over_s: float = 28_800.0
    heat_for_s: float | None = None


class Beacon:
    """The sensor."""

    def __init__(self, air: Air, options: BeaconOptions) -> None:
        if options.key is not None and len(options.key) != bthome.KEY_BYTES:
            raise ValueError("a key has 16 bytes")
        if options.heat_c is not None and not 0 <= options.heat_c <= _HOTTEST_C:
            raise ValueError(f"a room has at most {_HOTTEST_C} degrees")
        self.options = options
        self._air = air
        self._rng = Random(f"{options.kind} {options.seed}")  # noqa: S311  # a simulation, repeatable on purpose
        self.address: Address = static_address(self._rng)
        self.state = False
        self.packet_id = 0
        self.last_data = b""
        self._said = b""  # of itself, not what it was made to play
        self._counter = options.first_counter
        self._looks = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._wave = Wave(
            options.heat_after_s, options.heat_over_s, options.heat_for_s, options.heat_c
        )

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

    def warm_up(self, to_c: float, over_s: float, for_s: float | None = None) -> None:
        """Begin a heat wave now: the room has ``to_c`` degrees after ``over_s``.

        With ``for_s`` it cools again after that long.

        :raises ValueError: if the sensor measures no climate, or no room is so hot.
        """
        if self.options.kind is not BeaconKind.CLIMATE or not 0 <= to_c <= _HOTTEST_C:
            raise ValueError("this sensor measures no such heat")
        self._wave = Wave(self._looks * IDLE_S, over_s, for_s, to_c)

    def play(self, data: bytes) -> None:
        """Send service data as it is, for a hub that is to refuse it (a replay, an old counter)."""
        self._send(data)

    async def _tell_again(self) -> None:
        while True:
            measures = self.options.kind not in _STATES
            if measures or not self._said:
                self._said = self._encode(self._values())
            self._send(self._said)
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
        self._said = data = self._encode(values)
        for _ in range(BURST):
            self._send(data)
            await asyncio.sleep(BURST_APART_S)

    def _values(self) -> dict[Thing, int]:
        kind = self.options.kind
        if kind in _STATES:
            return {_STATES[kind]: int(self.state)}
        self._looks += 1
        usual = 2150 + 150 * math.sin(self._looks / 40)
        warm = self._wave.warmed(usual, self._looks * IDLE_S) + self._rng.gauss(0, 5)
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
