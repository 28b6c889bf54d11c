from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from edge.commands.ble_decode import MAX_LINE_BYTES, decode

BATTERY = '{"uuid": "2A19", "value": "57"}'


def run(text: str, *arguments: str) -> tuple[int, list[dict]]:
    result = CliRunner().invoke(decode, arguments, input=text)
    return result.exit_code, [json.loads(line) for line in result.stdout.splitlines()]


def test_a_measurement() -> None:
    value = "1e8a00580078000000041114293b3c00012700"
    code, [answer] = run(json.dumps({"uuid": "2A35", "value": value}))
    assert code == 0
    assert answer["device"] == "blood_pressure_measurement"
    assert answer["readings"] == [
        {"quantity": "blood_pressure_systolic", "value": 138.0, "unit": "mm[Hg]"},
        {"quantity": "blood_pressure_diastolic", "value": 88.0, "unit": "mm[Hg]"},
        {"quantity": "blood_pressure_mean", "value": 120.0, "unit": "mm[Hg]"},
        {"quantity": "pulse_rate", "value": 60.0, "unit": "/min"},
    ]
    assert answer["timestamp"] is None
    assert answer["flags"]["timestamp_incomplete"] == "0000-04-17T20:41:59"
    assert answer["flags"]["user_id"] == 1


def test_errors_stand_in_their_place() -> None:
    lines = [
        BATTERY,
        "",
        '{"uuid": "2A19", "value": "65"}',
        '{"uuid": "2AD2", "value": "00"}',
        '{"local_name": "x", "service_data": {"fcd2": "40"}}',
        "no json",
        "[1]",
        '{"uuid": "2A19"}',
        '{"uuid": "2A19", "value": "5"}',
        "[" * 60_000,
        "x" * (3 * MAX_LINE_BYTES),
        BATTERY,
    ]
    code, answers = run("\n".join(lines) + "\n")
    assert code == 1
    kinds = [answer.get("error") for answer in answers]
    assert kinds == [
        None,
        "DecodeError",
        "Unsupported",
        "Unsupported",
        *["DecodeError"] * 6,
        None,
    ]
    assert answers[1] == {
        "error": "DecodeError",
        "message": "battery level 101 is out of range at byte 0",
        "offset": 0,
        "uuid": "2A19",
    }
    assert all(answer["message"] for answer in answers if "error" in answer)


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "values.jsonl"
    path.write_text(BATTERY + "\n")
    assert run("", str(path))[0] == 0
    assert run("", str(tmp_path / "absent"))[0] == 2


def test_help_has_an_example() -> None:
    result = CliRunner().invoke(decode, ["--help"])
    assert "Example" in result.output
    assert "Exit codes" in result.output
