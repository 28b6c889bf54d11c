"""Care and household readings that came under a wrong clock, placed once the time was known.

As `edge.store.village_time` does it for communal meters: the rows stay where they are, and where
they belong is a fact beside them. Only what stands at the hub's own time is placed; a sensor that
stamped its value is believed as it was.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from edge.care.consent import BLOOD_PRESSURE
from edge.store.connection import Connection, Driver, Row
from edge.store.journal import Journal
from edge.store.rounds import Rounds
from edge.store.village_time import Offset

MOST = 4096  # placements of one commit

Came = dict[int, tuple[Offset, int, bool]]  # by journal number: boot, monotonic, wrong or not
News = tuple[int, int, int | str, str, int]  # stands at, belongs to, device, kind, person


class PlacedCare:
    """The part of personal.db about what came under a wrong clock; use `PersonalStore`.

    :raises StoreError: or one of its kinds, from any method. No message names a person.
    """

    connection: Connection

    def place(
        self,
        journal: Journal,
        offsets: Sequence[Offset],
        since: Sequence[int] | None = None,
    ) -> int:
        """Note where what came in these boots belongs; return how many readings are news.

        ``since`` is what :meth:`newest_rows` said before the last look: only what was added after
        that is looked at, which takes no longer with the years. Without it, all is.
        """
        if since is None:
            came = self._came(journal, offsets)
            wanted: Sequence[str | int] = (json.dumps(sorted(came)),)
            care = self.connection.rows(_CARE_OF, wanted) if came else []
            homes = self.connection.rows(_HOMES_OF, wanted) if came else []
        else:
            care = self.connection.rows(_CARE_SINCE, since[:2])
            homes = self.connection.rows(_HOMES_SINCE, since[2:])
            came = _came_among(journal, offsets, [*care, *homes])
        total = 0
        for offset in offsets:
            total += self._note(offset, _news(care, came, offset), _news(homes, came, offset))
        return total

    def _came(self, journal: Journal, offsets: Sequence[Offset]) -> Came:
        """Return what came under a wrong clock, or was placed before; by the journal's number."""
        placed = {int(str(number)) for (number,) in self.connection.rows(_PLACED_IDS)}
        return {
            number: (offset, *arrival)
            for offset in offsets
            for number, arrival in journal.arrivals(offset.boot, offset.offset_ms).items()
            if arrival[1] or number in placed
        }

    def _note(self, offset: Offset, care: Sequence[News], homes: Sequence[News]) -> int:
        for start in range(0, len(care), MOST):
            with self.connection.transaction() as driver:
                _note_care(driver, care[start : start + MOST], offset)
        for start in range(0, len(homes), MOST):
            with self.connection.transaction() as driver:
                driver.executemany(
                    "INSERT OR REPLACE INTO placed_household VALUES (?, ?, ?, ?)",
                    [
                        (at, device, placed_at, int(offset.quality))
                        for at, placed_at, device, *_ in homes[start : start + MOST]
                    ],
                )
        return len(care) + len(homes)

    def newest_rows(self) -> tuple[int, ...]:
        """Return something that is another once readings were added."""
        row = self.connection.row(
            "SELECT coalesce((SELECT max(round) FROM care_round), 0),"
            " coalesce((SELECT max(round) FROM observation_round), 0),"
            " coalesce((SELECT max(round) FROM household_round), 0)"
        )
        return tuple(int(str(one)) for one in row or ())


def _came_among(journal: Journal, offsets: Iterable[Offset], rows: Sequence[Row]) -> Came:
    numbers = [int(str(row[2])) for row in rows]
    if not numbers:
        return {}
    span = (min(numbers), max(numbers))
    return {
        number: (offset, *arrival)
        for offset in offsets
        for number, arrival in journal.arrivals(offset.boot, offset.offset_ms, span).items()
    }


def _news(rows: Iterable[Row], came: Came, offset: Offset) -> list[News]:
    """Return what came in a boot and stands elsewhere than it belongs."""
    found = []
    for at, placed_at, entry, device, kind, person in rows:
        boot, monotonic_ns, is_wrong = came.get(int(str(entry)), (None, 0, False))
        if boot is not offset or not (is_wrong or placed_at is not None):
            continue
        belongs = offset.offset_ms + monotonic_ns // 1_000_000
        if belongs != placed_at:
            found.append((at, belongs, device, kind, person))
    return found  # type: ignore[return-value]  # STRICT columns


def _note_care(driver: Driver, news: Sequence[News], offset: Offset) -> None:
    number = ROUNDS.begin(driver)
    driver.executemany(
        "INSERT OR REPLACE INTO placed_care (observed_at, device_id, data_kind, person, round,"
        " placed_at, quality) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (at, device, kind, person, number, placed_at, int(offset.quality))
            for at, placed_at, device, kind, person in news
        ],
    )
    ROUNDS.end(driver, number, [at for at, *_ in news], len(news))


def at_its_place(table: str, key: str) -> str:
    """Return what joins readings ``r`` to their placements ``p``, with a condition of time.

    The condition's first two parameters are its bounds, the second exclusive.
    """
    return (
        f" LEFT JOIN {table} AS p ON p.observed_at = r.observed_at AND {key}"  # noqa: S608
        " WHERE ((p.placed_at IS NULL AND r.observed_at >= ?1 AND r.observed_at < ?2)"
        " OR (p.placed_at >= ?1 AND p.placed_at < ?2))"
        # says nothing new, but is found by the readings' own key: no look at years of them
        " AND ((r.observed_at >= ?1 AND r.observed_at < ?2) OR r.observed_at IN"
        f" (SELECT observed_at FROM {table} WHERE placed_at >= ?1 AND placed_at < ?2))"
    )


# the hub's own time: the quality says that it was unknown, or it is the moment of arrival
_OWN = "(r.time_quality = 0 OR abs(r.observed_at - r.received_at) < 1000)"
_WANTED = "r.journal_id IN (SELECT value FROM json_each(?1))"
_JOINED_CARE = (
    " LEFT JOIN placed_care AS p ON p.observed_at = r.observed_at"
    " AND p.device_id = r.device_id AND p.data_kind = {kind}"
)
_JOINED_HOMES = (
    " LEFT JOIN placed_household AS p ON p.observed_at = r.observed_at AND p.device = r.device"
)


def _care(table: str, kind: str) -> str:
    return (
        f"SELECT r.observed_at, p.placed_at, r.journal_id, r.device_id, {kind}, r.person"  # noqa: S608
        f" FROM {table} AS r{_JOINED_CARE.format(kind=kind)} WHERE {_OWN}"
    )


def _added(rounds: str, table: str, parameter: str) -> str:
    """Return a table's readings of the rounds above a number, as a table.

    The plus keeps SQLite from making an index of all readings for the few that are new.
    """
    return (
        f"(SELECT r.* FROM {rounds} AS n CROSS JOIN {table} AS r"  # noqa: S608
        " ON r.observed_at BETWEEN n.first_at AND n.last_at AND +r.round = n.round"
        f" WHERE n.round > {parameter})"
    )


_PRESSURE, _KIND = f"'{BLOOD_PRESSURE}'", "r.data_kind"
_CARE_OF = (
    f"{_care('care_reading_sealed', _PRESSURE)} AND {_WANTED}"
    f" UNION ALL {_care('observation_sealed', _KIND)} AND {_WANTED}"
)
_CARE_SINCE = (
    _care(_added("care_round", "care_reading_sealed", "?1"), _PRESSURE)
    + " UNION ALL "
    + _care(_added("observation_round", "observation_sealed", "?2"), _KIND)
)
_HOMES = "SELECT r.observed_at, p.placed_at, r.journal_id, r.device, '', 0 FROM {} AS r"
_HOMES_OF = f"{_HOMES.format('household_reading_sealed')}{_JOINED_HOMES} WHERE {_WANTED}"
_HOMES_SINCE = (
    _HOMES.format(_added("household_round", "household_reading_sealed", "?1")) + _JOINED_HOMES
)
_PLACED_IDS = (
    "SELECT r.journal_id FROM placed_care AS p JOIN care_reading_sealed AS r"  # noqa: S608
    f" USING (observed_at, device_id) WHERE p.data_kind = {_PRESSURE}"
    " UNION SELECT r.journal_id FROM placed_care AS p JOIN observation_sealed AS r"
    " USING (observed_at, device_id, data_kind)"
    " UNION SELECT r.journal_id FROM placed_household AS p JOIN household_reading_sealed AS r"
    " USING (observed_at, device)"
)
ROUNDS = Rounds("placed_round", "placed_care", "device_id", ())

_V1 = (
    """
    CREATE TABLE placed_round (
      round INTEGER PRIMARY KEY,
      first_at INTEGER NOT NULL,
      last_at INTEGER NOT NULL,
      row_count INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE placed_care (
      observed_at INTEGER NOT NULL,
      device_id TEXT NOT NULL,
      data_kind TEXT NOT NULL,
      person INTEGER NOT NULL REFERENCES person (person),
      round INTEGER NOT NULL,
      placed_at INTEGER NOT NULL,
      quality INTEGER NOT NULL,
      PRIMARY KEY (observed_at, device_id, data_kind)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE placed_household (
      observed_at INTEGER NOT NULL,
      device INTEGER NOT NULL REFERENCES household_device (device),
      placed_at INTEGER NOT NULL,
      quality INTEGER NOT NULL,
      PRIMARY KEY (observed_at, device)
    ) STRICT, WITHOUT ROWID
    """,
)
MIGRATIONS = {"placed_0001_care": _V1}
