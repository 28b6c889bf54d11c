"""From village.db to a release: read, build, audit, certify, publish."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

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
from edge.publish.health import health_rows
from edge.publish.heat import Rows, heat_rows
from edge.publish.learning import learning_rows
from edge.publish.release import Release, current, publish, unpublish, withdraw
from edge.publish.snapshot import write_snapshot
from edge.publish.source import (
    open_source,
    read_air,
    read_board,
    read_calendar,
    read_health,
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
                done.append(_bring(cube, folder, _KINDS[cube.kind](config, cube, now)))
            except AuditFailed as error:
                refused[cube.name] = error.findings
            except (PublishError, OSError) as error:
                failed.append(error)
    if refused:
        raise AuditFailed.of(refused) from next(iter(failed), None)
    if failed:
        raise failed[0]
    return tuple(done)


@dataclass(frozen=True, slots=True)
class _Offer:
    """What a cube would publish now.

    ``declaration`` digests what its releases must agree with to stay, ``origin`` what else decides
    about the rows; ``is_empty``: there is nothing of it. ``keeps`` says whether a release with the
    same declaration stays if the new one fails; ``sites``, ``ledger`` and ``allowed`` are as in
    :func:`release_rows`.
    """

    declaration: str
    is_empty: bool
    origin: Callable[[], object]
    rows: Callable[[], Rows]
    sites: Mapping[str, str] = field(default_factory=dict)
    ledger: Path | None = None
    allowed: Mapping[str, tuple[str, str]] | None = None
    keeps: bool = True


def _bring(cube: Cube, folder: Path, offer: _Offer) -> Published:
    """Withdraw what may stay no longer, and publish what is new."""

    def agrees(paper: Certificate) -> bool:
        return paper.declaration == offer.declaration

    withdraw(folder, cube.name, unless=agrees)
    served = current(folder, cube.name)
    paper = _paper(served)
    if offer.is_empty and served is None:
        return Published(cube.name, "nothing", None)
    origin = digest_of([offer.origin(), cube.version, AUDITOR, offer.declaration])
    if paper is not None and paper.source == origin:
        return Published(cube.name, "unchanged", served)
    try:
        done = release_rows(
            cube, folder, offer.rows(), offer.sites, declaration=offer.declaration, origin=origin,
            ledger=offer.ledger, allowed=offer.allowed,
        )  # fmt: skip
    except (PublishError, OSError):
        if not (offer.keeps and paper is not None and agrees(paper)):
            unpublish(folder, cube.name)  # nothing rather than what is gone
        raise
    withdraw(folder, cube.name, unless=agrees)  # the one that was served until now
    return done


def _heat(config: Config, cube: Cube, now: datetime) -> _Offer:
    sites = communal_sites(config)
    meters = sorted((meter.meter_id, meter.site_id) for meter in config.meters)

    def rows() -> Rows:
        with open_source(config, cube, now) as source:
            return heat_rows(cube, source.sites, source.counters)

    return _Offer(digest_of([sites]), not sites, lambda: [state_of(config), meters], rows, sites)


def _calendar(config: Config, cube: Cube, now: datetime) -> _Offer:
    source = read_calendar(config)
    rows = calendar_rows(cube, source.courses, source.seats, source.rooms, _ms(now))
    return _Offer(digest_of(source.withdrawn), not rows["kurs"], lambda: rows, lambda: rows)


def _air(config: Config, cube: Cube, now: datetime) -> _Offer:
    sites = communal_sites(config)
    sensors = sorted(
        (one.meter_id, one.name, one.site_id, one.air) for one in communal_meters(config) if one.air
    )
    until = _ms(now)
    until -= until % HOUR_MS  # once an hour: what comes late is told with the next one
    return _Offer(
        digest_of([sites, sensors]),
        not sensors,
        lambda: until,
        lambda: air_rows(cube, sites, read_air(config, cube, until), until),
        sites,
        allowed=public_sensors(config),
    )


def _learning(config: Config, cube: Cube, now: datetime) -> _Offer:
    del now  # a season is counted when it is over
    rows = learning_rows(cube, *read_learning(config))
    return _Offer(
        digest_of({"rule": RULE}),  # what an older one let be known goes
        not rows["zeitraum"],
        lambda: rows,
        lambda: rows,
        ledger=config.hub.village_db,
    )


def _board(config: Config, cube: Cube, now: datetime) -> _Offer:
    rows = board_rows(cube, read_board(config, _ms(now)), _ms(now))
    return _Offer(
        digest_of(rows["aushang"]),  # what was taken down leaves earlier releases too
        not rows["aushang"],
        lambda: rows,
        lambda: rows,
        ledger=config.hub.village_db,
        keeps=False,  # also a date that is no more
    )


def _health(config: Config, cube: Cube, now: datetime) -> _Offer:
    today = now.astimezone(ZoneInfo(cube.timezone)).date()
    is_on = config.publish.health
    rows = health_rows(cube, read_health(config, today) if is_on else (), today)
    return _Offer(
        digest_of({"health": is_on}),  # switched off, what was published goes
        not rows["hub_tag"],
        lambda: rows,
        lambda: rows,
        ledger=config.hub.village_db,
    )


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


def _ms(now: datetime) -> int:
    return int(now.timestamp() * 1000)


def digest_of(what: object) -> str:
    """Return the SHA-256 of anything that JSON can say."""
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()


_KINDS: Mapping[str, Callable[[Config, Cube, datetime], _Offer]] = {
    "communal_heat": _heat,
    "course_calendar": _calendar,
    "public_air": _air,
    "learning_statistics": _learning,
    "board_calendar": _board,
    "hub_health": _health,
}
