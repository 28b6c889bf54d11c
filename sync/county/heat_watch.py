"""Each morning, if anything new came: what the county's communal meters will need. No numpy."""

from __future__ import annotations

import hashlib
import json
import time as clock
from collections.abc import Callable
from dataclasses import astuple, replace
from pathlib import Path
from threading import Event

from edge.cadastre.apart import ApartError, ApartStopped
from edge.process.log import Log
from edge.worker.jobs import Outcome
from sync.county import heat_ahead_file, heat_run, heat_season_file, keeping
from sync.county.heat_child import BROKEN, forecast_apart
from sync.county.heat_run import Run
from sync.county.hub import County, open_county
from sync.county.ledger import HubState
from sync.county.streams import Streams

Apart = Callable[[Path, int, Event], str]  # what is missing, in German


def watch(source: Path, now_ms: int, stop: Event, apart: Apart = forecast_apart) -> Outcome:
    """Forecast in a process of its own if that is due and something new came; keep how it went.

    :raises LakeError: if the lake cannot be read.
    """
    with open_county(source) as county:
        config = county.config
        file, morning = config.heat_run, config.heat.morning
        known = heat_run.read(file)
        last = heat_run.ended(known, now_ms)
        if last is not None and last != known:
            keeping.write(file, last)
        if morning is None or not heat_run.due(last, now_ms, morning):
            return _outcome(last)
        mark = mark_of(county)
        kept = heat_ahead_file.read(config.heat_ahead), heat_season_file.read(config.heat_season)
    run = heat_run.begun(last, now_ms)
    if None not in kept and last is not None and mark == last.mark:
        run = replace(run, state=heat_run.UNCHANGED)
    else:
        keeping.write(file, run)
        run = _made(run, mark, apart, source, stop)
    keeping.write(file, run)
    return _outcome(run)


def mark_of(county: County) -> str:
    """Return what changes when something came that a forecast rests on.

    That is readings, releases, weather, who is confirmed, and what county.toml says of heat.

    :raises LakeError: if the lake cannot be read.
    """
    config = county.config
    hubs = [one for one in county.ledger.hubs() if one.state is HubState.CONFIRMED]
    with county.streams() as streams:
        said = _said(streams)
    held = [
        (one.hub, sorted((at.epoch, at.seq) for at in county.ledger.positions(one.hub)))
        for one in hubs
    ]
    heat, places = astuple(config.heat), dict(config.places)
    all_ = [held, said, county.lake.rows(), places, heat, _state(config.heat.weather)]
    text = json.dumps(all_, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _state(table: Path | None) -> tuple[int, int] | None:
    """Return what changes when somebody puts years into the table of temperatures."""
    try:
        found = None if table is None else table.stat()
    except OSError:
        return None
    return None if found is None else (found.st_mtime_ns, found.st_size)


def _said(streams: Streams) -> list[tuple[object, ...]]:
    """Return how far the county's own streams to all hubs are: its weather is in them."""
    sql = "SELECT hex(epoch), last_seq FROM stream WHERE addressee = x'' ORDER BY epoch"
    return [tuple(row) for row in streams.connection.rows(sql)]


def _made(run: Run, mark: str, apart: Apart, source: Path, stop: Event) -> Run:
    begun_s = clock.monotonic()
    try:
        missing = apart(source, run.begun_ms, stop)
    except ApartStopped:
        return replace(run, state=heat_run.STOPPED, tries=run.tries - 1)
    except (ApartError, OSError) as error:
        hint = getattr(error, "hint", BROKEN)
        Log().error("heat-failed", error=str(error), hint=hint)
        return replace(run, state=heat_run.FAILED, why=hint, took_s=clock.monotonic() - begun_s)
    return replace(
        run,
        state=heat_run.OK,
        why=missing,
        took_s=round(clock.monotonic() - begun_s, 1),
        mark="" if missing else mark,  # what is missing is tried again, news or not
        made_ms=run.begun_ms,
    )


def _outcome(run: Run | None) -> Outcome:
    if run is None:
        return Outcome("waiting")
    text = " ".join(heat_run.sentences(run))
    return Outcome("failed" if run.state == heat_run.FAILED else "ok", text)
