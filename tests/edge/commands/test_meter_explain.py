"""`dorfhub meter decode --explain`, `--json`, `--toml` and profiles of one's own."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.cli import root
from edge.profiles import LONGEST_FILE

GOOD = "681F1F680802727856341224400107550000000313153100DA023B13018B60043718021816"
NOBODY = "6803036808017881 16".replace(" ", "")
PROFILE = """
profile = "pad"
title = { de = "Pad", en = "Pad" }
match = [{ manufacturer = "PAD" }]
records = { volume = "water" }
"""


def run(*arguments: str, text: str | None = GOOD) -> Result:
    return CliRunner().invoke(root, ["meter", "decode", *arguments], input=text)


def test_explain_prints_the_table_and_a_profile() -> None:
    result = run("--explain")
    assert result.exit_code == 0
    assert "Zählernummer              12345678" in result.stdout
    assert 'profile = "pad-01-07"' in result.stdout
    assert "\x1b" not in result.stdout
    assert "12345678" in run("--explain", "--language", "en").stdout
    assert "meter's number" in run("--explain", "--language", "en").stdout


def test_colours_are_for_terminals_only(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = run("--explain").stdout
    monkeypatch.setattr("edge.commands.meter_explain.is_terminal", lambda: True)
    coloured = (
        CliRunner().invoke(root, ["meter", "decode", "--explain"], input=GOOD, color=True).stdout
    )
    assert "\x1b[32m" in coloured
    assert plain in coloured.replace("\x1b[32m", "").replace("\x1b[0m", "")


def test_spans_as_json() -> None:
    result = run("--explain", "--json")
    assert result.stdout == run("--json").stdout == run("--json", "--explain").stdout
    answer = json.loads(result.stdout)
    assert answer["profile"] is None
    assert "".join(one["hex"] for one in answer["spans"] if one["depth"] == 0) == GOOD
    broken = run("--json", text=GOOD[:-4] + "0016")
    assert broken.exit_code == 1
    answer = json.loads(broken.stdout)
    assert answer["error"] == "FrameError"
    assert any(one["state"] == "bad" for one in answer["spans"])


def test_a_profile_alone(tmp_path: Path) -> None:
    result = run("--toml")
    path = tmp_path / "pad.toml"
    path.write_text(result.stdout, encoding="utf-8")
    checked = CliRunner().invoke(root, ["meter", "profile", "check", str(path)])
    assert checked.exit_code == 0
    assert "in Ordnung, 1 Beispiel stimmt." in checked.stdout
    nothing = run("--toml", text=NOBODY)
    assert nothing.stdout == ""
    assert "Kein Gerüst" in nothing.stderr
    assert "Kein Gerüst" in run("--explain", text=NOBODY).stdout


def test_lines_that_are_no_hex_are_named() -> None:
    result = run("--explain", text=f"xyz\n{GOOD}\n")
    assert result.exit_code == 1
    assert "gerade" in result.stderr
    assert "12345678" in result.stdout


def test_own_profiles(tmp_path: Path) -> None:
    (tmp_path / "pad.toml").write_text(PROFILE, encoding="utf-8")
    answer = json.loads(run("--profiles", str(tmp_path)).stdout)
    assert answer["profile"] == "pad"
    assert answer["readings"][0]["name"] == "water"
    assert "water = 12.565 m3" in run("--explain", "--profiles", str(tmp_path)).stdout
    assert json.loads(run("--profiles", str(tmp_path), "--json").stdout)["profile"] == "pad"


def test_a_folder_with_a_broken_profile(tmp_path: Path) -> None:
    (tmp_path / "pad.toml").write_text("profile = 3", encoding="utf-8")
    for arguments in (["meter", "decode"], ["meter", "profile", "list"]):
        result = CliRunner().invoke(root, [*arguments, "--profiles", str(tmp_path)], input=GOOD)
        assert result.exit_code == 1
        assert "pad.toml" in result.stderr
        assert "dorfhub meter profile check" in result.stderr


def test_check_names_every_mistake_of_every_file(tmp_path: Path) -> None:
    texts = {
        "good.toml": PROFILE,
        "typo.toml": PROFILE.replace("records = {", "recods = {"),
        "bytes.toml": b"\xff",
        "long.toml": b" " * (LONGEST_FILE + 1),
        "none.toml": "profile =",
    }
    for name, text in texts.items():
        data = text if isinstance(text, bytes) else text.encode()
        (tmp_path / name).write_bytes(data)
    names = [str(tmp_path / name) for name in texts]
    result = CliRunner().invoke(root, ["meter", "profile", "check", *names])
    assert result.exit_code == 1
    assert "good.toml: lesbar, aber ungeprüft" in result.stdout
    assert "typo.toml: document: recods gibt es hier nicht" in result.stdout
    assert "bytes.toml: kein UTF-8, ab Byte 0" in result.stdout
    assert f"long.toml: größer als {LONGEST_FILE} Bytes" in result.stdout
    assert "none.toml: Kein TOML" in result.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="needs a folder in a file's place")
def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.toml").mkdir()
    result = CliRunner().invoke(root, ["meter", "decode", "--profiles", str(tmp_path)], input=GOOD)
    assert result.exit_code == 1
    assert "nicht lesbar" in result.stderr


def test_list_shows_the_program_s_profiles_too() -> None:
    result = CliRunner().invoke(root, ["meter", "profile", "list"])
    assert result.exit_code == 0
    assert "standard" in result.stdout
    assert "beliebig" in CliRunner().invoke(root, ["meter", "profile", "list"]).stdout


def test_check_takes_a_folder(tmp_path: Path) -> None:
    empty = CliRunner().invoke(root, ["meter", "profile", "check", str(tmp_path)])
    assert empty.exit_code == 1
    assert "keine Datei" in empty.stderr
    (tmp_path / "b.toml").write_text("profile = 1")
    (tmp_path / "a.toml").write_text("nothing")
    (tmp_path / "notes.txt").write_text("nothing")
    done = CliRunner().invoke(root, ["meter", "profile", "check", str(tmp_path)])
    assert done.exit_code == 1
    assert "a.toml" in done.stdout
    assert "b.toml" in done.stdout
    assert "notes" not in done.stdout
