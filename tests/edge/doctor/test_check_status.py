from __future__ import annotations

import time
from pathlib import Path

import pytest

from edge.config import load
from edge.doctor.check_status import statuses
from edge.store.village import VillageStore
from tests.edge.worker.meter_drain.house import HUB


@pytest.mark.parametrize(
    ("status", "advice"), [("POWER_LOW", "Batterie"), ("ALARM POWER_LOW", "Anzeige")]
)
def test_a_meter_that_reports_something_is_told_with_what_to_do(
    tmp_path: Path, status: str, advice: str
) -> None:
    (tmp_path / "hub.toml").write_text(HUB)
    config = load(tmp_path / "hub.toml")
    assert list(statuses(config)) == []
    config.hub.state.mkdir()
    since = time.time_ns() // 1_000_000 - 7_200_000
    with VillageStore(config.hub.village_db) as village:
        assert list(statuses(config)) == []
        device = village.device("mbus:KAM-12345678-1B-04", meter_id="kita-waerme", seen_at=since)
        village.set_meter_status(device, status, "Die Batterie ist schwach.", since)
    (finding,) = statuses(config)
    assert (finding.check, finding.level) == ("status.kita-waerme", "warn")
    assert finding.message == "Kita, Wärme meldet seit 2 Stunden: Die Batterie ist schwach."
    assert advice in finding.advice
    with VillageStore(config.hub.village_db) as village:
        village.set_meter_status(device, "OK", "Nichts.", since + 1)
    assert list(statuses(config)) == []
