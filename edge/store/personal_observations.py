"""Observations in personal.db: measurements of any kind, with their numbers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from edge.care.consent import CARE, HUB
from edge.store.connection import Connection, Driver, Row
from edge.store.personal_placed import at_its_place
from edge.store.personal_rows import Number, Observation
from edge.store.rounds import Rounds
from edge.store.village_rows import Round
from hardware.reading import TimeQuality


def agrees(driver: Driver, person: int, data_kind: str) -> bool:
    """Tell within a transaction whether a person agrees that the hub keeps that kind, for care.

    Who was erased does not, whatever an older copy of the file says.
    """
    return (
        driver.execute(
            "SELECT 1 FROM consent WHERE person = ? AND purpose = ? AND data_kind = ?"
            " AND recipient = ? AND withdrawn_at IS NULL"
            " AND open_text(person, sentence) IS NOT NULL",
            (person, CARE, data_kind, HUB),
        ).fetchone()
        is not None
    )


class Observations:
    """The part of personal.db that keeps measurements of any kind; use `PersonalStore`.

    Times are milliseconds since 1970, UTC. An observation of the same sensor, kind and millisecond
    as another one is moved by one.

    :raises StoreError: or one of its kinds, from any method. No message names a person.
    """

    connection: Connection

    def add_observations_within(self, driver: Driver, rows: Sequence[Observation]) -> int:
        """Keep observations as one round of the caller's transaction; 0 if none is new.

        The same observation again is left out.
        """
        if not rows:
            return 0
        number = _ROUNDS.begin(driver)
        times = [at for row in rows if (at := _insert(driver, number, row)) is not None]
        if not times:
            return 0
        _ROUNDS.end(driver, number, times, len(times))
        return number

    def observation_rounds_after(self, number: int, limit: int = 1000) -> list[Round]:
        """Return up to ``limit`` rounds of observations above ``number``, in order."""
        return _ROUNDS.after(self.connection, number, limit)

    def observations_of(self, chosen: Round | int) -> list[Observation]:
        """Return the observations of one round, by time and sensor."""
        return [self._observation(row) for row in _ROUNDS.rows_of(self.connection, chosen)]

    def observations(
        self, person: int, since: int, until: int | None = None, data_kind: str | None = None
    ) -> list[Observation]:
        """Return a person's with ``since <= observed_at < until``, of one kind or all, by time.

        What came under a wrong clock stands where it was placed later.
        """
        rows = self.connection.rows(
            f"SELECT p.placed_at, p.quality, {_ROUNDS.selected} FROM observation AS r"  # noqa: S608
            f"{_AT_ITS_PLACE} AND r.person = ?3 AND r.data_kind = coalesce(?4, r.data_kind)"
            " ORDER BY coalesce(p.placed_at, r.observed_at), r.device_id, r.data_kind",
            (since, 1 << 62 if until is None else until, person, data_kind),
        )
        found = []
        for placed_at, quality, *row in rows:
            one = self._observation(tuple(row))
            if placed_at is not None:
                at, known = int(str(placed_at)), TimeQuality(int(str(quality)))
                one = replace(one, observed_at=at, time_quality=known)
            found.append(one)
        return found

    def observation_count(self, person: int | None = None, data_kind: str | None = None) -> int:
        """Return the number of observations, of everybody or one person, of one kind or all."""
        row = self.connection.row(
            "SELECT count(*) FROM observation WHERE person = coalesce(?, person)"
            " AND data_kind = coalesce(?, data_kind)",
            (person, data_kind),
        )
        return int(str(row[0])) if row else 0

    def observation_numbered(
        self, device_id: str, source: str, sequence: int, before_journal_id: int
    ) -> Observation | None:
        """Return the sensor's newest measurement of that number that came before an entry."""
        row = self.connection.row(
            f"SELECT {_ROUNDS.selected} FROM observation AS r"  # noqa: S608  # constant text
            " WHERE r.device_id = ? AND r.source = ? AND r.sequence = ? AND r.journal_id < ?"
            " ORDER BY r.journal_id DESC LIMIT 1",
            (device_id, source, sequence, before_journal_id),
        )
        return self._observation(row) if row else None

    def _observation(self, row: Row) -> Observation:
        values = list(row)
        numbers = self.connection.rows(
            "SELECT quantity, value, name FROM observation_value WHERE observed_at = ?"
            " AND device_id = ? AND data_kind = ? ORDER BY position",
            row[:3],
        )
        values[4] = TimeQuality(int(str(values[4])))
        flags = json.loads(str(values.pop()))
        found = tuple(
            Number(*number)  # type: ignore[arg-type]
            for number in numbers
            if number[1] is not None  # of somebody who was erased, in an older copy
        )
        return Observation(*[*values, flags, found])


def _insert(driver: Driver, number: int, row: Observation) -> int | None:
    """Insert one observation and return where it stands in time; None if it is there already."""
    flags = json.dumps(row.flags, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    content = (row.source, row.sequence, row.user_index, flags)
    values = [(one.quantity, one.value, one.name) for one in row.values]
    at = row.observed_at
    while True:
        key = (at, row.device_id, row.data_kind)
        there = driver.execute(
            "SELECT source, sequence, user_index, flags FROM observation"
            " WHERE observed_at = ? AND device_id = ? AND data_kind = ?",
            key,
        ).fetchone()
        if there is None:
            break
        known = driver.execute(
            "SELECT quantity, value, name FROM observation_value"
            " WHERE observed_at = ? AND device_id = ? AND data_kind = ? ORDER BY position",
            key,
        ).fetchall()
        if tuple(there) == content and [tuple(each) for each in known] == values:
            return None
        at += 1
    driver.execute(
        "INSERT INTO observation (observed_at, device_id, data_kind, person, round, time_quality,"
        " received_at, journal_id, source, sequence, user_index, flags)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *key,
            row.person,
            number,
            int(row.time_quality),
            row.received_at,
            row.journal_id,
            *content,
        ),
    )
    driver.executemany(
        "INSERT INTO observation_value VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (*key, position, quantity, name, value)
            for position, (quantity, value, name) in enumerate(values)
        ],
    )
    return at


_AT_ITS_PLACE = at_its_place(
    "placed_care", "p.device_id = r.device_id AND p.data_kind = r.data_kind"
)
_ROUNDS = Rounds(
    "observation_round",
    "observation",
    "device_id",
    tuple(name for name in Observation.__slots__ if name != "values"),
)
