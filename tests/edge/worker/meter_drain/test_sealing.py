"""What anybody could have sent: plain, old or unproven telegrams of a meter that encrypts."""

from __future__ import annotations

from collections import Counter

import pytest

from edge.store.journal import State
from edge.worker.meter_drain import Drained
from hardware.wmbus import afl
from hardware.wmbus.afl import Authentication
from hardware.wmbus.link import LinkFrame
from tests.edge.worker.meter_drain.house import (
    DAY_MS,
    HOME,
    KEY,
    KITA,
    House,
    plain,
    records,
    sealed,
)
from tests.hardware.wmbus.fragmented import sealed_message


def unsealed(energy_kwh: int, address: bytes = KITA) -> bytes:
    """Plain bytes under a header that says mode 5."""
    data = b"\x2f\x2f" + records(energy_kwh)
    data += b"\x2f" * (-len(data) % 16)
    return LinkFrame(0x44, address, b"\x7a\x2a\0" + bytes((len(data) // 16 << 4, 5)) + data).raw


@pytest.mark.parametrize("forged", [plain, unsealed])
@pytest.mark.parametrize("anew", ["the same process", "a restart", "locked", "locked anew"])
def test_a_meter_that_a_key_opens_is_believed_only_sealed(
    house: House, forged: object, anew: str
) -> None:
    assert callable(forged)
    house.key()
    house.arrive(sealed(5249))
    assert house.run() == Drained(village=1)
    if "anew" in anew or anew == "a restart":
        house.restart()
    entries = [house.arrive(forged(99999)), house.arrive(forged(5251))]
    assert house.run(locked=anew.startswith("locked")).kept == {"unsealed": 2}
    assert {house.state(entry) for entry in entries} == {(State.QUARANTINED, "Unsealed")}
    assert [event.kind for event in house.village.events()] == ["unsealed"]
    assert {one.kind: one.count for one in house.village.receiver_counts(0)} == {"plain": 2}
    assert "verschlüsselt" in str(house.village.devices("meter")[0].last_error)
    house.arrive(sealed(5250))
    assert house.run() == Drained(village=1)
    assert house.energies() == [5249.0, 5250.0]


def test_a_household_s_meter_that_a_key_opens_is_believed_only_sealed(house: House) -> None:
    _, home = house.admit()
    house.key(HOME)
    house.arrive(sealed(7001, HOME), HOME, "care")
    house.arrive(plain(9999, HOME), HOME, "care")
    done = house.run()
    assert (done.household, done.kept) == (1, {"unsealed": 1})
    assert [row.energy_kwh for row in house.personal.household_rows(home)] == [7001.0]


@pytest.mark.parametrize("passed_on", [plain, unsealed])
def test_a_key_opens_only_what_was_sealed(house: House, passed_on: object) -> None:
    assert callable(passed_on)
    house.key()
    house.arrive(passed_on(5249))  # by a receiver that decrypts
    assert house.run() == Drained(village=1)
    assert [key.state for key in house.personal.meter_keys()] == ["unused"]
    assert house.village.sealed_meters() == frozenset()


def test_without_its_key_a_meter_may_send_plainly_again(house: House) -> None:
    house.key()
    house.arrive(sealed(5249))
    house.run()
    (key,) = house.personal.meter_keys()
    house.personal.remove_key(key.manufacturer, key.identification)
    house.arrive(plain(5250))
    assert house.run() == Drained(village=1)


@pytest.mark.parametrize("anew", ["the same process", "a restart"])
def test_an_uncounted_telegram_of_long_ago_is_no_reading(house: House, anew: str) -> None:
    house.key()
    _, home = house.admit()
    house.key(HOME)
    for kwh in (5000, 5249):
        house.arrive(sealed(kwh))
        house.arrive(sealed(kwh, HOME), HOME, "care")
    house.run()
    if anew == "a restart":
        house.restart()
    old = [house.arrive(sealed(5000)), house.arrive(sealed(5000, HOME), HOME, "care")]
    assert house.run().kept == {"replay": 2}
    assert {house.state(entry) for entry in old} == {(State.QUARANTINED, "Replay")}
    assert {event.kind for event in house.village.events()} == {"replay"}
    house.arrive(sealed(5250))
    house.run()
    assert house.energies() == [5000.0, 5249.0, 5250.0]
    assert [row.energy_kwh for row in house.personal.household_rows(home)] == [5000.0, 5249.0]


def test_a_meter_that_was_set_back_is_believed_after_days_and_the_fall_noted(house: House) -> None:
    house.key()
    house.arrive(sealed(5249))
    house.arrive(sealed(12))
    assert house.run().kept == {"replay": 1}
    house.clock.advance(3 * DAY_MS)
    house.arrive(sealed(13))
    assert house.run() == Drained(village=1)
    assert house.energies() == [5249.0, 13.0]
    assert [event.kind for event in house.village.events()] == ["counter_fell", "replay"]


def test_a_history_that_a_key_opens_later_may_say_less(house: House) -> None:
    for kwh in (5000, 5001):
        house.arrive(sealed(kwh))
    house.run()
    house.key()
    house.arrive(sealed(5002))
    house.run()
    assert house.energies() == [5000.0, 5001.0, 5002.0]


@pytest.mark.parametrize("size", [0, 1, 3])
def test_mode_7_without_a_code_that_proves_it_is_no_reading(house: House, size: int) -> None:
    house.key()
    counter = (7).to_bytes(4, "little")
    message, code = sealed_message(records(5249), counter=counter, key=KEY)
    length = len(message).to_bytes(2, "little")
    for cut in (code[:size], code):
        layer = afl.encode(Authentication(b"\x25", b"", counter, cut, length))
        house.arrive(LinkFrame(0x44, KITA, layer + message).raw)
        done = house.run()
        expected = Drained(village=1) if cut == code else Drained(kept=Counter(unreadable=1))
        assert done == expected, cut
    assert house.energies() == [5249.0]
