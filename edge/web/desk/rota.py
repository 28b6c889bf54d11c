"""`/pult/dienste`: the rota, gaps first; who does what, swaps, and the form of a shift."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPStatus

from flask import Blueprint, abort, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from edge.clock import Clock
from edge.config import Config
from edge.desk.rota import Row
from edge.learning.entered import Entered
from edge.learning.errors import LearningError
from edge.learning.moment import HOUR_MS, to_local
from edge.learning.series import Series
from edge.store.errors import Locked
from edge.store.village_shifts import ShiftEditedMeanwhile
from edge.volunteers.rota import LEAVE_DAYS, Duty, Shift, times
from edge.web.access import visit
from edge.web.desk.point import desk_blueprint
from edge.web.desk.rota_visit import Rota, RotaOpener, add_rota_errors, when
from edge.web.desk.two_versions import two_versions
from edge.web.staff import entered, go

DONE = {
    "dabei": "Eingetragen. Danke!",
    "ausgetragen": "Ausgetragen.",
    "angeboten": "Der Dienst steht jetzt zum Übernehmen da. Bis jemand übernimmt, bleibt er Ihrer.",
    "behalten": "Gut: Sie machen den Dienst selbst.",
    "uebernommen": "Übernommen. Danke! Die andere Person sieht es auch.",
    "gespeichert": "Gespeichert.",
    "abgesagt": "Abgesagt.",
    "willkommen": "Willkommen! Jetzt können Sie Dienste übernehmen.",
}
_FIELDS = (
    ("task", "Aufgabe"),
    ("place", "Ort"),
    ("needed", "Wie viele"),
    ("note", "Hinweis"),
    ("qualification", "Qualifikation"),
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on a shift; ``giver`` is set if others may take it now."""

    volunteer: int
    name: str
    is_me: bool
    offered: bool
    short: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A shift as the page shows it."""

    shift: Shift
    when: str
    people: tuple[Person, ...]
    missing: int
    needs: str
    news: tuple[str, ...]
    mine: bool
    can_leave: bool

    @property
    def can_join(self) -> bool:
        """Whether there is a gap that the visitor is not in already."""
        return self.missing > 0 and not self.mine


def rota_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the pages below `/pult/dienste`."""
    pages = desk_blueprint("desk_rota", "/pult/dienste")
    add_rota_errors(pages)
    views = _Pages(config, clock)
    for rule, method, view in (
        ("", "GET", views.rota),
        ("/ich", "POST", views.join),
        ("/plan", "GET", views.plan),
        ("/neu", "GET", views.new),
        ("/neu", "POST", views.add),
        ("/<int:shift>", "GET", views.shift),
        ("/<int:shift>/aendern", "POST", views.edit),
        ("/<int:shift>/absagen", "POST", views.cancel),
        ("/<int:shift>/dabei", "POST", views.sign_up),
        ("/<int:shift>/austragen", "POST", views.leave),
        ("/<int:shift>/abgeben", "POST", views.offer),
        ("/<int:shift>/behalten", "POST", views.keep),
        ("/<int:shift>/uebernehmen", "POST", views.take),
        ("/<int:shift>/eintragen", "POST", views.put_on),
        ("/<int:shift>/herausnehmen", "POST", views.take_off),
    ):
        pages.add_url_rule(rule, view_func=view, methods=[method], endpoint=view.__name__)
    return pages


class _Pages(RotaOpener):
    """The views."""

    def rota(self, problem: str = "") -> tuple[str, int]:
        status = HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK
        with self.rota_opened() as here:
            try:
                me = here.me
                rows, mine = here.rota.rows(), here.rota.mine(me.volunteer) if me else []
                renewals = here.people.renewals(
                    None if here.coordinates else me.volunteer if me else 0
                )
                everybody = [] if me else here.people.volunteers()
                unlinked = [v for v in everybody if v.account is None and not v.coordinates]
                to_confirm = len(here.people.to_confirm()) if here.coordinates else 0
            except Locked:
                shifts = [(one, when(one)) for one in here.rota.plan()]
                return render_template("desk/rota_locked.html", shifts=shifts), HTTPStatus.OK
            kinds = _kinds(here)
            number = me.volunteer if me else None
            now = here.rota.now()
            lines = [_line(one, kinds, number, now) for one in rows]
            return render_template(
                "desk/rota.html",
                me=me,
                account=visit().account,
                name=visit().name,
                coordinates=here.coordinates,
                lines=[one for one in lines if not one.shift.cancelled],
                mine=[_line(one, kinds, number, now) for one in mine],
                renewals=renewals,
                unlinked=[("", "Ich bin neu hier")] + [(v.volunteer, v.name) for v in unlinked],
                to_confirm=to_confirm,
                problem=problem,
                done=DONE.get(request.args.get("getan", "")),
            ), status

    def join(self) -> AnyResponse | tuple[str, int]:
        """Say who the visitor is on the rota: new, or somebody who stands there already."""
        form, account = entered(), visit().account
        if account is None:
            abort(HTTPStatus.FORBIDDEN)
        try:
            with self.rota_opened() as here:
                listed = form.number("person")
                if listed:
                    here.people.claim(listed, account)
                else:
                    here.people.join(form.text("name"), form.text("phone"), account)
        except LearningError as error:
            return self.rota(error.hint)
        return go(".rota", getan="willkommen")

    def plan(self) -> str:
        """Return the rota by time, to be printed."""
        with self.rota_opened() as here:
            kinds, number = _kinds(here), here.number
            now = here.rota.now()
            lines = [_line(one, kinds, number, now) for one in here.rota.rows()]
        shown = sorted(
            (one for one in lines if not one.shift.cancelled),
            key=lambda one: (one.shift.starts_at, one.shift.shift),
        )
        return render_template("desk/rota_plan.html", lines=shown)

    def new(self) -> tuple[str, int]:
        values = {"needed": ["1"], "times": ["1"], "weeks": ["1"]}
        with self.coordinating() as here:
            return self._form(here, Entered(values), None)

    def add(self) -> AnyResponse | tuple[str, int]:
        form = entered()
        with self.coordinating() as here:
            try:
                day, start, end = form.day("first_day"), form.time("start"), form.time("end")
                begins, ends = times(day, start, end)
                shift = _entered(Shift(task="", place="", starts_at=begins, ends_at=ends), form)
                count = form.number("times", empty=1)
                series = None
                if count != 1:
                    series = Series(day, start, end, count, form.number("weeks", empty=1))
                here.rota.create(shift, series)
            except LearningError as error:
                return self._form(here, form, error)
        return go(".rota", getan="gespeichert")

    def shift(
        self, shift: int, form: Entered | None = None, error: LearningError | None = None
    ) -> tuple[str, int]:
        with self.coordinating() as here:
            row = here.rota.row(shift)
            one = row.shift
            begin, end = to_local(one.starts_at), to_local(one.ends_at)
            on = {duty.volunteer for duty in row.standing.duties}
            people = [(v.volunteer, v.name) for v in here.people.volunteers()]
            values = {name: [str(getattr(one, name) or "")] for name, _ in _FIELDS} | {
                "rev": [str(one.rev)],
                "first_day": [begin.date().isoformat()],
                "start": [f"{begin:%H:%M}"],
                "end": [f"{end:%H:%M}"],
            }
            return render_template(
                "desk/shift.html",
                line=_line(row, _kinds(here), here.number, here.rota.now()),
                others=[one for one in people if one[0] not in on],
                is_series=bool(one.series),
                kinds=_choices(here),
                form=form or Entered(values),
                error=error,
                done=DONE.get(request.args.get("getan", "")),
            ), HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK

    def edit(self, shift: int) -> AnyResponse | tuple[str, int]:
        form = entered()
        try:
            with self.coordinating() as here:
                before = here.rota.row(shift).shift
                begins, ends = times(form.day("first_day"), form.time("start"), form.time("end"))
                new = replace(before, starts_at=begins, ends_at=ends, rev=form.number("rev"))
                here.rota.edit(_entered(new, form))
        except ShiftEditedMeanwhile as error:
            mine, theirs = error.mine, error.theirs
            rows = [
                (label, str(getattr(mine, name) or ""), str(getattr(theirs, name) or ""))
                for name, label in _FIELDS
            ]
            rows.append(("Wann", when(mine), when(theirs)))
            keep = url_for(".shift", shift=shift)
            return two_versions(theirs.task, rows, form, theirs.rev, keep)
        except LearningError as error:
            return self.shift(shift, form, error)
        return go(".shift", shift=shift, getan="gespeichert")

    def cancel(self, shift: int) -> AnyResponse:
        with self.coordinating() as here:
            here.rota.cancel(shift, series=entered().has("series"))
        return go(".rota", getan="abgesagt")

    def sign_up(self, shift: int) -> AnyResponse | tuple[str, int]:
        return self._own(lambda here, me: here.rota.sign_up(shift, me), "dabei")

    def leave(self, shift: int) -> AnyResponse | tuple[str, int]:
        return self._own(lambda here, me: here.rota.leave(shift, me), "ausgetragen")

    def offer(self, shift: int) -> AnyResponse | tuple[str, int]:
        return self._own(lambda here, me: here.rota.offer(shift, me), "angeboten")

    def keep(self, shift: int) -> AnyResponse | tuple[str, int]:
        return self._own(lambda here, me: here.rota.offer(shift, me, offered=False), "behalten")

    def take(self, shift: int) -> AnyResponse | tuple[str, int]:
        giver = request.form.get("von", type=int, default=0)
        return self._own(lambda here, me: here.rota.take(shift, giver, me), "uebernommen")

    def put_on(self, shift: int) -> AnyResponse | tuple[str, int]:
        form = entered()
        try:
            with self.coordinating() as here:
                here.rota.sign_up(shift, form.number("person"), at_desk=True)
        except LearningError as error:
            return self.shift(shift, None, error)
        return go(".shift", shift=shift, getan="dabei")

    def take_off(self, shift: int) -> AnyResponse:
        with self.coordinating() as here:
            here.rota.leave(shift, entered().number("person"), at_desk=True)
        return go(".shift", shift=shift, getan="ausgetragen")

    def _own(self, step: Callable[[Rota, int], object], done: str) -> AnyResponse | tuple[str, int]:
        """Do something with a shift of the visitor's own."""
        try:
            with self.rota_opened() as here:
                me = here.me
                if me is None:
                    return go(".rota")
                step(here, me.volunteer)
        except LearningError as error:
            return self.rota(error.hint)
        return go(".rota", getan=done)

    def _form(self, here: Rota, form: Entered, error: LearningError | None) -> tuple[str, int]:
        page = render_template("desk/shift_new.html", form=form, error=error, kinds=_choices(here))
        return page, HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK


def _kinds(here: Rota) -> dict[str, str]:
    return {one.qualification_id: one.name for one in here.people.qualifications()}


def _choices(here: Rota) -> list[tuple[str, str]]:
    return [("", "keine"), *_kinds(here).items()]


def _entered(before: Shift, form: Entered) -> Shift:
    """Return a shift as the form says.

    :raises Refused: if a number cannot be read.
    """
    return replace(
        before,
        task=form.text("task"),
        place=form.text("place"),
        needed=form.number("needed", empty=1),
        qualification=form.text("qualification") or None,
        note=form.text("note"),
    )


def _line(row: Row, kinds: dict[str, str], me: int | None, now_ms: int) -> Line:
    def person(duty: Duty) -> Person:
        return Person(
            duty.volunteer,
            row.names[duty.volunteer],
            duty.volunteer == me,
            duty.offered_at is not None,
            duty.volunteer in row.standing.uncounted,
        )

    news = []
    for swap in row.swaps:
        giver, taker = row.names[swap.giver], row.names[swap.taker]
        if swap.giver == me:
            news.append(f"{taker} hat diesen Dienst von Ihnen übernommen.")
        elif swap.taker == me:
            news.append(f"Sie haben ihn von {giver} übernommen.")
        else:
            news.append(f"{taker} hat ihn von {giver} übernommen.")
    shift = row.shift
    return Line(
        shift,
        when(shift),
        tuple(person(one) for one in row.standing.duties),
        row.standing.missing,
        kinds.get(shift.qualification or "", shift.qualification or ""),
        tuple(news),
        me is not None and row.standing.of(me) is not None,
        shift.cancelled or shift.starts_at - now_ms >= LEAVE_DAYS * 24 * HOUR_MS,
    )
