"""Readings that came while nobody knew the time, placed once somebody did.

A Raspberry Pi has no clock that outlives a power cut. What came before the clock was set has a
wrong ``observed_at`` of quality UNKNOWN, which stays; the journal knows the boot and the monotonic
count of its arrival. Once the boot's offset is known, where it belongs is a new fact beside it.
The same is done with what came while the clock was set to another year by mistake.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edge.clock import EARLIEST_MS
from edge.store.connection import Connection, Driver
from edge.store.journal import Journal
from hardware.reading import TimeQuality

BATCH = 4096  # placements of one commit; a fortnight of four meters each quarter hour


@dataclass(frozen=True, slots=True)
class Offset:
    """``offset_ms`` is the wall time, ms since 1970, UTC, at which a boot's count was 0."""

    boot: str
    offset_ms: int
    quality: TimeQuality
    known_at: int


@dataclass(frozen=True, slots=True)
class Placement:
    """The reading of ``device`` (its number here) that stands at ``observed_at`` belongs there.

    ``quality`` is how well the time was known by which it was placed.
    """

    observed_at: int
    device: int
    device_id: str
    placed_at: int
    quality: TimeQuality


class TimeDesk:
    """What is known of clocks. Use through `edge.store.village.VillageStore`.

    :raises StoreError: or one of its kinds, from any method.
    """

    connection: Connection

    def offset(self, boot: str) -> Offset | None:
        """Return a boot's offset; None while nobody knows the time."""
        row = self.connection.row(
            "SELECT boot, offset_ms, quality, known_at FROM clock_offset WHERE boot = ?", (boot,)
        )
        if row is None:
            return None
        return Offset(str(row[0]), row[1], TimeQuality(row[2]), row[3])  # type: ignore[arg-type]

    def unplaced(self, journal: Journal, offset: Offset) -> list[Placement]:
        """Return, up to :data:`BATCH`, readings of a boot that stand elsewhere than they belong."""
        arrivals = journal.arrivals(offset.boot, offset.offset_ms)
        if not arrivals:
            return []
        rows = self.connection.rows(
            "SELECT r.observed_at, r.device, d.device_id, r.journal_id, p.placed_at"
            " FROM meter_reading AS r JOIN device AS d USING (device)"
            " LEFT JOIN placed_reading AS p USING (observed_at, device)"
            " WHERE r.journal_id BETWEEN ? AND ?"
            " ORDER BY r.journal_id, r.device",
            (min(arrivals), max(arrivals)),
        )
        found = []
        for observed_at, device, device_id, journal_id, placed_at in rows:
            arrival = arrivals.get(int(str(journal_id)))
            if arrival is None:  # another boot's
                continue
            monotonic_ns, is_wrong = arrival
            if not is_wrong and placed_at is None:
                continue  # it is right as it stands
            belongs = offset.offset_ms + monotonic_ns // 1_000_000
            if belongs != placed_at:
                found.append(
                    Placement(observed_at, device, str(device_id), belongs, offset.quality)  # type: ignore[arg-type]
                )
        return found[:BATCH]

    def placed(self, since: int, until: int) -> list[Placement]:
        """Return the readings that belong to ``since <= placed_at < until``."""
        rows = self.connection.rows(
            "SELECT p.observed_at, p.device, d.device_id, p.placed_at, p.quality"
            " FROM placed_reading AS p"
            " JOIN device AS d USING (device) WHERE p.placed_at >= ? AND p.placed_at < ?"
            " ORDER BY p.placed_at, p.device",
            (since, until),
        )
        return [
            Placement(observed_at, device, device_id, placed_at, TimeQuality(quality))  # type: ignore[arg-type]
            for observed_at, device, device_id, placed_at, quality in rows
        ]

    def offsets(self) -> list[Offset]:
        """Return what is known of all boots, in the order in which it came to be known."""
        rows = self.connection.rows(
            "SELECT boot, offset_ms, quality, known_at FROM clock_offset ORDER BY known_at, boot"
        )
        return [Offset(str(row[0]), row[1], TimeQuality(row[2]), row[3]) for row in rows]  # type: ignore[arg-type]

    def newest_offset(self) -> tuple[int, int]:
        """Return something that is another once readings were placed."""
        row = self.connection.row("SELECT count(*), coalesce(max(known_at), 0) FROM clock_offset")
        return (int(str(row[0])), int(str(row[1]))) if row else (0, 0)


def note_offset(driver: Driver, offset: Offset) -> None:
    """Keep what a boot's count counts from, in the place of what was thought before.

    What devices seem to have done at a time that is not yet, or long before there was this
    program, was noted by a wrong clock and is put right.
    """
    driver.execute(
        "INSERT OR REPLACE INTO clock_offset (boot, offset_ms, quality, known_at)"
        " VALUES (?, ?, ?, ?)",
        (offset.boot, offset.offset_ms, int(offset.quality), offset.known_at),
    )
    now = offset.known_at
    for table, column in _SIGNS_OF_LIFE:
        driver.execute(
            f"UPDATE {table} SET {column} = ?1 WHERE {column} > ?2 OR {column} < ?3",  # noqa: S608
            (now, now + _AHEAD_MS, EARLIEST_MS),
        )
    wrong = driver.execute(
        "SELECT device FROM device WHERE last_reading_at > ? OR last_reading_at < ?",
        (now + _AHEAD_MS, EARLIEST_MS),
    ).fetchall()
    _find_newest(driver, [device for (device,) in wrong], now)


def note_placed(driver: Driver, placements: Sequence[Placement], now_ms: int) -> None:
    """Keep where readings belong; the readings stay as they are."""
    driver.executemany(
        "INSERT OR REPLACE INTO placed_reading (observed_at, device, placed_at, quality)"
        " VALUES (?, ?, ?, ?)",
        [(one.observed_at, one.device, one.placed_at, int(one.quality)) for one in placements],
    )
    _find_newest(driver, sorted({one.device for one in placements}), now_ms)


def _find_newest(driver: Driver, devices: Sequence[int], now_ms: int) -> None:
    """Say anew which reading of each device is the last one: of those that have been."""
    driver.executemany(
        f"UPDATE device SET last_reading_at = {_NEWEST} WHERE device = ?1",  # noqa: S608
        [(device, now_ms + _AHEAD_MS) for device in devices],
    )


_AHEAD_MS = 60_000  # between a reading and the look at it, clocks are set by less
# when something was last, as pages show it; nothing is measured by these
_SIGNS_OF_LIFE = (
    ("device", "first_seen_at"),
    ("device", "last_seen_at"),
    ("device", "last_error_at"),
    ("heard_meter", "last_heard_at"),
    ("sensor_life", "heard_at"),
    ("sensor_life", "data_at"),
)
_NEWEST = (
    "nullif(max(coalesce((SELECT r.observed_at FROM meter_reading AS r WHERE r.device = ?1"
    " AND r.observed_at <= ?2 AND NOT EXISTS (SELECT 1 FROM placed_reading AS p"
    " WHERE p.observed_at = r.observed_at AND p.device = r.device)"
    " ORDER BY r.observed_at DESC LIMIT 1), -1),"
    " coalesce((SELECT max(p.placed_at) FROM placed_reading AS p"
    " WHERE p.device = ?1 AND p.placed_at <= ?2), -1)), -1)"
)


_V1 = (
    """
    CREATE TABLE clock_offset (
      boot TEXT PRIMARY KEY NOT NULL,
      offset_ms INTEGER NOT NULL,
      quality INTEGER NOT NULL,
      known_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE placed_reading (
      observed_at INTEGER NOT NULL,
      device INTEGER NOT NULL REFERENCES device (device),
      placed_at INTEGER NOT NULL,
      PRIMARY KEY (observed_at, device)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX placed_time ON placed_reading (placed_at)",
)

# what was placed before was placed by a clock that was at least set
_V2 = ("ALTER TABLE placed_reading ADD COLUMN quality INTEGER NOT NULL DEFAULT 3",)

MIGRATIONS = {"time_0001_offsets": _V1, "time_0002_quality": _V2}
