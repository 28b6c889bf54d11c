"""`/zettel` and `/karte`: how it stands, taking an offer, cancelling; for whoever has the number.

A number is typed or scanned and goes into the visit, never into an address. Wrong ones make the
next attempt wait.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from edge.access.sessions import Bearer
from edge.clock import Clock
from edge.config import Config
from edge.desk import SignupDesk
from edge.desk.register import CARD_PREFIX, as_meant, card_hash
from edge.learning.errors import LearningError
from edge.store.errors import StoreError
from edge.store.personal_signups import NoOffer, NoSuchSlip
from edge.web import course_words, own_slips
from edge.web.access import Role, open_blueprint, visit
from edge.web.card_parts import CardPart, makers
from edge.web.errors import not_readable
from edge.web.home_visit import DRAFT as HOUSE_DRAFT
from edge.web.point import Door, Point
from edge.web.slip_page import SlipView, card_views, slip_view
from edge.web.tongue import later, say
from edge.web.typed_numbers import BOARD, LOAN, MAX_TYPED, Numbers, must_wait, note_wrong

# What an address may say after a step did not work.
_HINTS = {
    "frist": later("Für Sie ist gerade kein Platz frei. Vielleicht ist die Frist vorbei."),
    "gesperrt": later("Das geht gerade nicht. Bitte versuchen Sie es gleich noch einmal."),
}


def slip_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the pages of slips and cards."""
    pages = Blueprint("slips", __name__)
    open_blueprint(pages, Role.VILLAGER)
    pages.register_error_handler(StoreError, not_readable)
    views = _Views(Door(config, clock), clock, Numbers(config, clock))
    for rule, method, view in (
        ("/zettel", "GET", views.enter),
        ("/zettel", "POST", views.look_up),
        ("/zettel/<int:place>", "GET", views.slip),
        ("/zettel/<int:place>/abmelden", "GET", views.ask),
        ("/zettel/<int:place>/abmelden", "POST", views.cancel),
        ("/zettel/<int:place>/annehmen", "POST", views.accept),
        ("/zettel/<int:place>/vorlassen", "POST", views.let_pass),
        ("/zettel/<int:place>/gelesen", "POST", views.told),
        ("/karte", "GET", views.card),
        ("/karte", "POST", views.look_up_card),
    ):
        pages.add_url_rule(rule, view_func=view, endpoint=view.__name__, methods=[method])
    return pages


class _Views:
    """The views."""

    def __init__(self, door: Door, clock: Clock, numbers: Numbers) -> None:
        self._door = door
        self._clock = clock
        self._numbers = numbers

    def enter(self) -> str:
        return _form("slip_enter.html", places=range(1, len(own_slips.numbers()) + 1))

    def card(self) -> AnyResponse | str | tuple[str, int]:
        card = visit().card
        if card is None:
            return _form("card_enter.html")
        try:
            with self._door.open() as point:
                views = card_views(point, card, own_slips.keep, self._door.now_ms)
        except StoreError as error:
            problem = course_words.trouble(error)
            return render_template("card.html", slips=(), parts_of=(), problem=problem), 503
        return render_template("card.html", slips=views, parts_of=_parts(card), problem="")

    def look_up(self) -> AnyResponse | tuple[str, int]:
        return self._look_up("slip_enter.html")

    def look_up_card(self) -> AnyResponse | tuple[str, int]:
        return self._look_up("card_enter.html")

    def slip(self, place: int) -> AnyResponse | str | tuple[str, int]:
        number = own_slips.number_at(place)
        if not number:
            return redirect(url_for(".enter"), HTTPStatus.SEE_OTHER)
        hint = say(_HINTS.get(request.args.get("hinweis", ""), ""))
        with self._door.open() as point:
            found = self._found(point, number, place)
        if isinstance(found, str):
            return render_template("slip_gone.html", problem=found), HTTPStatus.SERVICE_UNAVAILABLE
        return render_template("slip.html", slip=found, hint=hint)

    def ask(self, place: int) -> AnyResponse | str:
        number = own_slips.number_at(place)
        with self._door.open() as point:
            found = self._found(point, number, place) if number else ""
        if isinstance(found, str) or not found.can_cancel:
            return redirect(url_for(".slip", place=place), HTTPStatus.SEE_OTHER)
        return render_template("slip_cancel.html", slip=found)

    def cancel(self, place: int) -> AnyResponse:
        return self._step(place, lambda desk, number: desk.cancel(number))

    def accept(self, place: int) -> AnyResponse:
        return self._step(place, lambda desk, number: desk.accept(number))

    def let_pass(self, place: int) -> AnyResponse:
        return self._step(place, lambda desk, number: desk.let_pass(number))

    def told(self, place: int) -> AnyResponse:
        return self._step(place, lambda desk, number: desk.told(number))

    def _step(self, place: int, step: Callable[[SignupDesk, str], object]) -> AnyResponse:
        """Do something with a slip of this visit, then show how it stands."""
        number, hint = own_slips.number_at(place), None
        if number:
            try:
                with self._door.open() as point:
                    step(point.desk, number)
            except NoOffer:
                hint = "frist"
            except (LearningError, StoreError):
                hint = "gesperrt"
        return redirect(url_for(".slip", place=place, hinweis=hint), HTTPStatus.SEE_OTHER)

    def _found(self, point: Point, number: str, place: int) -> SlipView | str:
        """Return a slip, or why it cannot be shown."""
        try:
            return slip_view(point, number, place, own_slips.signups(), self._door.now_ms)
        except (LearningError, StoreError) as error:
            return course_words.trouble(error)

    def _look_up(self, template: str) -> AnyResponse | tuple[str, int]:
        """Take what was typed or scanned, whichever of both pages it was typed on."""
        typed = request.form.get("nummer", "")[:MAX_TYPED].strip()
        if text := must_wait(self._clock):
            return _form(template, problem=text), HTTPStatus.TOO_MANY_REQUESTS
        if not typed:
            return _form(template, problem=say("Bitte die Nummer eintragen.")), 422
        try:
            with self._door.open() as point:
                if (code := as_meant(typed)).startswith(CARD_PREFIX):
                    return self._card(point, code, template)
                address = self._address(point, typed)
        except (LearningError, StoreError) as error:
            if isinstance(error, NoSuchSlip):
                note_wrong(self._clock)
            return _form(template, problem=course_words.trouble(error), typed=typed), 422
        return redirect(address, HTTPStatus.SEE_OTHER)

    def _address(self, point: Point, typed: str) -> str:
        """Return where a number leads: mostly to a course's slip, else to lending or the board."""
        try:
            slip = point.desk.my(typed)
        except NoSuchSlip:
            if address := self._numbers.leads_to(point, typed, beside="course"):
                return address
            raise
        return url_for(".slip", place=own_slips.keep(slip.number)) + "#inhalt"

    def _card(self, point: Point, typed: str, template: str) -> AnyResponse | tuple[str, int]:
        card = card_hash(typed)
        with point.vault.open() as personal:
            is_known = (
                bool(personal.of_card(card))
                or personal.person_of_card(card) is not None
                or personal.contact_of_card(card) is not None
            )
        if not is_known:
            note_wrong(self._clock)
            text = say("Diese Karte kennen wir nicht (mehr). Bitte fragen Sie am Tisch.")
            return _form(template, problem=text), HTTPStatus.UNPROCESSABLE_ENTITY
        _show_card(card)
        return redirect(url_for(".card") + "#inhalt", HTTPStatus.SEE_OTHER)


def _form(template: str, problem: str = "", typed: str = "", **more: object) -> str:
    return render_template(template, problem=problem, typed=typed, **more)


def _show_card(card: bytes) -> None:
    """Go on as the owner of a card, under a new token; the slips of the visit stay.

    Unless there was another card before: then somebody else stands there now.
    """
    here = visit()
    if here.card not in (None, card):
        for what in (own_slips.SLIP, own_slips.SIGNUP, LOAN, BOARD, HOUSE_DRAFT):
            here.drop(what)
    if here.account is not None:
        here.become(replace(here.bearer, card=card))
        return
    kept = {what: here.kept(what) for what in (own_slips.SLIP, own_slips.SIGNUP)}
    here.begin(Bearer(card=card))
    for what, values in kept.items():
        for value in values:
            here.keep(what, value)


def _parts(card: bytes) -> list[CardPart]:
    found = []
    for make in makers(current_app):
        with suppress(StoreError):
            part = make(card)
            if part is not None and part.rows:
                found.append(part)
    return found
