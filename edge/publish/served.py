"""What is served, read for a page: of each cube the current release, if its certificate is its own.

Never the tables that it was built from. Times are UTC as the snapshots write them, days local.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby
from pathlib import Path
from urllib.parse import quote

from edge.publish.certificate import digest
from edge.publish.cube import cube_named
from edge.publish.errors import SnapshotUnreadable
from edge.publish.release import Release, current

MOST_BUILDINGS = 50  # and sensors: more than a village has, and what a page can say in a moment
_Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class WarmDay:
    """A day of all buildings together; ``whole``: every hour of each was measured."""

    day: date
    kwh: float
    whole: bool


@dataclass(frozen=True, slots=True)
class Heat:
    """Days, oldest first, and the names of the buildings with their kWh in these days."""

    days: tuple[WarmDay, ...]
    buildings: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Hour:
    """The air in an hour. ``local`` is its beginning; None where too little of it is known."""

    local: datetime
    degc: float | None
    percent: float | None


@dataclass(frozen=True, slots=True)
class Air:
    """A sensor and its last days, hour by hour, oldest first."""

    name: str
    place: str
    hours: tuple[Hour, ...]


@dataclass(frozen=True, slots=True)
class HubDay:
    """A day of the hub: it lived at least ``percent`` of it, and began anew ``starts`` times.

    ``or_more``: no more are told, so it may have been oftener.
    """

    day: date
    percent: int
    starts: int
    or_more: bool


@dataclass(frozen=True, slots=True)
class Season:
    """What was counted of the learning point in a half-year, or of several together."""

    name: str
    courses: int
    meetings: int
    visits: int


@dataclass(frozen=True, slots=True)
class PublicDate:
    """Something that takes place: ``local`` is when it begins."""

    local: datetime
    title: str
    place: str


class Served:
    """Reads a folder of releases. Threads may share one.

    Each file is read whole once, to compare it with its certificate; ten megabytes take a Pi
    a tenth of a second.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._fits: dict[str, tuple[Release, bool]] = {}  # one of each cube

    def heat(self, count: int) -> Heat | None:
        """Return the last ``count`` days of communal heat, None if none are served."""
        days = self._rows(
            "kommunale-waerme",
            "SELECT tag, sum(energie_kwh), min(vollstaendig) FROM waerme_tag WHERE tag > date("
            " (SELECT max(tag) FROM waerme_tag WHERE energie_kwh IS NOT NULL), ?)"
            " GROUP BY tag HAVING count(energie_kwh) > 0 ORDER BY tag",
            (f"-{count} days",),
        )
        if not days:
            return None
        buildings = self._rows(
            "kommunale-waerme",
            "SELECT site_name, sum(energie_kwh) AS kwh FROM waerme_tag WHERE tag >= ?"
            " GROUP BY site HAVING kwh IS NOT NULL ORDER BY kwh DESC, site_name LIMIT ?",
            (days[0][0], MOST_BUILDINGS),
        )
        return Heat(
            tuple(
                WarmDay(date.fromisoformat(str(day)), _number(kwh), bool(whole))
                for day, kwh, whole in days
            ),
            tuple((str(name), _number(kwh)) for name, kwh in buildings),
        )

    def air(self, count: int) -> tuple[Air, ...]:
        """Return sensors with the last ``count`` days that any of them knows, outdoors first."""
        rows = self._rows(
            "umwelt",
            "WITH before AS (SELECT date(max(tag), ?) AS tag FROM luft_stunde), shown AS"
            " (SELECT fuehler, fuehler_name, site_name, lage = 'außen' AS outdoors FROM fuehler"
            " ORDER BY outdoors DESC, fuehler_name LIMIT ?)"
            " SELECT shown.fuehler, shown.fuehler_name, site_name, ortszeit, temperatur_degc,"
            " feuchte_prozent FROM shown JOIN luft_stunde AS hour USING (fuehler)"
            " WHERE beginn >= (SELECT tag FROM before) AND hour.tag > (SELECT tag FROM before)"
            " ORDER BY outdoors DESC, shown.fuehler_name, fuehler, beginn",
            (f"-{count} days", MOST_BUILDINGS),
        )
        found = [
            Air(
                str(name),
                str(place),
                tuple(
                    Hour(datetime.fromisoformat(str(at)), _maybe(degc), _maybe(percent))
                    for *_, at, degc, percent in hours
                ),
            )
            for (_, name, place), hours in groupby(rows, key=lambda row: row[:3])
        ]
        return tuple(one for one in found if any(hour.degc is not None for hour in one.hours))

    def hub(self, count: int) -> tuple[HubDay, ...]:
        """Return the last ``count`` days of the hub itself, oldest first."""
        rows = self._rows(
            "hubzustand",
            "SELECT tag, lebenszeichen_prozent, neustarts FROM hub_tag ORDER BY tag DESC LIMIT ?",
            (count,),
        )
        most = cube_named("hubzustand").health.starts_max
        return tuple(
            HubDay(
                date.fromisoformat(str(day)),
                int(_number(percent)),
                int(_number(starts)),
                _number(starts) >= most,
            )
            for day, percent, starts in reversed(rows)
        )

    def seasons(self, count: int) -> tuple[Season, ...]:
        """Return what was counted last of the learning point, the newest first."""
        rows = self._rows(
            "lernstatistik",
            "SELECT name, kurse, termine, besuche FROM zeitraum ORDER BY von DESC LIMIT ?",
            (count,),
        )
        return tuple(
            Season(str(name), *(int(_number(one)) for one in counted)) for name, *counted in rows
        )

    def dates(self, now: datetime, count: int) -> tuple[PublicDate, ...]:
        """Return what takes place next: courses' meetings and what hangs at the board.

        ``now`` is aware; what has begun is left out.
        """
        found = [
            *self._rows(
                "kurse",
                "SELECT anfang, ortszeit, titel, ort FROM termin WHERE anfang >= ?"
                " AND NOT faellt_aus ORDER BY anfang, kurs LIMIT ?",
                (_utc(now), count),
            ),
            *self._rows(
                "termine",
                "SELECT anfang, ortszeit, titel, ort FROM termin WHERE anfang >= ?"
                " ORDER BY anfang, aushang LIMIT ?",
                (_utc(now), count),
            ),
        ]
        found.sort(key=lambda row: (str(row[0]), str(row[2])))
        return tuple(
            PublicDate(datetime.fromisoformat(str(local)), str(title), str(place))
            for _, local, title, place in found[:count]
        )

    def is_served(self, name: str) -> bool:
        """Say whether a release of this cube is served."""
        return self._release(name) is not None

    def _rows(self, name: str, sql: str, parameters: tuple[object, ...] = ()) -> list[_Row]:
        release = self._release(name)
        if release is None:
            return []
        uri = f"file:{quote(str(release.path))}?immutable=1"
        try:
            with closing(sqlite3.connect(uri, uri=True)) as connection:
                return connection.execute(sql, parameters).fetchall()
        except sqlite3.Error:  # withdrawn this moment: as if it were not served
            return []

    def _release(self, name: str) -> Release | None:
        release = current(self._folder, name)
        if release is None:
            return None
        known = self._fits.get(name)
        if known is None or known[0] != release:
            known = self._fits[name] = (release, _is_its_own(release))
        return release if known[1] else None


def _is_its_own(release: Release) -> bool:
    """Say whether the release's certificate is of this file, and of the rules that now hold."""
    cube = cube_named(release.name)
    try:
        paper = release.certificate()
        content = release.path.read_bytes()
    except (OSError, SnapshotUnreadable):
        return False
    rules = (cube.name, cube.kind, cube.disclosure.k, cube.disclosure.p_percent)
    held = (paper.cube, paper.kind, paper.k, paper.p_percent)
    return held == rules and paper.sha256 == digest(content)


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _number(value: object) -> float:
    return float(str(value))


def _maybe(value: object) -> float | None:
    return None if value is None else _number(value)
