"""From village.db to a release: read, build, audit, certify, publish."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from edge.config import Config
from edge.config.communal import communal_meters, communal_sites, public_sensors
from edge.learning.report import RULE
from edge.process.lifecycle import only_one
from edge.publish.air import HOUR_MS, air_rows
from edge.publish.audit import AUDITOR, audit
from edge.publish.board import board_rows
from edge.publish.calendar import calendar_rows
from edge.publish.certificate import Certificate, digest
from edge.publish.cube import Cube, all_cubes
from edge.publish.errors import AuditFailed, PublishError, SnapshotUnreadable
from edge.publish.heat import Rows, heat_rows
from edge.publish.learning import learning_rows
from edge.publish.release import Release, current, publish, unpublish, withdraw
from edge.publish.snapshot import write_snapshot
from edge.publish.source import (
    open_source,
    read_air,
    read_board,
    read_calendar,
    read_learning,
    state_of,
)


@dataclass(frozen=True, slots=True)
class Published:
    """What became of one cube.

    ``outcome``: `published` a new release; `unchanged`: the served one says the same already;
    `nothing`: there is nothing of it, and nothing was ever published. ``rows`` counts each table's.
    """

    cube: str
    outcome: Literal["published", "unchanged", "nothing"]
    release: Release | None
    rows: Mapping[str, int] = field(default_factory=dict)

    @property
    def hours(self) -> int:
        """How many hours of heat were published."""
        return self.rows.get("waerme_stunde", 0)

    @property
    def days(self) -> int:
        """How many days of heat were published."""
        return self.rows.get("waerme_tag", 0)


def build_current(config: Config, now: datetime) -> tuple[Published, ...]:
    """Bring the hub's public folder up to date. ``now`` is aware; later readings are left out.

    A cube that fails keeps none of the others back.

    :raises AuditFailed: if the auditor refuses some; its findings name the cube.
    :raises PublishError: if village.db cannot be read.
    :raises edge.process.lifecycle.AlreadyRunning: if another process is publishing into the folder.
    """
    return build_into(config, config.hub.public, now)


def build_into(config: Config, folder: Path, now: datetime) -> tuple[Published, ...]:
    """As :func:`build_current`, into ``folder``, which is made if it is absent."""
    folder.mkdir(parents=True, exist_ok=True)
    with only_one(folder, ".publish"):
        done: list[Published] = []
        refused: dict[str, tuple[str, ...]] = {}
        failed: list[PublishError | OSError] = []
        for cube in all_cubes():
            if cube.kind not in _KINDS:
                continue  # the cadastre is published when somebody says so
            try:
                done.append(_KINDS[cube.kind](config, cube, folder, now))
            except AuditFailed as error:
                refused[cube.name] = error.findings
            except (PublishError, OSError) as error:
                failed.append(error)
    if refused:
        raise AuditFailed.of(refused) from next(iter(failed), None)
    if failed:
        raise failed[0]
    return tuple(done)


@contextmanager
def _or_nothing(folder: Path, cube: Cube, *, stays: bool = False) -> Iterator[None]:
    """Serve nothing, unless ``stays``, rather than what is gone, if a new release fails."""
    try:
        yield
    except (PublishError, OSError):
        if not stays:
            unpublish(folder, cube.name)
        raise


def _heat(config: Config, cube: Cube, folder: Path, now: datetime) -> Published:
    sites = communal_sites(config)
    declaration = digest_of([sites])
    withdraw(folder, cube.name, unless=lambda paper: paper.declaration == declaration)
    served = current(folder, cube.name)
    paper = _paper(served)
    if not sites and served is None:
        return Published(cube.name, "nothing", None)
    meters = sorted((meter.meter_id, meter.site_id) for meter in config.meters)
    origin = digest_of([state_of(config), meters, cube.version, AUDITOR, declaration])
    if paper is not None and paper.source == origin:
        return Published(cube.name, "unchanged", served)
    with _or_nothing(folder, cube, stays=_says(paper, declaration)):
        with open_source(config, cube, now) as source:
            rows = heat_rows(cube, source.sites, source.counters)
        return release_rows(cube, folder, rows, sites, declaration=declaration, origin=origin)


def _calendar(config: Config, cube: Cube, folder: Path, now: datetime) -> Published:
    source = read_calendar(config)
    declaration = digest_of(source.withdrawn)
    withdraw(folder, cube.name, unless=lambda paper: paper.declaration == declaration)
    served = current(folder, cube.name)
    paper = _paper(served)
    now_ms = int(now.timestamp() * 1000)
    rows = calendar_rows(cube, source.courses, source.seats, source.rooms, now_ms)
    if not rows["kurs"] and served is None:
        return Published(cube.name, "nothing", None)
    origin = digest_of([rows, cube.version, AUDITOR, declaration])
    if paper is not None and paper.source == origin:
        return Published(cube.name, "unchanged", served)
    with _or_nothing(folder, cube, stays=_says(paper, declaration)):
        return release_rows(cube, folder, rows, {}, declaration=declaration, origin=origin)


def _air(config: Config, cube: Cube, folder: Path, now: datetime) -> Published:
    sites = communal_sites(config)
    sensors = sorted(
        (one.meter_id, one.name, one.site_id, one.air) for one in communal_meters(config) if one.air
    )
    declaration = digest_of([sites, sensors])
    withdraw(folder, cube.name, unless=lambda paper: paper.declaration == declaration)
    served = current(folder, cube.name)
    paper = _paper(served)
    if not sensors and served is None:
        return Published(cube.name, "nothing", None)
    until = int(now.timestamp() * 1000)
    until -= until % HOUR_MS
    # once an hour: what comes late is told with the next one
    origin = digest_of([until, cube.version, AUDITOR, declaration])
    if paper is not None and paper.source == origin:
        return Published(cube.name, "unchanged", served)
    with _or_nothing(folder, cube, stays=_says(paper, declaration)):
        rows = air_rows(cube, sites, read_air(config, cube, until), until)
        return release_rows(
            cube,
            folder,
            rows,
            sites,
            declaration=declaration,
            origin=origin,
            allowed=public_sensors(config),
        )


def _learning(config: Config, cube: Cube, folder: Path, now: datetime) -> Published:
    del now  # a season is counted when it is over
    counted, seasons = read_learning(config)
    rows = learning_rows(cube, counted, seasons)
    served = current(folder, cube.name)
    paper = _paper(served)
    declaration = digest_of({"rule": RULE})  # what an older one let be known goes
    withdraw(folder, cube.name, unless=lambda paper: paper.declaration == declaration)
    if not rows["zeitraum"] and served is None:
        return Published(cube.name, "nothing", None)
    origin = digest_of([rows, cube.version, AUDITOR, declaration])
    if paper is not None and paper.source == origin:
        return Published(cube.name, "unchanged", served)
    ledger = config.hub.village_db
    with _or_nothing(folder, cube, stays=_says(paper, declaration)):
        return release_rows(
            cube, folder, rows, {}, declaration=declaration, origin=origin, ledger=ledger
        )


def _board(config: Config, cube: Cube, folder: Path, now: datetime) -> Published:
    now_ms = int(now.timestamp() * 1000)
    rows = board_rows(cube, read_board(config, now_ms), now_ms)
    declaration = digest_of(rows["aushang"])  # what was taken down leaves earlier releases too
    withdraw(folder, cube.name, unless=lambda paper: paper.declaration == declaration)
    served = current(folder, cube.name)
    paper = _paper(served)
    if not rows["aushang"] and served is None:
        return Published(cube.name, "nothing", None)
    origin = digest_of([rows, cube.version, AUDITOR])
    if paper is not None and paper.source == origin:
        return Published(cube.name, "unchanged", served)
    ledger = config.hub.village_db
    with _or_nothing(folder, cube):  # also a date that is no more
        done = release_rows(
            cube, folder, rows, {}, declaration=declaration, origin=origin, ledger=ledger
        )
    withdraw(folder, cube.name, unless=lambda paper: paper.declaration == declaration)
    return done


def release_rows(
    cube: Cube,
    folder: Path,
    rows: Rows,
    sites: Mapping[str, str],
    *,
    declaration: str,
    origin: str,
    ledger: Path | None = None,
    allowed: Mapping[str, tuple[str, str]] | None = None,
) -> Published:
    """Write, audit and publish rows; the same bytes again are no release.

    ``sites`` are the communal ones, ``declaration`` and ``origin`` digests for the certificate,
    ``ledger`` is village.db where the auditor needs it, ``allowed`` are the public sensors.

    :raises AuditFailed: if the auditor refuses it.
    """
    served = current(folder, cube.name)
    paper = _paper(served)
    beside = folder / f".{cube.name}.building"
    try:
        write_snapshot(beside, cube, rows)
        content = beside.read_bytes()
        certificate = Certificate(
            cube=cube.name,
            kind=cube.kind,
            version=cube.version,
            sha256=digest(content),
            size=len(content),
            k=cube.disclosure.k,
            p_percent=cube.disclosure.p_percent,
            auditor=AUDITOR,
            declaration=declaration,
            source=origin,
        )
        verdict = audit(beside, cube, sites, certificate, ledger, sensors=allowed)
        if not verdict.passed:
            raise AuditFailed(tuple(str(finding) for finding in verdict.findings))
        if paper is not None and paper.sha256 == certificate.sha256:
            return Published(cube.name, "unchanged", served)
        release = publish(folder, cube.name, beside, certificate)
    finally:
        beside.unlink(missing_ok=True)
    counts = {name: len(each) for name, each in rows.items()}
    return Published(cube.name, "published", release, counts)


def _paper(served: Release | None) -> Certificate | None:
    try:
        return served.certificate() if served else None
    except SnapshotUnreadable:
        return None  # it is replaced by a release that has one


def _says(paper: Certificate | None, declaration: str) -> bool:
    """Tell whether nothing was withdrawn since a release was made."""
    return paper is not None and paper.declaration == declaration


def digest_of(what: object) -> str:
    """Return the SHA-256 of anything that JSON can say."""
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()


_KINDS: Mapping[str, Callable[[Config, Cube, Path, datetime], Published]] = {
    "communal_heat": _heat,
    "course_calendar": _calendar,
    "public_air": _air,
    "learning_statistics": _learning,
    "board_calendar": _board,
}
