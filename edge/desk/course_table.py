"""Courses out of a table (CSV) that somebody kept in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping
from datetime import date, datetime, time
from pathlib import Path

from edge.learning.course import SIMPLE, Course, Text
from edge.learning.errors import LearningError
from edge.learning.series import Series, sessions

MAX_BYTES = 1 << 20  # a thousand courses; a spreadsheet that is larger is something else
MAX_COURSES = 500
COLUMNS = (
    *("titel", "beschreibung", "titel_leicht", "beginn", "von", "bis", "termine", "alle_wochen"),
    *("raum", "ort", "plaetze", "mindestens", "kosten", "bereich", "sprachen", "die_nummer"),
    *("leitung", "barrierefrei", "pause"),
)
NEEDED = ("titel", "beginn", "von", "bis")


class TableError(LearningError):
    """The table, or one of its lines, cannot be read; the hint names the line."""


def read_table(path: Path, season_id: str, free_days: Collection[date]) -> list[Course]:
    """Return the courses of a table, as drafts that are not kept yet.

    UTF-8 or Windows-1252, separated by semicolons, commas or tabs.

    :raises TableError: at the first line that is not in order.
    """
    with path.open("rb") as file:
        raw = file.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise TableError("too large", hint="Die Tabelle ist größer als 1 MB.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace")
    first = text.partition("\n")[0]
    sign = max(";,\t", key=first.count)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=sign))
    head = [name.strip().lower() for name in rows[0]] if rows else []
    if unknown := [name for name in head if name not in COLUMNS and name]:
        raise TableError(
            f"unknown column {unknown[0]!r}",
            hint=f"Die Spalte „{unknown[0][:40]}“ gibt es nicht. Es gibt: {', '.join(COLUMNS)}.",
        )
    if missing := [name for name in NEEDED if name not in head]:
        raise TableError(
            f"column {missing[0]} lacks", hint=f"In der Tabelle fehlt die Spalte „{missing[0]}“."
        )
    lines = [(at, row) for at, row in enumerate(rows[1:], start=2) if any(map(str.strip, row))]
    if len(lines) > MAX_COURSES:
        raise TableError("too many", hint=f"Die Tabelle hat mehr als {MAX_COURSES} Kurse.")
    return [_course(at, head, row, season_id, free_days) for at, row in lines]


def _course(
    at: int, head: list[str], row: list[str], season_id: str, free_days: Collection[date]
) -> Course:
    cells = {name: cell.strip() for name, cell in zip(head, row, strict=False)}
    series = Series(
        first_day=_day(at, cells),
        start=_time(at, cells, "von"),
        end=_time(at, cells, "bis"),
        count=_number(at, cells, "termine", 1),
        every_weeks=_number(at, cells, "alle_wochen", 1),
        room_id=cells.get("raum") or None,
        place=cells.get("ort", ""),
        break_minutes=_number(at, cells, "pause"),
    )
    texts = {"de": Text(cells["titel"], cells.get("beschreibung", ""))}
    if simple := cells.get("titel_leicht"):
        texts[SIMPLE] = Text(simple)
    languages = cells.get("sprachen", "").replace(",", " ").split()
    try:
        meets = sessions(series, free_days)
    except LearningError as error:
        raise TableError(str(error), hint=f"Zeile {at}: {error.hint}", field=error.field) from error
    return Course(
        season_id=season_id,
        texts=texts,
        sessions=meets,
        seats=_number(at, cells, "plaetze"),
        minimum=_number(at, cells, "mindestens"),
        cost_cents=_cents(at, cells),
        area=_number(at, cells, "bereich"),
        languages=tuple(languages) or ("de",),
        access=cells.get("barrierefrei", ""),
        die_number=cells.get("die_nummer", ""),
        announced_as=cells.get("leitung", ""),
    )


def _day(at: int, cells: Mapping[str, str]) -> date:
    for form in ("%d.%m.%Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(cells.get("beginn", ""), form).date()  # noqa: DTZ007  # a day
        except ValueError:
            continue
    raise _wrong(at, cells, "beginn", "24.12.2026")


def _time(at: int, cells: Mapping[str, str], name: str) -> time:
    try:
        return datetime.strptime(cells.get(name, ""), "%H:%M").time()  # noqa: DTZ007  # on the wall
    except ValueError:
        raise _wrong(at, cells, name, "18:30") from None


def _number(at: int, cells: Mapping[str, str], name: str, default: int = 0) -> int:
    text = cells.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdecimal()) or len(text) > 6:
        raise _wrong(at, cells, name, "12")
    return int(text)


def _cents(at: int, cells: Mapping[str, str]) -> int:
    whole, _, rest = (cells.get("kosten") or "0").replace(".", ",").partition(",")
    digits = whole + rest
    if not (digits.isascii() and digits.isdecimal() and whole) or len(rest) > 2 or len(whole) > 5:
        raise _wrong(at, cells, "kosten", "12,50")
    return int(whole) * 100 + int(rest.ljust(2, "0"))


def _wrong(at: int, cells: Mapping[str, str], name: str, example: str) -> TableError:
    return TableError(
        f"line {at}: {name}",
        hint=f"Zeile {at}, Spalte „{name}“: „{cells.get(name, '')[:40]}“ geht nicht. "
        f"Beispiel: {example}.",
        field=name,
    )
