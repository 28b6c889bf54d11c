"""How the county's own forecast of the morning went: when it is due, and what is kept of it.

One file, written before a run begins and after it ended: a process that is killed in between has
had its try, and one that starts anew the same day knows what was done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sync.county import keeping

ZONE = ZoneInfo("Europe/Berlin")
TRIES = 3  # a morning: what failed three times is for a person
AGAIN_MS = 30 * 60_000  # after a try that failed; one that is still running is never that old
RUNNING, OK, UNCHANGED, FAILED, STOPPED = "running", "ok", "unchanged", "failed", "stopped"
_DONE = (OK, UNCHANGED)


@dataclass(frozen=True, slots=True)
class Run:
    """The newest run, of the local day ``day``, its ``tries``-th try. Times are ms since 1970, UTC.

    ``state``: one of those above. ``why``: German, what failed or is missing. ``mark``: of what the
    newest forecast that is kept was made, and ``made_ms`` as of when; "" and 0 if none was yet.
    """

    day: str
    tries: int
    state: str
    begun_ms: int
    took_s: float = 0.0
    why: str = ""
    mark: str = ""
    made_ms: int = 0


def local(at_ms: int) -> datetime:
    """Return a moment as clocks here show it."""
    return datetime.fromtimestamp(at_ms / 1000, ZONE)


def day_of(at_ms: int) -> date:
    """Return the local day of a moment."""
    return local(at_ms).date()


def due(last: Run | None, now_ms: int, morning: time) -> bool:
    """Tell whether it is time: after ``morning``, once a day; what failed comes again twice."""
    if local(now_ms).time() < morning:
        return False
    if last is None or last.day != day_of(now_ms).isoformat():
        return True
    if last.state in _DONE or last.tries >= TRIES:
        return False
    return last.state == STOPPED or abs(now_ms - last.begun_ms) >= AGAIN_MS


def begun(last: Run | None, now_ms: int) -> Run:
    """Return the run that begins now."""
    day = day_of(now_ms).isoformat()
    tries = last.tries if last is not None and last.day == day else 0
    mark, made_ms = (last.mark, last.made_ms) if last is not None else ("", 0)
    return Run(day, tries + 1, RUNNING, now_ms, mark=mark, made_ms=made_ms)


def read(file: Path) -> Run | None:
    """Return the run that is kept, None if there is none, or it is another version's."""
    return keeping.read(file, _run)


def _run(raw: Mapping[str, Any]) -> Run:
    return Run(
        str(raw["day"]),
        int(raw["tries"]),
        str(raw["state"]),
        int(raw["begun_ms"]),
        float(raw["took_s"]),
        str(raw["why"]),
        str(raw["mark"]),
        int(raw["made_ms"]),
    )


def sentences(run: Run | None) -> Iterator[str]:
    """Say in German how the newest run went; nothing if there was none."""
    if run is None:
        return
    at = f"{local(run.begun_ms):%d.%m.%Y %H:%M}"
    if run.state == RUNNING:
        yield f"Die Rechnung begann am {at}."
    elif run.state == UNCHANGED:
        yield f"Am {at} war nichts Neues gekommen: die Vorhersage davor gilt weiter."
    elif run.state == STOPPED:
        yield f"Die Rechnung vom {at} wurde beendet, weil das Programm endete; sie kommt wieder."
    elif run.state == FAILED:
        more = "" if run.tries >= TRIES else " Es wird wieder versucht."
        tried = f"Versuch {run.tries} von {TRIES}"
        yield f"Die Rechnung vom {at} ist gescheitert ({tried}). {run.why}{more}"
    else:
        seconds = f"{run.took_s:.1f}".replace(".", ",")
        yield f"Von selbst gerechnet am {at}, in {seconds} s."
        if run.why:
            yield run.why
