"""`/pflege/faelle`: asking a practice, and reading what it answers. For carers, in German."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from flask import Blueprint, Response, abort, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from edge.care import case
from edge.care.case_consent import case_sentence
from edge.care.case_errors import CaseError
from edge.care.case_state import WORDS, CaseState
from edge.care.people import Contact
from edge.clock import Clock
from edge.config import Config
from edge.store.errors import Locked, StoreError
from edge.store.personal_cases_rows import CaseMoved, NoSuchCase
from edge.ward.case import DAYS, Consultation, NotAgreed, NotReady, Opened
from edge.ward.case_intake import Took
from edge.ward.case_picture import can_draw
from edge.ward.reading import NotAllowed
from edge.web.access import visit
from edge.web.care.case_form import brought
from edge.web.care.case_words import case_lines, kind_ticks, refused_lines, shortened, when
from edge.web.care.point import Opener, Point, care_blueprint
from edge.web.staff import go

_Step = Callable[[Consultation, Opened], str]
_SAID = "fall-gesagt"
_SPANS = tuple((days, "heute" if days == 1 else f"letzte {days} Tage") for days in DAYS)


def case_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the pages below `/pflege/faelle`."""
    pages = care_blueprint("care_cases", "/pflege/faelle")
    views = _Views(Opener(config, clock))
    for rule, method, view in (
        ("", "GET", views.cases),
        ("/neu", "GET", views.new),
        ("/neu", "POST", views.begin),
        ("/antwort", "POST", views.take_answer),
        ("/abgelehnt", "POST", views.forget_refused),
        ("/praxen", "GET", views.practices),
        ("/praxen", "POST", views.note_practice),
        ("/<int:number>", "GET", views.case),
        ("/<int:number>", "POST", views.change),
        ("/<int:number>/bild", "POST", views.add_picture),
        ("/<int:number>/bild/<int:file>", "GET", views.picture),
        ("/<int:number>/bild/<int:file>", "POST", views.remove_picture),
        ("/<int:number>/einwilligung", "POST", views.agree),
        ("/<int:number>/versiegeln", "POST", views.seal),
        ("/<int:number>/mitnehmen", "POST", views.take_along),
        ("/<int:number>/verwerfen", "POST", views.discard),
        ("/<int:number>/abschliessen", "POST", views.close),
    ):
        pages.add_url_rule(rule, view_func=view, methods=[method], endpoint=view.__name__)
    return pages


class _Views:
    """The views."""

    def __init__(self, opener: Opener) -> None:
        self._opener = opener

    def cases(self) -> str:
        with self._opener.opened() as point:
            desk = _desk(point)
            names = desk.people(point.reader())
            lines = case_lines(desk.cases(), names, desk.unseen())
            refused = refused_lines(desk.refused())
        return render_template(
            "care/cases.html", lines=lines, refused=refused, said=_said(), people=bool(names)
        )

    def new(self) -> str:
        return self._form({}, {})

    def begin(self) -> AnyResponse | str:
        form = {name: request.form.get(name, "") for name in ("person", "praxis", "frage")}
        with self._opener.opened() as point:
            desk, reader = _desk(point), point.reader()
            names = desk.people(reader)
            person = _number(form["person"])
            if person not in names:
                return self._form(form, {"person": "Bitte eine Person wählen."})
            if not form["frage"].strip():
                return self._form(form, {"frage": "Bitte die Frage schreiben."})
            try:
                number = desk.draft(
                    person, _number(form["praxis"]), about="", question=form["frage"],
                    account=visit().account,
                )  # fmt: skip
            except Locked:
                raise
            except StoreError as error:
                return self._form(form, {"frage": error.hint})
        return go(".case", number=number)

    def case(self, number: int) -> str:
        with self._opener.opened() as point:
            desk, reader = _desk(point), point.reader()
            opened = _mine(desk, reader, number, "Fall angesehen")
            name = desk.people(reader).get(opened.case.person, "")
            if opened.answers:
                desk.seen(number)
        return self._page(opened, name)

    def change(self, number: int) -> AnyResponse:
        def do(desk: Consultation, opened: Opened) -> str:
            desk.change(
                number,
                _number(request.form.get("stand", "")),
                about=request.form.get("ueber", ""),
                question=request.form.get("frage", ""),
                kinds=[one for one in request.form.getlist("werte") if one in opened.kinds],
                days=_number(request.form.get("tage", "")),
            )
            return "Gespeichert."

        return self._do(number, "Fall bearbeitet", do)

    def add_picture(self, number: int) -> AnyResponse:
        with brought("bild") as (data, _):

            def do(desk: Consultation, _: Opened) -> str:
                if not data:
                    raise NotReady("nothing", hint="Bitte ein Bild wählen, höchstens 16 MB.")
                desk.add_file(number, data)
                return "Das Bild ist dabei, ohne Angaben zu Ort und Gerät."

            return self._do(number, "Fall bearbeitet", do)

    def picture(self, number: int, file: int) -> Response:
        with self._opener.opened() as point:
            desk = _desk(point)
            _mine(desk, point.reader(), number, "Bild eines Falls angesehen")
            found = desk.file(number, file)
        if found is None:
            abort(HTTPStatus.NOT_FOUND)
        return Response(found.data, mimetype=found.media_type)

    def remove_picture(self, number: int, file: int) -> AnyResponse:
        def do(desk: Consultation, _: Opened) -> str:
            desk.remove_file(number, file)
            return "Das Bild ist gelöscht."

        return self._do(number, "Fall bearbeitet", do)

    def agree(self, number: int) -> AnyResponse:
        def do(desk: Consultation, opened: Opened) -> str:
            if request.form.get("gesagt") != "1":
                raise NotReady("no tick", hint="Bitte ankreuzen, dass die Person zugestimmt hat.")
            found = opened.case
            desk.agree(found.person, found.contact, "mündlich, vor der Betreuung", visit().account)
            return "Die Einwilligung ist vermerkt."

        return self._do(number, "Einwilligung vermerkt", do)

    def seal(self, number: int) -> AnyResponse:
        def do(desk: Consultation, _: Opened) -> str:
            desk.seal(number, _number(request.form.get("stand", "")))
            return "Versiegelt. Nur diese Praxis kann es öffnen."

        return self._do(number, "Fall versiegelt", do)

    def take_along(self, number: int) -> AnyResponse:
        with self._opener.opened() as point:
            desk = _desk(point)
            opened = _mine(desk, point.reader(), number, "Fall mitgenommen")
            try:
                data = desk.packet(number)
            except (NotAgreed, NotReady) as error:
                visit().keep(_SAID, f"!{error.hint}")
                return go(".case", number=number)
        answer = Response(data, mimetype="application/octet-stream")
        name = f"fall-{opened.case.id.hex()[:8]}.dhfall"
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer

    def discard(self, number: int) -> AnyResponse:
        with self._opener.opened() as point:
            desk = _desk(point)
            _mine(desk, point.reader(), number, "Fall verworfen")
            try:
                desk.discard(number)
            except CaseMoved as error:
                visit().keep(_SAID, f"!{error.hint}")
                return go(".case", number=number)
        visit().keep(_SAID, "Der Entwurf ist gelöscht.")
        return go(".cases")

    def close(self, number: int) -> AnyResponse:
        def do(desk: Consultation, _: Opened) -> str:
            desk.close(number)
            return "Abgeschlossen."

        return self._do(number, "Fall abgeschlossen", do)

    def take_answer(self) -> AnyResponse:
        with brought("datei") as (data, _), self._opener.opened() as point:
            point.reader()
            try:
                took = _desk(point).take_packet(data)
            except CaseError as error:
                visit().keep(_SAID, f"!{error.hint}")
                return go(".cases")
        if Took.REFUSED in took:
            visit().keep(_SAID, "!Abgelehnt: nicht für diesen Hub, oder nicht von der Praxis.")
        elif Took.NEW in took:
            visit().keep(_SAID, "Eingelesen.")
        else:
            visit().keep(_SAID, "Das war schon da.")
        return go(".cases")

    def forget_refused(self) -> AnyResponse:
        with self._opener.opened() as point:
            point.reader()
            _desk(point).forget_refused()
        return go(".cases")

    def practices(self) -> str:
        return self._practices("", "")

    def note_practice(self) -> AnyResponse | str:
        text = request.form.get("schluessel", "")
        with self._opener.opened() as point:
            point.reader()
            compared = request.form.get("verglichen") == "1"
            try:
                _desk(point).note_practice(
                    _number(request.form.get("praxis", "")), text, compared=compared
                )
            except Locked:
                raise
            except (CaseError, StoreError) as error:
                return self._practices(text[:400], error.hint)
        done = "Gespeichert." if compared else "Gespeichert. Bitte noch am Telefon vergleichen."
        visit().keep(_SAID, done)
        return go(".practices")

    def _do(self, number: int, why: str, do: _Step) -> AnyResponse:
        """Do a step of a case and go back to its page, with what is to be said."""
        with self._opener.opened() as point:
            desk = _desk(point)
            opened = _mine(desk, point.reader(), number, why)
            try:
                said = do(desk, opened)
            except (Locked, NotAllowed) as error:
                if isinstance(error, Locked):
                    raise
                said = "!Diese Praxis darf diese Werte nicht sehen. Bitte abwählen."
            except (CaseError, StoreError) as error:
                said = f"!{error.hint or 'Das geht gerade nicht.'}"
        visit().keep(_SAID, said)
        return go(".case", number=number)

    def _form(self, form: dict[str, str], error: dict[str, str]) -> str:
        with self._opener.opened() as point:
            desk = _desk(point)
            names = desk.people(point.reader())
            practices = desk.practices()
        return render_template(
            "care/case_new.html",
            people=sorted(names.items(), key=lambda one: one[1]),
            practices=[(one.contact.contact, one.contact.name) for one in practices],
            form=form or {"person": request.args.get("person", "")},
            error=error,
            most=case.MAX_QUESTION,
        )

    def _page(self, opened: Opened, name: str) -> str:
        found = opened.case
        template = "case_draft" if found.state is CaseState.DRAFT else "case"
        return render_template(
            f"care/{template}.html",
            case=found,
            name=name,
            short=shortened(found.question, 60),
            practice=opened.practice,
            files=opened.files,
            answers=[(when(one.at), one) for one in opened.answers],
            may_ask=opened.may_ask,
            kinds=kind_ticks(opened.kinds, found.kinds),
            chosen=[text for _, text, there in kind_ticks(found.kinds, found.kinds) if there],
            spans=_SPANS,
            state=WORDS[found.state],
            when=when(found.made_at),
            changed=when(found.changed_at),
            is_open=found.state in {CaseState.SEALED, CaseState.ON_ITS_WAY, CaseState.RECEIVED},
            is_closed=found.state is CaseState.CLOSED,
            can_draw=can_draw(),
            sentence=case_sentence(opened.practice.contact.name if opened.practice else ""),
            most=case.MAX_QUESTION,
            said=_said(),
        )

    def _practices(self, text: str, error: str) -> str:
        with self._opener.opened() as point:
            point.reader()
            desk = _desk(point)
            found = desk.practices()
            own = desk.address()
        return render_template(
            "care/case_practices.html",
            practices=[
                (one.contact.name, one.address.groups if one.address else "", one.compared)
                for one in found
            ],
            choices=[(one.contact.contact, one.contact.name) for one in found],
            own=str(own),
            groups=own.groups,
            text=text,
            error=error,
            said=_said(),
        )


def _desk(point: Point) -> Consultation:
    return Consultation(point.vault, point.clock, point.config.hub.village)


def _mine(desk: Consultation, reader: Contact, number: int, why: str) -> Opened:
    """Return a case of somebody whom the reader may read; that it was opened is noted.

    :raises NotAllowed: if they may not, or there is no such case: nobody is told which.
    """
    try:
        opened = desk.opened(number)
    except NoSuchCase as error:
        raise NotAllowed("no such case") from error
    desk.look(reader, opened.case.person, why)
    return opened


def _said() -> tuple[str, bool]:
    """Return what is to be said once, and whether it is that something went wrong."""
    kept = visit().kept(_SAID)
    visit().drop(_SAID)
    text = kept[-1] if kept else ""
    return text.removeprefix("!"), text.startswith("!")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else 0
