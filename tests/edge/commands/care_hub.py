"""A cuff at the hub, paired and pressed, for the commands of care."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing

from edge.clock import FixedClock
from edge.config import Config
from edge.store.journal import entry_key
from edge.store.personal import PersonalStore
from edge.store.setup import open_journal
from edge.store.village import VillageStore
from edge.worker.care_drain import drain
from hardware.ble.blood_pressure import BloodPressure, encode_blood_pressure
from hardware.ble.medfloat import MedFloat

CUFF = "ble:C0112233AABB"


def pair(config: Config) -> None:
    with VillageStore(config.hub.village_db) as village:
        village.device(CUFF, kind="ble")


def measure(config: Config, *pulses: int) -> None:
    """Let the cuff send readings and the worker take them."""
    clock = FixedClock(time.time_ns() // 1_000_000)
    with (
        open_journal(config.hub) as journal,
        PersonalStore.open(config.hub.personal_db, config.personal.key_file) as personal,
    ):
        for pulse in pulses:
            value = encode_blood_pressure(
                BloodPressure(
                    MedFloat(121, 0),
                    MedFloat(81, 0),
                    MedFloat(94, 0),
                    pulse_rate=MedFloat(pulse, 0),
                )
            )
            key = entry_key(CUFF, pulse)
            journal.append("care", "radio", CUFF, "ble:2A35", key, value, clock.stamp())
            clock.advance(1000)
        drain(journal, personal, clock.wall_ms)


def states(config: Config) -> list[tuple[str, int]]:
    with closing(sqlite3.connect(config.hub.journal_db)) as journal:
        return journal.execute("SELECT state, length(payload) FROM entry ORDER BY id").fetchall()


def press(config: Config, *users: int | None) -> None:
    """Let the cuff send one reading of each of these users and the worker look at them."""
    clock = FixedClock(time.time_ns() // 1_000_000)
    with (
        open_journal(config.hub) as journal,
        PersonalStore.open(config.hub.personal_db, config.personal.key_file) as personal,
    ):
        for user in users:
            clock.advance(1000)
            value = encode_blood_pressure(
                BloodPressure(MedFloat(121, 0), MedFloat(81, 0), MedFloat(94, 0), user_id=user)
            )
            key = entry_key(CUFF, clock.wall_ms)
            journal.append("care", "radio", CUFF, "ble:2A35", key, value, clock.stamp())
        drain(journal, personal, clock.wall_ms)
