"""A process of its own that forecasts: its memory goes back, and its end ends nothing else.

The process is ``python -m sync.county.heat_child COUNTY.TOML NOW_MS``. It writes the files that the
officials' page reads, and says on standard output how it went.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

from sync.errors import SyncError

LIMIT_S = 3600.0  # a hundred hubs of twenty meters on one slow core take three quarters of that
NICE = 10  # pages and pulls go first
LOCK = "county-heat"
SLOW = "Die Wärmevorhersage braucht länger als {minutes} Minuten und wurde beendet."
BROKEN = "Die Wärmevorhersage ist gescheitert. „dorfhub county heat forecast“ zeigt mehr."
NO_SEASON = "Die Heizzeit ist nicht gerechnet: {why}"
BUG = "Fehler im Programm ({error}); „dorfhub county heat season“ zeigt mehr."
BUSY = "Die Wärmevorhersage läuft schon."
_POLL_S = 0.2
_SAID = 4000  # of what it said last, for the log
MODULE = (sys.executable, "-m", "sync.county.heat_child")


class HeatError(SyncError):
    """The process did not do it; ``hint`` says in German why."""


class Stopped(HeatError):
    """It was ended because this process ends."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the process says: ``why`` is German, "" if all is made."""

    why: str = ""


def forecast_apart(
    source: Path,
    now_ms: int,
    stop: Event,
    *,
    limit_s: float = LIMIT_S,
    command: tuple[str, ...] = MODULE,
) -> Answer:
    """Forecast in a process of its own, with all that it begins; ``stop`` ends it.

    :raises Stopped: if ``stop`` was set.
    :raises HeatError: if it takes longer than ``limit_s`` seconds, or fails.
    """
    # one thread of linear algebra: Daft shares the meters out itself
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as said:
        with subprocess.Popen(
            [*command, str(source), str(now_ms)],
            stdin=subprocess.PIPE,  # closed by this process' end, whatever ends it
            stdout=out,
            stderr=said,
            env=environment,
            start_new_session=True,
        ) as process:
            try:
                code = _wait(process, limit_s, stop)
            finally:  # whatever it started goes with it
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
        out.seek(0)
        said.seek(0)
        lines = said.read()[-_SAID:].decode("utf-8", "replace").strip().splitlines()
        if code:
            raise HeatError(lines[-1] if lines else f"ended with {code}", hint=BROKEN)
        try:
            answer = json.loads(out.read())
            wrong, why = answer.get("wrong"), str(answer["why"])
        except (ValueError, KeyError, AttributeError) as error:
            raise HeatError(f"no answer: {error}", hint=BROKEN) from error
    if wrong:
        raise HeatError(str(wrong), hint=why or BROKEN)
    return Answer(why)


def _wait(process: subprocess.Popen[bytes], limit_s: float, stop: Event) -> int:
    until = time.monotonic() + limit_s
    while True:
        try:
            return process.wait(_POLL_S)
        except subprocess.TimeoutExpired:
            if stop.is_set():
                raise Stopped("stopped", hint="") from None
            if time.monotonic() >= until:
                minutes = max(1, round(limit_s / 60))
                raise HeatError("too slow", hint=SLOW.format(minutes=minutes)) from None


def _work(source: Path, now_ms: int) -> dict[str, str]:
    from edge.process.lifecycle import AlreadyRunning, only_one  # noqa: PLC0415 - here alone
    from sync.county import (  # noqa: PLC0415 - numpy, here alone
        heat_job,
        heat_season,
        keeping,
    )
    from sync.county.hub import open_county  # noqa: PLC0415 - likewise

    try:
        with open_county(source) as county:
            run = county.config.state / "run"
            with only_one(run, LOCK, wait_s=0.0):
                config, station = county.config, county.config.heat.station
                made = heat_job.made(county, now_ms, station)
                keeping.write(config.heat_ahead, made)
                try:  # whatever this lacks, the forecast stays
                    season = heat_season.made(county, now_ms, station)
                    keeping.write(config.heat_season, season)
                except SyncError as error:
                    return {"why": NO_SEASON.format(why=error.hint or error)}
                except Exception as error:  # noqa: BLE001 - likewise
                    why = BUG.format(error=type(error).__name__)
                    return {"why": NO_SEASON.format(why=why)}
    except AlreadyRunning as error:
        return {"wrong": str(error), "why": BUSY}
    except SyncError as error:
        return {"wrong": str(error), "why": error.hint}
    return {"why": ""}


def _end_with_parent() -> None:
    """Wait for the end of who began this process, and end it then with all that it began."""
    sys.stdin.buffer.read()
    os.killpg(os.getpid(), signal.SIGKILL)


def _main(work: Callable[[Path, int], Any]) -> None:
    from sync.county.query import leave  # noqa: PLC0415 - Daft, here alone

    os.nice(NICE)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    print(json.dumps(work(Path(sys.argv[1]), int(sys.argv[2])), ensure_ascii=False))  # noqa: T201
    leave()


if __name__ == "__main__":
    _main(_work)
