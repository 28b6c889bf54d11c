"""What is kept of sensors that advertise: events always, what still holds once in a while."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from edge.collect.ble.adverts import (
    BURST,
    EVENT_BURST,
    EVENT_REFILL_S,
    REFILL_S,
    REPEAT_S,
    AdvertIntake,
)
from edge.collect.ble.keeper import Keeper
from edge.collect.ble.profile import ADVERT, SOS
from edge.collect.ble.silence import TALK_MS, is_talker
from edge.store.village_rows import BleDevice, SensorLife
from hardware.radio.base import Heard

A = "C0:00:00:00:00:01"
OPEN, SHUT, MOVED = "401a01", "401a00", "402101"  # BTHome v2, without a packet id


class _Sensor:
    """One enrolled sensor at an intake with a real journal."""

    def __init__(self, house: Any, profile: str) -> None:
        self.pressed = 0
        self._keeper = Keeper(house.config, house.journal, house.village, house.clock)
        self.intake = AdvertIntake(self._keeper, self._press)
        self._row = BleDevice(A, 1, "ble:C00000000001", profile, "T", 0)
        self._house = house
        self._start_ms = house.clock.wall_ms

    def _press(self, _device: str, _name: str) -> None:
        self.pressed += 1

    def kept(self, *said: tuple[float, str], service: str = "fcd2", name: str = "T") -> list[float]:
        """Advertise at these seconds and return those of what was kept."""
        found = []
        for at_s, data in said:
            before = self._keeper.kept
            self._house.clock.wall_ms = self._start_ms + round(at_s * 1000)
            heard = Heard(A, name, service_data={service: bytes.fromhex(data)}, rssi_dbm=-50)
            self.intake.take(self._row, heard, at_s)
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


def sealed(counter: int, information: int = 0x45) -> str:
    """Encrypted BTHome v2 as the hub sees it: a counter, and bytes that say nothing to it."""
    return f"{information:02x}a25f33{counter:08x}01020304"


def test_a_button_that_speaks_all_the_time_calls_nobody_at_a_start(hub: SimpleNamespace) -> None:
    def check(button: _Sensor) -> None:
        button.intake.talkers = frozenset((A,))
        assert button.kept(*((8.0 * n, sealed(n)) for n in range(9)))  # the worker opens them
        assert button.pressed == 0
        button.kept((300.0, sealed(9)))  # it was quiet meanwhile: in doubt a call
        assert button.pressed == 1

    _with(hub, check, SOS)


def test_a_battery_that_is_sent_in_the_open_is_known(hub: SimpleNamespace) -> None:
    def check(button: _Sensor) -> None:
        button.kept((0.0, "4400050111"))
        assert button.intake.batteries == {A: 17}
        assert button.pressed == 0

    _with(hub, check, SOS)


@pytest.mark.parametrize("information", [0x41, 0x45])
def test_no_word_of_a_call_button_that_talks_is_left_out(
    hub: SimpleNamespace, information: int
) -> None:
    def check(button: _Sensor) -> None:
        talk = [(2.0 * n, sealed(n, information)) for n in range(600)]
        assert len(button.kept(*talk)) == 600

    _with(hub, check, SOS)


def test_who_speaks_long_after_the_last_call_is_a_talker() -> None:
    button = BleDevice(A, 1, "ble:C00000000001", SOS, "T", 0)

    def talks(heard_at: int | None, called_at: int | None, profile: str = SOS) -> bool:
        one = replace(button, profile=profile)
        return is_talker(one, SensorLife(A, heard_at=heard_at), called_at)

    assert talks(TALK_MS + 1, None)
    assert talks(2 * TALK_MS + 1, TALK_MS)
    assert not talks(2 * TALK_MS, TALK_MS)
    assert not talks(None, None)
    assert not talks(TALK_MS + 1, None, ADVERT)
    assert not is_talker(button, None, None)


def test_each_message_of_an_encrypted_door_is_kept_once(hub: SimpleNamespace) -> None:
    def check(door: _Sensor) -> None:
        bursts = [(2.0 * n + 0.1 * m, sealed(n)) for n in range(20) for m in range(5)]
        assert door.kept(*bursts) == [2.0 * n for n in range(20)]

    _with(hub, check)


def test_a_name_that_comes_and_goes_makes_no_new_message(hub: SimpleNamespace) -> None:
    def check(door: _Sensor) -> None:
        assert door.kept((0.0, sealed(1)), name="") == [0.0]
        assert door.kept((0.1, sealed(1)), name="SBDW-002C") == []

    _with(hub, check)


def test_an_encrypted_sensor_that_measures_is_thinned(hub: SimpleNamespace) -> None:
    def check(room: _Sensor) -> None:
        hour = [(5.0 * n, sealed(n, 0x41)) for n in range(720)]
        kept = room.kept(*hour)
        assert BURST < len(kept) <= BURST + 3600 / REFILL_S

    _with(hub, check)


def test_an_encrypted_sensor_at_fault_does_not_fill_the_card(hub: SimpleNamespace) -> None:
    def check(door: _Sensor) -> None:
        kept = door.kept(*((0.5 * n, sealed(n)) for n in range(1000)))
        assert EVENT_BURST < len(kept) <= EVENT_BURST + 500 / EVENT_REFILL_S
        assert door.kept((5000.0, sealed(2000))) == [5000.0]

    _with(hub, check)


def test_other_families_events_are_kept_in_their_envelopes(hub: SimpleNamespace) -> None:
    def check(sensor: _Sensor) -> None:
        # MiBeacon: a contact (0x098B) tells events, a room's air (0x055B) is measured
        door = [(float(n), f"58588b09{n:02x}112233445566{n:06x}01020304050607") for n in range(20)]
        assert len(sensor.kept(*door, service="fe95")) == 20
        room = [(60.0 + n, f"58585b05{n:02x}112233445566{n:06x}01020304050607") for n in range(20)]
        assert len(sensor.kept(*room, service="fe95")) == BURST
        # BTHome 1 says nothing of it, unless by its name
        old = [(3600.0 + n, f"a25f33{n:08x}01020304") for n in range(40)]
        assert len(sensor.kept(*old[:20], service="181e")) == 20
        assert len(sensor.kept(*old[20:], service="181e", name="ATC_010203")) == BURST

    _with(hub, check)
