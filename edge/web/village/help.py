"""`/hilfe`: somebody presses a button, a volunteer comes. No name is asked, nothing is kept."""

from __future__ import annotations

import secrets
from http import HTTPStatus

from flask import Blueprint, Flask, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from edge.config import Config
from edge.desk.helpdesk import HelpDesk, Stand
from edge.store.errors import StoreError
from edge.store.shared import looking
from edge.village.calls import LATE_S, MAX_SUBJECT, MAX_WHERE
from edge.village.words import Refused
from edge.web.access import Role, open_blueprint, passive, visit
from edge.web.farewell import on_farewell
from edge.web.reach import local_path
from edge.web.tongue import later, say
from edge.web.village.live import Streams
from edge.web.village.words import wrong

KEPT = "ruf"  # what the visit keeps: the call's key
POLL_S = 4
# Whoever waits for a volunteer presses nothing; whoever walked away does not either.
WAITING_IDLE_S = 180
# What a page that leads here may fill in: what the call is about, by a word of the address.
SUBJECTS = {"zahlen": later("Frage zu: Unser Dorf in Zahlen")}


def help_pages(config: Config, desk: HelpDesk, streams: Streams) -> Blueprint:
    """Return the pages below `/hilfe`."""
    pages = Blueprint("help", __name__, url_prefix="/hilfe")
    views = _Pages(config, desk, streams)
    for rule, method, view in (
        ("", "GET", views.page),
        ("", "POST", views.call),
        ("/warten", "GET", views.waiting),
        ("/absagen", "POST", views.withdraw),
        ("/stand", "GET", views.stand),
        ("/strom", "GET", views.stream),
    ):
        pages.add_url_rule(rule, view_func=view, methods=[method], endpoint=view.__name__)
    open_blueprint(pages, Role.VILLAGER)
    return pages


def forget_with_the_visit(app: Flask, desk: HelpDesk) -> None:
    """Note at *Fertig* that a caller left the screen, or a volunteer; before the visit ends."""

    def forget() -> None:
        if Role.VOLUNTEER in visit().roles:
            desk.gone()
        for key in visit().kept(KEPT):
            desk.left(key)

    on_farewell(app, forget)


class _Pages:
    """The views."""

    def __init__(self, config: Config, desk: HelpDesk, streams: Streams) -> None:
        self._config = config
        self._desk = desk
        self._streams = streams

    def page(self) -> str:
        about = SUBJECTS.get(request.args.get("worum", ""), "")
        return self._shown(subject=say(about))

    def call(self) -> str | tuple[str, int] | AnyResponse:
        mine = self._mine()
        if mine is None or not mine.call.is_open:  # pressed twice, or on another screen's page
            subject, where = request.form.get("subject", ""), request.form.get("where", "")
            try:
                made = self._desk.call(subject, where, request.form.get("token", ""))
            except Refused as error:
                page = self._shown(wrong(error), error.field, subject, where)
                return page, HTTPStatus.UNPROCESSABLE_ENTITY
            visit().drop(KEPT)
            visit().keep(KEPT, made.key)
        return self._back()

    def withdraw(self) -> AnyResponse:
        for key in visit().kept(KEPT):
            self._desk.withdraw(key)
        return self._back()

    @passive
    def waiting(self) -> str:
        """Show the page to a browser without scripts, which asks for it by itself."""
        return self._shown(here=url_for(".page"))

    @passive
    def stand(self) -> str:
        return render_template("village/help_stand.html", **self._words())

    @passive
    def stream(self) -> Response:
        if self._mine() is None:
            return Response(status=HTTPStatus.NO_CONTENT)
        (key,) = visit().kept(KEPT)[-1:]
        desk, turn, said = self._desk, self._desk.turn, ""

        def news(seconds: float) -> str | None:
            nonlocal turn, said
            if said:
                turn = desk.wait(turn, seconds)
            now = _mark(desk.mine(key), present=desk.is_present)
            if now == said:
                return None
            said = now
            return now

        return self._streams.answer(news)

    def _mine(self) -> Stand | None:
        keys = visit().kept(KEPT)
        return self._desk.mine(keys[-1]) if keys else None

    def _words(self) -> dict[str, object]:
        mine = self._mine()
        present = self._desk.is_present
        return {
            "mine": mine,
            "present": present,
            "mark": _mark(mine, present=present),
            "phones": self._phones(),
            "late_minutes": LATE_S // 60,
        }

    def _shown(
        self, error: str = "", field: str = "", subject: str = "", where: str = "", **more: object
    ) -> str:
        words = self._words()
        if isinstance(mine := words["mine"], Stand) and mine.call.is_open:
            more["idle_s"] = WAITING_IDLE_S
        return render_template(
            "village/help.html",
            back=local_path(request.values.get("zurueck", "")),
            error=error,
            field=field,
            subject=subject,
            where=where,
            most={"subject": MAX_SUBJECT, "where": MAX_WHERE},
            token=secrets.token_hex(16),
            poll_s=POLL_S,
            **words,
            **more,
        )

    def _phones(self) -> list[tuple[str, str]]:
        try:
            with looking(self._config.hub.village_db) as village:
                return [(one.name, one.phone) for one in village.places() if one.phone]
        except StoreError:
            return []

    def _back(self) -> AnyResponse:
        return redirect(url_for(".page"), HTTPStatus.SEE_OTHER)


def _mark(mine: Stand | None, *, present: bool) -> str:
    """Return what changes as soon as the page has something else to say."""
    if mine is None:
        return "none"
    ahead = min(mine.ahead, 9)
    return f"{mine.call.number}-{mine.mood}-{ahead}-{int(present)}"
