from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from edge.cli import root
from edge.config import load
from edge.config.template import Ports, first_hub_toml
from tests.furnish_unlock import memory_folder

PRINTABLE = st.text(min_size=1, max_size=100).filter(lambda t: t.isprintable() and t.strip())


def init(*arguments: object) -> Result:
    return CliRunner().invoke(root, ["init", *map(str, arguments)])


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_makes_a_hub_once(tmp_path: Path) -> None:
    folder = tmp_path / "hub"
    first = init(folder, "--name", 'Haus "am" Bach', "--village", "Wetterfeld")
    assert first.exit_code == 0, first.output
    assert "doctor" in first.output
    config = load(folder / "hub.toml")
    assert (config.hub.name, config.hub.village) == ('Haus "am" Bach', "Wetterfeld")
    assert config.hub.state == folder / "state"
    made = contents(folder)
    assert {"hub.toml", "state/journal.db", "state/village.db", "state/personal.db"} <= set(made)
    assert config.hub.keys.stat().st_mode & 0o077 == 0

    again = init(folder, "--name", "Anders", "--village", "Anderswo")
    assert again.exit_code == 0, again.output
    assert "Unverändert" in again.output
    kept = contents(folder)
    assert {name: kept[name] for name in made if not name.endswith(("-shm", "-wal"))} == {
        name: made[name] for name in made if not name.endswith(("-shm", "-wal"))
    }


def test_chosen_ports(tmp_path: Path) -> None:
    ports = ("--ports", 9001, 9002, 9003)
    assert init(tmp_path, "--name", "A", "--village", "B", *ports).exit_code == 0
    config = load(tmp_path / "hub.toml")
    assert (config.web.port, config.datasette.port, config.sync.port) == (9001, 9002, 9003)


def test_where_config_points(tmp_path: Path) -> None:
    path = tmp_path / "a" / "haus.toml"
    arguments = ["--config", str(path), "init", "--name", "A", "--village", "B"]
    assert CliRunner().invoke(root, arguments).exit_code == 0
    assert load(path).hub.name == "A"


def test_needs_names_for_a_new_hub(tmp_path: Path) -> None:
    result = init(tmp_path / "hub")
    assert result.exit_code == 2
    assert "--name" in result.output
    assert not (tmp_path / "hub").exists()


@pytest.mark.parametrize("name", ["a\nb", "\x1b[31m", " "])
def test_refuses_a_name_that_cannot_be_shown(tmp_path: Path, name: str) -> None:
    assert init(tmp_path / "hub", "--name", name, "--village", "B").exit_code == 2
    assert not (tmp_path / "hub").exists()


def test_a_broken_hub_toml_is_not_repaired(tmp_path: Path) -> None:
    path = tmp_path / "hub.toml"
    path.write_text("[hub\n")
    result = init(tmp_path, "--name", "A", "--village", "B")
    assert result.exit_code == 78
    assert "hub.toml" in result.output
    assert path.read_text() == "[hub\n"
    assert [p.name for p in tmp_path.iterdir()] == ["hub.toml"]


def test_the_only_key_is_not_made_where_a_restart_forgets_it(tmp_path: Path) -> None:
    folder = tmp_path / "hub"
    folder.mkdir()
    toml = folder / "hub.toml"
    with memory_folder() as memory:
        line = f'[personal]\nkey_file = "{memory / "run" / "personal.key"}"\n'
        toml.write_text(f'[hub]\nname = "A"\nvillage = "B"\n{line}')
        refused = init(folder)
        assert refused.exit_code == 1
        assert "nach dem nächsten Neustart weg" in refused.output
        assert "unlock setup" in refused.output
        assert not list(memory.rglob("*.key"))
        assert not (folder / "state" / "personal.db").exists()
        toml.write_text(toml.read_text().removesuffix(line))  # as the hint says
        assert init(folder).exit_code == 0
        toml.write_text(toml.read_text() + line)
        assert init(folder).exit_code == 0  # locked until it is set up, and left alone
        assert not list(memory.rglob("*.key"))
        whole = memory / "hub"  # where the data are forgotten as well, nothing is lost by itself
        assert init(whole, "--name", "A", "--village", "B").exit_code == 0


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_folder_that_cannot_be(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("")
    result = init(tmp_path / place, "--name", "A", "--village", "B")
    assert result.exit_code in (1, 2)
    assert result.exception is None or isinstance(result.exception, SystemExit)


@given(name=PRINTABLE, village=PRINTABLE)
def test_any_name_survives_the_file(name: str, village: str) -> None:
    read = tomllib.loads(first_hub_toml(name, village, Ports()))
    assert (read["hub"]["name"], read["hub"]["village"]) == (name, village)


def test_every_commented_line_is_right(tmp_path: Path) -> None:
    """What a person uncomments must be understood as it stands."""
    text = first_hub_toml("A", "B", Ports())
    lines = [
        line.removeprefix("# ") if re.match(r"# (\[|[a-z_]+ = )", line) else line
        for line in text.splitlines()
        if not line.startswith("kind = ") and "adapter" not in line
    ]
    path = tmp_path / "hub.toml"
    path.write_text("\n".join(lines))
    config = load(path)
    assert config.meters[0].meter_id == "halle"
    assert config.sites[0].communal
    assert config.personal.key_file == Path("/media/stick/dorfhub.key")
    assert config.web.host == "0.0.0.0"  # noqa: S104
