"""`dorfhub meter scan` over real terminals with colliding meters behind them."""

from __future__ import annotations

import json
import os
import socket
import tty
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.cli import root
from edge.commands.bus_meter import bus_meter as described
from edge.config import load
from hardware.mbus.frame import encode_long
from hardware.mbus.secondary import SecondaryAddress
from hardware.sim.bus import BusMeter
from hardware.sim.link import Faults
from hardware.sim.meter import VirtualBus
from hardware.sim.telegrams import FileTelegrams

LUG, KAM = 0x32A7, 0x2C2D
RECORDS = bytes.fromhex("0C0612345678")
HUB = (
    '[hub]\nname = "Hub"\nvillage = "Dorf"\n\n'
    '[[sites]]\nsite_id = "dgh"\nname = "DGH"\ncommunal = true\n\n'
)


def run(*arguments: str, config: Path | None = None) -> Result:
    chosen = ["--config", str(config)] if config else []
    return CliRunner().invoke(root, [*chosen, "meter", *arguments])


def meter(digits: str, primary: int = 0, maker: int = LUG, **changes: object) -> BusMeter:
    wire = SecondaryAddress(digits, maker, 7, 4).wire
    frame = encode_long(0x08, primary, 0x72, wire + bytes(4) + RECORDS)
    return BusMeter(FileTelegrams([frame]), primary, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("echo", [False, True])
def test_who_is_found_can_be_pasted_and_read(echo: bool, tmp_path: Path) -> None:  # noqa: FBT001
    config = tmp_path / "hub.toml"
    config.write_text(HUB)
    meters = [meter("66000001", 1), meter("66000011", 1), meter("76348799", 0, KAM)]
    with VirtualBus(meters, echo=echo) as bus:
        line = f"serial:{bus.port}?baud=9600"
        result = run("scan", line, "--timeout", "0.15", config=config)
        assert result.exit_code == 0, result.output
        config.write_text(HUB + result.stdout.partition("anpassen):")[2])
        found = load(config).meters
        assert {one.secondary for one in found} == {
            "66000001LUG0704", "66000011LUG0704", "76348799KAM0704"
        }  # fmt: skip
        assert {(one.site_id, one.transport) for one in found} == {("dgh", line)}
        assert "gefunden: 66000011LUG0704" in result.stderr
        for one in found:
            answer = run("read", line, "--secondary", one.secondary, "--timeout", "0.3")
            assert answer.exit_code == 0, answer.output
            assert json.loads(answer.stdout)["id"] == one.secondary[:8]
        nobody = run("read", line, "--secondary", "66000002", "--timeout", "0.15")
        assert nobody.exit_code == 3
        several = run("read", line, "--secondary", "660000?1", "--timeout", "0.1")
        assert several.exit_code == 3


def test_each_speed_has_its_meters(tmp_path: Path) -> None:
    config = tmp_path / "hub.toml"
    config.write_text(HUB)
    meters = [
        meter("66000001", baud=2400),
        meter("66000002", baud=300),
        meter("66000003", baud=300),
    ]
    with VirtualBus(meters) as bus:
        if not bus.keeps_speed:
            pytest.skip("this kernel keeps no speed of a pseudo-terminal")
        line = f"serial:{bus.port}?parity=E"
        result = run("scan", line, "--baud", "9600,2400,300", "--json", "--timeout", "0.15",
                     config=config)  # fmt: skip
        assert result.exit_code == 0, result.output
        answer = json.loads(result.stdout)
        assert [(one["id"], one["baud"]) for one in answer["meters"]] == [
            ("66000001", 2400), ("66000002", 300), ("66000003", 300)
        ]  # fmt: skip
        assert "9600 Bd: niemand" in result.stderr
        config.write_text(HUB + "\n".join(one["toml"] for one in answer["meters"]))
        assert [one.transport for one in load(config).meters] == [
            line, *[f"serial:{bus.port}?baud=300&parity=E"] * 2
        ]  # fmt: skip


def test_primary_addresses_are_asked_one_by_one() -> None:
    meters = [meter("66000001", 3), meter("66000002", 5), meter("66000003", 5)]
    with VirtualBus(meters) as bus:
        line = f"serial:{bus.port}"
        result = run("scan", line, "--primary", "--addresses", "2-6", "--json", "--timeout", "0.15")
        assert result.exit_code == 1, result.output
        answer = json.loads(result.stdout)
        (one,) = answer["meters"]
        assert (one["primary"], one["secondary"]) == (3, "66000001LUG0704")
        assert "address = 3" in one["toml"]
        assert "Primäradresse 5" in answer["unclear"][0]


def test_a_part_of_the_numbers_can_be_searched() -> None:
    with VirtualBus([meter("66000001"), meter("12000001")]) as bus:
        result = run("scan", f"serial:{bus.port}", "--within", "66??????", "--timeout", "0.15")
    assert result.exit_code == 0
    assert "66000001LUG0704" in result.stdout
    assert "12000001" not in result.stdout


def test_what_cannot_be_told_apart_is_said() -> None:
    twins = [meter("66000001"), meter("66000001")]
    with VirtualBus(twins) as bus:
        result = run("scan", f"serial:{bus.port}", "--within", "66000001LUG07", "--timeout", "0.1")
    assert result.exit_code == 1
    assert "Unklar" in result.stdout
    assert "66000001LUG0704" in result.stdout


def test_a_meter_that_says_nothing_is_listed() -> None:
    mute = meter("66000001", faults=Faults(silence_every=1))
    with VirtualBus([mute]) as bus:
        result = run(
            "scan", f"serial:{bus.port}", "--within", "6600000?", "--timeout", "0.15", "--json"
        )
    (one,) = json.loads(result.stdout)["meters"]
    assert (one["id"], one["medium"]) == ("66000001", None)
    assert 'meter_id = "zaehler-66000001"' in one["toml"]


def test_nobody_noise_and_a_line_that_is_not_there() -> None:
    with VirtualBus([]) as bus:
        result = run("scan", f"serial:{bus.port}", "--timeout", "0.15")
        assert (result.exit_code, "Niemand" in result.stdout) == (3, True)
    with VirtualBus([meter("66000001", faults=Faults(garbage_every=1))]) as bus:
        noisy = run("scan", f"serial:{bus.port}", "--timeout", "0.1", "--json")
        assert noisy.exit_code == 1
        assert json.loads(noisy.stdout)["unclear"]
    absent = run("scan", "serial:/dev/ttyUSB77", "--json")
    assert absent.exit_code == 3
    assert "Kabel" in json.loads(absent.stdout)["hint"]
    assert run("scan", "serial:/dev/ttyUSB77").exit_code == 3


def test_a_line_that_breaks_off_tells_what_was_found_before() -> None:
    master, slave = os.openpty()
    tty.setraw(slave)
    name = os.ttyname(slave)
    os.close(slave)
    os.close(master)
    assert run("scan", f"serial:{name}").exit_code == 3


@pytest.mark.parametrize(
    "arguments",
    [
        ("usb:0",),
        ("replay:x.log",),
        ("tcp:127.0.0.1:1", "--baud", "300"),
        ("serial:/dev/null", "--baud", "301"),
        ("serial:/dev/null", "--baud", "300,x"),
        ("serial:/dev/null", "--within", "77"),
        ("serial:/dev/null", "--within", "66??????", "--primary"),
        ("serial:/dev/null", "--addresses", "1-5"),
        ("serial:/dev/null", "--primary", "--addresses", "5-1"),
        ("serial:/dev/null", "--primary", "--addresses", "0-251"),
        ("serial:/dev/null", "--primary", "--addresses", "x"),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...]) -> None:
    result = run("scan", *arguments)
    assert result.exit_code == 2, result.output


def test_a_converter_on_the_network_has_its_own_speed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        result = run("scan", f"tcp:127.0.0.1:{port}", "--timeout", "0.1", "--primary",
                     "--addresses", "1-2", "--json")  # fmt: skip
        assert (result.exit_code, json.loads(result.stdout)["asked"]) == (3, 2)


def test_a_bus_is_described_meter_by_meter() -> None:
    one = described("seed=3,id=76348799,manufacturer=KAM,address=5,baud=300,late=0.5,mute=1",
                    Faults(), None)  # fmt: skip
    assert (one.address, one.baud, one.late_s, one.mute) == (5, 300, 0.5, True)
    for wrong in ("seed", "seed=x", "seed=1,seed=2", "id=7", "address=251", "colour=red",
                  "manufacturer=K1M", "fabrication=12"):  # fmt: skip
        result = run("simulate", "--meter", wrong)
        assert result.exit_code == 2, wrong
    both = run("simulate", "--meter", "seed=1", "--address", "5")
    assert both.exit_code == 2


def test_help_says_what_the_exit_codes_mean() -> None:
    assert "Rückgabewert" in run("scan", "--help").output
