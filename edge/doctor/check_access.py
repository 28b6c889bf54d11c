"""The doctor's look at accounts: is there somebody who may give them."""

from __future__ import annotations

import time
from collections.abc import Iterator

from edge.config import Config
from edge.doctor.checks import Finding
from edge.store.village_reader import VillageReader

_ADVICE = (
    "Am Hub `dorfhub access first-code` ausführen und den Code auf der Seite /einrichten eingeben."
)


def access(config: Config) -> Iterator[Finding]:
    """Tell if nobody may give accounts yet: then volunteers' pages are closed to everybody."""
    if not config.hub.village_db.exists():
        return
    with VillageReader(config.hub.village_db) as village:
        if village.has_administrator():
            return
        has_code = village.has_first_code(time.time_ns() // 1_000_000)
    if has_code:
        message = "Noch verwaltet niemand die Zugänge; ein Code dafür ist ausgegeben."
        advice = "Den Code auf der Seite /einrichten eingeben. Ist er verloren: " + _ADVICE
    else:
        message, advice = "Noch verwaltet niemand die Zugänge.", _ADVICE
    yield Finding("access", "warn", message, advice)
