"""The county's forecast in a process of its own (`edge.cadastre.apart`). No numpy but there.

It writes the files that the officials' page reads, and says how it went.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from threading import Event
from typing import Any

from edge.cadastre.apart import ask_apart, serve
from sync.errors import SyncError

LIMIT_S = 3600.0  # a hundred hubs of twenty meters on one slow core take three quarters of that
LOCK = "county-heat"
SLOW = "Die Wärmevorhersage braucht länger als {minutes} Minuten und wurde beendet."
BROKEN = "Die Wärmevorhersage ist gescheitert. „dorfhub county heat forecast“ zeigt mehr."
NO_SEASON = "Die Heizzeit ist nicht gerechnet: {why}"
NO_SUM = "Ohne Vorhersage der Summe, Fehler im Programm: {names}."
BUG = "Fehler im Programm ({error}); „dorfhub county heat season“ zeigt mehr."
BUSY = "Die Wärmevorhersage läuft schon."


class Busy(SyncError):
    """Another process forecasts already."""

    hint = BUSY


def forecast_apart(source: Path, now_ms: int, stop: Event) -> str:
    """Forecast in a process of its own; ``stop`` ends it. Return in German what is missing, or "".

    :raises edge.cadastre.apart.ApartStopped: if ``stop`` was set.
    :raises edge.cadastre.apart.ApartError: if it takes too long, or fails.
    """
    slow = SLOW.format(minutes=round(LIMIT_S / 60))
    wishes = {"source": str(source), "now_ms": now_ms}
    said = ask_apart("sync.county.heat_child", wishes, LIMIT_S, slow=slow, hint=BROKEN, stop=stop)
    return str(said)


def _work(wishes: Mapping[str, Any]) -> str:
    """Make the files; return in German what is missing, "" if nothing is."""
    from edge.process.lifecycle import AlreadyRunning, only_one  # noqa: PLC0415 - here alone
    from sync.county import (  # noqa: PLC0415 - numpy, here alone
        heat_job,
        heat_season,
        keeping,
    )
    from sync.county.heat_merged import NOBODY  # noqa: PLC0415 - likewise
    from sync.county.hub import open_county  # noqa: PLC0415 - likewise

    now_ms, missing = int(wishes["now_ms"]), []
    try:
        with open_county(Path(wishes["source"])) as county:
            run = county.config.state / "run"
            with only_one(run, LOCK, wait_s=0.0):
                config, station = county.config, county.config.heat.station
                made = heat_job.made(county, now_ms, station)
                keeping.write(config.heat_ahead, made)
                if made.broken:
                    names = ", ".join(one or NOBODY for one in made.broken)
                    missing.append(NO_SUM.format(names=names))
                try:  # whatever this lacks, the forecast stays
                    season = heat_season.made(county, now_ms, station)
                    keeping.write(config.heat_season, season)
                except SyncError as error:
                    missing.append(NO_SEASON.format(why=error.hint or error))
                except Exception as error:  # noqa: BLE001 - likewise
                    why = BUG.format(error=type(error).__name__)
                    missing.append(NO_SEASON.format(why=why))
    except AlreadyRunning as error:
        raise Busy(str(error)) from error
    return " ".join(missing)


if __name__ == "__main__":
    serve(_work, (SyncError,))
    from sync.county.query import leave

    leave()
