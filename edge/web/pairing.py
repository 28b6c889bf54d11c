"""The volunteers' pages for care sensors: pair one, name it, unpair it.

The pages ask through village.db; the collector alone has the radio. While it works the page loads
itself anew every few seconds, and says how to stop that. Volunteers read German here.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from edge.clock import Clock
from edge.config import Config
from edge.store.errors import StoreError
from edge.store.scale_users import ScaleUsers, UsersUnreadable
from edge.store.shared import looking
from edge.store.village import VillageStore
from edge.store.village_rows import Request
from edge.web.access import Role, open_blueprint
from edge.web.pairing_page import gather_sensors, near_views, progress_of, unserved
from edge.web.reach import only_german
from edge.web.scale_users import add_user_pages

LOOK_S = 300  # then the search ends; whoever is still there starts it again
PAIR_S = 40
REFRESH_S = 4
WORK_REFRESH_S = {"waiting": 2, "connecting": 2, "passkey": 30}  # who types is not disturbed
MAX_NAME = 60
HOURS = (
    (0, "wie üblich"),
    (12, "12 Stunden"),
    (36, "anderthalb Tage"),
    (96, "4 Tage"),
    (192, "8 Tage"),
)

_ADDRESS = re.compile(r"(?:[0-9A-F]{2}:){5}[0-9A-F]{2}")


def pairing_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the pages below `/geraete/koppeln`."""
    pages = Blueprint("pairing", __name__, url_prefix="/geraete/koppeln")
    views = _Pages(config, clock)
    for rule, method, view in (
        ("", "GET", views.sensors),
        ("/suche", "POST", views.start_look),
        ("/suche/<int:number>", "GET", views.look),
        ("/neu", "POST", views.start_pairing),
        ("/vorgang/<int:number>", "GET", views.progress),
        ("/vorgang/<int:number>/code", "POST", views.give_code),
        ("/name", "POST", views.give_name),
        ("/loesen/<address>", "GET", views.ask_unpair),
        ("/loesen", "POST", views.unpair),
    ):
        pages.add_url_rule(rule, view_func=view, methods=[method], endpoint=view.__name__)
    add_user_pages(pages, config, clock)
    open_blueprint(pages, Role.VOLUNTEER, Role.CARER)  # who hands out devices pairs them
    pages.before_request(only_german)
    pages.register_error_handler(StoreError, _store_failed)
    return pages


class _Pages:
    """The views."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config = config
        self._clock = clock

    def sensors(self) -> tuple[str, int]:
        page = gather_sensors(self._config, self._clock)
        status = HTTPStatus.SERVICE_UNAVAILABLE if page.problem else HTTPStatus.OK
        return render_template("sensors.html", page=page), status

    def start_look(self) -> AnyResponse:
        return _go(".look", number=self._ask("look", {"wait_s": LOOK_S}))

    def look(self, number: int) -> str:
        found = self._asked(number, "look")
        if found is None:
            abort(HTTPStatus.NOT_FOUND)
        halted = "halt" in request.args
        now_ms = self._clock.stamp().wall_ms
        hint = unserved(found, self._config, now_ms)
        if found.state == "failed":
            hint = str((found.result or {}).get("hint", ""))
        return render_template(
            "look.html",
            number=number,
            found=near_views(found),
            over=found.state == "done",
            hint=hint,
            halted=halted,
            refresh_s=REFRESH_S if found.state == "open" and not halted and not hint else None,
        )

    def start_pairing(self) -> AnyResponse:
        arguments: dict[str, object] = {"address": _address(), "wait_s": PAIR_S}
        if request.form.get("sos"):
            arguments["sos"] = True
        return _go(".progress", number=self._ask("pair", arguments))

    def progress(self, number: int) -> str:
        found = self._asked(number, "pair", "unpair")
        with looking(self._config.hub.village_db) as village:
            how = progress_of(found, number, village.sensor_lives())
        if how.step == "gone" or found is None:
            abort(HTTPStatus.NOT_FOUND)
        if hint := unserved(found, self._config, self._clock.stamp().wall_ms):
            how = replace(how, step="failed", hint=hint)
        with suppress(UsersUnreadable):  # the list of sensors says it
            if how.address in ScaleUsers(self._config.hub.scale_users).devices():
                how = replace(how, has_users=True)
        return render_template(
            "pairing.html",
            how=how,
            refresh_s=WORK_REFRESH_S.get(how.step),
            hours=HOURS,
            wrong="falsch" in request.args,
        )

    def give_code(self, number: int) -> AnyResponse:
        digits = re.sub(r"\s", "", request.form.get("code", ""))
        if not re.fullmatch(r"[0-9]{6}", digits):
            return _go(".progress", number=number, falsch=1)
        self._ask("passkey", {"pairing": number, "passkey": int(digits)})
        return _go(".progress", number=number)

    def give_name(self) -> AnyResponse:
        name = "".join(c for c in request.form.get("name", "") if c.isprintable()).strip()
        hours = request.form.get("stunden", "0")
        address = _address()
        with VillageStore(self._config.hub.village_db) as village:
            if all(one.address != address for one in village.ble_devices()):
                abort(HTTPStatus.NOT_FOUND)
            if name:
                village.rename_sensor(address, name[:MAX_NAME])
            if hours in {str(one) for one, _ in HOURS}:
                village.expect_sensor(address, int(hours) * 3600 or None)
        return _go(".sensors")

    def ask_unpair(self, address: str) -> str:
        page = gather_sensors(self._config, self._clock)
        sensor = next((one for one in page.sensors if one.address == address), None)
        if sensor is None:
            abort(HTTPStatus.NOT_FOUND)
        return render_template("unpair.html", sensor=sensor)

    def unpair(self) -> AnyResponse:
        return _go(".progress", number=self._ask("unpair", {"address": _address()}))

    def _ask(self, kind: str, arguments: dict[str, object]) -> int:
        with VillageStore(self._config.hub.village_db) as village:
            return village.ask(kind, arguments, self._clock.stamp().wall_ms)

    def _asked(self, number: int, *kinds: str) -> Request | None:
        with looking(self._config.hub.village_db) as village:
            found = village.request(number)
        return found if found is not None and found.kind in kinds else None


def _go(endpoint: str, **values: Any) -> AnyResponse:
    """Send the browser on, so that loading the page anew sends nothing twice."""
    return redirect(url_for(endpoint, **values), HTTPStatus.SEE_OTHER)


def _store_failed(error: StoreError) -> tuple[str, int]:
    text = error.hint or "Die Daten des Dorfes sind gerade nicht lesbar."
    page = render_template("error.html", title="Das geht gerade nicht", text=text)
    return page, HTTPStatus.SERVICE_UNAVAILABLE


def _address() -> str:
    address = request.form.get("address", "").upper()
    if not _ADDRESS.fullmatch(address):
        abort(HTTPStatus.BAD_REQUEST)
    return address
