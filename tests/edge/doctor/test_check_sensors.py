from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from edge.config import Config, load
from edge.doctor.check_sensors import sensors
from edge.doctor.checks import check_all, devices
from edge.store.village import VillageStore

A, B, C = (f"C0:00:00:00:00:0{n}" for n in (1, 2, 3))


@pytest.fixture
def config(tmp_path: Path) -> Config:
    path = tmp_path / "hub.toml"
    path.write_text('[hub]\nname = "Haus"\nvillage = "Dorf"\n[radio]\nkind = "bluez"\n')
    (tmp_path / "state").mkdir()
    return load(path)


def test_without_a_hub_there_is_nothing_to_say(config: Config) -> None:
    assert not list(sensors(config))


def test_each_sensor_is_judged_by_its_signs_of_life(config: Config) -> None:
    now = time.time_ns() // 1_000_000
    with VillageStore(config.hub.village_db) as village:
        for address, battery in ((A, 80), (B, 10), (C, None)):
            device = f"ble:{address.replace(':', '')}"
            number = village.device(device, kind="ble", battery_percent=battery)
            village.add_ble_device(address, number, "1810", f"Gerät {address[-1]}", now)
        village.sensors_heard({A: (now - 3_600_000, -60)})
        village.sensors_gave({A: now - 7_200_000})
        village.tell_sensor(C, "ble:C00000000003", "silent", now, now - 3 * 86_400_000)
    good, low, silent = sensors(config)
    assert good.level == "ok"
    assert good.message == (
        "Gerät 1 (Blutdruckmessgerät): letzte Werte vor 2 Stunden"
        " (gehört vor einer Stunde; nah, -60 dBm; Batterie 80 %)."
    )
    assert low.level == "warn"
    assert "fast leer" in low.message
    assert silent.level == "warn"
    assert "seit 3 Tagen keine Werte" in silent.message
    assert silent.advice
    off = replace(config, radio=replace(config.radio, kind="off"))
    assert "Bluetooth ist aus" in next(iter(sensors(off))).message


def test_a_sensor_has_one_line_and_it_tells_the_fault(config: Config) -> None:
    now = time.time_ns() // 1_000_000
    with VillageStore(config.hub.village_db) as village:
        number = village.device("ble:C00000000001", kind="ble", label="Manschette")
        village.add_ble_device(A, number, "1810", "Manschette", now)
        checks = {"device": devices, "sensor": sensors}
        (only,) = check_all(config, checks)
        assert (only.level, only.message) == (
            "ok",
            "Manschette (Blutdruckmessgerät): noch keine Werte.",
        )
        village.device_error(number, "Bitte neu koppeln. (refused)", now)
        (only,) = check_all(config, checks)
        assert (only.check, only.level) == ("sensor.ble:C00000000001", "warn")
        assert only.message == "Manschette (Blutdruckmessgerät): Bitte neu koppeln. (refused)"
        village.device_seen(number, now + 1)
        (only,) = check_all(config, checks)
        assert only.level == "ok"
    off = replace(config, radio=replace(config.radio, kind="off"))
    assert "1 Sensor ist gekoppelt" in next(iter(sensors(off))).message


def test_what_a_call_button_and_a_changed_battery_need(config: Config) -> None:
    now = time.time_ns() // 1_000_000
    with VillageStore(config.hub.village_db) as village:
        for address, profile in ((A, "sos"), (B, "sos"), (C, "advert")):
            number = village.device(f"ble:{address.replace(':', '')}", kind="ble")
            village.add_ble_device(address, number, profile, "T", now - 40 * 86_400_000)
        village.add_sensor_event("ble:C00000000002", "sos", now)
        village.sensors_gave({C: now})
        village.sensor_restarted(C, "ble:C00000000003", now, now - 3_600_000)
        probe, good, restarted = sensors(config)
    assert (probe.level, good.level, restarted.level) == ("warn", "ok", "warn")
    assert "Einmal im Monat zur Probe drücken" in probe.advice
    assert "Werte zählen gerade nicht" in restarted.message
    assert "ble key add" in restarted.advice
