"""The funding report as it is read: periods, their sums, and how many came over the seasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from edge.desk.reports import REST_DAYS, periods
from edge.learning.course import Season, units
from edge.learning.report import Cell, Period, Subject, Taught, together
from edge.store.village import VillageStore


@dataclass(frozen=True, slots=True)
class Waiting:
    """A season that is not counted. ``due``: from this day on it can be, if enough people came."""

    season: Season
    due: date


@dataclass(frozen=True, slots=True)
class Bar:
    """One period in the drawing of attendance."""

    name: str
    visits: int
    enrolments: int


@dataclass(frozen=True, slots=True)
class Funding:
    """The report of the periods that were asked for; ``whole`` is None where there is none."""

    known: tuple[Period, ...]
    chosen: tuple[Period, ...]
    whole: Period | None
    bars: tuple[Bar, ...]
    waiting: tuple[Waiting, ...]
    names: dict[str, str]


def funding(village: VillageStore, first: int = 0, last: int | None = None) -> Funding:
    """Return the report from the ``first`` to the ``last`` period; all if nothing is said.

    Works while personal.db is locked: what is counted stands in village.db.
    """
    known = tuple(periods(village))
    seasons = village.seasons()
    names = {one.season_id: one.name for one in seasons}
    first = max(0, min(first, len(known) - 1))
    end = len(known) if last is None else max(first + 1, min(last + 1, len(known)))
    chosen = known[first:end]
    counted = {season for one in known for season in one.seasons}
    waiting = tuple(
        Waiting(one, one.last_day + timedelta(days=REST_DAYS + 1))
        for one in seasons
        if one.season_id not in counted
    )
    return Funding(
        known,
        chosen,
        together(chosen) if chosen else None,
        tuple(Bar(name_of(one, names), one.visits, one.enrolments) for one in chosen),
        waiting,
        names,
    )


def name_of(period: Period, names: dict[str, str]) -> str:
    """Return what a period is called: its seasons."""
    return " + ".join(names.get(one, one) for one in period.seasons)


def totals(taught: Sequence[Taught]) -> tuple[int, int, float]:
    """Return courses, sessions and teaching units of all areas; units are rounded once."""
    return (
        sum(one.courses for one in taught),
        sum(one.sessions for one in taught),
        units(sum(one.minutes for one in taught)),
    )


def cells_of(period: Period, subject: Subject) -> list[Cell]:
    """Return the cells of one subject."""
    return [one for one in period.cells if one.subject == subject]
