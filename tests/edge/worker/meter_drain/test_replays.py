"""Telegrams that were sent before and come again: no readings."""

from __future__ import annotations

from collections import Counter

import pytest

from edge.store.errors import StoreError
from edge.store.journal import State
from edge.worker.meter_drain import Drained
from hardware.wmbus.link import LinkFrame, crc16
from tests.edge.worker.meter_drain.house import (
    HOME,
    KITA,
    House,
    compact_payload,
    fail,
    full_payload,
    session,
)


def said(energy_kwh: int, count: int, address: bytes = KITA) -> bytes:
    return session(full_payload(energy_kwh), address, count=count)


@pytest.mark.parametrize("anew", ["the same process", "a restart"])
def test_an_old_counted_telegram_sent_again_is_no_reading(house: House, anew: str) -> None:
    house.key()
    house.arrive(said(5000, 70_000))
    house.arrive(said(5001, 70_016))
    assert house.run() == Drained(village=2)
    if anew == "a restart":
        house.restart()
    old = [house.arrive(said(4000 + number, 60_000 + number)) for number in range(3)]
    assert house.run() == Drained(kept=Counter(replay=3))
    assert {house.state(entry) for entry in old} == {(State.QUARANTINED, "Replay")}
    assert [event.kind for event in house.village.events()] == ["replay"]  # once an hour
    (device,) = house.village.devices("meter")
    assert "noch einmal" in str(device.last_error)
    counts = {one.kind: one.count for one in house.village.receiver_counts(0)}
    assert counts == {"replay": 3}
    house.arrive(said(5002, 70_032))
    assert house.run() == Drained(village=1)
    assert house.energies() == [5000.0, 5001.0, 5002.0]
    assert [key.state for key in house.personal.meter_keys()] == ["opens"]


def test_a_household_s_old_telegram_is_no_reading_either(house: House) -> None:
    _, home = house.admit()
    house.key(HOME)
    house.arrive(said(7001, 70_000, HOME), HOME, "care")
    old = house.arrive(said(6000, 60_000, HOME), HOME, "care")
    done = house.run()
    assert (done.household, done.kept) == (1, {"replay": 1})
    assert house.state(old) == (State.QUARANTINED, "Replay")
    assert [row.energy_kwh for row in house.personal.household_rows(home)] == [7001.0]


def test_a_history_that_the_key_opens_is_no_replay_but_what_was_sent_again_within_is(
    house: House,
) -> None:
    for energy, count in ((5000, 70_000), (5001, 70_016), (4000, 60_000), (5002, 70_032)):
        house.arrive(said(energy, count))
    house.run()
    house.key()
    assert house.run() == Drained(village=3, kept=Counter(replay=1))
    assert house.energies() == [5000.0, 5001.0, 5002.0]


def test_what_waited_for_its_format_came_earlier_and_is_no_replay(house: House) -> None:
    house.key()
    house.arrive(session(compact_payload(5000), count=70_000))
    house.run()
    house.arrive(said(5001, 70_016))
    house.run()
    assert house.run() == Drained(village=1)
    assert house.energies() == [5000.0, 5001.0]


def test_entries_that_could_not_be_marked_are_judged_as_before(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.key()
    for energy, count in ((5000, 70_000), (4000, 60_000), (5001, 70_016)):
        house.arrive(said(energy, count))
    with monkeypatch.context() as patch:
        patch.setattr(house.journal, "mark", fail)
        with pytest.raises(StoreError):
            house.run()
    assert house.run().kept == {"replay": 1}
    assert house.energies() == [5000.0, 5001.0]


def test_nobody_vouches_for_a_counter_that_needs_no_key(house: House) -> None:
    house.key()
    payload = full_payload(1)
    head = b"\x8d\x20\x2a" + (0x1FFF_FFFF | 1 << 29).to_bytes(4, "little")
    clear = crc16(payload).to_bytes(2, "little") + payload
    house.arrive(LinkFrame(0x44, KITA, head + clear).raw)  # as a receiver that decrypts gives it
    house.arrive(said(5000, 70_000))
    assert house.run() == Drained(village=2)
