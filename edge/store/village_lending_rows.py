"""Rows of lending in village.db, and what they say together: when an asset is not free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Protocol

from edge.learning.course import MAX_SESSION_HOURS, Session
from edge.learning.errors import Refused
from edge.learning.moment import HOUR_MS
from edge.lending import availability
from edge.lending.asset import Asset, Loan
from edge.lending.availability import Span, Taken
from edge.store.connection import Driver, Row, Value
from edge.store.errors import StoreError


class Rows(Protocol):
    """Runs a query and returns its rows."""

    def __call__(self, sql: str, parameters: Sequence[Value] = ..., /) -> list[Row]:
        """Return all rows."""


class NoSuchAsset(StoreError):
    """There is no asset of that number."""

    hint = "Das gibt es hier nicht (mehr) zum Ausleihen."


class NoSuchLoan(StoreError):
    """There is no loan of that number or slip."""

    hint = (
        "Zu dieser Nummer gibt es keine Ausleihe (mehr). Bitte die Nummer vergleichen oder am "
        "Tisch fragen."
    )


def refuse_lent_rooms(driver: Driver, sessions: Sequence[Session], now_ms: int) -> None:
    """Return if no session meets in a room that somebody was lent then.

    :raises Refused: naming the day.
    """
    wanted = [one for one in sessions if one.room_id is not None and not one.cancelled]
    rooms = {str(one.room_id) for one in wanted}
    for room in rooms:
        row = driver.execute(f"{ASSETS} WHERE room_id = ?", (room,)).fetchone()
        if row is None:
            continue
        asset = asset_row(row)
        loans = driver.execute(f"{LIVE} AND asset = ?", (asset.asset,)).fetchall()
        others = availability.taken(asset, [loan_row(one) for one in loans], (), now_ms)
        for one in wanted:
            if one.room_id != room or one.ends_at <= now_ms:
                continue
            times = Span(one.starts_at, one.ends_at)
            if availability.in_the_way(asset, times, others) is not None:
                day, _ = availability.days_of(times)
                raise Refused(
                    f"{room} is lent on {day.isoformat()}",
                    hint=f"„{asset.name}“ ist am {day:%d.%m.%Y} zu dieser Zeit verliehen. Bitte "
                    "einen anderen Raum oder eine andere Zeit wählen, oder die Ausleihe absagen.",
                    field="sessions",
                )


def taken_times(rows: Rows, asset: Asset, now_ms: int, but: int = 0) -> list[Taken]:
    """Return when an asset is not free, read by ``rows``, but for one loan."""
    loans = [loan_row(row) for row in rows(f"{LIVE} AND asset = ?", (asset.asset,))]
    sessions = []
    if asset.room_id is not None:
        for course, starts, ends in rows(_SESSIONS, (asset.room_id, now_ms - _LONGEST_MS)):
            sessions.append((int(str(course)), Session(int(str(starts)), int(str(ends)))))
    kept = [one for one in loans if one.loan != but]
    return availability.taken(asset, kept, sessions, now_ms)


def rows_of(driver: Driver) -> Rows:
    """Return what reads rows in a transaction of the caller's."""

    def rows(sql: str, parameters: Sequence[Value] = (), /) -> list[Row]:
        return driver.execute(sql, parameters).fetchall()

    return rows


def one_asset(driver: Driver, number: int) -> Asset:
    """Return an asset, in a transaction of the caller's.

    :raises NoSuchAsset: if there is none of that number.
    """
    row = driver.execute(f"{ASSETS} WHERE asset = ?", (number,)).fetchone()
    if row is None:
        raise NoSuchAsset(f"no asset {number}")
    return asset_row(row)


def one_loan(driver: Driver, number: int) -> Loan:
    """Return a loan, in a transaction of the caller's.

    :raises NoSuchLoan: if there is none of that number.
    """
    row = driver.execute(f"{LOANS} WHERE loan = ?", (number,)).fetchone()
    if row is None:
        raise NoSuchLoan(f"no loan {number}")
    return loan_row(row)


def asset_row(row: Row) -> Asset:
    """Return an asset from a row of :data:`ASSETS`."""
    return Asset(**dict(zip(_ASSET_NAMES, row, strict=True)))  # type: ignore[arg-type]  # STRICT columns


def loan_row(row: Row) -> Loan:
    """Return a loan from a row of :data:`LOANS`."""
    return Loan(*row)  # type: ignore[arg-type]  # STRICT columns


_ASSET_NAMES = tuple(one.name for one in fields(Asset))
EDITED_NAMES = tuple(one for one in _ASSET_NAMES if one not in ("asset", "rev"))
EDITED = ", ".join(EDITED_NAMES)
ASSETS = f"SELECT {', '.join(_ASSET_NAMES)} FROM asset"  # noqa: S608  # constant text
LOANS = f"SELECT {', '.join(one.name for one in fields(Loan))} FROM loan"  # noqa: S608
LIVE = f"{LOANS} WHERE state IN ('reserved', 'out')"
# a draft takes no room: it is looked at when it is published
_SESSIONS = (
    "SELECT s.course, s.starts_at, s.ends_at FROM session AS s JOIN course AS c USING (course)"
    " WHERE s.room_id = ? AND s.cancelled = 0 AND c.state IN ('published', 'moved')"
    " AND s.starts_at > ? ORDER BY s.starts_at"
)
_LONGEST_MS = (MAX_SESSION_HOURS + 24) * HOUR_MS  # what began earlier is over, with any buffer
