"""`/pult/hilfe`: who calls for help, within a second; whoever takes it says that they come."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from edge.desk.helpdesk import HelpDesk
from edge.web.access import Role, is_passive, open_blueprint, passive, visit
from edge.web.desk.point import desk_blueprint
from edge.web.staff import entered, go
from edge.web.village.live import News, Streams
from edge.web.village.words import waited


def help_desk_pages(desk: HelpDesk, streams: Streams) -> Blueprint:
    """Return the pages below `/pult/hilfe`."""
    pages = desk_blueprint("desk_help", "/pult/hilfe")
    views = _Pages(desk, streams)
    for rule, method, view in (
        ("", "GET", views.calls),
        ("/nehmen", "POST", views.take),
        ("/abgeben", "POST", views.give_back),
        ("/fertig", "POST", views.close),
        ("/rufe", "GET", views.queue),
        ("/flagge", "GET", views.flag),
        ("/strom", "GET", views.stream),
    ):
        pages.add_url_rule(rule, view_func=view, methods=[method], endpoint=view.__name__)
    open_blueprint(pages, Role.VOLUNTEER)
    return pages


def note_presence(app: Flask, desk: HelpDesk) -> None:
    """Know whether a volunteer is there to see a call: whoever asks for a page as one is."""

    @app.before_request
    def note() -> None:
        view = app.view_functions.get(request.endpoint or "")
        by_hand = view is not None and not is_passive(view)
        if by_hand and Role.VOLUNTEER in visit().roles:
            desk.seen()

    app.jinja_env.globals["help_turn"] = lambda: desk.turn
    app.jinja_env.globals["help_waiting"] = lambda: sum(
        one.call.taken_s is None for one in desk.queue()
    )


class _Pages:
    """The views."""

    def __init__(self, desk: HelpDesk, streams: Streams) -> None:
        self._desk = desk
        self._streams = streams

    def calls(self) -> str:
        return render_template("village/help_desk.html", **self._queue())

    @passive
    def queue(self) -> str:
        return render_template("village/help_calls.html", **self._queue())

    @passive
    def flag(self) -> str:
        return render_template("village/help_flag.html")

    @passive
    def stream(self) -> Response:
        return self._streams.answer(_news(self._desk))

    def take(self) -> AnyResponse:
        self._desk.take(self._number(), visit().name)
        return go(".calls")

    def give_back(self) -> AnyResponse:
        self._desk.give_back(self._number())
        return go(".calls")

    def close(self) -> AnyResponse:
        self._desk.close(self._number())
        return go(".calls")

    def _number(self) -> int:
        return entered().number("ruf")

    def _queue(self) -> dict[str, object]:
        turn = self._desk.turn
        rows = [(one, waited(one.waited_s)) for one in self._desk.queue()]
        return {"rows": rows, "turn": turn, "me": visit().name}


def _news(desk: HelpDesk) -> News:
    """Return what tells of each change, and that a volunteer's page is open all the while."""
    turn: int | None = None

    def news(seconds: float) -> str | None:
        nonlocal turn
        desk.seen()
        now = desk.turn if turn is None else desk.wait(turn, seconds)
        if now == turn:
            return None
        turn = now
        return str(now)

    return news
