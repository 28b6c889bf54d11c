"""The doctor's look at what devices say beside the readings: allocators, cold, tariffs."""

from __future__ import annotations

import time
from collections.abc import Iterator

from edge.config import Config
from edge.doctor.checks import Finding, ago
from edge.store.village_reader import VillageReader


def values(config: Config) -> Iterator[Finding]:
    """Count each communal device's kept values, and when they were heard last."""
    if not config.hub.village_db.exists():
        return
    now_ms = time.time_ns() // 1_000_000
    with VillageReader(config.hub.village_db) as village:
        kept = village.registers()
        names = {one.device: one.label or one.device_id for one in village.devices("meter")}
    for device in sorted({one.device for one in kept}):
        own = [one for one in kept if one.device == device]
        since = ago(max(0.0, (now_ms - max(one.heard_at for one in own)) / 1000))
        count = "ein Wert" if len(own) == 1 else f"{len(own)} Werte"
        message = (
            f"{names[device]}: {count} neben den Messreihen aufbewahrt (Einheiten, Kälte, Tarife,"
            f" Stichtage), zuletzt gehört vor {since} (auf eine Stunde genau)."
        )
        yield Finding(f"values.{device}", "ok", message)
