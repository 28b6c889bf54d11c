"""What relatives see by their card (`/karte/angehoerige`, all languages), and giving it to them."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, redirect, render_template, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from edge.clock import Clock
from edge.config import Config
from edge.desk.paper import qr_svg
from edge.desk.vault import Vault
from edge.store.errors import Locked, StoreError
from edge.ward.chart import Window
from edge.ward.client import Sheet
from edge.ward.relatives import Relatives
from edge.web import words
from edge.web.access import Role, open_blueprint, visit
from edge.web.card_parts import CardPart
from edge.web.care.charts import chart_view
from edge.web.care.point import Opener, care_blueprint
from edge.web.page import Line
from edge.web.staff import entered, go
from edge.web.tongue import later, say

DAYS = 14
KEPT = "pflege-angehoerigenkarte"  # in the visit: the card that is to be printed
_PROBLEM = later(
    "Die Werte sind gerade verschlossen. Nichts ist verloren. Bitte versuchen Sie es später noch "
    "einmal."
)
_UNREADABLE = later("Die Werte sind gerade nicht lesbar.")


def relative_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the page that relatives see."""
    pages = Blueprint("relatives", __name__)
    open_blueprint(pages, Role.VILLAGER)
    views = _Views(config, clock)
    pages.add_url_rule("/karte/angehoerige", view_func=views.values, endpoint="values")
    return pages


def relative_card_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the carers' pages below `/pflege/angehoerige`."""
    pages = care_blueprint("care_relatives", "/pflege/angehoerige")
    views = _Cards(Opener(config, clock))
    for rule, method, view in (
        ("/<int:person>", "GET", views.relatives),
        ("/<int:person>/karte", "POST", views.give),
        ("/<int:person>/karte", "GET", views.paper),
        ("/<int:person>/gedruckt", "POST", views.printed),
        ("/<int:person>/sperren", "POST", views.take),
    ):
        pages.add_url_rule(rule, view_func=view, methods=[method], endpoint=view.__name__)
    return pages


class RelativesValues:
    """Makes the part of a card: that there is something to see, without any of it."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config = config
        self._clock = clock

    def __call__(self, card: bytes) -> CardPart | None:
        """Return where a relative's values are, None if this card is no relative's."""
        with Vault.of(self._config) as vault:
            if Relatives(vault, self._clock).of_card(card) is None:
                return None
        line = Line(say("Werte, die jemand mit Ihnen teilt"), "")
        title, more = say("Für Angehörige"), say("Werte ansehen")
        return CardPart("angehoerige", title, [line], "relatives.values", more)


class _Views:
    """The views of relatives."""

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
            sheets = self._sheets(card, window)
        except StoreError as error:
            text = say(_PROBLEM if isinstance(error, Locked) else _UNREADABLE)
            page = render_template("care/relatives.html", people=(), problem=text)
            return page, HTTPStatus.SERVICE_UNAVAILABLE
        if sheets is None:
            return redirect(url_for("slips.card"), HTTPStatus.SEE_OTHER)
        people = [
            (sheet.client, [chart_view(one, window, now_ms) for one in sheet.courses])
            for sheet in sheets
        ]
        return render_template("care/relatives.html", people=people, problem="")

    def _sheets(self, card: bytes, window: Window) -> list[Sheet] | None:
        with Vault.of(self._config) as vault:
            relatives = Relatives(vault, self._clock)
            reader = relatives.of_card(card)
            if reader is None:
                return None
            return relatives.sheets(reader, window.since_ms, window.until_ms)


class _Cards:
    """The views of carers who give relatives their cards."""

    def __init__(self, opener: Opener) -> None:
        self._opener = opener

    def relatives(self, person: int) -> str:
        with self._opener.opened() as point:
            client = point.client(person)
            found = Relatives(point.vault, point.clock).of(person)
        return render_template("care/relative_cards.html", client=client, relatives=found)

    def give(self, person: int) -> AnyResponse:
        contact = entered().number("kontakt")
        with self._opener.opened() as point:
            point.client(person)
            card = Relatives(point.vault, point.clock).give_card(person, contact)
        visit().drop(KEPT)
        visit().keep(KEPT, card)
        return go(".paper", person=person)

    def paper(self, person: int) -> AnyResponse | str:
        kept = visit().kept(KEPT)
        if not kept:
            return go(".relatives", person=person)
        qr = Markup(qr_svg(kept[-1], scale=5))  # noqa: S704  # our own drawing
        return render_template("care/relative_card.html", person=person, qr=qr)

    def printed(self, person: int) -> AnyResponse:
        visit().drop(KEPT)
        return go(".relatives", person=person)

    def take(self, person: int) -> AnyResponse:
        contact = entered().number("kontakt")
        with self._opener.opened() as point:
            point.client(person)
            Relatives(point.vault, point.clock).take_card(person, contact)
        return go(".relatives", person=person)
