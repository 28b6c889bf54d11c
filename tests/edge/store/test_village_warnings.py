"""Warnings of heat that counties sent: the last one issued holds, and only while it holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.store.village import VillageStore
from edge.store.village_warnings import LONGEST_MS, ToldWarning, put_warning

T0 = 1_795_000_000_000
HOUR = 3_600_000


@pytest.fixture
def village(tmp_path: Path) -> Iterator[VillageStore]:
    with VillageStore(tmp_path / "village.db") as store:
        yield store


def told(
    village: VillageStore,
    level: int,
    *,
    region: str = "Kreis Gießen",
    begins: int = T0,
    ends: int = T0 + HOUR,
    issued: int = T0,
    county: bytes = bytes(32),
) -> None:
    with village.connection.transaction() as driver:
        put_warning(driver, ToldWarning(county, region, "Kreis", level, begins, ends, issued))


def test_it_holds_from_its_beginning_to_its_end_and_not_at_it(village: VillageStore) -> None:
    told(village, 2)
    assert [village.told_heat(at) for at in (T0 - 1, T0, T0 + HOUR - 1, T0 + HOUR)] == [0, 2, 2, 0]
    assert [one.level for one in village.told_warnings(T0 - 1)] == [2]
    assert village.told_warnings(T0 + HOUR) == []


def test_of_a_region_the_one_issued_last_holds_in_whatever_order_they_come(
    village: VillageStore,
) -> None:
    told(village, 1, issued=T0 + 2)
    told(village, 2, issued=T0 + 1)
    assert village.told_heat(T0) == 1
    told(village, 0, issued=T0 + 3)
    assert (village.told_heat(T0), village.told_warnings(T0)) == (0, [])
    told(village, 2, issued=T0 + 2)
    assert village.told_heat(T0) == 0


def test_of_several_regions_and_counties_the_highest_level_counts(village: VillageStore) -> None:
    told(village, 1)
    told(village, 2, region="Vogelsberg", begins=T0 + 5)
    told(village, 1, county=bytes([9] * 32))
    assert [village.told_heat(at) for at in (T0, T0 + 5)] == [1, 2]
    told(village, 0, issued=T0 + 1)
    assert village.told_heat(T0) == 1


def test_none_holds_for_years_and_old_ones_go(village: VillageStore) -> None:
    told(village, 1, ends=1 << 52)
    assert [village.told_heat(T0 + LONGEST_MS - at) for at in (1, 0)] == [1, 0]
    later = T0 + 60 * 24 * HOUR
    told(village, 1, region="anderswo", begins=later, ends=later + HOUR, issued=later)
    assert village.connection.rows("SELECT region FROM heat_told") == [("anderswo",)]
