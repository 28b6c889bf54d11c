from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.cli import root
from edge.config import Config, load
from edge.store.personal import PersonalStore
from edge.store.setup import create
from edge.store.village import VillageStore

CUFF = "ble:C0112233AABB"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    path = tmp_path / "hub.toml"
    path.write_text('[hub]\nname = "Hub"\nvillage = "Dorf"\n')
    loaded = load(path)
    create(loaded)
    return loaded


def run(config: Config, *arguments: str) -> Result:
    return CliRunner().invoke(root, ["--config", str(config.source), "care", *arguments])


def pair(config: Config) -> None:
    with VillageStore(config.hub.village_db) as village:
        village.device(CUFF, kind="ble")


def test_from_a_person_to_their_sensor(config: Config) -> None:
    pair(config)
    assert "Noch niemand" in run(config, "person", "list").output
    added = run(config, "person", "add", "Erna Weber")
    assert added.exit_code == 0
    assert "Erna Weber (Nr. 1)" in added.output
    given = run(
        config, "consent", "give", "Erna Weber", "--sentence", "Ja, gern.", "--how", "Papier"
    )
    assert given.exit_code == 0
    assert "„Ja, gern.“" in given.output
    assert run(config, "assign", CUFF, "1", "--user-index", "2").exit_code == 0
    listed = run(config, "person", "list").output
    assert "Einwilligung: ja" in listed
    assert f"{CUFF} (Taste 2)" in listed
    withdrawn = run(config, "consent", "withdraw", "1")
    assert withdrawn.exit_code == 0
    assert "widerrufen" in withdrawn.output
    again = run(config, "consent", "withdraw", "1")
    assert again.exit_code == 0
    assert "keine Einwilligung" in again.output
    assert "Einwilligung: nein" in run(config, "person", "list").output
    with PersonalStore.open(config.hub.personal_db, config.personal.key_file) as personal:
        (consent,) = personal.consents(1)
    assert (consent.sentence, consent.given_how) == ("Ja, gern.", "Papier")
    assert consent.withdrawn_at is not None


@pytest.mark.parametrize(
    "arguments",
    [
        ("person", "add", "Erna"),
        ("person", "list"),
        ("consent", "give", "1"),
        ("consent", "withdraw", "1"),
        ("assign", CUFF, "1"),
    ],
)
def test_while_it_is_locked_each_command_says_so(
    config: Config, arguments: tuple[str, ...]
) -> None:
    config.personal.key_file.unlink()
    result = run(config, *arguments)
    assert result.exit_code == 75
    assert "gesperrt" in result.output
    assert "key_file" in result.output


def test_who_is_not_there_is_named(config: Config) -> None:
    for arguments in (("consent", "give", "Karl"), ("consent", "withdraw", "Karl")):
        result = run(config, *arguments)
        assert result.exit_code == 1
        assert "„Karl“ gibt es nicht" in result.output


def test_a_sensor_that_is_not_paired_is_refused(config: Config) -> None:
    run(config, "person", "add", "Erna")
    result = run(config, "assign", CUFF, "Erna")
    assert result.exit_code == 1
    assert "dorfhub ble pair" in result.output
    pair(config)
    assert CUFF in run(config, "assign", "ble:other", "Erna").output
    with PersonalStore.open(config.hub.personal_db, config.personal.key_file) as personal:
        assert personal.assignments() == []


def test_a_name_that_is_taken_is_refused_with_a_way_out(config: Config) -> None:
    run(config, "person", "add", "Erna")
    result = run(config, "person", "add", "Erna")
    assert result.exit_code == 1
    assert "Zusatz" in result.output


def test_the_wrong_key_is_named(config: Config) -> None:
    config.personal.key_file.write_text("00" * 32)
    result = run(config, "person", "list")
    assert result.exit_code == 1
    assert "nicht löschen" in result.output


def test_a_broken_hub_toml_is_named(config: Config) -> None:
    config.source.write_text("[hub]\n")
    result = run(config, "person", "list")
    assert result.exit_code == 78
    assert "[hub] name" in result.output


@pytest.mark.parametrize("path", [(), ("person",), ("consent",), ("assign",), ("consent", "give")])
def test_help_needs_no_hub(path: tuple[str, ...]) -> None:
    result = CliRunner().invoke(root, ["care", *path, "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.output
