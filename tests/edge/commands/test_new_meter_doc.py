"""docs/new-meter.md does what it says: its files are written, its commands run, its output seen."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.cli import root
from hardware.profiles.load import _PROFILE_KEYS, _RULE_KEYS

DOC = Path(__file__).parents[3] / "docs" / "new-meter.md"
_BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Run:
    command: list[str]
    output: str
    exit_code: int


def blocks() -> list[tuple[str, str, str]]:
    return _BLOCK.findall(DOC.read_text(encoding="utf-8"))


def runs(text: str, exit_code: int) -> list[Run]:
    found = []
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        found.append(Run(shlex.split(command), output, exit_code))
    return found


def is_shown(wanted: str, output: str) -> bool:
    """Tell whether ``output`` is ``wanted``, where three dots stand for anything."""
    pattern = ".*".join(re.escape(part.strip("\n")) for part in wanted.split("..."))
    return re.fullmatch(pattern, output.strip("\n"), re.DOTALL) is not None


def test_three_dots_stand_for_anything_and_nothing_else_does() -> None:
    assert is_shown("a\n...\nd\n", "a\nb\nc\nd\n")
    assert not is_shown("a\n...\nd\n", "a\nb\nc\ne\n")
    assert not is_shown("a\n", "a\nb\n")


def test_the_walk_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    count = 0
    for _, options, text in blocks():
        if name := re.search(r"file=(\S+)", options):
            path = tmp_path / name[1]
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
            continue
        code = re.search(r"exit=(\d+)", options)
        for run in runs(text, int(code[1]) if code else 0):
            assert run.command[0] == "dorfhub"
            result = CliRunner().invoke(root, run.command[1:])
            assert result.exit_code == run.exit_code, result.output
            assert is_shown(run.output, result.output), f"{run.command}:\n{result.output}"
            count += 1
    assert count >= 7


def test_every_key_of_a_rule_is_in_the_table() -> None:
    text = DOC.read_text(encoding="utf-8")
    for key in {*_PROFILE_KEYS, *_RULE_KEYS} - {"match", "records", "name"}:
        assert key in text, key
