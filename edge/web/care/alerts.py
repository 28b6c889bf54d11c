"""`/pflege/meldungen`: what is open, who has it; take it, hand it over, say how it ended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from flask import Blueprint, Response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from edge.care.ladder.rung import State
from edge.clock import Clock
from edge.config import Config
from edge.learning.errors import Refused
from edge.store.personal_alerts import NoSuchAlert
from edge.ward.inbox import MAX_OUTCOME, Entry, Inbox
from edge.ward.listed import Listed
from edge.ward.round import Level
from edge.web import words
from edge.web.access import passive
from edge.web.care import alert_words
from edge.web.care.news import AlertNews
from edge.web.care.overview import doubts, taken
from edge.web.care.point import Opener, Point, care_blueprint
from edge.web.staff import entered, go, trouble
from edge.web.village.live import Streams

_GROUPS = (
    ("waiting", "Wartet auf jemanden", (State.CLIMBING, State.TOP, State.HANDED)),
    ("taken", "Jemand kümmert sich", (State.TAKEN,)),
    ("asked", "Die Person wird gerade gefragt", (State.ASKED,)),
    ("seen", "Vorbei, aber noch nicht angesehen", (State.OVER,)),
    ("noted", "Für die nächste Runde", (State.NOTED,)),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One alert in the list."""

    number: int
    level: Level
    word: str
    name: str
    title: str
    since: str
    how: str
    can_take: bool


def alert_pages(config: Config, clock: Clock, streams: Streams, news: AlertNews) -> Blueprint:
    """Return the pages below `/pflege/meldungen`."""
    pages = care_blueprint("care_alerts", "/pflege/meldungen")
    views = _Views(Opener(config, clock), streams, news)
    for rule, method, view in (
        ("", "GET", views.inbox),
        ("/liste", "GET", views.listed),
        ("/strom", "GET", views.stream),
        ("/frueher", "GET", views.past),
        ("/<int:number>", "GET", views.alert),
        ("/nehmen", "POST", views.take),
        ("/weitergeben", "POST", views.hand_over),
        ("/abschliessen", "POST", views.close),
    ):
        pages.add_url_rule(rule, view_func=view, methods=[method], endpoint=view.__name__)
    pages.register_error_handler(NoSuchAlert, _gone)
    return pages


class _Views:
    """The views."""

    def __init__(self, opener: Opener, streams: Streams, news: AlertNews) -> None:
        self._opener = opener
        self._listed = Listed()
        self._streams = streams
        self._news = news

    def inbox(self) -> str:
        return self._list("care/inbox.html")

    @passive
    def listed(self) -> str:
        return self._list("care/inbox_list.html")

    @passive
    def stream(self) -> Response:
        return self._streams.answer(self._news.follow())

    def past(self) -> str:
        with self._inbox() as (point, inbox):
            now = words.local(point.now_ms)
            entries = inbox.entries(point.reader(), past=True)
            lines = [line(one, now) for one in entries]
        return render_template("care/past.html", lines=lines)

    def alert(self, number: int) -> str:
        return self._alert(number)

    def take(self) -> AnyResponse:
        number = entered().number("meldung")
        with self._inbox() as (point, inbox):
            answer = inbox.take(point.reader(), number)
        return go(".alert", number=number, **({} if answer.won else {"zu": "spaet"}))

    def hand_over(self) -> AnyResponse | tuple[str, int]:
        form = entered()
        number = form.number("meldung")
        try:
            with self._inbox() as (point, inbox):
                inbox.hand_over(point.reader(), number, form.number("an"))
        except Refused as error:
            return self._alert(number, error), HTTPStatus.UNPROCESSABLE_ENTITY
        return go(".alert", number=number)

    def close(self) -> AnyResponse | tuple[str, int]:
        form = entered()
        number, said = form.number("meldung"), form.text("ausgang")
        try:
            with self._inbox() as (point, inbox):
                inbox.close(point.reader(), number, said)
        except Refused as error:
            return self._alert(number, error, said), HTTPStatus.UNPROCESSABLE_ENTITY
        return go(".inbox")

    def _alert(self, number: int, error: Refused | None = None, said: str = "") -> str:
        with self._inbox() as (point, inbox):
            found = inbox.detail(point.reader(), number)
            now = words.local(point.now_ms)
        reason = found.entry.reason
        steps = [(words.ago(one.at, now), alert_words.step(one)) for one in found.steps]
        return render_template(
            "care/alert.html",
            line=line(found.entry, now),
            person=found.entry.person if found.entry.may_open else None,
            sentences=alert_words.sentences(reason),
            untold=f"Bitte bei {found.entry.name} nachsehen." if not reason.rule else "",
            steps=steps[::-1],
            others=[(one.contact, one.name) for one in found.others],
            taken=taken(reason.taken_by, reason.handed_to),
            taken_when=words.ago(reason.taken_at, now) if reason.taken_at else "",
            is_mine=reason.is_mine,
            for_me=reason.for_me,
            is_open=found.is_open,
            outcome=found.outcome,
            rescue=found.rescue,
            due=words.clock_time(words.local(found.due_at)) if found.due_at else "",
            too_late=request.args.get("zu") == "spaet" and not reason.is_mine,
            error={} if error is None else {error.field: error.hint},
            said=said,
            most=MAX_OUTCOME,
        )

    def _list(self, template: str) -> str:
        mark = self._news.mark()
        with self._inbox() as (point, inbox):
            now = words.local(point.now_ms)
            entries = inbox.entries(point.reader())
        groups = [
            (key, heading, [line(one, now) for one in entries if one.reason.state in states])
            for key, heading, states in _GROUPS
        ]
        return render_template(
            template,
            groups=[one for one in groups if one[2]],
            mark=mark,
            time=words.clock_time(now),
            doubts=doubts(self._opener.config, self._opener.clock),
        )

    @contextmanager
    def _inbox(self) -> Iterator[tuple[Point, Inbox]]:
        with self._opener.opened() as point:
            village = point.config.hub.village
            yield point, Inbox(point.vault, point.clock, village, self._listed)


def line(entry: Entry, now: datetime) -> Line:
    """Return an alert as the list shows it."""
    reason = entry.reason
    return Line(
        reason.alert,
        reason.level,
        alert_words.LEVELS[reason.level],
        entry.name or alert_words.hub_name(reason),
        alert_words.title(reason),
        alert_words.since(reason.since, now),
        taken(reason.taken_by, reason.handed_to) or alert_words.state(reason),
        reason.state not in (State.TAKEN, State.CLOSED, State.CANCELLED),
    )


def _gone(_: NoSuchAlert) -> tuple[str, int]:
    text = (
        "Diese Meldung gibt es nicht (mehr), oder sie ist nicht für Sie. Alle offenen stehen unter "
        "„Meldungen“."
    )
    return trouble("care", "Die Meldung ist nicht da", text, HTTPStatus.NOT_FOUND)
