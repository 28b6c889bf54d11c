"""The hub with one communal meter, its stores open."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.clock import FixedClock
from edge.config import load
from edge.process.log import Log
from edge.store.journal import Journal
from edge.store.personal import PersonalStore
from edge.store.setup import create
from edge.store.village import VillageStore
from edge.worker.meter_drain import MeterDrain
from tests.edge.worker.meter_drain.house import HUB, NOON, House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    (tmp_path / "hub.toml").write_text(HUB)
    config = load(tmp_path / "hub.toml")
    create(config)
    with (
        PersonalStore.open(config.hub.personal_db, config.personal.key_file) as personal,
        Journal(config.hub.journal_db, personal.care_recipient()) as journal,
        VillageStore(config.hub.village_db) as village,
    ):
        village.sync_sites(config)
        meters = MeterDrain(config, journal, village, Log())
        yield House(config, journal, village, personal, FixedClock(NOON), meters)
