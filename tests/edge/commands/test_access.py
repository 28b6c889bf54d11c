"""Accounts at the hub's own command line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.cli import root
from edge.config import load
from edge.web.app import create_app

CODE = re.compile(r"^(?:\w{3}-){3}\w{3}$", re.MULTILINE)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("edge.access.secret.MEMORY_KIB", 8)
    made = CliRunner().invoke(
        root, ["init", str(tmp_path), "--name", "Hub", "--village", "Dorf"], catch_exceptions=False
    )
    assert "access first-code" in made.output
    return tmp_path / "hub.toml"


def access(hub: Path, *arguments: str) -> Result:
    return CliRunner().invoke(root, ["--config", str(hub), "access", *arguments])


def test_the_first_administrator(hub: Path) -> None:
    assert "first-code" in access(hub, "list").output
    code = CODE.search(access(hub, "first-code").output)
    assert code is not None
    client = create_app(load(hub)).test_client()
    form = {"code": code[0], "person": "Chris Ott", "passwort": "Kiesel Laterne Mohn"}
    assert client.post("/einrichten", data={**form, "noch-einmal": form["passwort"]})
    listed = access(hub, "list").output
    assert re.search(r"^\w+ \(Chris Ott\): helfen, verwaltung; mit Passwort$", listed, re.MULTILINE)
    assert client.get("/pult/zugaenge").status_code == 200
    refused = access(hub, "block", listed.split()[0])
    assert refused.exit_code == 1
    assert "letzte Zugang" in refused.output


def test_somebody_comes_and_goes(hub: Path) -> None:
    given = access(hub, "add", "--name", "Jana Vogt", "--role", "helfen").output
    found = re.search(r"Anmeldename: (.+)", given)
    card = re.search(r"DHA1-[0-9A-F]{32}", given)
    assert found is not None
    assert card is not None
    assert "Startwort" not in given
    client = create_app(load(hub)).test_client()
    client.post("/anmelden", data={"karte": card[0]})
    assert client.get("/geraete").status_code == 200
    assert access(hub, "block", found[1].lower()).exit_code == 0
    assert client.get("/geraete").status_code == 303
    assert "GESPERRT" in access(hub, "list").output
    assert access(hub, "block", found[1], "--undo").exit_code == 0
    assert card[0] not in access(hub, "reset", found[1], "--card").output
    assert client.post("/anmelden", data={"karte": card[0]}).status_code == 422
    assert "Startwort" in access(hub, "reset", found[1]).output


def test_what_cannot_be_is_said(hub: Path) -> None:
    for arguments in (("block", "Niemand"), ("reset", "Niemand"), ("add", "--name", "x" * 99)):
        refused = access(hub, *arguments)
        assert refused.exit_code == 1
        assert "Error: " in refused.output
    key = load(hub).personal.key_file
    key.rename(key.with_suffix(".away"))
    assert access(hub, "add", "--name", "Jana").exit_code == 75
    assert access(hub, "add").exit_code == 0
    assert "gesperrt" in access(hub, "list").output
    (hub.parent / "wrong.toml").write_text("[hub]\n", "utf-8")
    assert access(hub.parent / "wrong.toml", "list").exit_code == 78
