"""What a running county does by itself: pull, keep the lake in order, look after health.

Each job opens the county anew: the ledger is for one thread, and a lake or key that is absent for a
while fails one run, not the process.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event

from edge.clock import SystemClock
from edge.worker.jobs import Job, Outcome
from sync.county import (
    books,
    buses,
    certificates,
    harvest,
    heat_run,
    heat_watch,
    open_build,
    report,
    upkeep,
    visits,
)
from sync.county.config import CountyConfig
from sync.county.hub import open_county
from sync.county.lake import LakeError
from sync.county.reasons import OK

_LOW_SPACE = 2 << 30  # two years of a county's readings; below it an official should know
_NAMED = 3  # hubs; the first page names all
_HEAT_MIN = 5  # how often it looks whether the morning has come
_FIRST_UPKEEP_S = 600.0  # not while the first pull after a long stop has the disk


def jobs_of(
    config: CountyConfig, stop: Event | None = None, *, now_ms: Callable[[], int] = visits.now_ms
) -> list[Job]:
    """Return the jobs that the configuration wants; ``stop`` ends what would take long."""
    source, end = config.source, stop or Event()
    heat_min = _HEAT_MIN if config.heat.morning else 0
    wanted: tuple[tuple[str, int, Callable[[], Outcome], float], ...] = (
        ("pull", config.jobs.pull_min, lambda: pull(source), 0.0),
        ("compact", config.jobs.compact_min, lambda: compact(source), _FIRST_UPKEEP_S),
        ("vacuum", config.jobs.vacuum_min, lambda: vacuum(source), _FIRST_UPKEEP_S * 2),
        ("health", config.jobs.health_min, lambda: health(source, now_ms()), 5.0),
        ("certificates", config.jobs.certificates_min, lambda: certify(source), 60.0),
        ("open-data", config.jobs.open_data_min, lambda: open_data(source, now_ms()), 90.0),
        ("heat", heat_min, lambda: heat_watch.watch(source, now_ms(), end), 120.0),
    )
    return [
        Job(name, work, minutes * 60.0, first) for name, minutes, work, first in wanted if minutes
    ]


def pull(source: Path) -> Outcome:
    """Visit every hub; hubs that could not be reached are the pages' to tell."""
    with open_county(source) as county:
        outcomes = visits.pull_all(county)
        for bus in buses.pull_known(county):
            outcomes.extend(bus.outcomes)
    good = sum(outcome.code == OK for outcome in outcomes)
    rows = sum(outcome.readings for outcome in outcomes)
    return Outcome("ok", f"{good} von {len(outcomes)} Hubs, {rows} Messwerte")


def compact(source: Path) -> Outcome:
    """Sort what has gathered in the lake."""
    with open_county(source) as county:
        done = upkeep.compact(county.lake)
    return Outcome("ok", f"{done.files_before} Dateien zu {done.files_after}")


def vacuum(source: Path) -> Outcome:
    """Delete files that were replaced."""
    with open_county(source) as county:
        gone = upkeep.vacuum(county.lake)
    return Outcome("ok", f"{gone} Dateien gelöscht")


def certify(source: Path) -> Outcome:
    """Have certificates made that hubs ask for; say what a person has to decide."""
    with open_county(source) as county:
        issuer = certificates.issuer_of(county.config)
        sent, failed = certificates.work(county, issuer, SystemClock().stamp())
        with county.streams() as streams:
            open_ = [one for one in certificates.wanted(streams) if one.state == "new"]
    strange = sum(not one.allowed for one in open_)
    if failed or strange:
        return Outcome("attention", f"{failed} gescheitert; {strange} Namen noch nicht erlaubt")
    return Outcome("ok", f"{sent} verschickt, {len(open_)} in Arbeit")


def open_data(source: Path, now_ms: int) -> Outcome:
    """Merge what villages released, harvest their catalogues; say what is left out."""
    with open_county(source) as county:
        built = open_build.build(county)
        harvested = harvest.harvest(county.config, county.config.offers.harvest, now_ms)
    fresh = sum(one.outcome == "published" for one in built)
    out = [one for each in built for one in each.left_out]
    wrong = [f"{one.cube} nicht gebaut: {one.problem}" for one in built if one.problem]
    wrong += [f"nicht in den offenen Daten: {one.village}, {one.cube}: {one.why}" for one in out]
    wrong += [f"Katalog nicht geerntet: {one.problem}" for one in harvested if one.problem]
    wrong += [
        f"{len(one.left_out)} Datensätze nicht im Katalog: {one.address}: {one.left_out[0]}"
        for one in harvested
        if one.left_out
    ]
    if wrong:
        return Outcome("attention", "; ".join(wrong[:_NAMED]))
    return Outcome("ok", f"{fresh} von {len(built)} Datenbanken neu")


def health(source: Path, now_ms: int) -> Outcome:
    """Say what an official should look at: a full disk, an unreadable lake, silent hubs."""
    with open_county(source) as county:
        with suppress(LakeError):  # said below
            books.gather(county, now_ms)
        with county.streams() as streams:
            cut = sum(bool(books.unseen(streams, hub.hub)) for hub in county.ledger.hubs())
        found = report.status(county)
        free = shutil.disk_usage(county.config.state).free
        heat = heat_run.read(county.config.heat_run)
    wrong = []
    if free < _LOW_SPACE:
        wrong.append(f"nur noch {free // (1 << 20)} MiB frei")
    if found.rows is None:
        wrong.append("der Datenspeicher lässt sich nicht lesen")
    if heat is not None and heat.state == heat_run.FAILED:
        wrong.append("die Wärmevorhersage ist gescheitert (county status)")
    silent = [hub.name or hub.hub for hub, _ in report.silent_hubs(found.hubs, now_ms)]
    if cut:
        wrong.append(f"{cut} Hubs melden ein kürzeres Buch, wer was gesehen hat (county audit)")
    if silent:
        more = f" und {len(silent) - _NAMED} weiteren" if len(silent) > _NAMED else ""
        wrong.append(f"zu lange nichts von {', '.join(silent[:_NAMED])}{more}")
    if wrong:
        return Outcome("attention", "; ".join(wrong))
    return Outcome("ok", "")
