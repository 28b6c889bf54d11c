"""`/pult/ausleihe`: whom to call, what goes out today, what comes back and how."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from edge.clock import Clock
from edge.config import Config
from edge.desk.lending import LendingDesk
from edge.learning.course import Session
from edge.learning.entered import Entered
from edge.learning.errors import LearningError
from edge.learning.moment import to_local
from edge.lending.asset import Asset, Loan, euros
from edge.lending.availability import Span, days_of
from edge.web.desk import said
from edge.web.desk.point import Opener, desk_blueprint
from edge.web.staff import entered, go

DONE = {
    "ausgegeben": "Ausgegeben.",
    "zurueck": "Zurückgenommen.",
    "verlaengert": "Verlängert.",
    "abgesagt": "Die Reservierung ist abgesagt.",
}
CONDITIONS = (
    ("good", "In Ordnung"),
    ("incomplete", "Es fehlt etwas"),
    ("damaged", "Etwas ist kaputt"),
)
STATES = {
    "reserved": "reserviert",
    "out": "ausgegeben",
    "back": "zurück",
    "cancelled": "abgesagt",
    "lapsed": "nicht abgeholt",
}


def lending_desk_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the pages below `/pult/ausleihe`."""
    pages = desk_blueprint("desk_lending", "/pult/ausleihe")
    views = _Pages(config, clock)
    for rule, method, view in (
        ("", "GET", views.board),
        ("/zettel", "POST", views.scan),
        ("/<int:loan>", "GET", views.loan),
        ("/<int:loan>/ausgeben", "POST", views.hand_out),
        ("/<int:loan>/zurueck", "POST", views.take_back),
        ("/<int:loan>/verlaengern", "POST", views.extend),
        ("/<int:loan>/absagen", "POST", views.cancel),
    ):
        pages.add_url_rule(rule, view_func=view, methods=[method], endpoint=view.__name__)
    return pages


class LendingOpener(Opener):
    """Opens the lending desk for one request."""

    @contextmanager
    def lending(self) -> Iterator[LendingDesk]:
        """Give the desk."""
        with self.opened() as point:
            yield LendingDesk.of(self.config, point.village, point.vault, self.clock)


class _Pages(LendingOpener):
    """The views."""

    def board(self, problem: str = "") -> tuple[str, int]:
        with self.lending() as desk:
            found = desk.board()
        return render_template(
            "desk/lending.html",
            board=found,
            when=when,
            problem=problem,
            done=DONE.get(request.args.get("getan", "")),
        ), HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK

    def scan(self) -> AnyResponse | tuple[str, int]:
        typed = request.form.get("zettel", "")[:200]
        try:
            with self.lending() as desk:
                found = desk.my(typed)
        except LearningError as error:
            return self.board(error.hint)
        return go(".loan", loan=found.loan.loan)

    def loan(
        self, loan: int, form: Entered | None = None, error: LearningError | None = None
    ) -> tuple[str, int]:
        with self.lending() as desk:
            entry = desk.entry(loan)
        _, last = days_of(Span(entry.loan.starts_at, entry.loan.ends_at))
        return render_template(
            "desk/loan.html",
            entry=entry,
            when=when(entry.asset, entry.loan),
            state=STATES[entry.loan.state],
            conditions=CONDITIONS,
            deposit=euros(entry.asset.deposit_cents) if entry.asset.deposit_cents else "",
            last=last.isoformat(),
            form=form or Entered({}),
            error=error,
            done=DONE.get(request.args.get("getan", "")),
        ), HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK

    def hand_out(self, loan: int) -> AnyResponse | tuple[str, int]:
        return self._do(loan, lambda desk, _: desk.hand_out(loan), "ausgegeben")

    def take_back(self, loan: int) -> AnyResponse | tuple[str, int]:
        def take(desk: LendingDesk, form: Entered) -> Loan:
            broken = form.has("broken")
            return desk.take_back(loan, form.text("condition"), form.text("remark"), broken=broken)

        return self._do(loan, take, "zurueck")

    def extend(self, loan: int) -> AnyResponse | tuple[str, int]:
        return self._do(
            loan, lambda desk, form: desk.extend(loan, form.day("last_day")), "verlaengert"
        )

    def cancel(self, loan: int) -> AnyResponse | tuple[str, int]:
        return self._do(loan, lambda desk, _: desk.cancel_loan(loan), "abgesagt")

    def _do(
        self, loan: int, step: Callable[[LendingDesk, Entered], Loan], done: str
    ) -> AnyResponse | tuple[str, int]:
        form = entered()
        try:
            with self.lending() as desk:
                step(desk, form)
        except LearningError as error:
            return self.loan(loan, form, error)
        return go(".loan", loan=loan, getan=done)


def when(asset: Asset, loan: Loan) -> str:
    """Return when something is lent, as the desk says it."""
    if asset.kind == "room":
        return said.span(Session(loan.starts_at, loan.ends_at))
    first, last = to_local(loan.starts_at), to_local(loan.ends_at - 1)
    if first.date() == last.date():
        return said.day(first)
    return f"{said.day(first)} bis {said.day(last)}"
