"""`/pult/ausleihe/dinge`: what there is to lend, an asset's form, and its weeks with names."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from edge.clock import Clock
from edge.config import Config
from edge.learning.entered import Entered
from edge.learning.errors import LearningError, Refused
from edge.learning.moment import local_day
from edge.lending.asset import ROOM_BUFFER_MINUTES, Asset, AssetState, Kind, euros
from edge.store.village_lending import AssetEditedMeanwhile
from edge.web.desk.lending import STATES, LendingOpener, when
from edge.web.desk.point import desk_blueprint
from edge.web.desk.two_versions import two_versions
from edge.web.lending_page import calendar
from edge.web.staff import entered, go

DONE = {"gespeichert": "Gespeichert."}
_ASSET_STATES = {
    "ready": "kann ausgeliehen werden",
    "broken": "defekt",
    "gone": "gibt es nicht mehr",
}
_WORDS = (
    ("name", "Name"),
    ("shelf", "Wo es steht"),
    ("parts", "Was dazugehört"),
    ("notes", "Hinweise für alle"),
    ("longest_days", "Höchstens Tage"),
    ("buffer_minutes", "Minuten zwischen zwei Ausleihen"),
    ("fault", "Was kaputt ist"),
)


def asset_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the pages below `/pult/ausleihe/dinge`."""
    pages = desk_blueprint("desk_assets", "/pult/ausleihe/dinge")
    views = _Pages(config, clock)
    for rule, method, view in (
        ("", "GET", views.assets),
        ("/neu", "GET", views.new),
        ("/neu", "POST", views.add),
        ("/<int:number>", "GET", views.asset),
        ("/<int:number>/aendern", "GET", views.edit),
        ("/<int:number>/aendern", "POST", views.put),
    ):
        pages.add_url_rule(rule, view_func=view, methods=[method], endpoint=view.__name__)
    return pages


class _Pages(LendingOpener):
    """The views."""

    def assets(self) -> str:
        with self.lending() as desk:
            found = desk.assets()
        return render_template(
            "desk/assets.html",
            assets=found,
            states=_ASSET_STATES,
            done=DONE.get(request.args.get("getan", "")),
        )

    def asset(self, number: int) -> str:
        with self.lending() as desk:
            asset = desk.asset(number)
            history = desk.history(number)
            try:
                first = Entered({"ab": [request.args.get("ab", "")]}).day("ab")
            except Refused:
                first = local_day(desk.now())
            shown = calendar(desk, asset, first)
        return render_template(
            "desk/asset.html",
            item=asset,
            calendar=shown,
            history=[(one, when(asset, one.loan), STATES[one.loan.state]) for one in history],
            state=_ASSET_STATES[asset.state],
        )

    def new(self) -> tuple[str, int]:
        kind = "room" if request.args.get("art") == "raum" else "device"
        values = {"kind": [kind], "longest_days": ["14"], "state": ["ready"]}
        values["buffer_minutes"] = [str(ROOM_BUFFER_MINUTES if kind == "room" else 0)]
        return self._form(Entered(values), None)

    def add(self) -> AnyResponse | tuple[str, int]:
        form = entered()
        kind: Kind = "room" if form.text("kind") == "room" else "device"
        try:
            with self.lending() as desk:
                made = desk.add(_entered(Asset(kind=kind, name=""), form))
        except LearningError as error:
            return self._form(form, error)
        return go(".asset", number=made.asset)

    def edit(self, number: int) -> tuple[str, int]:
        with self.lending() as desk:
            asset = desk.asset(number)
        values = {
            name: [str(getattr(asset, name))]
            for name in ("kind", "rev", "state", *(name for name, _ in _WORDS))
        }
        values["room_id"] = [asset.room_id or ""]
        values["deposit"] = [euros(asset.deposit_cents)] if asset.deposit_cents else [""]
        return self._form(Entered(values), None, number)

    def put(self, number: int) -> AnyResponse | tuple[str, int]:
        form = entered()
        try:
            with self.lending() as desk:
                before = desk.asset(number)
                desk.edit(replace(_entered(before, form), rev=form.number("rev")))
        except LearningError as error:
            return self._form(form, error, number)
        except AssetEditedMeanwhile as error:
            rows = [
                (label, str(getattr(error.mine, name)), str(getattr(error.theirs, name)))
                for name, label in _WORDS
            ]
            rows.append(
                ("Zustand", _ASSET_STATES[error.mine.state], _ASSET_STATES[error.theirs.state])
            )
            keep = url_for(".asset", number=number)
            return two_versions(error.theirs.name, rows, form, error.theirs.rev, keep)
        return go(".assets", getan="gespeichert")

    def _form(
        self, form: Entered, error: LearningError | None, number: int | None = None
    ) -> tuple[str, int]:
        with self.opened() as point:
            rooms = [("", "ein anderer Raum")]
            rooms += [(one.room_id, one.name) for one in point.village.rooms()]
        return render_template(
            "desk/asset_form.html",
            form=form,
            error=error,
            number=number,
            rooms=rooms,
            states=list(_ASSET_STATES.items()),
            is_room=form.text("kind") == "room",
        ), HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK


def _entered(before: Asset, form: Entered) -> Asset:
    """Return an asset as the form says.

    :raises Refused: if a number cannot be read.
    """
    states: dict[str, AssetState] = {"ready": "ready", "broken": "broken", "gone": "gone"}
    room = before.kind == "room"
    return replace(
        before,
        name=form.text("name"),
        room_id=(form.text("room_id") or None) if room else None,
        shelf=form.text("shelf"),
        parts=form.text("parts"),
        notes=form.text("notes"),
        longest_days=before.longest_days if room else form.number("longest_days"),
        deposit_cents=form.cents("deposit"),
        buffer_minutes=form.number("buffer_minutes"),
        state=states.get(form.text("state"), before.state),
        fault=form.text("fault"),
    )
