"""How complete the cadastre is, as a picture: counts by hand, and never of a few buildings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from edge.access.role import Role
from edge.cadastre.quality_blocks import quality_blocks
from edge.clock import FixedClock
from edge.config import load
from edge.heat.address import Streets
from edge.heat.said import Method, Said
from edge.store.setup import create
from edge.store.village import VillageStore
from edge.store.village_heat import NewBuilding
from edge.store.village_heat_runs import EstimateRow
from edge.store.village_heat_years import YearSaid
from edge.web.app import create_app
from edge.web.heat_quality import quality_picture
from tests.furnish_heat_map import draw
from tests.signed_in import sign_in

NOW_MS = 1_795_447_440_000
DAY = date(2026, 3, 1)
HOUSE: dict[str, str | float] = {"type": "EFH", "year_built": 1960.0, "area": 120.0, "units": 1.0}
FLATS: dict[str, str | float] = {"type": "MFH", "units": 8.0, "heating": "boiler"}


@pytest.fixture
def village(tmp_path: Path) -> Iterator[VillageStore]:
    with VillageStore(tmp_path / "village.db") as store:
        yield store


def stand(
    village: VillageStore,
    block: str,
    count: int,
    facts: dict[str, str | float],
    method: Method = Method.SURVEY,
) -> list[int]:
    """Let buildings stand in a block, and return their numbers."""
    at = len(village.cadastre())
    new = [
        NewBuilding(
            Streets().key("Holzheim", "Hauptstraße", str(at + n)),
            f"Hauptstraße {at + n}",
            "Holzheim",
            {name: Said(value, "ALKIS-Auszug", DAY, method) for name, value in facts.items()},
            block=block,
        )
        for n in range(1, count + 1)
    ]
    return [kept.building for kept in village.keep_buildings(new, NOW_MS)]


def test_a_block_is_counted_mark_by_mark(village: VillageStore) -> None:
    stand(village, "Mitte", 4, HOUSE)
    flats = stand(village, "Mitte", 2, FLATS)
    stand(village, "Rand", 5, {})
    year = YearSaid(2025, 90_000.0, "Abrechnung", Method.BILL, DAY)
    village.keep_years([(flats[0], year)], NOW_MS)
    row = EstimateRow(flats[1], 80_000.0, 60_000.0, 110_000.0, "typology")
    village.keep_run(NOW_MS, "Werte", (1, 0), [row], [])
    bare, full = quality_blocks(village)
    assert (bare.name, bare.buildings, bare.share) == ("Rand", 5, 0.0)
    assert (full.name, full.buildings) == ("Mitte", 6)
    assert full.have == {
        "type": 6, "age": 4, "area": 4, "heating": 2, "measured": 1, "estimated": 1
    }  # fmt: skip
    assert (full.of("heating"), full.of("area")) == (2, 6)  # a house's heating is its own


@pytest.mark.parametrize(
    ("counts", "rows"),
    [
        ({"A": 4}, []),
        ({"A": 5}, [("A", 5)]),
        ({"A": 3, "B": 2}, [("", 5)]),
        ({"A": 9, "B": 6, "C": 4}, [("A", 9), ("", 10)]),  # four alone would show by difference
        ({"A": 9, "B": 6, "": 5}, [("A", 9), ("B", 6), ("", 5)]),
        ({"A": 9, "B": 6, "": 1}, [("A", 9), ("", 7)]),
        ({"A": 7, "B": 3, "C": 3}, [("A", 7), ("", 6)]),
    ],
)
def test_no_row_is_of_fewer_than_five(
    village: VillageStore, counts: dict[str, int], rows: list[tuple[str, int]]
) -> None:
    for block, count in counts.items():
        stand(village, block, count, HOUSE)
    assert [(one.name, one.buildings) for one in quality_blocks(village)] == rows


def test_bars_are_as_long_as_their_numbers_say(village: VillageStore) -> None:
    stand(village, "Mitte", 5, HOUSE)
    stand(village, "Mitte", 3, {"type": "RH"}, Method.ESTIMATED)
    stand(village, "", 2, {})
    found = quality_picture(village)
    (kind,) = [one for one in found.fields if one.label == "Bauart"]
    assert (kind.said, kind.how) == ("8 von 10", "erhoben: 5, geschätzt: 3")
    assert [(one.method, one.begin, one.length) for one in kind.parts] == [
        ("measured", 0, 0), ("bill", 0, 0), ("survey", 0, 100), ("estimated", 100, 60)
    ]  # fmt: skip
    (heating,) = [one for one in found.fields if one.label == "Heizung"]
    assert heating.said == "entfällt"  # a household's own
    (row,) = found.blocks  # two without a block are few, so the block goes with them
    assert (row.name, row.place) == ("Kleine Blöcke und Gebäude ohne Block", None)
    assert row.buildings == "10"
    assert [one.said for one in row.cells][:2] == ["8 von 10", "5 von 10"]
    assert row.cells[0].length == 160


def test_where_nobody_may_know_there_is_no_bar(village: VillageStore) -> None:
    stand(village, "Mitte", 5, HOUSE)
    (row,) = quality_picture(village).blocks
    assert (row.name, row.cells[3].said, row.cells[3].length) == ("Mitte", "entfällt", None)


def test_map_and_completeness_lead_to_each_other(tmp_path: Path) -> None:
    (tmp_path / "hub.toml").write_text(
        '[hub]\nname = "Hub"\nvillage = "Holzheim"\n', encoding="utf-8"
    )
    config = load(tmp_path / "hub.toml")
    create(config)
    app = create_app(config, FixedClock(NOW_MS))
    client = sign_in(app.test_client(), Role.OFFICIAL)
    assert "Noch kein Gebäude" in client.get("/kataster/qualitaet").text
    with VillageStore(config.hub.village_db) as village:
        draw(village, NOW_MS)
        assert "niemand soll zu erkennen sein" in client.get("/kataster/qualitaet").text
        stand(village, "Block 2", 6, HOUSE)
        place = {one.name: one.place for one in village.heat_places("block")}["Block 2"]
    stand_of = client.get("/kataster/qualitaet").text
    assert "6 von 7" in stand_of
    assert 'href="/kataster/karte"' in stand_of
    map_page = client.get("/kataster/karte").text
    assert 'href="/kataster/qualitaet"' in map_page
    assert f'id="ort-{place}"' in map_page
