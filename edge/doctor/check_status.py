"""The doctor's look at what communal meters say of themselves: a low battery, an error."""

from __future__ import annotations

import time
from collections.abc import Iterator

from edge.config import Config
from edge.doctor.checks import Finding, ago
from edge.store.village_reader import VillageReader

_BATTERY = "Den Messdienst oder Eigentümer bitten, Batterie oder Stromversorgung zu prüfen."
_OTHER = (
    "Die Anzeige des Zählers mit den Werten im Hub vergleichen und den Messdienst oder Hersteller"
    " fragen. Die Werte bleiben, wie der Zähler sie sagt."
)


def statuses(config: Config) -> Iterator[Finding]:
    """Tell of each of hub.toml's meters that reports something."""
    if not config.hub.village_db.exists():
        return
    now_ms = time.time_ns() // 1_000_000
    with VillageReader(config.hub.village_db) as village:
        said = village.meter_statuses()
        speaks = {one.meter_id: village.device_of_meter(one.meter_id) for one in config.meters}
    for meter in config.meters:
        one = said.get(speaks[meter.meter_id] or 0)
        if one is None or one.is_well:
            continue
        since = ago(max(0.0, (now_ms - one.since) / 1000))
        message = f"{meter.name} meldet seit {since}: {one.words}"
        advice = _BATTERY if one.status == "POWER_LOW" else _OTHER
        yield Finding(f"status.{meter.meter_id}", "warn", message, advice)
