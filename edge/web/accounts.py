"""Who has an account: give one, print its card, block it. For administrators.

A card's content and a start word are shown once. Until then they lie in the administrator's visit.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from http import HTTPStatus

from flask import Blueprint, Flask, redirect, render_template, request, url_for

from edge.access.errors import AccessError, Busy
from edge.access.office import Issued
from edge.access.role import Role
from edge.desk.paper import qr_svg
from edge.store.errors import Locked, StoreError
from edge.store.village_access import LastAdministrator, NoSuchAccount
from edge.web import words
from edge.web.access import access_of, open_blueprint, visit
from edge.web.account_words import ROLE_HINTS, ROLE_WORDS
from edge.web.reach import only_german
from edge.web.sign_in import Page, refused

_ISSUED = "ausgabe"
_LOCKED = (
    "Die Namen sind gerade verschlossen, darum gibt es jetzt keinen neuen Zugang. Was zu tun ist, "
    "zeigt am Hub: dorfhub doctor"
)
_MEANWHILE = (
    "Jemand anders hat diesen Zugang inzwischen geändert. Bitte unten vergleichen und, wenn es so "
    "sein soll, noch einmal speichern."
)


def account_pages(app: Flask) -> Blueprint:
    """Return the pages below `/pult/zugaenge`."""
    pages = Blueprint("accounts", __name__, url_prefix="/pult/zugaenge")
    views = _Views(app)
    for rule, method, view in (
        ("", "GET", views.accounts),
        ("", "POST", views.give),
        ("/ausgabe", "GET", views.issued),
        ("/ausgabe", "POST", views.issued_done),
        ("/<int:number>", "GET", views.account),
        ("/<int:number>/name", "POST", views.rename),
        ("/<int:number>/aufgaben", "POST", views.set_roles),
        ("/<int:number>/karte", "POST", views.new_card),
        ("/<int:number>/startwort", "POST", views.start_word),
        ("/<int:number>/sperren", "POST", views.block),
        ("/<int:number>/freigeben", "POST", views.unblock),
    ):
        pages.add_url_rule(rule, view_func=view, methods=[method], endpoint=view.__name__)
    open_blueprint(pages, Role.ADMINISTRATOR)
    pages.before_request(only_german)
    pages.register_error_handler(StoreError, _store_failed)
    return pages


class _Views:
    """The views."""

    def __init__(self, app: Flask) -> None:
        access = access_of(app)
        self._sessions, self._office = access.sessions, access.office

    def accounts(self) -> Page:
        return self._list({})

    def give(self) -> Page:
        form = request.form
        try:
            issued = self._office.give(form.get("person", ""), _roles())
        except Locked:
            return self._list({"person": _LOCKED}), HTTPStatus.SERVICE_UNAVAILABLE
        except (AccessError, Busy) as error:
            wrong, status, more = refused(error)
            return self._list({getattr(error, "field", "") or "person": wrong}), status, more
        return _hand_out(issued)

    def issued(self) -> Page:
        kept = visit().kept(_ISSUED)
        if not kept:
            return redirect(url_for("accounts.accounts"), HTTPStatus.SEE_OTHER)
        issued = Issued(**json.loads(kept[-1]))
        return render_template(
            "account_issued.html",
            issued=issued,
            known=self._office.account(issued.account),
            qr=qr_svg(issued.card, scale=5) if issued.card else "",
        )

    def issued_done(self) -> Page:
        visit().drop(_ISSUED)
        return redirect(url_for("accounts.accounts"), HTTPStatus.SEE_OTHER)

    def account(self, number: int) -> Page:
        return self._one(number, {})

    def rename(self, number: int) -> Page:
        try:
            self._office.rename(number, request.form.get("person", ""))
        except Locked:
            return self._one(number, {"person": _LOCKED}), HTTPStatus.SERVICE_UNAVAILABLE
        except AccessError as error:
            return self._one(number, {"person": error.hint}), HTTPStatus.UNPROCESSABLE_ENTITY
        return _to(number)

    def set_roles(self, number: int) -> Page:
        known = self._office.account(number)
        if request.form.get("stand") != str(known.account.revision):
            return self._one(number, {"rollen": _MEANWHILE}, _roles()), HTTPStatus.CONFLICT
        try:
            issued = self._office.set_roles(number, _roles())
        except (AccessError, LastAdministrator, Busy) as error:
            hint = getattr(error, "hint", "") or refused(error)[0]
            return self._one(number, {"rollen": hint}, _roles()), HTTPStatus.UNPROCESSABLE_ENTITY
        self._end(number)
        return _hand_out(issued) if issued else _to(number)

    def new_card(self, number: int) -> Page:
        issued = self._office.new_card(number)
        self._end(number)
        return _hand_out(issued)

    def start_word(self, number: int) -> Page:
        try:
            issued = self._office.start_word(number)
        except Busy as error:
            wrong, status, more = refused(error)
            return self._one(number, {"person": wrong}), status, more
        self._end(number)
        return _hand_out(issued)

    def block(self, number: int) -> Page:
        self._office.account(number)
        try:
            self._office.block(number)
        except LastAdministrator as error:
            return self._one(number, {"sperren": error.hint}), HTTPStatus.UNPROCESSABLE_ENTITY
        self._end(number)
        return _to(number)

    def unblock(self, number: int) -> Page:
        self._office.unblock(number)
        return _to(number)

    def _end(self, number: int) -> None:
        """End an account's visits now; the gate would at their next request."""
        if number != visit().account:
            self._sessions.end_where(lambda bearer: bearer.account == number)

    def _list(self, wrong: dict[str, str]) -> str:
        return render_template(
            "accounts.html",
            known=self._office.accounts(),
            wrong=wrong,
            person=request.form.get("person", "")[:200],
            ticked=_roles() if request.method == "POST" else {Role.VOLUNTEER},
            role_words=ROLE_WORDS,
            role_hints=ROLE_HINTS,
            day=_day,
        )

    def _one(
        self, number: int, wrong: dict[str, str], ticked: frozenset[Role] | None = None
    ) -> str:
        known = self._office.account(number)
        return render_template(
            "account.html",
            known=known,
            wrong=wrong,
            ticked=known.roles if ticked is None else ticked,
            role_words=ROLE_WORDS,
            role_hints=ROLE_HINTS,
            day=_day,
            is_own=visit().account == number,
        )


def _roles() -> frozenset[Role]:
    known = {one.value for one in ROLE_WORDS}
    return frozenset(Role(one) for one in request.form.getlist("rollen") if one in known)


def _hand_out(issued: Issued) -> Page:
    visit().drop(_ISSUED)
    visit().keep(_ISSUED, json.dumps(asdict(issued)))
    return redirect(url_for("accounts.issued"), HTTPStatus.SEE_OTHER)


def _to(number: int) -> Page:
    return redirect(url_for("accounts.account", number=number), HTTPStatus.SEE_OTHER)


def _day(at: int | None) -> str:
    return "noch nie" if at is None else words.date(words.local(at))


def _store_failed(error: StoreError) -> tuple[str, int]:
    text = error.hint or "Die Daten des Dorfes sind gerade nicht lesbar."
    page = render_template("error.html", title="Das geht gerade nicht", text=text)
    gone = isinstance(error, NoSuchAccount)
    return page, HTTPStatus.NOT_FOUND if gone else HTTPStatus.SERVICE_UNAVAILABLE
