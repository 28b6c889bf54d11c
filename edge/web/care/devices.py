"""`/pflege/geraete`: who has which device; hand one out, confirm it, take it back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from flask import Blueprint, abort, current_app, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from edge.clock import Clock
from edge.config import Config
from edge.learning.errors import Refused
from edge.ward.devices import Devices, Handed
from edge.web import words
from edge.web.access import visit
from edge.web.care.point import Opener, Point, care_blueprint
from edge.web.staff import entered, go

_ADDRESS = re.compile(r"(?:[0-9A-F]{2}:){5}[0-9A-F]{2}")


def device_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the pages below `/pflege/geraete`."""
    pages = care_blueprint("care_devices", "/pflege/geraete")
    views = _Views(Opener(config, clock))
    for rule, method, view in (
        ("", "GET", views.devices),
        ("/ausgeben/<address>", "GET", views.ask),
        ("/ausgeben", "POST", views.hand_out),
        ("/bestaetigen", "POST", views.confirm),
        ("/zuruecknehmen", "POST", views.take_back),
    ):
        pages.add_url_rule(rule, view_func=view, methods=[method], endpoint=view.__name__)
    return pages


class _Views:
    """The views."""

    def __init__(self, opener: Opener) -> None:
        self._opener = opener

    def devices(self) -> str:
        with self._devices() as (point, devices):
            now = words.local(point.now_ms)
            rows = [
                (one, [(each, words.day(each.since, now)) for each in one.holders])
                for one in devices.all()
            ]
        return render_template("care/devices.html", rows=rows, pairing=_pairing())

    def ask(self, address: str) -> str:
        with self._devices() as (point, devices):
            device = _known(devices, _address(address))
            return self._form(point, device)

    def hand_out(self) -> AnyResponse | tuple[str, int]:
        form = entered()
        address = _address(form.text("geraet"))
        with self._devices() as (point, devices):
            device = _known(devices, address)
            try:
                devices.hand_out(address, form.number("person"))
            except Refused as error:
                page = self._form(point, device, error, form.text("person"))
                return page, HTTPStatus.UNPROCESSABLE_ENTITY
        return go(".devices")

    def confirm(self) -> AnyResponse:
        form = entered()
        with self._devices() as (_, devices):
            devices.confirm(_address(form.text("geraet")), form.number("person"), visit().name)
        return go(".devices")

    def take_back(self) -> AnyResponse:
        form = entered()
        with self._devices() as (_, devices):
            devices.take_back(_address(form.text("geraet")), form.number("person"))
        return go(".devices")

    @staticmethod
    def _form(point: Point, device: Handed, error: Refused | None = None, chosen: str = "") -> str:
        with point.vault.open() as personal:
            people = [(one.person, one.name) for one in personal.persons()]
        return render_template(
            "care/device_out.html",
            device=device,
            people=people,
            chosen=chosen,
            error="" if error is None else error.hint,
        )

    @contextmanager
    def _devices(self) -> Iterator[tuple[Point, Devices]]:
        with self._opener.opened() as point:
            yield point, Devices(point.config, point.vault, point.clock)


def _known(devices: Devices, address: str) -> Handed:
    try:
        return devices.one(address)
    except Refused:
        abort(HTTPStatus.NOT_FOUND)


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text.upper()):
        abort(HTTPStatus.NOT_FOUND if request.method == "GET" else HTTPStatus.BAD_REQUEST)
    return text.upper()


def _pairing() -> str:
    return url_for("pairing.sensors") if "pairing.sensors" in current_app.view_functions else ""
