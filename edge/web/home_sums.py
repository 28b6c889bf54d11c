"""`/karte/haus/summe`: letting one's consumption into a sum of households, and no longer."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, render_template, request

from edge.cadastre.household import in_sums, join_sums, leave_sums
from edge.clock import Clock
from edge.config import Config
from edge.desk.vault import Vault
from edge.web import home_words as said
from edge.web.home_visit import Homes, Page, go, person_of


def add_sums(pages: Blueprint, config: Config, clock: Clock) -> None:
    """Let a blueprint have the page."""
    views = _Sums(config, clock)
    for rule, method, view in (
        ("/summe", "GET", views.sums),
        ("/summe", "POST", views.join),
        ("/summe/nicht-mehr", "POST", views.leave),
    ):
        pages.add_url_rule(rule, view_func=view, endpoint=view.__name__, methods=[method])


class _Sums(Homes):
    """The views."""

    def sums(self) -> Page:
        return self._page()

    def join(self) -> Page:
        if not request.form.get("agreed"):
            page = self._page(said.wrong("agreed", "sums"))
            return (page, HTTPStatus.UNPROCESSABLE_ENTITY) if isinstance(page, str) else page
        now_ms = self.clock.stamp().wall_ms
        sentence = "\n\n".join(text for text, _ in said.sentences(said.SENTENCE_SUMS))
        with Vault.of(self.config) as vault, vault.open() as personal:
            person = person_of(personal)
            if not personal.homes_of(person):
                return go(".mine")
            join_sums(personal, person, sentence, now_ms)
        return go(".mine", getan="mitgeholfen")

    def leave(self) -> Page:
        now_ms = self.clock.stamp().wall_ms
        with Vault.of(self.config) as vault, vault.open() as personal:
            leave_sums(personal, person_of(personal), now_ms)
        return go(".mine", getan="nicht-mehr")

    def _page(self, error: str = "") -> Page:
        with Vault.of(self.config) as vault, vault.open() as personal:
            person = person_of(personal)
            if not personal.homes_of(person):
                return go(".mine")
            how = in_sums(personal, person)
        return render_template(
            "home/sums.html", how=how, error=error, sentences=said.sentences(said.SENTENCE_SUMS)
        )
