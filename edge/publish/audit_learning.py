"""The auditor's rules for a cube of kind `learning_statistics`.

Every group at least k people; the groups of a subject all people; nothing but what village.db says
was counted of seasons that are over, each season once; what is left of a sum when the calendar's
exact numbers are taken from it is nobody, or k people in small courses that could hold k more.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from edge.publish import audit_parts
from edge.publish.cube import Cube
from edge.publish.finding import Finding

_RULE = 2  # the first that takes a course without seats for one where nobody signs up


@dataclass(slots=True)
class _Counted:
    """What village.db says of several seasons together."""

    enrolments: int = 0
    visits: int = 0
    cells: list[dict[str, object]] = field(default_factory=list)
    taught: dict[str, list[int]] = field(default_factory=dict)


def audit_learning(connection: sqlite3.Connection, cube: Cube, ledger: Path) -> Iterator[Finding]:
    """Yield every cell that must not be public or is not what was counted.

    The tables are those that the cube declares and the cells are of their types; ``ledger`` is
    village.db.
    """
    with audit_parts.opened(ledger) as village:
        counted = village.execute(
            "SELECT seasons, taught, cells, enrolments, visits FROM learning_period"
        ).fetchall()
    known = {tuple(json.loads(row[0])): row[1:] for row in counted}
    used: set[str] = set()
    keys: dict[str, _Counted] = {}
    for row in connection.execute("SELECT * FROM zeitraum"):
        where = f"zeitraum[zeitraum={row[0]}]"
        seasons = row[0].split("+")
        if used & set(seasons) or len(set(seasons)) < len(seasons):
            yield Finding(where, "tells of a season twice")
        used |= set(seasons)
        found = _found(seasons, known)
        if found is None:
            yield Finding(where, "is not what was counted together")
            continue
        keys[row[0]] = found
        yield from _period(where, row, found, cube)
    yield from _taught(connection, cube, keys)
    yield from _groups(connection, cube, keys)
    yield from audit_parts.about(connection, cube)


def _found(
    seasons: list[str], known: Mapping[tuple[str, ...], tuple[object, ...]]
) -> _Counted | None:
    """Return the sum of the counts that are exactly of these seasons."""
    sum_, left = _Counted(), list(seasons)
    while left:
        one = next((key for key in known if list(key) == left[: len(key)]), None)
        if not one:
            return None
        taught, cells, enrolments, visits = known[one]
        sum_.enrolments += int(str(enrolments))
        sum_.visits += int(str(visits))
        sum_.cells += json.loads(str(cells))
        for each in json.loads(str(taught)):
            row = sum_.taught.setdefault(str(each["area"]), [0, 0, 0])
            for place, name in enumerate(("courses", "sessions", "minutes")):
                row[place] += each[name]
        left = left[len(one) :]
    return sum_


def _period(
    where: str, row: tuple[str, str, str, str, int, int, int, int], found: _Counted, cube: Cube
) -> Iterator[Finding]:
    _, name, first, last, courses, sessions, enrolments, visits = row
    if not name.strip() or audit_parts.reaches_beside_dates(name):
        yield Finding(f"{where}.name", "is no name of a season")
    begin, end = audit_parts.day(first), audit_parts.day(last)
    if begin is None or end is None or begin > end:
        yield Finding(f"{where}.von", "is not before the last day")
    for column, said, right in (
        ("kurse", courses, sum(one[0] for one in found.taught.values())),
        ("termine", sessions, sum(one[1] for one in found.taught.values())),
        ("anmeldungen", enrolments, found.enrolments),
        ("besuche", visits, found.visits),
    ):
        if said != right:
            yield Finding(f"{where}.{column}", f"says {said}, but {right} were counted")
    for column, said in (("anmeldungen", enrolments), ("besuche", visits)):
        if 0 < said < cube.disclosure.k or said < 0:
            yield Finding(f"{where}.{column}", f"{said} tells of fewer than {cube.disclosure.k}")


def _taught(
    connection: sqlite3.Connection, cube: Cube, keys: Mapping[str, _Counted]
) -> Iterator[Finding]:
    areas = {word: code for code, word in cube.learning.words["area"].items()}
    told: dict[str, set[str]] = {key: set() for key in keys}
    for key, area, courses, sessions, units in connection.execute("SELECT * FROM unterricht"):
        where = f"unterricht[zeitraum={key}, bereich={area}]"
        right = keys[key].taught.get(areas.get(area, "")) if key in keys else None
        if right is None:
            yield Finding(where, "was not counted")
            continue
        told[key].add(areas[area])
        if [courses, sessions] != right[:2] or abs(units - right[2] / 45) > 0.006:
            yield Finding(where, "is not what was counted")
    for key, found in keys.items():
        for area in sorted(found.taught.keys() - told[key]):
            yield Finding(f"unterricht[zeitraum={key}]", f"area {area} is missing")


def _groups(
    connection: sqlite3.Connection, cube: Cube, keys: Mapping[str, _Counted]
) -> Iterator[Finding]:
    subjects = {word: code for code, word in cube.learning.subjects.items()}
    sums: dict[tuple[str, str], int] = {}
    seen: dict[tuple[str, str], set[str]] = {}
    for key, word, group, count in connection.execute("SELECT * FROM anmeldung"):
        where = f"anmeldung[zeitraum={key}, gegenstand={word}, gruppe={group}]"
        subject, found = subjects.get(word), keys.get(key)
        codes = _codes(group, cube.learning.words[subject]) if subject else None
        if subject is None or found is None or codes is None:
            yield Finding(where, "is no group that is published")
            continue
        if count < cube.disclosure.k:
            yield Finding(where, f"{count} tells of fewer than {cube.disclosure.k}")
        if codes & seen.setdefault((key, subject), set()):
            yield Finding(where, "shares a value with another group")
        seen[key, subject] |= codes
        sums[key, subject] = sums.get((key, subject), 0) + count
        everybody = count == found.enrolments and subject != "area"
        if everybody and codes != set(cube.learning.words[subject]):
            yield Finding(where, "tells the same of everybody")
        yield from _group(
            where, [one for one in found.cells if one["subject"] == subject], codes, count, cube
        )
    for key, found in keys.items():
        for subject in cube.learning.subjects:
            if sums.get((key, subject), 0) != found.enrolments:
                yield Finding(
                    f"anmeldung[zeitraum={key}]", f"groups by {subject} are not all people"
                )


def _group(
    where: str, cells: list[dict[str, object]], codes: set[str], count: int, cube: Cube
) -> Iterator[Finding]:
    people = rest = room = 0
    for cell in cells:
        values = cell["values"]
        own = set(values) if isinstance(values, list) else set()
        if not own & codes:
            continue
        if not own <= codes:
            yield Finding(where, "tears apart what was counted together")
        people += int(str(cell["enrolments"]))
        if cell["subject"] == "area":
            if cell.get("rest") is None:
                yield Finding(where, "was counted before small courses were looked at")
                return
            if cell.get("rule") != _RULE:
                yield Finding(where, "was counted by a rule that let too much be known")
                return
            rest += int(str(cell["rest"]))
            room += int(str(cell["room"]))
    if people != count:
        yield Finding(where, f"says {count}, but {people} were counted")
    k = cube.disclosure.k
    if rest and not k <= rest <= room - k:
        yield Finding(
            where, f"minus what the calendar tells, it tells of small courses: {rest} people"
        )


def _codes(group: str, words: Mapping[str, str]) -> set[str] | None:
    """Return the values that a group's words stand for; None if one is no word of theirs."""
    codes = {word: code for code, word in words.items()}
    parts = group.split(" + ")
    return {codes[one] for one in parts} if all(one in codes for one in parts) else None
