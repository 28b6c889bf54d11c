"""`/markt`: what neighbours offer and look for."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from edge.clock import Clock
from edge.config import Config
from edge.desk.board_slip import new_token
from edge.desk.market import MarketDesk
from edge.desk.vault import Vault
from edge.learning.entered import Entered
from edge.learning.errors import LearningError
from edge.learning.signup import MAX_NAME
from edge.store.errors import Locked, StoreError
from edge.store.shared import looking, writing
from edge.village.market import HANG_DAYS, MAX_TEXT, Draft, checked, contact
from edge.village.words import MAX_TITLE
from edge.web.access import Role, open_blueprint, visit
from edge.web.staff import entered
from edge.web.tongue import say
from edge.web.typed_numbers import BOARD
from edge.web.village.trouble import store_failed
from edge.web.village.words import CATEGORIES, KINDS, wrong

MOST = {"title": MAX_TITLE, "text": MAX_TEXT, "name": MAX_NAME, "phone": 40}


def market_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the pages below `/markt`."""
    pages = Blueprint("market", __name__, url_prefix="/markt")
    views = _Pages(config, clock)
    for rule, method, view in (
        ("", "GET", views.market),
        ("/neu", "GET", views.form),
        ("/neu", "POST", views.write),
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

    def market(self) -> str:
        wanted = request.args.get("art", "")
        with (
            looking(self._config.hub.village_db) as village,
            Vault.of(self._config) as vault,
        ):
            told = MarketDesk(village, vault, self._clock).hanging()
        return render_template(
            "village/market.html",
            told=[one for one in told if wanted not in KINDS or one.entry.kind == wanted],
            wanted=wanted if wanted in KINDS else "",
            kinds=KINDS,
            categories=CATEGORIES,
        )

    def form(self) -> str:
        return self._form(Entered({}))

    def write(self) -> tuple[str, int] | AnyResponse:
        form = entered()
        try:
            draft = checked(
                Draft(
                    kind=form.text("kind"),  # type: ignore[arg-type]  # `checked` looks
                    category=form.text("category"),  # type: ignore[arg-type]
                    title=form.text("title"),
                    text=form.text("text"),
                    reach=form.text("reach"),  # type: ignore[arg-type]
                )
            )
            whom = contact(
                draft.reach, form.text("name"), form.text("phone"), agreed=form.has("agreed")
            )
            with (
                writing(self._config.hub.village_db) as village,
                Vault.of(self._config) as vault,
            ):
                desk = MarketDesk(village, vault, self._clock)
                slip = desk.write(draft, whom, form.text("token") or new_token())
        except LearningError as error:
            page = self._form(form, wrong(error), error.field)
            return page, HTTPStatus.UNPROCESSABLE_ENTITY
        except Locked:
            text = say(
                "Telefonnummern können wir gerade nicht aufbewahren. Bitte wählen Sie: Antworten "
                "hole ich am Tisch ab. Oder versuchen Sie es später noch einmal."
            )
            return self._form(form, text, "reach"), HTTPStatus.SERVICE_UNAVAILABLE
        visit().keep(BOARD, slip)
        return redirect(url_for("board_slips.mine"), HTTPStatus.SEE_OTHER)

    def _form(self, form: Entered, error: str = "", field: str = "") -> str:
        reaches = (
            ("desk", say("Antworten hole ich am Tisch der Helferinnen und Helfer ab.")),
            ("call", say("Die Helferinnen und Helfer rufen mich an. Nur sie sehen meine Nummer.")),
            ("public", say("Meine Telefonnummer steht in der Anzeige. Alle können sie lesen.")),
        )
        return render_template(
            "village/market_new.html",
            form=form,
            error=error,
            field=field,
            kinds=[(key, say(text)) for key, text in KINDS.items()],
            categories=[(key, say(text)) for key, text in CATEGORIES.items()],
            reaches=reaches,
            token=form.text("token") or new_token(),
            days=HANG_DAYS,
            most=MOST,
        )
