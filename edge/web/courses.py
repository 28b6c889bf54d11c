"""`/kurse`: what is on, each course, signing up, and calendars for phones.

A sign-up needs a name and nothing else. The form's token makes one sign-up of a double click; who
comes back to the form in the same visit is shown the slip there is.
"""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from edge.clock import Clock
from edge.config import Config
from edge.desk.signups import KEEP_DAYS, CourseMoved
from edge.learning.errors import LearningError
from edge.store.errors import StoreError
from edge.store.village_courses import NoSuchCourse
from edge.web import course_words
from edge.web.access import Role, open_blueprint, visit
from edge.web.course_page import By, CourseView, Group, catalogue, county_course, village_course
from edge.web.errors import not_readable
from edge.web.own_slips import keep_signup, signed_up_at
from edge.web.point import Door, Point
from edge.web.signup_form import SignupForm, entered
from edge.web.this_minute import ThisMinute
from edge.web.tongue import later, say, spoken

_NOT_STORED = later(
    "Anmelden geht gerade nicht. Es ist nichts gespeichert. Bitte fragen Sie am Tisch."
)
CALENDAR = "text/calendar; charset=utf-8"


def course_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the public pages of courses."""
    pages = Blueprint("courses", __name__)
    open_blueprint(pages, Role.VILLAGER)
    pages.register_error_handler(StoreError, not_readable)
    views = _Views(config, Door(config, clock), ThisMinute(config, clock))
    for rule, methods, view in (
        ("/kurse", ["GET"], views.catalogue),
        ("/kurse.ics", ["GET"], views.calendar),
        ("/kurse/<int:number>", ["GET"], views.course),
        ("/kurse/<int:number>.ics", ["GET"], views.course_calendar),
        ("/kurse/<int:number>/anmelden", ["GET"], views.form),
        ("/kurse/<int:number>/anmelden", ["POST"], views.sign_up),
        ("/kurse/kreis/<path:county_id>", ["GET"], views.county),
        ("/kurse/kreis.ics/<path:county_id>", ["GET"], views.county_calendar),
    ):
        pages.add_url_rule(rule, view_func=view, endpoint=view.__name__, methods=methods)
    return pages


class _Views:
    """The views."""

    def __init__(self, config: Config, door: Door, minute: ThisMinute) -> None:
        self._config = config
        self._door = door
        self._minute = minute

    def catalogue(self) -> str:
        by: By = "thema" if request.args.get("nach") == "thema" else "monat"
        groups = self._minute.get(by, lambda: self._groups(by))
        return render_template("courses.html", groups=groups, by=by)

    def _groups(self, by: By) -> tuple[Group, ...]:
        with self._door.look() as point:
            return catalogue(point, self._door.now_ms, by)

    def course(self, number: int) -> str:
        with self._door.look() as point:
            found = _found(village_course(point, number, self._door.now_ms))
        return render_template("course.html", course=found)

    def county(self, county_id: str) -> str:
        with self._door.look() as point:
            found = _found(county_course(point, county_id))
        return render_template("course.html", course=found)

    def calendar(self) -> Response:
        with self._door.look() as point:
            return _calendar(point.courses.calendar(self._name(), spoken().code), "kurse")

    def course_calendar(self, number: int) -> Response:
        with self._door.look() as point:
            found = _found(village_course(point, number, self._door.now_ms))
            feed = point.courses.calendar(found.title.text, spoken().code, only=f"v{number}")
        return _calendar(feed, f"kurs-{number}")

    def county_calendar(self, county_id: str) -> Response:
        with self._door.look() as point:
            found = _found(county_course(point, county_id))
            feed = point.courses.calendar(found.title.text, spoken().code, only=f"k{county_id}")
        return _calendar(feed, "kurs")

    def form(self, number: int) -> AnyResponse | str:
        with self._door.look() as point:
            view = _found(village_course(point, number, self._door.now_ms))
            if view.why_not:
                return redirect(url_for(".course", number=number), HTTPStatus.SEE_OTHER)
            place = signed_up_at(number)
            if place and "noch" not in request.args:
                return render_template("signed_up.html", course=view, place=place)
            name = _name_on_card(point)
            return self._page(view, SignupForm(point.desk.token(), view.dates_rev, name))

    def sign_up(self, number: int) -> AnyResponse | tuple[str, int]:
        form = entered(request.form)
        with self._door.open() as point:
            try:
                slip = form.sent(point.desk, number, visit().card)
            except CourseMoved as error:
                again = form.again(dates_rev=error.course.dates_rev)
                return self._asked_again(point, number, again, HTTPStatus.CONFLICT)
            except LearningError as error:
                text = course_words.refused(error, point.village.course(number))
                again = form.again(field=error.field, problem=text)
                return self._asked_again(point, number, again, HTTPStatus.UNPROCESSABLE_ENTITY)
            except NoSuchCourse:
                abort(HTTPStatus.NOT_FOUND)
            except StoreError:
                again = form.again(problem=say(_NOT_STORED))
                return self._asked_again(point, number, again, HTTPStatus.SERVICE_UNAVAILABLE)
        place = keep_signup(slip)
        return redirect(url_for("slips.slip", place=place) + "#inhalt", HTTPStatus.SEE_OTHER)

    def _asked_again(
        self, point: Point, number: int, form: SignupForm, status: HTTPStatus
    ) -> AnyResponse | tuple[str, int]:
        """Show the form with what is wrong; or the course, if nobody can sign up any more."""
        view = _found(village_course(point, number, self._door.now_ms))
        if view.why_not:
            return redirect(url_for(".course", number=number), HTTPStatus.SEE_OTHER)
        if not form.token:  # it came without: whoever sends it again is taken
            form = replace(form, token=point.desk.token())
        return self._page(view, form, moved=status is HTTPStatus.CONFLICT), status

    def _page(self, view: CourseView, form: SignupForm, *, moved: bool = False) -> str:
        return render_template(
            "signup.html",
            course=view,
            form=form,
            moved=moved,
            keep_days=KEEP_DAYS,
            parties=[(one, course_words.people(one)) for one in range(1, view.most + 1)],
            bands=[(key, say(text)) for key, text in course_words.AGE_BANDS.items()],
            genders=[(key, say(text)) for key, text in course_words.GENDERS.items()],
        )

    def _name(self) -> str:
        return say("Kurse in {village}", village=self._config.hub.village)


def _found(view: CourseView | None) -> CourseView:
    if view is None:
        abort(HTTPStatus.NOT_FOUND)
    return view


def _name_on_card(point: Point) -> str:
    """Return who the card in this visit belongs to, empty without one or while names are locked."""
    card = visit().card
    if card is None:
        return ""
    try:
        with point.vault.open() as personal:
            found = personal.of_card(card)
    except StoreError:
        return ""
    return found[-1].name if found else ""


def _calendar(feed: bytes, name: str) -> Response:
    response = Response(feed, content_type=CALENDAR)
    response.headers["Content-Disposition"] = f'inline; filename="{name}.ics"'
    return response
