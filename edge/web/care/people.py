"""`/pflege/menschen`: who takes part, whom they have around them, what they agreed to.

Nothing here shows a value. Whoever is a carer may look after these lists; to read values they must
be a contact, and the person must have agreed.
"""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, render_template, request
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from edge.care.kinds import WORDS
from edge.clock import Clock
from edge.config import Config
from edge.desk.paper import qr_svg
from edge.learning.errors import Refused
from edge.store.errors import Locked, StoreError
from edge.ward.audit import AuditPages
from edge.ward.people import People
from edge.web.access import visit
from edge.web.care import people_words as said
from edge.web.care.people_audit import book_lines
from edge.web.care.point import Opener, Point, care_blueprint
from edge.web.staff import entered, go

CARD = "pflege-karte"  # kept in the visit: the card that is to be printed
Page = str | AnyResponse | tuple[str, int]


def people_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the pages below `/pflege/menschen` that are about one person or all."""
    pages = care_blueprint("care_people", "/pflege/menschen")
    views = _Pages(config, clock)
    for rule, method, view in (
        ("", "GET", views.people),
        ("", "POST", views.add),
        ("/<int:person>", "GET", views.person),
        ("/<int:person>/kreis", "POST", views.put),
        ("/<int:person>/kreis/<int:contact>", "GET", views.member),
        ("/<int:person>/kreis/<int:contact>", "POST", views.change),
        ("/<int:person>/kreis/<int:contact>/platz", "POST", views.place),
        ("/<int:person>/kreis/<int:contact>/heraus", "POST", views.take_out),
        ("/<int:person>/karte", "GET", views.paper),
        ("/<int:person>/karte", "POST", views.give_card),
        ("/<int:person>/karte/gedruckt", "POST", views.printed),
        ("/<int:person>/karte/sperren", "POST", views.take_card),
        ("/<int:person>/buch", "GET", views.book),
    ):
        pages.add_url_rule(rule, view_func=view, methods=[method], endpoint=view.__name__)
    return pages


class _Pages(Opener):
    """The views."""

    def people(self) -> Page:
        return self._list()

    def add(self) -> Page:
        name = entered().text("name")
        try:
            with self.opened() as point:
                person = people_of(point).add(name)
        except Locked:
            raise
        except StoreError as error:
            return self._list(error.hint, name[:200]), HTTPStatus.UNPROCESSABLE_ENTITY
        return go(".person", person=person, getan="neu")

    def person(self, person: int) -> Page:
        return self._person(person)

    def put(self, person: int) -> Page:
        form = entered()
        contact = form.number("kontakt")
        if not contact:
            problem = {"kontakt": "Bitte jemanden auswählen, oder zuerst einen Kontakt anlegen."}
            return self._person(person, problem), HTTPStatus.UNPROCESSABLE_ENTITY
        with self.opened() as point:
            people_of(point).put(person, contact, relation=form.text("wer"))
        return go(".person", person=person, getan="kreis", _anchor="kreis")

    def member(self, person: int, contact: int) -> Page:
        return self._member(person, contact, {}) or go(".person", person=person)

    def change(self, person: int, contact: int) -> Page:
        form = entered()
        try:
            quiet = said.quiet_hours(form.text("ruhe-von"), form.text("ruhe-bis"))
        except Refused as error:
            problem = {error.field: error.hint}
            page = self._member(person, contact, problem)
            return (page, 422) if page else go(".person", person=person)
        with self.opened() as point:
            people_of(point).put(
                person,
                contact,
                relation=form.text("wer"),
                quiet=quiet,
                may_name=form.has("name"),
            )
        return go(".person", person=person, getan="kreis", _anchor="kreis")

    def place(self, person: int, contact: int) -> Page:
        with self.opened() as point:
            people_of(point).place(person, contact, entered().number("platz", empty=1))
        return go(".person", person=person, getan="kreis", _anchor="kreis")

    def take_out(self, person: int, contact: int) -> Page:
        with self.opened() as point:
            people_of(point).take_out(person, contact)
        return go(".person", person=person, getan="heraus", _anchor="kreis")

    def give_card(self, person: int) -> Page:
        with self.opened() as point:
            card = people_of(point).give_card(person)
        visit().drop(CARD)
        visit().keep(CARD, card)
        return go(".paper", person=person)

    def paper(self, person: int) -> Page:
        kept = visit().kept(CARD)
        if kept:
            with self.opened() as point:
                owner = people_of(point).owner(kept[-1])
            if owner is not None and owner[0] == person:
                qr = Markup(qr_svg(kept[-1], scale=5))  # noqa: S704  # our own drawing
                return render_template("care/people_card.html", person=person, name=owner[1], qr=qr)
            visit().drop(CARD)
        return go(".person", person=person)

    def printed(self, person: int) -> Page:
        visit().drop(CARD)
        return go(".person", person=person, getan="karte")

    def take_card(self, person: int) -> Page:
        with self.opened() as point:
            people_of(point).take_card(person)
        return go(".person", person=person, getan="karte-weg")

    def book(self, person: int) -> Page:
        with self.opened() as point:
            name = people_of(point).whole(person).name
            found = AuditPages(point.vault, self.clock).book(person, point.reader())
        return render_template(
            "care/people_book.html",
            person=person,
            name=name,
            book=book_lines(found, self.clock.stamp().wall_ms),
        )

    def _list(self, problem: str = "", typed: str = "") -> str:
        with self.opened() as point:
            everybody = people_of(point).everybody()
            contacts = people_of(point).contacts()
        account = visit().account
        return render_template(
            "care/people.html",
            everybody=everybody,
            words=WORDS,
            problem=problem,
            typed=typed,
            is_contact=any(one.account == account for one in contacts),
            done=said.DONE.get(request.args.get("getan", "")),
        )

    def _person(self, person: int, problems: dict[str, str] | None = None) -> str:
        with self.opened() as point:
            desk = people_of(point)
            whole, contacts = desk.whole(person), desk.contacts()
        around = {one.contact.contact for one in whole.circle}
        withdrew = visit().kept(said.WITHDREW)
        visit().drop(said.WITHDREW)
        return render_template(
            "care/people_person.html",
            whole=whole,
            words=WORDS,
            said=said,
            history=said.history(whole.consents, contacts),
            others=[one for one in contacts if one.contact not in around],
            problems=problems or {},
            done=withdrew[-1] if withdrew else said.DONE.get(request.args.get("getan", "")),
        )

    def _member(self, person: int, contact: int, problems: dict[str, str]) -> str | None:
        with self.opened() as point:
            whole = people_of(point).whole(person)
        found = next((one for one in whole.circle if one.contact.contact == contact), None)
        if found is None:
            return None
        form = entered()
        return render_template(
            "care/people_member.html",
            whole=whole,
            member=found,
            said=said,
            problems=problems,
            typed=form if problems else None,
        )


def people_of(point: Point) -> People:
    """Return the people of a hub, as pages call them."""
    return People(point.config, point.vault, point.clock)
