"""What the pages of somebody's own house do alike: whose card, the draft, what is in the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from edge.cadastre.household import BILL, Home, homes_of
from edge.clock import Clock
from edge.config import Config
from edge.desk.vault import Vault
from edge.store.shared import looking
from edge.web import home_form as form
from edge.web import home_words as said
from edge.web.access import visit
from edge.web.home_form import Draft
from edge.web.tongue import later, say

if TYPE_CHECKING:
    from edge.store.personal import PersonalStore

DRAFT = "haus"  # kept in the visit: what was typed so far
LOCKED = later(
    "Die Angaben zu Ihrem Haus sind gerade verschlossen. Nichts ist verloren. Bitte fragen Sie am "
    "Tisch, oder versuchen Sie es später noch einmal."
)
UNREADABLE = later("Die Angaben zu Ihrem Haus sind gerade nicht lesbar.")
NOBODY = later(
    "Mit dieser Karte geht das noch nicht. Bitte fragen Sie am Tisch nach einer Karte für eigene "
    "Angaben."
)
Page = str | AnyResponse | tuple[str, int]


class NoCard(Exception):
    """Nobody's card is open."""


class Nobody(Exception):
    """The card is of nobody who could have something of their own here."""


class Homes:
    """What the views of one hub share."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self.config = config
        self.clock = clock

    @contextmanager
    def opened(self) -> Iterator[tuple[int, list[Home]]]:
        """Give who shows their card, and their homes.

        :raises NoCard: if no card is open.
        :raises Locked: while personal.db is locked, before anybody types for nothing.
        """
        if visit().card is None:
            raise NoCard
        with Vault.of(self.config) as vault, vault.open() as personal:
            person = person_of(personal)
            with looking(self.config.hub.village_db) as village:
                homes = homes_of(personal, village, person)
        yield person, homes


def person_of(personal: PersonalStore) -> int:
    """Return who shows their card.

    :raises NoCard: if no card is open.
    :raises Nobody: if it is of nobody who could have something here.
    """
    card = visit().card
    if card is None:
        raise NoCard
    person = personal.person_of_card(card)
    if person is None:
        raise Nobody
    return person


def so_far() -> Draft:
    """Return what was typed so far in this visit."""
    return form.draft_of(visit().kept(DRAFT))


def keep_draft(now: Draft) -> None:
    """Keep what was typed so far, instead of what was kept before."""
    visit().drop(DRAFT)
    for line in form.lines(now):
        visit().keep(DRAFT, line)


def draft_of(home: Home) -> Draft:
    """Return what is kept of a home as it would be typed."""
    found: Draft = {"building": str(home.building), "address": home.address}
    for name, one in home.facts.items():
        if name in form.HOUSE or name in form.HEATING:
            value = one.value
            found[name] = value if isinstance(value, str) else f"{value:.10g}".replace(".", ",")
        elif name.startswith(BILL):
            found[name] = str(one.value)
    return found


def told(found: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return which fields of a draft say something, with their labels."""
    return [(name, label) for name, label in said.LABELS.items() if found.get(name)]


def go(endpoint: str, **values: Any) -> AnyResponse:
    """Send the browser on, to the page's content."""
    anchor = None if endpoint == ".address" else "inhalt"  # there, the first field has the focus
    return redirect(url_for(endpoint, _anchor=anchor, **values), HTTPStatus.SEE_OTHER)


def to_card(_: NoCard) -> AnyResponse:
    """Lead to where one shows a card."""
    return redirect(url_for("slips.card"), HTTPStatus.SEE_OTHER)


def trouble(text: str, status: HTTPStatus = HTTPStatus.SERVICE_UNAVAILABLE) -> tuple[str, int]:
    """Return the page that says what is in the way."""
    return render_template("home/trouble.html", problem=say(text)), status
