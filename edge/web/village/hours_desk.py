"""`/pult/oeffnung`: when places are open, in the week and on special days."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from edge.clock import Clock
from edge.config import Config
from edge.learning.entered import Entered
from edge.learning.errors import LearningError
from edge.learning.moment import local_day
from edge.store.edited import EditedSince
from edge.store.village import VillageStore
from edge.village.hours import (
    MAX_NAME,
    MAX_NOTE,
    MAX_PHONE,
    MAX_PLACES,
    Place,
    SpecialDays,
    checked,
    read_spans,
)
from edge.village.hours import shown as told_spans
from edge.village.words import Refused
from edge.web.access import Role, open_blueprint
from edge.web.desk.point import desk_blueprint
from edge.web.staff import entered, go
from edge.web.village import shown
from edge.web.village.words import WEEKDAYS, hours

MOST = {"name": MAX_NAME, "phone": MAX_PHONE, "note": MAX_NOTE, "why": MAX_NAME}
DONE = {"gespeichert": "Die Öffnungszeiten sind gespeichert.", "entfernt": "Der Ort ist entfernt."}


def hour_desk_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the pages below `/pult/oeffnung`."""
    pages = desk_blueprint("desk_hours", "/pult/oeffnung")
    views = _Pages(config, clock)
    for rule, method, view in (
        ("", "GET", views.places),
        ("/<int:number>", "GET", views.place),
        ("/<int:number>", "POST", views.put),
        ("/<int:number>/entfernen", "POST", views.remove),
    ):
        pages.add_url_rule(rule, view_func=view, methods=[method], endpoint=view.__name__)
    open_blueprint(pages, Role.VOLUNTEER)
    return pages


class _Pages:
    """The views. Number 0 is a place that is not there yet."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config = config
        self._clock = clock

    def places(self) -> str:
        now = self._clock.stamp().wall_ms
        with self._village() as village:
            rows = [(one, shown.opening(one, now)) for one in village.places()]
        return render_template(
            "village/hours_desk.html", rows=rows, done=DONE.get(request.args.get("getan", ""))
        )

    def place(self, number: int) -> str:
        found = self._place(number)
        return self._form(found, _entered(found))

    def put(self, number: int) -> tuple[str, int] | AnyResponse:
        form = entered()
        found = self._place(number)
        try:
            made = self._read(form, found)
            with self._village() as village:
                if not number and len(village.places()) >= MAX_PLACES:
                    raise Refused("full", f"Es gibt schon {MAX_PLACES} Orte: Mehr gehen nicht.")
                village.put_place(made)
        except LearningError as error:
            return self._form(found, form, error), HTTPStatus.UNPROCESSABLE_ENTITY
        except EditedSince:
            now = self._place(number)
            return self._form(now, form, theirs=now), HTTPStatus.CONFLICT
        return go(".places", getan="gespeichert")

    def remove(self, number: int) -> tuple[str, int] | AnyResponse:
        form = entered()
        try:
            with self._village() as village:
                village.remove_place(number, form.number("rev"))
        except EditedSince:
            now = self._place(number)
            return self._form(now, _entered(now), theirs=now), HTTPStatus.CONFLICT
        return go(".places", getan="entfernt")

    def _read(self, form: Entered, found: Place) -> Place:
        drop = set(form.many("weg"))
        special = [
            one
            for one in found.special
            if f"{one.first.isoformat()}_{one.last.isoformat()}" not in drop
        ]
        if form.text("first").strip():
            first = form.day("first")
            last = form.day("last") if form.text("last").strip() else first
            spans = read_spans(form.text("spans"), "spans")
            special.append(SpecialDays(first, last, spans, form.text("why")))
        made = Place(
            place=found.place,
            name=form.text("name"),
            phone=form.text("phone"),
            note=form.text("note"),
            on_holidays=form.has("on_holidays"),
            week={day: read_spans(form.text(f"tag{day}"), f"tag{day}") for day in range(7)},
            special=tuple(special),
            rev=form.number("rev"),
        )
        return checked(made, local_day(self._clock.stamp().wall_ms))

    def _form(
        self,
        place: Place,
        form: Entered,
        error: LearningError | None = None,
        *,
        theirs: Place | None = None,
    ) -> str:
        week = None
        if theirs is not None:
            week = [(name, hours(theirs.week.get(day, ()))) for day, name in enumerate(WEEKDAYS)]
        return render_template(
            "village/hours_edit.html",
            place=place,
            form=form,
            error=error,
            theirs=theirs,
            their_week=week,
            weekdays=WEEKDAYS,
            special=[(one, hours(one.spans)) for one in place.special],
            most=MOST,
        )

    def _place(self, number: int) -> Place:
        if not number:
            return Place(name="")
        with self._village() as village:
            return village.place(number)

    def _village(self) -> VillageStore:
        return VillageStore(self._config.hub.village_db)


def _entered(place: Place) -> Entered:
    """Return a form filled with a place's hours."""
    values = {"name": place.name, "phone": place.phone, "note": place.note}
    values |= {f"tag{day}": told_spans(place.week.get(day, ())) for day in range(7)}
    if place.on_holidays:
        values["on_holidays"] = "1"
    return Entered({name: [value] for name, value in values.items()})
