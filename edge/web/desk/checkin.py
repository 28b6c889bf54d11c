"""`/pult/einlass`: who comes, by card, off the list, or just counted.

The field of the scanner has the focus whenever the page is shown. Without a script each scan loads
the page; with it scans follow one another however fast they come, and the page fills in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from edge.clock import Clock
from edge.config import Config
from edge.desk.register import NotHere
from edge.desk.signups import DAY_MS
from edge.learning.course import OPEN
from edge.store.errors import Locked
from edge.web.access import visit
from edge.web.desk import said
from edge.web.desk.point import Opener, Point, desk_blueprint
from edge.web.staff import entered, go

LAST = "pult-einlass"  # kept in the visit: what became of the last scan or press
LOOK_BACK_DAYS = 14
MAX_CODE = 200  # of what a scanner read, more is not a code of ours
_MAX_NAME = 120

Mood = Literal["good", "warn", "bad"]


def checkin_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the pages below `/pult/einlass`."""
    pages = desk_blueprint("desk_checkin", "/pult/einlass")
    views = _Pages(config, clock)
    for rule, method, view in (
        ("", "GET", views.choose),
        ("/<int:number>", "GET", views.session),
        ("/<int:number>/code", "POST", views.scan),
        ("/<int:number>/abhaken", "POST", views.tick),
        ("/<int:number>/ohne", "POST", views.walk_in),
    ):
        pages.add_url_rule(rule, view_func=view, methods=[method], endpoint=view.__name__)
    return pages


@dataclass(frozen=True, slots=True)
class Last:
    """What became of the last press. ``undo``: a sign-up that can be taken back, 0 for none."""

    session: int
    mood: Mood
    undo: int
    text: str

    def kept(self) -> str:
        """Return it as it is kept in the visit."""
        return f"{self.session}|{self.mood}|{self.undo}|{self.text[:300]}"

    @classmethod
    def of(cls, kept: str) -> Last:
        """Return what was kept."""
        session, mood, undo, text = kept.split("|", 3)
        known: Mood = "good" if mood == "good" else "warn" if mood == "warn" else "bad"
        return cls(int(session), known, int(undo), text)


class _Pages(Opener):
    """The views."""

    def choose(self) -> str:
        with self.opened() as point:
            meetings = point.register.now()
            now = point.now_ms
            near = {one.session for _, one in meetings}
            past = [
                (course, one)
                for course in point.village.courses_between(now - LOOK_BACK_DAYS * DAY_MS, now)
                if course.state in OPEN
                for one in course.sessions
                if not one.cancelled
                and now - LOOK_BACK_DAYS * DAY_MS <= one.ends_at < now
                and one.session not in near
            ]
        past.sort(key=lambda pair: -pair[1].starts_at)
        return render_template(
            "desk/checkin_choose.html",
            meetings=[(course.title, said.span(one), one.session) for course, one in meetings],
            past=[(course.title, said.span(one), one.session) for course, one in past],
        )

    def session(self, number: int) -> str:
        with self.opened() as point:
            return _page(point, number)

    def scan(self, number: int) -> AnyResponse:
        code = request.form.get("code", "")
        with self.opened() as point:
            try:
                arrival = point.register.arrive(number, code[:MAX_CODE])
            except NotHere as error:
                _say(Last(number, "bad", 0, error.hint))
            else:
                name, many = said.name(arrival.enrolment.name[:_MAX_NAME]), arrival.count
                people = f" ({said.people(many)})" if many > 1 else ""
                if arrival.again:
                    _say(Last(number, "warn", 0, f"{name}{people} ist schon abgehakt."))
                else:
                    undo = arrival.enrolment.enrolment
                    _say(Last(number, "good", undo, f"{name}{people} ist da."))
        return go(".session", number=number)

    def tick(self, number: int) -> AnyResponse:
        form = entered()
        count = form.number("da") if form.has("da") else None
        with self.opened() as point:
            enrolment = form.number("anmeldung")
            many = point.register.tick(number, enrolment, count)
            rows = point.register.rows(number)
            name = next(
                (one.enrolment.name for one in rows if one.enrolment.enrolment == enrolment), ""
            )
        name = said.name(name[:_MAX_NAME])
        if many:
            people = f" ({said.people(many)})" if many > 1 else ""
            _say(Last(number, "good", enrolment, f"{name}{people} ist da."))
        else:
            _say(Last(number, "warn", 0, f"Zurückgenommen: {name} ist nicht da."))
        return go(".session", number=number)

    def walk_in(self, number: int) -> AnyResponse:
        more = entered().text("wie") != "weniger"
        with self.opened() as point:
            count = point.register.walk_in(number, 1 if more else -1)
        _say(
            Last(
                number, "good", 0, f"Ohne Anmeldung: {said.people(count) if count else 'niemand'}."
            )
        )
        return go(".session", number=number)


def _say(last: Last) -> None:
    visit().drop(LAST)
    visit().keep(LAST, last.kept())


def _page(point: Point, number: int) -> str:
    course, session = point.register.session(number)
    kept = [Last.of(one) for one in visit().kept(LAST)]
    last = kept[-1] if kept and kept[-1].session == number else None
    walk_ins = point.village.walk_ins().get(number, 0)
    try:
        rows = point.register.rows(number)
        is_locked = False
    except Locked:
        rows, is_locked = [], True
    return render_template(
        "desk/checkin.html",
        course=course,
        session=session,
        when=said.span(session),
        rows=rows,
        is_locked=is_locked,
        there=sum(one.present for one in rows),
        expected=sum(one.enrolment.party for one in rows),
        walk_ins=walk_ins,
        last=last,
        gone=session.cancelled or course.state == "cancelled",
    )
