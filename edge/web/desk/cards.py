"""`/pult/karten`: give somebody a card, print it, block a lost one."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from edge.clock import Clock
from edge.config import Config
from edge.desk.cards import MAX_WORDS, CardDesk
from edge.desk.paper import qr_svg
from edge.web.access import visit
from edge.web.desk.point import Opener, Point, desk_blueprint
from edge.web.staff import entered, go

DONE = {
    "gesperrt": "Die Karte ist gesperrt. Sie gilt ab sofort nirgends mehr.",
    "gedruckt": "Gut. Die Karte steht nicht mehr auf dem Bildschirm.",
}
ASKED = "pult-karten-suche"  # kept in the visit: who is looked for, a name is in no address
FRESH = "pult-karte"  # kept in the visit: the card that is to be printed
USED = "pult-karten-knopf"  # kept in the visit: forms that made a card already


def card_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the pages below `/pult/karten`."""
    pages = desk_blueprint("desk_cards", "/pult/karten")
    views = _Pages(config, clock)
    for rule, method, view in (
        ("", "GET", views.cards),
        ("", "POST", views.find),
        ("/geben", "POST", views.give),
        ("/druck", "GET", views.paper),
        ("/gedruckt", "POST", views.printed),
        ("/sperren", "POST", views.block),
    ):
        pages.add_url_rule(rule, view_func=view, methods=[method], endpoint=view.__name__)
    return pages


class _Pages(Opener):
    """The views."""

    def cards(self) -> str:
        kept = visit().kept(ASKED)
        asked = kept[-1] if kept else ""
        with self.opened() as point:
            is_locked = point.vault.is_locked
            found = _desk(point).find(asked) if asked and not is_locked else []
            token = point.signups.token()
        return render_template(
            "desk/cards.html",
            is_locked=is_locked,
            asked="" if asked.upper().startswith("DHK1") else asked,
            has_asked=bool(asked),
            found=found,
            token=token,
            done=DONE.get(request.args.get("getan", "")),
        )

    def find(self) -> AnyResponse:
        words = entered().text("wer").strip()[:MAX_WORDS]
        visit().drop(ASKED)
        if words:
            visit().keep(ASKED, words)
        return go(".cards")

    def give(self) -> AnyResponse:
        form = entered()
        token = form.text("token")[:64]
        if token not in visit().kept(USED):  # pressed twice is one card
            visit().keep(USED, token)
            with self.opened() as point:
                card = _desk(point).give(form.number("person"))
            visit().drop(FRESH)
            visit().keep(FRESH, card)
        return go(".paper")

    def paper(self) -> str | AnyResponse:
        kept = visit().kept(FRESH)
        if not kept:
            return go(".cards")
        with self.opened() as point:
            holder = _desk(point).owner(kept[-1])
        if holder is None:  # another was given since, or it was blocked
            visit().drop(FRESH)
            return go(".cards")
        return render_template(
            "desk/card.html",
            name=holder.person.name,
            qr=Markup(qr_svg(kept[-1], scale=5)),  # noqa: S704  # our own drawing
        )

    def printed(self) -> AnyResponse:
        visit().drop(FRESH)
        visit().drop(ASKED)
        return go(".cards", getan="gedruckt")

    def block(self) -> AnyResponse:
        with self.opened() as point:
            _desk(point).block(entered().number("person"))
        return go(".cards", getan="gesperrt")


def _desk(point: Point) -> CardDesk:
    return CardDesk(point.village, point.vault)
