"""`dorfhub meter listen` beside `meter simulate --street`, as people start them."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.cli import root
from tests.edge.worker.meter_drain.house import HOME, plain, sealed

PROGRAM = [sys.executable, "-c", "from edge.cli import root; root()"]


@contextmanager
def street(*arguments: str) -> Iterator[str]:
    command = [*PROGRAM, "meter", "simulate", "--street", "20", "--speed", "40", *arguments]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert ready["meters"] == 20
        try:
            yield ready["pty"]
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, "meter", "listen", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("kind", ["im871a", "amb8465", "raw_hex"])
def test_a_street_is_heard(kind: str) -> None:
    with street("--receiver", kind) as port:
        listen = ("--receiver", kind, "--transport", f"serial:{port}", "--seconds", "6")
        result = run(*listen, "--json")
    assert result.returncode == 0, result.stderr
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(rows) > 20
    assert {row["encryption"] for row in rows} > {"ell-aes-ctr", "aes-cbc-iv"}
    assert {row["medium"] for row in rows} == {"heat"}
    assert all(row["device"].startswith(f"wmbus:{row['wireless']}-07-04") for row in rows)
    assert f"mit {len(rows)} Telegrammen gehört" in result.stderr
    assert (rows[0]["rssi_dbm"] is None) == (kind == "raw_hex")


def test_damage_is_counted_and_the_hex_is_what_decode_takes(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    with street("--trouble-every", "2", "--keys", str(keys)) as port:
        result = run(
            *("--receiver", "im871a", "--transport", f"serial:{port}", "--seconds", "6", "--hex")
        )
    assert "Rauschen" in result.stderr
    assert "beschädigt" in result.stderr
    known = dict(line.split(";") for line in keys.read_text().splitlines())
    assert len(known) == 20
    assert keys.stat().st_mode & 0o077 == 0
    lines = [line for line in result.stdout.splitlines() if line[4:8] == "A732"]  # LUG, mode 5
    assert lines
    text = "".join(f"{line} {known['LUG-' + _number(line)]}\n" for line in lines)
    decoded = CliRunner().invoke(root, ["meter", "decode"], input=text)
    assert decoded.exit_code == 0, decoded.output
    assert all(
        json.loads(line)["encryption"] == "aes-cbc-iv"
        for line in decoded.output.split("\n")
        if line
    )


def _number(line: str) -> str:
    return bytes.fromhex(line[8:16])[::-1].hex()


def test_on_a_terminal_a_table_lives_until_ctrl_c() -> None:
    with street() as port:
        master, slave = pty.openpty()
        command = [*PROGRAM, "meter", "listen", "--receiver", "im871a"]
        with subprocess.Popen(
            [*command, "--transport", f"serial:{port}"],
            stdout=slave,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            os.close(slave)
            shown = b""
            until = time.monotonic() + 30
            while b"KAM-" not in shown and time.monotonic() < until:
                if select.select([master], [], [], 0.5)[0]:
                    shown += os.read(master, 65_536)
            process.send_signal(signal.SIGINT)
            assert process.stderr is not None
            said = process.stderr.read()
            assert process.wait(20) == 0
        os.close(master)
    assert "Der Empfänger hört." in shown.decode()
    assert "Strg-C beendet" in shown.decode()
    assert "Zähler mit" in said


def test_a_program_s_output_is_heard_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "rtl").write_bytes(
        b"T1;1;1;2026-01-31 12:00:00.000;90;85;76348799;0x0C442D2C998734761B0478046D\n" * 2
        + b"rubbish\n"
    )
    result = run("--receiver", "rtl_wmbus", "--transport", f"pipe:{tmp_path / 'rtl'}")
    assert result.returncode == 0
    assert result.stdout.count("KAM-76348799") == 1
    assert "1 Zähler mit 2 Telegrammen gehört. Außerdem: 1 unverständliche Zeilen" in result.stderr


def test_mistakes_are_told_in_german() -> None:
    absent = run("--receiver", "cul", "--transport", "serial:/dev/ttyUSB77")
    assert absent.returncode == 3
    assert "Kabel einstecken" in absent.stderr
    wrong = run("--receiver", "cul", "--transport", "usb:0")
    assert wrong.returncode == 2
    assert "Mit einem von serial:" in wrong.stderr
    mode = run("--receiver", "cul", "--transport", "serial:/dev/x", "--mode", "C1+T1")
    assert mode.returncode == 2
    assert "cul kann nur: C1, S1, T1" in mode.stderr
    both = run("--receiver", "cul", "--transport", "serial:/dev/x", "--json", "--hex")
    assert both.returncode == 2


def test_a_stick_that_says_nothing_is_told() -> None:
    master, slave = pty.openpty()
    try:
        result = run("--receiver", "im871a", "--transport", f"serial:{os.ttyname(slave)}")
    finally:
        os.close(master)
        os.close(slave)
    assert result.returncode == 3
    assert "does not answer" in result.stderr


def test_a_street_stands_alone(tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    for arguments in (
        ("--record", str(tmp_path / "x")),
        ("--link", str(tmp_path / "taken")),
        ("--keys", str(tmp_path / "taken")),
    ):
        result = subprocess.run(
            [*PROGRAM, "meter", "simulate", "--street", "2", *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        assert result.returncode == 2, result.stderr
    assert (tmp_path / "taken").is_file()


def test_with_the_keys_in_a_file_the_meters_are_read(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    with street("--keys", str(keys)) as port:
        listen = ("--receiver", "im871a", "--transport", f"serial:{port}", "--seconds", "6")
        result = run(*listen, "--json", "--keys", str(keys))
    assert result.returncode == 0, result.stderr
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    read = [row["said"] for row in rows if "readings" in row["said"]]
    assert len(read) > len(rows) // 2  # some are compact, and their format is not known yet
    names = {reading["name"] for said in read for reading in said["readings"]}
    assert "total_energy_consumption" in names
    secrets = [line.partition(";")[2] for line in keys.read_text().split()]
    assert len(secrets) == 20
    assert not any(one in result.stdout.upper() + result.stderr.upper() for one in secrets)


KEY = "000102030405060708090A0B0C0D0EFF"


@pytest.fixture
def recording(tmp_path: Path) -> str:
    """A program's output: KAM-12345678 sends with a key, another meter without one."""
    telegrams = (sealed(5249), sealed(7001, HOME, bytes(16)), plain(5250), sealed(5251))
    start = "T1;1;1;2026-01-31 12:00:00.000;90;85"
    lines = [f"{start};{raw[7:3:-1].hex()};0x{raw.hex()}\n" for raw in telegrams]
    (tmp_path / "rtl").write_text("".join(lines))
    return f"pipe:{tmp_path / 'rtl'}"


def with_input(text: str, *arguments: str) -> Result:
    return CliRunner().invoke(
        root, ["meter", "listen", "--receiver", "rtl_wmbus", *arguments], input=text
    )


def test_a_key_is_read_from_the_input_and_never_shown(recording: str) -> None:
    told = with_input(f"{KEY}\n", "--transport", recording, "--key", "KAM-12345678")
    assert told.exit_code == 0, told.output
    home, kita = sorted(told.stdout.splitlines(), key=lambda line: line.startswith("KAM"))
    assert kita.startswith("KAM-12345678")
    assert kita.endswith("5249.0 kWh, 0.799 m3")
    assert "Schlüssel fehlt" in home
    assert KEY not in told.output.upper()


def test_a_wrong_key_is_told_and_a_meter_is_shown_again_once_it_is_read(recording: str) -> None:
    told = with_input("00" * 16, "--transport", recording, "--key", "12345678")
    lines = [line for line in told.stdout.splitlines() if line.startswith("KAM")]
    assert len(lines) == 2
    assert lines[0].endswith("Schlüssel passt nicht")
    assert "5250.0 kWh" in lines[1]  # sent in the clear


def test_what_is_no_key_is_told_without_quoting_it(recording: str, tmp_path: Path) -> None:
    short = with_input(f"{KEY[:-1]}\n", "--transport", recording, "--key", "KAM-12345678")
    assert short.exit_code == 1
    assert "31 statt 32 Zeichen" in short.output
    swapped = with_input("\n", "--transport", recording, "--key", KEY)
    assert swapped.exit_code == 1
    assert KEY not in swapped.output
    (tmp_path / "none").write_text("nichts\n")
    none = with_input("", "--transport", recording, "--keys", str(tmp_path / "none"))
    assert none.exit_code == 1
    assert "none: " in none.output
    (tmp_path / "one").write_text(f"KAM-12345678;{KEY}\nKAM-87654321;{KEY[:-2]}\n")
    one = with_input("", "--transport", recording, "--keys", str(tmp_path / "one"))
    assert one.exit_code == 0
    assert "Zeile 2: NICHT eingelesen" in one.stderr
    assert "5249" in one.stdout


def test_keys_and_telegrams_do_not_come_by_one_input(recording: str) -> None:
    both = with_input(f"{KEY}\n", "--transport", "pipe:/dev/stdin", "--key", "KAM-12345678")
    assert both.exit_code == 2
    assert "--keys" in both.output
    raw = with_input(f"{KEY}\n", "--transport", recording, "--key", "KAM-12345678", "--hex")
    assert raw.exit_code == 2
