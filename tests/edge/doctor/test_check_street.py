from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from edge.config import Config, load
from edge.doctor.check_street import receivers
from edge.store.village import VillageStore
from edge.store.village_rows import HeardMeter

HUB = """
[hub]
name = "Hub"
village = "Holzheim"
[[sites]]
site_id = "halle"
name = "Dorfgemeinschaftshaus"
communal = true
[[receivers]]
receiver_id = "turm"
kind = "im871a"
transport = "serial:/dev/ttyUSB1"
[[meters]]
meter_id = "kita"
name = "Kita"
site_id = "halle"
protocol = "wmbus"
wireless = "KAM-76348799"
"""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "hub.toml").write_text(HUB, "utf-8")
    config = load(tmp_path / "hub.toml")
    config.hub.state.mkdir()
    VillageStore(config.hub.village_db).close()
    return config


def findings(config: Config) -> dict[str, tuple[str, str]]:
    return {one.check: (one.level, f"{one.message} {one.advice}") for one in receivers(config)}


def test_a_receiver_that_hears_nothing_needs_a_look(config: Config) -> None:
    found = findings(config)
    assert found["receiver.turm"][0] == "warn"
    assert "Antenne" in found["receiver.turm"][1]
    assert found["heard.Kita (KAM-76348799)"][0] == "warn"
    assert "noch nie gehört" in found["heard.Kita (KAM-76348799)"][1]
    with VillageStore(config.hub.village_db) as village:
        village.add_counts("turm", time.time_ns() // 86_400_000_000_000, {"noise": 7})
    assert "Nur: 7 Rauschen." in findings(config)["receiver.turm"][1]


def test_a_street_that_is_heard_is_well(config: Config) -> None:
    now_ms = time.time_ns() // 1_000_000
    kita = HeardMeter(
        "wmbus:KAM-76348799-1B-04", "KAM", "76348799", 0x1B, "heat", "none", now_ms, now_ms, 1
    )
    house = replace(kita, device="wmbus:KAM-76348700-1B-04", identification="76348700")
    with VillageStore(config.hub.village_db) as village:
        village.add_counts("turm", now_ms // 86_400_000, {"heard": 12, "kept": 2})
        village.note_heard([kita, house])
        village.admit_meter(house.device, now_ms)
    found = findings(config)
    assert {level for level, _ in found.values()} == {"ok"}
    assert "12 Telegramme von Zählern, 2 aufbewahrt" in found["receiver.turm"][1]
    assert "hört: 1, davon 1 mit Einwilligung" in found["street"][1]
    assert not any("76348700" in text for _, text in found.values())
    with VillageStore(config.hub.village_db) as village:
        village.add_counts("turm", now_ms // 86_400_000, {"overflow": 3})
    found = findings(config)
    assert found["receiver.turm"][0] == "warn"
    assert "3 verloren" in found["receiver.turm"][1]


def test_a_meter_not_heard_for_long_needs_a_look(config: Config) -> None:
    then_ms = time.time_ns() // 1_000_000 - 5 * 3_600_000
    kita = HeardMeter(
        "wmbus:KAM-76348799-1B-04", "KAM", "76348799", 0x1B, "heat", "none", then_ms, then_ms, 1
    )
    with VillageStore(config.hub.village_db) as village:
        village.note_heard([kita])
    level, text = findings(config)["heard.Kita (KAM-76348799)"]
    assert (level, "vor 5 Stunden gehört" in text) == ("warn", True)


def test_without_receivers_there_is_nothing_to_say(config: Config, tmp_path: Path) -> None:
    assert findings(replace(config, receivers=())) == {}
    (tmp_path / "state" / "village.db").unlink()
    assert findings(config) == {}


def test_two_meters_with_the_number_of_one_are_told_with_the_names_to_paste(
    config: Config,
) -> None:
    now_ms = time.time_ns() // 1_000_000
    heat = HeardMeter(
        "wmbus:KAM-76348799-1B-04", "KAM", "76348799", 27, "heat", "none", now_ms, now_ms, 1
    )
    with VillageStore(config.hub.village_db) as village:
        village.note_heard([heat, replace(heat, device="wmbus:KAM-76348799-1B-07")])
    (finding,) = (one for one in receivers(config) if one.check.startswith("heard."))
    assert finding.level == "warn"
    assert 'wireless = "KAM-76348799-1B-04" oder wireless = "KAM-76348799-1B-07"' in finding.advice
    (meter,) = config.meters
    config = replace(config, meters=(replace(meter, wireless="KAM-76348799-1B-04"),))
    (finding,) = (one for one in receivers(config) if one.check.startswith("heard."))
    assert finding.level == "ok"
