"""`/karte/gesehen`: who saw my values, for whoever shows their own card. In all languages."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from edge.clock import Clock
from edge.config import Config
from edge.desk.vault import Vault
from edge.store.errors import StoreError
from edge.ward.audit import AuditPages, Book
from edge.web.access import Role, open_blueprint, visit
from edge.web.card_parts import CardPart
from edge.web.care.people_audit import book_lines
from edge.web.errors import not_readable
from edge.web.page import Line
from edge.web.tongue import later, say

_LOCKED = later(
    "Die Daten sind gerade verschlossen. Bitte fragen Sie am Tisch oder versuchen Sie es später."
)


def own_book_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the page of one's own book."""
    pages = Blueprint("own_book", __name__)
    open_blueprint(pages, Role.VILLAGER)
    pages.register_error_handler(StoreError, not_readable)
    pages.add_url_rule("/karte/gesehen", view_func=_Views(config, clock).book, endpoint="book")
    return pages


class OwnBook:
    """Makes the part of a card: who may see now."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config = config
        self._clock = clock

    def __call__(self, card: bytes) -> CardPart | None:
        """Return who may see the values of whoever has this card, None if they are not in care."""
        found = _book(self._config, self._clock, card)
        if found is None:
            return None
        page = book_lines(found, self._clock.stamp().wall_ms)
        nobody = Line(say("Außer Ihnen niemand"), "", "good")
        return CardPart(
            "gesehen",
            say("Wer darf meine Werte sehen?"),
            [Line(name, kinds, "good") for name, kinds in page.readers] or [nobody],
            "own_book.book",
            say("Wer hat was gesehen?"),
        )


class _Views:
    """The views."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config = config
        self._clock = clock

    def book(self) -> AnyResponse | str | tuple[str, int]:
        card = visit().card
        if card is None:
            return redirect(url_for("slips.card"), HTTPStatus.SEE_OTHER)
        try:
            found = _book(self._config, self._clock, card)
        except StoreError:
            return render_template("care/own_book.html", book=None, problem=say(_LOCKED)), 503
        if found is None:
            return redirect(url_for("slips.card"), HTTPStatus.SEE_OTHER)
        now_ms = self._clock.stamp().wall_ms
        return render_template("care/own_book.html", book=book_lines(found, now_ms), problem="")


def _book(config: Config, clock: Clock, card: bytes) -> Book | None:
    with Vault.of(config) as vault:
        with vault.open() as personal:
            person = personal.person_of_card(card)
        return None if person is None else AuditPages(vault, clock).book(person)
