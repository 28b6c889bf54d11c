from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from edge.clock import FixedClock
from edge.config import Config, load
from edge.process.heartbeat import Heartbeat, Part, Status
from edge.store.village import VillageStore
from edge.store.village_rows import HeardMeter
from edge.web.app import create_app
from tests.signed_in import sign_in

NOW_MS = 1_790_000_100_000
TODAY = NOW_MS // 86_400_000
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
name = "Wärmezähler <Kita>"
site_id = "halle"
protocol = "wmbus"
wireless = "KAM-76348799"
"""
OWN = HeardMeter(
    "wmbus:KAM-76348799-1B-04", "KAM", "76348799", 0x1B, "heat", "none", NOW_MS, NOW_MS, 1
)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "hub.toml").write_text(HUB, "utf-8")
    config = load(tmp_path / "hub.toml")
    config.hub.run.mkdir(parents=True)
    with VillageStore(config.hub.village_db) as village:
        village.sync_sites(config)
    return config


def page(config: Config, path: str = "/geraete", status: int = 200) -> str:
    answer = sign_in(create_app(config, FixedClock(NOW_MS)).test_client()).get(path)
    assert answer.status_code == status
    return re.sub(r"\s+", " ", answer.get_data(as_text=True))


def hear(config: Config, *meters: HeardMeter) -> None:
    with VillageStore(config.hub.village_db) as village:
        village.note_heard(meters)


def collector(config: Config, state: str, message: str = "") -> None:
    status = Status("ok", "", (Part("turm", state, message),))
    Heartbeat(config.hub.run, "collector").write(status)


def test_a_hub_that_heard_nothing_says_so(config: Config) -> None:
    text = page(config)
    assert "Wärmezähler &lt;Kita&gt; (KAM-76348799)" in text
    assert 'class="warn"' in text
    assert "noch nie gehört" in text
    assert "Andere Zähler hört der Hub bisher nicht." in text
    assert "Das Sammeln der Messwerte steht still." in text


def test_the_village_s_meter_is_told_with_its_last_sign_of_life(config: Config) -> None:
    hear(config, replace(OWN, last_heard_at=NOW_MS - 180_000))
    assert "gehört vor 3 Minuten" in page(config)
    late = replace(config, meters=(replace(config.meters[0], poll_s=10.0),))
    clock = FixedClock(NOW_MS + 3_700_000)
    answer = sign_in(create_app(late, clock).test_client()).get("/geraete").get_data(as_text=True)
    assert 'class="bad"' in answer
    assert "zuletzt gehört" in answer


def test_households_are_a_number_and_never_a_name(config: Config) -> None:
    hear(config, OWN)
    others = [
        replace(OWN, device=f"wmbus:LUG-{n:08d}-07-04", manufacturer="LUG") for n in range(1234)
    ]
    hear(config, *others)
    text = page(config)
    assert "1.234 weitere Zähler" in text
    assert "Für keinen davon liegt eine Einwilligung vor: nichts wird aufbewahrt." in text
    assert "LUG" not in text
    with VillageStore(config.hub.village_db) as village:
        village.admit_meter(others[0].device, NOW_MS)
    text = page(config)
    assert "Für einen davon liegt eine Einwilligung vor" in text
    assert "LUG" not in text


def test_counters_of_the_day_and_the_week(config: Config) -> None:
    with VillageStore(config.hub.village_db) as village:
        village.add_counts("turm", TODAY - 7, {"heard": 1_000_000})
        village.add_counts("turm", TODAY - 6, {"heard": 1000, "noise": 4})
        village.add_counts("turm", TODAY, {"heard": 234, "kept": 30})
        village.add_counts("hof", TODAY, {"heard": 999})
    collector(config, "ok")
    text = page(config)
    assert "Telegramme von Zählern</th><td>234</td><td>1.234</td>" in text
    assert "Aufbewahrt</th><td>30</td><td>30</td>" in text
    assert "Rauschen</th><td>0</td><td>4</td>" in text
    assert "999" not in text
    assert "Hört zu." in text


@pytest.mark.parametrize(
    ("state", "message", "said"),
    [
        ("starting", "", "Wird gerade eingestellt."),
        ("degraded", "Kabel einstecken", "Kabel einstecken"),
        ("failed", "", "Antwortet nicht."),
    ],
)
def test_what_is_wrong_with_a_receiver_is_told(
    config: Config, state: str, message: str, said: str
) -> None:
    collector(config, state, message)
    assert said in page(config)


def test_what_was_lost_is_never_silent(config: Config) -> None:
    collector(config, "ok")
    with VillageStore(config.hub.village_db) as village:
        village.add_counts("turm", TODAY, {"heard": 9, "overflow": 2})
    text = page(config)
    assert "heute gingen 2 verloren" in text
    assert 'class="bad mark"' in text
    assert "Verloren, weil der Speicher zu langsam war</th><td>2</td>" in text


def test_an_unreadable_database_is_told(config: Config) -> None:
    client = sign_in(create_app(config, FixedClock(NOW_MS)).test_client())
    config.hub.village_db.write_bytes(b"no database at all, but long enough for one" * 99)
    answer = client.get("/geraete")  # nor can it be told whether the account still stands
    assert answer.status_code == 503
    assert "Das geht gerade nicht" in answer.get_data(as_text=True)


def test_the_board_leads_there_only_if_there_is_a_receiver(config: Config) -> None:
    assert 'href="/geraete"' in page(config, "/")
    assert 'href="/geraete"' not in page(replace(config, receivers=(), meters=()), "/")
    assert "kein Empfänger eingetragen" in page(replace(config, receivers=(), meters=()))


@pytest.mark.parametrize("is_wireless", [True, False])
def test_what_a_meter_reports_of_itself_stands_beside_it(
    config: Config,
    is_wireless: bool,  # noqa: FBT001
) -> None:
    if not is_wireless:
        (meter,) = config.meters
        config = replace(config, meters=(replace(meter, wireless=""),))
    hear(config, OWN)
    with VillageStore(config.hub.village_db) as village:
        device = village.device("mbus:KAM-76348799-1B-04", meter_id="kita", seen_at=NOW_MS)
        assert "Batterie" not in page(config)
        village.set_meter_status(device, "POWER_LOW", "Die Batterie ist schwach.", NOW_MS)
    text = page(config)
    assert "Die Batterie ist schwach." in text
    assert 'class="warn"' in text
