"""Once a day, early: where communal heat is lost."""

from __future__ import annotations

from datetime import time
from importlib.util import find_spec

from edge.cadastre.faults_child import look_apart
from edge.clock import Stamp
from edge.config import Config
from edge.config.communal import communal_meters
from edge.learning.moment import to_local, to_ms
from edge.process.log import Log
from edge.store.village import VillageStore
from edge.worker.jobs import Outcome
from hardware.reading import TimeQuality

MORNING_H = 4  # local time: before the forecast, on the days that ended
_NO_NUMPY = "Für die Suche nach Wärmefehlern fehlt numpy: pip install 'dorfhub[heat]'"


def watch_faults(config: Config, village: VillageStore, stamp: Stamp) -> Outcome:
    """Look for faults if that is due, in a process of its own.

    :raises edge.cadastre.apart.ApartError: if that process fails.
    """
    if stamp.quality is TimeQuality.UNKNOWN:
        return Outcome("waiting", "Die Uhr ist nicht gestellt.")
    if not due(config, village, stamp.wall_ms):
        return Outcome()
    if find_spec("numpy") is None:
        return Outcome("waiting", _NO_NUMPY)
    done = look_apart(config, stamp)
    for one in done:
        if one.failed:
            Log().error("faults-failed", meter=one.meter, error=one.failed)
    words = (
        ("Fehler gefunden", [one.meter for one in done if one.faults]),
        ("nicht zu beurteilen", [one.meter for one in done if not one.judged and not one.failed]),
        ("Fehler im Programm", [one.meter for one in done if one.failed]),
    )
    return Outcome("ok", "; ".join(f"{word}: {', '.join(some)}" for word, some in words if some))


def due(config: Config, village: VillageStore, now_ms: int) -> bool:
    """Tell whether a communal meter was last looked at before this morning, or never."""
    morning_ms = to_ms(to_local(now_ms).date(), time(MORNING_H))
    looked = {one.meter: one.at for one in village.heat_verdicts()}
    meters = [one.meter_id for one in communal_meters(config)]
    if any(meter not in looked for meter in meters):
        return True
    return any(looked[meter] < morning_ms <= now_ms for meter in meters)
