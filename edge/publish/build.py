"""From village.db to a release: read, build, audit, certify, publish."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from edge.config import Config
from edge.process.lifecycle import only_one
from edge.publish.audit import AUDITOR, audit
from edge.publish.certificate import Certificate, digest
from edge.publish.cube import Cube, all_cubes
from edge.publish.errors import AuditFailed, SnapshotUnreadable
from edge.publish.heat import heat_rows
from edge.publish.release import Release, current, publish, withdraw
from edge.publish.snapshot import write_snapshot
from edge.publish.source import communal_sites, newest_round, open_source


@dataclass(frozen=True, slots=True)
class Published:
    """What became of one cube.

    ``outcome``: `published` a new release; `unchanged`: the served one says the same already;
    `nothing`: no building is declared communal and nothing was ever published.
    """

    cube: str
    outcome: Literal["published", "unchanged", "nothing"]
    release: Release | None
    hours: int = 0
    days: int = 0


def build_current(config: Config, now: datetime) -> tuple[Published, ...]:
    """Bring the hub's public folder up to date. ``now`` is aware; later readings are left out.

    :raises PublishError: if village.db cannot be read or the auditor refuses what was built.
    :raises edge.process.lifecycle.AlreadyRunning: if another process is publishing into the folder.
    """
    return build_into(config, config.hub.public, now)


def build_into(config: Config, folder: Path, now: datetime) -> tuple[Published, ...]:
    """As :func:`build_current`, into ``folder``, which is made if it is absent."""
    folder.mkdir(parents=True, exist_ok=True)
    with only_one(folder, ".publish"):
        return tuple(_build(config, cube, folder, now) for cube in all_cubes())


def _build(config: Config, cube: Cube, folder: Path, now: datetime) -> Published:
    sites = communal_sites(config)
    declaration = _digest([sites])
    withdraw(folder, cube.name, unless=lambda paper: paper.declaration == declaration)
    served = current(folder, cube.name)
    paper = _paper(served)
    if not sites and served is None:
        return Published(cube.name, "nothing", None)
    meters = sorted((meter.meter_id, meter.site_id) for meter in config.meters)
    origin = _digest([newest_round(config), meters, cube.version, AUDITOR, declaration])
    if paper is not None and paper.source == origin:
        return Published(cube.name, "unchanged", served)
    with open_source(config, cube, now) as source:
        rows = heat_rows(cube, source.sites, source.counters)
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
        verdict = audit(beside, cube, sites, certificate)
        if not verdict.passed:
            raise AuditFailed(tuple(str(finding) for finding in verdict.findings))
        if paper is not None and paper.sha256 == certificate.sha256:
            return Published(cube.name, "unchanged", served)
        release = publish(folder, cube.name, beside, certificate)
    finally:
        beside.unlink(missing_ok=True)
    hours, days = len(rows["waerme_stunde"]), len(rows["waerme_tag"])
    return Published(cube.name, "published", release, hours, days)


def _paper(served: Release | None) -> Certificate | None:
    try:
        return served.certificate() if served else None
    except SnapshotUnreadable:
        return None  # it is replaced by a release that has one


def _digest(what: object) -> str:
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()
