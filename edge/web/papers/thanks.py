"""`/pult/druck/dank`: a year's hours of a volunteer, thanked for; for who coordinates the rota."""

from __future__ import annotations

from flask import Blueprint, Response
from werkzeug.wrappers import Response as AnyResponse

from edge.clock import Clock
from edge.config import Config
from edge.desk.volunteer_papers import VolunteerPapers
from edge.paper import printer
from edge.paper.documents import Thanks
from edge.paper.press import NoPdf, Press
from edge.web.access import visit
from edge.web.desk.point import desk_blueprint
from edge.web.desk.rota_visit import RotaOpener, add_rota_errors
from edge.web.papers.printing import no_pdf, paper_page, pdf_response
from edge.web.staff import entered, go


def thanks_pages(config: Config, clock: Clock, press: Press) -> Blueprint:
    """Return the pages below `/pult/druck/dank`."""
    pages = desk_blueprint("desk_thanks", "/pult/druck/dank")
    add_rota_errors(pages)
    views = _Pages(config, clock, press)
    for rule, method, view in (
        ("/<int:number>/<int:year>", "GET", views.thanks),
        ("/<int:number>/<int:year>.pdf", "GET", views.pdf),
        ("/<int:number>/<int:year>", "POST", views.send),
    ):
        pages.add_url_rule(rule, view_func=view, methods=[method], endpoint=view.__name__)
    pages.register_error_handler(NoPdf, no_pdf)
    return pages


class _Pages(RotaOpener):
    """The views."""

    def __init__(self, config: Config, clock: Clock, press: Press) -> None:
        super().__init__(config, clock)
        self._press = press

    def thanks(self, number: int, year: int) -> str:
        paper, _ = self._made(number, year)
        return paper_page(paper, self._press, ("desk_people.thanks", {"number": number}))

    def pdf(self, number: int, year: int) -> Response:
        paper, now = self._made(number, year)
        return pdf_response(self._press.pdf(paper, now), f"dank-{number}-{year}")

    def send(self, number: int, year: int) -> AnyResponse:
        paper, now = self._made(number, year)
        printer.send(self._press.pdf(paper, now), entered().text("drucker"))
        return go(".thanks", number=number, year=year, getan="gesendet")

    def _made(self, number: int, year: int) -> tuple[Thanks, int]:
        with self.coordinating() as here:
            point = here.point
            papers = VolunteerPapers.at(self.config, point.village, point.vault, self.clock)
            return papers.thanks(number, year, visit().name), point.now_ms
