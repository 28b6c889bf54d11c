"""The pages that everybody in the hall sees: the board, the stick, the meters that are heard."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, jsonify, render_template, request

from edge.clock import Clock
from edge.config import Config
from edge.process.heartbeat import read_all
from edge.store.errors import StoreError
from edge.store.shared import looking
from edge.web.access import Role, open_blueprint, open_to, passive
from edge.web.addresses import data_url
from edge.web.alarm_lines import AlarmPart, alarm_lines
from edge.web.menu import QUIET, tiles
from edge.web.page import MAX_ALARMS, PARTS, gather
from edge.web.reach import only_german
from edge.web.signs import gather_signs
from edge.web.street import gather_street
from edge.web.this_minute import ThisMinute
from edge.web.weather import gather as gather_weather

STICK_REFRESH_S = 3  # somebody stands there with a stick in the machine


def hall_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the pages at the root."""
    pages = Blueprint("hall", __name__)
    views = _Views(config, clock)
    for rule, view in (
        ("/", views.board),
        ("/stick", views.stick),
        ("/alarme", views.alarms),
        ("/geraete", views.street),
        ("/gesund", views.health),
    ):
        pages.add_url_rule(rule, view_func=view, endpoint=view.__name__)
    open_blueprint(pages, Role.VILLAGER)
    return pages


class _Views:
    """The views."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._minute = ThisMinute(config, clock)

    def board(self) -> tuple[str, int]:
        config, clock = self._config, self._clock
        page = self._minute.get("board", lambda: gather(config, clock))
        weather = self._minute.get("weather", lambda: gather_weather(config, clock, today=True))
        status = HTTPStatus.SERVICE_UNAVAILABLE if page.problem else HTTPStatus.OK
        return render_template(
            "board.html",
            page=page,
            tiles=tiles(),
            quiet=tiles(QUIET),
            weather=weather,
            data_url=data_url(config),
            hears=bool(config.receivers),
            senses=config.radio.kind != "off",
            carries=bool(config.sync.sticks),
            refresh_s=STICK_REFRESH_S if any(sign.busy for sign in page.signs) else None,
        ), status

    @passive
    def alarms(self) -> str:
        """Answer with the part of the board that says who is needed."""
        try:
            with looking(self._config.hub.village_db) as village:
                found = alarm_lines(village.hall_alarms(), is_on=self._config.personal.alerts)
        except StoreError:
            found = []
        return render_template("alarms.html", page=AlarmPart(tuple(found[:MAX_ALARMS])))

    def stick(self) -> str:
        signs = gather_signs(self._config, self._clock)
        halted = "halt" in request.args
        return render_template(
            "stick.html", signs=signs, refresh_s=None if halted else STICK_REFRESH_S
        )

    @open_to(Role.VOLUNTEER)
    def street(self) -> tuple[str, int]:
        only_german()
        page = gather_street(self._config, self._clock)
        status = HTTPStatus.SERVICE_UNAVAILABLE if page.problem else HTTPStatus.OK
        return render_template("street.html", page=page), status

    @passive
    def health(self) -> tuple[Response, int]:
        """Say whether this page can do its work, and what it knows of the other processes."""
        beats = read_all(self._config)
        alive = {name: beat.state for name, beat in beats.items() if beat.alive}
        others = {name: alive.get(name, "stopped") for name in PARTS}
        try:
            with looking(self._config.hub.village_db) as village:
                village.newest_round()
        except StoreError as error:
            answer = {"state": "failed", "message": str(error), "parts": others}
            return jsonify(answer), HTTPStatus.SERVICE_UNAVAILABLE
        return jsonify({"state": "ok", "message": "", "parts": others}), HTTPStatus.OK
