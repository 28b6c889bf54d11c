"""`/pult/kurse/NUMMER/liste`: who has a seat, whom to call, who waits; sign-up by telephone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from flask import Blueprint, abort, render_template, request
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from edge.clock import Clock
from edge.config import Config
from edge.desk.paper import qr_svg
from edge.desk.signups import CourseMoved, SignupDesk
from edge.desk.today import calls_of
from edge.learning.course import Course
from edge.learning.entered import Entered
from edge.learning.errors import LearningError
from edge.learning.signup import AGE_BANDS, MAX_PARTY
from edge.learning.slip import shown
from edge.store.errors import Locked, StoreError
from edge.store.personal_signups import Enrolment
from edge.web.access import visit
from edge.web.desk import said
from edge.web.desk.point import Opener, Point, desk_blueprint
from edge.web.desk.today import CallLine, call_line
from edge.web.staff import entered, go

DONE = {
    "angeboten": "Freie Plätze sind angeboten. Bitte anrufen.",
    "nichts": "Es ist gerade kein Platz frei, den man anbieten kann.",
    "abgemeldet": "Abgemeldet. Wird ein Platz frei, bekommt ihn, wer als Nächstes wartet.",
    "zugesagt": "Zugesagt: Der Platz ist sicher.",
    "gewartet": "Notiert: Andere kommen vor, der Platz in der Reihe bleibt.",
    "bescheid": "Vermerkt: Dort ist Bescheid gesagt.",
}
SLIP = "pult-zettel"  # kept in the visit: the number of the slip that was just made
AGES = [
    ("", "keine Angabe"),
    *zip(
        AGE_BANDS,
        ("unter 18", "18 bis 24", "25 bis 34", "35 bis 49", "50 bis 64", "65 und älter"),
        strict=True,
    ),
]
GENDERS = [("", "keine Angabe"), ("w", "weiblich"), ("m", "männlich"), ("d", "divers")]
STATES = {
    "received": "eingegangen, der Platz ist noch nicht sicher",
    "confirmed": "hat einen Platz",
    "waiting": "wartet auf einen Platz",
    "offered": "hat ein Angebot",
    "cancelled": "ist abgemeldet",
    "done": "war dabei",
}


def list_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the pages below `/pult/kurse/NUMMER/liste`."""
    pages = desk_blueprint("desk_list", "/pult/kurse/<int:number>/liste")
    views = _Pages(config, clock)
    for rule, method, view in (
        ("", "GET", views.participants),
        ("/druck", "GET", views.paper),
        ("/anbieten", "POST", views.offer),
        ("/abmelden", "GET", views.ask_cancel),
        ("/abmelden", "POST", views.cancel),
        ("/zusagen", "POST", views.accept),
        ("/vorlassen", "POST", views.let_pass),
        ("/anmelden", "GET", views.form),
        ("/anmelden", "POST", views.signup),
        ("/zettel", "GET", views.slip),
    ):
        pages.add_url_rule(rule, view_func=view, methods=[method], endpoint=view.__name__)
    return pages


@dataclass(frozen=True, slots=True)
class PartyLine:
    """One party on the list."""

    number: int
    name: str
    phone: str
    party: int
    how: str
    may_pass: bool = False
    can_act: bool = True


class _Pages(Opener):
    """The views."""

    def participants(self, number: int) -> str | tuple[str, int]:
        with self.opened() as point:
            course = point.village.course(number)
            try:
                line = point.signups.line(number)
            except Locked:
                page = render_template("desk/list_locked.html", course=course)
                return page, HTTPStatus.SERVICE_UNAVAILABLE
            free = point.signups.free_seats(number)
            now = point.now_ms
        calls: list[CallLine] = [
            call_line(one) for one in calls_of([course], line, now) if one.why != "offered"
        ]
        return render_template(
            "desk/list.html",
            course=course,
            dates=said.dates(course),
            confirmed=_lines(line, "confirmed", "done"),
            offered=_lines(line, "offered"),
            waiting=_lines(line, "waiting"),
            cancelled=len(_lines(line, "cancelled")),
            people=sum(one.party for one in line if one.state in ("confirmed", "done")),
            free=free,
            calls=calls,
            clock_is_set=point.signups.clock_is_set,
            done=DONE.get(request.args.get("getan", "")),
        )

    def paper(self, number: int) -> str:
        with self.opened() as point:
            course = point.village.course(number)
            line = point.signups.line(number)
        held = [one for one in course.sessions if not one.cancelled]
        return render_template(
            "desk/list_paper.html",
            course=course,
            dates=said.dates(course),
            sessions=[said.span(one) for one in held],
            columns=[said.day_month(one) for one in held[:12]],
            parties=_lines(line, "confirmed", "done"),
            waiting=_lines(line, "offered", "waiting"),
        )

    def offer(self, number: int) -> AnyResponse:
        with self.opened() as point:
            offered = point.signups.offer(number)
        return go(".participants", number=number, getan="angeboten" if offered else "nichts")

    def ask_cancel(self, number: int) -> str:
        with self.opened() as point:
            course = point.village.course(number)
            who = _party(point, number, request.args.get("anmeldung", 0, type=int))
        return render_template("desk/list_cancel.html", course=course, who=who)

    def cancel(self, number: int) -> AnyResponse:
        return self._step(number, SignupDesk.cancel, "abgemeldet")

    def accept(self, number: int) -> AnyResponse:
        return self._step(number, SignupDesk.accept, "zugesagt")

    def let_pass(self, number: int) -> AnyResponse:
        return self._step(number, SignupDesk.let_pass, "gewartet")

    def form(self, number: int) -> str:
        with self.opened() as point:
            course = point.village.course(number)
            values = {"token": [point.signups.token()], "dates": [str(course.dates_rev)]}
            return _form_page(point, course, Entered({**values, "party": ["1"]}))

    def signup(self, number: int) -> AnyResponse | tuple[str, int]:
        form = entered()
        with self.opened() as point:
            try:
                slip = point.signups.signup(
                    number,
                    form.text("name"),
                    form.number("party", empty=1),
                    phone=form.text("phone"),
                    age_band=form.text("age_band") or None,
                    gender=form.text("gender") or None,
                    token=form.text("token") or None,
                    channel="phone" if form.text("channel") == "phone" else "desk",
                    seen_dates=form.number("dates"),
                )
            except CourseMoved as error:
                again = Entered({**form.values, "dates": [str(error.course.dates_rev)]})
                return _form_page(point, error.course, again, error), HTTPStatus.CONFLICT
            except LearningError as error:
                course = point.village.course(number)
                page = _form_page(point, course, form, error)
                return page, HTTPStatus.UNPROCESSABLE_ENTITY
        visit().drop(SLIP)
        visit().keep(SLIP, slip.number)
        return go(".slip", number=number)

    def slip(self, number: int) -> str | AnyResponse:
        """Show the slip that was just made, to say its number and to print it."""
        kept = visit().kept(SLIP)
        if not kept:
            return go(".participants", number=number)
        with self.opened() as point:
            course = point.village.course(number)
            try:
                slip = point.signups.my(kept[-1])
            except Locked:
                slip = None
            except StoreError:
                visit().drop(SLIP)  # erased meanwhile
                return go(".participants", number=number)
        if slip is not None and slip.course != number:
            return go(".participants", number=number)
        state = STATES["received" if slip is None else slip.state]
        until = said.moment(slip.offer_until) if slip and slip.offer_until else ""
        return render_template(
            "desk/slip.html",
            course=course,
            shown=shown(kept[-1]),
            spoken=" ".join(kept[-1]),
            qr=Markup(qr_svg(kept[-1], scale=5)),  # noqa: S704  # our own drawing
            state=state,
            slip=slip,
            until=until,
            sessions=[said.span(one) for one in course.sessions if not one.cancelled],
        )

    def _step(
        self, number: int, change: Callable[[SignupDesk, str], object], done: str
    ) -> AnyResponse:
        with self.opened() as point:
            who = _party(point, number, entered().number("anmeldung"))
            change(point.signups, who.slip)
        return go(".participants", number=number, getan=done)


def _party(point: Point, course: int, number: int) -> Enrolment:
    """Return a sign-up by its number: slip numbers stand in no address."""
    found = next(
        (one for one in point.signups.line(course) if one.enrolment == number and one.slip), None
    )
    if found is None:
        abort(HTTPStatus.NOT_FOUND)
    return found


def _lines(line: list[Enrolment], *states: str) -> list[PartyLine]:
    return [
        PartyLine(
            one.enrolment,
            one.name or "Name gelöscht",
            one.phone or "",
            one.party,
            _how(one),
            may_pass=one.state == "offered" and one.offer < one.party,
            can_act=bool(one.slip) and one.state != "done",
        )
        for one in line
        if one.state in states
    ]


def _how(one: Enrolment) -> str:
    told = said.people(one.party)
    if one.state == "offered":
        seats = "1 Platz" if one.offer == 1 else f"{one.offer} Plätze"
        told += f" · angeboten: {seats} bis {said.moment(one.offer_until or 0)}"
    return told


def _form_page(
    point: Point, course: Course, form: Entered, error: LearningError | None = None
) -> str:
    return render_template(
        "desk/signup.html",
        course=course,
        sessions=[said.span(one) for one in course.sessions if not one.cancelled],
        free=point.signups.free_seats(course.course),
        is_locked=point.vault.is_locked,
        form=form,
        error=error,
        ages=AGES,
        genders=GENDERS,
        parties=[(str(one), said.people(one)) for one in range(1, MAX_PARTY + 1)],
    )
