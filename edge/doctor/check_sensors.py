"""The doctor's look at care sensors: who is silent, whose battery is low, who calls."""

from __future__ import annotations

import time
from collections.abc import Iterator

from edge.collect.ble.nearby import strength
from edge.collect.ble.profile import SOS, kind_word
from edge.collect.ble.silence import needs_heed
from edge.config import Config
from edge.doctor.checks import Finding, ago
from edge.store.village_reader import VillageReader
from edge.store.village_rows import BleDevice, Device, SensorLife

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
        devices = {one.device: one for one in village.devices("ble")}
        paired = village.ble_devices()
        calls = village.last_calls()
    if paired and config.radio.kind == "off":
        advice = 'In hub.toml unter [radio] kind = "bluez" eintragen.'
        many = "1 Sensor ist" if len(paired) == 1 else f"{len(paired)} Sensoren sind"
        message = f"Bluetooth ist aus, aber {many} gekoppelt."
        yield Finding("radio", "warn", message, advice)
    for one in paired:
        life = lives.get(one.address, SensorLife(one.address))
        found = _sensor(one, life, devices.get(one.device), now_ms)
        heed = needs_heed(one, life, calls.get(one.device_id), now_ms)
        # what it needs says more than that it is silent
        if heed is not None and (found.level == "ok" or life.unread_since is not None):
            what = "Werte " if life.unread_since is not None else ""
            message = f"{one.name} ({kind_word(one.profile)}): {what}{heed[0]}."
            found = Finding(found.check, "warn", message, heed[1])
        yield found


def _sensor(one: BleDevice, life: SensorLife, device: Device | None, now_ms: int) -> Finding:
    battery = device.battery_percent if device is not None else None
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
    if device is not None and device.failing:  # the error says what to do about it
        return Finding(check, "warn", f"{name}: {device.last_error}{told}")
    if battery is not None and battery < LOW_BATTERY:
        return Finding(check, "warn", f"{name}: Batterie fast leer{told}.", "Batterie wechseln.")
    if one.profile == SOS:
        return Finding(check, "ok", f"{name}{told}.")
    if life.data_at is None:
        return Finding(check, "ok", f"{name}: noch keine Werte{told}.")
    given = ago((now_ms - life.data_at) / 1000)
    return Finding(check, "ok", f"{name}: letzte Werte vor {given}{told}.")
