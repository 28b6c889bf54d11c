"""The volunteers' pages for a scale's users: register one, enter a code, tell it data, forget one.

Whose a user's number is stands on no page: it is said at the hub, where personal.db is unlocked.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from edge.clock import Clock, to_datetime
from edge.config import Config
from edge.store.scale_data import lay_down, remove
from edge.store.scale_users import MAX_INDEX, ScaleUsers
from edge.store.shared import looking
from edge.store.village import VillageStore
from edge.store.village_rows import BleDevice
from edge.web.pairing_page import unserved
from edge.web.scale_users_page import progress_of_user, user_views
from hardware.ble.user_profile import HEIGHTS_CM, Sex, UserProfile, write_profile

WAIT_S = 120
REFRESH_S = 3
_DATA = ("geboren", "geschlecht", "groesse")
_SEXES = {"w": Sex.FEMALE, "m": Sex.MALE}
_ADDRESS = re.compile(r"(?:[0-9A-F]{2}:){5}[0-9A-F]{2}")


def add_user_pages(pages: Blueprint, config: Config, clock: Clock) -> None:
    """Add the pages below `benutzer/` to those of pairing."""
    views = _UserPages(config, clock)
    for rule, method, view in (
        ("/benutzer/<address>", "GET", views.scale_users),
        ("/benutzer/neu", "POST", views.register_user),
        ("/benutzer/code", "POST", views.enter_code),
        ("/benutzer/angaben", "POST", views.tell_scale),
        ("/benutzer/vergessen", "POST", views.forget_user),
        ("/benutzer/vorgang/<int:number>", "GET", views.user_progress),
    ):
        pages.add_url_rule(rule, view_func=view, methods=[method], endpoint=view.__name__)


class _UserPages:
    """The views."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._users = ScaleUsers(config.hub.scale_users)

    def scale_users(self, address: str) -> str:
        scale = self._scale(address)
        return render_template(
            "scale_users.html",
            scale=scale,
            users=user_views(self._users.users(scale.address)),
            pending=self._users.user(scale.address, None) is not None,
            wrong=request.args.get("falsch", ""),
            heights=HEIGHTS_CM,
            max_index=MAX_INDEX,
        )

    def register_user(self) -> AnyResponse:
        scale = self._scale(request.form.get("address", ""))
        more: dict[str, object] = {}
        if request.form.get("keiner"):
            more["anew"] = True
        elif "nummer" in request.form:
            index = _number("nummer", MAX_INDEX)
            if index is None:
                return _go(".scale_users", address=scale.address, falsch=1)
            more["index"] = index
        return self._ask(scale, "register", **more)

    def enter_code(self) -> AnyResponse:
        scale = self._scale(request.form.get("address", ""))
        index, code = _number("nummer", MAX_INDEX), _number("code", 9999)
        if index is None or code is None:
            return _go(".scale_users", address=scale.address, falsch=1)
        self._users.enter(scale.address, index, code, self._clock.stamp().wall_ms)
        return self._ask(scale, "try", index=index)

    def tell_scale(self) -> AnyResponse:
        """Pass on what a person tells the scale; nothing of it stands in a database."""
        scale = self._scale(request.form.get("address", ""))
        index, profile = _number("nummer", MAX_INDEX), self._profile()
        if index is None or profile is None or self._users.user(scale.address, index) is None:
            return _go(".scale_users", address=scale.address, falsch="angaben")
        now_ms = self._clock.stamp().wall_ms
        token = lay_down(self._config.hub.run, write_profile(profile), now_ms)
        return self._ask(scale, "data", index=index, file=token)

    def _profile(self) -> UserProfile | None:
        """Return what was told, None if it is nothing, or nobody's."""
        born, sex, height = (request.form.get(name, "").strip() for name in _DATA)
        if not (born or sex or height) or sex not in {"", *_SEXES}:
            return None
        today = to_datetime(self._clock.stamp().wall_ms).astimezone().date()
        try:
            profile = UserProfile(
                _day(born) if born else None, _SEXES.get(sex), int(height) if height else None
            )
            profile.writes(today)
        except ValueError:
            return None
        return profile

    def forget_user(self) -> AnyResponse:
        scale = self._scale(request.form.get("address", ""))
        index = _number("nummer", MAX_INDEX)
        if index is None or not self._users.forget(scale.address, index):
            abort(HTTPStatus.NOT_FOUND)
        return _go(".scale_users", address=scale.address)

    def user_progress(self, number: int) -> str:
        with looking(self._config.hub.village_db) as village:
            found = village.request(number)
            scales = {one.address: one for one in village.ble_devices()}
        if found is None or found.kind != "user":
            abort(HTTPStatus.NOT_FOUND)
        scale = scales.get(str(found.arguments.get("address")))
        if scale is None:
            abort(HTTPStatus.NOT_FOUND)
        hint = unserved(found, self._config, self._clock.stamp().wall_ms)
        how = progress_of_user(found, hint)
        if how.step != "waiting":
            remove(self._config.hub.run, found.arguments.get("file"))
        refresh_s = REFRESH_S if how.step == "waiting" else None
        return render_template("scale_user.html", how=how, scale=scale, refresh_s=refresh_s)

    def _scale(self, address: str) -> BleDevice:
        """Return the paired scale of that address; 404 if there is none that has users."""
        text = address.upper()
        if not _ADDRESS.fullmatch(text):
            abort(HTTPStatus.NOT_FOUND)
        with looking(self._config.hub.village_db) as village:
            found = next((one for one in village.ble_devices() if one.address == text), None)
        if found is None or text not in self._users.devices():
            abort(HTTPStatus.NOT_FOUND)
        return found

    def _ask(self, scale: BleDevice, action: str, **more: object) -> AnyResponse:
        arguments = {"action": action, "address": scale.address, "wait_s": WAIT_S, **more}
        with VillageStore(self._config.hub.village_db) as village:
            number = village.ask("user", arguments, self._clock.stamp().wall_ms)
        return _go(".user_progress", number=number)


def _day(text: str) -> date:
    """Return the day that a browser's field, or a person, wrote.

    :raises ValueError: if it is none.
    """
    return datetime.strptime(text, "%d.%m.%Y" if "." in text else "%Y-%m-%d").date()  # noqa: DTZ007  # a day


def _number(name: str, largest: int) -> int | None:
    text = request.form.get(name, "").strip()
    if not re.fullmatch("[0-9]{1,4}", text) or int(text) > largest:
        return None
    return int(text)


def _go(endpoint: str, **values: Any) -> AnyResponse:
    """Send the browser on, so that loading the page anew sends nothing twice."""
    return redirect(url_for(endpoint, **values), HTTPStatus.SEE_OTHER)
