"""`/pult/druck`: the print centre. Each paper as a page to print, as PDF, or to a printer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from flask import Blueprint, Response, abort, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from edge.clock import Clock
from edge.config import Config
from edge.desk.papers import PaperDesk
from edge.desk.volunteer_papers import VolunteerPapers
from edge.learning.course import Course
from edge.paper import printer
from edge.paper.documents import (
    FundingReport,
    Paper,
    ParticipantList,
    Poster,
    Rota,
    SignInSheet,
    SlipPaper,
)
from edge.paper.press import NoPdf, Press
from edge.store.errors import StoreError
from edge.web.access import visit
from edge.web.desk import said
from edge.web.desk.lists import SLIP
from edge.web.desk.point import Opener, Point, desk_blueprint
from edge.web.staff import entered, go

OF_COURSE: Mapping[str, tuple[type[Paper], str]] = {
    "liste": (ParticipantList, "Wer einen Platz hat, mit Telefonnummern, und wer wartet."),
    "unterschriften": (SignInSheet, "Zum Unterschreiben, eine Spalte je Termin."),
    "aushang": (Poster, "Für die Tür und das Schwarze Brett, ohne Namen."),
}
_DONE = {"gesendet": "Das Blatt ist beim Drucker."}


def print_pages(config: Config, clock: Clock, press: Press) -> Blueprint:
    """Return the pages below `/pult/druck`."""
    pages = desk_blueprint("desk_print", "/pult/druck")
    views = _Pages(config, clock, press)
    for rule, method, view in (
        ("", "GET", views.centre),
        ("/kurs/<int:number>", "GET", views.course),
        ("/kurs/<int:number>/<what>", "GET", views.of_course),
        ("/kurs/<int:number>/<what>.pdf", "GET", views.course_pdf),
        ("/kurs/<int:number>/<what>", "POST", views.print_course),
        ("/bericht", "GET", views.report),
        ("/bericht.pdf", "GET", views.report_pdf),
        ("/bericht", "POST", views.print_report),
        ("/dienste", "GET", views.rota),
        ("/dienste.pdf", "GET", views.rota_pdf),
        ("/dienste", "POST", views.print_rota),
        ("/zettel", "GET", views.slip),
        ("/zettel.pdf", "GET", views.slip_pdf),
        ("/zettel", "POST", views.print_slip),
    ):
        pages.add_url_rule(rule, view_func=view, methods=[method], endpoint=view.__name__)
    pages.register_error_handler(NoPdf, no_pdf)
    return pages


@dataclass(frozen=True, slots=True)
class Kind:
    """A paper that can be had of a course."""

    what: str
    name: str
    text: str


class _Pages(Opener):
    """The views."""

    def __init__(self, config: Config, clock: Clock, press: Press) -> None:
        super().__init__(config, clock)
        self._press = press

    def centre(self) -> str:
        """List the courses of now and soon, and what is not a course's."""
        with self.opened() as point:
            now = point.now_ms
            courses = [one for one in point.village.courses() if one.state != "draft"]
        running = [one for one in courses if (one.last_at or 0) >= now]
        over = [one for one in courses if (one.last_at or 0) < now]
        running.sort(key=lambda one: one.first_at or 0)
        over.sort(key=lambda one: -(one.last_at or 0))
        return render_template(
            "papers/centre.html",
            running=[_line(one) for one in running],
            over=[_line(one) for one in over[:20]],
            has_pdf=self._press.is_there,
            printers=printer.printers(),
        )

    def course(self, number: int) -> str:
        with self.opened() as point:
            course = point.village.course(number)
        kinds = [Kind(what, paper.kind, text) for what, (paper, text) in OF_COURSE.items()]
        return render_template(
            "papers/course.html", course=course, dates=said.dates(course), kinds=kinds
        )

    def of_course(self, number: int, what: str) -> str:
        with self.opened() as point:
            paper = self._of(point, number, what)
        return self._page(paper, ("desk_print.course", {"number": number}))

    def course_pdf(self, number: int, what: str) -> Response:
        with self.opened() as point:
            paper = self._of(point, number, what)
        return self._pdf(paper, f"{what}-{number}")

    def print_course(self, number: int, what: str) -> AnyResponse:
        with self.opened() as point:
            paper = self._of(point, number, what)
        return self._send(paper, ".of_course", number=number, what=what)

    def report(self) -> str:
        return self._page(self._report(), ("desk_report.report", {}))

    def report_pdf(self) -> Response:
        return self._pdf(self._report(), "bericht")

    def print_report(self) -> AnyResponse:
        return self._send(self._report(), ".report")

    def rota(self) -> str:
        return self._page(self._rota(), ("desk_rota.rota", {}))

    def rota_pdf(self) -> Response:
        return self._pdf(self._rota(), "dienste")

    def print_rota(self) -> AnyResponse:
        return self._send(self._rota(), ".rota")

    def slip(self) -> str | AnyResponse:
        paper = self._slip()
        return go("desk.today") if paper is None else self._page(paper, ("desk.today", {}))

    def slip_pdf(self) -> Response | AnyResponse:
        paper = self._slip()
        return go("desk.today") if paper is None else self._pdf(paper, "zettel")

    def print_slip(self) -> AnyResponse:
        paper = self._slip()
        return go("desk.today") if paper is None else self._send(paper, ".slip")

    def _of(self, point: Point, number: int, what: str) -> Paper:
        desk = self._desk(point)
        made: dict[str, Callable[[int], Paper]] = {
            "liste": desk.participants, "unterschriften": desk.sign_in, "aushang": desk.poster
        }  # fmt: skip
        if what not in made:
            abort(HTTPStatus.NOT_FOUND)
        return made[what](number)

    def _report(self) -> FundingReport:
        with self.opened() as point:
            return self._desk(point).report()

    def _rota(self) -> Rota:
        with self.opened() as point:
            papers = VolunteerPapers.at(self.config, point.village, point.vault, self.clock)
            return papers.rota()

    def _slip(self) -> SlipPaper | None:
        """Return the slip that this visit has in hand, if it has one."""
        kept = visit().kept(SLIP)
        if not kept:
            return None
        with self.opened() as point:
            return self._desk(point).slip(point.signups.my(kept[-1]))

    def _desk(self, point: Point) -> PaperDesk:
        return PaperDesk.at(self.config, point.village, point.vault, self.clock)

    def _page(self, paper: Paper, back: tuple[str, dict[str, int]]) -> str:
        return paper_page(paper, self._press, back)

    def _pdf(self, paper: Paper, name: str) -> Response:
        return pdf_response(self._press.pdf(paper, self.clock.stamp().wall_ms), name)

    def _send(self, paper: Paper, endpoint: str, **values: int | str) -> AnyResponse:
        pdf = self._press.pdf(paper, self.clock.stamp().wall_ms)
        printer.send(pdf, entered().text("drucker"))
        return go(endpoint, **values, getan="gesendet")


def paper_page(paper: Paper, press: Press, back: tuple[str, dict[str, int]]) -> str:
    """Return a paper as a page to print, with the ways to print it."""
    known = printer.printers() if press.is_there else ()
    return render_template(
        "papers/paper.html",
        paper=paper,
        has_pdf=press.is_there,
        printers=known,
        choices=[(one, one) for one in known],
        back=back,
        done=_DONE.get(request.args.get("getan", "")),
    )


def pdf_response(pdf: bytes, name: str) -> Response:
    """Return a PDF to be kept or opened; ``name`` names nobody."""
    response = Response(pdf, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="dorfhub-{name}.pdf"'
    return response


def no_pdf(error: StoreError) -> tuple[str, int]:
    """Say why there is no PDF, and what to do."""
    page = render_template("papers/no_pdf.html", text=error.hint)
    return page, HTTPStatus.SERVICE_UNAVAILABLE


def _line(course: Course) -> tuple[int, str, str]:
    return course.course, course.title, said.dates(course)
