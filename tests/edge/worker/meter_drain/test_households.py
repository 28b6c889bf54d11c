"""A household's meter: consent opens the gate, a withdrawal closes it, readings stay apart."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from edge.care.consent import HEAT_CADASTRE
from edge.store.household_gate import settle
from edge.store.journal import State
from edge.store.personal_rows import HouseholdRow
from edge.worker.meter_drain import Drained
from hardware.reading import TimeQuality
from tests.edge.worker.meter_drain.house import DAY_MS, HOME, NOON, House, name, plain, sealed


def test_a_household_s_telegram_goes_to_personal_db_alone(house: House) -> None:
    _, home = house.admit()
    house.key(HOME)
    entry = house.arrive(sealed(7001, HOME), HOME, "care")
    assert house.run() == Drained(household=1)
    (row,) = house.personal.household_rows(home)
    assert (row.energy_kwh, row.journal_id, row.observed_at) == (7001.0, entry, NOON + 1000)
    assert row.time_quality is TimeQuality.SYNCHRONISED
    assert house.energies() == []
    assert house.village.admitted_meters() == {name(HOME)}
    (kept,) = house.personal.household_rounds_after(0)
    assert house.personal.household_rows_of(kept) == [row]
    assert house.run() == Drained()


def test_a_household_s_telegram_waits_sealed_while_locked(house: House) -> None:
    _, home = house.admit()
    entry = house.arrive(plain(7001, HOME), HOME, "care")
    assert house.run(locked=True) == Drained()
    assert house.state(entry) == (State.NEW, "")
    assert house.run() == Drained(household=1)
    assert len(house.personal.household_rows(home)) == 1


def test_without_consent_the_bytes_are_erased_and_only_counted(house: House) -> None:
    entry = house.arrive(plain(7001, HOME), HOME, "care")
    assert house.run() == Drained(refused=1)
    found = house.journal.entry(entry)
    assert found is not None
    assert (found.state, found.payload, found.message) == (State.REFUSED, b"", "no consent")


def test_a_withdrawal_closes_the_gate_and_erases_what_waits(house: House) -> None:
    who, home = house.admit()
    read = house.arrive(plain(7001, HOME), HOME, "care")
    waits = house.arrive(sealed(7002, HOME), HOME, "care")
    assert house.run().household == 1
    assert house.state(waits)[1] == "KeyRequired DME-87654321"
    late = house.arrive(plain(7003, HOME), HOME, "care")
    house.personal.withdraw_consent(who, house.clock.wall_ms, purpose=HEAT_CADASTRE)
    house.key(HOME)
    assert house.run() == Drained()  # the gate has erased it before
    assert house.village.admitted_meters() == frozenset()
    payloads = {entry: house.journal.entry(entry) for entry in (read, waits, late)}
    assert all(entry is not None and entry.payload == b"" for entry in payloads.values())
    straggler = house.arrive(plain(7004, HOME), HOME, "care")  # the collector had not seen it yet
    assert house.run() == Drained(refused=1)
    assert house.state(straggler)[0] is State.REFUSED
    assert len(house.personal.household_rows(home)) == 1


def test_a_meter_that_changes_hands_leaves_each_household_its_own(house: House) -> None:
    _, first = house.admit("Erna")
    house.arrive(plain(7001, HOME), HOME, "care")
    house.run()
    house.clock.advance(1000)
    house.personal.remove_household(name(HOME), house.clock.wall_ms)
    between = house.arrive(plain(7002, HOME), HOME, "care")
    house.clock.advance(1000)
    _, second = house.admit("Heinz")
    house.arrive(plain(7003, HOME), HOME, "care")
    assert house.run().household == 1
    assert house.state(between)[0] is State.REFUSED
    assert [row.energy_kwh for row in house.personal.household_rows(first)] == [7001.0]
    assert [row.energy_kwh for row in house.personal.household_rows(second)] == [7003.0]


def test_an_unset_clock_gives_the_telegram_to_who_has_the_meter_now(house: House) -> None:
    _, home = house.admit()
    house.clock.wall_ms, house.clock.quality = 5000, TimeQuality.UNKNOWN
    house.arrive(plain(7001, HOME), HOME, "care")
    house.clock.wall_ms = NOON
    assert house.run() == Drained(household=1)
    assert len(house.personal.household_rows(home)) == 1


def test_a_clock_that_went_back_takes_no_consent_away(house: House) -> None:
    _, home = house.admit()
    house.arrive(plain(7001, HOME), HOME, "care")
    house.clock.wall_ms -= 400 * DAY_MS
    house.arrive(plain(7002, HOME), HOME, "care")
    assert house.run() == Drained(household=2)
    assert house.village.admitted_meters() == {name(HOME)}
    assert len(house.personal.household_rows(home)) == 2


def test_a_withdrawal_while_telegrams_are_read_counts(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    who, home = house.admit()
    entry = house.arrive(plain(7001, HOME), HOME, "care")
    keep = house.personal.add_household_round

    def withdrawn_now(rows: Sequence[HouseholdRow]) -> int:
        house.personal.withdraw_consent(who, house.clock.wall_ms)
        settle(house.personal, house.village, house.journal, house.clock.wall_ms)
        return keep(rows)

    monkeypatch.setattr(house.personal, "add_household_round", withdrawn_now)
    house.run()
    assert house.personal.household_rows(home) == []
    assert house.state(entry) == (State.REFUSED, "no consent")


def test_the_gate_follows_the_consents_both_ways(house: House) -> None:
    at = NOON
    house.village.admit_meter("wmbus:QDS-11111111-01-08", at)  # left by a crash
    house.admit()
    settled = settle(house.personal, house.village, house.journal, house.clock.wall_ms)
    assert (settled.admitted, settled.dismissed, settled.erased) == (1, 1, 0)
    again = settle(house.personal, house.village, house.journal, house.clock.wall_ms)
    assert (again.admitted, again.dismissed) == (0, 0)


@pytest.mark.parametrize("anew", ["the same process", "a restart", "locked in between"])
def test_a_household_s_counter_that_fell_is_noted_without_its_numbers(
    house: House, anew: str
) -> None:
    house.admit()
    house.arrive(plain(7001, HOME), HOME, "care")
    house.arrive(plain(7002, HOME), HOME, "care")
    assert house.run() == Drained(household=2)
    if anew == "a restart":
        house.restart()
    if anew == "locked in between":
        house.run(locked=True)
    assert house.village.events() == []
    house.arrive(plain(12, HOME), HOME, "care")
    house.arrive(plain(13, HOME), HOME, "care")
    assert house.run() == Drained(household=2)
    (event,) = house.village.events()
    assert event.kind == "counter_fell"
    assert event.at == NOON + 1000 * (5 if anew == "locked in between" else 4)
    assert event.detail == "Zähler eines Haushalts: ein Zählerstand fiel"
    assert event.device.startswith("mbus:")
