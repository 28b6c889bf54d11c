"""Sensors that say all they have to say in advertisements: from the air into the journal.

Only those that are enrolled; of the rest of the street nothing is kept. The same payload is kept
once in a while, and of a sensor that says something new each second only so much: a beacon at
fault must not fill the card.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from edge.collect.ble.keeper import Keeper, device_id
from edge.collect.ble.profile import SOS
from edge.store.village_rows import BleDevice
from hardware.radio.base import Heard

REPEAT_S = 600.0  # the same payload that long after is news again: it still holds
BURST, REFILL_S = 20.0, 30.0  # payloads at once, and one more each so many seconds
KNOWN_PAYLOADS = 16  # a sensor takes turns between a few: state, battery, name
PRESS_S = 10.0  # a press is repeated for some seconds; what comes after them is another


def advert_payload(heard: Heard) -> bytes:
    """Return an advertisement as the journal keeps it: what `dorfhub ble decode` reads.

    How loud it was is not in it, so that a repetition has the same bytes.
    """
    told = {
        "address": heard.address,
        "local_name": heard.name,
        "manufacturer_data": {str(k): v.hex() for k, v in sorted(heard.manufacturer_data.items())},
        "service_data": {k.lower(): v.hex() for k, v in sorted(heard.service_data.items())},
        "service_uuids": sorted(heard.services),
    }
    return json.dumps(told, separators=(",", ":"), sort_keys=True).encode()


@dataclass(slots=True)
class _Sensor:
    payloads: dict[bytes, float] = field(default_factory=dict)
    tokens: float = BURST
    filled_s: float = 0.0
    spoke_s: float = float("-inf")
    alarm_s: float = float("-inf")


class AdvertIntake:
    """Takes the advertisements of enrolled sensors. ``pressed`` is called for a call button."""

    def __init__(self, keeper: Keeper, pressed: Callable[[str, str], None]) -> None:
        self._keeper = keeper
        self._pressed = pressed
        self._sensors: dict[str, _Sensor] = {}
        self.thinned = 0

    def enrol(self, addresses: set[str]) -> None:
        """Forget who is no longer enrolled."""
        for address in self._sensors.keys() - addresses:
            del self._sensors[address]

    def take(self, sensor: BleDevice, heard: Heard, now_s: float) -> None:
        """Take one advertisement of an enrolled sensor.

        :raises StoreError: if it could not be kept, or the alarm not be written.
        """
        if not heard.service_data and not heard.manufacturer_data and sensor.profile != SOS:
            return  # a name alone says nothing
        state = self._sensors.setdefault(sensor.address, _Sensor(filled_s=now_s))
        payload = advert_payload(heard)
        last_s = state.payloads.get(payload)
        if sensor.profile == SOS:
            self._alarm(sensor, state, last_s, now_s)
        if last_s is not None and now_s - last_s < REPEAT_S:
            return
        state.tokens = min(BURST, state.tokens + (now_s - state.filled_s) / REFILL_S)
        state.filled_s = now_s
        if state.tokens < 1:
            self.thinned += 1
            return
        state.tokens -= 1
        self._keeper.keep(sensor.address, "advert", payload)
        state.payloads.pop(payload, None)
        while len(state.payloads) >= KNOWN_PAYLOADS:
            del state.payloads[next(iter(state.payloads))]
        state.payloads[payload] = now_s

    def _alarm(self, sensor: BleDevice, state: _Sensor, last_s: float | None, now_s: float) -> None:
        """Tell of a press: the button speaks after a silence, or says something new."""
        silent = now_s - state.spoke_s >= PRESS_S
        state.spoke_s = now_s
        if silent or (last_s is None and now_s - state.alarm_s >= PRESS_S):
            state.alarm_s = now_s
            self._pressed(device_id(sensor.address), sensor.name)
