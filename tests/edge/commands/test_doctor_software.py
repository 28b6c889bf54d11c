"""An announced version is told to whoever looks after the hub, as long as it is newer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.cli import root
from edge.store.village import VillageStore
from edge.store.village_county import Software, put_software


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    made = CliRunner().invoke(root, ["init", str(tmp_path), "--name", "DGH", "--village", "Dorf"])
    assert made.exit_code == 0, made.output
    return tmp_path


def announce(hub: Path, *versions: str) -> None:
    with VillageStore(hub / "state" / "village.db") as village:
        for number, version in enumerate(versions):
            url = "https://example.org/dorfhub.whl" if version == "0.10.0" else ""
            one = Software(bytes(32), version, "Behebt Fehler.", url, 9, bytes(range(32)), number)
            with village.connection.transaction() as driver:
                put_software(driver, one)


def findings(hub: Path) -> list[dict[str, str]]:
    done = CliRunner().invoke(root, ["--config", str(hub / "hub.toml"), "doctor", "--json"])
    return [one for one in json.loads(done.stdout)["findings"] if one["check"] == "software"]


def test_the_newest_is_told_with_what_to_do(hub: Path) -> None:
    announce(hub, "0.9.0", "0.10.0", "0.2.0")
    (found,) = findings(hub)
    assert "Version 0.10.0" in found["message"]
    assert "Behebt Fehler." in found["message"]
    assert "https://example.org/dorfhub.whl" in found["advice"]
    assert "0001020304050607" in found["advice"]


def test_what_runs_already_or_is_older_is_no_news(hub: Path) -> None:
    announce(hub, "0.0.1", "0.1.0", "no number")
    assert findings(hub) == []
