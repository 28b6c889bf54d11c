"""The desk's pages with three years of a busy learning point behind them.

Figures are printed and stand in `extra_info`; nothing is asserted of times.
"""

from __future__ import annotations

import time as clock
from datetime import date, time
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from pytest_benchmark.fixture import BenchmarkFixture

from edge.clock import FixedClock
from edge.config import load
from edge.desk.reports import count_seasons
from edge.desk.vault import Vault
from edge.learning.moment import to_ms
from edge.store.setup import create
from edge.store.village import VillageStore
from edge.web.app import create_app
from hardware.reading import TimeQuality
from tests.benchmarks.test_learning import COURSES, PEOPLE, SEASONS, filled
from tests.signed_in import sign_in

PAGES = ("/pult/bericht", "/pult/bericht/tabelle.csv", "/pult", "/pult/kurse", "/pult/einlass")


@pytest.mark.benchmark(group="learning")
def test_pages_with_three_years_behind_them(tmp_path: Path, benchmark: BenchmarkFixture) -> None:
    (tmp_path / "hub.toml").write_text('[hub]\nname = "Hub"\nvillage = "Holzheim"\n', "utf-8")
    config = load(tmp_path / "hub.toml")
    create(config)
    today = date(2027, 6, 1)
    now_ms = to_ms(today, time(12))
    with (
        VillageStore(config.hub.village_db) as village,
        Vault.of(config) as vault,
        vault.open() as personal,
    ):
        filled(village, personal)
        count_seasons(village, personal, today=today, now_ms=now_ms)
    app = create_app(config, FixedClock(now_ms, TimeQuality.SYNCHRONISED))
    client = sign_in(app.test_client())
    for path in PAGES:
        took = _ms(client, path)
        benchmark.extra_info[path] = round(took, 1)
        print(f"\n{path}: {took:.0f} ms")  # noqa: T201
    page = benchmark(lambda: client.get("/pult/bericht").text)
    assert f"{SEASONS * COURSES * PEOPLE} Belegungen" in page


def _ms(client: FlaskClient, path: str) -> float:
    """Return the best of five, in ms."""
    best = float("inf")
    for _ in range(5):
        begun = clock.perf_counter()
        assert client.get(path).status_code == 200
        best = min(best, clock.perf_counter() - begun)
    return best * 1000
