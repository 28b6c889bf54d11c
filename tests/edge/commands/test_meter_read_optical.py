"""`dorfhub meter read --protocol iec62056|kmp` as people type it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.cli import root
from edge.commands.meter_decode import answer_line
from hardware.optical.iec62056 import encode_block
from hardware.sim.optical import MulticalMeter, UltraheatMeter, VirtualHead

TELEGRAM = "681F1F680802727856341224400107550000000313153100DA023B13018B60043718021816"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(root, ["meter", "read", *arguments])


@pytest.mark.parametrize(
    ("protocol", "manufacturer", "number"),
    [("iec62056", "LUG", "66000012"), ("kmp", "KAM", "76000012")],
)
def test_a_readout_has_the_shape_of_a_decoded_telegram(
    protocol: str, manufacturer: str, number: str, tmp_path: Path
) -> None:
    meter = UltraheatMeter(12) if protocol == "iec62056" else MulticalMeter(12)
    file = tmp_path / "head.rec"
    with VirtualHead(meter, echo=True) as head:
        # speed and parity are the protocol's business, whatever is written here
        result = run(f"record:{file}+serial:{head.port}?baud=9600", "--protocol", protocol)
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    telegram = answer_line(TELEGRAM)
    assert list(answer) == list(telegram)
    readings = telegram["readings"]
    assert isinstance(readings, list)
    assert {tuple(reading) for reading in answer["readings"]} == {tuple(readings[0])}
    assert (answer["manufacturer"], answer["id"]) == (manufacturer, number)
    assert (answer["version"], answer["profile"], answer["status"]) == (None, None, "OK")
    assert (answer["medium"], answer["encryption"]) == ("heat", "none")
    energy = next(one for one in answer["readings"] if one["quantity"] == "energy")
    assert (energy["unit"], energy["storage"]) == ("kWh", 0)
    again = run(f"replay:{file}", "--protocol", protocol)
    assert again.stdout == result.stdout


@pytest.mark.parametrize("protocol", ["iec62056", "kmp"])
def test_silence_is_no_answer_with_a_hint(protocol: str) -> None:
    with VirtualHead(MulticalMeter(1), spoil=lambda _data: b"") as head:
        result = run(f"serial:{head.port}", "--protocol", protocol, "--timeout", "0.05")
    assert result.exit_code == 3
    answer = json.loads(result.stdout)
    assert answer["error"] == "NoAnswer"
    assert "Lesekopf" in answer["hint"]


def test_a_block_that_breaks_the_syntax_is_an_error_of_the_meter() -> None:
    def spoil(data: bytes) -> bytes:
        return data if data.startswith(b"/") else encode_block(b"6.8(1*kWh\r\n!\r\n")

    with VirtualHead(UltraheatMeter(1), spoil=spoil) as head:
        result = run(f"serial:{head.port}", "--protocol", "iec62056")
    assert result.exit_code == 1
    answer = json.loads(result.stdout)
    assert answer["error"] == "DecodeError"
    assert answer["manufacturer"] is None
    assert answer["id"] is None


def test_wrong_usage_is_told() -> None:
    assert run("serial:/dev/ttyUSB77", "--protocol", "sml").exit_code == 2
    both = run("serial:/dev/ttyUSB77", "--protocol", "kmp", "--address", "5")
    assert both.exit_code == 2
    assert "--address" in both.output
    absent = run("serial:/dev/ttyUSB77", "--protocol", "kmp")
    assert absent.exit_code == 3
    assert "Kabel" in json.loads(absent.output)["hint"]
    assert run("usb:0", "--protocol", "iec62056").exit_code == 2
