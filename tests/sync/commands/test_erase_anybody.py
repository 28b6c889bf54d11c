"""`dorfhub care erase` of somebody who is not in care, and its receipt."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.clock import SystemClock
from edge.config import Config, load
from edge.store.personal import PersonalStore
from sync.cli import root


def run(config: Path, *arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(
        root, ["--config", str(config), *arguments], input=typed, catch_exceptions=False
    )


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    made = CliRunner().invoke(
        root, ["init", str(tmp_path), "--name", "Hub", "--village", "Dorf"], catch_exceptions=False
    )
    assert made.exit_code == 0, made.output
    return tmp_path / "hub.toml"


def opened(hub: Path) -> PersonalStore:
    config: Config = load(hub)
    return PersonalStore.open(config.hub.personal_db, config.personal.key_file)


def test_who_has_only_an_account_is_found(hub: Path, tmp_path: Path) -> None:
    with opened(hub) as personal:
        personal.name_account(3, "Jana Vogt", 1 << 50)
    paper = tmp_path / "quittung.txt"
    done = run(
        hub, "care", "erase", "jana  VOGT", "--yes", "--by", "M. Kern", "--receipt", str(paper)
    )
    assert done.exit_code == 0, done.output
    text = paper.read_text()
    assert text.strip() in done.output
    assert "Gelöscht durch: M. Kern" in text
    assert "1 Name an einem Zugang" in text
    assert "er brauchte keinen Auftrag" in text
    assert "jana" not in text.lower()
    with opened(hub) as personal:
        assert personal.account_names() == {}
        assert personal.persons() == []
    again = run(hub, "care", "erase", "Jana Vogt", "--yes")
    assert again.exit_code == 1
    assert "gibt es nicht" in again.output


def test_a_no_leaves_nothing_behind(hub: Path) -> None:
    with opened(hub) as personal:
        personal.name_account(3, "Jana Vogt", 1 << 50)
    done = run(hub, "care", "erase", "Jana Vogt", typed="n\n")
    assert done.exit_code == 1
    with opened(hub) as personal:
        assert personal.persons() == []
        assert personal.account_names() == {3: "Jana Vogt"}


def test_who_is_in_care_under_almost_that_name_is_not_half_erased(hub: Path) -> None:
    with opened(hub) as personal:
        personal.add_person("Jana Vogt", SystemClock().stamp().wall_ms)
        personal.name_account(3, "Jana Vogt", 1 << 50)
    done = run(hub, "care", "erase", "JANA VOGT", "--yes")
    assert done.exit_code == 1
    assert "„Jana Vogt“" in done.output
    with opened(hub) as personal:
        assert personal.account_names() == {3: "Jana Vogt"}
    assert run(hub, "care", "erase", "Jana Vogt", "--yes").exit_code == 0
    with opened(hub) as personal:
        assert personal.account_names() == {}
