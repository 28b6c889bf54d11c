"""`/pult/bericht`: what is told to those who pay, drawn, as tables, and as a file."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, render_template, request

from edge.clock import Clock
from edge.config import Config
from edge.desk.funding import Bar, Funding, cells_of, funding, name_of, totals
from edge.desk.reports import SUBJECT_WORDS, VALUE_WORDS, to_csv
from edge.learning.course import units
from edge.learning.moment import local_day
from edge.learning.report import LEAST, SUBJECTS, Cell, Period
from edge.web import words
from edge.web.desk import said
from edge.web.desk.point import Opener, desk_blueprint

BAR_HEIGHT = 100  # of the drawing, in its own measure


def report_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the pages below `/pult/bericht`."""
    pages = desk_blueprint("desk_report", "/pult/bericht")
    views = _Pages(config, clock)
    pages.add_url_rule("", view_func=views.report, endpoint="report")
    pages.add_url_rule("/tabelle.csv", view_func=views.table, endpoint="table")
    return pages


@dataclass(frozen=True, slots=True)
class Column:
    """A season in the drawing; from the left in percent, heights of 100."""

    name: str
    left: float
    width: float
    visits: float
    enrolments: float


@dataclass(frozen=True, slots=True)
class CellTable:
    """Enrolments by one subject. ``merged`` says in a sentence why groups stand together."""

    subject: str
    rows: list[list[str]]
    merged: str


class _Pages(Opener):
    """The views."""

    def report(self) -> str:
        found = self._found()
        with self.opened() as point:
            today = local_day(point.now_ms)
        waiting = [
            (
                one.season.name,
                f"{one.due.day}.{one.due.month}.{one.due.year}",
                one.due <= today,
            )
            for one in found.waiting
        ]
        whole = found.whole
        return render_template(
            "desk/report.html",
            periods=[(str(at), name_of(one, found.names)) for at, one in enumerate(found.known)],
            first=request.args.get("von", "0"),
            last=request.args.get("bis", str(len(found.known) - 1)),
            taught=_taught(whole) if whole else [],
            tables=[_table(whole, subject) for subject in SUBJECTS] if whole else [],
            enrolments=whole.enrolments if whole else 0,
            visits=whole.visits if whole else 0,
            columns=_columns(found.bars),
            bars=[[one.name, str(one.visits), str(one.enrolments)] for one in found.bars],
            top=_top(found.bars),
            waiting=waiting,
            least=LEAST,
        )

    def table(self) -> Response:
        """Return the report as a file that a spreadsheet reads, umlauts too."""
        found = self._found()
        with self.opened() as point:
            text = to_csv(point.village, found.chosen)
        response = Response(text.encode("utf-8-sig"), mimetype="text/csv")
        response.headers["Content-Disposition"] = 'attachment; filename="lernort-bericht.csv"'
        return response

    def _found(self) -> Funding:
        first = request.args.get("von", 0, type=int)
        last = request.args.get("bis", type=int)
        with self.opened() as point:
            return funding(point.village, first, last)


def _taught(period: Period) -> list[list[str]]:
    rows = [
        [
            VALUE_WORDS["area"][str(one.area)],
            str(one.courses),
            str(one.sessions),
            words.number(units(one.minutes), 2),
        ]
        for one in period.taught
    ]
    courses, sessions, whole = totals(period.taught)
    return [*rows, ["Zusammen", str(courses), str(sessions), words.number(whole, 2)]]


def _table(period: Period, subject: str) -> CellTable:
    known = [one for one in SUBJECTS if one == subject]
    cells = cells_of(period, known[0])
    rows = [[_label(one), str(one.enrolments)] for one in cells]
    merged = [_label(one, " und ") for one in cells if len(one.values) > 1]
    why = ""
    if merged:
        groups = "; ".join(f"„{one}“" for one in merged)
        why = (
            f"Zusammen gezählt sind: {groups}. Einzeln wären es irgendwo weniger als {LEAST} "
            "Belegungen gewesen, und dann wüsste man, wer gemeint ist."
        )
    return CellTable(SUBJECT_WORDS[known[0]], rows, why)


def _label(cell: Cell, between: str = " + ") -> str:
    values = [VALUE_WORDS[cell.subject][value] for value in cell.values]
    return said.listed(values) if between == " und " else between.join(values)


def _top(bars: tuple[Bar, ...]) -> int:
    """Return the top of the scale: 10, 20, 50, 100 and so on, the first that no bar exceeds."""
    most = max((max(one.visits, one.enrolments) for one in bars), default=0)
    steps = (first * 10**zeros for zeros in range(1, 9) for first in (1, 2, 5))
    return next((one for one in steps if one >= most), most)


def _columns(bars: tuple[Bar, ...]) -> list[Column]:
    top = _top(bars)
    slot = 100 / max(1, len(bars))
    return [
        Column(
            one.name,
            round(at * slot + slot * 0.12, 3),
            round(slot * 0.36, 3),
            round(one.visits / top * BAR_HEIGHT, 2),
            round(one.enrolments / top * BAR_HEIGHT, 2),
        )
        for at, one in enumerate(bars)
    ]
