"""The steps of entering a house: address, house, heating, bills, and agreeing.

What is typed lies in the visit until the last step, where the sentence to agree to stands; only
then something is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from http import HTTPStatus

from flask import Blueprint, render_template, request

from edge.cadastre.household import Agreed, Found, buildings_at, keep
from edge.clock import Clock
from edge.config import Config
from edge.desk.vault import Vault
from edge.heat.bill import MOST_BILLS
from edge.store.personal_homes import NEW
from edge.store.shared import looking
from edge.web import home_form as form
from edge.web import home_words as said
from edge.web import words
from edge.web.access import visit
from edge.web.home_form import STEPS, Draft, Wrong
from edge.web.home_visit import (
    DRAFT,
    Homes,
    Page,
    draft_of,
    go,
    keep_draft,
    person_of,
    so_far,
    told,
)
from edge.web.page import Line
from edge.web.tongue import say


def add_steps(pages: Blueprint, config: Config, clock: Clock) -> None:
    """Let a blueprint have the steps."""
    views = _Steps(config, clock)
    for rule, method, view in (
        ("/neu", "POST", views.anew),
        ("/<int:building>/aendern", "POST", views.change),
        ("/adresse", "GET", views.address),
        ("/adresse", "POST", views.look_up),
        ("/gebaeude", "GET", views.house),
        ("/gebaeude", "POST", views.house_said),
        ("/heizung", "GET", views.heating),
        ("/heizung", "POST", views.heating_said),
        ("/rechnungen", "GET", views.bills),
        ("/rechnungen", "POST", views.bill_said),
        ("/rechnungen/<int:number>/weg", "POST", views.bill_gone),
        ("/pruefen", "GET", views.check),
        ("/pruefen", "POST", views.save),
    ):
        pages.add_url_rule(rule, view_func=view, endpoint=view.__name__, methods=[method])


class _Steps(Homes):
    """The views."""

    def anew(self) -> Page:
        with self.opened():
            keep_draft({})
        return go(".address")

    def change(self, building: int) -> Page:
        with self.opened() as (_, homes):
            home = next((one for one in homes if one.building == building), None)
        if home is None:
            return go(".mine")
        keep_draft(draft_of(home))
        return go(".house")

    def address(self) -> Page:
        with self.opened():
            return self._address(so_far())

    def look_up(self) -> Page:
        typed = _typed("street", "number", "building")
        with self.opened():
            try:
                street, number = form.address(typed)
            except Wrong as wrong:
                return self._address(typed, wrong), HTTPStatus.UNPROCESSABLE_ENTITY
            with looking(self.config.hub.village_db) as village:
                found = buildings_at(village, street, number)
        chosen = next((one for one in found if str(one.building) == typed["building"]), None)
        if chosen is None and len(found) == 1:
            chosen = found[0]
        if chosen is None and not (typed["building"] == str(NEW) and not found):
            bad = Wrong("building") if typed["building"] and found else None
            page = self._address(typed, bad, found, is_asked=True)
            return page, HTTPStatus.UNPROCESSABLE_ENTITY if bad else HTTPStatus.OK
        where = {
            "street": street,
            "number": number,
            "building": str(NEW if chosen is None else chosen.building),
            "address": f"{street} {number}" if chosen is None else chosen.address,
        }
        keep_draft({**so_far(), **where})
        return go(".house")

    def house(self) -> Page:
        return self._fields("home/house.html", "gebaeude", form.HOUSE, so_far())

    def house_said(self) -> Page:
        return self._said("home/house.html", "gebaeude", form.HOUSE, ".heating")

    def heating(self) -> Page:
        return self._fields("home/heating.html", "heizung", form.HEATING, so_far())

    def heating_said(self) -> Page:
        return self._said("home/heating.html", "heizung", form.HEATING, ".bills")

    def bills(self) -> Page:
        draft = so_far()
        with self.opened():
            return _bills(draft, {}) if draft.get("address") else go(".address")

    def bill_said(self) -> Page:
        typed, draft = _typed(*form.BILL_FIELDS), so_far()
        if not draft.get("address"):
            return go(".address")
        with self.opened():
            before = form.bills(draft)
            try:
                one = form.bill(typed, before, self._today)
            except Wrong as wrong:
                return _bills(draft, typed, wrong), HTTPStatus.UNPROCESSABLE_ENTITY
            if one is not None:
                keep_draft(form.with_bills(draft, [*before, one]))
        more = request.form.get("weiter") == "mehr" and len(before) + 1 < MOST_BILLS
        return go(".bills" if more else ".check")

    def bill_gone(self, number: int) -> Page:
        draft = so_far()
        left = [one for at, one in enumerate(form.bills(draft), 1) if at != number]
        if draft:
            keep_draft(form.with_bills(draft, left))
        return go(".bills")

    def check(self) -> Page:
        draft = so_far()
        with self.opened():
            return _check(draft) if draft.get("address") else go(".address")

    def save(self) -> Page:
        draft, now_ms = so_far(), self.clock.stamp().wall_ms
        if not draft.get("address"):
            return go(".address")
        if not request.form.get("agreed"):
            with self.opened():
                return _check(draft, Wrong("agreed")), HTTPStatus.UNPROCESSABLE_ENTITY
        building, address = int(draft.get("building", "0")), draft["address"]
        answers = form.answers(draft, self._today)
        sentence = "\n\n".join(text for text, _ in _sentences(address, is_new=building == NEW))
        with Vault.of(self.config) as vault, vault.open() as personal:
            person = person_of(personal)
            keep(personal, person, Agreed(building, address, sentence), answers, now_ms)
        visit().drop(DRAFT)
        return go(".mine", getan="gespeichert")

    @property
    def _today(self) -> date:
        return words.local(self.clock.stamp().wall_ms).date()

    def _address(
        self,
        typed: Mapping[str, str],
        wrong: Wrong | None = None,
        found: list[Found] | None = None,
        *,
        is_asked: bool = False,
    ) -> str:
        return render_template(
            "home/address.html",
            typed=typed,
            found=[
                (str(one.building), f"{one.address}, {one.municipality}") for one in found or ()
            ],
            is_asked=is_asked,
            new=NEW,
            **_step("adresse", wrong),
        )

    def _fields(
        self,
        template: str,
        key: str,
        names: tuple[str, ...],
        typed: Mapping[str, str],
        wrong: Wrong | None = None,
    ) -> Page:
        if not so_far().get("address"):
            return go(".address")
        with self.opened():
            return _field_page(template, key, names, typed, wrong)

    def _said(self, template: str, key: str, names: tuple[str, ...], then: str) -> Page:
        typed, draft = _typed(*names), so_far()
        try:
            found = form.answered(names, typed, self._today)
        except Wrong as wrong:
            page = self._fields(template, key, names, typed, wrong)
            return (page, HTTPStatus.UNPROCESSABLE_ENTITY) if isinstance(page, str) else page
        if not draft.get("address"):
            return go(".address")
        keep_draft({**draft, **found})
        return go(then)


def _typed(*names: str) -> dict[str, str]:
    return {name: request.form.get(name, "")[: form.MAX_TYPED] for name in names}


def _step(key: str, wrong: Wrong | None) -> dict[str, object]:
    error = "" if wrong is None else said.wrong(wrong.field, wrong.code)
    return {
        "step": STEPS[key],
        "steps": len(STEPS),
        "wrong": "" if wrong is None else wrong.field,
        "error": error,
    }


def _field_page(
    template: str, key: str, names: tuple[str, ...], typed: Mapping[str, str], wrong: Wrong | None
) -> str:
    choices = {name: said.options(name) for name in names if name in said.CHOICES}
    return render_template(
        template,
        typed=typed,
        labels={name: say(said.LABELS[name]) for name in names},
        choices=choices,
        ages=said.options("age_class"),
        address=so_far().get("address", ""),
        **_step(key, wrong),
    )


def _bills(draft: Draft, typed: Mapping[str, str], wrong: Wrong | None = None) -> str:
    given = form.bills(draft)
    return render_template(
        "home/bills.html",
        typed=typed,
        units=said.options("unit"),
        given=[(said.bill_line(one), said.factor_line(one)) for one in given],
        is_full=len(given) >= MOST_BILLS,
        **_step("rechnungen", wrong),
    )


def _check(draft: Draft, wrong: Wrong | None = None) -> str:
    is_new = draft.get("building") == str(NEW)
    return render_template(
        "home/check.html",
        rows=[Line(say(label), said.value(name, draft[name])) for name, label in told(draft)],
        given=[(said.bill_line(one), said.factor_line(one)) for one in form.bills(draft)],
        sentences=_sentences(draft["address"], is_new=is_new),
        **_step("pruefen", wrong),
    )


def _sentences(address: str, *, is_new: bool) -> list[tuple[str, str]]:
    parts = (said.SENTENCE, said.SENTENCE_NEW) if is_new else (said.SENTENCE,)
    return said.sentences(*parts, address=address)
