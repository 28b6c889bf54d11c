"""`dorfhub meter simulate` and `meter read` as people start them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from click.testing import CliRunner, Result

from edge.cli import root
from hardware.mbus.telegram import decode
from hardware.sim.heat import METER_ZONE
from hardware.transport import Direction, RecordingReader

PROGRAM = [sys.executable, "-c", "from edge.cli import root; root()"]


@contextmanager
def _simulated(*arguments: str) -> Iterator[dict[str, str]]:
    with subprocess.Popen(
        [*PROGRAM, "meter", "simulate", *arguments], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(root, ["meter", *arguments])


def test_a_simulated_meter_is_read_like_a_real_one(tmp_path: Path) -> None:
    link, told = tmp_path / "meter", tmp_path / "told"
    with _simulated(
        "--link", str(link), "--seed", "12", "--address", "9", "--acknowledged", str(told)
    ) as ready:
        assert ready["link"] == str(link)
        assert str(link.readlink()) == ready["pty"]
        for moniker in (f"serial:{link}", f"serial:{ready['pty']}?baud=9600"):
            result = _run("read", moniker, "--address", "9")
            assert result.exit_code == 0, result.output
            answer = json.loads(result.output)
            assert (answer["manufacturer"], answer["id"]) == ("LUG", "66000012")
            energy = next(one for one in answer["readings"] if one["quantity"] == "energy")
            assert energy["unit"] == "kWh"
        second = subprocess.run(
            [*PROGRAM, "meter", "simulate", "--link", str(link)],
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        assert (second.returncode, second.stdout) == (2, "")
        assert f"{link} is in use" in second.stderr
        assert "Den anderen Simulator beenden" in second.stderr
        assert str(link.readlink()) == ready["pty"]
        silent = _run("read", f"serial:{link}", "--address", "10", "--timeout", "0.1")
        assert silent.exit_code == 3
        assert json.loads(silent.output)["error"] == "NoAnswer"
    assert not link.is_symlink()
    assert told.read_text() == ""  # a reset acknowledges nothing


def test_real_telegrams_are_given_as_they_are(tmp_path: Path, shared_data: Path) -> None:
    lines = (shared_data / "mbus_cases.jsonl").read_text().splitlines()
    cases = [json.loads(line) for line in lines]
    frame = next(case["hex"] for case in cases if case["id"] == "l049")  # a Kamstrup Multical 601
    (tmp_path / "frames").write_text(frame + "\n")
    with _simulated("--telegrams", str(tmp_path / "frames")) as ready:
        result = _run("read", f"serial:{ready['pty']}")
    assert result.exit_code == 0
    by_hand = CliRunner().invoke(root, ["meter", "decode"], input=frame + "\n")
    assert result.output == by_hand.output


def test_a_meter_that_gives_garbage_first_is_read_all_the_same() -> None:
    with _simulated("--garbage-every", "1") as ready:
        result = _run("read", f"serial:{ready['pty']}", "--timeout", "0.2")
        assert result.exit_code == 3
        assert "damaged" in json.loads(result.output)["message"]
    with _simulated("--checksum-every", "2") as ready:
        for _ in range(3):
            result = _run("read", f"serial:{ready['pty']}", "--timeout", "0.2")
            assert result.exit_code == 0, result.output


def test_a_recorded_past_is_one_telegram_every_quarter_of_an_hour(tmp_path: Path) -> None:
    past = tmp_path / "past.rec"
    result = _run("simulate", "--record", str(past), "--days", "2", "--seed", "5")
    assert result.exit_code == 0, result.output
    with RecordingReader(past) as reader:
        lines = list(reader)
    assert len(lines) in {193, 194}
    times = [line.at for line in lines if line.at is not None]
    assert len(times) == len(lines)
    assert {at.minute % 15 for at in times} == {0}
    assert all(line.direction is Direction.RX for line in lines)
    telegrams = [decode(line.data) for line in lines]
    assert {telegram.device_id for telegram in telegrams} == {"mbus:LUG-66000005-07-04"}
    energy = [telegram.records[0].value for telegram in telegrams]
    assert energy == sorted(energy)
    shown = next(one.value for one in telegrams[-1].records if one.unit == "datetime")
    assert shown == times[-1].astimezone(METER_ZONE).strftime("%Y-%m-%dT%H:%M:00")
    again = _run("simulate", "--record", str(past))
    assert again.exit_code == 1
    assert "exists" in again.output


def test_what_cannot_be_opened_says_what_to_do(tmp_path: Path) -> None:
    absent = _run("read", "serial:/dev/ttyUSB77")
    assert absent.exit_code == 3
    assert "Kabel" in json.loads(absent.output)["hint"]
    wrong = _run("read", "usb:0")
    assert wrong.exit_code == 2
    assert "serial:" in wrong.output
    nobody = _run("read", "serial:/dev/ttyUSB77", "--address", "251")
    assert nobody.exit_code == 2
    (tmp_path / "frames").write_text("nonsense\n")
    broken = _run("simulate", "--telegrams", str(tmp_path / "frames"))
    assert broken.exit_code == 1
    assert "line 1" in broken.output
    both = _run("simulate", "--record", "x", "--telegrams", str(tmp_path / "frames"))
    assert both.exit_code == 2


def test_the_help_of_simulate_is_german() -> None:
    told = _run("simulate", "--help").stdout
    assert "Rückgabewert (Exit code)" in told
    assert "Jede n-te Antwort fehlt." in told
    assert not {"every", "the", "meter's", "default"} & set(told.lower().split())
