"""`/pult/markt`: what neighbours wrote, for a volunteer to let hang or not; whom to call."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from edge.clock import Clock
from edge.config import Config
from edge.desk.market import MarketDesk, Told
from edge.desk.vault import Vault
from edge.learning.entered import Entered
from edge.learning.errors import LearningError
from edge.store.edited import EditedSince
from edge.store.village import VillageStore
from edge.store.village_market import MarketEntry
from edge.village.market import MAX_TEXT, Draft
from edge.village.words import MAX_REASON, MAX_TITLE
from edge.web.access import Role, open_blueprint
from edge.web.desk.point import desk_blueprint
from edge.web.staff import entered, go
from edge.web.village.words import CATEGORIES, KINDS

MOST = {"title": MAX_TITLE, "text": MAX_TEXT, "reason": MAX_REASON}
DONE = {
    "haengt": "Die Anzeige hängt.",
    "abgelehnt": "Die Anzeige hängt nicht. Wer sie schrieb, liest den Grund mit dem Zettel.",
}
REACHES = {
    "desk": "Antworten bitte annehmen und aufbewahren: Sie werden mit dem Zettel abgeholt.",
    "call": "Bitte anrufen, wenn sich jemand meldet. Die Nummer nicht weitergeben.",
    "public": "Die Nummer steht in der Anzeige.",
}
STATES = {"proposed": "wartet", "approved": "hängt", "declined": "hängt nicht"}


def market_desk_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the pages below `/pult/markt`."""
    pages = desk_blueprint("desk_market", "/pult/markt")
    views = _Pages(config, clock)
    for rule, method, view in (
        ("", "GET", views.market),
        ("/<int:number>", "GET", views.entry),
        ("/<int:number>", "POST", views.decide),
    ):
        pages.add_url_rule(rule, view_func=view, methods=[method], endpoint=view.__name__)
    open_blueprint(pages, Role.VOLUNTEER)
    return pages


class _Pages:
    """The views."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config = config
        self._clock = clock

    def market(self) -> str:
        with self._village() as village, self._vault() as vault:
            desk = MarketDesk(village, vault, self._clock)
            waiting, hanging = desk.waiting(), desk.all_told()
        return render_template(
            "village/market_desk.html",
            waiting=waiting,
            hanging=hanging,
            kinds=KINDS,
            categories=CATEGORIES,
            reaches=REACHES,
            done=DONE.get(request.args.get("getan", "")),
        )

    def entry(self, number: int) -> str:
        with self._village() as village, self._vault() as vault:
            told = MarketDesk(village, vault, self._clock).entry(number)
        return self._form(told, _entered(told.entry))

    def decide(self, number: int) -> tuple[str, int] | AnyResponse:
        form = entered()
        with self._village() as village, self._vault() as vault:
            desk = MarketDesk(village, vault, self._clock)
            told = desk.entry(number)
            try:
                rev = form.number("rev")
                if form.has("ablehnen"):
                    desk.decline(number, form.text("reason"), rev)
                    return go(".market", getan="abgelehnt")
                draft = Draft(
                    kind=form.text("kind"),  # type: ignore[arg-type]  # the desk checks it
                    category=form.text("category"),  # type: ignore[arg-type]
                    title=form.text("title"),
                    text=form.text("text"),
                )
                desk.approve(number, draft, rev)
            except LearningError as error:
                return self._form(told, form, error), HTTPStatus.UNPROCESSABLE_ENTITY
            except EditedSince:
                return self._form(told, form, theirs=told.entry), HTTPStatus.CONFLICT
        return go(".market", getan="haengt")

    def _form(
        self,
        told: Told,
        form: Entered,
        error: LearningError | None = None,
        *,
        theirs: MarketEntry | None = None,
    ) -> str:
        return render_template(
            "village/market_edit.html",
            told=told,
            form=form,
            error=error,
            theirs=theirs,
            kinds=list(KINDS.items()),
            categories=list(CATEGORIES.items()),
            kind_words=KINDS,
            state=STATES[told.entry.state],
            reach=REACHES[told.entry.reach],
            most=MOST,
        )

    def _village(self) -> VillageStore:
        return VillageStore(self._config.hub.village_db)

    def _vault(self) -> Vault:
        return Vault.of(self._config)


def _entered(entry: MarketEntry) -> Entered:
    return Entered(
        {
            "kind": [entry.kind],
            "category": [entry.category],
            "title": [entry.title],
            "text": [entry.text],
        }
    )
