"""`/karte/haus`: somebody's own house, entered at the terminal and looked at, by their card."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, render_template, request

from edge.cadastre.household import Home, in_sums, take_back
from edge.cadastre.own_house import typology_in
from edge.clock import Clock
from edge.config import Config
from edge.desk.vault import Vault
from edge.heat.errors import CadastreError
from edge.store.errors import Locked, StoreError
from edge.store.personal_homes import NEW
from edge.store.shared import looking
from edge.web import home_words as said
from edge.web.access import Role, open_blueprint, visit
from edge.web.card_parts import CardPart
from edge.web.home_beside import NO_VALUES, NO_VALUES_READ, WIDE, picture
from edge.web.home_steps import add_steps
from edge.web.home_sums import add_sums
from edge.web.home_visit import (
    DRAFT,
    LOCKED,
    NOBODY,
    UNREADABLE,
    Homes,
    Nobody,
    NoCard,
    Page,
    draft_of,
    go,
    person_of,
    so_far,
    to_card,
    told,
    trouble,
)
from edge.web.page import Line
from edge.web.tongue import say


def home_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the pages of somebody's own house."""
    pages = Blueprint("home", __name__, url_prefix="/karte/haus")
    open_blueprint(pages, Role.VILLAGER)
    views = _Views(config, clock)
    for rule, method, view in (
        ("", "GET", views.mine),
        ("/<int:building>/vergleich", "GET", views.beside),
        ("/loeschen", "GET", views.ask),
        ("/loeschen", "POST", views.erase),
    ):
        pages.add_url_rule(rule, view_func=view, endpoint=view.__name__, methods=[method])
    add_steps(pages, config, clock)
    add_sums(pages, config, clock)
    pages.register_error_handler(NoCard, to_card)
    pages.register_error_handler(Nobody, lambda _: trouble(NOBODY, HTTPStatus.CONFLICT))
    pages.register_error_handler(Locked, lambda _: trouble(LOCKED))
    pages.register_error_handler(StoreError, lambda _: trouble(UNREADABLE))
    return pages


class OwnHome:
    """Makes the part of a card: that one can enter a house, without anything of it."""

    def __init__(self, config: Config) -> None:
        self._config = config

    def __call__(self, card: bytes) -> CardPart | None:
        """Return where one's own house is, None if the card is of nobody who could have one."""
        with Vault.of(self._config) as vault, vault.open() as personal:
            if personal.person_of_card(card) is None:
                return None
        line = Line(say("Was Ihr Haus zum Heizen braucht"), "")
        return CardPart("haus", say("Mein Haus"), [line], "home.mine", say("Mein Haus ansehen"))


class _Views(Homes):
    """What is kept of a house, and taking it back."""

    def mine(self) -> Page:
        with self.opened() as (person, homes):
            pass
        with Vault.of(self.config) as vault, vault.open() as personal:
            how = in_sums(personal, person)
        return render_template(
            "home/mine.html",
            homes=[(one, _rows(one), one.bills) for one in homes],
            is_new=NEW,
            how=how,
            has_draft=bool(so_far()),
            done=request.args.get("getan", ""),
            said=said,
        )

    def beside(self, building: int) -> Page:
        with self.opened() as (_, homes):
            home = next((one for one in homes if one.building == building), None)
        if home is None:
            return go(".mine")
        shown, values, problem = None, None, ""
        try:
            values = typology_in(self.config.source.parent)
        except CadastreError:
            problem = say(NO_VALUES_READ)
        if values is not None:
            with looking(self.config.hub.village_db) as village:
                shown = picture(home, values, village.degree_days())
        return render_template(
            "home/beside.html",
            home=home,
            values=values,
            picture=shown,
            problem=problem or ("" if shown else say(NO_VALUES)),
            wide=WIDE,
        )

    def ask(self) -> Page:
        with self.opened() as (person, homes):
            if not homes:
                return go(".mine")
        with Vault.of(self.config) as vault, vault.open() as personal:
            counted = personal.is_in_sum(person)
        return render_template("home/erase.html", counted=counted)

    def erase(self) -> Page:
        now_ms = self.clock.stamp().wall_ms
        with Vault.of(self.config) as vault, vault.open() as personal:
            take_back(personal, person_of(personal), now_ms)
        visit().drop(DRAFT)
        return go(".mine", getan="geloescht")


def _rows(home: Home) -> list[Line]:
    """Return what somebody said of their house, line by line."""
    draft = {**draft_of(home), "address": ""}  # it is the heading
    return [Line(say(label), said.value(name, draft[name])) for name, label in told(draft)]
