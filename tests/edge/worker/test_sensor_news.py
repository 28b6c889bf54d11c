"""What the worker tells of sensors that advertise: calls, batteries, counters that began anew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESCCM

from edge.care import kinds
from edge.clock import to_ms
from edge.collect.ble.profile import ADVERT, SOS
from edge.collect.ble.silence import changes
from edge.process.log import Log
from edge.store.village import VillageStore
from edge.store.village_alarms import HallAlarm
from edge.worker.care_drain import CareDrain, Drained
from edge.worker.restarts import LEAP, NEAR_ZERO, Restarts
from edge.worker.sensor_news import SensorNews
from hardware.ble.advert import Advertisement
from hardware.ble.advert.payload import encode_payload

NOON = to_ms(datetime(2026, 9, 21, 12, 0, tzinfo=UTC))
ADDRESS = "A4:C1:38:11:22:33"
SENSOR = "ble:A4C138112233"
KEY = bytes.fromhex("231d39c1d7cc1ab1aee224cd096db932")
DAY_MS = 86_400_000
MOTION = bytes.fromhex("2101")
PRESS = bytes.fromhex("3a01")
BATTERY = bytes.fromhex("0111")  # 17 %


def sealed(counter: int, *objects: bytes) -> bytes:
    """BTHome v2 of a sensor that says of itself that it sends when something happens."""
    info, count = b"\x45", counter.to_bytes(4, "little")
    nonce = bytes.fromhex(ADDRESS.replace(":", "")) + b"\xd2\xfc" + info + count
    body = AESCCM(KEY, tag_length=4).encrypt(nonce, b"".join(objects), None)
    data = info + body[:-4] + count + body[-4:]
    return encode_payload(Advertisement(ADDRESS, service_data={"fcd2": data}))


@pytest.fixture
def village(house: Any) -> Iterator[VillageStore]:
    with VillageStore(house.folder / "village.db") as opened:
        news = SensorNews(opened, Log("test"))
        house.steady = CareDrain(house.journal, UTC, news=news)
        yield opened


def enrol(house: Any, village: VillageStore, profile: str, *agreed: str) -> int:
    number = village.device(SENSOR, kind="ble", label="T", seen_at=NOON)
    village.add_ble_device(ADDRESS, number, profile, "T", NOON)
    house.personal.add_sensor_key(SENSOR, KEY, "von Hand", NOON)
    erna: int = house.person("Erna", consents=False, device=SENSOR)
    for kind in agreed:
        house.consent(erna, kind)
    return erna


def hear(house: Any, *payloads: bytes) -> int:
    number = 0
    for payload in payloads:
        number = house.receive("advert", payload, SENSOR)
    return number


def calls(village: VillageStore) -> list[tuple[str, str]]:
    return [(one.kind, one.device_id) for one in village.sensor_events()]


def test_a_press_between_encrypted_beacons_is_a_call_once(
    house: Any, village: VillageStore
) -> None:
    enrol(house, village, SOS)
    hear(house, sealed(1, BATTERY), sealed(2, BATTERY))
    house.run()
    assert calls(village) == []
    hear(house, sealed(3, PRESS), sealed(3, PRESS), sealed(4, PRESS))
    house.run()  # nobody agreed that a press is kept: the call is heard all the same
    assert calls(village) == [("sos", SENSOR)]
    house.clock.advance(60_000)
    hear(house, sealed(5, PRESS))
    house.run()
    assert len(calls(village)) == 2


def test_a_press_that_the_collector_told_of_is_not_told_again(
    house: Any, village: VillageStore
) -> None:
    enrol(house, village, SOS)
    village.add_sensor_event(SENSOR, "sos", house.clock.wall_ms)
    hear(house, sealed(1, PRESS))
    house.run()
    assert len(calls(village)) == 1


def test_a_press_of_what_is_no_call_button_calls_nobody(house: Any, village: VillageStore) -> None:
    enrol(house, village, ADVERT)
    hear(house, sealed(1, PRESS))
    house.run()
    assert calls(village) == []


def test_a_button_that_is_nobody_s_yet_calls(house: Any, village: VillageStore) -> None:
    erna = enrol(house, village, SOS, kinds.BUTTON)
    with house.personal.connection.transaction() as driver:
        driver.execute("DELETE FROM assignment")
    hear(house, sealed(1, BATTERY), sealed(2, PRESS))
    assert house.run().waiting == 2
    assert calls(village) == [("sos", SENSOR)]
    house.assign(erna, device=SENSOR)
    house.run()
    assert calls(village) == [("sos", SENSOR)]
    assert len(house.measured(erna, kinds.BUTTON)) == 1


def test_a_recorded_press_calls_nobody(house: Any, village: VillageStore) -> None:
    enrol(house, village, SOS)
    hear(house, sealed(50_000, BATTERY))
    house.run()
    hear(house, sealed(49_999, PRESS))
    house.run()
    assert calls(village) == []


def test_what_a_sensor_says_of_its_battery_is_kept(house: Any, village: VillageStore) -> None:
    enrol(house, village, SOS)
    hear(house, sealed(1, BATTERY))
    house.run()
    assert [one.battery_percent for one in village.devices("ble")] == [17]


def test_after_a_change_of_batteries_nothing_is_lost(house: Any, village: VillageStore) -> None:
    erna = enrol(house, village, ADVERT, kinds.HOME_ACTIVITY)
    hear(house, sealed(50_000, MOTION))
    house.run()
    counted_at = house.clock.wall_ms
    ids = [hear(house, sealed(number, MOTION)) for number in range(1, 200)]
    done = house.run()
    assert (done.refused, done.restarted) == (0, 199)
    assert all(house.journal.entry(one).payload for one in ids)
    assert len(house.measured(erna)) == 1
    assert [(one.kind, one.detail) for one in village.sensor_events()] == [
        ("restarted", str(counted_at))
    ]
    hear(house, sealed(200, MOTION))
    house.run()
    assert len(village.sensor_events()) == 1
    lives = village.sensor_lives()
    assert lives[ADDRESS].unread_since == counted_at
    village.sensors_gave({ADDRESS: counted_at + DAY_MS})  # it is heard, but nothing counts
    (change,) = changes(village.ble_devices(), village.sensor_lives(), counted_at + DAY_MS)
    assert (change.kind, change.since) == ("silent", counted_at)
    assert house.personal.add_sensor_key(SENSOR, KEY, "neue Batterie", NOON) == "same"
    assert house.run() == Drained(stored=200)
    assert len(house.measured(erna)) == 201
    assert village.sensor_lives()[ADDRESS].unread_since is None


def test_a_replay_before_the_change_stays_one_after_it(house: Any, village: VillageStore) -> None:
    erna = enrol(house, village, ADVERT, kinds.HOME_ACTIVITY)
    hear(house, sealed(50_000, MOTION))
    old = hear(house, sealed(40_000, MOTION))
    hear(house, sealed(10, MOTION), sealed(1, MOTION), sealed(2, MOTION), sealed(3, MOTION))
    high = hear(house, sealed(40_001, MOTION))
    assert house.run().restarted == 3
    house.personal.add_sensor_key(SENSOR, KEY, "neue Batterie", NOON)
    assert house.run().stored == 3
    assert [one.sequence for one in house.measured(erna)] == [50_000, 1, 2, 3]
    assert house.journal.entry(old).message == house.journal.entry(high).message == "replayed"


def test_a_run_goes_on_after_the_worker_was_restarted(house: Any, village: VillageStore) -> None:
    enrol(house, village, ADVERT, kinds.HOME_ACTIVITY)
    hear(house, sealed(50_000, MOTION), *(sealed(n, MOTION) for n in (1, 2, 3)))
    house.run()
    house.steady = CareDrain(house.journal, UTC, news=SensorNews(village, Log("test")))
    hear(house, sealed(4, MOTION), sealed(5, MOTION))
    assert house.run().restarted == 5
    assert len(village.sensor_events()) == 1


def test_which_numbers_make_a_run() -> None:
    def taken(*numbers: int, second: int = 1000) -> list[list[int]]:
        one = Restarts()
        return [one.low("a", n, i, i * second) for i, n in enumerate(numbers)]

    assert taken(1, 2, 3, 4) == [[], [], [0, 1, 2], [3]]
    assert taken(1, 1, 1, 1) == [[]] * 4  # one message, again and again
    assert taken(3, 2, 1, 0) == [[]] * 4
    assert taken(NEAR_ZERO, NEAR_ZERO + 1, NEAR_ZERO + 2) == [[]] * 3
    assert taken(0, LEAP + 2, LEAP + 3) == [[]] * 3
    assert taken(1, 2, 3, 2, 4) == [[], [], [0, 1, 2], [], [4]]


def test_a_press_that_was_sealed_for_hours_stands_on_the_board(
    house: Any, village: VillageStore
) -> None:
    enrol(house, village, SOS)
    hear(house, sealed(1, BATTERY), sealed(2, PRESS))
    pressed = house.clock.wall_ms
    house.clock.advance(11 * 3_600_000)
    house.run()
    (call,) = village.hall_alarms()
    assert call == HallAlarm(f"button:{SENSOR}", "button", "T", pressed)
    later = HallAlarm(call.source, "button", "T", call.since + DAY_MS)
    village.show_alarm(later)
    village.show_late_call(call)
    assert village.hall_alarms() == [later]


def test_where_alarms_are_off_a_sealed_press_is_an_event_alone(
    house: Any, village: VillageStore
) -> None:
    house.steady = CareDrain(house.journal, UTC, news=SensorNews(village, Log("test"), is_on=False))
    enrol(house, village, SOS)
    hear(house, sealed(1, BATTERY), sealed(2, PRESS))
    house.run()
    assert calls(village) == [("sos", SENSOR)]
    assert village.hall_alarms() == []
