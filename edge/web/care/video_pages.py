"""Speaking to each other with picture and sound in the village's network.

A carer calls from `/pflege/gespraech` and says the code; whoever is called types it at
`/gespraech`, without an account. Picture and sound never pass the hub, and nothing is recorded.
"""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import Any

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    current_app,
    jsonify,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response as AnyResponse

from edge.care.case_consent import PURPOSE, VIDEO, may_see_live, video_sentence
from edge.care.consent import HUB
from edge.clock import Clock
from edge.config import Config
from edge.store.errors import Locked
from edge.ward.case import Consultation
from edge.ward.reading import NotAllowed
from edge.web.access import Role, open_blueprint, visit
from edge.web.care.point import Opener, Point, care_blueprint
from edge.web.care.video_rooms import BadMessage, Kind, Rooms, Seat, Side
from edge.web.farewell import on_farewell
from edge.web.staff import go
from edge.web.tongue import say
from edge.web.typed_numbers import must_wait, note_wrong

_SEAT = "gespraech"
_SAID = "gespraech-gesagt"
_KEY = "dorfhub-video"
_LOOKS = "camera=(self), microphone=(self), geolocation=()"
_MAX_BODY = 64 << 10


def add_video(app: Flask, config: Config, clock: Clock) -> None:
    """Add the pages of both sides, and what they share."""
    app.extensions[_KEY] = Rooms(secrets.randbelow, lambda: secrets.token_urlsafe(24))
    on_farewell(app, _leave)
    app.register_blueprint(_carers(Opener(config, clock)))
    app.register_blueprint(_everybody(config, clock))


def _carers(opener: Opener) -> Blueprint:
    pages = care_blueprint("care_video", "/pflege/gespraech")
    views = _CarerViews(opener)
    pages.add_url_rule("", view_func=views.calls, endpoint="calls")
    pages.add_url_rule("", view_func=views.call, methods=["POST"], endpoint="call")
    pages.add_url_rule("/ja", view_func=views.agree, methods=["POST"], endpoint="agree")
    pages.add_url_rule("/raum", view_func=views.room, endpoint="room")
    return pages


def _everybody(config: Config, clock: Clock) -> Blueprint:
    pages = Blueprint("video", __name__, url_prefix="/gespraech")
    open_blueprint(pages, Role.VILLAGER)
    views = _Views(config, clock)
    pages.add_url_rule("", view_func=views.enter, endpoint="enter")
    pages.add_url_rule("", view_func=views.join, methods=["POST"], endpoint="join")
    pages.add_url_rule("/raum", view_func=views.room, endpoint="room")
    pages.add_url_rule("/ende", view_func=views.leave, methods=["POST"], endpoint="leave")
    pages.add_url_rule("/ende", view_func=views.over, endpoint="over")
    pages.add_url_rule("/post", view_func=views.listen, endpoint="listen")
    pages.add_url_rule("/post", view_func=views.speak, methods=["POST"], endpoint="speak")
    return pages


class _CarerViews:
    """The carers' side."""

    def __init__(self, opener: Opener) -> None:
        self._opener = opener

    def calls(self) -> str:
        with self._opener.opened() as point:
            names = _desk(point).people(point.reader())
            with point.vault.open() as personal:
                rows = [
                    (person, name, may_see_live(personal.consents(person)))
                    for person, name in names.items()
                ]
        rows.sort(key=lambda one: (not one[2], one[1]))
        said = visit().kept(_SAID)
        visit().drop(_SAID)
        return render_template(
            "care/video_calls.html",
            rows=rows,
            said=said[-1] if said else "",
            secure=_is_secure(),
            sentence=video_sentence(),
        )

    def agree(self) -> AnyResponse:
        with self._opener.opened() as point:
            person = self._person(point)
            if request.form.get("gesagt") != "1":
                visit().keep(_SAID, "Bitte ankreuzen, dass die Person zugestimmt hat.")
                return go(".calls")
            with point.vault.open() as personal:
                personal.give_consent(
                    person, purpose=PURPOSE, data_kind=VIDEO, sentence=video_sentence(),
                    given_how="mündlich, vor der Betreuung", at=point.now_ms, recipient=HUB,
                    recorded_by=visit().account,
                )  # fmt: skip
        return go(".calls")

    def call(self) -> AnyResponse:
        with self._opener.opened() as point:
            person = self._person(point)
            with point.vault.open() as personal:
                if not may_see_live(personal.consents(person)):
                    raise NotAllowed("no consent to be seen")
            _desk(point).look(point.reader(), person, "Gespräch mit Bild begonnen")
        _leave()
        seat = _rooms().open(person, visit().name, _now_s(self._opener.clock))
        if seat is None:
            visit().keep(_SAID, "Gerade sprechen schon viele. Bitte gleich noch einmal.")
            return go(".calls")
        visit().keep(_SEAT, seat.token)
        return go(".room")

    def room(self) -> AnyResponse:
        seat = _seat(self._opener.clock)
        if seat is None or seat.side is not Side.CALLER:
            return go("video.over")
        with self._opener.opened() as point:
            name = _desk(point).people(point.reader()).get(seat.person)
        if name is None:  # they take it back while the page is loaded anew
            _leave()
            return go("video.over")
        return _with_camera(
            "care/video_room.html", code=f"{seat.code[:3]} {seat.code[3:]}", name=name
        )

    def _person(self, point: Point) -> int:
        """Return the person that a form names, if the reader may know of them."""
        text = request.form.get("person", "")
        person = int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0
        if person not in _desk(point).people(point.reader()):
            raise NotAllowed("nobody of that number")
        return person


class _Views:
    """Who is called, and what both browsers ask for."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self._opener = Opener(config, clock)
        self._clock = clock

    def enter(self) -> str:
        return render_template("video_enter.html", error="", secure=_is_secure())

    def join(self) -> AnyResponse | str:
        error = must_wait(self._clock)
        if not error:
            code = "".join(request.form.get("code", "")[:40].split())
            seat = _rooms().join(code, _now_s(self._clock))
            if seat is not None and self._agrees(seat):
                visit().keep(_SEAT, seat.token)
                return go(".room")
            note_wrong(self._clock)
            error = say("Zu diesem Code wartet gerade niemand. Bitte die Ziffern vergleichen.")
        return render_template("video_enter.html", error=error, secure=_is_secure())

    def room(self) -> AnyResponse:
        seat = _seat(self._clock)
        if seat is None or seat.side is not Side.CALLEE:
            return go(".over")
        return _with_camera("video_room.html", name=_rooms().caller(seat.token))

    def leave(self) -> AnyResponse:
        _leave()
        return go(".over")

    def over(self) -> str:
        return render_template("video_over.html", carer=Role.CARER in visit().roles)

    def listen(self) -> AnyResponse:
        """Answer what the other side said; asked for every second while a call is on."""
        after = request.args.get("nach", "0")
        seat = _seat(self._clock)
        if seat is None or not (after.isascii() and after.isdecimal() and len(after) <= 4):
            return _gone()
        if not self._agrees(seat):
            _rooms().end_with(seat.person)
            return _gone()
        heard = _rooms().heard(seat.token, int(after), _now_s(self._clock))
        if heard is None:
            return _gone()
        here, said = heard
        return _json({"here": here, "said": [[kind.value, text] for kind, text in said]})

    def speak(self) -> AnyResponse:
        """Take what a browser has for the other one."""
        seat = _seat(self._clock)
        if seat is None:
            return _gone()
        request.max_content_length = _MAX_BODY
        found = request.get_json(silent=True)
        kind, text = (found.get("kind"), found.get("text")) if isinstance(found, dict) else (0, 0)
        if kind not in set(Kind) or not isinstance(text, str):
            abort(HTTPStatus.BAD_REQUEST)
        try:
            there = _rooms().say(seat.token, Kind(kind), text, _now_s(self._clock))
        except BadMessage:
            abort(HTTPStatus.BAD_REQUEST)
        return _json({}) if there else _gone()

    def _agrees(self, seat: Seat) -> bool:
        """Tell whether the person goes on agreeing. While locked, nobody can have taken it back."""
        try:
            with self._opener.opened() as point, point.vault.open() as personal:
                return may_see_live(personal.consents(seat.person))
        except Locked:
            return True


def _desk(point: Point) -> Consultation:
    return Consultation(point.vault, point.clock, point.config.hub.village)


def _with_camera(template: str, **values: Any) -> AnyResponse:
    page = Response(render_template(template, secure=_is_secure(), **values))
    page.headers["Permissions-Policy"] = _LOOKS
    return page


def _is_secure() -> bool:
    """Tell whether browsers give a page at this address a camera."""
    host = request.host.rpartition(":")[0] or request.host
    return request.is_secure or host in {"localhost", "127.0.0.1", "[::1]"}


def _rooms() -> Rooms:
    found: Rooms = current_app.extensions[_KEY]
    return found


def _seat(clock: Clock) -> Seat | None:
    kept = visit().kept(_SEAT)
    return _rooms().seat(kept[-1], _now_s(clock)) if kept else None


def _leave() -> None:
    for token in visit().kept(_SEAT):
        _rooms().end(token)
    visit().drop(_SEAT)


def _now_s(clock: Clock) -> float:
    return clock.stamp().monotonic_ns / 1e9


def _json(data: dict[str, Any]) -> AnyResponse:
    answer: Response = jsonify(data)
    return answer


def _gone() -> AnyResponse:
    answer = _json({"over": url_for("video.over")})
    answer.status_code = HTTPStatus.GONE
    return answer
