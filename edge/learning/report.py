"""What is told to those who pay: sessions, teaching units and enrolments; of nobody.

A period is one season, or several that follow one another if one alone had too few people. It is
counted once, when it is over, and never again: two counts a week apart would tell who came between.
Of each subject (area, age, gender) it has one partition of the same people, whose cells count at
least :data:`LEAST`. A smaller one is merged with its neighbours, never hidden: a hidden cell is
the sum minus the others. Several periods are added up from these cells alone; what was merged in
one of them is merged in the sum, so that no difference of two tables gives a smaller one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from edge.learning.course import AREAS
from edge.learning.signup import AGE_BANDS, GENDERS

LEAST = 5
RULE = 2  # of :func:`uncounted`; what was counted by an older one is not published
UNKNOWN = "?"
Subject = Literal["area", "age", "gender"]
SUBJECTS: tuple[Subject, ...] = ("area", "age", "gender")
# In the order in which neighbours are merged. What was not said stands at the end.
VALUES: Mapping[Subject, tuple[str, ...]] = {
    "area": (*(str(area) for area in AREAS), "0"),
    "age": (*AGE_BANDS, UNKNOWN),
    "gender": (*GENDERS, UNKNOWN),
}


@dataclass(frozen=True, slots=True)
class Enrolled:
    """People of whom the same is known: ``count`` enrolments (Belegungen)."""

    area: int
    age_band: str | None
    gender: str | None
    count: int


@dataclass(frozen=True, slots=True)
class Cell:
    """Enrolments of all ``values`` of a subject together.

    Of areas: ``rest`` of them are in courses that the calendar does not count exactly, as few have
    signed up, and ``room`` is how many these could hold by what it says. None: not known.
    ``rule`` says by which :data:`RULE` they were counted.
    """

    subject: Subject
    values: tuple[str, ...]
    enrolments: int
    rest: int | None = field(default=None, compare=False)
    room: int = field(default=0, compare=False)
    rule: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class Taught:
    """What was taught in an area. ``minutes`` are real ones, without breaks."""

    area: int
    courses: int
    sessions: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Period:
    """What may be told of one or more seasons. ``visits`` are people in sessions."""

    seasons: tuple[str, ...]
    taught: tuple[Taught, ...]
    cells: tuple[Cell, ...]
    enrolments: int
    visits: int


def is_enough(enrolments: int, visits: int) -> bool:
    """Say whether a period may be counted by itself; if not it waits for the next season."""
    return _tellable(enrolments) and _tellable(visits)


def uncounted(seats: int, taken: int) -> tuple[int, int]:
    """Return how many of a course's people the calendar leaves untold, and the most it lets be.

    It tells how many there are from five on, and that a course is full. To one without seats
    whoever wants comes: everybody knows that nobody signs up there.
    """
    if not seats:
        return taken, 0
    least = min(LEAST, seats)
    return (0, 0) if taken >= least else (taken, least - 1)


def cells(
    enrolled: Iterable[Enrolled],
    areas: Collection[int],
    small: Mapping[int, tuple[int, int]] | None = None,
) -> tuple[Cell, ...]:
    """Return the cells of all subjects, none of fewer than five enrolments.

    ``areas`` are those that had courses, which everybody knows; ``small`` sums up
    :func:`uncounted` by area.

    :raises ValueError: if all together are fewer than five, but not none.
    """
    counts: dict[Subject, dict[str, int]] = {subject: {} for subject in SUBJECTS}
    for one in enrolled:
        said: tuple[tuple[Subject, str], ...] = (
            ("area", str(one.area)),
            ("age", one.age_band or UNKNOWN),
            ("gender", one.gender or UNKNOWN),
        )
        for subject, value in said:
            counts[subject][value] = counts[subject].get(value, 0) + one.count
    if not _tellable(sum(counts["area"].values())):
        raise ValueError("too few people to tell anything of them")
    order = dict(VALUES)
    order["area"] = tuple(one for one in VALUES["area"] if int(one) in areas)
    found = tuple(cell for one in SUBJECTS for cell in _merged(one, order[one], counts[one]))
    return found if small is None else tuple(_with_rest(one, small) for one in found)


def together(periods: Sequence[Period]) -> Period:
    """Return several periods as one, from nothing but what each of them tells."""
    taught: dict[int, list[int]] = {}
    for period in periods:
        for one in period.taught:
            row = taught.setdefault(one.area, [0, 0, 0])
            for at, number in enumerate((one.courses, one.sessions, one.minutes)):
                row[at] += number
    found = [cell for period in periods for cell in period.cells]
    return Period(
        tuple(season for period in periods for season in period.seasons),
        tuple(Taught(area, *row) for area, row in sorted(taught.items())),
        tuple(cell for subject in SUBJECTS for cell in _joined(subject, found)),
        sum(period.enrolments for period in periods),
        sum(period.visits for period in periods),
    )


def _with_rest(cell: Cell, small: Mapping[int, tuple[int, int]]) -> Cell:
    if cell.subject != "area":
        return cell
    of = [small.get(int(area), (0, 0)) for area in cell.values]
    rest, room = sum(rest for rest, _ in of), sum(room for _, room in of)
    return replace(cell, rest=rest, room=room, rule=RULE)


def _tellable(count: int) -> bool:
    return count == 0 or count >= LEAST


def _merged(subject: Subject, order: Sequence[str], counts: Mapping[str, int]) -> list[Cell]:
    """Merge from left to right; what is left over at the end joins the cell before.

    What nobody chose is named where it lies between: else five values of five people would tell
    that each is one.
    """
    made: list[Cell] = []
    values: tuple[str, ...] = ()
    total = 0
    for value in order:
        count = counts.get(value, 0)
        if not values and not count:
            continue
        values, total = (*values, value), total + count
        if total >= LEAST:
            made.append(Cell(subject, values, total))
            values, total = (), 0
    if total and made:
        last = made.pop()
        rest = tuple(order[order.index(last.values[0]) :])
        made.append(Cell(subject, rest, last.enrolments + total))
    return made


def _joined(subject: Subject, found: Iterable[Cell]) -> list[Cell]:
    """Join cells that share a value until none do."""
    groups: list[tuple[set[str], int]] = []
    for cell in found:
        if cell.subject != subject:
            continue
        values, total = set(cell.values), cell.enrolments
        apart = []
        for other, count in groups:
            if other & values:
                values, total = values | other, total + count
            else:
                apart.append((other, count))
        groups = [*apart, (values, total)]
    order = VALUES[subject]
    made = [Cell(subject, tuple(sorted(v, key=order.index)), count) for v, count in groups]
    return sorted(made, key=lambda cell: order.index(cell.values[0]))
