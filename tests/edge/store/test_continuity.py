from __future__ import annotations

import pytest

from edge.store.continuity import COUNTER_FELL, EXCHANGED
from edge.store.village import VillageStore
from edge.store.village_rows import MeterRow
from hardware.reading import TimeQuality

T = 1_790_000_000_000
QUARTER = 900_000


def row(device: int, at: int, energy: float | None = None, volume: float | None = None) -> MeterRow:
    return MeterRow(at, device, TimeQuality.SYNCHRONISED, 1, energy_kwh=energy, volume_m3=volume)


def told(village: VillageStore) -> list[tuple[int, str, str]]:
    return [(one.at - T, one.kind, one.detail) for one in reversed(village.events())]


def test_a_counter_that_grows_or_stands_is_nothing(village: VillageStore) -> None:
    a = village.device("mbus:a", seen_at=T)
    village.add_round([row(a, T, 10.0, 1.0), row(a, T + 1, 10.0, 1.0), row(a, T + 2, 10.5)])
    village.add_round([row(a, T + 3, None, 1.25), row(a, T + 4, 11.0)])
    assert told(village) == []


def test_a_fall_is_noted_once_with_both_numbers(village: VillageStore) -> None:
    a, b = village.device("mbus:a"), village.device("mbus:b")
    village.add_round([row(a, T, 5249.17, 88.5), row(b, T, 3.0)])
    village.add_round([row(a, T + QUARTER, 12.0, 88.5), row(b, T + QUARTER, 4.0)])
    village.add_round([row(a, T + 2 * QUARTER, 13.0, 88.0)])
    assert told(village) == [
        (QUARTER, COUNTER_FELL, "Energie fiel von 5249,17 auf 12 kWh"),
        (2 * QUARTER, COUNTER_FELL, "Volumen fiel von 88,5 auf 88 m³"),
    ]
    assert {one.device for one in village.events()} == {"mbus:a"}
    assert [one.energy_kwh for one in village.series(a, 0)] == [5249.17, 12.0, 13.0]


def test_a_fall_within_one_round_is_seen(village: VillageStore) -> None:
    a = village.device("mbus:a")
    village.add_round([row(a, T + 1, 9.0), row(a, T, 10.0), row(a, T + 2, 9.5)])
    assert [one[:2] for one in told(village)] == [(1, COUNTER_FELL)]


def test_what_comes_late_or_twice_says_nothing(village: VillageStore) -> None:
    a = village.device("mbus:a")
    village.add_round([row(a, T + QUARTER, 10.0)])
    village.add_round([row(a, T + QUARTER, 2.0)])  # the same reading again is not stored
    village.add_round([row(a, T, 9.0), row(a, T + 1, 9.5)])
    assert told(village) == []
    village.add_round([row(a, T + 2, 9.0), row(a, T + 3, 8.0)])  # of a history, among themselves
    assert [one[:2] for one in told(village)] == [(3, COUNTER_FELL)]


@pytest.mark.parametrize("seen_at", [None, T])
def test_another_device_for_the_same_meter_is_an_exchange(
    village: VillageStore, seen_at: int | None
) -> None:
    village.device("meter:halle", meter_id="halle")
    village.device("mbus:KAM-1", meter_id="halle", seen_at=T)
    village.device("mbus:KAM-1", meter_id="halle", seen_at=T + 1)
    village.device("mbus:KAM-9", meter_id="keller", seen_at=T)
    assert told(village) == []
    village.device("mbus:LUG-2", meter_id="halle", seen_at=seen_at)
    expected = (
        []
        if seen_at is None
        else [(0, EXCHANGED, "Zähler halle: bisher mbus:KAM-1, jetzt mbus:LUG-2")]
    )
    assert told(village) == expected
