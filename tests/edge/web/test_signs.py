"""What the board and the page for a stick say to somebody who stands before them."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from edge.clock import FixedClock
from edge.config import Config, load
from edge.store.village import VillageStore
from edge.store.village_rows import Road, RoadState
from edge.web.app import create_app

NOW = 1_795_000_000_000
HOUR = 3_600_000


@pytest.fixture
def config(tmp_path: Path) -> Config:
    file = tmp_path / "hub.toml"
    file.write_text('[hub]\nname = "DGH"\nvillage = "Holzheim"\n[sync]\nsticks = ["/media"]\n')
    config = load(file)
    config.hub.run.mkdir(parents=True)
    return config


def put(config: Config, state: RoadState, at: int = NOW, kind: str = "stick") -> None:
    with VillageStore(config.hub.village_db) as village:
        village.put_road(Road(kind, kind, state, "code", "Was war <b>.", "Was zu tun ist.", at))


def client(config: Config) -> FlaskClient:
    return create_app(config, FixedClock(NOW)).test_client()


def board(config: Config) -> str:
    return client(config).get("/").get_data(as_text=True)


@pytest.mark.parametrize(
    ("state", "mood"), [("busy", "warn"), ("good", "good"), ("bad", "bad"), ("gone", "")]
)
def test_the_sign_stands_on_the_board(config: Config, state: RoadState, mood: str) -> None:
    put(config, state)
    text = board(config)
    assert f'class="note sign {mood}" role="status"' in text
    assert "Was war &lt;b&gt;." in text
    assert "Was zu tun ist." in text
    assert ('http-equiv="refresh"' in text) is (state == "busy")


@pytest.mark.parametrize(
    ("state", "age_ms", "there"),
    [
        ("good", 23 * HOUR, True),
        ("good", 25 * HOUR, False),
        ("gone", HOUR, False),
        ("busy", HOUR + 1, False),
    ],
)
def test_an_old_sign_is_taken_down(
    config: Config, state: RoadState, age_ms: int, *, there: bool
) -> None:
    put(config, state, NOW - age_ms)
    assert ("Was zu tun ist." in board(config)) is there


def test_a_call_to_the_county_is_nothing_for_the_hall(config: Config) -> None:
    put(config, "bad", kind="call")
    assert "Was zu tun ist." not in board(config)


def test_the_page_for_a_stick_waits_with_whoever_waits(config: Config) -> None:
    with VillageStore(config.hub.village_db):
        pass
    text = client(config).get("/stick").get_data(as_text=True)
    assert "Es steckt kein Stick." in text
    assert 'http-equiv="refresh"' in text
    assert 'http-equiv="refresh"' not in client(config).get("/stick?halt=1").get_data(as_text=True)
    put(config, "good")
    assert "Was zu tun ist." in client(config).get("/stick").get_data(as_text=True)
    assert 'href="/stick"' in board(config)


def test_a_database_that_cannot_be_read_is_said(config: Config) -> None:
    config.hub.village_db.write_bytes(b"no database" * 200)
    answer = client(config).get("/stick")
    assert answer.status_code == 200
    assert "Gerade ist nicht zu sehen" in answer.get_data(as_text=True)


def test_when_it_last_went_well_stays_and_old_roads_go(config: Config) -> None:
    with VillageStore(config.hub.village_db) as village:
        village.put_road(Road("a:1", "call", "good", "ok", "", "", NOW, NOW))
        village.put_road(Road("a:1", "call", "bad", "cut", "ab", "", NOW + 1))
        village.put_road(Road("b:1", "call", "bad", "cut", "ab", "", NOW + 1))
        assert village.roads()[0].last_good_at == NOW
        village.drop_roads("call", ["a:1"])
        assert [road.road for road in village.roads()] == ["a:1"]
