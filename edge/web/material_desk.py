"""`/pult/lernmaterial`: what lies on the shelf, what comes from a stick, what was not taken."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, jsonify, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from edge.clock import Clock
from edge.config import Config
from edge.desk.intake import Intake
from edge.desk.materials import MaterialDesk
from edge.desk.uploads import UploadLost, Uploads
from edge.learning.entered import Entered
from edge.learning.errors import LearningError
from edge.material.errors import MediumError
from edge.material.kinds import UNKNOWN
from edge.material.pack import About
from edge.material.shelf import Shelf, shelf_of
from edge.material.sticks import Found, Offer, look, sticks
from edge.store.village import VillageStore
from edge.store.village_materials import Material, MaterialEdited, NoSuchMaterial
from edge.web.desk.point import desk_blueprint
from edge.web.material_page import (
    choices,
    editor,
    form_of,
    intake_page,
    material_of,
    offer_lines,
    refused_lines,
    shelf_lines,
)
from edge.web.staff import entered, go

REFRESH_S = 2
DONE = {
    "gespeichert": "Gespeichert.",
    "gezeigt": "Jetzt sehen es alle unter „Lernen“.",
    "verborgen": "Jetzt sieht es nur noch das Pult.",
    "entfernt": "Das Material ist gelöscht.",
    "geleert": "Die Liste ist geleert.",
    "da": "Diese Datei gibt es schon. Hier ist sie.",
}


def add_material_desk(app: Flask, config: Config, clock: Clock) -> None:
    """Add the pages below `/pult/lernmaterial`."""
    shelf = shelf_of(config)
    shelf.clean()
    app.register_blueprint(_pages(_Views(config, clock, shelf)))


def _pages(views: _Views) -> Blueprint:
    pages = desk_blueprint("material_desk", "/pult/lernmaterial")
    for rule, method, view in (
        ("", "GET", views.shelf),
        ("/stick", "GET", views.stick),
        ("/stick", "POST", views.start),
        ("/lauf", "GET", views.progress),
        ("/abgelehnt/leeren", "POST", views.forget_refused),
        ("/hochladen", "POST", views.begin_upload),
        ("/hochladen/<key>", "POST", views.add_piece),
        ("/hochladen/<key>/fertig", "POST", views.finish_upload),
        ("/<int:number>", "GET", views.edit),
        ("/<int:number>", "POST", views.save),
        ("/<int:number>/verbergen", "POST", views.hide),
        ("/<int:number>/entfernen", "GET", views.ask),
        ("/<int:number>/entfernen", "POST", views.remove),
    ):
        pages.add_url_rule(rule, view_func=view, methods=[method], endpoint=view.__name__)
    pages.register_error_handler(NoSuchMaterial, _gone)
    return pages


def _gone(_: NoSuchMaterial) -> tuple[str, int]:
    text = "Dieses Material gibt es nicht (mehr). Alles steht unter „Lernmaterial“."
    page = render_template("desk/trouble.html", title="Das gibt es nicht", text=text)
    return page, HTTPStatus.NOT_FOUND


class _Views:
    """The views."""

    def __init__(self, config: Config, clock: Clock, shelf: Shelf) -> None:
        self._config, self._clock, self._shelf = config, clock, shelf
        self._intake = Intake()
        self._uploads = Uploads(shelf)

    def shelf(self) -> str:
        with self._opened() as (village, desk):
            lines = shelf_lines(desk.all())
            refused = refused_lines(village.refused_materials(20))
        how = self._intake.how()
        return render_template(
            "desk/material/shelf.html",
            lines=lines,
            refused=refused,
            running=how is not None and not how.is_over,
            room=self._shelf.room(),
            places=self._config.sync.sticks,
            done=DONE.get(request.args.get("getan", "")),
        )

    # -- from a stick

    def stick(self, error: str = "") -> tuple[str, int]:
        folders = sticks(self._config.sync.sticks)
        chosen = _chosen(folders, request.values.get("stick", ""))
        found = Found((), more=False)
        if chosen is not None:
            try:
                found = look(chosen)
            except MediumError as problem:
                error = error or problem.hint
        page = render_template(
            "desk/material/stick.html",
            folders=[one.name for one in folders],
            chosen=chosen.name if chosen else "",
            lines=offer_lines(found.offers),
            found=found,
            form=entered() if request.method == "POST" else Entered({"licence": [UNKNOWN]}),
            error=error,
            **dict(zip(("languages", "licences", "subjects"), choices(), strict=True)),
            has_places=bool(self._config.sync.sticks),
        )
        return page, HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK

    def start(self) -> AnyResponse | tuple[str, int]:
        form = entered()
        chosen = _chosen(sticks(self._config.sync.sticks), form.text("stick"))
        if chosen is None:
            return self.stick("Der Stick ist nicht mehr da. Bitte wieder einstecken.")
        try:
            wanted = set(form.many("datei"))
            offers = [one for one in look(chosen).offers if one.path in wanted and not one.refused]
        except MediumError as problem:
            return self.stick(problem.hint)
        if not offers:
            return self.stick("Bitte mindestens eine Datei ankreuzen.")
        size = sum(one.size for one in offers)
        if size > self._shelf.room():
            return self.stick(
                "Dafür ist auf dem Hub nicht genug Platz. Bitte weniger ankreuzen oder Material "
                "löschen, das niemand mehr braucht."
            )
        offers = [_with_defaults(one, form) for one in offers]
        stack = ExitStack()
        village = stack.enter_context(VillageStore(self._config.hub.village_db))
        desk = MaterialDesk(village, self._shelf, self._clock)
        begun = self._intake.start(desk, chosen, offers, show=form.has("zeigen"), stack=stack)
        if begun is None:
            stack.close()
        return go(".progress")

    def progress(self) -> AnyResponse | str:
        how = self._intake.how()
        if how is None:
            return go(".stick")
        return render_template(
            "desk/material/running.html",
            how=how,
            page=intake_page(how),
            refresh_s=None if how.is_over else REFRESH_S,
        )

    # -- from a volunteer's computer

    def begin_upload(self) -> AnyResponse:
        form = entered()
        try:
            key = self._uploads.begin(form.text("name"), form.number("size"))
        except (MediumError, LearningError) as error:
            return _no(error.hint)
        return jsonify({"key": key})

    def add_piece(self, key: str) -> AnyResponse:
        at = request.args.get("an", "")
        if not at.isdecimal() or len(at) > 15:
            abort(HTTPStatus.BAD_REQUEST)
        try:
            have = self._uploads.add(key, int(at), request.get_data(cache=False))
        except UploadLost:
            return _no("Das Hochladen ist abgebrochen. Bitte noch einmal beginnen.")
        except MediumError as error:
            return _no(error.hint)
        return jsonify({"have": have})

    def finish_upload(self, key: str) -> AnyResponse:
        try:
            staged = self._uploads.finish(key)
            with self._opened() as (_, desk):
                taken = desk.take(staged, None, "upload")
        except UploadLost:
            return _no("Es ist nicht alles angekommen. Bitte noch einmal beginnen.")
        except MediumError as error:
            return _no(error.hint)
        if taken.material is None:
            return _no(taken.reason)
        known = "da" if taken.how == "known" else None
        return jsonify({"to": url_for(".edit", number=taken.material.material, getan=known)})

    # -- one material

    def edit(self, number: int) -> str:
        with self._opened() as (village, _):
            one = village.material(number)
            courses = village.courses()
        return render_template(
            "desk/material/edit.html",
            page=editor(one, courses),
            form=form_of(one),
            error=None,
            theirs=None,
            done=DONE.get(request.args.get("getan", "")),
        )

    def save(self, number: int) -> AnyResponse | tuple[str, int]:
        form = entered()
        with self._opened() as (village, desk):
            before = village.material(number)
            courses = village.courses()
            theirs: Material | None = None
            error: LearningError | None = None
            try:
                changed = material_of(before, form, {one.course for one in courses})
                desk.edit(changed)
                shown = "gezeigt" if before.hidden and not changed.hidden else "gespeichert"
                return go(".edit", number=number, getan=shown)
            except LearningError as wrong:
                error = wrong
            except MaterialEdited as late:
                theirs = late.theirs
                form = Entered({**form.values, "rev": [str(theirs.rev)]})
        page = render_template(
            "desk/material/edit.html",
            page=editor(theirs or before, courses),
            form=form,
            error=error,
            theirs=form_of(theirs) if theirs else None,
        )
        status = HTTPStatus.CONFLICT if theirs else HTTPStatus.UNPROCESSABLE_ENTITY
        return page, status

    def hide(self, number: int) -> AnyResponse:
        with self._opened() as (village, _):
            village.change_material(replace(village.material(number), hidden=True))
        return go(".edit", number=number, getan="verborgen")

    def ask(self, number: int) -> str:
        with self._opened() as (village, _):
            one = village.material(number)
        return render_template("desk/material/remove.html", one=one, title=one.said("de")[1].title)

    def remove(self, number: int) -> AnyResponse:
        with self._opened() as (_, desk):
            desk.remove(number)
        return go(".shelf", getan="entfernt")

    def forget_refused(self) -> AnyResponse:
        with self._opened() as (village, _):
            village.forget_refused()
        return go(".shelf", getan="geleert")

    @contextmanager
    def _opened(self) -> Iterator[tuple[VillageStore, MaterialDesk]]:
        with VillageStore(self._config.hub.village_db) as village:
            yield village, MaterialDesk(village, self._shelf, self._clock)


def _chosen(folders: list[Path], name: str) -> Path | None:
    """Return the stick of that name, or the only one."""
    named = [one for one in folders if one.name == name]
    if named:
        return named[0]
    return folders[0] if len(folders) == 1 and not name else None


def _with_defaults(offer: Offer, form: Entered) -> Offer:
    """Add what was chosen for all to what nobody said of a file."""
    about = offer.about or About()
    return replace(
        offer,
        about=replace(
            about,
            language=about.language or form.text("language"),
            licence=form.text("licence") if about.licence == UNKNOWN else about.licence,
            subject=about.subject or form.text("subject"),
            source=about.source or form.text("source")[:200],
        ),
    )


def _no(reason: str) -> Response:
    return Response(
        jsonify({"reason": reason}).get_data(),
        HTTPStatus.UNPROCESSABLE_ENTITY,
        mimetype="application/json",
    )
