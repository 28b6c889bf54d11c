from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.cli import root
from edge.config import Config


def run(config: Config, *arguments: str) -> Result:
    return CliRunner().invoke(root, ["--config", str(config.source), "publish", *arguments])


def test_build_then_audit(filled: Config, tmp_path: Path) -> None:
    folder = str(tmp_path / "daten")
    built = run(filled, "build", folder)
    assert built.exit_code == 0, built.output
    assert built.output == (
        "nothing to publish for hubzustand: of the hub itself no day is counted yet, or hub.toml "
        "says health = false\n"
        f"published {folder}/kommunale-waerme-v000001.db (61 hours, 3 days)\n"
        "nothing to publish for kurse: no course is published\n"
        "nothing to publish for lernstatistik: no season is over and counted\n"
        "nothing to publish for termine: nothing that hangs is ticked for open data\n"
        "nothing to publish for umwelt: hub.toml declares no public sensor (air)\n"
    )
    assert "\nunchanged " in run(filled, "build", folder).output
    audited = run(filled, "audit", folder)
    assert (audited.exit_code, audited.output) == (0, "pass kommunale-waerme-v000001.db\n")


def test_the_hubs_own_folder_is_the_default(filled: Config) -> None:
    assert run(filled, "build").exit_code == 0
    assert run(filled, "audit").output == "pass kommunale-waerme-v000001.db\n"
    assert list(filled.hub.public.glob("*.db"))


def test_audit_names_the_cell_that_leaks(filled: Config, tmp_path: Path) -> None:
    run(filled, "build", str(tmp_path))
    path = tmp_path / "kommunale-waerme-v000001.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("INSERT INTO site VALUES ('haus-7', 'Haus 7')")
    audited = run(filled, "audit", str(tmp_path))
    assert audited.exit_code == 1
    assert (
        "kommunale-waerme-v000001.db: site[site=haus-7]: the site is not declared communal in "
        "hub.toml\n"
    ) in audited.output
    assert "certificate.sha256: says" in audited.output


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("kommunale-waerme-v000009.db", b"nonsense", "SnapshotUnreadable"),
        ("haushalte-v000001.db", b"", "UnsupportedCube"),
        ("village.db", b"", "UnsupportedCube"),
    ],
)
def test_audit_exits_2_for_what_it_cannot_judge(
    filled: Config, tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    folder = tmp_path / "daten"
    folder.mkdir()
    (folder / name).write_bytes(content)
    audited = run(filled, "audit", str(folder))
    assert audited.exit_code == 2
    assert said in audited.output


def test_a_leak_counts_more_than_an_unreadable_file(filled: Config, tmp_path: Path) -> None:
    folder = tmp_path / "daten"
    run(filled, "build", str(folder))
    (folder / "kommunale-waerme-v000001.json").unlink()
    (folder / "other.db").write_bytes(b"")
    assert run(filled, "audit", str(folder)).exit_code == 1


def test_a_folder_that_is_not_there(filled: Config, tmp_path: Path) -> None:
    assert run(filled, "audit", str(tmp_path / "nowhere")).exit_code == 2


def test_a_folder_without_a_snapshot_passes_no_gate(filled: Config, tmp_path: Path) -> None:
    folder = tmp_path / "leer"
    folder.mkdir()
    audited = run(filled, "audit", str(folder))
    assert audited.exit_code == 2
    assert f"In {folder} liegt keine Veröffentlichung" in audited.output
    assert "pass" not in audited.output
    (folder / "kommunale-waerme.current").write_text("kommunale-waerme-v000001.db\n")
    assert run(filled, "audit", str(folder)).exit_code == 2


@pytest.mark.parametrize("command", ["build", "audit"])
def test_without_a_configuration_there_is_nothing_to_go_by(tmp_path: Path, command: str) -> None:
    missing = str(tmp_path / "hub.toml")
    result = CliRunner().invoke(root, ["--config", missing, "publish", command, str(tmp_path)])
    assert result.exit_code == 2
    assert "hub.toml" in result.output


def test_a_folder_that_cannot_be_written(filled: Config, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run(filled, "build", str(tmp_path / "file"))
    assert result.exit_code == 2
    assert "Schreibrechte" in result.output


def test_a_village_without_database(config: Config, tmp_path: Path) -> None:
    config.hub.village_db.unlink()
    result = run(config, "build", str(tmp_path / "daten"))
    assert result.exit_code == 2
    assert "dorfhub init" in result.output
