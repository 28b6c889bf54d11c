"""From the heat cadastre to a release: what may be shown of it now, audited beside all before.

What a release shows of each building is kept in village.db before anybody may see it. A release
that the auditor refuses is forgotten; one after which the hub lost its power counts as seen.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from edge.config import Config
from edge.process.lifecycle import only_one
from edge.publish.build import Published, digest_of, release_rows
from edge.publish.cells import form
from edge.publish.cohort import Change, advance
from edge.publish.cube import Cube, cube_named
from edge.publish.errors import AuditFailed, NothingEstimated, SourceUnreadable
from edge.publish.history import History, history
from edge.publish.plan import Sized, plan_rows, rule_of
from edge.publish.release import withdraw
from edge.publish.share import Part, Share
from edge.store.errors import StoreError
from edge.store.village import VillageStore

NAME = "waermekataster"


@dataclass(frozen=True, slots=True)
class PlanPublished:
    """What became of the cadastre's cube.

    ``buildings`` are in it, ``left_out`` new ones fit in no cell, ``waiting`` are shown as before
    until enough others change with them.
    """

    published: Published
    buildings: int
    left_out: int
    waiting: int


def build_plan(config: Config, folder: Path, now: datetime) -> PlanPublished:
    """Publish what the newest estimate says, into ``folder``; ``now`` is aware.

    :raises NothingEstimated: if there is no estimate.
    :raises AuditFailed: if the auditor refuses what was built; then nothing changes.
    :raises SourceUnreadable: if village.db cannot be read or written.
    :raises edge.process.lifecycle.AlreadyRunning: if another process is publishing into the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with only_one(folder, ".publish"), _uncollected():
        try:
            with VillageStore(config.hub.village_db) as village:
                return _build(config, village, folder, now)
        except StoreError as error:
            raise SourceUnreadable(str(error), hint=error.hint) from error


@contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no cycles meanwhile: of millions of small objects none is in one."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _build(config: Config, village: VillageStore, folder: Path, now: datetime) -> PlanPublished:
    cube = cube_named(NAME)
    at, year = int(now.timestamp() * 1000), now.astimezone(ZoneInfo(cube.timezone)).year
    run, last = village.last_heat_run(), village.last_release()
    if run is None:
        raise NothingEstimated("there is no estimate", hint="Zuerst: dorfhub heat estimate")
    withdraw(folder, cube.name, unless=lambda _: True)
    past = _past(village)
    if last is not None and last[1:3] == (year, run.run):
        change = Change({}, {}, 0, 0)
    else:
        change = _change(village, cube, past, thaw=last is None or last[1] != year)
    shares = {**past.shares, **change.shares}
    shown = sum(bool(one.block or one.section) for one in shares.values())
    if not shown:
        return PlanPublished(
            Published(cube.name, "nothing", None), 0, change.left_out, change.waiting
        )
    kept = True
    if change.shares:
        rows = [
            (
                *(one.building, one.block, one.section, one.carrier, one.kwh),
                *(one.type, one.age, one.heating),
            )
            for _, one in sorted(change.shares.items())
        ]
        village.keep_release(at, year, run.run, rows, change.cells)
        last = village.last_release()
    elif last is not None and village.outlines_wait():  # of the same buildings, year and estimate
        village.keep_release(at, *last[1:3], [], {})
        last = village.last_release()
    else:
        kept = False
    if last is None:
        raise SourceUnreadable("village.db has lost what was published")
    number, told, _, then = last  # the one before again, if its file should be there and is not
    stand = {"ausgabe": str(number), "jahr": str(told)}
    made = plan_rows(
        cube,
        [one for _, one in sorted(shares.items())],
        _sized(village, "hectares", then),
        _sized(village, "length", then),
        stand,
    )
    try:
        published = release_rows(
            cube,
            folder,
            made,
            {},
            declaration=digest_of([]),
            origin=digest_of([number, run.run, cube.version]),
            ledger=config.hub.village_db,
        )
    except AuditFailed:
        if kept:
            village.drop_release(number)
        raise
    return PlanPublished(published, shown, change.left_out, change.waiting)


def _past(village: VillageStore) -> History:
    return history(
        (
            (
                one.release,
                Share(
                    one.building,
                    one.block,
                    one.section,
                    one.carrier,
                    one.kwh,
                    one.type,
                    one.age,
                    one.heating,
                ),
            )
            for one in village.released()
        ),
        village.released_places(),
    )


def _change(village: VillageStore, cube: Cube, past: History, *, thaw: bool) -> Change:
    rule = rule_of(cube)
    parts = [
        Part(
            one.building,
            one.block,
            one.section,
            one.carrier,
            max(1, round(one.kwh)),
            one.type,
            one.age,
            one.heating,
        )
        for one in village.publishable()
    ]
    if past.shares:
        return advance(past, parts, rule, thaw=thaw)
    formed = form(parts, rule)
    return Change(formed.shares, formed.cells, 0, formed.left_out)


def _sized(village: VillageStore, field: str, at: int) -> dict[str, list[Sized]]:
    cells, outlines = village.released_places(), village.frozen_outlines()
    found: dict[str, list[Sized]] = {}
    for one in village.sized_places(field, at):
        if one.place in cells:
            sized = Sized(one.name, one.size, outlines.get(one.place))
            found.setdefault(cells[one.place], []).append(sized)
    return found
