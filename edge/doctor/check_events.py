"""The doctor's look at what happened to meters: exchanged, or a counter that ran backwards."""

from __future__ import annotations

import time
from collections.abc import Iterator

from edge.config import Config
from edge.doctor.checks import DAY_MS, Finding, Level, ago
from edge.store.continuity import COUNTER_FELL, EXCHANGED, REPLAYED, RESTARTED, UNSEALED
from edge.store.village_reader import VillageReader

DAYS = 30  # who looks once a month misses nothing
MOST = 10  # more of them are one trouble, not ten

_WARNS = frozenset((COUNTER_FELL, REPLAYED, RESTARTED, UNSEALED))
_ADVICE = {
    COUNTER_FELL: "Wurde der Zähler getauscht oder zurückgesetzt? Sonst seine Anzeige ablesen und"
    " mit dem Hub vergleichen; Verbräuche über diese Stelle hinweg werden nicht berechnet.",
    REPLAYED: "Jemand sendet Aufgezeichnetes. Gezählt wird es nicht; kommen keine neuen Werte mehr,"
    " den Zähler ablesen und vergleichen.",
    RESTARTED: "Wurde der Zähler oder seine Batterie getauscht, ist nichts zu tun. Sonst seine"
    " Anzeige ablesen und mit dem Hub vergleichen.",
    UNSEALED: "Jemand sendet unter dieser Nummer, oder am Zähler wurde die Verschlüsselung"
    " abgeschaltet: dann den Schlüssel entfernen (dorfhub meter key remove).",
    EXCHANGED: "Wurde der Zähler getauscht, ist nichts zu tun. Sonst prüfen, ob in hub.toml der"
    " richtige Zähler gemeint ist.",
}


def events(config: Config) -> Iterator[Finding]:
    """Tell the newest events of the last 30 days."""
    if not config.hub.village_db.exists():
        return
    now_ms = time.time_ns() // 1_000_000
    with VillageReader(config.hub.village_db) as village:
        recent = [one for one in village.events() if one.at >= now_ms - DAYS * DAY_MS]
    for one in recent[:MOST]:
        since = ago(max(0.0, (now_ms - one.at) / 1000))
        level: Level = "warn" if one.kind in _WARNS else "ok"
        message = f"Vor {since}, {one.device}: {one.detail}."
        yield Finding(f"event.{one.event}", level, message, _ADVICE.get(one.kind, ""))
