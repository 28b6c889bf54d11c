"""Places and their opening hours in village.db. Use through `edge.store.village`."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

from edge.store.connection import Connection, Row, Value
from edge.store.edited import EditedSince, NotThere
from edge.village.hours import Place, SpecialDays


class Hours:
    """The part of village.db about opening hours.

    :raises StoreError: or one of its kinds, from any method.
    """

    connection: Connection

    def places(self) -> list[Place]:
        """Return all places, the first one made first."""
        rows = self.connection.rows(f"{_SELECT} ORDER BY place")
        return [_place(row) for row in rows]

    def place(self, number: int) -> Place:
        """Return a place.

        :raises NotThere: if there is none of that number.
        """
        row = self.connection.row(f"{_SELECT} WHERE place = ?", (number,))
        if row is None:
            raise NotThere(f"no place {number}")
        return _place(row)

    def put_place(self, place: Place) -> Place:
        """Keep a place as a new one if its number is 0, else in the place of the one it was.

        :raises EditedSince: if another was faster.
        :raises NotThere: if it is gone.
        """
        with self.connection.transaction() as driver:
            if not place.place:
                cursor = driver.execute(
                    f"INSERT INTO open_place ({', '.join(_COLUMNS)}, rev)"  # noqa: S608
                    f" VALUES ({', '.join('?' * len(_COLUMNS))}, 1)",
                    _values(place),
                )
                return replace(place, place=int(cursor.lastrowid or 0), rev=1)
            row = driver.execute(
                "SELECT rev FROM open_place WHERE place = ?", (place.place,)
            ).fetchone()
            if row is None:
                raise NotThere(f"no place {place.place}")
            if row[0] != place.rev:
                raise EditedSince(f"place {place.place}", int(row[0]))
            driver.execute(
                f"UPDATE open_place SET {', '.join(f'{one} = ?' for one in _COLUMNS)},"  # noqa: S608
                " rev = rev + 1 WHERE place = ?",
                (*_values(place), place.place),
            )
            return replace(place, rev=place.rev + 1)

    def remove_place(self, number: int, rev: int) -> None:
        """Forget a place that was read at ``rev``; one that is gone is gone.

        :raises EditedSince: if another was faster.
        """
        with self.connection.transaction() as driver:
            row = driver.execute("SELECT rev FROM open_place WHERE place = ?", (number,)).fetchone()
            if row is not None and row[0] != rev:
                raise EditedSince(f"place {number}", int(row[0]))
            driver.execute("DELETE FROM open_place WHERE place = ?", (number,))


_COLUMNS = ("name", "phone", "note", "on_holidays", "week", "special")
_SELECT = f"SELECT place, {', '.join(_COLUMNS)}, rev FROM open_place"  # noqa: S608  # constants


def _values(place: Place) -> tuple[Value, ...]:
    week = {str(day): [list(one) for one in spans] for day, spans in place.week.items() if spans}
    special = [
        [one.first.isoformat(), one.last.isoformat(), [list(span) for span in one.spans], one.why]
        for one in place.special
    ]
    return (
        place.name,
        place.phone,
        place.note,
        int(place.on_holidays),
        json.dumps(week),
        json.dumps(special, ensure_ascii=False),
    )


def _place(row: Row) -> Place:
    number, name, phone, note, on_holidays, week, special, rev = row
    return Place(
        place=int(str(number)),
        name=str(name),
        phone=str(phone),
        note=str(note),
        on_holidays=bool(on_holidays),
        week={
            int(day): tuple((begin, end) for begin, end in spans)
            for day, spans in json.loads(str(week)).items()
        },
        special=tuple(
            SpecialDays(
                date.fromisoformat(first),
                date.fromisoformat(last),
                tuple((begin, end) for begin, end in spans),
                why,
            )
            for first, last, spans, why in json.loads(str(special))
        ),
        rev=int(str(rev)),
    )
