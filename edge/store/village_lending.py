"""Devices and rooms to lend, and when they are, in village.db. Use `edge.store.village`.

Who asks for a time is told at once: each step takes the write lock before it looks what is free
(``BEGIN IMMEDIATE``), courses in the same room included. Names stand in `personal.db` alone.
"""

from __future__ import annotations

from dataclasses import replace

from edge.learning.errors import Refused
from edge.lending import availability
from edge.lending.asset import LIVE as LIVE_STATES
from edge.lending.asset import Asset, Condition, Loan
from edge.lending.availability import Span, Taken
from edge.store.connection import Connection, Driver, Value
from edge.store.errors import StoreError
from edge.store.village_lending_rows import (
    ASSETS,
    EDITED,
    EDITED_NAMES,
    LIVE,
    LOANS,
    NoSuchAsset,
    NoSuchLoan,
    asset_row,
    loan_row,
    one_asset,
    one_loan,
    rows_of,
    taken_times,
)

__all__ = ["AssetEditedMeanwhile", "JustTaken", "Lending", "NoSuchAsset", "NoSuchLoan"]


class AssetEditedMeanwhile(StoreError):
    """Somebody else changed the asset. ``mine`` was not stored, ``theirs`` is what stands."""

    hint = "Jemand anderes hat das inzwischen geändert. Es ist nichts verloren."

    def __init__(self, mine: Asset, theirs: Asset) -> None:
        super().__init__(f"asset {theirs.asset} is at revision {theirs.rev}, not {mine.rev}")
        self.mine = mine
        self.theirs = theirs


class JustTaken(Refused):
    """Somebody else has it then."""

    def __init__(self, asset: Asset) -> None:
        super().__init__(
            f"asset {asset.asset} is taken",
            hint=f"„{asset.name}“ ist zu dieser Zeit schon vergeben. Bitte etwas anderes oder "
            "einen anderen Tag wählen.",
        )


class Lending:
    """The part of village.db about lending; use :class:`edge.store.village.VillageStore`.

    :raises StoreError: or one of its kinds, from any method.
    """

    connection: Connection

    def add_asset(self, asset: Asset, at: int) -> Asset:
        """Keep something new to lend and return it with its number.

        :raises Refused: if its room is lent already.
        """
        with self.connection.transaction() as driver:
            _room_is_there(driver, asset)
            cursor = driver.execute(
                f"INSERT INTO asset ({EDITED}, rev, changed_at)"  # noqa: S608  # constant text
                f" VALUES ({', '.join('?' * len(EDITED_NAMES))}, 1, ?)",
                (*_values(asset), at),
            )
            return replace(asset, asset=int(cursor.lastrowid or 0), rev=1)

    def change_asset(self, asset: Asset, at: int) -> Asset:
        """Keep an asset that was read at ``asset.rev``; return it as it stands then.

        :raises AssetEditedMeanwhile: if it has another revision; nothing is changed.
        """
        with self.connection.transaction() as driver:
            before = one_asset(driver, asset.asset)
            if before.rev != asset.rev:
                raise AssetEditedMeanwhile(asset, before)
            _room_is_there(driver, asset)
            driver.execute(
                f"UPDATE asset SET ({EDITED}, rev, changed_at)"  # noqa: S608  # constant text
                f" = ({', '.join('?' * len(EDITED_NAMES))}, rev + 1, ?) WHERE asset = ?",
                (*_values(asset), at, asset.asset),
            )
            return replace(asset, rev=before.rev + 1)

    def asset(self, number: int) -> Asset:
        """Return an asset.

        :raises NoSuchAsset: if there is none of that number.
        """
        rows = self.connection.rows(f"{ASSETS} WHERE asset = ?", (number,))
        if not rows:
            raise NoSuchAsset(f"no asset {number}")
        return asset_row(rows[0])

    def assets(self) -> list[Asset]:
        """Return all that is lent, rooms last, by name; what is gone for good is not there."""
        rows = self.connection.rows(f"{ASSETS} WHERE state <> 'gone' ORDER BY kind, name, asset")
        return [asset_row(row) for row in rows]

    def loan(self, number: int) -> Loan:
        """Return a loan.

        :raises NoSuchLoan: if there is none of that number.
        """
        rows = self.connection.rows(f"{LOANS} WHERE loan = ?", (number,))
        if not rows:
            raise NoSuchLoan(f"no loan {number}")
        return loan_row(rows[0])

    def loan_of_token(self, token_hash: bytes) -> Loan | None:
        """Return the loan that a form made, None if it made none."""
        rows = self.connection.rows(f"{LOANS} WHERE token_hash = ?", (token_hash,))
        return loan_row(rows[0]) if rows else None

    def live_loans(self) -> list[Loan]:
        """Return what is reserved or out, by when it begins."""
        return [loan_row(row) for row in self.connection.rows(f"{LIVE} ORDER BY starts_at, loan")]

    def loans_of(self, asset: int, limit: int = 50) -> list[Loan]:
        """Return the newest loans of an asset, whatever became of them, newest first."""
        rows = self.connection.rows(
            f"{LOANS} WHERE asset = ? ORDER BY starts_at DESC, loan DESC LIMIT ?", (asset, limit)
        )
        return [loan_row(row) for row in rows]

    def taken_times(self, asset: Asset, now_ms: int, but: int = 0) -> list[Taken]:
        """Return when an asset is not free, but for one loan."""
        return taken_times(self.connection.rows, asset, now_ms, but)

    def reserve(
        self,
        asset: int,
        wanted: Span,
        *,
        now_ms: int,
        token_hash: bytes,
        sealed: bytes | None = None,
    ) -> Loan:
        """Lend an asset for a time, if it is free then. The same form again gives the same loan.

        ``sealed`` is who borrows, where personal.db is locked.

        :raises JustTaken: if somebody else, or a course, has it then.
        :raises Refused: if it is not lent at such a time.
        """
        with self.connection.transaction() as driver:
            there = driver.execute(f"{LOANS} WHERE token_hash = ?", (token_hash,)).fetchone()
            if there:
                return loan_row(there)
            current = one_asset(driver, asset)
            availability.may_ask_for(current, wanted, now_ms)
            others = taken_times(rows_of(driver), current, now_ms)
            if sum(one.loan > 0 for one in others) >= availability.MAX_WAITING:
                raise Refused(
                    "many reservations",
                    hint=f"Für „{current.name}“ gibt es schon sehr viele Reservierungen. Bitte am "
                    "Tisch fragen.",
                )
            if not availability.is_free(current, wanted, others):
                raise JustTaken(current)
            cursor = driver.execute(
                "INSERT INTO loan (asset, starts_at, ends_at, state, token_hash, made_at)"
                " VALUES (?, ?, ?, 'reserved', ?, ?)",
                (asset, wanted.starts_at, wanted.ends_at, token_hash, now_ms),
            )
            number = int(cursor.lastrowid or 0)
            if sealed is not None:
                driver.execute(
                    "INSERT INTO sealed_borrower (loan, sealed) VALUES (?, ?)", (number, sealed)
                )
            return one_loan(driver, number)

    def hand_out(self, loan: int, now_ms: int) -> Loan:
        """Note that a loan was handed out; once more changes nothing.

        :raises Refused: if it cannot be.
        """
        with self.connection.transaction() as driver:
            found = one_loan(driver, loan)
            if found.state == "out":
                return found
            asset = one_asset(driver, found.asset)
            if driver.execute(
                "SELECT 1 FROM loan WHERE asset = ? AND state = 'out'", (found.asset,)
            ).fetchone():
                raise Refused(
                    f"asset {found.asset} is out",
                    hint=f"„{asset.name}“ ist noch nicht zurück. Bitte erst die Rückgabe "
                    "eintragen.",
                )
            others = taken_times(rows_of(driver), asset, now_ms, but=loan)
            times = availability.handed_out(asset, found, others, now_ms)
            driver.execute(
                "UPDATE loan SET state = 'out', out_at = ?, starts_at = ? WHERE loan = ?",
                (now_ms, times.starts_at, loan),
            )
            return one_loan(driver, loan)

    def take_back(
        self,
        loan: int,
        now_ms: int,
        condition: Condition,
        remark: str = "",
        *,
        broken: bool = False,
    ) -> Loan:
        """Note that a loan came back, and how; ``broken`` takes the asset out. Only once.

        :raises Refused: if it is not out.
        """
        with self.connection.transaction() as driver:
            found = one_loan(driver, loan)
            if found.state == "back":
                return found
            if found.state != "out":
                raise Refused(
                    f"loan {loan} is {found.state}",
                    hint="Das ist nicht ausgegeben. Bitte die Liste neu laden.",
                )
            driver.execute(
                "UPDATE loan SET state = 'back', back_at = ?, condition = ?, remark = ?"
                " WHERE loan = ?",
                (now_ms, condition, remark, loan),
            )
            if broken:
                driver.execute(
                    "UPDATE asset SET state = 'broken', fault = ?, rev = rev + 1, changed_at = ?"
                    " WHERE asset = ? AND state = 'ready'",
                    (remark, now_ms, found.asset),
                )
            return one_loan(driver, loan)

    def extend(self, loan: int, ends_at: int, now_ms: int) -> Loan:
        """Let somebody keep it longer, if nobody else wants it then.

        :raises JustTaken: if somebody does.
        :raises Refused: if it is neither reserved nor out, or would be for too long.
        """
        with self.connection.transaction() as driver:
            found = one_loan(driver, loan)
            if found.state not in LIVE_STATES or ends_at <= max(found.starts_at, now_ms):
                raise Refused(
                    f"loan {loan} is {found.state}",
                    hint="Verlängern geht nur, solange es reserviert oder ausgegeben ist, und auf "
                    "einen Tag nach dem ersten.",
                )
            asset = one_asset(driver, found.asset)
            wanted = Span(found.starts_at, ends_at)
            others = taken_times(rows_of(driver), asset, now_ms, but=loan)
            if availability.in_the_way(asset, wanted, others) is not None:
                raise JustTaken(asset)
            driver.execute("UPDATE loan SET ends_at = ? WHERE loan = ?", (ends_at, loan))
            return one_loan(driver, loan)

    def cancel_loan(self, loan: int) -> Loan:
        """Give a reservation back; once more changes nothing.

        :raises Refused: if it is out: it has to come back.
        """
        with self.connection.transaction() as driver:
            found = one_loan(driver, loan)
            if found.state == "out":
                raise Refused(
                    f"loan {loan} is out",
                    hint="Das ist schon ausgegeben. Bitte die Rückgabe eintragen.",
                )
            driver.execute(
                "UPDATE loan SET state = 'cancelled' WHERE loan = ? AND state = 'reserved'", (loan,)
            )
            return one_loan(driver, loan)

    def lapse(self, now_ms: int) -> list[Loan]:
        """End the reservations that nobody fetched; return these."""
        gone = []
        with self.connection.transaction() as driver:
            live = [loan_row(row) for row in driver.execute(LIVE).fetchall()]
            for number in {one.asset for one in live}:
                of_it = [one for one in live if one.asset == number]
                gone += availability.not_fetched(one_asset(driver, number), of_it, now_ms)
            driver.executemany(
                "UPDATE loan SET state = 'lapsed' WHERE loan = ?", [(one.loan,) for one in gone]
            )
        return [replace(one, state="lapsed") for one in gone]

    def sealed_borrowers(self) -> list[tuple[int, bytes]]:
        """Return who borrows, sealed while personal.db was locked, each with the loan."""
        rows = self.connection.rows("SELECT loan, sealed FROM sealed_borrower ORDER BY loan")
        return [(int(str(loan)), bytes(sealed)) for loan, sealed in rows]  # type: ignore[arg-type]

    def remove_sealed_borrower(self, loan: int) -> None:
        """Forget a sealed borrower who was stored."""
        with self.connection.transaction() as driver:
            driver.execute("DELETE FROM sealed_borrower WHERE loan = ?", (loan,))


def _room_is_there(driver: Driver, asset: Asset) -> None:
    if asset.room_id is None:
        return
    if not driver.execute("SELECT 1 FROM room WHERE room_id = ?", (asset.room_id,)).fetchone():
        raise Refused(
            f"no room {asset.room_id!r}", hint="Diesen Raum gibt es nicht.", field="room_id"
        )
    other = driver.execute(
        "SELECT name FROM asset WHERE room_id = ? AND asset <> ?", (asset.room_id, asset.asset)
    ).fetchone()
    if other:
        raise Refused(
            f"room {asset.room_id!r} is lent as another asset",
            hint=f"Dieser Raum steht schon in der Ausleihe: „{other[0]}“.",
            field="room_id",
        )


def _values(asset: Asset) -> list[Value]:
    return [getattr(asset, name) for name in EDITED_NAMES]
