"""How the hub itself was on each day, in village.db: that it lived, never when in the day.

The worker looks each few minutes and counts quarters of an hour; what is published of it is of days
that are over. Of a quarter only the newest is kept, so that none is counted twice. No name of a
meter, of a line or of anybody is here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from edge.store.connection import Connection, Driver

KEPT_DAYS = 400


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found. ``day`` is the local one, ISO; ``quarter`` counts from 1970, UTC.

    ``quality`` is `synchronised`, `held` or `unknown` (the time was found out later). ``free`` is a
    step of the room that is left, percent; None where that is not known. ``alive`` has the process
    id of each part that showed a sign of life, ``heard`` how many meters by kind and whether they
    are communal.
    """

    day: str
    quarter: int
    quality: str
    version: str
    free: int | None
    boot: str
    alive: Mapping[str, int]
    heard: Mapping[tuple[str, bool], int]


@dataclass(frozen=True, slots=True)
class HubDay:
    """A day: quarters of an hour in which the hub lived, and how well it knew the time in them."""

    day: str
    quarters: int
    synchronised: int
    unknown: int
    version: str
    free: int | None
    starts: int
    parts: tuple[tuple[str, int, int], ...]  # each with its quarters and how often it began anew
    heard: tuple[tuple[str, bool, int], ...]


class HubHealth:
    """The part of village.db about the hub itself; use through `VillageStore`.

    :raises StoreError: or one of its kinds, from any method.
    """

    connection: Connection

    def note_looks(self, looks: Sequence[Look]) -> None:
        """Add looks, in order of time, in one commit; what is known already costs no write."""
        news = [look for look in looks if self._is_news(look)]
        if not news:
            return
        with self.connection.transaction() as driver:
            for look in news:
                _note(driver, look)

    def hub_days(self, before: str) -> list[HubDay]:
        """Return days before ``before``, a local day in ISO, oldest first."""
        parts: dict[str, list[tuple[str, int, int]]] = {}
        for day, part, quarters, starts in self.connection.rows(
            "SELECT day, part, quarters, starts FROM hub_part_day WHERE day < ? ORDER BY day, part",
            (before,),
        ):
            parts.setdefault(str(day), []).append((str(part), _int(quarters), _int(starts)))
        heard: dict[str, list[tuple[str, bool, int]]] = {}
        for day, kind, communal, count in self.connection.rows(
            "SELECT day, kind, communal, count FROM hub_heard_day WHERE day < ?"
            " ORDER BY day, kind, communal",
            (before,),
        ):
            heard.setdefault(str(day), []).append((str(kind), bool(communal), _int(count)))
        return [
            HubDay(
                str(day), _int(quarters), _int(synchronised), _int(unknown), str(version),
                None if free is None else _int(free), _int(starts),
                tuple(parts.get(str(day), ())), tuple(heard.get(str(day), ())),
            )
            for day, quarters, synchronised, unknown, version, free, starts in self.connection.rows(
                "SELECT day, quarters, synchronised, unknown, version, free, starts FROM hub_day"
                " WHERE day < ? ORDER BY day",
                (before,),
            )
        ]  # fmt: skip

    def _is_news(self, look: Look) -> bool:
        row = self.connection.row("SELECT newest FROM hub_day WHERE day = ?", (look.day,))
        if row is None or _int(row[0]) < look.quarter:
            return True
        parts = {
            str(part): (_int(newest), str(boot), _int(pid))
            for part, newest, boot, pid in self.connection.rows(
                "SELECT part, newest, boot, pid FROM hub_part"
            )
        }
        return any(
            part not in parts
            or parts[part][0] < look.quarter
            or parts[part][1:] != (look.boot, pid)
            for part, pid in look.alive.items()
        )


def _note(driver: Driver, look: Look) -> None:
    """Write one look down; days to come, which a wrong clock told of, go."""
    for table in ("hub_day", "hub_part_day", "hub_heard_day"):
        driver.execute(
            f"DELETE FROM {table} WHERE day > ?1 OR day < date(?1, ?2)",  # noqa: S608  # constant
            (look.day, f"-{KEPT_DAYS} days"),
        )
    known = driver.execute("SELECT DISTINCT boot FROM hub_part").fetchall()
    began = int(bool(known) and (look.boot,) not in known)
    (communal,) = driver.execute(_COMMUNAL).fetchone()
    driver.execute(
        _DAY,
        (
            look.day, look.quarter, int(look.quality == "synchronised"),
            int(look.quality == "unknown"), look.version, look.free, began, communal,
        ),
    )  # fmt: skip
    rows = driver.execute("SELECT part, boot, pid, newest FROM hub_part").fetchall()
    before = {part: (boot, pid, newest) for part, boot, pid, newest in rows}
    for part, pid in look.alive.items():
        boot, old_pid, newest = before.get(part, (look.boot, pid, -1))
        anew = int(boot == look.boot and old_pid != pid)
        fresh = not look.quarter <= newest <= look.quarter + _AHEAD
        driver.execute(
            "INSERT INTO hub_part_day (day, part, quarters, starts) VALUES (?1, ?2, ?3, ?4)"
            " ON CONFLICT (day, part) DO UPDATE SET quarters = quarters + ?3, starts = starts + ?4",
            (look.day, part, int(fresh), anew),
        )
        driver.execute(
            "INSERT OR REPLACE INTO hub_part (part, boot, pid, newest) VALUES (?, ?, ?, ?)",
            (part, look.boot, pid, look.quarter if fresh else newest),
        )
    driver.executemany(
        "INSERT INTO hub_heard_day (day, kind, communal, count) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (day, kind, communal) DO UPDATE SET count = max(count, excluded.count)",
        [(look.day, kind, communal, count) for (kind, communal), count in look.heard.items()],
    )


def _int(value: object) -> int:
    return int(str(value))


_AHEAD = 2 * 96  # quarters: a part was seen so far ahead only by a clock that was wrong
# How many meters and sensors the village itself has, whoever heard them: no more can be told of.
_COMMUNAL = (
    "SELECT count(DISTINCT coalesce(meter_id, device_id)) FROM device JOIN site USING (site_id)"
    " WHERE kind = 'meter' AND communal = 1"
)
_DAY = (
    "INSERT INTO hub_day"
    " (day, newest, quarters, synchronised, unknown, version, free, starts, communal)"
    " VALUES (?1, ?2, 1, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (day) DO UPDATE SET"
    " quarters = quarters + (newest < ?2),"
    " synchronised = synchronised + (newest < ?2 AND ?3), unknown = unknown + (newest < ?2 AND ?4),"
    " newest = max(newest, ?2), version = ?5, free = min(coalesce(free, ?6), coalesce(?6, free)),"
    " starts = starts + ?7, communal = max(communal, ?8)"
)

_V1 = (
    """
    CREATE TABLE hub_day (
      day TEXT PRIMARY KEY NOT NULL,
      newest INTEGER NOT NULL,
      quarters INTEGER NOT NULL,
      synchronised INTEGER NOT NULL,
      unknown INTEGER NOT NULL,
      version TEXT NOT NULL,
      free INTEGER CHECK (free BETWEEN 0 AND 100),
      starts INTEGER NOT NULL,
      communal INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE hub_part_day (
      day TEXT NOT NULL,
      part TEXT NOT NULL,
      quarters INTEGER NOT NULL,
      starts INTEGER NOT NULL,
      PRIMARY KEY (day, part)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE hub_heard_day (
      day TEXT NOT NULL,
      kind TEXT NOT NULL,
      communal INTEGER NOT NULL CHECK (communal IN (0, 1)),
      count INTEGER NOT NULL CHECK (count > 0),
      PRIMARY KEY (day, kind, communal)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE hub_part (
      part TEXT PRIMARY KEY NOT NULL,
      boot TEXT NOT NULL,
      pid INTEGER NOT NULL,
      newest INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
)

MIGRATIONS = {"health_0001_days": _V1}
