"""Sensors that say all they have to say in advertisements: from the air into the journal.

Only those that are enrolled; of the rest of the street nothing is kept. A message that is repeated
is kept once, a state that still holds once in a while, and of a sensor that says something new each
second only so much: a beacon at fault must not fill the card. Events are never thinned. Of what is
encrypted nobody here knows whether it is one: the sensor's kind says whether it may be.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from edge.collect.ble.alarm import PRESS_MS
from edge.collect.ble.keeper import Keeper, device_id
from edge.collect.ble.profile import SOS, advertisement
from edge.store.village_rows import BleDevice
from hardware.ble.advert import Advertisement, Intake, Kind, Verdict, envelope
from hardware.ble.advert.payload import encode_payload
from hardware.errors import DecodeError
from hardware.radio.base import Heard
from hardware.reading import Quantity

REPEAT_S = 600.0  # the same words that long after are news again: they still hold
BURST, REFILL_S = 4.0, 60.0  # messages at once, and one more each so many seconds
# Encrypted events: a door of a busy house within an hour, and then one each ten seconds. At half a
# kilobyte an event a sensor at fault costs 4 MB a day.
EVENT_BURST, EVENT_REFILL_S = 240.0, 10.0
# A call button's press hides in its talk, so that hardly anything of it is left out: 20 MB a day of
# one that says something new each second.
BUTTON_REFILL_S = 2.0
KNOWN_PAYLOADS = 16  # a sensor takes turns between a few: state, battery, name
PRESS_S = PRESS_MS / 1000

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

_NEVER = float("-inf")


@dataclass(slots=True)
class _Bucket:
    """How many messages may still be kept: ``most`` at once, one more each ``refill_s``."""

    most: float
    refill_s: float
    filled_s: float
    tokens: float

    def take(self, now_s: float, *, in_any_case: bool) -> bool:
        """Take one if there is one, or whatever there is."""
        self.tokens = min(self.most, self.tokens + (now_s - self.filled_s) / self.refill_s)
        self.filled_s = now_s
        if self.tokens < 1 and not in_any_case:
            return False
        self.tokens = max(0.0, self.tokens - 1)
        return True


@dataclass(slots=True)
class _Sensor:
    told: _Bucket
    sealed_events: _Bucket
    is_button: bool
    payloads: dict[bytes, float] = field(default_factory=dict)
    spoke_s: float = _NEVER
    states: dict[tuple[Quantity, str], object] = field(default_factory=dict)


class AdvertIntake:
    """Takes the advertisements of enrolled sensors. ``pressed`` is called for a call button.

    Here are no keys: what is encrypted is told apart by its bytes, its counter among them, and
    judged (replays too) once the worker has opened it. A call button that encrypts is taken to be
    pressed when it speaks after a silence. One that speaks all the time presses within its talk:
    that the worker finds. Of ``talkers`` even the first words say nothing.
    """

    def __init__(self, keeper: Keeper, pressed: Callable[[str, str], None]) -> None:
        self._keeper = keeper
        self._pressed = pressed
        self._sensors: dict[str, _Sensor] = {}
        self.batteries: dict[str, int] = {}  # levels in percent by address, not yet written
        self.talkers: frozenset[str] = frozenset()  # addresses
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
        state = self._sensors.get(sensor.address)
        if state is None:
            state = self._sensors[sensor.address] = _new(now_s, is_button=sensor.profile == SOS)
        for record in verdict.records:
            if record.quantity is Quantity.BATTERY_LEVEL and isinstance(record.value, int | float):
                self.batteries[sensor.address] = min(100, max(0, round(record.value)))
        if state.spoke_s == _NEVER and sensor.address in self.talkers:
            state.spoke_s = now_s
        if sensor.profile == SOS and _is_press(verdict, state, now_s):
            self._pressed(device_id(sensor.address), sensor.name)
        state.spoke_s = now_s
        if verdict.kind in {Kind.REPEATED, Kind.REPLAYED}:
            return
        if verdict.kind is Kind.FOREIGN and not heard.service_data and not heard.manufacturer_data:
            return  # a name alone says nothing
        self._keep(sensor.address, state, told, verdict, now_s)

    def _keep(
        self, address: str, state: _Sensor, told: Advertisement, verdict: Verdict, now_s: float
    ) -> None:
        sealed = envelope(told) if verdict.kind is Kind.UNREADABLE else None
        payload = encode_payload(told)
        words = payload if sealed is None else sealed.sealed
        changed, pressed = _is_change(verdict, state), _tells_press(verdict)
        last_s = state.payloads.get(words)
        fresh_s = PRESS_S if pressed else REPEAT_S
        if not changed and last_s is not None and now_s - last_s < fresh_s:
            return
        is_event = sealed is not None and (sealed.tells_event or state.is_button)
        bucket = state.sealed_events if is_event else state.told
        if not bucket.take(now_s, in_any_case=changed or pressed):
            self.thinned += 1
            return
        self._keeper.keep(address, "advert", payload)
        state.payloads.pop(words, None)
        while len(state.payloads) >= KNOWN_PAYLOADS:
            del state.payloads[next(iter(state.payloads))]
        state.payloads[words] = now_s


def _new(now_s: float, *, is_button: bool) -> _Sensor:
    refill_s = BUTTON_REFILL_S if is_button else EVENT_REFILL_S
    return _Sensor(
        _Bucket(BURST, REFILL_S, now_s, BURST),
        _Bucket(EVENT_BURST, refill_s, now_s, EVENT_BURST),
        is_button,
    )


def _is_change(verdict: Verdict, state: _Sensor) -> bool:
    """Tell whether a state is another than what the sensor last told of it."""
    told: dict[tuple[Quantity, str], object] = {
        (record.quantity, record.name): record.value
        for record in verdict.records
        if record.quantity in _EVENTS and record.quantity is not Quantity.BUTTON_PRESS
    }
    changed = any(state.states.get(what) != value for what, value in told.items())
    state.states.update(told)
    return changed


def _tells_press(verdict: Verdict) -> bool:
    return any(record.quantity is Quantity.BUTTON_PRESS for record in verdict.records)


def _is_press(verdict: Verdict, state: _Sensor, now_s: float) -> bool:
    """Tell whether a call button was pressed; in doubt it was."""
    if verdict.kind in {Kind.UNREADABLE, Kind.FOREIGN}:
        return now_s - state.spoke_s >= PRESS_S
    return _tells_press(verdict)
