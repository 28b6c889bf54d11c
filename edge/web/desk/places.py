"""`/pult/raeume`: seasons, rooms, days without courses, and who teaches."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from edge.clock import Clock
from edge.config import Config
from edge.desk.places import PlaceDesk
from edge.learning.entered import Entered
from edge.learning.errors import LearningError
from edge.store.errors import Locked
from edge.web import words
from edge.web.desk import said
from edge.web.desk.point import Opener, Point, desk_blueprint
from edge.web.staff import entered, go

DONE = {
    "saison": "Die Saison ist gespeichert.",
    "raum": "Der Raum ist gespeichert.",
    "frei": "Die freien Tage sind eingetragen. Kurse, die es schon gibt, bleiben wie sie sind.",
    "offen": "Die Tage sind wieder offen.",
    "leitung": "Gespeichert. Name und Telefon sehen nur Leute am Pult.",
}


def place_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the pages below `/pult/raeume`."""
    pages = desk_blueprint("desk_places", "/pult/raeume")
    views = _Pages(config, clock)
    for rule, method, view in (
        ("", "GET", views.places),
        ("/saison", "GET", views.season),
        ("/saison", "POST", views.put_season),
        ("/raum", "GET", views.room),
        ("/raum", "POST", views.put_room),
        ("/frei", "POST", views.add_free_days),
        ("/offen", "POST", views.remove_free_days),
        ("/leitung", "POST", views.add_trainer),
    ):
        pages.add_url_rule(rule, view_func=view, methods=[method], endpoint=view.__name__)
    return pages


class _Pages(Opener):
    """The views."""

    def places(
        self, form: Entered | None = None, error: LearningError | None = None, about: str = ""
    ) -> tuple[str, int]:
        with self.opened() as point:
            desk = PlaceDesk(point.village, point.vault)
            try:
                trainers = desk.trainers()
                is_locked = False
            except Locked:
                trainers, is_locked = [], True
            return render_template(
                "desk/places.html",
                seasons=point.village.seasons()[::-1],
                rooms=point.village.rooms(),
                free=desk.free_days(),
                trainers=[(one, words.local(one.delete_after)) for one in trainers],
                is_locked=is_locked,
                form=form or Entered({}),
                no_form=Entered({}),
                error=error,
                about=about,
                done=DONE.get(request.args.get("getan", "")),
            ), HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK

    def season(self) -> str | tuple[str, int]:
        with self.opened() as point:
            found = [
                one
                for one in point.village.seasons()
                if one.season_id == request.args.get("saison")
            ]
        values: dict[str, list[str]] = {}
        for one in found:
            values = {
                "season_id": [one.season_id],
                "name": [one.name],
                "first_day": [said.typed(one.first_day)],
                "last_day": [said.typed(one.last_day)],
            }
        return render_template("desk/season.html", form=Entered(values), error=None)

    def put_season(self) -> AnyResponse | tuple[str, int]:
        form = entered()
        try:
            with self.opened() as point:
                PlaceDesk(point.village, point.vault).put_season(
                    form.text("name"),
                    form.day("first_day"),
                    form.day("last_day"),
                    form.text("season_id"),
                )
        except LearningError as error:
            page = render_template("desk/season.html", form=form, error=error)
            return page, HTTPStatus.UNPROCESSABLE_ENTITY
        return go(".places", getan="saison")

    def room(self) -> str:
        with self.opened() as point:
            found = [
                one for one in point.village.rooms() if one.room_id == request.args.get("raum")
            ]
        values: dict[str, list[str]] = {}
        for one in found:
            values = {
                "room_id": [one.room_id],
                "name": [one.name],
                "seats": [str(one.seats)],
                "access": [one.access],
            }
        return render_template("desk/room.html", form=Entered(values), error=None)

    def put_room(self) -> AnyResponse | tuple[str, int]:
        form = entered()
        try:
            with self.opened() as point:
                PlaceDesk(point.village, point.vault).put_room(
                    form.text("name"),
                    form.number("seats"),
                    form.text("access"),
                    form.text("room_id"),
                )
        except LearningError as error:
            page = render_template("desk/room.html", form=form, error=error)
            return page, HTTPStatus.UNPROCESSABLE_ENTITY
        return go(".places", getan="raum")

    def add_free_days(self) -> AnyResponse | tuple[str, int]:
        def add(point: Point, form: Entered) -> None:
            first = form.day("first_day")
            last = form.day("last_day") if form.text("last_day").strip() else first
            PlaceDesk(point.village, point.vault).add_free_days(form.text("name"), first, last)

        return self._do(add, "frei")

    def remove_free_days(self) -> AnyResponse | tuple[str, int]:
        def remove(point: Point, form: Entered) -> None:
            first, last = form.day("first_day"), form.day("last_day")
            days = [first + timedelta(days=at) for at in range(min(400, (last - first).days + 1))]
            PlaceDesk(point.village, point.vault).remove_free_days(days)

        return self._do(remove, "offen")

    def add_trainer(self) -> AnyResponse | tuple[str, int]:
        def add(point: Point, form: Entered) -> None:
            desk = PlaceDesk(point.village, point.vault)
            desk.add_trainer(form.text("name"), form.text("phone"), point.now_ms)

        return self._do(add, "leitung")

    def _do(
        self, change: Callable[[Point, Entered], None], done: str
    ) -> AnyResponse | tuple[str, int]:
        form = entered()
        try:
            with self.opened() as point:
                change(point, form)
        except LearningError as error:
            return self.places(form, error, done)
        return go(".places", getan=done)
