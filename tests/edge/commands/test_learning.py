"""The learning point by the command line, as a volunteer types it."""

from __future__ import annotations

import re
from datetime import date, timedelta
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


def run(hub: Path, *arguments: str, typed: str | None = None, code: int = 0) -> str:
    done: Result = CliRunner().invoke(
        root, ["--config", str(hub), *arguments], input=typed, catch_exceptions=False
    )
    assert done.exit_code == code, done.output
    return done.output


def soon(days: int = 10) -> str:
    return f"{date.today() + timedelta(days=days):%d.%m.%Y}"  # noqa: DTZ011  # as somebody types it


@pytest.fixture
def course(hub: Path) -> str:
    run(hub, "learning", "season", "add", "S", "Saison", "--from", soon(-5), "--to", soon(90))
    run(hub, "learning", "room", "add", "saal", "Saal", "--seats", "40")
    told = run(
        hub, "course", "create", "Sicher im Netz", "--season", "S", "--first", soon(), "--start",
        "18:30", "--end", "20:00", "--times", "3", "--room", "saal", "--seats", "2", "--area", "5",
        "--cost", "12,50", "--digcomp", "4", "basic", "--simple", "Internet",
        "--title-in", "uk", "Безпека",
    )  # fmt: skip
    assert "Nr. 1" in told
    run(hub, "course", "publish", "1")
    return "1"


def slip_in(told: str) -> str:
    found = re.search(r"Zettel (\w{3} \w{3} \w{3})", told)
    assert found
    return found[1]


def test_from_the_plan_to_the_last_one_there(hub: Path, course: str) -> None:
    assert "2 Plätze frei" in run(hub, "course", "list")
    shown = run(hub, "course", "show", course)
    assert "6,00 UE" in shown
    assert "[uk] Безпека" in shown
    erna = slip_in(run(hub, "signup", "add", course, "Erna Weber", "--party", "2"))
    karl = slip_in(run(hub, "signup", "add", course, "Karl", "--phone", "06031 1234"))
    assert "Warteliste" in run(hub, "course", "list")
    assert "Warteliste, 0 vor" in run(hub, "signup", "show", karl.lower())
    assert "zu 2" in run(hub, "signup", "list", course)
    session = re.findall(r"^ +(\d+)  \w\w \d\d\.", run(hub, "course", "show", course), re.MULTILINE)
    assert "1: 2 da" in run(hub, "attendance", "tick", session[0], "1")
    assert "Da: Erna Weber" in run(hub, "attendance", "scan", session[0], typed=f"{erna}\n\nxx\n")
    assert "da: 3" in run(hub, "attendance", "walk-in", session[0], "3")
    assert "Da: 2 von 2, dazu 3" in run(hub, "attendance", "list", session[0])
    assert "DHK1-" in run(hub, "attendance", "card", erna)
    assert "Gerade ist nichts" in run(hub, "attendance", "now")
    moved = run(hub, "course", "move", course, "--only", soon(), "--drop", "--note", "Ferien")
    assert "fällt aus" in moved
    assert "verlegt. Ferien" in run(hub, "signup", "show", erna)
    run(hub, "course", "move", course, "--start", "17:00")
    assert "17:00–18:30" in run(hub, "course", "show", course)
    assert "Abgemeldet" in run(hub, "signup", "cancel", erna)
    assert "Gelöscht: 1" in run(hub, "signup", "erase", erna, "--yes")
    assert "gibt es keine Anmeldung" in run(hub, "signup", "show", erna, code=1)
    assert "anrufen" not in run(hub, "course", "cancel", course, "--note", "Krank")
    assert "fällt aus. Krank" in run(hub, "signup", "show", karl)
    assert run(hub, "course", "ical").count("STATUS:CANCELLED") == 3
    run(hub, "learning", "upkeep", "--clock-is-right")
    assert "noch keine Saison gezählt" in run(hub, "learning", "report", code=1)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("signup", "add", "9", "Erna"), "course list"),
        (("signup", "add", "1", "x" * 10_000), "1 bis 120 Zeichen"),
        (("signup", "add", "1", "Erna", "--party", "3"), "hat 2 Plätze"),
        (("signup", "show", "abc"), "9 Zeichen"),
        (("signup", "show", "222 222 223"), "stimmt ein Zeichen nicht"),
        (("course", "publish", "9"), "course list"),
        (("course", "move", "1", "--only", "01.01.2020", "--days", "1"), "kein Termin"),
        (("course", "cancel", "1", "--rev", "1"), "inzwischen geändert"),
        (("course", "copy", "1", "--to", "X"), "Saison gibt es nicht"),
        (("attendance", "tick", "99", "1"), "Termin gibt es nicht"),
    ],
)
def test_what_is_wrong_is_said_in_words(
    hub: Path, course: str, arguments: tuple[str, ...], told: str
) -> None:
    assert course == "1"
    assert told in run(hub, *arguments, code=1)


def test_a_locked_hub_receives(hub: Path, course: str) -> None:
    key = next(hub.parent.rglob("personal.key"))
    key.rename(key.with_suffix(".away"))
    told = run(hub, "signup", "add", course, "Erna")
    assert "noch nicht sicher" in told
    assert "gesperrt" in run(hub, "signup", "list", course, code=75)
    key.with_suffix(".away").rename(key)
    assert "hat einen Platz" in run(hub, "signup", "show", slip_in(told))


def test_a_table_is_read_whole_or_not_at_all(hub: Path, course: str, tmp_path: Path) -> None:
    assert course
    table = tmp_path / "herbst.csv"
    head = "Titel;Beginn;von;bis;Termine;Raum;Kosten;Bereich;Plaetze\n"
    line = f"Nähen für alle;{soon()};18:30;20:00;2;saal;12,50;2;8\n"
    table.write_bytes((head + line + line.replace("Nähen", "Malen")).encode("cp1252"))
    told = run(hub, "course", "import", str(table), "--season", "S")
    assert "Nähen für alle" in told
    assert "Malen" in run(hub, "course", "list", "--season", "S")
    for wrong, words in (
        (line.replace("18:30", "halb sieben"), "Zeile 3, Spalte „von“"),
        (line.replace("12,50", "viel"), "Zeile 3, Spalte „kosten“"),
        (line.replace(soon(), "31.02.2027"), "Zeile 3, Spalte „beginn“"),
        (line.replace(";2;saal", ";0;saal"), "Zeile 3:"),
        (line.replace(";8\n", ";acht\n"), "Zeile 3, Spalte „plaetze“"),
        (line.replace("saal", "keller"), "Raum gibt es nicht"),
    ):
        table.write_text(head + line.replace("Nähen", "Kochen") + wrong, encoding="utf-8")
        assert words in run(hub, "course", "import", str(table), "--season", "S", code=1)
    table.write_text("Titel;Wann\n", encoding="utf-8")
    assert "„wann“ gibt es nicht" in run(
        hub, "course", "import", str(table), "--season", "S", code=1
    )
    table.write_text("Titel\n", encoding="utf-8")
    assert "fehlt die Spalte" in run(hub, "course", "import", str(table), "--season", "S", code=1)
    assert "Kochen" not in run(hub, "course", "list", "--season", "S")


def test_last_season_s_course_again(hub: Path, course: str) -> None:
    run(hub, "learning", "season", "add", "T", "Danach", "--from", soon(177), "--to", soon(300))
    run(hub, "learning", "holiday", soon(192), "--name", "Feiertag")
    assert soon(192) not in (told := run(hub, "course", "copy", course, "--to", "T"))
    assert "Sicher im Netz" in told
    assert "Entwurf" in run(hub, "course", "list", "--season", "T")
    assert "Danach" in run(hub, "learning", "season", "list")
    assert "Saal" in run(hub, "learning", "room", "list")
    run(hub, "learning", "trainer", "add", "Karla Sommer")
    assert "Karla Sommer" in run(hub, "learning", "trainer", "list")
