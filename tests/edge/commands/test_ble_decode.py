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
        '{"local_name": "x", "service_data": {"fcd3": "40"}}',
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
        "hint": "Der Wert bricht seine eigene Norm: noch einmal aufnehmen und ganz hineinkopieren. "
        "Bleibt es dabei, sendet das Gerät ihn so.",
        "offset": 0,
        "uuid": "2A19",
    }
    assert all(answer["message"] for answer in answers if "error" in answer)
    assert all(answer["hint"].endswith((".", "--help")) for answer in answers if "error" in answer)


def test_half_a_character_is_an_error_in_its_place() -> None:
    lines = [
        r'{"uuid":"\ud800","value":"00"}',
        r'{"service_data":{},"address":"\udfff"}',
        r'{"\ud800":1}',
        '{"uuid":"2A19","value":"57"}',
    ]
    code, answers = run("\n".join(lines))
    assert code == 1
    assert [answer.get("error") for answer in answers] == [*["DecodeError"] * 3, None]


def test_what_a_sensor_calls_failed_is_marked() -> None:
    _, [answer] = run('{"uuid":"2A37","value":"0400"}')
    assert [reading["mark"] for reading in answer["readings"]] == ["error_state"]


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "values.jsonl"
    path.write_text(BATTERY + "\n")
    assert run("", str(path))[0] == 0
    assert run("", str(tmp_path / "absent"))[0] == 2


def test_help_has_an_example() -> None:
    result = CliRunner().invoke(decode, ["--help"])
    assert "Beispiel" in result.output
    assert "Exit codes" in result.output


DOOR = {
    "local_name": "SBDW-002C",
    "address": "3c:2e:f5:aa:bb:cc",
    "manufacturer_data": {"2985": "0101000b02000accbbaaf52e3c"},
    "service_data": {"0000fcd2-0000-1000-8000-00805f9b34fb": "44005d016405fc21002d013f9601"},
    "service_uuids": ["fcd2"],
    "bindkey": None,
}
SEALED = {
    "address": "54:48:E6:8F:80:A5",
    "service_data": {"0xFCD2": "41a47266c95f730011223378237214"},
}
KEY = "231d39c1d7cc1ab1aee224cd096db932"


def test_an_advertisement() -> None:
    code, [answer] = run(json.dumps(DOOR))
    assert code == 0
    assert answer == {
        "device": "shelly_blu_door_window",
        "readings": [
            {"quantity": "battery_level", "value": 100.0, "unit": "%"},
            {"quantity": "illuminance", "value": 87.0, "unit": "lx"},
            {"quantity": "door_open", "value": 1.0, "unit": "1", "name": "window"},
            {"quantity": "other", "value": 40.6, "unit": "deg", "name": "rotation"},
        ],
        "flags": {"trigger_based": True, "packet_id": 93},
        "timestamp": None,
        "family": "bthome",
        "address": "3c:2e:f5:aa:bb:cc",
    }


def test_keys() -> None:
    lines = [SEALED, SEALED | {"bindkey": KEY}, SEALED | {"bindkey": "00" * 16}]
    lines += [DOOR | {"bindkey": KEY}, SEALED | {"bindkey": "x"}]
    code, answers = run("\n".join(map(json.dumps, lines)))
    assert code == 1
    assert [answer.get("error") for answer in answers] == [
        "KeyRequired",
        None,
        "WrongKey",
        "Unauthenticated",
        "DecodeError",
    ]
    assert [r["value"] for r in answers[1]["readings"]] == [25.06, 50.55]
    assert answers[0]["address"] == SEALED["address"]
    assert KEY not in json.dumps(answers)


def test_lines_that_tell_no_advertisement() -> None:
    wrong: list[dict] = [
        {"manufacturer_data": {"x": "00"}},
        {"manufacturer_data": {"70000": "00"}},
        {"manufacturer_data": {"76": "0"}},
        {"manufacturer_data": {"76": 1}},
        {"manufacturer_data": []},
        {"service_data": {"fcd": "00"}},
        {"service_data": {"0000fcd2": None}, "local_name": 5},
        {"service_uuids": "fcd2"},
        {"service_uuids": [1]},
        {"service_data": {}, "address": "1"},
    ]
    code, answers = run("\n".join(map(json.dumps, wrong)))
    assert code == 1
    assert {answer["error"] for answer in answers} == {"DecodeError"}
    code, [answer] = run(json.dumps({"service_uuids": None, "service_data": None}))
    assert (code, answer["error"]) == (1, "Unsupported")
