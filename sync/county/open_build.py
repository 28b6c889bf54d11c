"""The county's open data: one file a cube, merged from what its villages' auditors passed.

Each village's file is checked here as a stranger can check it: the hub signed it, its certificate
is its own, it holds what the cube declares and nothing else. One that does not is left out and
named; what a village withdrew is gone with the next build, from earlier files as well.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from edge.process.lifecycle import only_one
from edge.publish.audit import AUDITOR as VILLAGE_AUDITOR
from edge.publish.audit import audit_as_stranger
from edge.publish.build import digest_of
from edge.publish.certificate import Certificate, read_certificate
from edge.publish.cube import Cube, Table, all_cubes
from edge.publish.errors import SnapshotUnreadable
from edge.publish.release import current, publish, unpublish, withdraw
from edge.publish.snapshot import PAGE_SIZE, create_table
from hardware.durable import flush
from sync.county import disk, harvest_told, open_releases
from sync.county.hub import County
from sync.county.ledger import HubState
from sync.county.open_cubes import (
    ABOUT,
    AUDITOR,
    COUNTED,
    VERSION,
    VILLAGES,
    Place,
    county_cubes,
    identifies,
    prefixed,
)
from sync.county.open_releases import Released
from sync.errors import SyncError


class Unfit(SyncError):
    """A village's file may not be merged; the message says why."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A village's release that is not in the county's file, and why."""

    village: str
    cube: str
    why: str


@dataclass(frozen=True, slots=True)
class Built:
    """What became of one cube; ``villages`` are those in it by name, ``hubs`` the same by id.

    One that ``failed`` is served as before, or not at all if it may not be any more; ``problem``
    says why.
    """

    cube: str
    outcome: Literal["published", "unchanged", "withdrawn", "nothing", "failed"]
    villages: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    hubs: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class _Checked:
    place: Place
    released: Released
    paper: Certificate
    file: Path


def build(county: County) -> tuple[Built, ...]:
    """Bring the county's open data up to date with what came; pieces that count no more go.

    Each cube fails alone: what is wrong with one is in what is returned.

    :raises LakeError: if it cannot be read what came.
    :raises OSError: if the disk does not take a file.
    :raises edge.process.lifecycle.AlreadyRunning: if another process builds.
    """
    folder = county.config.open_data
    folder.mkdir(parents=True, exist_ok=True)
    with only_one(folder, ".build"):
        releases, past = open_releases.newest(county)
        places = {
            hub.hub: Place(hub.hub, hub.name or hub.hub, county.config.places.get(hub.hub, ""))
            for hub in county.ledger.hubs()
            if hub.state is HubState.CONFIRMED
        }
        built = tuple(
            _alone(county, village, merged, releases, places)
            for village, merged in zip(all_cubes(), county_cubes(), strict=True)
        )
        included = {(hub, one.cube) for one in built for hub in one.hubs}
        harvest_told.keep(county.config, places, releases, included)
        for file in past:
            file.unlink(missing_ok=True)
    return built


def _alone(
    county: County,
    village: Cube,
    merged: Cube,
    releases: Mapping[tuple[str, str], Released],
    places: Mapping[str, Place],
) -> Built:
    try:
        return _bring(county, village, merged, releases, places)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other cubes are built
        name, public = merged.name, county.config.open_data / "public"
        problem = _plain(f"{type(error).__name__}: {error}")
        hubs, names = _still(public, name, releases, places)
        if not hubs:  # nothing rather than what was withdrawn
            unpublish(public, name)
            withdraw(public, name, unless=lambda _: False)
        return Built(name, "failed", names, (), hubs, problem)


def _still(
    public: Path,
    name: str,
    releases: Mapping[tuple[str, str], Released],
    places: Mapping[str, Place],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return whose data are served, by id and name; nobody's if one may be shown no more."""
    paper = _paper(public, name)
    if paper is None:
        return (), ()
    try:
        hubs, names = _villages(public, name)
        said = [
            [hub, json.loads(releases[hub, name].certificate)["declaration"]]
            for hub in hubs
            if hub in places
        ]
        if len(said) == len(hubs) and digest_of(said) == paper.declaration:
            return hubs, names
    except (sqlite3.Error, LookupError, TypeError, ValueError, RecursionError):
        pass
    return (), ()


def _bring(
    county: County,
    village: Cube,
    merged: Cube,
    releases: Mapping[tuple[str, str], Released],
    places: Mapping[str, Place],
) -> Built:
    name, public = merged.name, county.config.open_data / "public"
    public.mkdir(parents=True, exist_ok=True)
    ours = [
        (places[hub], one)
        for (hub, cube), one in sorted(releases.items())
        if cube == name and hub in places
    ]
    origin = _origin(county.config.name, merged, ours)
    paper = _paper(public, name)
    marks = county.config.open_data / f"{name}.left-out.json"
    if paper is not None and paper.source == origin:
        hubs, names = _villages(public, name)
        return Built(name, "unchanged", names, _known(marks), hubs)
    work = county.config.open_data / f".{name}.work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    try:
        fit, left_out = _fit(work, village, ours)
        _keep(marks, left_out)
        declaration = digest_of([[one.place.hub, one.paper.declaration] for one in fit])
        withdraw(public, name, unless=lambda one: one.declaration == declaration)
        if not fit:
            outcome: Literal["withdrawn", "nothing"] = "nothing" if paper is None else "withdrawn"
            unpublish(public, name)
            return Built(name, outcome, (), left_out)
        beside = public / f".{name}.building"
        try:
            _write(beside, work, county.config.name, merged, village, fit)
            with beside.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            made = Certificate(
                cube=name,
                kind=merged.kind,
                version=merged.version,
                sha256=sha256,
                size=beside.stat().st_size,
                k=merged.disclosure.k,
                p_percent=merged.disclosure.p_percent,
                auditor=AUDITOR,
                declaration=declaration,
                source=origin,
            )
            publish(public, name, beside, made)
        except BaseException:
            if paper is not None and paper.declaration != declaration:
                unpublish(public, name)  # nothing rather than what was withdrawn
            raise
        finally:
            beside.unlink(missing_ok=True)
        withdraw(public, name, unless=lambda one: one.declaration == declaration)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    names = tuple(one.place.name for one in fit)
    return Built(name, "published", names, left_out, tuple(one.place.hub for one in fit))


def _origin(county: str, cube: Cube, ours: Sequence[tuple[Place, Released]]) -> str:
    said = [[*place.cells, one.digest.hex(), one.address, one.number] for place, one in ours]
    return digest_of([county, cube.version, AUDITOR, VERSION, VILLAGE_AUDITOR, said])


def _fit(
    work: Path, cube: Cube, ours: Iterable[tuple[Place, Released]]
) -> tuple[list[_Checked], tuple[LeftOut, ...]]:
    fit: list[_Checked] = []
    left_out: list[LeftOut] = []
    for place, one in ours:
        file = work / f"{place.hub}.db"
        try:
            fit.append(_checked(place, one, cube, file))
        except (SyncError, SnapshotUnreadable) as error:
            file.unlink(missing_ok=True)
            left_out.append(LeftOut(place.name, cube.name, _plain(str(error))))
    return fit, tuple(left_out)


def _checked(place: Place, one: Released, cube: Cube, file: Path) -> _Checked:
    """Lay a village's file and certificate down and check both.

    :raises SyncError: if it may not be merged.
    :raises SnapshotUnreadable: if it is no database at all.
    """
    file.write_bytes(one.content())
    beside = file.with_suffix(".json")
    beside.write_bytes(one.certificate)
    paper = read_certificate(beside)
    if paper.version != cube.version and type(paper.version) is int:
        raise Unfit(f"its declaration is version {paper.version}, and {cube.version} is known here")
    verdict = audit_as_stranger(file, cube, paper)
    if not verdict.passed:
        raise Unfit("; ".join(str(finding) for finding in verdict.findings[:3]))
    if type(paper.declaration) is not str:
        raise Unfit("its certificate has no declaration")
    with closing(sqlite3.connect(_finished(file), uri=True)) as opened:
        for each in COUNTED.get(cube.name, ()):
            (wrong,) = opened.execute(
                f'SELECT min("{each.column}") FROM "{each.table}" WHERE {each.wrong}',  # noqa: S608
                {"k": cube.disclosure.k},
            ).fetchone()
            if wrong is not None:
                raise Unfit(f"{each.table}.{each.column} has {wrong}: k is {cube.disclosure.k}")
    return _Checked(place, one, paper, file)


def _write(  # noqa: PLR0917 - from where to where
    target: Path, work: Path, county: str, merged: Cube, village: Cube, fit: Sequence[_Checked]
) -> None:
    """Merge the checked files into a new one at ``target``, and bring it to the disk."""
    target.unlink(missing_ok=True)
    whole = work / "whole.sqlite"
    with closing(
        sqlite3.connect(f"file:{quote(str(whole))}", uri=True, isolation_level=None)
    ) as db:
        db.execute(f"PRAGMA page_size = {PAGE_SIZE:d}")
        db.execute("PRAGMA journal_mode = OFF")
        db.execute("PRAGMA synchronous = OFF")  # what a power cut leaves of it is thrown away
        db.execute("PRAGMA trusted_schema = OFF")
        for table in merged.tables:
            create_table(db, table)
        for one in fit:
            db.execute("ATTACH ? AS dorf", (_finished(one.file),))
            db.execute("BEGIN")
            for table in prefixed(village):
                _copy(db, village, table, one.place)
            _village(db, one, village)
            db.execute("COMMIT")
            db.execute("DETACH dorf")
        about = {**merged.about, "zusammengefuehrt_von": county, "doerfer": str(len(fit))}
        db.executemany(f'INSERT INTO "{ABOUT}" VALUES (?, ?)', sorted(about.items()))  # noqa: S608
        db.execute("VACUUM INTO ?", (str(target),))
    with target.open("rb+") as file:
        os.fsync(file.fileno())
    flush(target.parent)


def _copy(db: sqlite3.Connection, cube: Cube, table: Table, place: Place) -> None:
    own = [identifies(cube.name, table.name, column.name) for column in table.columns]
    columns = ", ".join(
        f'? || "{column.name}"' if is_own else f'"{column.name}"'
        for column, is_own in zip(table.columns, own, strict=True)
    )
    marks = ", ".join("?" * len(place.cells))
    db.execute(
        f'INSERT INTO main."{table.name}" SELECT {marks}, {columns} FROM dorf."{table.name}"',  # noqa: S608 - declared names
        (*place.cells, *[f"{place.hub}-"] * sum(own)),
    )


def _village(db: sqlite3.Connection, one: _Checked, cube: Cube) -> None:
    said = dict(db.execute(f'SELECT name, value FROM dorf."{ABOUT}" ORDER BY name'))  # noqa: S608
    more = "; ".join(f"{name}: {said[name]}" for name in said if name not in cube.about)
    released = one.released
    row = (
        *one.place.cells,
        released.number,
        one.paper.sha256,
        one.paper.auditor,
        released.address or None,
        more,
    )
    db.execute(f'INSERT INTO main."{VILLAGES}" VALUES ({", ".join("?" * len(row))})', row)  # noqa: S608


def _plain(text: str) -> str:
    """Return what can be written anywhere, whatever a stranger's file put into it."""
    return text.encode("utf-8", "backslashreplace").decode()


def _finished(path: Path) -> str:
    """Return the URI of a file that nobody writes any more."""
    return f"file:{quote(str(path))}?immutable=1"


def _paper(public: Path, name: str) -> Certificate | None:
    served = current(public, name)
    try:
        return served.certificate() if served else None
    except SnapshotUnreadable:
        return None


def _villages(public: Path, name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    served = current(public, name)
    if served is None:
        return (), ()
    with closing(sqlite3.connect(_finished(served.path), uri=True)) as db:
        rows = db.execute(f"SELECT dorf_id, dorf FROM {VILLAGES} ORDER BY dorf_id").fetchall()  # noqa: S608
    return tuple(str(hub) for hub, _ in rows), tuple(str(one) for _, one in rows)


def _keep(file: Path, left_out: Sequence[LeftOut]) -> None:
    said = [[one.village, one.cube, one.why] for one in left_out]
    disk.write(file, json.dumps(said, ensure_ascii=False).encode())


def _known(file: Path) -> tuple[LeftOut, ...]:
    with suppress(OSError, ValueError, TypeError):
        return tuple(LeftOut(*map(str, one)) for one in json.loads(file.read_text("utf-8")))
    return ()
