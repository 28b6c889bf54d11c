"""The book of who read what, in personal.db. Use `edge.store.personal.PersonalStore`.

What an entry says is sealed with the key of the person who was read; `edge.care.audit` says how
the entries hang together.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from edge.care import audit
from edge.care.audit import SALT_BYTES, START, Erasure, Line, Look, Verdict
from edge.clock import Stamp
from edge.store.connection import Connection, Driver, Row
from edge.store.errors import StoreError
from hardware.reading import TimeQuality

_PAGE = 500  # lines read at once when all are checked


class AuditBook:
    """The part of personal.db about who read; use `PersonalStore`.

    :raises StoreError: or one of its kinds, from any method.
    """

    connection: Connection

    def note_looks(self, looks: Sequence[Look], stamp: Stamp) -> None:
        """Write down who looked; on the disk when this returns."""
        with self.connection.transaction() as driver:
            self.note_looks_within(driver, looks, stamp)

    def note_looks_within(self, driver: Driver, looks: Sequence[Look], stamp: Stamp) -> None:
        """Write down who looked, in the caller's transaction."""
        for look in looks:
            _append(driver, look, stamp)

    def audit_lines(self, person: int, *, limit: int = 1000) -> list[Line]:
        """Return the newest entries about a person, the newest first."""
        rows = self.connection.rows(
            f"SELECT {_LINE} FROM care_audit AS a WHERE a.person = ? ORDER BY number DESC LIMIT ?",  # noqa: S608
            (person, limit),
        )
        return [_line(row) for row in rows]

    def looks_within(self, person: int, since: int, until: int) -> list[Look]:
        """Return what the book says of looks at a person with ``since <= at < until``."""
        rows = self.connection.rows(
            f"SELECT {_LINE} FROM care_audit AS a WHERE a.person = ? AND a.at >= ? AND a.at < ?",  # noqa: S608
            (person, since, until),
        )
        return [look for _, look in audit.looks([_line(row) for row in rows])]

    def audit_count(self, person: int | None = None) -> int:
        """Return how many entries there are, of everybody or about one person."""
        row = self.connection.row(
            "SELECT count(*) FROM care_audit WHERE ?1 IS NULL OR person = ?1", (person,)
        )
        return int(str(row[0])) if row else 0

    def check_audit(self) -> Verdict:
        """Check the whole book."""
        return audit.check(self._every_line())

    def audit_head(self) -> tuple[int, bytes]:
        """Return number and digest of the newest entry; 0 and `START` of an empty book."""
        row = self.connection.row(_HEAD)
        return (0, START) if row is None else _head(row)

    def audit_digest(self, number: int) -> bytes | None:
        """Return the digest of an entry, None if there is none of that number."""
        row = self.connection.row("SELECT digest FROM care_audit WHERE number = ?", (number,))
        return None if row is None or not isinstance(row[0], bytes) else row[0]

    def audit_chain(self) -> Iterator[Line]:
        """Yield the whole chain in order, without contents."""
        last = -1
        while rows := self.connection.rows(
            f"SELECT {_CHAIN} FROM care_audit AS a WHERE number > ? ORDER BY number LIMIT ?",  # noqa: S608
            (last, _PAGE),
        ):
            lines = [_line(row) for row in rows]
            last = lines[-1].number
            yield from lines

    def _every_line(self) -> Iterator[Line]:
        last = -1
        while numbers := self.connection.rows(
            "SELECT number FROM care_audit WHERE number > ? ORDER BY number LIMIT ?", (last, _PAGE)
        ):
            first, last = int(str(numbers[0][0])), int(str(numbers[-1][0]))
            try:
                yield from self._lines(first, last)
            except StoreError:  # one of them was sealed by nobody who has the key
                for (number,) in numbers:
                    yield self._opened(int(str(number)))

    def _lines(self, first: int, last: int) -> list[Line]:
        rows = self.connection.rows(
            f"SELECT {_LINE} FROM care_audit AS a WHERE a.number BETWEEN ? AND ? ORDER BY number",  # noqa: S608
            (first, last),
        )
        return [_line(row) for row in rows]

    def _opened(self, number: int) -> Line:
        """Return an entry; one that does not open says nothing that was committed to."""
        try:
            return self._lines(number, number)[0]
        except StoreError:
            row = self.connection.row(
                f"SELECT {_SHUT} FROM care_audit AS a WHERE a.number = ?",  # noqa: S608
                (number,),
            )
            return _line(row or ())


def erase_audit(driver: Driver, person: int, stamp: Stamp) -> int:
    """Destroy what the book says of a person, in a transaction; return of how many entries.

    The chain holds on, and says itself which of its entries were emptied.
    """
    entries = tuple(
        int(number)
        for (number,) in driver.execute(
            "SELECT number FROM care_audit WHERE person = ? ORDER BY number", (person,)
        ).fetchall()
    )
    if entries:
        driver.execute(
            "UPDATE care_audit SET person = NULL, sealed = NULL WHERE person = ?", (person,)
        )
        _append(driver, Erasure(entries), stamp)
    return len(entries)


def _append(driver: Driver, content: Look | Erasure, stamp: Stamp) -> None:
    row = driver.execute(_HEAD).fetchone()
    number, before = (0, START) if row is None else _head(row)
    text, salt = audit.write(content), os.urandom(SALT_BYTES)
    commitment = audit.commit(text, salt)
    digest = audit.link(before, number + 1, stamp.wall_ms, stamp.quality, commitment)
    person = content.person if isinstance(content, Look) else None
    driver.execute(
        "INSERT INTO care_audit (number, at, time_quality, person, sealed, note, commitment,"
        " digest) VALUES (?1, ?2, ?3, ?4, CASE WHEN ?4 IS NULL THEN NULL ELSE"
        " seal_cells(?4, ?5, ?6) END, CASE WHEN ?4 IS NULL THEN ?6 || ?5 END, ?7, ?8)",
        (
            *(number + 1, stamp.wall_ms, int(stamp.quality), person),
            *(salt.hex(), text, commitment, digest),
        ),
    )


def _head(row: Row) -> tuple[int, bytes]:
    return int(str(row[0])), row[1] if isinstance(row[1], bytes) else START


def _line(row: Row) -> Line:
    number, at, quality, person, has_sealed, salt, text, note, commitment, digest = row
    if note is not None:  # the salt is what stands last
        text, salt = str(note)[: -2 * SALT_BYTES], str(note)[-2 * SALT_BYTES :]
    return Line(
        number=int(str(number)),
        at=int(str(at)),
        quality=TimeQuality(int(str(quality))),
        person=None if person is None else int(str(person)),
        content=None if text is None else str(text),
        salt=None if salt is None else bytes.fromhex(str(salt)),
        commitment=commitment if isinstance(commitment, bytes) else b"",
        digest=digest if isinstance(digest, bytes) else b"",
        is_lost=bool(has_sealed) and text is None,
    )


_HEAD = "SELECT number, digest FROM care_audit ORDER BY number DESC LIMIT 1"
_ENTRY = "a.number, a.at, a.time_quality, a.person, a.sealed IS NOT NULL"
_SHUT = f"{_ENTRY}, NULL, '', a.note, a.commitment, a.digest"
_CHAIN = "a.number, a.at, a.time_quality, NULL, 0, NULL, NULL, NULL, a.commitment, a.digest"
_LINE = (
    f"{_ENTRY},"
    " CASE WHEN a.sealed IS NOT NULL THEN open_cell(a.person, a.sealed, 0) END,"
    " CASE WHEN a.sealed IS NOT NULL THEN open_cell(a.person, a.sealed, 1) END,"
    " a.note, a.commitment, a.digest"
)
