"""`/pult/dienste/leute` and `/pult/dienste/stunden`: who helps, what they may, what they did."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from edge.clock import Clock
from edge.config import Config
from edge.learning.entered import Entered
from edge.learning.errors import LearningError
from edge.volunteers import hours
from edge.volunteers.qualification import Qualification, state
from edge.web import words
from edge.web.desk.point import desk_blueprint
from edge.web.desk.rota_visit import Rota, RotaOpener, add_rota_errors, when
from edge.web.staff import entered, go

DONE = {
    "person": "Gespeichert. Name und Telefon sehen nur Leute am Pult.",
    "geloescht": "Gelöscht, mit allen Diensten und Stunden.",
    "qualifikation": "Die Qualifikation ist vermerkt.",
    "geloest": "Niemand meldet sich mehr unter diesem Namen an.",
    "art": "Die Art ist gespeichert.",
    "bestaetigt": "Bestätigt.",
    "stunden": "Die Stunden sind eingetragen.",
}
_HELD = {"valid": "gilt", "soon": "läuft bald ab", "expired": "abgelaufen, zählt nicht"}
_MOODS = {"valid": "success", "soon": "warning", "expired": "danger"}


def people_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the pages of volunteers and hours."""
    pages = desk_blueprint("desk_people", "/pult/dienste")
    add_rota_errors(pages)
    views = _Pages(config, clock)
    for rule, method, view in (
        ("/leute", "GET", views.people),
        ("/leute", "POST", views.add),
        ("/leute/art", "POST", views.add_kind),
        ("/leute/<int:number>", "GET", views.person),
        ("/leute/<int:number>", "POST", views.change),
        ("/leute/<int:number>/qualifikation", "POST", views.hold),
        ("/leute/<int:number>/ohne", "POST", views.drop),
        ("/leute/<int:number>/loeschen", "POST", views.erase),
        ("/leute/<int:number>/loesen", "POST", views.unlink),
        ("/leute/<int:number>/dank", "GET", views.thanks),
        ("/stunden", "GET", views.hours),
        ("/stunden", "POST", views.add_hours),
        ("/stunden/bestaetigen", "POST", views.confirm),
    ):
        pages.add_url_rule(rule, view_func=view, methods=[method], endpoint=view.__name__)
    return pages


class _Pages(RotaOpener):
    """The views."""

    def people(
        self, form: Entered | None = None, error: LearningError | None = None, about: str = ""
    ) -> tuple[str, int]:
        with self.coordinating() as here:
            return render_template(
                "desk/volunteers.html",
                people=here.people.volunteers(),
                renewals=here.people.renewals(),
                kinds=here.people.qualifications(),
                form=form or Entered({}),
                no_form=Entered({}),
                error=error,
                about=about,
                done=DONE.get(request.args.get("getan", "")),
            ), HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK

    def add(self) -> AnyResponse | tuple[str, int]:
        form = entered()
        try:
            with self.coordinating() as here:
                number = here.people.join(form.text("name"), form.text("phone"))
        except LearningError as error:
            return self.people(form, error, "person")
        return go(".person", number=number, getan="person")

    def add_kind(self) -> AnyResponse | tuple[str, int]:
        form = entered()
        try:
            with self.coordinating() as here:
                name = form.text("name")
                key = "".join(sign for sign in name.casefold() if sign.isalnum())[:20]
                here.people.put_qualification(Qualification(key, name, form.number("months")))
        except LearningError as error:
            return self.people(form, error, "art")
        return go(".people", getan="art")

    def person(
        self, number: int, form: Entered | None = None, error: LearningError | None = None
    ) -> tuple[str, int]:
        with self.coordinating() as here:
            found = here.people.volunteer(number)
            kinds = {one.qualification_id: one for one in here.people.qualifications()}
            today = here.people.today()
            held = [
                (one, kinds[one.qualification_id].name, state(one, today))
                for one in here.people.held()
                if one.volunteer == number and one.qualification_id in kinds
            ]
            values = {
                "name": [found.name],
                "phone": [found.phone or ""],
                "coordinates": ["1"] if found.coordinates else [],
            }
            return render_template(
                "desk/volunteer.html",
                who=found,
                until=words.local(found.delete_after),
                held=[(one, name, _HELD[how], _MOODS[how]) for one, name, how in held],
                kinds=[(one.qualification_id, one.name) for one in kinds.values()],
                years=[(one, hours.shown(one.minutes)) for one in here.people.thanks(number)],
                form=form or Entered(values),
                error=error,
                done=DONE.get(request.args.get("getan", "")),
            ), HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK

    def change(self, number: int) -> AnyResponse | tuple[str, int]:
        def change(here: Rota, form: Entered) -> None:
            here.people.change(
                number,
                form.text("name"),
                form.text("phone"),
                coordinates=form.has("coordinates"),
            )

        return self._do(number, change, "person")

    def hold(self, number: int) -> AnyResponse | tuple[str, int]:
        def hold(here: Rota, form: Entered) -> None:
            until = form.day("until") if form.text("until").strip() else None
            here.people.hold(number, form.text("qualification"), until=until)

        return self._do(number, hold, "qualifikation")

    def drop(self, number: int) -> AnyResponse | tuple[str, int]:
        return self._do(
            number,
            lambda here, form: here.people.drop(number, form.text("qualification")),
            "person",
        )

    def unlink(self, number: int) -> AnyResponse | tuple[str, int]:
        return self._do(number, lambda here, _: here.people.link(number, None), "geloest")

    def erase(self, number: int) -> AnyResponse:
        with self.coordinating() as here:
            here.people.erase(number)
        return go(".people", getan="geloescht")

    def thanks(self, number: int) -> str:
        """Return a year's certificate, to be printed."""
        with self.coordinating() as here:
            who = here.people.volunteer(number)
            years = here.people.thanks(number)
            wanted = request.args.get("jahr", type=int)
            found = next((one for one in years if one.year == wanted), years[0] if years else None)
            return render_template(
                "desk/thanks.html",
                who=who,
                thanks=found,
                hours=hours.shown(found.minutes) if found else "",
                tasks=[(task, hours.shown(one)) for task, one in found.tasks] if found else [],
                today=words.date(words.local(here.people.now())),
            )

    def hours(
        self, form: Entered | None = None, error: LearningError | None = None
    ) -> tuple[str, int]:
        with self.coordinating() as here:
            this = here.people.today().year
            year = request.args.get("jahr", type=int, default=this)
            me = here.number
            return render_template(
                "desk/hours.html",
                to_confirm=[
                    (one, when(one.shift), f"{one.minutes // 60}:{one.minutes % 60:02d}",
                     one.duty.volunteer == me)
                    for one in here.people.to_confirm()
                ],
                year=year,
                this=this,
                sums=[(who, hours.shown(t.minutes), t.days) for who, t in here.people.year(year)],
                people=[(v.volunteer, v.name) for v in here.people.volunteers()],
                form=form or Entered({}),
                error=error,
                done=DONE.get(request.args.get("getan", "")),
            ), HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK  # fmt: skip

    def confirm(self) -> AnyResponse | tuple[str, int]:
        form = entered()
        try:
            with self.coordinating() as here:
                minutes = 0 if form.has("nicht") else hours.minutes_of(form.text("hours"))
                here.people.confirm(
                    form.number("shift"), form.number("person"), minutes, here.number
                )
        except LearningError as error:
            return self.hours(None, error)
        return go(".hours", getan="bestaetigt")

    def add_hours(self) -> AnyResponse | tuple[str, int]:
        form = entered()
        try:
            with self.coordinating() as here:
                here.people.add_hours(
                    form.number("person"),
                    form.day("day"),
                    hours.minutes_of(form.text("hours")),
                    form.text("task"),
                    here.number,
                )
        except LearningError as error:
            return self.hours(form, error)
        return go(".hours", getan="stunden")

    def _do(
        self, number: int, change: Callable[[Rota, Entered], object], done: str
    ) -> AnyResponse | tuple[str, int]:
        form = entered()
        try:
            with self.coordinating() as here:
                change(here, form)
        except LearningError as error:
            return self.person(number, form if done == "person" else None, error)
        return go(".person", number=number, getan=done)
