"""What is kept of sensors that advertise: events always, what still holds once in a while."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from edge.collect.ble.adverts import BURST, REPEAT_S, AdvertIntake
from edge.collect.ble.keeper import Keeper
from edge.collect.ble.profile import ADVERT, SOS
from edge.store.village_rows import BleDevice
from hardware.radio.base import Heard

A = "C0:00:00:00:00:01"
OPEN, SHUT, MOVED = "401a01", "401a00", "402101"  # BTHome v2, without a packet id


class _Sensor:
    """One enrolled sensor at an intake with a real journal."""

    def __init__(self, house: Any, profile: str) -> None:
        self.pressed = 0
        self._keeper = Keeper(house.config, house.journal, house.village, house.clock)
        self._intake = AdvertIntake(self._keeper, self._press)
        self._row = BleDevice(A, 1, "ble:C00000000001", profile, "T", 0)
        self._house = house
        self._start_ms = house.clock.wall_ms

    def _press(self, _device: str, _name: str) -> None:
        self.pressed += 1

    def kept(self, *said: tuple[float, str]) -> list[float]:
        """Advertise at these seconds and return those of what was kept."""
        found = []
        for at_s, data in said:
            before = self._keeper.kept
            self._house.clock.wall_ms = self._start_ms + round(at_s * 1000)
            heard = Heard(A, "T", service_data={"fcd2": bytes.fromhex(data)}, rssi_dbm=-50)
            self._intake.take(self._row, heard, at_s)
            if self._keeper.kept > before:
                found.append(at_s)
        return found


def _with(hub: SimpleNamespace, check: Callable[[_Sensor], None], profile: str = ADVERT) -> None:
    async def scene() -> None:
        async with hub.house("tcp:127.0.0.1:1") as house:
            check(_Sensor(house, profile))

    hub.run(scene())


def test_a_door_that_opens_again_at_once_is_not_taken_for_a_repetition(
    hub: SimpleNamespace,
) -> None:
    def check(door: _Sensor) -> None:
        said = [(0.0, OPEN), (3.0, SHUT), (6.0, OPEN), (9.0, OPEN), (30.0, OPEN), (31.0, SHUT)]
        assert door.kept(*said) == [0.0, 3.0, 6.0, 31.0]

    _with(hub, check)


def test_a_sensor_that_takes_turns_between_states_tells_no_change(hub: SimpleNamespace) -> None:
    def check(sensor: _Sensor) -> None:
        hour = [(5.0 * n, MOVED if n % 2 else OPEN) for n in range(720)]
        assert len(sensor.kept(*hour)) == 2 * 3600 / REPEAT_S

    _with(hub, check)


def test_what_says_something_new_each_second_does_not_fill_the_card(hub: SimpleNamespace) -> None:
    def check(sensor: _Sensor) -> None:
        temperatures = [(float(n), f"4002{n:02x}08") for n in range(60)]
        assert len(sensor.kept(*temperatures)) == BURST
        assert sensor.kept((60.0, OPEN)) == [60.0]  # what happens is kept all the same

    _with(hub, check)


def test_a_press_is_kept_once_however_often_it_is_sent(hub: SimpleNamespace) -> None:
    def check(button: _Sensor) -> None:
        first = [(0.1 * n, "4400053a01") for n in range(6)]
        second = [(2 + 0.1 * n, "4400063a01") for n in range(6)]
        assert button.kept(*first, *second) == [0.0, 2.0]
        assert button.pressed == 2
        assert not button.kept((2.7, "4400063a01"))
        assert button.pressed == 2

    _with(hub, check, SOS)


def test_a_call_button_that_encrypts_calls_when_it_speaks(hub: SimpleNamespace) -> None:
    def check(button: _Sensor) -> None:
        sealed = "4511a25f0000000000000000000001020304"
        assert button.kept((0.0, sealed), (0.1, sealed)) == [0.0]
        assert button.pressed == 1

    _with(hub, check, SOS)
