"""`/termine`: what is on and what hangs; anybody may propose something; feeds for app and paper."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from edge.clock import Clock
from edge.config import Config
from edge.desk.board_slip import new_token
from edge.desk.courses import CourseDesk
from edge.desk.feeds import calendar, news
from edge.desk.notices import NoticeDesk
from edge.desk.vault import Vault
from edge.learning.entered import Entered
from edge.learning.errors import LearningError
from edge.store.errors import StoreError
from edge.store.shared import looking, writing
from edge.store.village import VillageStore
from edge.village.notice import Times, drafted
from edge.village.rss import Channel
from edge.village.words import MAX_PLACE, MAX_TEXT, MAX_TITLE
from edge.web.access import Role, open_blueprint, visit
from edge.web.staff import entered
from edge.web.this_minute import ThisMinute
from edge.web.tongue import GERMAN, say, speaking
from edge.web.typed_numbers import BOARD
from edge.web.village import shown
from edge.web.village.trouble import store_failed
from edge.web.village.words import wrong

MOST = {"title": MAX_TITLE, "text": MAX_TEXT, "place": MAX_PLACE}
FEED_S = 600  # an app asks every few minutes; a notice waits for no second


def notice_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the pages below `/termine`."""
    pages = Blueprint("notices", __name__, url_prefix="/termine")
    views = _Pages(config, clock)
    for rule, method, view in (
        ("", "GET", views.events),
        ("/neu", "GET", views.form),
        ("/neu", "POST", views.propose),
    ):
        pages.add_url_rule(rule, view_func=view, methods=[method], endpoint=view.__name__)
    open_blueprint(pages, Role.VILLAGER)
    pages.register_error_handler(StoreError, store_failed)
    return pages


def feed_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the feeds at the root."""
    pages = Blueprint("feeds", __name__)
    views = _Feeds(config, clock)
    pages.add_url_rule("/termine.ics", view_func=views.ics, endpoint="ics")
    pages.add_url_rule("/termine.rss", view_func=views.rss, endpoint="rss")
    open_blueprint(pages, Role.VILLAGER)
    return pages


@dataclass(frozen=True, slots=True)
class _Board:
    """The board of one hub, opened for one request."""

    village: VillageStore
    vault: Vault
    notices: NoticeDesk


class _Opener:
    def __init__(self, config: Config, clock: Clock) -> None:
        self.config = config
        self.clock = clock
        self.minute = ThisMinute(config, clock)

    @contextmanager
    def opened(self) -> Iterator[_Board]:
        with writing(self.config.hub.village_db) as village, Vault.of(self.config) as vault:
            yield _Board(village, vault, NoticeDesk(village, self.clock))

    @contextmanager
    def looked_at(self) -> Iterator[_Board]:
        with looking(self.config.hub.village_db) as village, Vault.of(self.config) as vault:
            yield _Board(village, vault, NoticeDesk(village, self.clock))

    @property
    def now_ms(self) -> int:
        return self.clock.stamp().wall_ms


class _Pages(_Opener):
    """The views."""

    def events(self) -> str:
        dates, notices = self.minute.get("events", self._told)
        return render_template("village/events.html", dates=dates, notices=notices)

    def _told(self) -> tuple[list[shown.Dated], list[shown.Hanging]]:
        with self.looked_at() as board:
            notices = [one for one in shown.hanging(board.village, self.clock) if not one.when]
            return shown.dates(board.village, board.vault, self.clock), notices

    def form(self) -> str:
        return self._form(Entered({}))

    def propose(self) -> tuple[str, int] | AnyResponse:
        form = entered()
        try:
            times = Times(
                day=form.day("day") if form.text("day").strip() else None,
                start=form.time("start") if form.text("start").strip() else None,
                end=form.time("end") if form.text("end").strip() else None,
            )
            draft = drafted(
                form.text("title"), form.text("text"), form.text("place"), times, self.now_ms
            )
            with self.opened() as board:
                slip = board.notices.propose(draft, form.text("token") or new_token())
        except LearningError as error:
            return self._form(form, error), HTTPStatus.UNPROCESSABLE_ENTITY
        visit().keep(BOARD, slip)
        return redirect(url_for("board_slips.mine"), HTTPStatus.SEE_OTHER)

    def _form(self, form: Entered, error: LearningError | None = None) -> str:
        return render_template(
            "village/notice_new.html",
            form=form,
            field=error.field if error else "",
            error=wrong(error) if error else "",
            token=form.text("token") or new_token(),
            most=MOST,
        )


class _Feeds(_Opener):
    """What programs fetch: always German."""

    def ics(self) -> Response:
        with self.looked_at() as board:
            courses = CourseDesk(board.village, board.vault, self.clock)
            name = f"{self.config.hub.village}: Termine und Kurse"
            body = calendar(name, board.notices, courses, self.clock)
        return _fed(body, "text/calendar; charset=utf-8")

    def rss(self) -> Response:
        with speaking(GERMAN):
            text = say("Was im Dorf neu ist und was los ist.")
        village = self.config.hub.village
        channel = Channel(f"Neues aus {village}", url_for("notices.events", _external=True), text)
        with self.looked_at() as board:
            body = news(channel, board.notices, board.village, self.clock)
        return _fed(body, "application/rss+xml; charset=utf-8")


def _fed(body: bytes, kind: str) -> Response:
    answer = Response(body, content_type=kind)
    answer.headers["Cache-Control"] = f"public, max-age={FEED_S}"
    answer.add_etag()
    answer.make_conditional(request)
    return answer
