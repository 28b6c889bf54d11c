"""Warnings of heat in personal.db: what the rule of `edge.care.heat` makes of rooms' values."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import tzinfo
from itertools import groupby

from edge.care import heat
from edge.care.heat import Level, Room, Track
from edge.care.kinds import ROOM_CLIMATE
from edge.store.connection import Connection, Driver, Row, Value
from edge.store.personal_observations import agrees
from edge.store.personal_rows import HeatWarning
from hardware.reading import TimeQuality

MOST_ROUNDS = 200  # of one transaction: others wait for it


class HeatWarnings:
    """The part of personal.db that keeps warnings of heat; use `PersonalStore`.

    Times are milliseconds since 1970, UTC. Whoever does not agree that the hub keeps their room's
    values has no warning, and nothing that leads to one.

    :raises StoreError: or one of its kinds, from any method. No message names a person.
    """

    connection: Connection

    def watch_rooms(self, zone: tzinfo | None) -> bool:
        """Look at up to :data:`MOST_ROUNDS` new rounds of values; tell if there may be more.

        Each is looked at once, whatever happens in between. ``zone`` says when it is night, None is
        the system's.
        """
        if self.connection.row(_NEWS) is None:  # nearly always: no lock is taken then
            return False
        with self.connection.transaction() as driver:
            (cursor,) = driver.execute("SELECT observation_round FROM heat_watch").fetchone()
            rounds = driver.execute(
                "SELECT round FROM observation_round WHERE round > ? ORDER BY round LIMIT ?",
                (cursor, MOST_ROUNDS),
            ).fetchall()
            if not rounds:
                return False
            until = rounds[-1][0]
            rows = driver.execute(_VALUES, (cursor, until, ROOM_CLIMATE)).fetchall()
            for (device, person), mine in groupby(rows, key=lambda row: (row[0], row[1])):
                if agrees(driver, person, ROOM_CLIMATE):
                    _look(driver, str(device), person, mine, zone)
            driver.execute("UPDATE heat_watch SET observation_round = ?", (until,))
        return len(rounds) == MOST_ROUNDS

    def end_stale_warnings(self, now_ms: int) -> int:
        """End the warnings that no values come for any more; return how many.

        Those of sensors that were given to somebody else, and those that heard nothing for a day.
        """
        before = now_ms - heat.SILENT_MS
        if self.connection.row(f"SELECT 1 {_STALE} LIMIT 1", (before,)) is None:
            return 0
        with self.connection.transaction() as driver:
            stale = driver.execute(
                f"SELECT warning, device_id, person, {_HELD} {_STALE}",
                (before,),
            ).fetchall()
            for warning, device, person, held in stale:
                _end(driver, warning, now_ms, "silent" if held else "returned")
                driver.execute(  # what was so long ago leads to nothing
                    "DELETE FROM heat_room WHERE device_id = ? AND person = ?", (device, person)
                )
        return len(stale)

    def heat_warnings(self, *, since: int | None = None, after: int = 0) -> list[HeatWarning]:
        """Return the warnings that last, and with ``since`` those that ended then or later.

        The worst first, then the longest. ``after``: only those with a higher ``change``.
        """
        rows = self.connection.rows(
            f"SELECT {_COLUMNS} FROM heat_warning"  # noqa: S608  # constant text
            " WHERE (ended_at IS NULL OR ended_at >= coalesce(?, ended_at + 1)) AND change > ?"
            " ORDER BY ended_at IS NOT NULL, level DESC, since, warning",
            (since, after),
        )
        return [HeatWarning(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns


def forget_heat(driver: Driver, person: int) -> None:
    """Erase a person's warnings, and what led to them, if they do not agree (any more)."""
    if not agrees(driver, person, ROOM_CLIMATE):
        driver.execute("DELETE FROM heat_warning_sealed WHERE person = ?", (person,))
        driver.execute("DELETE FROM heat_room WHERE person = ?", (person,))


def _look(
    driver: Driver, device: str, person: int, rows: Iterable[Row], zone: tzinfo | None
) -> None:
    kept = driver.execute(
        "SELECT open_text(person, room) FROM heat_room WHERE device_id = ? AND person = ?",
        (device, person),
    ).fetchone()
    room = _room(str(kept[0])) if kept else Room()
    for _, mine in groupby(rows, key=lambda row: row[2]):  # a round is as it came
        for said in heat.climates([_number(row) for row in mine]):
            after = heat.step(room, said, zone)
            if after.at != room.at:
                _note(driver, device, person, room.level, after)
            room = after
    driver.execute(
        "INSERT INTO heat_room VALUES (?1, ?2, seal_text(?2, ?3))"
        " ON CONFLICT (device_id, person) DO UPDATE SET room = excluded.room",
        (device, person, json.dumps(asdict(room))),
    )


def _note(driver: Driver, device: str, person: int, before: Level, room: Room) -> None:
    """Write what a value changed of a warning."""
    level, at = room.level, room.at
    lasting = driver.execute(
        "SELECT warning FROM heat_warning WHERE device_id = ? AND person = ? AND ended_at IS NULL",
        (device, person),
    ).fetchone()
    if lasting is None:
        if level:
            row: Sequence[Value] = (
                _change(driver), device, person, level, level,
                room.warm_since, at, at, at, room.temperature, room.felt, room.felt,
            )  # fmt: skip
            driver.execute(_BEGIN, row)
        return
    driver.execute(_GO_ON, (at, room.temperature, room.felt, lasting[0]))
    if level == Level.NONE:
        _end(driver, lasting[0], at, "cooler")
    elif level != before:
        driver.execute(_TURN, (_change(driver), level, at, lasting[0]))


def _end(driver: Driver, warning: int, at: int | None, how: str) -> None:
    driver.execute(
        "UPDATE heat_warning SET ended_at = ?, ended_how = ?, level = 0, change = ?"
        " WHERE warning = ?",
        (at, how, _change(driver), warning),
    )


def _change(driver: Driver) -> int:
    driver.execute("UPDATE heat_watch SET change = change + 1")
    return int(driver.execute("SELECT change FROM heat_watch").fetchone()[0])


def _number(row: Row) -> tuple[int, TimeQuality, str, float]:
    at, quality, quantity, value = row[3:]
    return int(str(at)), TimeQuality(int(str(quality))), str(quantity), float(str(value))


def _room(text: str) -> Room:
    kept = json.loads(text)
    tracks = {name: Track(**kept[name]) for name in ("day", "night", "danger")}
    return Room(**{**kept, **tracks})


_COLUMNS = (
    "warning, change, device_id, person, level, worst, warm_since, since, level_since, last_at,"
    " temperature_degc, felt_degc, most_felt_degc, ended_at, ended_how"
)
_NEWS = (
    "SELECT 1 FROM observation_round WHERE round > (SELECT observation_round FROM heat_watch)"
    " LIMIT 1"
)
_VALUES = (
    "SELECT r.device_id, r.person, n.round, r.observed_at, r.time_quality, v.quantity, v.value"
    " FROM observation_round AS n CROSS JOIN observation AS r"
    " ON r.observed_at BETWEEN n.first_at AND n.last_at AND +r.round = n.round"
    " CROSS JOIN observation_value AS v ON v.observed_at = r.observed_at"
    " AND v.device_id = r.device_id AND v.data_kind = r.data_kind"
    " WHERE n.round > ? AND n.round <= ? AND r.data_kind = ?"
    " AND v.quantity IN ('air_temperature', 'relative_humidity') AND v.value IS NOT NULL"
    " ORDER BY r.device_id, r.person, n.round, r.observed_at, v.position"
)
_HELD = (
    "EXISTS (SELECT 1 FROM assignment AS a WHERE a.device_id = w.device_id"
    " AND a.person = w.person AND a.valid_until IS NULL)"
)
_STALE = f"FROM heat_warning AS w WHERE ended_at IS NULL AND (last_at < ? OR NOT {_HELD})"
_BEGIN = (
    "INSERT INTO heat_warning (change, device_id, person, level, worst, warm_since, since,"
    " level_since, last_at, temperature_degc, felt_degc, most_felt_degc)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_GO_ON = (
    "UPDATE heat_warning SET last_at = ?1, temperature_degc = ?2, felt_degc = ?3,"
    " most_felt_degc = max(most_felt_degc, ?3), warm_since = min(warm_since, ?1),"
    " since = min(since, ?1), level_since = min(level_since, ?1) WHERE warning = ?4"
)
_TURN = (
    "UPDATE heat_warning SET change = ?1, level = ?2, worst = max(worst, ?2), level_since = ?3"
    " WHERE warning = ?4"
)
