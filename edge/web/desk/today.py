"""`/pult`: what a volunteer sees first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import Blueprint, current_app, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from edge.clock import Clock
from edge.config import Config
from edge.desk.calls import CallDesk
from edge.desk.today import Call, Meeting, Task, today
from edge.learning.course import Course
from edge.learning.errors import Refused
from edge.web import words
from edge.web.access import visit
from edge.web.desk import said
from edge.web.desk.point import Opener, desk_blueprint
from edge.web.staff import entered, go

DONE = {
    "bescheid": "Vermerkt: Dort ist Bescheid gesagt.",
    "ruf": "Vermerkt: Nach dem Ruf wurde gesehen. Er steht nicht mehr auf der Tafel.",
}


def desk_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the page at `/pult`."""
    pages = desk_blueprint("desk", "/pult")
    views = _Pages(config, clock)
    pages.add_url_rule("", view_func=views.today, endpoint="today")
    pages.add_url_rule("/ruf", view_func=views.seen, methods=["POST"], endpoint="seen")
    pages.add_url_rule("/bescheid", view_func=views.told, methods=["POST"], endpoint="told")
    return pages


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the page: what it is about, what is to be known, and where it is done."""

    what: str
    how: str
    href: str = ""
    do: str = ""


@dataclass(frozen=True, slots=True)
class CallLine:
    """Whom to call, and what to say. ``told``: the number of who can be told of a move."""

    name: str
    phone: str
    what: str
    say: str
    course: int
    told: int | None


class _Pages(Opener):
    """The views."""

    def today(self, refused: str = "") -> tuple[str, int]:
        with self.opened() as point:
            pressed = CallDesk(point.village, point.vault, point.clock).calls()
            if not self.config.personal.alerts:
                pressed = []  # as on the board: what stood there from before calls nobody
            found = today(point.village, point.vault, point.signups, point.register, point.now_ms)
        now = words.local(point.now_ms)
        return render_template(
            "desk/today.html",
            date=words.date(now),
            time=words.clock_time(now),
            is_locked=found.is_locked,
            meetings=[_meeting(one) for one in found.meetings],
            calls=[call_line(one) for one in found.calls],
            tasks=[_task(one) for one in found.tasks],
            done=DONE.get(request.args.get("getan", "")),
            pressed=[
                (one.place or "Rufknopf ohne Namen", _pressed(one.since, now), one)
                for one in pressed
            ],
            refused=refused,
        ), HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK

    def seen(self) -> AnyResponse | tuple[str, int]:
        """Note that somebody looked after a call by a button that is nobody's."""
        form = entered()
        try:
            with self.opened() as point:
                CallDesk(point.village, point.vault, point.clock).dealt_with(
                    form.text("knopf"), _moment(form.text("seit")), visit().name
                )
        except Refused as error:
            return self.today(error.hint)
        return go(".today", getan="ruf")

    def told(self) -> AnyResponse:
        """Note that somebody knows of a move, by the number of the sign-up."""
        number, course = entered().number("anmeldung"), entered().number("kurs")
        with self.opened() as point:
            for one in point.signups.line(course):
                if one.enrolment == number and one.slip:
                    point.signups.told(one.slip)
        if request.form.get("von") == "liste":
            return go("desk_list.participants", number=course, getan="bescheid")
        return go(".today", getan="bescheid")


def call_line(call: Call) -> CallLine:
    """Return what to say to somebody who is called."""
    who, course = call.who, call.course
    told: int | None = who.enrolment
    if call.why == "offered":
        seats = "ein Platz" if who.offer == 1 else f"{who.offer} Plätze"
        is_held = "ist" if who.offer == 1 else "sind"
        until = said.moment(who.offer_until or 0)
        say = f"{seats} {is_held} frei geworden, zugesagt werden kann bis {until}."
        if who.offer < who.party:
            say += f" Angemeldet waren {who.party}; weniger dürfen auch kommen."
        told = None
    elif call.why == "cancelled":
        say = "Der Kurs fällt aus." + (f" Grund: {course.note}" if course.note else "")
    else:
        say = f"Der Kurs ist verlegt, jetzt: {said.dates(course)}."
        say += f" {course.note}" if course.note else ""
    return CallLine(
        who.name, who.phone or "", course.title, say[0].upper() + say[1:], course.course, told
    )


def _moment(text: str) -> int:
    """Return the milliseconds of a form, -1 for what this page did not write."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else -1


def _pressed(at: int, now: datetime) -> str:
    then = words.local(at)
    day = "" if then.date() == now.date() else f"{words.date(then)}, "
    return f"gedrückt: {day}{words.clock_time(then)} Uhr"


def _meeting(one: Meeting) -> Line:
    people = f"{said.people(one.expected)} mit Platz" if one.course.seats else "ohne Anmeldung"
    return Line(
        one.course.title,
        f"{said.span(one.session)} · {people}",
        _address("desk_checkin.session", number=one.session.session),
        "Einlass",
    )


def _task(task: Task) -> Line:
    if task.course is not None:
        return _of_course(task, task.course)
    if task.what == "sealed":
        what = "1 Anmeldung" if task.count == 1 else f"{task.count} Anmeldungen"
        return Line(f"{what} ohne Platz", "Sie kamen, während die Namen verschlossen waren.")
    if task.what == "late":
        what = "1 Ausleihe sollte" if task.count == 1 else f"{task.count} Ausleihen sollten"
        since = said.day(words.local(task.at - 1))
        how = f"Fällig {'war sie' if task.count == 1 else 'war die erste'} am {since}."
        return Line(f"{what} zurück sein", how, _address("desk_lending.board"), "Anrufen")
    if task.what == "gaps":
        what = "Bei 1 Dienst" if task.count == 1 else f"Bei {task.count} Diensten"
        how = f"In den nächsten zwei Wochen, zuerst {said.moment(task.at)}."
        return Line(f"{what} fehlt noch jemand", how, _address("desk_rota.rota"), "Ansehen")
    if task.what == "clock":
        return Line(
            "Die Uhr des Hubs ist nicht gestellt",
            "Bis sie es ist, wird von der Warteliste niemandem ein Platz angeboten.",
        )
    return Line(
        "Es gibt keine Saison, die noch läuft",
        "Neue Kurse gehören in eine Saison: bitte anlegen.",
        _address("desk_places.places"),
        "Saison anlegen",
    )


def _of_course(task: Task, course: Course) -> Line:
    if task.session is not None:
        return Line(
            course.title,
            f"Wer war da? {said.span(task.session)} ist noch nicht abgehakt.",
            _address("desk_checkin.session", number=task.session.session),
            "Abhaken",
        )
    first = said.moment(course.first_at or 0)
    how = f"Beginnt {first} und ist noch nicht veröffentlicht."
    if task.what == "few":
        how = (
            f"Beginnt {first}. Angemeldet: {task.count}, mindestens {course.minimum} sollten "
            "es sein. Werben oder absagen?"
        )
    return Line(course.title, how, _address("desk_courses.course", number=course.course), "Ansehen")


def _address(endpoint: str, **values: Any) -> str:
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else ""
