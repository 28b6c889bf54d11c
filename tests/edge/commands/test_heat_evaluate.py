"""`dorfhub heat evaluate` as others call it: a file in, a table or one JSON object out."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.cli import root
from tests.made_heat import made, table


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    heat, temp = made(days=500)
    path = tmp_path_factory.mktemp("heat") / "reihe.csv"
    path.write_text("\n".join(table(heat, temp)))
    return path


def _run(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(root, ["heat", "evaluate", *map(str, arguments)])
    return done.exit_code, done.output


def test_the_json_that_programs_read(file: Path) -> None:
    code, text = _run(file, "--split", "2024-01-01", "--json")
    assert code == 0
    found = json.loads(text)
    assert set(found) >= {"daily", "h24", "h72", "naive"}
    assert set(found["daily"]) >= {"cv_rmse_percent", "nmbe_percent", "coverage80_percent"}
    assert found["daily"]["cv_rmse_percent"] < found["naive"]["daily"]["cv_rmse_percent"]
    for ahead in ("h24", "h72"):
        assert 0 < found[ahead]["mape_percent"] < found["naive"][ahead]["mape_percent"]
    assert found["fit"] == {"from": "2023-01-01", "to": "2024-01-01", "days": 365}
    assert found["test"]["from"] == "2024-01-01"
    assert any(one["rule"] == "short_test" for one in found["findings"])


def test_what_people_read(file: Path) -> None:
    code, text = _run(file, "--split", "2024-01-01")
    assert code == 0
    assert "Gelernt:       2023-01-01 bis vor 2024-01-01, 365 Tage" in text
    assert "einfach: letzter Tag noch einmal" in text
    assert "kein volles Jahr danach" in text


def test_an_unusable_table_is_told_in_german(tmp_path: Path) -> None:
    path = tmp_path / "falsch.csv"
    path.write_text("zeit,wert\n2024-01-01,1\n")
    code, text = _run(path)
    assert code == 1
    assert "Die erste Zeile nennt die Spalten time_utc, heat und temp_c." in text


@pytest.mark.parametrize("split", ["9999-12-31", "0001-01-01"])
def test_a_refusal_leaves_nothing_for_programs_and_tells_what_was_found(
    file: Path, tmp_path: Path, split: str
) -> None:
    path = tmp_path / "reihe.csv"
    path.write_text(file.read_text() + '\n2024-05-15 00:00Z,"12,3\n')
    done = CliRunner().invoke(root, ["heat", "evaluate", str(path), "--split", split, "--json"])
    assert (done.exit_code, done.stdout) == (1, "")
    assert isinstance(done.exception, SystemExit)
    assert "Anführungszeichen" in done.stderr


def test_what_excel_calls_unicode_is_read(file: Path, tmp_path: Path) -> None:
    path = tmp_path / "excel.csv"
    path.write_text(file.read_text(), encoding="utf-16")
    code, text = _run(path, "--split", "2024-01-01", "--json")
    assert code == 0
    assert json.loads(text)["fit"]["days"] == 365


def test_a_file_in_another_encoding_is_read(tmp_path: Path) -> None:
    heat, temp = made(days=120)
    lines = table(heat, temp)
    lines = [lines[0] + ",Ort", *(line + ",Fürth" for line in lines[1:])]
    path = tmp_path / "latin.csv"
    path.write_bytes("\n".join(lines).encode("latin-1"))
    code, text = _run(path, "--split", "2023-04-01", "--json")
    assert code == 0
    assert json.loads(text)["fit"]["days"] == 90


def test_days_alone_give_no_hours(tmp_path: Path) -> None:
    heat, temp = made(days=400)
    path = tmp_path / "tage.csv"
    whole = [values.reshape(-1, 24).mean(axis=1) for values in (heat, temp)]
    at = [line.split(",")[0] for line in table(heat, temp)[1::24]]
    path.write_text("\n".join(table(*whole, at)))
    code, text = _run(path, "--split", "2023-12-01", "--json")
    assert code == 0
    found = json.loads(text)
    assert found["h24"]["mape_percent"] is None
    assert found["daily"]["cv_rmse_percent"] > 0
    code, text = _run(path, "--split", "2023-12-01")
    assert code == 0
    assert "keine Stunden" in text


@pytest.mark.parametrize("missing", ["numpy", "another"])
def test_without_numpy_it_says_what_to_install(
    file: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    class Without:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "edge.heat.forecast.evaluate":
                raise ModuleNotFoundError(f"No module named {missing!r}", name=missing)

    monkeypatch.delitem(sys.modules, "edge.heat.forecast.evaluate", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Without(), *sys.meta_path])
    done = CliRunner().invoke(root, ["heat", "evaluate", str(file)])
    if missing == "numpy":
        assert done.exit_code == 1
        assert "dorfhub[heat]" in done.output
    else:
        assert isinstance(done.exception, ModuleNotFoundError)
