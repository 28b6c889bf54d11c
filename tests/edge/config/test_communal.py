from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from edge.config import ConfigError, Meter, load
from edge.config.communal import MOST_NAMES, Communal, communal_meters, communal_sites
from edge.config.model import Site
from edge.worker.load_watch import forecast_meters

SHORT = Meter("kita", "Kita", "dgh", "", "wmbus", wireless="KAM-76348799")
FULL = Meter("halle", "Halle", "dgh", "", "wmbus", wireless="KAM-76348799-1B-06")
LINE = Meter("bus", "Bus", "dgh", "serial:/dev/null")
HEAT, WATER, COLD = (f"wmbus:KAM-76348799-1B-{medium}" for medium in ("04", "06", "0A"))


def test_a_short_name_means_the_only_one_heard() -> None:
    communal = Communal([SHORT, LINE])
    assert communal.meter(HEAT) is SHORT
    communal.hear(HEAT)
    communal.hear(HEAT)
    communal.hear("wmbus:KAM-00000001-1B-04")
    assert communal.meter(HEAT) is SHORT
    assert communal.meter("wmbus:KAM-00000001-1B-04") is None
    assert communal.rivals(SHORT) == communal.rivals(LINE) == ()


def test_of_two_nobody_knows_which_is_meant() -> None:
    communal = Communal([SHORT], [WATER, HEAT])
    assert communal.meter(HEAT) is communal.meter(WATER) is None
    assert communal.candidate(HEAT) is SHORT
    assert communal.rivals(SHORT) == ("KAM-76348799-1B-04", "KAM-76348799-1B-06")


def test_a_full_name_means_one_and_leaves_the_rest_to_the_short_one() -> None:
    communal = Communal([SHORT, FULL], [HEAT, WATER])
    assert communal.meter(WATER) is FULL
    assert communal.meter(HEAT) is SHORT
    communal.hear(COLD)
    assert communal.meter(WATER) is FULL
    assert communal.meter(HEAT) is None
    assert Communal([FULL], [HEAT, COLD, WATER]).meter(HEAT) is None


def test_made_up_names_are_bounded() -> None:
    communal = Communal([SHORT], (f"wmbus:KAM-76348799-{one:02X}-04" for one in range(256)))
    assert len(communal.rivals(SHORT)) == MOST_NAMES


HUB = """
[hub]
name = "Dorfhub"
village = "Dorf"
[[sites]]
site_id = "netz"
name = "Wärmenetz"
communal = true
[[meters]]
meter_id = "werk"
name = "Heizwerk"
site_id = "netz"
transport = "serial:/dev/ttyUSB0"
"""


def test_a_plant_that_is_no_building_is_communal_and_a_household_never(tmp_path: Path) -> None:
    file = tmp_path / "hub.toml"
    file.write_text(HUB, "utf-8")
    config = load(file)
    assert [one.meter_id for one in communal_meters(config)] == ["werk"]
    assert communal_sites(config) == {"netz": "Wärmenetz"}
    # the rule holds where the reader of hub.toml would fail to
    home, nowhere = replace(SHORT, site_id="haus"), replace(FULL, site_id="weg")
    wider = replace(
        config,
        sites=(*config.sites, Site("haus", "Haus", communal=False)),
        meters=(home, *config.meters, nowhere),
    )
    assert [one.meter_id for one in communal_meters(wider)] == ["werk"]
    assert [one for one, _ in forecast_meters(wider)] == ["werk"]
    file.write_text(HUB.replace("true", "false"), "utf-8")
    with pytest.raises(ConfigError, match="kein öffentliches Gebäude"):
        load(file)
