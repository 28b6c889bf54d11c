"""One asset's weeks as a calendar: which days are free, and what lies on the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from edge.lending.availability import Taken, collide, whole_days

WEEKS = 5


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the calendar; ``taken`` is what lies on it, in order of time."""

    day: date
    is_past: bool
    taken: tuple[Taken, ...]


def weeks(taken: Sequence[Taken], first: date, today: date) -> tuple[tuple[Day, ...], ...]:
    """Return five weeks from the Monday of ``first`` on, seven days each."""
    monday = first - timedelta(days=first.weekday())
    made = []
    for week in range(WEEKS):
        row = []
        for at in range(7):
            day = monday + timedelta(days=7 * week + at)
            whole = whole_days(day, day)
            row.append(
                Day(day, day < today, tuple(one for one in taken if collide(whole, one.span)))
            )
        made.append(tuple(row))
    return tuple(made)
