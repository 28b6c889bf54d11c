"""Read the table ``time_utc,heat,temp_c`` of a heat meter.

Any order of columns, more columns, comma, semicolon or tab between them, decimal point or comma as
each column's own numbers show it. A cell ends with its line. Times with an offset are taken at
their word; without one they are UTC, unless the table itself shows Germany's summer time (an hour
twice in October, one less in March).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from edge.heat.forecast.findings import Finding, Rule, SeriesError
from edge.heat.forecast.numbers import numbers

Floats = npt.NDArray[np.floating]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

COLUMNS = ("time_utc", "heat", "temp_c")
ZONE = ZoneInfo("Europe/Berlin")
# 40 years of quarter hours: a table beyond that is no meter's
MOST_ROWS = 1_500_000

_FORMS = (None, "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y")  # None: ISO 8601
_UTC_BEHIND = re.compile(r"\s*(?:UTC|GMT)$", re.IGNORECASE)
_YEARS = range(1900, 2200)  # of others no meter tells, and not every clock can
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - naive beside naive


@dataclass(frozen=True, slots=True)
class Table:
    """What stands in a table, in the order of its lines.

    ``time_s`` seconds since 1970 UTC; ``heat`` in the table's unit, ``temp_c`` in degrees Celsius;
    NaN where nothing or nothing readable stands.
    """

    time_s: Ints
    heat: Floats
    temp_c: Floats
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Columns:
    """As :class:`Table`, with the columns that were asked for and stand in the table, by name."""

    time_s: Ints
    values: dict[str, Floats]
    findings: tuple[Finding, ...]


def read(lines: Iterable[str]) -> Table:
    """Read a table with a heading. Raises ``SeriesError`` without the columns or any row."""
    found = read_columns(lines, COLUMNS[1:])
    return Table(found.time_s, found.values["heat"], found.values["temp_c"], found.findings)


def read_columns(
    lines: Iterable[str], needed: Sequence[str], optional: Sequence[str] = ()
) -> Columns:
    """Read ``time_utc``, the ``needed`` columns, and what there is of the ``optional`` ones.

    Raises ``SeriesError`` without a needed column or any row.
    """
    rows = (line.rstrip("\r\n") for line in lines)
    heading = next(rows, "").lstrip("\ufeff")
    delimiter = max(";\t,", key=heading.count)
    bad_times, bad_numbers, short, quotes = _Lines(), _Lines(), _Lines(), _Lines()
    findings: list[Finding | None] = []
    cells = _cells(heading, delimiter, 1, quotes)
    names, where = _places(cells, needed, optional, findings)
    stamps: list[datetime] = []
    taken: list[int] = []
    columns: tuple[list[str], ...] = tuple([] for _ in names)
    for number, line in enumerate(rows, start=2):
        row = _cells(line, delimiter, number, quotes)
        if not any(cell.strip() for cell in row):
            continue
        if len(stamps) >= MOST_ROWS:
            raise SeriesError(
                f"more than {MOST_ROWS} rows", hint="Die Tabelle in Stücke von Jahren teilen."
            )
        if len(row) <= max(where):
            short.add(number)
        cells = [row[column] if column < len(row) else "" for column in where]
        stamp = _time(cells[0].strip())
        if stamp is None:
            bad_times.add(number)
            continue
        stamps.append(stamp)
        taken.append(number)
        for into, cell in zip(columns, cells[1:], strict=True):
            into.append(cell)
    if not stamps:
        raise SeriesError(
            "no row with a readable time",
            hint="In der Spalte time_utc steht eine Zeit wie 2024-01-31 13:00:00+00:00.",
        )
    values = {
        name: _values(name, column, taken, bad_numbers, findings)
        for name, column in zip(names, columns, strict=True)
    }
    findings += [
        bad_times.finding(Rule.BAD_TIME, "Zeilen ohne lesbare Zeit ausgelassen"),
        bad_numbers.finding(Rule.BAD_NUMBER, "Zellen ohne lesbare Zahl gelten als fehlend"),
        short.finding(
            Rule.SHORT_LINE, "Zeilen mit zu wenigen Spalten; was fehlt, gilt als fehlend"
        ),
        quotes.finding(
            Rule.STRAY_QUOTE,
            "Zeilen mit einem Anführungszeichen, das nicht schließt: ohne es gelesen",
        ),
    ]
    time_s, local = _seconds(stamps)
    if local:
        text = "Zeiten ohne Zone zeigen Sommerzeit: als deutsche Ortszeit gelesen"
        findings.append(Finding(Rule.LOCAL_TIME, len(stamps), text))
    return Columns(time_s, values, tuple(found for found in findings if found is not None))


def _values(
    name: str,
    column: Sequence[str],
    lines: Sequence[int],
    bad: _Lines,
    found: list[Finding | None],
) -> Floats:
    known, thousands = numbers(column)
    if thousands:
        count = sum(thousands in cell for cell in column)
        text = f"Zahlen in {name} mit „{thousands}“ vor je drei Ziffern: als Tausender gelesen"
        found.append(Finding(Rule.THOUSANDS, count, text))
    bad.add(*(line for line, one in zip(lines, known, strict=True) if one is None))
    return np.array(known, dtype=np.float64)  # None becomes NaN


class _Lines:
    """Numbers of lines of which something is to be said."""

    def __init__(self) -> None:
        self._count = 0
        self._first = 0

    def add(self, *numbers: int) -> None:
        if numbers:
            self._first = min(numbers[0], self._first or numbers[0])
        self._count += len(numbers)

    def finding(self, rule: Rule, text: str) -> Finding | None:
        if not self._count:
            return None
        return Finding(rule, self._count, text, f"Zeile {self._first}")


def _cells(line: str, delimiter: str, number: int, quotes: _Lines) -> list[str]:
    """Return a line's cells. A quote that is not closed in its line is passed over and noted."""
    if '"' not in line:
        return line.split(delimiter)
    if line.count('"') % 2 == 0:
        try:
            return next(csv.reader([line], delimiter=delimiter), [])
        except csv.Error:  # a cell longer than any that means something
            pass
    quotes.add(number)
    return [cell.strip().strip('"') for cell in line.split(delimiter)]


def _places(
    heading: Sequence[str],
    needed: Sequence[str],
    optional: Sequence[str],
    found: list[Finding | None],
) -> tuple[list[str], list[int]]:
    """Return the names of the columns beside the time that there are, and where all stand."""
    names = [name.strip().strip("\"'").lower() for name in heading]
    must = [COLUMNS[0], *needed]
    missing = [name for name in must if name not in names]
    if missing:
        *first, last = must
        raise SeriesError(
            f"no column {', '.join(missing)} in the heading {heading!r:.200}",
            hint=f"Die erste Zeile nennt die Spalten {', '.join(first)} und {last}.",
        )
    there = [*must, *(name for name in optional if name in names)]
    for name in there:
        if names.count(name) > 1:
            text = f"Spalten mit dem Namen {name}: die erste von links gilt"
            found.append(Finding(Rule.SAME_COLUMN, names.count(name), text))
    return there[1:], [names.index(name) for name in there]


def _time(text: str) -> datetime | None:
    """Return a time that is readable and of years in which meters can have counted."""
    text = _UTC_BEHIND.sub("+00:00", text)
    for form in _FORMS:
        try:
            found = datetime.fromisoformat(text) if form is None else _by(text, form)
        except ValueError:
            continue
        return found if found.year in _YEARS else None
    return None


def _by(text: str, form: str) -> datetime:
    # a zone behind a German time is taken at its word, as behind any other
    if text.endswith("+00:00"):
        return datetime.strptime(text.removesuffix("+00:00"), form).replace(tzinfo=UTC)
    return datetime.strptime(text, form)  # noqa: DTZ007 - the zone is judged over all rows


def _seconds(stamps: Sequence[datetime]) -> tuple[Ints, bool]:
    """Return seconds since 1970 UTC, and whether times without a zone were read as local."""
    local = _shows_summer_time([stamp for stamp in stamps if stamp.tzinfo is None])
    seen: set[datetime] = set()
    found = []
    for stamp in stamps:
        if stamp.tzinfo is not None:
            found.append(stamp.timestamp())
        elif local:
            # of two equal times only those of the hour that comes twice differ by their fold
            again = stamp in seen
            seen.add(stamp)
            found.append(stamp.replace(tzinfo=ZONE, fold=int(again)).timestamp())
        else:
            found.append((stamp - _EPOCH).total_seconds())
    return np.array(np.floor(found), dtype=np.int64), local


def _shows_summer_time(stamps: Sequence[datetime]) -> bool:
    """Whether the hours at changes of time are always as clocks on the wall show them."""
    hours: dict[datetime, list[datetime]] = {}
    changes = {}
    for year in {stamp.year for stamp in stamps}:
        changes[_last_sunday(year, 3)] = False
        changes[_last_sunday(year, 10)] = True
    for stamp in stamps:
        if stamp.date() in changes and 1 <= stamp.hour <= 3:
            hours.setdefault(stamp.replace(minute=0, second=0, microsecond=0), []).append(stamp)
    votes = []
    for day, twice in changes.items():
        one, two, three = (hours.get(datetime(day.year, day.month, day.day, h)) for h in (1, 2, 3))  # noqa: DTZ001
        if one and three:
            votes.append(len(set(two or ())) < len(two or ()) if twice else not two)
    return bool(votes) and all(votes)


def _last_sunday(year: int, month: int) -> date:
    last = date(year, month, 31)
    return last - timedelta(days=(last.weekday() + 1) % 7)


def instant(time_s: float) -> str:
    """Return a time as people read it in a report: UTC, to the minute."""
    return datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%d %H:%M UTC")
