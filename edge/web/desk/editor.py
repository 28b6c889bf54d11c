"""`/pult/kurse/NUMMER/TEIL`: a course's parts, one small form each."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, abort, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from edge.clock import Clock
from edge.config import Config
from edge.desk.editor import Editor, Shown, mark
from edge.desk.places import PlaceDesk
from edge.learning.course import AREAS, Course
from edge.learning.entered import Entered
from edge.learning.errors import LearningError
from edge.store.errors import Locked
from edge.store.village_courses import EditedMeanwhile
from edge.web.desk.conflict import conflict_page
from edge.web.desk.course_forms import (
    DIGCOMP_WORDS,
    KIND_WORDS,
    LANGUAGE_WORDS,
    OTHER_TEXTS,
    SPOKEN,
    STEPS,
    WALK,
    level_options,
)
from edge.web.desk.point import Opener, Point, desk_blueprint
from edge.web.staff import entered, go


def editor_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the pages of a course's parts; the sessions have their own."""
    pages = desk_blueprint("desk_editor", "/pult/kurse/<int:number>")
    views = _Pages(config, clock)
    for rule, method, view in (
        ("/<part>", "GET", views.part),
        ("/<part>", "POST", views.save),
    ):
        pages.add_url_rule(rule, view_func=view, methods=[method], endpoint=view.__name__)
    return pages


def after(part: str, number: int) -> tuple[str, dict[str, str | int]]:
    """Return where somebody goes on who makes a new course and is done with a part."""
    at = WALK.index(part) + 1 if part in WALK else len(WALK)
    if at >= len(WALK):
        return "desk_courses.course", {"number": number, "getan": "gespeichert"}
    if WALK[at] == "termine":
        return "desk_sessions.sessions", {"number": number, "neu": 1}
    return "desk_editor.part", {"number": number, "part": WALK[at], "neu": 1}


class _Pages(Opener):
    """The views."""

    def part(self, number: int, part: str) -> str:
        if part not in STEPS:
            abort(HTTPStatus.NOT_FOUND)
        with self.opened() as point:
            course = point.village.course(number)
            values = STEPS[part].show(course)
            values["rev"] = [str(course.rev)]
            values["mark"] = [mark(course, part)]
            if "neu" in request.args:
                values["neu"] = ["1"]
            return _page(point, course, part, Entered(values))

    def save(self, number: int, part: str) -> AnyResponse | tuple[str, int]:
        form = entered()
        if part not in STEPS:
            abort(HTTPStatus.NOT_FOUND)
        with self.opened() as point:
            try:
                saved = Editor(point.village, point.courses).save(
                    number,
                    part,
                    Shown(form.number("rev"), form.text("mark")),
                    lambda course: STEPS[part].change(course, form),
                )
            except EditedMeanwhile as error:
                return conflict_page(point, error, form)
            except LearningError as error:
                page = _page(point, point.village.course(number), part, form, error)
                return page, HTTPStatus.UNPROCESSABLE_ENTITY
            if part == "plaetze":
                _offer(point, number)
            if part == "leitung" and saved.course.trainer and saved.course.last_at:
                _keep_trainer(point, saved.course)
        done = "daneben" if saved.beside else "gespeichert"
        if form.has("neu") and not saved.beside:
            where, values = after(part, number)
            return go(where, **values)
        return go("desk_courses.course", number=number, getan=done)


def _offer(point: Point, number: int) -> None:
    """Offer seats that have come to a course; while names are locked the worker does it later."""
    try:
        point.signups.offer(number)
    except Locked:
        return


def _keep_trainer(point: Point, course: Course) -> None:
    """Keep the name of who teaches until half a year after the last session."""
    try:
        with point.vault.open() as personal:
            personal.keep_trainer(course.trainer or 0, (course.last_at or 0) + 183 * 86_400_000)
    except Locked:
        return


def _page(
    point: Point, course: Course, part: str, form: Entered, error: LearningError | None = None
) -> str:
    step = STEPS[part]
    trainers: list[tuple[str, str]] | None = None
    if part == "leitung":
        try:
            found = PlaceDesk(point.village, point.vault).trainers()
            trainers = [("", "noch niemand"), *((str(one.trainer), one.name) for one in found)]
        except Locked:
            trainers = None
    return render_template(
        "desk/part.html",
        course=course,
        part=part,
        title=step.title,
        at=WALK.index(part) + 1 if part in WALK else 0,
        of=len(WALK),
        form=form,
        error=error,
        kinds=list(KIND_WORDS.items()),
        seasons=[(one.season_id, one.name) for one in point.village.seasons()[::-1]],
        areas=[("0", "noch keiner"), *((str(key), f"{key} {word}") for key, word in AREAS.items())],
        digcomp=DIGCOMP_WORDS,
        levels=level_options(course),
        spoken=[(code, LANGUAGE_WORDS[code]) for code in SPOKEN],
        others=[(code, LANGUAGE_WORDS[code]) for code in OTHER_TEXTS],
        trainers=trainers,
    )
