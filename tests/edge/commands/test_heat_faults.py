"""`dorfhub heat faults` as others call it: a table in; words, JSON or a drawing out."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

from edge.cli import root
from tests.made_faults import House, run, table


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sick = run(House(night_c=20.0, return_c=58.0), seed=3)
    path = tmp_path_factory.mktemp("faults") / "kita.csv"
    path.write_text("\n".join(table(replace(sick, heat=sick.heat + 9.0))))
    return path


def _run(*arguments: object, hub: Path | None = None) -> tuple[int, str]:
    where = [] if hub is None else ["--config", str(hub)]
    done = CliRunner().invoke(root, [*where, "heat", "faults", *map(str, arguments)])
    return done.exit_code, done.output


def test_what_people_read(file: Path) -> None:
    code, text = _run(file, "--hot-water", 40)
    assert code == 0
    assert text.startswith("Gesehen: 01.01.2023 bis 31.12.2023, 8760 Stunden mit Wärme.")
    order = [text.index(one) for one in ("1. Hohe Grund", "2. Keine Absenkung", "3. Rücklauf zu")]
    assert order == sorted(order)
    assert "Was tun: In der Regelung" in text
    assert "Ohne Befund: Lage der Fühler, Stillstand des Zählers" in text


def test_the_json_that_programs_read(file: Path) -> None:
    code, text = _run(file, "--json", "--loss", 120, "--wanted-return", 45)
    assert code == 0
    found = json.loads(text)
    kinds = {one["kind"]: one for one in found["faults"]}
    assert set(kinds) == {"return_high", "setback", "summer"}
    assert kinds["summer"]["meaning"] == "at_most"
    assert kinds["return_high"]["kwh"]["low"] < kinds["return_high"]["kwh"]["high"]
    assert found["findings"] == []


def test_drawings_stand_by_themselves(file: Path, tmp_path: Path) -> None:
    page, picture = tmp_path / "aus.html", tmp_path / "aus.svg"
    assert _run(file, "--draw", page)[0] == 0
    assert _run(file, "--draw", picture)[0] == 0
    assert page.read_text().count("<svg") == 3
    assert ET.parse(picture).getroot().tag.endswith("svg")  # noqa: S314  # our own


def test_a_healthy_building_leaves_nothing_to_draw(tmp_path: Path) -> None:
    path = tmp_path / "gut.csv"
    path.write_text("\n".join(table(run(seed=3))))
    code, text = _run(path)
    assert (code, "Kein Fehler gefunden." in text) == (0, True)
    code, text = _run(path, "--draw", tmp_path / "aus.svg")
    assert (code, "nichts zu zeichnen" in text) == (1, True)
    assert _run(path, "--draw", tmp_path / "aus.html")[0] == 0
    assert "Kein Fehler" in (tmp_path / "aus.html").read_text()


def test_own_limits_and_statements_beside_hub_toml_count(file: Path, tmp_path: Path) -> None:
    own = tmp_path / "faults.toml"
    own.write_text("[limits]\nnight_ratio = 2.0\n[meters.kita]\nhot_water_kwh_day = 400\n")
    for where in ({"hub": tmp_path / "hub.toml"}, {}):
        extra = [] if where else ["--limits", own]
        code, text = _run(file, *extra, **where)
        assert code == 0
        assert "Keine Absenkung" not in text
        assert "Hohe Grundlast" not in text
    code, text = _run(file, "--limits", own, "--hot-water", 40)
    assert "Warmwasser 40,0 kWh je Tag (so angegeben)" in text
    own.write_text("[limits]\nnight = 1\n")
    code, text = _run(file, "--limits", own)
    assert (code, "limits.night" in text) == (1, True)


def test_an_unusable_table_and_a_wrong_call_are_told_in_german(tmp_path: Path) -> None:
    path = tmp_path / "tage.csv"
    path.write_text("time_utc,heat\n2024-01-01,1\n2024-01-02,2\n2024-01-03,3\n")
    code, text = _run(path)
    assert (code, "stündliche Werte" in text) == (1, True)
    code, text = _run(path, "--hot-water", -3)
    assert (code, "größer als 0" in text) == (2, True)


@pytest.mark.parametrize("missing", ["numpy", "another"])
def test_without_numpy_it_says_what_to_install(
    file: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    class Without:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "edge.heat.faults.rules":
                raise ModuleNotFoundError(f"No module named {missing!r}", name=missing)

    monkeypatch.delitem(sys.modules, "edge.heat.faults.rules", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Without(), *sys.meta_path])
    done = CliRunner().invoke(root, ["heat", "faults", str(file)])
    if missing == "numpy":
        assert done.exit_code == 1
        assert "dorfhub[heat]" in done.output
    else:
        assert isinstance(done.exception, ModuleNotFoundError)


def test_a_file_of_an_old_editor_and_a_picture_without_a_place_are_told(
    file: Path, tmp_path: Path
) -> None:
    hub = tmp_path / "hub.toml"
    (tmp_path / "faults.toml").write_bytes("# Wärme\n[limits]\n".encode("cp1252"))
    code, text = _run(file, hub=hub)
    assert (code, "UTF-8" in text) == (1, True)
    (tmp_path / "typology.toml").write_bytes("# Gebäude".encode("cp1252"))
    hub.write_text('[hub]\nname = "H"\nvillage = "Dorf"\n')
    done = CliRunner().invoke(root, ["--config", str(hub), "heat", "estimate"])
    assert (done.exit_code, "UTF-8" in done.output) == (1, True)
    (tmp_path / "faults.toml").unlink()
    code, text = _run(file, "--draw", tmp_path / "nowhere" / "x.html", hub=hub)
    assert (code, "Schreibrechte" in text) == (1, True)
