"""`/karte/werte`: somebody's own values, large and in plain words, by their card. All languages."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, current_app, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from edge.care.people import OWNER
from edge.clock import Clock
from edge.config import Config
from edge.desk.vault import Vault
from edge.store.errors import Locked, StoreError
from edge.ward.audit import AuditPages, Permitted
from edge.ward.chart import Window
from edge.ward.client import Clients, Sheet
from edge.ward.reading import NotAllowed
from edge.web import words
from edge.web.access import Role, open_blueprint, visit
from edge.web.card_parts import CardPart
from edge.web.care.charts import sheet_views
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
    """Makes the part of a card: that there are values, without any of them."""

    def __init__(self, config: Config) -> None:
        self._config = config

    def __call__(self, card: bytes) -> CardPart | None:
        """Return where one's own values are, None if whoever has this card is not in care."""
        with Vault.of(self._config) as vault, vault.open() as personal:
            if personal.person_of_card(card) is None:
                return None
        line = Line(say("Blutdruck, Gewicht und was Sie sonst messen"), "")
        title, more = say("Meine Werte"), say("Meine Werte ansehen")
        return CardPart("werte", title, [line], "own_values.values", more)


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
            page = render_template("care/own.html", charts=(), book="", problem=say(PROBLEM))
            return page, HTTPStatus.SERVICE_UNAVAILABLE
        except StoreError:
            text = say("Ihre Werte sind gerade nicht lesbar.")
            page = render_template("care/own.html", charts=(), book="", problem=text)
            return page, HTTPStatus.SERVICE_UNAVAILABLE
        if found is None:
            return redirect(url_for("slips.card"), HTTPStatus.SEE_OTHER)
        sheet, readers = found
        charts = sheet_views(sheet, window, now_ms, rules_of(self._config))
        return render_template(
            "care/own.html",
            charts=charts,
            said={view.key: _said(view.title, view.newest, view.unit) for view in charts},
            book=url_for("own_book.book") if "own_book.book" in current_app.view_functions else "",
            readers=permitted(readers),
            problem="",
        )

    def _sheet(self, card: bytes, window: Window) -> tuple[Sheet, list[Permitted]] | None:
        with Vault.of(self._config) as vault:
            with vault.open() as personal:
                person = personal.person_of_card(card)
            if person is None:
                return None
            since, until = window.since_ms, window.until_ms
            try:
                sheet = Clients(vault, self._clock).sheet(OWNER, person, since, until, why=WHY)
            except NotAllowed:
                return None
            return sheet, AuditPages(vault, self._clock).permitted(person)


def _said(title: str, newest: str, unit: str) -> str:
    if "/" in newest:
        high, low = newest.split("/")
        return say("{title}: {high} zu {low} {unit}.", title=title, high=high, low=low, unit=unit)
    return f"{title}: {newest} {unit}."
