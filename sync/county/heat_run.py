"""How the county's own forecast of the morning went: when it is due, and what is kept of it.

One file, written before a run begins and after it ended: a process that is killed in between has
had its try, and one that starts anew the same day knows what was done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import time
from pathlib import Path
from typing import Any

from edge.learning.moment import local_day, to_local
from sync.county import keeping

TRIES = 3  # a morning: what failed three times is for a person
AGAIN_MS = 30 * 60_000  # after a try that failed, or of which nothing more was heard
DIED = "Sie wurde unterbrochen, bevor sie fertig war."
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


def due(last: Run | None, now_ms: int, morning: time) -> bool:
    """Tell whether it is time: after ``morning``, once a day; what failed comes again twice."""
    if to_local(now_ms).time() < morning:
        return False
    if last is None or last.day != local_day(now_ms).isoformat():
        return True
    if last.state in _DONE or last.tries >= TRIES:
        return False
    return last.state == STOPPED or abs(now_ms - last.begun_ms) >= AGAIN_MS


def ended(last: Run | None, now_ms: int) -> Run | None:
    """Return a run that nobody is making any more as one that failed, any other as it is.

    Whoever asks makes none: a process makes one at a time, and with it ends what it began.
    """
    if last is None or last.state != RUNNING or abs(now_ms - last.begun_ms) < AGAIN_MS:
        return last
    return replace(last, state=FAILED, why=DIED)


def begun(last: Run | None, now_ms: int) -> Run:
    """Return the run that begins now."""
    day = local_day(now_ms).isoformat()
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
    at = f"{to_local(run.begun_ms):%d.%m.%Y %H:%M}"
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
