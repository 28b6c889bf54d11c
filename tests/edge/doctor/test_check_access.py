"""The doctor says that nobody may give accounts yet, and what to do."""

from __future__ import annotations

import time
from pathlib import Path

from edge.config import load
from edge.doctor.check_access import access
from edge.store.village import VillageStore


def test_it_is_said_until_there_is_an_administrator(tmp_path: Path) -> None:
    file = tmp_path / "hub.toml"
    file.write_text('[hub]\nname = "Haus"\nvillage = "Dorf"\n', "utf-8")
    config = load(file)
    assert list(access(config)) == []  # no hub yet: that is said elsewhere
    config.hub.state.mkdir()
    now_ms = time.time_ns() // 1_000_000
    with VillageStore(config.hub.village_db) as village:
        (found,) = access(config)
        assert (found.check, found.level) == ("access", "warn")
        assert found.message == "Noch verwaltet niemand die Zugänge."
        assert "dorfhub access first-code" in found.advice
        village.put_first_code(b"h" * 32, now_ms, now_ms + 60_000)
        (found,) = access(config)
        assert "ein Code dafür ist ausgegeben" in found.message
        assert "/einrichten" in found.advice
        village.add_account("Amsel", "amsel", ["administrator"], None, now_ms)
        assert list(access(config)) == []
