"""Shifts and kinds of qualifications in village.db. Use `edge.store.village.VillageStore`.

Who does a shift stands in `personal.db` alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace

from edge.learning.errors import Refused
from edge.store.connection import Connection, Driver, Row, Value
from edge.store.errors import StoreError
from edge.volunteers.qualification import Qualification
from edge.volunteers.rota import Shift


class ShiftEditedMeanwhile(StoreError):
    """Somebody else changed the shift. ``mine`` was not stored, ``theirs`` is what stands."""

    hint = "Jemand anderes hat diesen Dienst inzwischen geändert. Es ist nichts verloren."

    def __init__(self, mine: Shift, theirs: Shift) -> None:
        super().__init__(f"shift {theirs.shift} is at revision {theirs.rev}, not {mine.rev}")
        self.mine = mine
        self.theirs = theirs


class NoSuchShift(StoreError):
    """There is no shift of that number."""

    hint = "Diesen Dienst gibt es nicht (mehr). Alle Dienste zeigt: dorfhub rota list"


class Shifts:
    """The part of village.db about the rota; use :class:`edge.store.village.VillageStore`.

    :raises StoreError: or one of its kinds, from any method.
    """

    connection: Connection

    def put_qualification(self, qualification: Qualification) -> None:
        """Keep a kind of qualification, in the place of one with its id."""
        with self.connection.transaction() as driver:
            driver.execute(
                "INSERT INTO qualification (qualification_id, name, months) VALUES (?, ?, ?)"
                " ON CONFLICT (qualification_id) DO UPDATE SET name = excluded.name,"
                " months = excluded.months",
                (qualification.qualification_id, qualification.name, qualification.months),
            )

    def qualifications(self) -> list[Qualification]:
        """Return all kinds of qualifications by name."""
        rows = self.connection.rows(
            "SELECT qualification_id, name, months FROM qualification"
            " ORDER BY name, qualification_id"
        )
        return [Qualification(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def add_shifts(self, shifts: Sequence[Shift], at: int) -> list[Shift]:
        """Keep new shifts, all or none, and return them with their numbers.

        :raises Refused: if one asks for a qualification that there is not.
        """
        made = []
        with self.connection.transaction() as driver:
            for one in shifts:
                _qualification_is_there(driver, one)
                cursor = driver.execute(
                    f"INSERT INTO shift ({_EDITED}, rev, changed_at)"  # noqa: S608  # constant text
                    f" VALUES ({', '.join('?' * len(_EDITED_NAMES))}, 1, ?)",
                    (*_values(one), at),
                )
                made.append(replace(one, shift=int(cursor.lastrowid or 0), rev=1))
        return made

    def change_shift(self, shift: Shift, at: int) -> Shift:
        """Keep a shift that was read at ``shift.rev``; return it as it stands then.

        :raises ShiftEditedMeanwhile: if it has another revision; nothing is changed.
        """
        with self.connection.transaction() as driver:
            rows = driver.execute(f"{_SHIFTS} WHERE shift = ?", (shift.shift,)).fetchall()
            if not rows:
                raise NoSuchShift(f"no shift {shift.shift}")
            before = _row(rows[0])
            if before.rev != shift.rev:
                raise ShiftEditedMeanwhile(shift, before)
            _qualification_is_there(driver, shift)
            driver.execute(
                f"UPDATE shift SET ({_EDITED}, rev, changed_at)"  # noqa: S608  # constant text
                f" = ({', '.join('?' * len(_EDITED_NAMES))}, rev + 1, ?) WHERE shift = ?",
                (*_values(shift), at, shift.shift),
            )
            return replace(shift, rev=before.rev + 1)

    def shift(self, number: int) -> Shift:
        """Return a shift.

        :raises NoSuchShift: if there is none of that number.
        """
        rows = self.connection.rows(f"{_SHIFTS} WHERE shift = ?", (number,))
        if not rows:
            raise NoSuchShift(f"no shift {number}")
        return _row(rows[0])

    def shifts(self, since: int, until: int | None = None) -> list[Shift]:
        """Return the shifts that end after ``since`` and begin before ``until``, by time."""
        rows = self.connection.rows(
            f"{_SHIFTS} WHERE ends_at > ? AND starts_at < ? ORDER BY starts_at, shift",
            (since, 1 << 62 if until is None else until),
        )
        return [_row(row) for row in rows]

    def series_of(self, shift: Shift) -> list[Shift]:
        """Return the shifts that were made together with this one, by time."""
        if not shift.series:
            return [shift]
        rows = self.connection.rows(
            f"{_SHIFTS} WHERE series = ? ORDER BY starts_at, shift", (shift.series,)
        )
        return [_row(row) for row in rows]


def _qualification_is_there(driver: Driver, shift: Shift) -> None:
    if shift.qualification is None:
        return
    if not driver.execute(
        "SELECT 1 FROM qualification WHERE qualification_id = ?", (shift.qualification,)
    ).fetchone():
        raise Refused(
            f"no qualification {shift.qualification!r}",
            hint="Diese Qualifikation gibt es hier nicht. Alle zeigt: dorfhub rota qualification",
            field="qualification",
        )


def _values(shift: Shift) -> list[Value]:
    values: dict[str, Value] = {name: getattr(shift, name) for name in _EDITED_NAMES}
    values["cancelled"] = int(shift.cancelled)
    return list(values.values())


def _row(row: Row) -> Shift:
    named = dict(zip(_NAMES, row, strict=True))
    return Shift(**(named | {"cancelled": bool(named["cancelled"])}))  # type: ignore[arg-type]  # STRICT


_NAMES = tuple(one.name for one in fields(Shift))
_EDITED_NAMES = tuple(one for one in _NAMES if one not in ("shift", "rev"))
_EDITED = ", ".join(_EDITED_NAMES)
_SHIFTS = f"SELECT {', '.join(_NAMES)} FROM shift"  # noqa: S608  # constant text
