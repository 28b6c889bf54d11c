"""`/karte/werte`: somebody's own values, large and in plain words, by their card. All languages."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, current_app, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from edge.care.asked import Why
from edge.clock import Clock
from edge.config import Config
from edge.desk.vault import Vault
from edge.store.errors import Locked, StoreError
from edge.ward.audit import AuditPages, Permitted
from edge.ward.chart import Window
from edge.ward.own import OwnSheet, OwnSheets, whys
from edge.ward.reading import NotAllowed
from edge.web import words
from edge.web.access import Role, open_blueprint, visit
from edge.web.card_parts import CardPart
from edge.web.care.charts import sheet_views
from edge.web.care.own_asked import AGAIN, MEASURE, requests, thanks
from edge.web.care.people_audit import permitted
from edge.web.care.point import rules_of
from edge.web.page import Line
from edge.web.tongue import later, say

DAYS = 30
WHY = "Die eigenen Werte angesehen"
PROBLEM = later(
    "Ihre Werte sind gerade verschlossen. Nichts ist verloren. Bitte fragen Sie am Tisch, oder "
    "versuchen Sie es später noch einmal."
)


def own_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the page of one's own values."""
    pages = Blueprint("own_values", __name__)
    open_blueprint(pages, Role.VILLAGER)
    views = _Views(config, clock)
    pages.add_url_rule("/karte/werte", view_func=views.values, endpoint="values")
    return pages


class OwnValues:
    """Makes the part of a card: that there are values, without any of them.

    That something is to be measured stands there too, and not what: the page says it and notes it.
    """

    def __init__(self, config: Config) -> None:
        self._config = config

    def __call__(self, card: bytes) -> CardPart | None:
        """Return where one's own values are, None if whoever has this card is not in care."""
        with Vault.of(self._config) as vault:
            with vault.open() as personal:
                person = personal.person_of_card(card)
            if person is None:
                return None
            reasons = whys(vault, person)
        line = Line(say("Blutdruck, Gewicht und was Sie sonst messen"), "")
        title, more = say("Meine Werte"), say("Meine Werte ansehen")
        if not reasons:
            return CardPart("werte", title, [line], "own_values.values", more)
        hint = Line(say("Was und wie, steht bei Ihren Werten."), "")
        title = say(MEASURE if Why.MISSED in reasons else AGAIN)  # "again" where something came
        return CardPart("werte", title, [hint], "own_values.values", more, is_first=True)


class _Views:
    """The views."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config = config
        self._clock = clock

    def values(self) -> AnyResponse | str | tuple[str, int]:
        card = visit().card
        if card is None:
            return redirect(url_for("slips.card"), HTTPStatus.SEE_OTHER)
        now_ms = self._clock.stamp().wall_ms
        window = Window.until(now_ms, DAYS, words.ZONE)
        try:
            found = self._sheet(card, window)
        except Locked:
            page = render_template("care/own.html", problem=say(PROBLEM))
            return page, HTTPStatus.SERVICE_UNAVAILABLE
        except StoreError:
            text = say("Ihre Werte sind gerade nicht lesbar.")
            page = render_template("care/own.html", problem=text)
            return page, HTTPStatus.SERVICE_UNAVAILABLE
        if found is None:
            return redirect(url_for("slips.card"), HTTPStatus.SEE_OTHER)
        own, readers = found
        charts = sheet_views(own.sheet, window, now_ms, rules_of(self._config))
        return render_template(
            "care/own.html",
            requests=requests(own.asked, now_ms),
            thanks="" if own.asked else thanks(own.sheet.courses, now_ms),
            charts=charts,
            said={view.key: _said(view.title, view.newest, view.unit) for view in charts},
            book=url_for("own_book.book") if "own_book.book" in current_app.view_functions else "",
            readers=permitted(readers),
            problem="",
        )

    def _sheet(self, card: bytes, window: Window) -> tuple[OwnSheet, list[Permitted]] | None:
        with Vault.of(self._config) as vault:
            with vault.open() as personal:
                person = personal.person_of_card(card)
            if person is None:
                return None
            since, until = window.since_ms, window.until_ms
            try:
                own = OwnSheets(vault, self._clock).sheet(person, since, until, why=WHY)
            except NotAllowed:
                return None
            return own, AuditPages(vault, self._clock).permitted(person)


def _said(title: str, newest: str, unit: str) -> str:
    if "/" in newest:
        high, low = newest.split("/")
        return say("{title}: {high} zu {low} {unit}.", title=title, high=high, low=low, unit=unit)
    return f"{title}: {newest} {unit}."
