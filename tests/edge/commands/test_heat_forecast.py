"""`dorfhub heat forecast` at the terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.cli import root
from edge.config import load
from edge.store.village import VillageStore
from tests.edge.worker.test_load_watch import HUB


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    file = tmp_path / "hub.toml"
    file.write_text(HUB, "utf-8")
    config = load(file)
    config.hub.run.mkdir(parents=True)
    VillageStore(config.hub.village_db).close()
    return file


def _run(hub: Path, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(root, ["--config", str(hub), "heat", "forecast", *words])
    return done.exit_code, done.stdout if done.exit_code == 0 else done.output


def test_a_meter_that_never_spoke_is_said_to_have_none(hub: Path) -> None:
    code, text = _run(hub)
    assert code == 0
    assert text.splitlines() == [
        "Heizwerk",
        "  Keine Prognose. Von diesem Zähler gibt es noch keine Ablesungen, die Stunden ergeben.",
    ]


def test_json_has_what_is_stored(hub: Path) -> None:
    code, text = _run(hub, "werk", "--json")
    assert code == 0
    found = json.loads(text)["werk"]
    assert (found["forecast"]["method"], found["hours"], found["days"]) == ("", [], [])


def test_a_meter_that_is_none_and_a_hub_without_one_are_refused(hub: Path) -> None:
    code, text = _run(hub, "kita")
    assert (code, "Einen Zähler „kita“ gibt es in hub.toml nicht." in text) == (1, True)
    hub.write_text(HUB[: HUB.index("[[meters]]")], "utf-8")
    code, text = _run(hub)
    assert (code, "In hub.toml steht kein Zähler." in text) == (1, True)
