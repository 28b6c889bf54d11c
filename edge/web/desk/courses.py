"""`/pult/kurse`: all courses of a season, a new one, one course, copying, and its state."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from edge.clock import Clock
from edge.config import Config
from edge.desk.editor import Copied, Editor
from edge.desk.places import PlaceDesk
from edge.learning.course import GERMAN, OPEN, Course, Season, Text, differences
from edge.learning.entered import Entered
from edge.learning.errors import LearningError, Refused
from edge.learning.moment import local_day
from edge.store.errors import Locked
from edge.store.village_courses import EditedMeanwhile
from edge.web.desk import said
from edge.web.desk.conflict import conflict_page
from edge.web.desk.course_forms import KIND_WORDS, STEPS, summary
from edge.web.desk.point import Opener, Point, desk_blueprint
from edge.web.staff import entered, go

DONE = {
    "angelegt": "Der Kurs ist angelegt, als Entwurf: Noch sieht ihn niemand.",
    "gespeichert": "Gespeichert.",
    "daneben": "Gespeichert. Jemand anderes hat inzwischen etwas anderes an diesem Kurs geändert; "
    "das steht auch da.",
    "oeffentlich": "Der Kurs ist veröffentlicht. Ab jetzt kann man sich anmelden.",
    "entwurf": "Der Kurs ist wieder ein Entwurf. Niemand sieht ihn.",
    "abgesagt": "Der Kurs ist abgesagt. Wer angemeldet war, steht unten und unter „Heute“ zum "
    "Anrufen.",
    "verlegt": "Die Termine sind geändert. Wer angemeldet ist, steht auf der Liste und unter "
    "„Heute“ zum Anrufen.",
}
MAX_ADDRESS = 40


def course_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the pages below `/pult/kurse` that are of a course as a whole."""
    pages = desk_blueprint("desk_courses", "/pult/kurse")
    views = _Pages(config, clock)
    for rule, method, view in (
        ("", "GET", views.courses),
        ("/neu", "GET", views.new),
        ("/neu", "POST", views.create),
        ("/kopieren", "GET", views.ask_copy),
        ("/kopieren", "POST", views.copy),
        ("/<int:number>", "GET", views.course),
        ("/<int:number>/veroeffentlichen", "POST", views.publish),
        ("/<int:number>/zurueckziehen", "POST", views.withdraw),
        ("/<int:number>/absagen", "GET", views.ask_cancel),
        ("/<int:number>/absagen", "POST", views.cancel),
    ):
        pages.add_url_rule(rule, view_func=view, methods=[method], endpoint=view.__name__)
    return pages


class _Pages(Opener):
    """The views."""

    def courses(self) -> str:
        with self.opened() as point:
            seasons = point.village.seasons()
            chosen = _season(seasons, request.args.get("saison", ""), point.now_ms)
            seats = point.village.seats()
            found = point.village.courses(chosen.season_id) if chosen else []
        rows = [
            (
                one,
                said.dates(one),
                said.STATES[one.state],
                said.MOODS[one.state],
                seats[one.course].taken if one.course in seats else 0,
                one.course in seats and seats[one.course].waits,
            )
            for one in found
        ]
        copied = request.args.get("kopiert", type=int)
        done = DONE.get(request.args.get("getan", ""))
        if copied is not None:
            done = _copied_words(copied, request.args.get("ohne", 0, type=int))
        return render_template(
            "desk/courses.html",
            seasons=[(one.season_id, one.name) for one in seasons[::-1]],
            chosen=chosen,
            rows=rows,
            done=done,
        )

    def new(self) -> str:
        with self.opened() as point:
            seasons = point.village.seasons()
            chosen = _season(seasons, request.args.get("saison", ""), point.now_ms)
            values = {"token": [point.signups.token()]}
        if chosen:
            values["season_id"] = [chosen.season_id]
        return _new_page(Entered(values), seasons)

    def create(self) -> AnyResponse | tuple[str, int]:
        form = entered()
        with self.opened() as point:
            try:
                draft = Course(season_id="", texts={GERMAN: Text("")})
                draft = STEPS["titel"].change(draft, form)
                made = Editor(point.village, point.courses).create(draft, form.text("token"))
            except LearningError as error:
                page = _new_page(form, point.village.seasons(), error)
                return page, HTTPStatus.UNPROCESSABLE_ENTITY
        return go("desk_sessions.sessions", number=made.course, neu=1, getan="angelegt")

    def course(self, number: int) -> str:
        with self.opened() as point:
            return self._course_page(point, number)

    def publish(self, number: int) -> AnyResponse | tuple[str, int]:
        return self._step(number, lambda p, rev: p.courses.publish(number, rev), "oeffentlich")

    def withdraw(self, number: int) -> AnyResponse | tuple[str, int]:
        return self._step(number, lambda p, rev: p.courses.withdraw(number, rev), "entwurf")

    def ask_cancel(self, number: int) -> str:
        with self.opened() as point:
            course = point.village.course(number)
            seats = point.village.seats().get(number)
        return render_template(
            "desk/cancel.html",
            course=course,
            taken=seats.taken if seats else 0,
            form=Entered({}),
            error=None,
        )

    def cancel(self, number: int) -> AnyResponse | tuple[str, int]:
        form = entered()
        reason = form.text("note")
        try:
            if not reason.strip():
                raise Refused(
                    "no reason",
                    hint="Bitte einen Grund angeben: Alle, die den Kurs sehen, lesen ihn.",
                    field="note",
                )
            return self._step(
                number, lambda point, rev: point.courses.cancel(number, reason, rev), "abgesagt"
            )
        except LearningError as error:
            with self.opened() as point:
                course = point.village.course(number)
                seats = point.village.seats().get(number)
            page = render_template(
                "desk/cancel.html",
                course=course,
                taken=seats.taken if seats else 0,
                form=form,
                error=error,
            )
            return page, HTTPStatus.UNPROCESSABLE_ENTITY

    def ask_copy(self) -> str:
        with self.opened() as point:
            values = {"token": [point.signups.token()]}
            return _copy_page(point, Entered(values))

    def copy(self) -> AnyResponse | tuple[str, int]:
        form = entered()
        with self.opened() as point:
            try:
                numbers = [int(one) for one in form.many("kurs") if _is_number(one)]
                editor = Editor(point.village, point.courses)
                copied: Copied = editor.copy(numbers, form.text("season_id"), form.text("token"))
            except LearningError as error:
                return _copy_page(point, form, error), HTTPStatus.UNPROCESSABLE_ENTITY
        return go(
            ".courses",
            saison=form.text("season_id")[:MAX_ADDRESS],
            kopiert=len(copied.made),
            ohne=copied.lost,
        )

    def _step(
        self, number: int, change: Callable[[Point, int], Course], done: str
    ) -> AnyResponse | tuple[str, int]:
        form = entered()
        rev = form.number("rev")
        with self.opened() as point:
            try:
                change(point, rev)
            except EditedMeanwhile as error:
                if differences(error.mine, error.theirs):
                    return conflict_page(point, error, form)
            except LearningError as error:
                if done == "abgesagt":
                    raise
                page = self._course_page(point, number, error)
                return page, HTTPStatus.UNPROCESSABLE_ENTITY
        return go(".course", number=number, getan=done)

    def _course_page(self, point: Point, number: int, error: LearningError | None = None) -> str:
        course = point.village.course(number)
        seats = point.village.seats().get(number)
        season = point.courses.season(course.season_id)
        lines = summary(course, people_of(point))
        return render_template(
            "desk/course.html",
            course=course,
            season=season,
            state=said.STATES[course.state],
            mood=said.MOODS[course.state],
            taken=seats.taken if seats else 0,
            waits=bool(seats and seats.waits),
            lines=lines,
            steps=STEPS,
            is_open=course.state in OPEN,
            lacks=_lacks(course),
            error=error,
            done=DONE.get(request.args.get("getan", "")),
        )


def people_of(point: Point) -> dict[int, str]:
    """Return the names of who teaches; none while names are locked."""
    try:
        trainers = PlaceDesk(point.village, point.vault).trainers()
    except Locked:
        return {}
    return {one.trainer: one.name for one in trainers}


def _lacks(course: Course) -> list[str]:
    """Return what a course still needs before it can be published."""
    lacks = []
    if course.first_at is None:
        lacks.append("Es fehlt noch ein Termin.")
    if course.kind == "course" and not course.area:
        lacks.append("Es fehlt der Programmbereich; der Bericht an die Förderer braucht ihn.")
    if course.kind == "course" and not course.seats:
        lacks.append("Ohne Plätze kann sich niemand anmelden: wer will, kommt. Ist das so gemeint?")
    return lacks


def _season(seasons: list[Season], wanted: str, now_ms: int) -> Season | None:
    """Return the season that was asked for, else the one that is on, else the next or last."""
    for one in seasons:
        if one.season_id == wanted:
            return one
    today = local_day(now_ms)
    running = [one for one in seasons if one.last_day >= today]
    return running[0] if running else (seasons[-1] if seasons else None)


def _new_page(form: Entered, seasons: list[Season], error: LearningError | None = None) -> str:
    return render_template(
        "desk/course_new.html",
        form=form,
        error=error,
        seasons=[(one.season_id, one.name) for one in seasons[::-1]],
        kinds=list(KIND_WORDS.items()),
    )


def _copy_page(point: Point, form: Entered, error: LearningError | None = None) -> str:
    seasons = point.village.seasons()
    wanted = form.text("von") or request.args.get("von", "")
    source = _season(seasons, wanted, point.now_ms)
    others = [one for one in seasons[::-1] if source is None or one != source]
    courses = point.village.courses(source.season_id) if source else []
    ticked = set(form.many("kurs")) if error else {str(one.course) for one in courses}
    return render_template(
        "desk/copy.html",
        form=form,
        error=error,
        source=source,
        seasons=[(one.season_id, one.name) for one in seasons[::-1]],
        targets=[(one.season_id, one.name) for one in others],
        courses=[(one, said.dates(one), str(one.course) in ticked) for one in courses],
    )


def _copied_words(made: int, lost: int) -> str:
    words = "1 Kurs ist kopiert" if made == 1 else f"{made} Kurse sind kopiert"
    words += ", als Entwurf: Bitte ansehen und dann veröffentlichen."
    if lost == 1:
        words += " 1 Termin wäre auf einen freien Tag gefallen und fehlt."
    elif lost:
        words += f" {lost} Termine wären auf freie Tage gefallen und fehlen."
    return words


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10
