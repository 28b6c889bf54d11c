"""Sensors that say all they have to say in advertisements: from the air into the journal.

Only those that are enrolled; of the rest of the street nothing is kept. A message that is repeated
is kept once, a state that still holds once in a while, and of a sensor that says something new each
second only so much: a beacon at fault must not fill the card. Events are never thinned.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from edge.collect.ble.keeper import Keeper, device_id
from edge.collect.ble.profile import SOS, advertisement
from edge.store.village_rows import BleDevice
from hardware.ble.advert import Intake, Kind, Verdict
from hardware.ble.advert.payload import encode_payload
from hardware.errors import DecodeError
from hardware.radio.base import Heard
from hardware.reading import Quantity

REPEAT_S = 600.0  # the same words that long after are news again: they still hold
BURST, REFILL_S = 4.0, 60.0  # messages at once, and one more each so many seconds
KNOWN_PAYLOADS = 16  # a sensor takes turns between a few: state, battery, name
PRESS_S = 10.0  # a press is repeated for some seconds; what comes after them is another

# what happened once and will not be said again
_EVENTS = {
    Quantity.BUTTON_PRESS,
    Quantity.DOOR_OPEN,
    Quantity.MOTION,
    Quantity.OCCUPANCY,
    Quantity.WATER_LEAK,
    Quantity.SMOKE,
    Quantity.GAS_ALARM,
    Quantity.TAMPER,
}


@dataclass(slots=True)
class _Sensor:
    payloads: dict[bytes, float] = field(default_factory=dict)
    tokens: float = BURST
    filled_s: float = 0.0
    spoke_s: float = float("-inf")
    event: tuple[tuple[Quantity, object], ...] = ()


class AdvertIntake:
    """Takes the advertisements of enrolled sensors. ``pressed`` is called for a call button.

    Here are no keys: what is encrypted is told apart by its bytes, and judged (replays too) once
    the worker has opened it. A call button that encrypts is taken to be pressed when it speaks.
    """

    def __init__(self, keeper: Keeper, pressed: Callable[[str, str], None]) -> None:
        self._keeper = keeper
        self._pressed = pressed
        self._sensors: dict[str, _Sensor] = {}
        self._intake = Intake()
        self.thinned = 0

    def enrol(self, addresses: set[str]) -> None:
        """Forget who is no longer enrolled."""
        for address in self._sensors.keys() - addresses:
            del self._sensors[address]

    def take(self, sensor: BleDevice, heard: Heard, now_s: float) -> None:
        """Take one advertisement of an enrolled sensor.

        :raises StoreError: if it could not be kept, or the alarm not be written.
        """
        try:
            told = advertisement(heard)
        except DecodeError:
            return  # no radio carries that
        verdict = self._intake.receive(told, now_s)
        state = self._sensors.setdefault(sensor.address, _Sensor(filled_s=now_s))
        if sensor.profile == SOS and _is_press(verdict, state, now_s):
            self._pressed(device_id(sensor.address), sensor.name)
        state.spoke_s = now_s
        if verdict.kind in {Kind.REPEATED, Kind.REPLAYED}:
            return
        if verdict.kind is Kind.FOREIGN and not heard.service_data and not heard.manufacturer_data:
            return  # a name alone says nothing
        self._keep(sensor.address, state, verdict, encode_payload(told), now_s)

    def _keep(
        self, address: str, state: _Sensor, verdict: Verdict, payload: bytes, now_s: float
    ) -> None:
        event = _is_event(verdict, state)
        last_s = state.payloads.get(payload)
        if last_s is not None and now_s - last_s < (PRESS_S if event else REPEAT_S):
            return
        state.tokens = min(BURST, state.tokens + (now_s - state.filled_s) / REFILL_S)
        state.filled_s = now_s
        if state.tokens < 1 and not event:
            self.thinned += 1
            return
        state.tokens = max(0.0, state.tokens - 1)
        self._keeper.keep(address, "advert", payload)
        state.payloads.pop(payload, None)
        while len(state.payloads) >= KNOWN_PAYLOADS:
            del state.payloads[next(iter(state.payloads))]
        state.payloads[payload] = now_s


def _is_event(verdict: Verdict, state: _Sensor) -> bool:
    """Tell whether something happened: a press, or a state that is another than before."""
    told = tuple((r.quantity, r.value) for r in verdict.records if r.quantity in _EVENTS)
    pressed = any(quantity is Quantity.BUTTON_PRESS for quantity, _ in told)
    changed = bool(told) and told != state.event
    if told:
        state.event = told
    return pressed or changed


def _is_press(verdict: Verdict, state: _Sensor, now_s: float) -> bool:
    """Tell whether a call button was pressed; in doubt it was."""
    if verdict.kind in {Kind.UNREADABLE, Kind.FOREIGN}:
        return now_s - state.spoke_s >= PRESS_S
    return any(record.quantity is Quantity.BUTTON_PRESS for record in verdict.records)
