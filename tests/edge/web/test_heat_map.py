"""The map of heat: its classes, what is drawn grey and why, and that a list has the same."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.access.role import Role
from edge.clock import FixedClock
from edge.config import load
from edge.publish.build_plan import build_plan
from edge.store.setup import create
from edge.store.village import VillageStore
from edge.web.app import create_app
from edge.web.heat_map import heat_map, level_of
from tests.attacks.published import hub, tell
from tests.furnish_heat_map import draw
from tests.made_plan import village as made_village
from tests.signed_in import sign_in

NOW_MS = 1_795_447_440_000


@pytest.fixture
def village(tmp_path: Path) -> Iterator[VillageStore]:
    with VillageStore(tmp_path / "village.db") as store:
        yield store


def test_classes_have_their_limits() -> None:
    assert [level_of(one, "block") for one in (0, 100, 100.1, 200.1, 400.1, 800.1)] == [
        1, 1, 2, 3, 4, 5
    ]  # fmt: skip
    assert level_of(1500.5, "section") == 4


def test_an_empty_village_has_no_map(village: VillageStore) -> None:
    found = heat_map(village, "block")
    assert (found.spots, found.is_drawn, found.as_of) == ((), False, "")
    village.keep_place("block", "B1", {}, 1)
    (one,) = heat_map(village, "block").spots
    assert "noch nicht geschätzt" in one.words


def test_blocks_are_drawn_by_class_and_small_ones_grey(village: VillageStore) -> None:
    draw(village, NOW_MS)
    found = heat_map(village, "block")
    spots = {one.name: one for one in found.spots}
    assert [spots[f"Block {n}"].level for n in range(1, 7)] == [1, 2, 3, 4, 5, 3]
    assert [one.name for one in found.spots][:2] == ["Block 5", "Block 4"]
    small = spots["Am Waldrand"]
    assert (small.level, small.heat, bool(small.path)) == (0, "", True)
    assert "weniger als 5 Gebäude" in small.words
    lost = spots["Ohne Umriss und Fläche"]
    assert (lost.level, lost.path, lost.why) == (0, "", "die Fläche ist nicht bekannt")
    assert lost.heat == "140 MWh im Jahr"
    assert spots["Block 5"].density == "930 MWh je ha"
    assert spots["Block 5"].band == "893 bis 1.400 MWh"
    assert [one.count for one in found.levels] == [1, 1, 2, 1, 1]
    assert [one.span for one in found.levels][::2] == ["bis 100", "über 200 bis 400", "über 800"]
    assert found.grey == 2
    assert len(found.streets) == 4
    numbers = [int(one) for spot in found.spots for one in re.findall(r"\d+", spot.path)]
    assert min(numbers) >= 0
    assert max(numbers) <= max(found.width, found.height)
    # north is above: block 4 lies north of block 1, and its number stands in it
    assert spots["Block 4"].y < spots["Block 1"].y
    for spot in found.spots:
        if spot.path:
            xs = [int(one) for one in re.findall(r"(\d+) \d+", spot.path)]
            assert min(xs) < spot.x < max(xs)
    # a bar of so many m is as long as they are: block 1 is 130 m wide
    assert found.bar_m * (1000 - 48) / (found.bar_units * 550) == pytest.approx(1, rel=0.1)


def test_streets_are_drawn_by_class(village: VillageStore) -> None:
    draw(village, NOW_MS)
    found = heat_map(village, "section")
    assert {one.name: one.level for one in found.spots} == {
        "Hauptstraße": 5, "Lindenweg": 3, "Am Bach": 1, "Hohlweg": 0
    }  # fmt: skip
    assert all(not one.path.endswith("Z") for one in found.spots)
    assert len(found.streets) == 7
    one = found.spots[0]
    assert one.density == "3.400 kWh je m"


def test_officials_and_administrators_see_map_and_list(tmp_path: Path) -> None:
    file = tmp_path / "hub.toml"
    file.write_text('[hub]\nname = "Hub"\nvillage = "Holzheim"\n')
    config = load(file)
    create(config)
    with VillageStore(config.hub.village_db) as village:
        draw(village, NOW_MS)
    app = create_app(config, FixedClock(NOW_MS))
    assert app.test_client().get("/kataster/karte").status_code == 303
    official = sign_in(app.test_client(), Role.OFFICIAL)
    page = official.get("/kataster/karte").get_data(as_text=True)
    links = set(re.findall(r'<a href="#(ort-\d+)"', page))
    assert links == set(re.findall(r'<li id="(ort-\d+)"', page)) - {"ort-8"}
    assert "weniger als 5 Gebäude" in page
    assert "Beispielwerte" in page
    page = official.get("/kataster/karte/strassen").get_data(as_text=True)
    assert "3.400 kWh je m" in page
    mine = official.get("/pult/mein").get_data(as_text=True)
    assert "/kataster/karte" in mine


def test_what_is_published_is_linked_where_people_look(tmp_path: Path) -> None:
    config = hub(tmp_path)
    create(config)
    app = create_app(config, FixedClock(NOW_MS))
    official = sign_in(app.test_client(), Role.OFFICIAL)
    for path in ("/zahlen", "/kataster/karte/strassen"):
        assert "/-/waermekataster" not in official.get(path).get_data(as_text=True)
    tell(config, made_village(random.Random(1), 60), 2026)
    build_plan(config, config.hub.public, datetime(2026, 6, 1, tzinfo=UTC))
    assert "/-/waermekataster" in official.get("/zahlen").get_data(as_text=True)
    page = official.get("/kataster/karte/strassen").get_data(as_text=True)
    assert re.search(r'href="http://localhost:\d+/-/waermekataster\?layer=strassen"', page)
