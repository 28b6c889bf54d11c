"""`/ausleihe`: date first, then what is free; reserving needs a name and nothing else.

A slip's number goes into the visit, never into an address. What this visit reserved can be looked
at also while names are locked.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from edge.clock import Clock
from edge.config import Config
from edge.desk.lending import LendingDesk, LoanSlip
from edge.learning.entered import Entered
from edge.learning.errors import LearningError, Refused
from edge.learning.moment import local_day
from edge.lending.asset import Asset, Kind
from edge.lending.availability import may_ask
from edge.store.errors import StoreError
from edge.store.personal_borrowers import NoSuchBorrower
from edge.store.village_lending import JustTaken, NoSuchAsset, NoSuchLoan
from edge.web import lending_words
from edge.web.access import Role, open_blueprint, visit
from edge.web.lending_page import (
    Wish,
    asset_view,
    calendar,
    device_wish,
    loan_view,
    room_wish,
    usual,
)
from edge.web.point import Door, Point
from edge.web.tongue import say
from edge.web.typed_numbers import LOAN, MAX_TYPED, Numbers, keep_loan, must_wait, note_wrong

_ROOM_FIELDS = {"first": "day", "last": "end"}  # a room has one day


def lending_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the public pages of lending."""
    pages = Blueprint("lending", __name__)
    open_blueprint(pages, Role.VILLAGER)
    views = _Views(config, clock)
    for rule, method, view in (
        ("/ausleihe", "GET", views.start),
        ("/ausleihe/geraete", "GET", views.devices),
        ("/ausleihe/raeume", "GET", views.rooms),
        ("/ausleihe/<int:number>", "GET", views.asset),
        ("/ausleihe/<int:number>/reservieren", "GET", views.form),
        ("/ausleihe/<int:number>/reservieren", "POST", views.reserve),
        ("/ausleihe/zettel", "GET", views.enter),
        ("/ausleihe/zettel", "POST", views.look_up),
        ("/ausleihe/zettel/<int:place>", "GET", views.slip),
        ("/ausleihe/zettel/<int:place>/absagen", "GET", views.ask),
        ("/ausleihe/zettel/<int:place>/absagen", "POST", views.cancel),
    ):
        pages.add_url_rule(rule, view_func=view, endpoint=view.__name__, methods=[method])
    return pages


class _Views:
    """The views."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._door = Door(config, clock)
        self._numbers = Numbers(config, clock)

    def start(self) -> str:
        with self._desk() as desk:
            kinds = {one.kind for one in desk.assets()}
            now = desk.now()
        return _start(kinds, usual(now))

    def devices(self) -> str | tuple[str, int]:
        return self._choices("device")

    def rooms(self) -> str | tuple[str, int]:
        return self._choices("room")

    def asset(self, number: int) -> str:
        with self._desk() as desk:
            asset = _lent(desk, number)
            today = local_day(desk.now())
            try:
                first = max(Entered({"ab": [request.args.get("ab", "")]}).day("ab"), today)
            except Refused:
                first = today
            shown = calendar(desk, asset, first)
        return render_template(
            "asset.html",
            item=asset_view(asset),
            calendar=shown,
            can_go_back=first > today,
            values=usual(self._door.now_ms),
        )

    def form(self, number: int) -> AnyResponse | str:
        with self._desk() as desk:
            asset = _lent(desk, number)
            try:
                wish = _wish(asset.kind, _asked())
                may_ask(asset.kind == "room", wish.times, desk.now())
            except LearningError:
                return redirect(url_for(".asset", number=number), HTTPStatus.SEE_OTHER)
            token = desk.token()
        return _form(asset, wish, token)

    def reserve(self, number: int) -> AnyResponse | tuple[str, int]:
        form = Entered(request.form.to_dict(flat=False))
        with self._desk() as desk:
            asset = _lent(desk, number)
            try:
                wish = _wish(asset.kind, form)
            except LearningError:
                return redirect(url_for(".asset", number=number), HTTPStatus.SEE_OTHER)
            token = form.text("token") or "-"
            name, phone = form.text("name"), form.text("phone")
            try:
                slip = desk.reserve(number, wish.times, name, phone=phone, token=token)
            except JustTaken as error:
                page = self._found(desk, wish, lending_words.refused(error))
                return page, HTTPStatus.CONFLICT
            except LearningError as error:
                text = lending_words.refused(error)
                page = _form(
                    asset, wish, token, name=name, phone=phone, field=error.field, problem=text
                )
                return page, HTTPStatus.UNPROCESSABLE_ENTITY
            except StoreError as error:
                text = lending_words.refused(error)
                page = _form(asset, wish, token, name=name, phone=phone, problem=text)
                return page, HTTPStatus.SERVICE_UNAVAILABLE
        place = keep_loan(slip)
        return redirect(url_for(".slip", place=place) + "#inhalt", HTTPStatus.SEE_OTHER)

    def enter(self) -> str:
        return _enter()

    def look_up(self) -> AnyResponse | tuple[str, int]:
        typed = request.form.get("nummer", "")[:MAX_TYPED].strip()
        if text := must_wait(self._clock):
            return _enter(text), HTTPStatus.TOO_MANY_REQUESTS
        if not typed:
            text = say("Bitte die Nummer eintragen.")
            return _enter(text), HTTPStatus.UNPROCESSABLE_ENTITY
        try:
            with self._door.open() as point:
                address = self._address(point, typed)
        except (LearningError, StoreError) as error:
            if isinstance(error, NoSuchBorrower):
                note_wrong(self._clock)
            return _enter(lending_words.trouble(error), typed), HTTPStatus.UNPROCESSABLE_ENTITY
        return redirect(address, HTTPStatus.SEE_OTHER)

    def _address(self, point: Point, typed: str) -> str:
        """Return where a number leads: to a slip of lending, else of a course or the board."""
        desk = LendingDesk.of(self._config, point.village, point.vault, self._clock)
        try:
            slip = desk.my(typed)
        except NoSuchBorrower:
            if address := self._numbers.leads_to(point, typed, beside="loan"):
                return address
            raise
        return url_for(".slip", place=keep_loan(slip)) + "#inhalt"

    def slip(self, place: int) -> AnyResponse | str:
        found = self._kept(place)
        if found is None:
            return redirect(url_for(".enter"), HTTPStatus.SEE_OTHER)
        return render_template("loan_slip.html", slip=loan_view(found, place, self._door.now_ms))

    def ask(self, place: int) -> AnyResponse | str:
        found = self._kept(place)
        if found is None or found.loan.state != "reserved":
            return redirect(url_for(".slip", place=place), HTTPStatus.SEE_OTHER)
        return render_template("loan_cancel.html", slip=loan_view(found, place, self._door.now_ms))

    def cancel(self, place: int) -> AnyResponse:
        found = self._kept(place)
        if found is not None:
            # refused if it is out by now: the slip says so
            with self._desk() as desk, suppress(Refused):
                desk.cancel_loan(found.loan.loan)
        return redirect(url_for(".slip", place=place), HTTPStatus.SEE_OTHER)

    @contextmanager
    def _desk(self) -> Iterator[LendingDesk]:
        with self._door.open() as point:
            yield LendingDesk.of(self._config, point.village, point.vault, self._clock)

    def _choices(self, kind: Kind) -> str | tuple[str, int]:
        form = _asked()
        with self._desk() as desk:
            try:
                wish = _wish(kind, form)
                return self._found(desk, wish)
            except LearningError as error:
                kinds = {one.kind for one in desk.assets()}
                typed = {name: form.text(name) for name in form.values}
                values = usual(desk.now()) | typed
                field = (
                    _ROOM_FIELDS.get(error.field, error.field) if kind == "room" else error.field
                )
                page = _start(kinds, values, field, lending_words.refused(error))
                return page, HTTPStatus.UNPROCESSABLE_ENTITY

    def _found(self, desk: LendingDesk, wish: Wish, problem: str = "") -> str:
        choices = desk.choices(wish.kind, wish.times)
        return render_template(
            "lending_free.html",
            wish=wish,
            free=[asset_view(one.asset) for one in choices if one.free],
            lent=[asset_view(one.asset) for one in choices if not one.free],
            problem=problem,
        )

    def _kept(self, place: int) -> LoanSlip | None:
        kept = visit().kept(LOAN)
        if not 1 <= place <= len(kept):
            return None
        number, loan = kept[place - 1].split()
        with self._desk() as desk:
            try:
                return desk.slip_of(number, int(loan))
            except NoSuchLoan:
                return None


def _asked() -> Entered:
    return Entered(request.args.to_dict(flat=False))


def _wish(kind: Kind, form: Entered) -> Wish:
    return room_wish(form) if kind == "room" else device_wish(form)


def _lent(desk: LendingDesk, number: int) -> Asset:
    try:
        asset = desk.asset(number)
    except NoSuchAsset:
        abort(HTTPStatus.NOT_FOUND)
    if asset.state == "gone":
        abort(HTTPStatus.NOT_FOUND)
    return asset


def _start(kinds: set[Kind], values: dict[str, str], field: str = "", problem: str = "") -> str:
    return render_template(
        "lending.html",
        kinds=kinds,
        values=values,
        errors={field: problem} if field else {},
        problem=problem,
        places=range(1, len(visit().kept(LOAN)) + 1),
    )


def _form(
    asset: Asset,
    wish: Wish,
    token: str,
    *,
    name: str = "",
    phone: str = "",
    field: str = "",
    problem: str = "",
) -> str:
    return render_template(
        "reserve.html",
        item=asset_view(asset),
        wish=wish,
        token=token,
        name=name,
        phone=phone,
        errors={field: problem} if field in ("name", "phone") else {},
        problem=problem,
    )


def _enter(problem: str = "", typed: str = "") -> str:
    places = range(1, len(visit().kept(LOAN)) + 1)
    return render_template("loan_enter.html", problem=problem, typed=typed, places=places)
