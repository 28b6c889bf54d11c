from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from edge.config import Config, Meter, Radio, load
from edge.doctor import check_lines
from edge.doctor.check_lines import optical, radio
from edge.doctor.checks import Finding


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "hub.toml").write_text('[hub]\nname = "Haus"\nvillage = "Dorf"\n')
    return load(tmp_path / "hub.toml")


def judged(config: Config, chosen: Radio) -> Finding:
    (finding,) = radio(replace(config, radio=chosen))
    return finding


def test_off_is_fine(config: Config) -> None:
    assert judged(config, Radio("off")).level == "ok"


def test_a_recording_is_warned_of(config: Config, tmp_path: Path) -> None:
    chosen = Radio("virtual", "tcp:127.0.0.1:1", record=tmp_path / "air.btsnoop")
    warned, _ = radio(replace(config, radio=chosen))
    assert warned.level == "warn"
    assert "im Klartext" in warned.message
    assert str(tmp_path) in warned.message


def test_bluez_says_who_confirms(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_lines, "BLUETOOTH", tmp_path / "bluetooth")
    monkeypatch.setattr(check_lines, "SYSTEM_BUS", tmp_path / "bus")
    chosen = Radio("bluez", "hci0")
    none = judged(config, chosen)
    assert none.level == "fail"
    assert "keinen" in none.advice
    (tmp_path / "bluetooth" / "hci1").mkdir(parents=True)
    (tmp_path / "bluetooth" / "hci1:64").mkdir()
    other = judged(config, chosen)
    assert other.level == "fail"
    assert "Vorhanden: hci1." in other.advice
    (tmp_path / "bluetooth" / "hci0").mkdir()
    no_bus = judged(config, chosen)
    assert no_bus.level == "fail"
    assert "systemctl" in no_bus.advice
    (tmp_path / "bus").touch()
    there = judged(config, chosen)
    assert there.level == "ok"
    assert "bevor der Hub ihn hat" in there.message


def test_strict_says_what_it_costs(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_lines, "BLUETOOTH", tmp_path / "bluetooth")
    chosen = Radio("strict", "hci0")
    assert judged(config, chosen).level == "fail"
    (tmp_path / "bluetooth" / "hci0").mkdir(parents=True)
    monkeypatch.delattr(socket, "AF_BLUETOOTH", raising=False)
    assert "Python" in judged(config, chosen).message
    monkeypatch.setattr(socket, "AF_BLUETOOTH", 31, raising=False)
    there = judged(config, chosen)
    assert there.level == "ok"
    assert "erst bestätigt" in there.message
    assert "systemctl disable" in there.advice


def test_a_virtual_radio_is_looked_for(config: Config) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        chosen = Radio("virtual", f"tcp:127.0.0.1:{server.getsockname()[1]}")
        assert judged(config, chosen).level == "ok"
        server.settimeout(0.2)
        with pytest.raises(TimeoutError):  # nobody connected: it has one place, the collector's
            server.accept()
    assert judged(config, chosen).level == "fail"


def test_what_an_optical_readout_costs_is_told(config: Config) -> None:
    by_hand = Meter("a", "Keller", "dgh", "serial:/dev/null", protocol="iec62056")
    meters = (by_hand, replace(by_hand, meter_id="b", daily_at="03:00"),
              replace(by_hand, meter_id="c", protocol="kmp"))  # fmt: skip
    first, second = optical(replace(config, meters=meters))
    assert (first.check, first.level) == ("optical.a", "ok")
    assert "nur von Hand" in first.message
    assert "30 Minuten" in first.message
    assert "täglich um 03:00" in second.message
