"""The shelf by the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.cli import root
from edge.config import load
from edge.material.shelf import shelf_of
from tests.edge.material import makers


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    made = CliRunner().invoke(
        root, ["init", str(tmp_path), "--name", "Hub", "--village", "Dorf"], catch_exceptions=False
    )
    assert made.exit_code == 0, made.output
    return tmp_path / "hub.toml"


def run(hub: Path, *arguments: str, code: int = 0) -> str:
    done: Result = CliRunner().invoke(
        root, ["--config", str(hub), "material", *arguments], catch_exceptions=False
    )
    assert done.exit_code == code, done.output
    return done.output


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    folder = tmp_path / "paket"
    folder.mkdir()
    (folder / "heft.pdf").write_bytes(makers.pdf())
    (folder / "brot.wav").write_bytes(makers.wav())
    (folder / "brot.de.vtt").write_text(makers.VTT)
    return folder


def test_a_file_is_added_listed_and_removed(hub: Path, pack: Path) -> None:
    assert "Noch nichts" in run(hub, "list")
    told = run(
        hub, "add", str(pack / "heft.pdf"), "--language", "de", "--licence", "own", "--show",
        "--title", "Das Heft",
    )  # fmt: skip
    assert told.startswith("neu ")
    assert run(hub, "add", str(pack / "heft.pdf")).startswith("da ")
    assert "Das Heft" in run(hub, "list")
    assert "fehlt" not in run(hub, "list")
    assert "Gelöscht: Das Heft" in run(hub, "remove", "1")
    assert "material list" in run(hub, "remove", "1", code=1)


def test_a_folder_comes_with_its_captions_and_says_what_it_did_not_take(
    hub: Path, pack: Path
) -> None:
    assert run(hub, "add", str(pack)).count("neu ") == 2
    assert "fehlt: language, licence" in run(hub, "list")
    (pack / "spiel.exe").write_bytes(b"MZ\x90\0")
    (pack / "böse.pdf").write_bytes(makers.pdf(change=makers.with_launch))
    told = run(hub, "add", str(pack), code=1)
    assert told.count("nein ") == 2
    assert "Nicht genommen: 2" in told
    empty = pack / "leer"
    empty.mkdir()
    assert "nichts" in run(hub, "add", str(empty), code=1)


def test_what_is_spoiled_missing_or_nobodys_is_found_and_healed(hub: Path, pack: Path) -> None:
    run(hub, "add", str(pack))
    assert "Alles ist" in run(hub, "check")
    shelf = shelf_of(load(hub))
    found = {ending: shelf.path(digest, ending) for digest, ending in shelf.held()}
    assert set(found) == {"pdf", "wav", "vtt"}
    found["pdf"].write_bytes(b"%PDF-spoiled")
    found["wav"].unlink()
    strange = shelf.path("0" * 64, "mp3")
    strange.parent.mkdir(exist_ok=True)
    strange.write_bytes(b"x")
    told = run(hub, "check", code=1)
    for word in ("verdorben", "fehlt", "herrenlos"):
        assert word in told
    run(hub, "add", str(pack))
    assert "Gelöscht: 1" in run(hub, "check", "--tidy")
    assert "Alles ist" in run(hub, "check")
