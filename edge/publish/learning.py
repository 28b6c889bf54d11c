"""Rows of the learning point's numbers from what was counted of seasons that are over. Pure.

Each season was counted once (:mod:`edge.learning.report`), in cells of five people and more. The
calendar tells how many are in a course of five and more: a sum minus those leaves the people of
small courses, so these too are none, or five and more and five fewer than the calendar lets be.
Then no small course can be told more closely than by the calendar alone. Areas are merged until
that holds, and a season for which it does not hold waits for the next: what was published stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from edge.learning.course import Season, units
from edge.learning.report import LEAST, RULE, SUBJECTS, VALUES, Cell, Period, together
from edge.publish.cube import Cube
from edge.publish.heat import Cell as Value
from edge.publish.heat import Rows
from edge.publish.names import season_name

Rest = tuple[int, int]  # people in small courses, and the most that could be


def learning_rows(cube: Cube, periods: Sequence[Period], seasons: Mapping[str, Season]) -> Rows:
    """Return every table's rows. ``periods`` are what was counted, oldest first."""
    rows: Rows = {"zeitraum": [], "unterricht": [], "anmeldung": []}
    words = cube.learning.words
    for period in tellable_periods(periods):
        key = "+".join(period.seasons)
        its = [seasons[one] for one in period.seasons if one in seasons]
        if len(its) < len(period.seasons):
            continue  # a season that nobody can name
        rows["zeitraum"].append(
            (
                key,
                " + ".join(
                    season_name(one.name, _day(one.first_day), _day(one.last_day)) for one in its
                ),
                _day(min(one.first_day for one in its)),
                _day(max(one.last_day for one in its)),
                sum(one.courses for one in period.taught),
                sum(one.sessions for one in period.taught),
                period.enrolments,
                period.visits,
            )
        )
        rows["unterricht"] += [
            (key, words["area"][str(one.area)], one.courses, one.sessions, units(one.minutes))
            for one in period.taught
        ]
        rows["anmeldung"] += [_told(cube, key, cell) for cell in period.cells]
    rows["_about"] = sorted(cube.about.items())
    return rows


def tellable_periods(periods: Sequence[Period]) -> list[Period]:
    """Return periods, with those after them where one alone would tell too much.

    More periods add to the end, or to what waits there: nothing before changes. What was counted
    before small courses were looked at, or by an older rule, is left out.
    """
    made: list[Period] = []
    group: list[Period] = []
    for period in periods:
        areas = [cell for cell in period.cells if cell.subject == "area"]
        if any(cell.rest is None or cell.rule != RULE for cell in areas):
            continue
        group.append(period)
        whole = [cell for one in group for cell in one.cells if cell.subject == "area"]
        if is_safe(_rest(whole)):
            made.append(_period(group))
            group = []
    return made


def _nobodys(cells: Sequence[Cell]) -> list[Cell]:
    """Return the only group of a subject as one of all values: else each one's would be known."""
    return (
        [replace(one, values=VALUES[one.subject]) for one in cells] if len(cells) == 1 else [*cells]
    )


def is_safe(rest: Rest) -> bool:
    """Say whether people of small courses together tell nothing of one of them."""
    people, room = rest
    return people == 0 or (people >= LEAST and room - people >= LEAST)


def _period(group: Sequence[Period]) -> Period:
    whole = group[0] if len(group) == 1 else together(group)
    parts = [cell for one in group for cell in one.cells if cell.subject == "area"]
    areas = merged_areas(
        [
            Cell(
                "area",
                cell.values,
                cell.enrolments,
                *_rest([one for one in parts if set(one.values) <= set(cell.values)]),
            )
            for cell in whole.cells
            if cell.subject == "area"
        ]
    )
    others = [
        cell
        for subject in SUBJECTS[1:]
        for cell in _nobodys([one for one in whole.cells if one.subject == subject])
    ]
    return Period(whole.seasons, whole.taught, (*areas, *others), whole.enrolments, whole.visits)


def merged_areas(cells: Sequence[Cell]) -> list[Cell]:
    """Merge areas that follow one another until each is safe. All together must be."""
    made: list[Cell] = []
    for cell in cells:
        if made and not is_safe((made[-1].rest or 0, made[-1].room)):
            made.append(_one(made.pop(), cell))
        else:
            made.append(cell)
    while len(made) > 1 and not is_safe((made[-1].rest or 0, made[-1].room)):
        last = made.pop()
        made.append(_one(made.pop(), last))
    return made


def _one(first: Cell, second: Cell) -> Cell:
    order = VALUES["area"]
    return Cell(
        "area",
        tuple(sorted({*first.values, *second.values}, key=order.index)),
        first.enrolments + second.enrolments,
        *_rest([first, second]),
    )


def _rest(cells: Sequence[Cell]) -> Rest:
    return sum(one.rest or 0 for one in cells), sum(one.room for one in cells)


def _told(cube: Cube, key: str, cell: Cell) -> tuple[Value, ...]:
    words = cube.learning.words[cell.subject]
    group = " + ".join(words[value] for value in cell.values)
    return (key, cube.learning.subjects[cell.subject], group, cell.enrolments)


def _day(day: date) -> str:
    return day.isoformat()
