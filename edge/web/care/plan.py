"""`/pflege/plan/NUMMER`: what holds for somebody, and how carers change it.

Pauses, times of measuring, and the limits that a practice asked for. What was typed stays where
something is wrong with it; a limit that would call later than now is shown before it holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from http import HTTPStatus

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from edge.care.kinds import TO_MEASURE
from edge.care.people import Contact
from edge.care.rules import plan_words
from edge.care.rules.plan import Due
from edge.clock import Clock
from edge.config import Config
from edge.learning.errors import Refused
from edge.ward.plan_steps import MOST_SPANS
from edge.ward.plans import ENTERED, OneLimit, Plans, PlanSheet
from edge.ward.reading import NotAllowed
from edge.web import words
from edge.web.care import plan_form as forms
from edge.web.care import plan_words as said
from edge.web.care import words as care_words
from edge.web.care.point import Opener, Point, care_blueprint
from edge.web.staff import entered, go
from hardware.quantity import Quantity

Page = str | AnyResponse | tuple[str, int]
_ENTERED = {one.value: one for one in ENTERED}
_FIELD_OF = dict(forms.FIELDS)  # the steps name ends, the page fields


def plan_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the pages below `/pflege/plan`."""
    pages = care_blueprint("care_plan", "/pflege/plan/<int:person>")
    views = _Views(config, clock)
    for rule, method, view in (
        ("", "GET", views.plan),
        ("/pause", "GET", views.ask_pause),
        ("/pause", "POST", views.pause),
        ("/pause/ende", "POST", views.end_pause),
        ("/messen", "GET", views.ask_measure),
        ("/messen", "POST", views.measure),
        ("/messen/weg", "POST", views.measure_no_more),
        ("/grenze/<quantity>", "GET", views.ask_limit),
        ("/grenze/<quantity>", "POST", views.limit),
    ):
        pages.add_url_rule(rule, view_func=view, methods=[method], endpoint=view.__name__)
    return pages


class _Views(Opener):
    """The views."""

    def plan(self, person: int) -> Page:
        sheet, _ = self._sheet(person)
        changes = said.history(sheet.changes, sheet.names)
        return render_template(
            "care/plan.html",
            sheet=sheet,
            person=person,
            pauses=[(one, said.pause(sheet.plan, one)) for one in sheet.pauses],
            dues=[(one, care_words.kind(one.kind), said.due(one)) for one in _in_order(sheet)],
            limits=[said.limit_view(one, sheet.names) for one in sheet.limits],
            belt_title=said.BELT,
            off=said.rules_off(sheet.plan),
            silences=said.silences(sheet.plan),
            news2="" if sheet.plan.news2 is None else plan_words.news2(sheet.plan.news2),
            changes=changes[: said.MOST_CHANGES],
            older=len(changes[said.MOST_CHANGES :]),
            done=said.DONE.get(request.args.get("getan", "")),
        )

    def ask_pause(self, person: int) -> Page:
        sheet = self._to_change(person)
        today = sheet.plan.local(sheet.now).date()
        return _pause_page(sheet, {"von": today.isoformat(), "bis": "", "warum": "holiday"})

    def pause(self, person: int) -> Page:
        form = entered()
        try:
            typed = forms.read_pause(form)
            with self._plans() as (plans, reader):
                plans.pause(reader, person, typed.first, typed.last, typed.why)
        except Refused as error:
            values = {name: form.text(name) for name in ("von", "bis", "warum")}
            values |= {name: forms.day_typed(values[name]) for name in ("von", "bis")}
            return self._again(_pause_page, person, values, error)
        return go(".plan", person=person, getan="pause")

    def end_pause(self, person: int) -> Page:
        since = entered().text("seit")
        if since.isascii() and since.isdecimal() and len(since) < 16:
            with self._plans() as (plans, reader):
                plans.end_pause(reader, person, int(since))
        return go(".plan", person=person, getan="pause-ende")

    def ask_measure(self, person: int) -> Page:
        sheet = self._to_change(person)
        name = request.args.get("statt", "")
        found = next((one for one in sheet.plan.schedule if one.name == name), None)
        if found is None:
            values = {"was": "", "von": "07:00", "bis": "10:00", "tage": range(7), "statt": ""}
        else:
            values = {
                "was": found.kind,
                "von": _time(found.begin),
                "bis": _time(found.end % (24 * 60)),
                "tage": found.weekdays,
                "statt": name,
            }
        return _measure_page(sheet, values)

    def measure(self, person: int) -> Page:
        form = entered()
        try:
            with self._plans() as (plans, reader):
                due = forms.read_due(form, self._kinds(reader, person))
                plans.measure(reader, person, due, form.text("statt"))
        except Refused as error:
            values: dict[str, object] = {
                name: form.text(name) for name in ("was", "von", "bis", "statt")
            }
            values["tage"] = [n for n in range(7) if str(n) in form.many("tag")]
            return self._again(_measure_page, person, values, error)
        return go(".plan", person=person, getan="messen", _anchor="messen")

    def measure_no_more(self, person: int) -> Page:
        with self._plans() as (plans, reader):
            plans.measure_no_more(reader, person, entered().text("zeit"))
        return go(".plan", person=person, getan="messen-weg", _anchor="messen")

    def ask_limit(self, person: int, quantity: str) -> Page:
        sheet = self._to_change(person)
        one = _limit_of(sheet, quantity)
        values = forms.typed_wish(one.own, one.general) | {"praxis": "", "tag": ""}
        return _limit_page(sheet, one, values)

    def limit(self, person: int, quantity: str) -> Page:
        """Show what it comes to, and let it hold once somebody said yes to that."""
        form = entered()
        wanted = _quantity(quantity)
        fields = (*forms.FIELDS.values(), "praxis", "tag")
        values = {name: form.text(name) for name in fields}
        if form.has("zurueck"):
            values["tag"] = forms.day_typed(values["tag"])
            sheet = self._to_change(person)
            return _limit_page(sheet, _limit_of(sheet, quantity), values)
        try:
            with self._plans() as (plans, reader):
                wish = forms.read_wish(form)
                asked = forms.read_asked(form, self._today())
                found = plans.proposal(reader, person, wanted, wish)
                if form.has("ja") and (form.has("spaeter") or not found.weaker):
                    plans.limit(reader, person, wanted, wish, asked)
                    return go(".plan", person=person, getan="grenze", _anchor="grenzen")
        except Refused as error:
            values["tag"] = forms.day_typed(values["tag"])
            field = _FIELD_OF.get(error.field, error.field)
            sheet, _ = self._sheet(person)
            page = _limit_page(sheet, _limit_of(sheet, quantity), values, {field: error.hint})
            return page, HTTPStatus.UNPROCESSABLE_ENTITY
        page = render_template(
            "care/plan_limit_check.html",
            person=person,
            title=said.title(wanted),
            quantity=quantity,
            rows=said.rows(wanted, found.after.general, found.after.own),
            belt=said.belt_rows(found.after),
            belt_title=said.BELT,
            is_general=not found.after.has_own,
            weaker=said.weaker(wanted, found.weaker),
            asked=asked,
            day=words.date(date.fromisoformat(asked.day)),
            values=values,
            problem="Bitte bestätigen, dass die Praxis das so will." if form.has("ja") else "",
        )
        return (page, HTTPStatus.UNPROCESSABLE_ENTITY) if form.has("ja") else page

    def _again(
        self,
        page: _Form,
        person: int,
        values: Mapping[str, object],
        error: Refused,
    ) -> tuple[str, int]:
        sheet, _ = self._sheet(person)
        return page(sheet, values, {error.field: error.hint}), HTTPStatus.UNPROCESSABLE_ENTITY

    def _sheet(self, person: int) -> tuple[PlanSheet, Contact]:
        with self._plans() as (plans, reader):
            return plans.sheet(reader, person), reader

    def _to_change(self, person: int) -> PlanSheet:
        """Return what holds for somebody, for a form: who may not change it is told at once."""
        with self._plans() as (plans, reader):
            plans.check(reader, person)
            return plans.sheet(reader, person)

    def _kinds(self, reader: Contact, person: int) -> tuple[str, ...]:
        with self.opened() as point:
            return next(
                (one.kinds for one in point.clients.people(reader) if one.person == person), ()
            )

    def _today(self) -> date:
        return words.local(self.clock.stamp().wall_ms).date()

    @contextmanager
    def _plans(self) -> Iterator[tuple[Plans, Contact]]:
        with self.opened() as point:
            yield plans_of(point), point.reader()


class _Form:
    """A page that is shown again with what was typed and what is wrong with it."""

    def __init__(self, template: str) -> None:
        self._template = template

    def __call__(
        self,
        sheet: PlanSheet,
        values: Mapping[str, object],
        problems: Mapping[str, str] | None = None,
    ) -> str:
        return render_template(
            self._template,
            person=sheet.client.person,
            name=sheet.client.name,
            sheet=sheet,
            values=values,
            problems=problems or {},
            kinds=[(one, care_words.kind(one)) for one in sheet.client.kinds if one in TO_MEASURE],
            days=list(enumerate(plan_words.DAY_WORDS)),
            reasons=list(said.WHY.items()),
            most=MOST_SPANS,
        )


_pause_page = _Form("care/plan_pause.html")
_measure_page = _Form("care/plan_measure.html")


def _limit_page(
    sheet: PlanSheet,
    one: OneLimit,
    values: Mapping[str, str],
    problems: Mapping[str, str] | None = None,
) -> str:
    return render_template(
        "care/plan_limit.html",
        person=sheet.client.person,
        name=sheet.client.name,
        sheet=sheet,
        limit=said.limit_view(one, sheet.names),
        general=said.rows(one.quantity, one.general, None),
        belt_title=said.BELT,
        values=values,
        problems=problems or {},
        unit=said.unit(one.quantity),
    )


def plans_of(point: Point) -> Plans:
    """Return the plans of a hub, as pages call them."""
    return Plans(point.config, point.vault, point.clock)


def _quantity(text: str) -> Quantity:
    if text not in _ENTERED:
        raise NotAllowed("no such limit")
    return _ENTERED[text]


def _limit_of(sheet: PlanSheet, text: str) -> OneLimit:
    wanted = _quantity(text)
    found = next((one for one in sheet.limits if one.quantity == wanted), None)
    if found is None:
        raise NotAllowed("not this kind")
    return found


def _in_order(sheet: PlanSheet) -> list[Due]:
    return sorted(sheet.plan.schedule, key=lambda one: (one.begin, one.end, one.kind))


def _time(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
