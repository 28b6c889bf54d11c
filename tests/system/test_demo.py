"""The demo as a person types it: one round, Ctrl-C, and nothing left behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

STAGES = (
    "Geräte", "Hub", "Wärmezähler", "Aufzeichnung", "Blutdruck",
    "Offene Daten", "Seite im Dorf", "Kreis, Leitung", "Kreis, USB-Stick", "Alarm",
    "Ein Wert",
)  # fmt: skip


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "sync", "demo", *arguments]


def _environment(temporary: Path) -> dict[str, str]:
    return {**os.environ, "TMPDIR": str(temporary)}


def _demo(temporary: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _command(*arguments),
        env=_environment(temporary),
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )


GRACE_S = 30.0  # what was being started at the moment of the key has nobody to end it but itself


def _processes_that_name(text: str) -> Sequence[str]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_text().replace("\0", " ")
        except OSError:
            continue
        if text in command:
            found.append(command)
    return found


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    folder = tmp_path / "tmp"
    folder.mkdir()
    return folder


def _nothing_left(temporary: Path) -> None:
    assert list(temporary.iterdir()) == []
    deadline = time.monotonic() + GRACE_S
    while (left := _processes_that_name(str(temporary))) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert left == []


def test_one_round_carries_one_value_from_its_bytes_into_the_lake(temporary: Path) -> None:
    done = _demo(temporary, "--once")
    assert done.returncode == 0, done.stdout + done.stderr
    lit = re.findall(r"● (.+?)  ", done.stdout)
    assert [name.strip() for name in lit] == list(STAGES)
    values = re.findall(r"(?:Messwert|See)\s+([\d.]+) kWh", done.stdout)
    assert len(values) == 2
    assert values[0] == values[1]
    assert "versiegelt und ungelesen" in done.stdout
    _nothing_left(temporary)


def test_telegrams_of_a_file_are_heard_and_odd_ones_kept_aside(
    temporary: Path, tmp_path: Path
) -> None:
    meter = "68 4D 4D 68 08 01 72"  # cut short: no telegram
    lines = tmp_path / "telegrams.txt"
    lines.write_text(f"# what a street sounds like\n{meter}\n{_telegram().hex()}\n", "utf-8")
    done = _demo(temporary, "--once", "--replay", str(lines))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 Telegramme nachgehört, 1 nicht lesbar und aufgehoben" in done.stdout
    _nothing_left(temporary)


@pytest.mark.parametrize(
    ("text", "why"), [("", "die Datei ist leer"), ("# nur ein Wort\nguten Tag\n", "guten|hexadec")]
)
def test_a_file_without_telegrams_is_named_with_its_stage(
    temporary: Path, tmp_path: Path, text: str, why: str
) -> None:
    lines = tmp_path / "nichts.txt"
    lines.write_text(text, "utf-8")
    done = _demo(temporary, "--once", "--replay", str(lines))
    assert done.returncode == 1
    assert "Die Stufe „Geräte“ ist gescheitert" in done.stderr
    assert re.search(why, done.stderr)
    _nothing_left(temporary)


def _telegram() -> bytes:
    made = subprocess.run(
        [sys.executable, "-c", _MAKE_ONE], capture_output=True, text=True, check=True, timeout=30
    )
    return bytes.fromhex(made.stdout)


_MAKE_ONE = """
from datetime import UTC, datetime
from hardware.sim.telegrams import HeatTelegrams
print(HeatTelegrams(5, address=3).current(datetime(2026, 3, 1, tzinfo=UTC)).hex())
"""


@pytest.mark.parametrize("after_s", [0.1, 3.0, 10.0])
def test_ctrl_c_leaves_nothing(temporary: Path, after_s: float) -> None:
    process = subprocess.Popen(
        _command(),
        env=_environment(temporary),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        until = time.monotonic() + GRACE_S
        while not any(temporary.iterdir()) and time.monotonic() < until:
            time.sleep(0.02)
        time.sleep(after_s)  # since there was something to leave behind
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert "Traceback" not in said
    assert process.returncode == 0
    _nothing_left(temporary)
