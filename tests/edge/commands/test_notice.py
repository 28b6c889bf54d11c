"""What hangs on the board, by the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.cli import root


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    made = CliRunner().invoke(
        root, ["init", str(tmp_path), "--name", "Hub", "--village", "Dorf"], catch_exceptions=False
    )
    assert made.exit_code == 0, made.output
    return tmp_path / "hub.toml"


def _notice(hub: Path, *arguments: str) -> Result:
    return CliRunner().invoke(root, ["--config", str(hub), "notice", *arguments])


def test_a_notice_goes_up_and_down(hub: Path) -> None:
    assert "Nr. 1" in _notice(hub, "add", "Kaffee am Donnerstag", "--days", "3").output
    assert "Kaffee am Donnerstag" in _notice(hub, "list").output
    assert _notice(hub, "remove", "1").exit_code == 0
    assert "Es hängt nichts" in _notice(hub, "list").output


def test_what_does_not_hang_cannot_be_taken_down(hub: Path) -> None:
    gone = _notice(hub, "remove", "7")
    assert gone.exit_code == 1
    assert "Nr. 7 gibt es nicht" in gone.output


@pytest.mark.parametrize("title", ["  ", "x" * 81])
def test_a_title_fits_one_line(hub: Path, title: str) -> None:
    refused = _notice(hub, "add", title)
    assert refused.exit_code == 1
    assert "1 bis 80 Zeichen" in refused.output


def test_a_wrong_hub_toml_is_named(tmp_path: Path) -> None:
    (tmp_path / "hub.toml").write_text("[hub]\n", encoding="utf-8")
    assert _notice(tmp_path / "hub.toml", "list").exit_code == 78
