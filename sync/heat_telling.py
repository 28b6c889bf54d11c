"""Telling the county what the village released of its heat cadastre.

What is told is read from the release's own file, which the auditor passed, never from the
cadastre: so nothing finer can leave. A release is told once.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from edge.clock import Stamp
from edge.publish.certificate import Certificate, digest
from edge.publish.errors import SnapshotUnreadable
from edge.publish.release import Release, current
from edge.store.connection import Connection, Driver
from edge.store.village_plan_told import note_plan, told_plan, whole_of
from sync import heat_plan
from sync.errors import SyncError
from sync.events import MAX_EVENTS
from sync.heat_plan import Block, Carrier, Generator, Plan, Section, told_names
from sync.outbox import Outbox

CUBE = "waermekataster"
KIND = "heat_plan"
WITH_GENERATORS = 2  # version of the cube from which on a release counts them


class NotTold(SyncError):
    """A release cannot be told; it stays published."""

    hint = "Noch einmal veröffentlichen: dorfhub publish heat"


class TooLarge(NotTold):
    """A release is more than one segment holds: that of a whole town."""

    hint = "Für eine Meldung an den Kreis ist sie zu groß; veröffentlicht bleibt sie hier."


def tell(outbox: Outbox, village: Connection, public: Path, stamp: Stamp) -> bool:
    """Tell the release that is served in ``public``, unless it was told already.

    :raises NotTold: if its file is not what the auditor passed, or no plan.
    :raises StoreError: if village.db fails; call again later.
    """
    release = current(public, CUBE)
    if release is None:
        return False
    try:
        paper = release.certificate()
        mark = bytes.fromhex(paper.sha256)
    except (SnapshotUnreadable, ValueError, TypeError) as error:
        raise NotTold(f"the certificate of {release.path.name} is none: {error}") from error
    if told_plan(village) == mark:
        return False
    plan = read(release, paper, village)
    if plan.rows > MAX_EVENTS:  # what the county can do without
        plan = replace(plan, generators=())
    if plan.rows > MAX_EVENTS:
        raise TooLarge(f"{release.path.name} has {plan.rows} rows, more than {MAX_EVENTS}")
    try:
        told = heat_plan.events_of(plan, stamp.wall_ms, int(stamp.quality))
    except ValueError as error:
        raise NotTold(f"{release.path.name} cannot be told: {error}") from error

    def do(driver: Driver, _: int) -> None:
        note_plan(driver, mark, stamp.wall_ms)

    try:
        outbox.say(heat_plan.SCHEMA, told, stamp, do)
    except ValueError as error:  # more than a segment holds
        raise TooLarge(f"{release.path.name} cannot be told: {error}") from error
    return True


def read(release: Release, paper: Certificate, village: Connection) -> Plan:
    """Return what a release says; ``village`` knows how wide the estimate's band is.

    :raises NotTold: if the file is not the certificate's, or no plan.
    """
    try:
        content = release.path.read_bytes()
    except OSError as error:
        raise NotTold(f"{release.path.name} cannot be read: {error.strerror}") from error
    if paper.kind != KIND or digest(content) != paper.sha256 or paper.k < heat_plan.LEAST:
        raise NotTold(f"{release.path.name} is not what its certificate is for")
    uri = f"file:{quote(str(release.path))}?immutable=1"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            return _plan(connection, paper, village)
    except (sqlite3.DatabaseError, ValueError, TypeError, KeyError) as error:
        raise NotTold(f"{release.path.name} cannot be read: {error}") from error


def _plan(connection: sqlite3.Connection, paper: Certificate, village: Connection) -> Plan:
    said = dict(connection.execute("SELECT name, value FROM _about").fetchall())
    number = int(said["ausgabe"])
    whole = whole_of(village, number)
    band = None if whole is None else heat_plan.band_percent(whole.kwh, whole.low, whole.high)
    low, high = band or (None, None)
    return Plan(
        release=number,
        year=int(said["jahr"]),
        digest=bytes.fromhex(paper.sha256),
        low=low,
        high=high,
        blocks=tuple(
            Block(cell, told_names(places), count, round(mwh), _times(area, 10_000), kind, age)
            for cell, places, count, mwh, area, kind, age in _rows(
                connection,
                "SELECT bereich, bloecke, gebaeude, waerme_mwh, flaeche_ha, gebaeudetyp,"
                " baualtersklasse FROM block ORDER BY bereich",
            )
        ),
        carriers=tuple(
            Carrier(cell, carrier, count, round(mwh), generators)
            for cell, carrier, count, mwh, generators in _rows(
                connection,
                "SELECT bereich, traeger, gebaeude, waerme_mwh, erzeuger FROM traeger"
                " ORDER BY bereich, traeger",
            )
        ),
        generators=tuple(
            Generator(cell, carrier, kind, count)
            for cell, carrier, kind, count in _rows(
                connection,
                "SELECT bereich, traeger, art, anzahl FROM erzeuger ORDER BY bereich, traeger, art",
            )
        )
        if paper.version >= WITH_GENERATORS
        else (),
        sections=tuple(
            Section(cell, told_names(places), count, round(mwh), _times(length, 1000))
            for cell, places, count, mwh, length in _rows(
                connection,
                "SELECT bereich, abschnitte, gebaeude, waerme_mwh, laenge_m FROM abschnitt"
                " ORDER BY bereich",
            )
        ),
    )


def _rows(connection: sqlite3.Connection, sql: str) -> list[tuple[Any, ...]]:
    return connection.execute(sql).fetchall()


def _times(size: object, factor: int) -> int | None:
    return round(float(size) * factor) if isinstance(size, (int, float)) else None
