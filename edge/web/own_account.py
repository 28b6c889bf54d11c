"""What somebody who is signed in changes of their own: password and picture PIN."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Flask, redirect, render_template, request, url_for

from edge.access.errors import AccessError, Busy
from edge.access.pictures import PICKS, PICTURES
from edge.access.role import WITH_PASSWORD, Way
from edge.access.words import LEAST_PASSWORD
from edge.web.access import access_of, open_to_accounts, visit
from edge.web.account_words import ROLE_WORDS
from edge.web.reach import only_german
from edge.web.sign_in import Page, refused, terminal, typed_twice

_CHOSEN = "neue-bilder"


def own_account_pages(app: Flask) -> Blueprint:
    """Return the pages below `/pult/mein`."""
    pages = Blueprint("own_account", __name__, url_prefix="/pult/mein")
    views = _Views(app)
    for rule, method, view in (
        ("", "GET", views.mine),
        ("/passwort", "POST", views.change_password),
        ("/bilder", "GET", views.choose_pictures),
        ("/bilder", "POST", views.change_pictures),
    ):
        pages.add_url_rule(rule, view_func=view, methods=[method], endpoint=view.__name__)
    pages.before_request(only_german)
    return pages


class _Views:
    """The views."""

    def __init__(self, app: Flask) -> None:
        access = access_of(app)
        self._door, self._office = access.door, access.office

    @open_to_accounts
    def mine(self) -> Page:
        return self._page({})

    @open_to_accounts
    def change_password(self) -> Page:
        try:
            bearer = self._office.change_password(
                visit().bearer, request.form.get("alt", ""), typed_twice(), self._door, terminal()
            )
        except (AccessError, Busy) as error:
            wrong, status, more = refused(error)
            field = getattr(error, "field", "") or "alt"
            if field == "name":
                field, wrong = "alt", "Das bisherige Passwort stimmt nicht."
            return self._page({field: wrong}), status, more
        visit().begin(bearer)
        return redirect(url_for("own_account.mine", gut="passwort"), HTTPStatus.SEE_OTHER)

    @open_to_accounts
    def choose_pictures(self) -> Page:
        return _picture_page("")

    @open_to_accounts
    def change_pictures(self) -> Page:
        """Take one more picture; the third one makes them the new picture PIN."""
        found, picked = visit(), request.form.get("bild", "")
        picks = found.kept(_CHOSEN)
        if "neu" in request.form:
            found.drop(_CHOSEN)
        elif picked in PICTURES and picked not in picks:
            found.keep(_CHOSEN, picked)
            picks = (*picks, picked)
            if len(picks) == PICKS:
                found.drop(_CHOSEN)
                try:
                    bearer = self._office.change_pictures(found.bearer, picks)
                except (AccessError, Busy) as error:
                    wrong, status, more = refused(error)
                    return _picture_page(wrong), status, more
                found.begin(bearer)
                return redirect(url_for("own_account.mine", gut="bilder"), HTTPStatus.SEE_OTHER)
        return redirect(url_for("own_account.choose_pictures"), HTTPStatus.SEE_OTHER)

    def _page(self, wrong: dict[str, str]) -> str:
        bearer = visit().bearer
        known = self._office.account(bearer.account or 0)
        return render_template(
            "own_account.html",
            wrong=wrong,
            good=request.args.get("gut", ""),
            fresh="neu" in request.args,
            known=known,
            roles=[ROLE_WORDS[one] for one in ROLE_WORDS if one in known.roles],
            must_change=bearer.way is Way.START,
            asks_old=known.account.password is not None and bearer.way is not Way.START,
            wants_password=bool(known.roles & WITH_PASSWORD),
            least=LEAST_PASSWORD,
        )


def _picture_page(wrong: str) -> str:
    picked = visit().kept(_CHOSEN)
    return render_template(
        "own_pictures.html", wrong=wrong, picked=len(picked), picks=PICKS, pictures=PICTURES
    )
