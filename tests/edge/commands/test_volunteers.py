"""The rota and lending by the command line, as a volunteer types it."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.cli import root


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    made = CliRunner().invoke(
        root, ["init", str(tmp_path), "--name", "Hub", "--village", "Dorf"], catch_exceptions=False
    )
    assert made.exit_code == 0, made.output
    return tmp_path / "hub.toml"


def run(hub: Path, *arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(root, ["--config", str(hub), *arguments], catch_exceptions=False)
    assert done.exit_code == code, done.output
    return done.output


def day(ahead: int) -> str:
    return f"{date.today() + timedelta(days=ahead):%d.%m.%Y}"  # noqa: DTZ011  # as somebody types it


def test_something_is_lent_and_comes_back_broken(hub: Path) -> None:
    assert "Noch nichts" in run(hub, "lending", "list")
    run(hub, "lending", "add", "Beamer", "--shelf", "Regal 2", "--part", "Kabel", "--deposit", "20")
    run(hub, "lending", "add", "Garten", "--is-room")
    assert "Pfand 20,00 €" in run(hub, "lending", "list")
    assert "frei         1  Beamer" in run(hub, "lending", "free", day(0), day(2))
    assert "Garten" in run(hub, "lending", "free", day(1), "--from", "14", "--to", "16")
    run(hub, "lending", "free", day(1), "--from", "14", code=2)
    told = run(hub, "lending", "reserve", "1", "Erna Weber", "--from", day(0), "--to", day(2))
    found = re.search(r"Zettel (\w{3} \w{3} \w{3}): Beamer, reserviert", told)
    assert found
    run(hub, "lending", "reserve", "1", "Karl", "--from", day(2), code=1)
    assert "vergeben" in run(hub, "lending", "free", day(0), day(2))
    assert "Erna Weber  (ohne Telefon)" in run(hub, "lending", "today")
    assert "dabei: Kabel" in run(hub, "lending", "out", "1")
    assert "ausgegeben" in run(hub, "lending", "show", found[1].lower())
    run(hub, "lending", "cancel", found[1], code=1)
    back = run(
        hub, "lending", "back", "1", "--condition", "beschädigt", "--remark", "Lampe", "--broken"
    )
    assert "Pfand zurückgeben: 20,00 €" in back
    assert "Defekt: Beamer: Lampe" in run(hub, "lending", "today")
    run(hub, "lending", "fault", "1", "--mended")
    assert "DEFEKT" not in run(hub, "lending", "list")
    run(hub, "lending", "erase", found[1], "--yes")
    run(hub, "lending", "show", found[1], code=1)
    run(hub, "lending", "add", "X", "--deposit", "viel", code=2)


def test_a_rota_from_the_gap_to_the_certificate(hub: Path) -> None:
    assert "Keine Dienste" in run(hub, "rota", "list")
    assert "Noch niemand" in run(hub, "rota", "volunteer", "list")
    karl = ("rota", "volunteer", "add", "Karl Müller", "--phone", "06031 1", "--coordinates")
    assert "Nr. 1" in run(hub, *karl)
    run(hub, "rota", "volunteer", "add", "Lina")
    assert "Koordination" in run(hub, "rota", "volunteer", "list")
    made = run(
        hub, "rota", "add", "Jugendgruppe", "--place", "Saal", "--day", day(1), "--start", "16",
        "--end", "18", "--qualification", "juleica", "--times", "3",
    )  # fmt: skip
    assert made.count("Angelegt") == 3
    run(hub, "rota", "on", "1", "1", code=1)
    run(hub, "rota", "qualification", "hold", "1", "juleica", code=1)
    run(hub, "rota", "qualification", "hold", "1", "juleica", "--until", day(30))
    run(hub, "rota", "qualification", "hold", "2", "juleica", "--since", day(-1))
    run(hub, "rota", "qualification", "add", "eh", "Erste Hilfe", "--months", "24")
    kinds = run(hub, "rota", "qualification", "list")
    assert "Karl Müller: Juleica läuft ab" in kinds
    assert "gilt 24 Monate" in kinds
    assert "ES FEHLEN" not in run(hub, "rota", "on", "1", "1")
    assert "gibt ab" in run(hub, "rota", "offer", "1", "1")
    assert "Lina" in run(hub, "rota", "take", "1", "1", "2")
    assert "ES FEHLEN 1" in run(hub, "rota", "off", "1", "2")
    assert "Abgesagt: 2" in run(hub, "rota", "cancel", "2", "--series")
    assert run(hub, "rota", "list").count("Jugendgruppe") == 3
    past = ("--day", day(-2), "--start", "10", "--end", "12")
    run(hub, "rota", "add", "Plakate", "--place", "Dorf", *past)
    assert "alles ist bestätigt" in run(hub, "rota", "hours", "open").lower()
    run(hub, "rota", "on", "4", "1")
    assert "2 Std." in run(hub, "rota", "hours", "open")
    run(hub, "rota", "hours", "confirm", "4", "1", "--hours", "nie", code=1)
    assert "1 Std. 30 Min." in run(hub, "rota", "hours", "confirm", "4", "1", "--hours", "1:30")
    run(hub, "rota", "hours", "add", "1", day(-2), "0,5", "Putzen")
    year = (date.today() - timedelta(days=2)).year  # noqa: DTZ011  # of the shift
    assert "Karl Müller: 2 Std." in run(hub, "rota", "hours", "year", str(year))
    assert "Noch keine" in run(hub, "rota", "hours", "year", "2001")
    run(hub, "rota", "volunteer", "erase", "1", "--yes")
    assert "Karl" not in run(hub, "rota", "volunteer", "list")


def test_what_is_locked_says_so(hub: Path) -> None:
    (key,) = hub.parent.rglob("personal.key")
    key.unlink()
    run(hub, "rota", "list", code=75)
    run(hub, "lending", "add", "Beamer")
    assert "Zettel" in run(hub, "lending", "reserve", "1", "Erna", "--from", day(1))
    assert "Namen sind gerade gesperrt" in run(hub, "lending", "today")
