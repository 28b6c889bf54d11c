from __future__ import annotations

import time
from pathlib import Path

import pytest

from edge.config import load
from edge.doctor.check_events import MOST, events
from edge.store.village import VillageStore


@pytest.mark.parametrize(("kind", "level"), [("counter_fell", "warn"), ("meter_exchanged", "ok")])
def test_recent_events_are_told_with_what_to_do(tmp_path: Path, kind: str, level: str) -> None:
    (tmp_path / "hub.toml").write_text('[hub]\nname = "Haus"\nvillage = "Dorf"\n')
    config = load(tmp_path / "hub.toml")
    assert list(events(config)) == []
    config.hub.state.mkdir()
    now_ms = time.time_ns() // 1_000_000
    with VillageStore(config.hub.village_db) as village:
        assert list(events(config)) == []
        village.add_event(now_ms - 40 * 86_400_000, "mbus:old", kind, "lange her")
        village.add_event(now_ms - 7_200_000, "mbus:KAM-1", kind, "Energie fiel von 2 auf 1 kWh")
    (finding,) = events(config)
    assert finding.level == level
    assert finding.message == "Vor 2 Stunden, mbus:KAM-1: Energie fiel von 2 auf 1 kWh."
    assert "getauscht" in finding.advice
    with VillageStore(config.hub.village_db) as village:
        for _ in range(MOST + 3):
            village.add_event(now_ms + 60_000, "mbus:b", kind, "x")
    assert len(list(events(config))) == MOST
