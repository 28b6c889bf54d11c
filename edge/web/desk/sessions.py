"""`/pult/kurse/NUMMER/termine`: when and where a course meets."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from http import HTTPStatus

from flask import Blueprint, abort, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from edge.clock import Clock
from edge.config import Config
from edge.desk.editor import Editor, Shown, joined, mark, replaced
from edge.learning.course import OPEN, Course, Session
from edge.learning.entered import Entered
from edge.learning.errors import LearningError
from edge.learning.moment import span, to_local
from edge.learning.series import Series
from edge.learning.series import sessions as meetings
from edge.store.village_courses import EditedMeanwhile
from edge.web.desk import said
from edge.web.desk.conflict import conflict_page
from edge.web.desk.course_forms import WALK, session_line
from edge.web.desk.courses import DONE
from edge.web.desk.editor import after
from edge.web.desk.point import Opener, Point, desk_blueprint
from edge.web.staff import entered, go

ANYWHERE = ""  # in none of our rooms


def session_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the pages of a course's sessions."""
    pages = desk_blueprint("desk_sessions", "/pult/kurse/<int:number>/termine")
    views = _Pages(config, clock)
    for rule, method, view in (
        ("", "GET", views.sessions),
        ("/reihe", "POST", views.series),
        ("/<int:session>", "GET", views.session),
        ("/<int:session>", "POST", views.move),
        ("/<int:session>/faellt-aus", "POST", views.drop),
        ("/<int:session>/loeschen", "POST", views.delete),
    ):
        pages.add_url_rule(rule, view_func=view, methods=[method], endpoint=view.__name__)
    return pages


class _Pages(Opener):
    """The views."""

    def sessions(self, number: int) -> str:
        with self.opened() as point:
            course = point.village.course(number)
            return _page(point, course, _series_form(course, point))

    def series(self, number: int) -> AnyResponse | tuple[str, int] | str:
        """Show what a series gives; once that was seen, keep it."""
        form = entered()
        with self.opened() as point:
            course = point.village.course(number)
            try:
                series = _series(form)
                made = meetings(series, point.village.free_days())
                if not form.has("gesehen"):
                    return _preview(point, course, form, series, made)
            except LearningError as error:
                page = _page(point, course, form, error)
                return page, HTTPStatus.UNPROCESSABLE_ENTITY
            instead = form.text("wie") == "statt"

            def change(now: Course) -> Course:
                return replace(now, sessions=joined(now.sessions, made, instead=instead))

            return self._save(point, number, form, change)

    def session(self, number: int, session: int) -> str:
        with self.opened() as point:
            course = point.village.course(number)
            return _session_page(point, course, session, None)

    def move(self, number: int, session: int) -> AnyResponse | tuple[str, int] | str:
        form = entered()

        def change(now: Course) -> Course:
            begins, ends = span(form.day("first_day"), form.time("start"), form.time("end"))
            one = _one(now, session)
            new = replace(
                one,
                starts_at=begins,
                ends_at=ends,
                room_id=form.text("room_id") or None,
                place=form.text("place"),
                break_minutes=form.number("break_minutes"),
                cancelled=False,
            )
            return replace(now, sessions=replaced(now.sessions, session, new))

        with self.opened() as point:
            course = point.village.course(number)
            try:
                if not form.has("gesehen"):
                    new = _one(change(course), session)
                    return _move_preview(point, course, form, session, new)
                return self._save(point, number, form, change)
            except LearningError as error:
                page = _session_page(point, course, session, form, error)
                return page, HTTPStatus.UNPROCESSABLE_ENTITY

    def drop(self, number: int, session: int) -> AnyResponse | tuple[str, int] | str:
        """Let a session fall through, or hold it after all."""
        form = entered()

        def change(now: Course) -> Course:
            new = replace(_one(now, session), cancelled=not form.has("doch"))
            return replace(now, sessions=replaced(now.sessions, session, new))

        with self.opened() as point:
            return self._save(point, number, form, change)

    def delete(self, number: int, session: int) -> AnyResponse | tuple[str, int] | str:
        """Take a session out of a draft. What was shown to people falls through instead."""
        form = entered()

        def change(now: Course) -> Course:
            if now.state != "draft":
                new = replace(_one(now, session), cancelled=True)
                return replace(now, sessions=replaced(now.sessions, session, new))
            return replace(now, sessions=tuple(s for s in now.sessions if s.session != session))

        with self.opened() as point:
            return self._save(point, number, form, change)

    def _save(
        self, point: Point, number: int, form: Entered, change: Callable[[Course], Course]
    ) -> AnyResponse | tuple[str, int] | str:
        shown = Shown(form.number("rev"), form.text("mark"))
        editor = Editor(point.village, point.courses)
        try:
            saved = editor.save(number, "termine", shown, change, form.text("note"))
        except EditedMeanwhile as error:
            return conflict_page(point, error, form)
        except LearningError as error:
            page = _page(point, point.village.course(number), form, error)
            return page, HTTPStatus.UNPROCESSABLE_ENTITY
        if form.has("neu") and not saved.beside:
            where, values = after("termine", number)
            return go(where, **values)
        moved = "verlegt" if saved.course.state in OPEN else "gespeichert"
        return go(".sessions", number=number, getan="daneben" if saved.beside else moved)


def _series(form: Entered) -> Series:
    return Series(
        first_day=form.day("first_day"),
        start=form.time("start"),
        end=form.time("end"),
        count=form.number("count", empty=1),
        every_weeks=form.number("every_weeks", empty=1),
        room_id=form.text("room_id") or None,
        place=form.text("place"),
        break_minutes=form.number("break_minutes"),
        without=form.days("without"),
        make_up=form.has("make_up"),
    )


def _one(course: Course, session: int) -> Session:
    found = next((one for one in course.sessions if one.session == session), None)
    if found is None:
        abort(HTTPStatus.NOT_FOUND)
    return found


def _series_form(course: Course, point: Point) -> Entered:
    values = _shown(course)
    season = point.courses.season(course.season_id)
    values.update(
        first_day=[said.typed(season.first_day)], count=["1"], every_weeks=["1"], make_up=["1"]
    )
    if course.sessions:
        last = course.sessions[-1]
        values.update(_times(last))
        values["first_day"] = [""]
    rooms = point.village.rooms()
    if rooms and not course.sessions:
        values["room_id"] = [rooms[0].room_id]
    if "neu" in request.args:
        values["neu"] = ["1"]
    return Entered(values)


def _shown(course: Course) -> dict[str, list[str]]:
    return {"rev": [str(course.rev)], "mark": [mark(course, "termine")]}


def _times(one: Session) -> dict[str, list[str]]:
    begin, end = to_local(one.starts_at), to_local(one.ends_at)
    return {
        "first_day": [said.typed(begin.date())],
        "start": [f"{begin:%H:%M}"],
        "end": [f"{end:%H:%M}"],
        "room_id": [one.room_id or ANYWHERE],
        "place": [one.place],
        "break_minutes": [str(one.break_minutes)],
    }


def _rooms(point: Point) -> list[tuple[str, str]]:
    return [
        *((one.room_id, one.name) for one in point.village.rooms()),
        (ANYWHERE, "woanders, siehe unten"),
    ]


def _page(point: Point, course: Course, form: Entered, error: LearningError | None = None) -> str:
    rooms = {one.room_id: one.name for one in point.village.rooms()}
    return render_template(
        "desk/sessions.html",
        course=course,
        lines=[session_line(course, at, rooms) for at in range(len(course.sessions))],
        form=form,
        here=Entered(_shown(course)),
        error=error,
        rooms=_rooms(point),
        free=point.village.free_days(),
        at=WALK.index("termine") + 1,
        of=len(WALK),
        is_new="neu" in request.args or form.has("neu"),
        is_open=course.state in OPEN,
        clashes=_clashes(point, course, course.sessions),
        done=DONE.get(request.args.get("getan", "")),
    )


def _preview(
    point: Point,
    course: Course,
    form: Entered,
    series: Series,
    made: tuple[Session, ...],
) -> str:
    free = point.village.free_days()
    rooms = {one.room_id: one.name for one in point.village.rooms()}
    lines = [session_line(replace(course, sessions=made), at, rooms) for at in range(len(made))]
    last = to_local(made[-1].starts_at).date()
    left_out = {
        day: name
        for day, name in (free | dict.fromkeys(series.without, "ausgelassen")).items()
        if series.first_day <= day <= last and (day - series.first_day).days % 7 == 0
    }
    return render_template(
        "desk/series.html",
        course=course,
        lines=lines,
        left_out=sorted(left_out.items()),
        form=form,
        again=_again(form),
        is_open=course.state in OPEN,
        clashes=_clashes(point, course, made),
        target=request.path,
    )


def _move_preview(point: Point, course: Course, form: Entered, session: int, new: Session) -> str:
    rooms = {one.room_id: one.name for one in point.village.rooms()}
    seats = point.village.seats().get(course.course)
    return render_template(
        "desk/moved.html",
        course=course,
        before=session_line(replace(course, sessions=(_one(course, session),)), 0, rooms),
        after=session_line(replace(course, sessions=(new,)), 0, rooms),
        taken=seats.taken if seats else 0,
        form=form,
        session=session,
        again=_again(form),
        is_open=course.state in OPEN,
        clashes=_clashes(point, course, (new,)),
        target=request.path,
    )


def _session_page(
    point: Point,
    course: Course,
    session: int,
    form: Entered | None,
    error: LearningError | None = None,
) -> str:
    one = _one(course, session)
    return render_template(
        "desk/session.html",
        course=course,
        session=one,
        now=said.span(one),
        form=form or Entered({**_times(one), **_shown(course)}),
        here=Entered(_shown(course)),
        error=error,
        rooms=_rooms(point),
        is_open=course.state in OPEN,
    )


def _again(form: Entered) -> list[tuple[str, str]]:
    return [(name, value) for name, values in form.values.items() for value in values]


def _clashes(point: Point, course: Course, sessions: Iterable[Session]) -> list[str]:
    """Return what else is in the same room at the same time; said, not forbidden."""
    mine = [one for one in sessions if one.room_id and not one.cancelled]
    if not mine:
        return []
    since, until = min(one.starts_at for one in mine), max(one.ends_at for one in mine)
    found = [
        f"{other.title}, {said.span(there)}"
        for other in point.village.courses_between(since, until)
        if other.course != course.course and other.state != "cancelled"
        for there in other.sessions
        if not there.cancelled
        and any(
            there.room_id == one.room_id
            and there.starts_at < one.ends_at
            and one.starts_at < there.ends_at
            for one in mine
        )
    ]
    return found[:5]
