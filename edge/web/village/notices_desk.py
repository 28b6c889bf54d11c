"""`/pult/aushaenge`: what was proposed, what hangs, and its poster."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from http import HTTPStatus

from flask import Blueprint, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from edge.clock import Clock
from edge.config import Config
from edge.desk.board_slip import new_token
from edge.desk.notices import NoticeDesk, draft_of
from edge.desk.paper import qr_svg
from edge.learning.entered import Entered
from edge.learning.errors import LearningError
from edge.learning.moment import local_day, to_local
from edge.store.edited import EditedSince
from edge.store.village import VillageStore
from edge.store.village_notices import BoardNotice
from edge.village.notice import Draft, Times, drafted
from edge.village.open_data import tells_of_somebody
from edge.village.words import MAX_PLACE, MAX_REASON, MAX_TEXT, MAX_TITLE
from edge.web.access import Role, open_blueprint
from edge.web.desk.point import desk_blueprint
from edge.web.staff import entered, go
from edge.web.village import shown
from edge.web.village.words import REPEATS

MOST = {"title": MAX_TITLE, "text": MAX_TEXT, "place": MAX_PLACE, "reason": MAX_REASON}
DONE = {
    "haengt": "Der Aushang hängt.",
    "haengt-offen": "Der Aushang hängt. Er wird auch als offene Daten im Internet veröffentlicht.",
    "haengt-nicht-offen": "Der Aushang hängt. In den offenen Daten fehlt er: Darin steht wohl eine "
    "Telefonnummer, eine andere lange Zahl oder eine Adresse.",
    "abgelehnt": "Der Aushang hängt nicht. Wer ihn schrieb, liest den Grund mit dem Zettel.",
}
STATES = {
    "proposed": "vorgeschlagen",
    "approved": "hängt oder wird hängen",
    "declined": "hängt nicht",
}
SIZES = ("a4", "a3")
TICK = "open_data"  # never ticked by itself: whoever stores a notice decides anew


def notice_desk_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the pages below `/pult/aushaenge`."""
    pages = desk_blueprint("desk_notices", "/pult/aushaenge")
    views = _Pages(config, clock)
    for rule, method, view in (
        ("", "GET", views.notices),
        ("/neu", "GET", views.new),
        ("/neu", "POST", views.hang),
        ("/<int:number>", "GET", views.notice),
        ("/<int:number>", "POST", views.decide),
        ("/<int:number>/plakat", "GET", views.poster),
    ):
        pages.add_url_rule(rule, view_func=view, methods=[method], endpoint=view.__name__)
    open_blueprint(pages, Role.VOLUNTEER)
    return pages


@dataclass(frozen=True, slots=True)
class _Row:
    """A notice in a list."""

    notice: BoardNotice
    shown: shown.Hanging
    until: int | None
    waits: bool
    left_out: bool


class _Pages:
    """The views."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config = config
        self._clock = clock

    def notices(self) -> str:
        with self._village() as village:
            desk = NoticeDesk(village, self._clock)
            now = self._now()
            lists = [
                [
                    _Row(
                        one,
                        shown.own_notice(one, now),
                        one.shown_until,
                        one.shown_from > now,
                        _left_out(one),
                    )
                    for one in found
                ]
                for found in (desk.waiting(), desk.hanging(), desk.declined())
            ]
        waiting, hanging, declined = lists
        return render_template(
            "village/notices_desk.html",
            waiting=waiting,
            hanging=hanging[::-1],
            declined=declined,
            done=DONE.get(request.args.get("getan", "")),
        )

    def new(self) -> str:
        return self._form(None, Entered({}))

    def hang(self) -> str | tuple[str, int] | AnyResponse:
        form = entered()
        try:
            draft = self._drafted(form, None)
            with self._village() as village:
                made = NoticeDesk(village, self._clock).hang(
                    draft,
                    form.text("token") or new_token(),
                    public_number=form.has("public"),
                    open_data=form.has(TICK),
                )
        except LearningError as error:
            return self._form(None, form, error), HTTPStatus.UNPROCESSABLE_ENTITY
        return go(".notices", getan=_done(made))

    def notice(self, number: int) -> str:
        with self._village() as village:
            found = village.board_notice(number)
        return self._form(found, _entered(found))

    def decide(self, number: int) -> tuple[str, int] | AnyResponse:
        form = entered()
        with self._village() as village:
            desk = NoticeDesk(village, self._clock)
            found = village.board_notice(number)
            try:
                rev = form.number("rev")
                if form.has("ablehnen"):
                    desk.decline(number, form.text("reason"), rev)
                    return go(".notices", getan="abgelehnt")
                draft = self._drafted(form, found)
                made = desk.approve(
                    number,
                    draft,
                    rev,
                    public_number=form.has("public"),
                    open_data=form.has(TICK),
                )
            except LearningError as error:
                return self._form(found, form, error), HTTPStatus.UNPROCESSABLE_ENTITY
            except EditedSince:
                return self._form(found, form, theirs=found), HTTPStatus.CONFLICT
        return go(".notices", getan=_done(made))

    def poster(self, number: int) -> str:
        size = request.args.get("groesse", "a4")
        with self._village() as village:
            found = village.board_notice(number)
        address = url_for("notices.events", _external=True)
        return render_template(
            "village/poster.html",
            notice=found,
            shown=shown.own_notice(found, self._now()),
            size=size if size in SIZES else "a4",
            address=address,
            qr=Markup(qr_svg(address, scale=6)),  # noqa: S704  # drawn by ourselves
        )

    def _drafted(self, form: Entered, before: BoardNotice | None) -> Draft:
        def day(name: str) -> bool:
            return bool(form.text(name).strip())

        times = Times(
            shown_from=form.day("shown_from") if day("shown_from") else None,
            shown_until=form.day("shown_until") if day("shown_until") else None,
            day=form.day("day") if day("day") else None,
            start=form.time("start") if day("start") else None,
            end=form.time("end") if day("end") else None,
            last=form.day("last") if day("last") else None,
            repeat=form.text("repeat"),
            until=form.day("until") if day("until") else None,
        )
        made = drafted(
            form.text("title"), form.text("text"), form.text("place"), times, self._now()
        )
        if before is not None and times.shown_from == local_day(before.shown_from):
            return replace(made, shown_from=before.shown_from)  # to the minute, as it was
        return made

    def _form(
        self,
        notice: BoardNotice | None,
        form: Entered,
        error: LearningError | None = None,
        *,
        theirs: BoardNotice | None = None,
    ) -> str:
        now = self._now()
        return render_template(
            "village/notice_edit.html",
            notice=notice,
            form=form,
            error=error,
            theirs=shown.own_notice(theirs, now) if theirs else None,
            state=STATES[notice.state] if notice else "",
            rev=notice.rev if notice else 0,
            token=form.text("token") or new_token(),
            left_out=notice is not None and _left_out(notice),
            reach=error is not None and str(error) == "reach",
            repeats=[("", "einmal"), *REPEATS.items()],
            most=MOST,
        )

    def _village(self) -> VillageStore:
        return VillageStore(self._config.hub.village_db)

    def _now(self) -> int:
        return self._clock.stamp().wall_ms


def _left_out(notice: BoardNotice) -> bool:
    """Say whether a notice that was to go out as open data does not: it tells of somebody."""
    return notice.open_data and any(
        map(tells_of_somebody, (notice.title, notice.text, notice.place))
    )


def _done(notice: BoardNotice) -> str:
    """Return what is said once a notice is stored: also whether it goes out as open data."""
    if not notice.open_data:
        return "haengt"
    return "haengt-nicht-offen" if _left_out(notice) else "haengt-offen"


def _entered(notice: BoardNotice) -> Entered:
    """Return a form filled with what a notice says."""
    draft = draft_of(notice, notice.shown_from)
    values = {
        "title": draft.title,
        "text": draft.text,
        "place": draft.place,
        "shown_from": local_day(draft.shown_from).isoformat(),
        "shown_until": (local_day(draft.shown_until - 1)).isoformat(),
    }
    event = draft.event
    if event is not None:
        begin, end = to_local(event.starts_at), to_local(event.ends_at)
        values |= {
            "day": begin.date().isoformat(),
            "start": f"{begin:%H:%M}",
            "end": f"{end:%H:%M}",
            "repeat": event.repeat,
            "until": event.until.isoformat() if event.until else "",
        }
        if end.date() > begin.date() + timedelta(1) or end - begin > timedelta(1):
            values["last"] = end.date().isoformat()
        if event.repeat or notice.shown_until == event.ends_at:
            values["shown_until"] = ""  # until it is over
    return Entered({name: [value] for name, value in values.items()})
