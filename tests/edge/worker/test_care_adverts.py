"""Advertisements: several kinds in one, keys that come later, replay."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESCCM

from edge.care import kinds
from edge.clock import to_ms
from edge.worker.care_drain import Drained
from hardware.ble.advert import Advertisement
from hardware.ble.advert.payload import encode_payload

NOON = to_ms(datetime(2026, 9, 21, 12, 0, tzinfo=UTC))
ADDRESS = "A4:C1:38:11:22:33"
SENSOR = "ble:A4C138112233"
KEY = bytes.fromhex("231d39c1d7cc1ab1aee224cd096db932")
OTHER = bytes(16)
HOUR_MS = 3_600_000

WARM = bytes.fromhex("02ca09")  # 25.06 degrees
DAMP = bytes.fromhex("03bf13")  # 50.55 %
MOTION = bytes.fromhex("2101")
PRESS = bytes.fromhex("3a01")
BATTERY = bytes.fromhex("0161")


def plain(*objects: bytes, packet: int | None = None) -> bytes:
    numbered = b"" if packet is None else bytes((0x00, packet))
    data = b"\x40" + numbered + b"".join(objects)
    return encode_payload(Advertisement(ADDRESS, service_data={"fcd2": data}))


def sealed(counter: int, *objects: bytes, key: bytes = KEY) -> bytes:
    info = b"\x41"
    count = counter.to_bytes(4, "little")
    nonce = bytes.fromhex(ADDRESS.replace(":", "")) + b"\xd2\xfc" + info + count
    body = AESCCM(key, tag_length=4).encrypt(nonce, b"".join(objects), None)
    data = info + body[:-4] + count + body[-4:]
    return encode_payload(Advertisement(ADDRESS, service_data={"fcd2": data}))


def person(house: Any, *agreed: str) -> int:
    erna: int = house.person("Erna", consents=False, device=SENSOR)
    for kind in agreed:
        house.consent(erna, kind)
    return erna


def hear(house: Any, payload: bytes) -> int:
    number: int = house.receive("advert", payload, SENSOR)
    return number


def said(house: Any, erna: int) -> list[tuple[str, str, float]]:
    return [
        (row.data_kind, one.quantity, one.value)
        for row in house.measured(erna)
        for one in row.values
    ]


def test_each_kind_of_an_advertisement_needs_its_own_consent(house: Any) -> None:
    erna = person(house, kinds.ROOM_CLIMATE)
    entry = hear(house, plain(WARM, DAMP, MOTION, PRESS, BATTERY, packet=7))
    assert house.run() == Drained(stored=1)
    (row,) = house.measured(erna)
    assert said(house, erna) == [
        (kinds.ROOM_CLIMATE, "air_temperature", 25.06),
        (kinds.ROOM_CLIMATE, "relative_humidity", 50.55),
    ]
    assert (row.source, row.sequence) == ("advert", 7)
    assert row.flags == {"packet_id": 7, "trigger_based": False}
    assert house.journal.entry(entry).payload == b""  # it told of more than was agreed to


def test_with_every_consent_each_kind_has_its_row(house: Any) -> None:
    erna = person(house, kinds.ROOM_CLIMATE, kinds.HOME_ACTIVITY, kinds.BUTTON)
    entry = hear(house, plain(WARM, MOTION, PRESS))
    house.run()
    assert sorted(said(house, erna)) == [
        (kinds.BUTTON, "button_press", 1.0),
        (kinds.HOME_ACTIVITY, "motion", 1.0),
        (kinds.ROOM_CLIMATE, "air_temperature", 25.06),
    ]
    assert len({row.observed_at for row in house.measured(erna)}) == 1
    assert house.journal.entry(entry).payload


def test_without_any_consent_nothing_is_kept(house: Any) -> None:
    person(house, kinds.WEIGHT)
    entry = hear(house, plain(WARM, MOTION))
    assert house.run() == Drained(refused=1)
    assert house.journal.entry(entry).payload == b""


def test_a_battery_alone_is_nobody_s_data(house: Any) -> None:
    erna = person(house, kinds.ROOM_CLIMATE)
    hear(house, plain(BATTERY))
    assert house.run() == Drained(stored=1)
    assert house.measured(erna) == []


def test_what_came_before_the_key_is_read_when_it_comes(house: Any) -> None:
    erna = person(house, kinds.ROOM_CLIMATE)
    for counter in (10, 11):
        hear(house, sealed(counter, WARM))
    for _ in range(2):
        assert house.run() == Drained(no_key=2)
    assert house.personal.add_sensor_key(SENSOR, OTHER, "von Hand", NOON) == "new"
    assert house.run() == Drained(no_key=2)
    assert house.personal.sensor_keys()[0].state == "wrong"
    assert house.run() == Drained(no_key=2)
    assert house.personal.add_sensor_key(SENSOR, KEY, "von Hand", NOON) == "replaced"
    hear(house, sealed(12, WARM))
    assert house.run() == Drained(stored=3)
    assert house.personal.sensor_keys()[0].state == "opens"
    assert [row.sequence for row in house.measured(erna)] == [10, 11, 12]
    assert house.measured(erna)[0].flags == {
        "encrypted": True,
        "encryption_counter": 10,
        "trigger_based": False,
    }


def test_what_was_recorded_and_sent_again_is_refused(house: Any) -> None:
    erna = person(house, kinds.HOME_ACTIVITY)
    house.personal.add_sensor_key(SENSOR, KEY, "von Hand", NOON)
    hear(house, sealed(10, MOTION))
    hear(house, sealed(11, MOTION))
    assert house.run() == Drained(stored=2)
    again = hear(house, sealed(10, MOTION))
    hear(house, sealed(11, MOTION))  # the sensor itself, once more
    assert house.drain() == Drained(stored=1, quarantined=1)  # also after a restart
    assert house.journal.entry(again).message == "replayed"
    assert house.journal.entry(again).payload  # kept aside: it may be a change of batteries
    assert len(house.measured(erna)) == 2
    assert house.personal.add_sensor_key(SENSOR, KEY, "neue Batterie", NOON) == "same"
    hear(house, sealed(3, MOTION))
    assert house.run() == Drained(stored=1)
    assert len(house.measured(erna)) == 3


def test_plain_words_of_a_sensor_that_encrypts_are_not_believed(house: Any) -> None:
    erna = person(house, kinds.ROOM_CLIMATE)
    house.personal.add_sensor_key(SENSOR, KEY, "von Hand", NOON)
    hear(house, plain(WARM))
    assert house.run() == Drained(quarantined=1)
    assert house.measured(erna) == []


def test_a_press_that_is_repeated_is_one(house: Any) -> None:
    erna = person(house, kinds.BUTTON, kinds.ROOM_CLIMATE)
    for _ in range(3):
        hear(house, plain(WARM, PRESS, packet=7))
        house.run()
    assert [kind for kind, _, _ in said(house, erna)].count(kinds.BUTTON) == 1
    assert [kind for kind, _, _ in said(house, erna)].count(kinds.ROOM_CLIMATE) == 3
    hear(house, plain(PRESS, packet=8))
    house.clock.advance(HOUR_MS)
    hear(house, plain(PRESS, packet=8))  # it has started again since
    house.run()
    assert [kind for kind, _, _ in said(house, erna)].count(kinds.BUTTON) == 3


def test_a_crash_loses_no_encrypted_value(house: Any, monkeypatch: Any) -> None:
    erna = person(house, kinds.ROOM_CLIMATE)
    house.personal.add_sensor_key(SENSOR, KEY, "von Hand", NOON)
    for counter, where in enumerate(("set_counters", "mark")):
        store = house.personal if where == "set_counters" else house.journal
        hear(house, sealed(counter, WARM))

        def crash(*_: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(store, where, crash)
            with pytest.raises(KeyboardInterrupt):
                house.run()
        house.run()
    assert len(house.measured(erna)) == 2


@pytest.mark.parametrize("moment", [1, 2, 3])
def test_what_waited_goes_first_whenever_somebody_speaks(
    house: Any, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    """Else the newer message's number would make the older one a recording."""
    house.personal.add_sensor_key(SENSOR, KEY, "von Hand", NOON)
    hear(house, sealed(10, WARM))
    assert house.run() == Drained(waiting=1)
    hear(house, sealed(11, WARM))
    asked, turn = [], house.personal.care_turn

    def speak() -> int:
        asked.append(turn())
        if len(asked) == moment:
            person(house, kinds.ROOM_CLIMATE)
        return turn() if len(asked) > moment else asked[-1]

    with monkeypatch.context() as patch:
        patch.setattr(house.personal, "care_turn", speak)
        house.run()
    house.run()
    (erna,) = house.personal.persons()
    assert [row.sequence for row in house.measured(erna.person)] == [10, 11]


def test_what_is_no_advertisement_is_kept_aside(house: Any) -> None:
    person(house, kinds.ROOM_CLIMATE)
    for payload in (b"", b"[]", b"{", b'{"address": 7}', b'{"service_data": {"fcd2": "zz"}}'):
        hear(house, payload)
    hear(house, encode_payload(Advertisement(ADDRESS, "Ruftaste")))
    assert house.run() == Drained(quarantined=6)


def test_withdrawing_one_kind_erases_what_may_hold_it(house: Any) -> None:
    erna = person(house, kinds.ROOM_CLIMATE)
    entry = hear(house, plain(WARM))
    house.run()
    assert house.personal.withdraw_consent(erna, NOON, purpose="care", data_kind=kinds.WEIGHT) == 0
    patterns = [f"ble:{source}" for source in kinds.sources_of(kinds.ROOM_CLIMATE)]
    assert house.journal.erase_decoded([SENSOR], ["ble:2A9D"]) == 0
    assert house.journal.erase_decoded([SENSOR], patterns) == 1
    assert house.journal.entry(entry).payload == b""
