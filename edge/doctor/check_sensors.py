"""The doctor's look at care sensors: who is silent, whose battery is low, who calls."""

from __future__ import annotations

import time
from collections.abc import Iterator

from edge.collect.ble.nearby import strength
from edge.collect.ble.profile import kind_word
from edge.config import Config
from edge.doctor.checks import Finding, ago
from edge.store.village_reader import VillageReader
from edge.store.village_rows import BleDevice, SensorLife

LOW_BATTERY = 20

_SILENT = (
    "Nachsehen, ob das Gerät benutzt wird, ob seine Batterie voll ist und ob es nah genug am Hub "
    "liegt. Die Frist ändert man auf der Seite /geraete/koppeln beim Koppeln."
)


def sensors(config: Config) -> Iterator[Finding]:
    """Judge every paired sensor by its signs of life."""
    if not config.hub.village_db.exists():
        return
    now_ms = time.time_ns() // 1_000_000
    with VillageReader(config.hub.village_db) as village:
        lives = village.sensor_lives()
        batteries = {one.device: one.battery_percent for one in village.devices("ble")}
        paired = village.ble_devices()
    if paired and config.radio.kind == "off":
        advice = 'In hub.toml unter [radio] kind = "bluez" eintragen.'
        message = f"Bluetooth ist aus, aber {len(paired)} Sensoren sind gekoppelt."
        yield Finding("radio", "warn", message, advice)
    for one in paired:
        life = lives.get(one.address, SensorLife(one.address))
        yield _sensor(one, life, batteries.get(one.device), now_ms)


def _sensor(one: BleDevice, life: SensorLife, battery: int | None, now_ms: int) -> Finding:
    check = f"sensor.{one.device_id}"
    name = f"{one.name} ({kind_word(one.profile)})"
    signs = []
    if life.heard_at is not None:
        signs.append(f"gehört vor {ago((now_ms - life.heard_at) / 1000)}")
    if life.rssi_dbm is not None:
        signs.append(f"{strength(life.rssi_dbm)[1]}, {life.rssi_dbm} dBm")
    if battery is not None:
        signs.append(f"Batterie {battery} %")
    told = f" ({'; '.join(signs)})" if signs else ""
    if life.silent_since is not None:
        silent = ago((now_ms - life.silent_since) / 1000)
        return Finding(check, "warn", f"{name}: seit {silent} keine Werte{told}.", _SILENT)
    if battery is not None and battery < LOW_BATTERY:
        return Finding(check, "warn", f"{name}: Batterie fast leer{told}.", "Batterie wechseln.")
    if life.data_at is None:
        return Finding(check, "ok", f"{name}: noch keine Werte{told}.")
    given = ago((now_ms - life.data_at) / 1000)
    return Finding(check, "ok", f"{name}: letzte Werte vor {given}{told}.")
