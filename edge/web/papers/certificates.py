"""`/pult/bescheinigungen`: giving certificates of a course, printing them, taking one back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from flask import Blueprint, Response, abort, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from edge.clock import Clock
from edge.config import Config
from edge.desk.awards import Awards, Candidate, Choice
from edge.learning.course import Course
from edge.learning.earning import COMPETENCES, competences_of
from edge.learning.errors import LearningError
from edge.paper import printer
from edge.paper.documents import Certificate, CompetenceProof
from edge.paper.press import NoPdf, Press
from edge.web.access import visit
from edge.web.desk import said
from edge.web.desk.point import Opener, Point, desk_blueprint
from edge.web.papers.printing import no_pdf, paper_page, pdf_response
from edge.web.staff import entered, go

KINDS = {"attendance": Certificate.kind, "digcomp": CompetenceProof.kind}
_DONE = {
    "ausgestellt": "Die Bescheinigungen sind ausgestellt.",
    "grenze": "Die neue Grenze gilt.",
    "zurueck": "Die Bescheinigung ist zurückgenommen: Wer sie prüft, erfährt das.",
    "gesendet": "Die Bescheinigungen sind beim Drucker.",
}


def certificate_pages(config: Config, clock: Clock, press: Press) -> Blueprint:
    """Return the pages below `/pult/bescheinigungen`."""
    pages = desk_blueprint("desk_certificates", "/pult/bescheinigungen")
    views = _Pages(config, clock, press)
    for rule, method, view in (
        ("", "GET", views.courses),
        ("/<int:number>", "GET", views.course),
        ("/<int:number>", "POST", views.give),
        ("/<int:number>/grenze", "POST", views.threshold),
        ("/<int:number>/alle", "GET", views.papers),
        ("/<int:number>/alle", "POST", views.print_all),
        ("/<int:number>/alle.pdf", "GET", views.pdf),
        ("/einzeln/<int:award>", "GET", views.paper),
        ("/einzeln/<int:award>.pdf", "GET", views.one_pdf),
        ("/einzeln/<int:award>.json", "GET", views.document),
        ("/einzeln/<int:award>", "POST", views.print_one),
        ("/einzeln/<int:award>/zuruecknehmen", "GET", views.ask_revoke),
        ("/einzeln/<int:award>/zuruecknehmen", "POST", views.revoke),
    ):
        pages.add_url_rule(rule, view_func=view, methods=[method], endpoint=view.__name__)
    pages.register_error_handler(NoPdf, no_pdf)
    return pages


class _Pages(Opener):
    """The views."""

    def __init__(self, config: Config, clock: Clock, press: Press) -> None:
        super().__init__(config, clock)
        self._press = press

    def courses(self) -> str:
        """List the courses that began, the newest first."""
        with self.opened() as point:
            now = point.now_ms
            begun = [
                one
                for one in point.village.courses()
                if one.state in ("published", "moved") and (one.first_at or now + 1) <= now
            ]
        begun.sort(key=lambda one: -(one.last_at or 0))
        return render_template(
            "papers/certify_courses.html",
            courses=[(one.course, one.title, said.dates(one)) for one in begun[:40]],
        )

    def course(self, number: int) -> str | tuple[str, int]:
        with self._awards() as (point, awards):
            return _page(point, awards, point.village.course(number))

    def give(self, number: int) -> AnyResponse | tuple[str, int]:
        form = entered()
        with self._awards() as (point, awards):
            course = point.village.course(number)
            try:
                awards.give(
                    number,
                    _choices(awards.candidates(number)),
                    form.text("art") or "attendance",
                    by=visit().name,
                    competences=form.values.get("kompetenz", []),
                )
            except LearningError as error:
                page = _page(point, awards, course, error)
                return page, HTTPStatus.UNPROCESSABLE_ENTITY
        return go(".course", number=number, getan="ausgestellt")

    def threshold(self, number: int) -> AnyResponse | tuple[str, int]:
        with self._awards() as (point, awards):
            try:
                awards.set_threshold(number, entered().number("percent"))
            except LearningError as error:
                page = _page(point, awards, point.village.course(number), error)
                return page, HTTPStatus.UNPROCESSABLE_ENTITY
        return go(".course", number=number, getan="grenze")

    def papers(self, number: int) -> str:
        with self._awards() as (_, awards):
            paper = awards.papers(number)
        return paper_page(paper, self._press, ("desk_certificates.course", {"number": number}))

    def pdf(self, number: int) -> Response:
        with self._awards() as (point, awards):
            paper, now = awards.papers(number), point.now_ms
        return pdf_response(self._press.pdf(paper, now), f"bescheinigungen-{number}")

    def print_all(self, number: int) -> AnyResponse:
        with self._awards() as (point, awards):
            paper, now = awards.papers(number), point.now_ms
        printer.send(self._press.pdf(paper, now), entered().text("drucker"))
        return go(".course", number=number, getan="gesendet")

    def paper(self, award: int) -> str:
        with self._awards() as (_, awards):
            found = awards.award(award)
            paper = awards.paper(found)
        back = ("desk_certificates.course", {"number": found.course})
        return paper_page(paper, self._press, back)

    def one_pdf(self, award: int) -> Response:
        with self._awards() as (point, awards):
            paper, now = awards.paper(awards.award(award)), point.now_ms
        return pdf_response(self._press.pdf(paper, now), f"bescheinigung-{award}")

    def print_one(self, award: int) -> AnyResponse:
        with self._awards() as (point, awards):
            paper, now = awards.paper(awards.award(award)), point.now_ms
        printer.send(self._press.pdf(paper, now), entered().text("drucker"))
        return go(".paper", award=award, getan="gesendet")

    def document(self, award: int) -> Response:
        """Return the signed proof as a file, for who keeps such in a wallet."""
        with self._awards() as (_, awards):
            text = awards.document(awards.award(award))
        response = Response(text, mimetype="application/json")
        response.headers["Content-Disposition"] = (
            f'attachment; filename="dorfhub-nachweis-{award}.json"'
        )
        return response

    def ask_revoke(self, award: int) -> str:
        with self._awards() as (_, awards):
            found = awards.award(award)
            paper = awards.paper(found)
        return render_template("papers/revoke.html", award=found, paper=paper)

    def revoke(self, award: int) -> AnyResponse:
        with self._awards() as (_, awards):
            course = awards.award(award).course
            awards.revoke(award)
        return go(".course", number=course, getan="zurueck")

    @contextmanager
    def _awards(self) -> Iterator[tuple[Point, Awards]]:
        with self.opened() as point:
            yield point, Awards.at(self.config, point.village, point.vault, self.clock)


def _choices(candidates: list[Candidate]) -> list[Choice]:
    """Return whom the form ticks, with the names that it says."""
    form, found = entered(), []
    for one in candidates:
        key = f"{one.enrolment}-{one.seat}"
        if form.text(f"wer-{key}"):
            found.append(Choice(one.enrolment, one.seat, form.text(f"name-{key}")))
    return found


def _page(point: Point, awards: Awards, course: Course, error: LearningError | None = None) -> str:
    number = course.course
    if course.state == "draft":
        abort(HTTPStatus.NOT_FOUND)
    candidates, given = awards.candidates(number), awards.given(number)
    return render_template(
        "papers/certify.html",
        course=course,
        dates=said.dates(course),
        percent=point.village.threshold(number),
        ready=[one for one in candidates if one.has_earned],
        missing=[one for one in candidates if not one.has_earned],
        given=given,
        holds=[one for one in given if not one.is_revoked],
        kinds=list(KINDS.items()),
        names=KINDS,
        revoked=point.village.revoked_statuses(),
        competences=[(code, COMPETENCES[code]) for code in competences_of(course)],
        error=error,
        form=entered() if request.method == "POST" else None,
        done=_DONE.get(request.args.get("getan", "")),
    )
