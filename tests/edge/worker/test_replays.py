"""What follows from the counters of a meter's telegrams, one after another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.store.journal import Entry, State
from edge.store.village import VillageStore
from edge.worker.replays import FASTEST_PER_S, NEAR_ZERO, Replays
from hardware.reading import TimeQuality
from hardware.wmbus.counted import MESSAGE, SESSION, Count

HOUR_MS = 3_600_000
METER = "wmbus:KAM-12345678-1B-04"


def entry(number: int, at: int | None = None, device: str = METER) -> Entry:
    at = number * HOUR_MS if at is None else at
    quality = TimeQuality.SYNCHRONISED
    source = "receiver:turm"
    return Entry(
        number, at, "", 0, quality, "village", source, device, "wmbus", b"", State.NEW, "", None
    )


@pytest.fixture
def village(tmp_path: Path) -> Iterator[VillageStore]:
    with VillageStore(tmp_path / "village.db") as opened:
        yield opened


def judge(replays: Replays, first: int, *numbers: int) -> list[bool]:
    return [
        replays.accepts(entry(first + index), Count(MESSAGE, number))
        for index, number in enumerate(numbers)
    ]


def kinds(village: VillageStore) -> list[str]:
    return [event.kind for event in village.events()]


def test_lower_and_later_is_a_replay_the_same_again_is_not(village: VillageStore) -> None:
    replays = Replays(village)
    assert judge(replays, 1, 50_000, 50_001, 50_000, 50_001, 40_000, 50_002) == [
        True, True, False, True, False, True,
    ]  # fmt: skip
    assert kinds(village) == []


def test_each_meter_and_kind_of_counter_stands_alone(village: VillageStore) -> None:
    replays = Replays(village)
    assert replays.accepts(entry(1), Count(MESSAGE, 50_000))
    assert replays.accepts(entry(2), Count(SESSION, 9))
    assert replays.accepts(entry(3, device="wmbus:KAM-12345678-1B-06"), Count(MESSAGE, 9))


def test_later_is_also_what_came_later_by_a_clock_that_was_set_back(village: VillageStore) -> None:
    replays = Replays(village)
    assert replays.accepts(entry(9, 9 * HOUR_MS), Count(MESSAGE, 50_000))
    assert not replays.accepts(entry(10, HOUR_MS), Count(MESSAGE, 40_000))
    assert not replays.accepts(entry(3, 10 * HOUR_MS), Count(MESSAGE, 40_000))  # a new journal
    assert replays.accepts(entry(8, 8 * HOUR_MS), Count(MESSAGE, 40_000))


def test_a_counter_that_begins_anew_is_taken_with_its_third_growing_telegram(
    village: VillageStore,
) -> None:
    replays = Replays(village)
    assert judge(replays, 1, 50_000, 7, 7, 6, 8) == [True, False, False, False, False]
    replays.save()
    replays = Replays(village)
    assert kinds(village) == []
    assert judge(replays, 6, 9, 10) == [True, True]
    assert kinds(village) == ["counter_restarted"]


def test_a_beginning_is_forgotten_once_the_counter_goes_on(village: VillageStore) -> None:
    replays = Replays(village)
    assert judge(replays, 1, 50_000, 7, 8, 50_001, 9, 10) == [
        True, False, False, True, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize("highest", [NEAR_ZERO * 2, 50_000])
def test_growing_again_from_far_above_zero_is_a_replay(village: VillageStore, highest: int) -> None:
    numbers = [NEAR_ZERO + step for step in range(5)]
    assert judge(Replays(village), 1, highest, *numbers) == [True, *[False] * 5]


def test_after_a_new_beginning_old_high_numbers_are_still_replays(village: VillageStore) -> None:
    replays = Replays(village)
    judge(replays, 1, 50_000, 7, 8, 9)
    assert judge(replays, 5, 40_000, 10) == [False, True]
    hours = (50_000 - NEAR_ZERO) / FASTEST_PER_S / 3600
    assert hours > 12
    assert judge(replays, 20, 45_000) == [True]  # as fast as a meter counts at most


def test_a_replay_is_noted_once_an_hour_and_counted_each_time(village: VillageStore) -> None:
    replays = Replays(village)
    replays.note([entry(1), entry(2, HOUR_MS + 1), entry(3), entry(4, HOUR_MS)], 5)
    assert len(kinds(village)) == 3  # at 1 h, at 3 h, and once the clock was set back
    assert [one.count for one in village.receiver_counts(0)] == [4]
