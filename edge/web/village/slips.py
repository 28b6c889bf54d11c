"""`/aushang/zettel`: what somebody wrote for board or market, found again by the slip's number."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from edge.clock import Clock
from edge.config import Config
from edge.desk.market import MarketDesk
from edge.desk.notices import NoticeDesk
from edge.desk.paper import qr_svg
from edge.desk.vault import Vault
from edge.learning.errors import LearningError
from edge.learning.slip import read_slip
from edge.learning.slip import shown as spaced
from edge.store.errors import Locked, StoreError
from edge.store.shared import writing
from edge.store.village_market import MarketEntry
from edge.store.village_notices import BoardNotice
from edge.village.words import Refused
from edge.web import course_words
from edge.web.access import Role, open_blueprint, visit
from edge.web.point import Door
from edge.web.tongue import later, say
from edge.web.typed_numbers import BOARD, MAX_TYPED, Numbers, must_wait, note_wrong
from edge.web.village.trouble import store_failed
from edge.web.village.words import wrong

_STATES = {
    "proposed": later("Ein Helfer oder eine Helferin sieht sich das an, dann hängt es aus."),
    "approved": later("Das hängt aus."),
    "open": later("Das hängt aus. Es darf auch im Internet stehen."),
    "over": later("Das hing aus und ist vorbei."),
    "declined": later("Das hängt nicht aus."),
}


@dataclass(frozen=True, slots=True)
class Mine:
    """Something that a visitor wrote. ``number`` is the market's, 0 of a notice."""

    slip: str
    shown: str
    qr: str
    title: str
    state: str
    reason: str
    hangs: bool
    number: int
    until: int | None


def slip_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the pages below `/aushang/zettel`."""
    pages = Blueprint("board_slips", __name__, url_prefix="/aushang/zettel")
    views = _Pages(config, clock)
    for rule, method, view in (
        ("", "GET", views.mine),
        ("", "POST", views.enter),
        ("/abnehmen", "POST", views.remove),
    ):
        pages.add_url_rule(rule, view_func=view, methods=[method], endpoint=view.__name__)
    open_blueprint(pages, Role.VILLAGER)
    pages.register_error_handler(StoreError, store_failed)
    return pages


class _Pages:
    """The views."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._door = Door(config, clock)
        self._numbers = Numbers(config, clock)

    def mine(self) -> str:
        return self._page()

    def enter(self) -> tuple[str, int] | AnyResponse:
        typed = request.form.get("slip", "")[:MAX_TYPED]
        if text := must_wait(self._clock):
            return self._page(text), HTTPStatus.TOO_MANY_REQUESTS
        try:
            slip = read_slip(typed)
        except LearningError as error:
            return self._page(wrong(error), typed[:40]), HTTPStatus.UNPROCESSABLE_ENTITY
        if self._found([slip]):
            visit().keep(BOARD, slip)
            return self._back()
        try:
            with self._door.open() as point:
                address = self._numbers.leads_to(point, slip, beside="board")
            problem = wrong(Refused("unknown", "Zu diesem Zettel gibt es nichts.", "slip"))
        except Locked as error:
            address, problem = "", course_words.trouble(error)
        if address:
            return redirect(address, HTTPStatus.SEE_OTHER)
        note_wrong(self._clock)  # also while locked: what hangs could be guessed then
        return self._page(problem, typed[:40]), HTTPStatus.UNPROCESSABLE_ENTITY

    def remove(self) -> AnyResponse:
        slip = request.form.get("slip", "")
        if slip in visit().kept(BOARD):
            with writing(self._config.hub.village_db) as village:
                try:
                    NoticeDesk(village, self._clock).withdraw(slip)
                except Refused:
                    with Vault.of(self._config) as vault:
                        _remove(MarketDesk(village, vault, self._clock), slip)
        return self._back()

    def _page(self, error: str = "", typed: str = "") -> str:
        return render_template(
            "village/slips.html", mine=self._found(visit().kept(BOARD)), error=error, typed=typed
        )

    def _found(self, slips: list[str] | tuple[str, ...]) -> list[Mine]:
        """Return what was written with the slips, newest first; what is deleted is left out."""
        found = []
        with (
            writing(self._config.hub.village_db) as village,
            Vault.of(self._config) as vault,
        ):
            notices = NoticeDesk(village, self._clock)
            market = MarketDesk(village, vault, self._clock)
            for slip in slips[::-1]:
                made = self._notice(notices, slip) or self._entry(market, slip)
                found += [made] if made else []
        return found

    def _notice(self, desk: NoticeDesk, slip: str) -> Mine | None:
        try:
            one = desk.mine(slip)
        except LearningError:
            return None
        return self._made(slip, one, 0)

    def _entry(self, desk: MarketDesk, slip: str) -> Mine | None:
        try:
            one = desk.mine(slip)
        except LearningError:
            return None
        return self._made(slip, one, one.entry)

    def _made(self, slip: str, one: BoardNotice | MarketEntry, number: int) -> Mine:
        state, until = one.state, one.shown_until
        over = state == "approved" and until is not None and until <= self._clock.stamp().wall_ms
        is_open = isinstance(one, BoardNotice) and one.open_data and state == "approved"
        mood = "over" if over else "open" if is_open else state
        told = say(_STATES[mood])
        hangs = state in ("approved", "proposed") and not over
        shows_until = until if state == "approved" and not over else None
        return Mine(
            slip, spaced(slip), qr_svg(slip), one.title, told, one.reason, hangs, number,
            shows_until,
        )  # fmt: skip

    def _back(self) -> AnyResponse:
        return redirect(url_for(".mine"), HTTPStatus.SEE_OTHER)


def _remove(desk: MarketDesk, slip: str) -> None:
    try:
        desk.remove(slip)
    except Refused:
        return  # taken down before: the button was pressed twice
