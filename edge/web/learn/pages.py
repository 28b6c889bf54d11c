"""`/lernen`: what lies on the shelf, found by subject, course and language, and used here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from http import HTTPStatus

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from edge.clock import Clock
from edge.config import Config
from edge.desk.materials import Wish
from edge.desk.vault import Vault
from edge.material.kinds import FORMATS, LANGUAGES, PLAYED, SUBJECTS
from edge.material.shelf import shelf_of
from edge.store.errors import StoreError
from edge.store.personal_progress import Progress
from edge.store.shared import looking
from edge.store.village_courses import NoSuchCourse
from edge.store.village_materials import Material, NoSuchMaterial
from edge.store.village_reader import VillageReader
from edge.web.access import Role, open_blueprint, visit
from edge.web.card_parts import CardPart
from edge.web.learn import books, exercise
from edge.web.learn.files import file_answer
from edge.web.learn.page import lesson, lesson_list, so_far
from edge.web.page import Line
from edge.web.tongue import GERMAN, say, spoken

# Who looks into a frame (a PDF, a book) moves nothing that our page could see.
FRAME_IDLE_S = 240
MAX_PLACE = 7 * 86_400_000
CARD_LINES = 5
_FRAMED = frozenset(("pdf", "zim", "h5p"))


def learn_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the pages below `/lernen`."""
    pages = Blueprint("learn", __name__, url_prefix="/lernen")
    open_blueprint(pages, Role.VILLAGER)
    views = _Views(config, clock)
    for rule, method, view in (
        ("", "GET", views.shelf),
        ("/<int:number>", "GET", views.material),
        ("/<int:number>/lesen/<int:page>", "GET", views.read),
        ("/<int:number>/datei", "GET", views.file),
        ("/<int:number>/untertitel/<language>", "GET", views.captions),
        ("/<int:number>/merken", "POST", views.note),
        ("/<int:number>/uebung", "GET", views.exercise),
        ("/<int:number>/uebung/<path:name>", "GET", views.exercise_file),
        ("/h5p/<path:name>", "GET", views.player_file),
        ("/buch/<path:path>", "GET", views.book),
    ):
        pages.add_url_rule(rule, view_func=view, endpoint=view.__name__, methods=[method])
    return pages


class _Views:
    """The views."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config = config
        self._clock = clock

    def shelf(self) -> tuple[str, int]:
        wish = _wish()
        problem, materials, course = "", [], ""
        try:
            with looking(self._config.hub.village_db) as village:
                materials = village.materials()
                course = self._course(village, wish.course)
        except StoreError:
            problem = say("Die Daten des Dorfes sind gerade nicht lesbar.")
        status = HTTPStatus.SERVICE_UNAVAILABLE if problem else HTTPStatus.OK
        page = lesson_list(materials, wish, _tongue(), self._progress(), course)
        near = books.neighbours(self._config)
        return render_template(
            "learn/shelf.html", page=page, wish=wish, problem=problem, near=near
        ), status

    def material(self, number: int) -> str:
        with self._open() as village:
            one = self._shown(village, number)
            readable = village.readable_pages(number)
            course = self._course(village, one.course)
        progress = self._progress().get(one.sha256)
        found = lesson(one, _tongue(), readable=readable, progress=progress, course=course)
        found = replace(found, mime=FORMATS[one.ending].mime)
        more = {"idle_s": FRAME_IDLE_S} if one.kind in _FRAMED else {}
        return render_template(
            f"learn/{one.kind if one.kind not in PLAYED else 'play'}.html",
            lesson=found,
            remembers=visit().card is not None,
            is_served=books.is_served(self._config) if one.kind == "zim" else False,
            **more,
        )

    def read(self, number: int, page: int) -> str:
        with self._open() as village:
            one = self._shown(village, number)
            text = village.material_page(number, page)
        if one.kind != "pdf" or not 1 <= page <= one.pages:
            abort(HTTPStatus.NOT_FOUND)
        self._note(one, place=page)
        found = lesson(one, _tongue(), readable=1, progress=self._progress().get(one.sha256))
        return render_template(
            "learn/read.html",
            lesson=found,
            page=page,
            paragraphs=text.split("\n") if text else [],
            remembers=visit().card is not None,
            idle_s=FRAME_IDLE_S,
        )

    def file(self, number: int) -> AnyResponse:
        one = self._one(number)
        form = FORMATS[one.ending]
        if one.kind in ("h5p", "zim"):
            abort(HTTPStatus.NOT_FOUND)
        path = shelf_of(self._config).path(one.sha256, one.ending)
        return file_answer(path, form.mime, one.sha256)

    def captions(self, number: int, language: str) -> AnyResponse:
        one = self._one(number)
        digest = one.tracks.get("" if language == "-" else language)
        if digest is None:
            abort(HTTPStatus.NOT_FOUND)
        path = shelf_of(self._config).path(digest, "vtt")
        return file_answer(path, FORMATS["vtt"].mime, digest)

    def note(self, number: int) -> AnyResponse:
        """Keep how far the card's owner came. From a script: no answer; from a form: back."""
        one = self._one(number)
        place, done = request.form.get("stelle", ""), request.form.get("fertig", "")
        self._note(
            one,
            place=min(int(place), MAX_PLACE) if place.isdecimal() and len(place) < 12 else None,
            done=done == "1" if done in ("0", "1") else None,
        )
        if request.form.get("still"):
            return AnyResponse(status=HTTPStatus.NO_CONTENT)
        return redirect(url_for(".material", number=number), HTTPStatus.SEE_OTHER)

    def exercise(self, number: int) -> AnyResponse:
        return exercise.frame(self._one(number, "h5p"))

    def exercise_file(self, number: int, name: str) -> AnyResponse:
        return exercise.own_file(self._config, self._one(number, "h5p"), name)

    def player_file(self, name: str) -> AnyResponse:
        return exercise.player_file(name)

    def book(self, path: str) -> AnyResponse:
        with self._open() as village:
            known = {one.sha256 for one in village.materials() if one.kind == "zim" and _may(one)}
        return books.passed_on(self._config, path, known)

    @contextmanager
    def _open(self) -> Iterator[VillageReader]:
        try:
            with looking(self._config.hub.village_db) as village:
                yield village
        except StoreError:
            abort(HTTPStatus.SERVICE_UNAVAILABLE)

    def _one(self, number: int, kind: str = "") -> Material:
        with self._open() as village:
            one = self._shown(village, number)
        if kind and one.kind != kind:
            abort(HTTPStatus.NOT_FOUND)
        return one

    @staticmethod
    def _shown(village: VillageReader, number: int) -> Material:
        """Return a material that this visitor may see."""
        try:
            one = village.material(number)
        except NoSuchMaterial:
            abort(HTTPStatus.NOT_FOUND)
        if not _may(one):
            abort(HTTPStatus.NOT_FOUND)
        return one

    @staticmethod
    def _course(village: VillageReader, course: int | None) -> str:
        if course is None:
            return ""
        with suppress(NoSuchCourse):
            found = village.course(course)
            if found.state != "draft":
                return found.text(_tongue()).title
        return ""

    def _progress(self) -> dict[str, Progress]:
        """Return how far the card's owner came; nothing while personal.db is locked."""
        card = visit().card
        if card is None:
            return {}
        with suppress(StoreError), Vault.of(self._config) as vault, vault.open() as personal:
            return personal.progress(card)
        return {}

    def _note(self, one: Material, *, place: int | None = None, done: bool | None = None) -> None:
        card = visit().card
        if card is None or (place is None and done is None):
            return
        now = self._clock.stamp().wall_ms
        with suppress(StoreError), Vault.of(self._config) as vault, vault.open() as personal:
            personal.note_progress(card, one.sha256, now, place=place, done=done)

    def card_part(self, card: bytes) -> CardPart | None:
        """Return what stands on somebody's own card: where they stopped."""
        with Vault.of(self._config) as vault, vault.open() as personal:
            found = personal.progress(card)
        with looking(self._config.hub.village_db) as village:
            known = {one.sha256: one for one in village.materials() if not one.hidden}
        rows = [
            Line(known[digest].said(_tongue())[1].title, so_far(known[digest], how))
            for digest, how in found.items()
            if digest in known and so_far(known[digest], how)
        ]
        if not rows:
            return None
        return CardPart(
            "gelernt",
            say("Gelesen und gesehen"),
            rows[:CARD_LINES],
            "learn.shelf",
            say("Weiter lernen"),
        )


def card_part(config: Config, clock: Clock, card: bytes) -> CardPart | None:
    """Return what stands on somebody's own card: where they stopped."""
    return _Views(config, clock).card_part(card)


def _may(one: Material) -> bool:
    """Tell whether this visitor may see a material: the desk sees hidden ones too."""
    return not (one.hidden or one.lacks) or Role.VOLUNTEER in visit().roles


def _tongue() -> str:
    """Return the language of titles for this visitor, as materials name it."""
    key = spoken().key
    return "de-simple" if key == "leicht" else key or GERMAN.key


def _wish() -> Wish:
    course = request.args.get("kurs", "")
    subject, language = request.args.get("thema", ""), request.args.get("sprache", "")
    return Wish(
        subject=subject if subject in SUBJECTS else "",
        language=language if language in LANGUAGES else "",
        course=int(course) if course.isdecimal() and len(course) < 10 else None,
    )


__all__ = ["card_part", "learn_pages"]
