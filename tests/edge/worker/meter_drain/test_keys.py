"""Telegrams and their keys: absent, late, wrong, under another number, locked away."""

from __future__ import annotations

import pytest

from edge.store.journal import Journal, State
from edge.worker.meter_drain import Drained
from tests.edge.worker.meter_drain.house import (
    HOME,
    KITA,
    OTHER_KEY,
    House,
    full_payload,
    name,
    number,
    plain,
    sealed,
    session,
)


@pytest.mark.parametrize("seal", [sealed, lambda kwh: session(full_payload(kwh))])
def test_the_key_that_comes_later_brings_the_history(house: House, seal: object) -> None:
    assert callable(seal)
    entries = [house.arrive(seal(5000 + day)) for day in range(5)]
    done = house.run()
    assert done == Drained(kept=done.kept)
    assert done.kept == {"key_required": 5}
    assert {house.state(entry) for entry in entries} == {
        (State.QUARANTINED, "KeyRequired KAM-12345678")
    }
    assert "Schlüssel" in str(house.village.devices("meter")[0].last_error)
    assert house.run() == Drained()
    house.key()
    assert house.run() == Drained(village=5)
    assert house.energies() == [5000.0, 5001.0, 5002.0, 5003.0, 5004.0]
    assert not house.village.devices("meter")[0].failing
    assert [key.state for key in house.personal.meter_keys()] == ["opens"]


def test_a_wrong_key_is_told_apart_and_the_right_one_reads_what_was_kept(house: House) -> None:
    entry = house.arrive(sealed(5249))
    house.key(key=OTHER_KEY)
    assert house.run().kept == {"wrong_key": 1}
    assert house.state(entry) == (State.QUARANTINED, "WrongKey KAM-12345678")
    assert [key.state for key in house.personal.meter_keys()] == ["wrong"]
    assert "gehört" in str(house.village.devices("meter")[0].last_error)
    assert house.run() == Drained()  # the same key is not tried for ever
    house.key()
    assert house.run() == Drained(village=1)
    assert [key.state for key in house.personal.meter_keys()] == ["opens"]


def test_a_key_without_manufacturer_opens_and_the_better_known_one_comes_first(
    house: House,
) -> None:
    house.arrive(sealed(5249))
    house.key(maker=False)
    assert house.run() == Drained(village=1)
    house.key(key=OTHER_KEY)
    house.arrive(sealed(5250))
    assert house.run() == Drained(village=1)  # the better one fails, the other still opens
    assert {key.manufacturer: key.state for key in house.personal.meter_keys()} == {
        "": "opens",
        "KAM": "unused",
    }


def test_while_locked_a_sealed_telegram_waits_and_is_read_after_unlocking(house: House) -> None:
    house.key()
    house.arrive(sealed(5248))
    assert house.run() == Drained(village=1)
    house.arrive(sealed(5249))
    assert house.run(locked=True).kept == {"key_required": 1}
    assert "gesperrt" in str(house.village.devices("meter")[0].last_error)
    assert house.run() == Drained(village=1)
    assert house.energies() == [5248.0, 5249.0]


def test_behind_a_radio_adapter_the_meter_s_own_number_counts(house: House) -> None:
    entry = house.arrive(sealed(5249, HOME, by=KITA), KITA)
    assert house.run().kept == {"key_required": 1}
    waits = " ".join("-".join(number(address)) for address in (KITA, HOME))
    assert house.state(entry) == (State.QUARANTINED, f"KeyRequired {waits}")
    house.key(HOME)
    assert house.run() == Drained(village=1)
    assert house.village.devices("meter")[0].device_id == name(HOME)[1:]


def test_behind_a_radio_adapter_a_key_under_the_adapter_s_number_opens_too(house: House) -> None:
    house.arrive(sealed(5249, HOME, by=KITA), KITA)
    house.run()
    house.key(KITA)
    assert house.run() == Drained(village=1)


def test_sealed_to_another_key_is_kept_and_told(house: House) -> None:
    house.admit()
    house.run()
    other = Journal(
        house.config.hub.journal_db,
        "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
    )
    with other:
        stamp = house.clock.stamp()
        entry = other.append("care", "x", name(HOME), "wmbus", b"k", plain(1, HOME), stamp)
    assert house.run().kept == {"unreadable": 1}
    assert house.state(entry) == (State.QUARANTINED, "DoesNotOpen")
