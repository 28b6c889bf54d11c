"""`/pflege/kontakte`: relatives, helpers, carers and practices, and who of them signs in here."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, current_app, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from edge.access.role import Role
from edge.care.people import ROLE_WORDS, Contact, ContactRole
from edge.clock import Clock
from edge.config import Config
from edge.learning.entered import Entered
from edge.learning.errors import Refused
from edge.store.errors import Locked, StoreError
from edge.store.personal_circle import NoSuchContact
from edge.web.access import access_of, visit
from edge.web.care import people_words as said
from edge.web.care.people import people_of
from edge.web.care.point import Opener, care_blueprint
from edge.web.staff import entered, go

Page = str | AnyResponse | tuple[str, int]


def contact_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the pages below `/pflege/kontakte`."""
    pages = care_blueprint("care_contacts", "/pflege/kontakte")
    views = _Pages(config, clock)
    for rule, method, view in (
        ("", "GET", views.contacts),
        ("", "POST", views.add),
        ("/<int:number>", "GET", views.contact),
        ("/<int:number>", "POST", views.change),
        ("/<int:number>/loeschen", "POST", views.forget),
    ):
        pages.add_url_rule(rule, view_func=view, methods=[method], endpoint=view.__name__)
    return pages


class _Pages(Opener):
    """The views."""

    def contacts(self) -> Page:
        return self._list({})

    def add(self) -> Page:
        form = entered()
        try:
            with self.opened() as point:
                people_of(point).add_contact(
                    form.text("name"), _role(form), phone=form.text("telefon"), account=_account()
                )
        except Refused as error:
            return self._list({error.field: error.hint}, form), HTTPStatus.UNPROCESSABLE_ENTITY
        except Locked:
            raise
        except StoreError as error:
            return self._list({"name": error.hint}, form), HTTPStatus.UNPROCESSABLE_ENTITY
        return go(".contacts", getan="kontakt")

    def contact(self, number: int) -> Page:
        return self._one(number, {})

    def change(self, number: int) -> Page:
        form = entered()
        try:
            with self.opened() as point:
                ended = people_of(point).change_contact(
                    number,
                    form.text("name"),
                    _role(form),
                    phone=form.text("telefon"),
                    account=_account(),
                )
        except Refused as error:
            return self._one(number, {error.field: error.hint}, form), 422
        except (Locked, NoSuchContact):
            raise
        except StoreError as error:
            return self._one(number, {"name": error.hint}, form), 422
        return go(".contacts", getan="kontakt-anders" if ended else "kontakt")

    def forget(self, number: int) -> Page:
        with self.opened() as point:
            people_of(point).forget_contact(number)
        return go(".contacts", getan="geloescht")

    def _list(self, problems: dict[str, str], typed: Entered | None = None) -> str:
        with self.opened() as point:
            contacts = people_of(point).contacts()
        mine = visit().account
        return render_template(
            "care/people_contacts.html",
            contacts=contacts,
            roles=said.ROLES,
            role_words=ROLE_WORDS,
            accounts=_accounts(contacts, None),
            handles=_handles(),
            mine=None if any(one.account == mine for one in contacts) else mine,
            problems=problems,
            typed=typed or Entered({}),
            done=said.DONE.get(request.args.get("getan", "")),
        )

    def _one(self, number: int, problems: dict[str, str], typed: Entered | None = None) -> str:
        with self.opened() as point:
            desk = people_of(point)
            contact, around = desk.contact(number)
            contacts = desk.contacts()
        return render_template(
            "care/people_contact.html",
            contact=contact,
            around=around,
            roles=said.ROLES,
            accounts=_accounts(contacts, contact.account),
            problems=problems,
            typed=typed,
        )


def _role(form: Entered) -> ContactRole:
    try:
        return ContactRole(form.text("rolle"))
    except ValueError:
        raise Refused(
            "no such role", hint="Bitte auswählen, was dieser Kontakt ist.", field="rolle"
        ) from None


def _account() -> int | None:
    """Return the account that was chosen: one of a carer's or volunteer's that stands."""
    chosen = entered().number("zugang")
    return chosen if chosen in _handles() else None


def _handles() -> dict[int, str]:
    """Return the names by which those sign in who may be a contact."""
    found = access_of(current_app).office.accounts()
    return {
        one.account.account: one.name or one.account.handle
        for one in found
        if {Role.CARER, Role.VOLUNTEER} & set(one.account.roles)
    }


def _accounts(contacts: list[Contact], own: int | None) -> list[tuple[str, str]]:
    taken = {one.account for one in contacts} - {own}
    free = [(str(number), name) for number, name in _handles().items() if number not in taken]
    return [("", "meldet sich hier nicht an"), *sorted(free, key=lambda one: one[1].casefold())]
