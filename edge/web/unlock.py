"""`/entsperren`: the PIN that, with stick or key server, opens personal.db after a reboot.

Everybody may try who stands at the terminal: whoever could sign in is among what is locked. Until
then every other page leads here.
"""

from __future__ import annotations

import threading
from http import HTTPStatus

from flask import Blueprint, redirect, render_template, request, url_for
from flask.sansio.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response as AnyResponse

from edge.clock import Clock
from edge.config import Config
from edge.unlock.errors import DoesNotOpen, FactorAbsent, MustWait, UnlockError
from edge.unlock.opener import Opener
from edge.web.access import Role, open_blueprint
from edge.web.tongue import later, say

_WRONG = later("Die PIN stimmt nicht.")
_WAIT = later(
    "Zu viele falsche Versuche. Bitte warten Sie und versuchen Sie es später noch einmal."
)
_ABSENT = later("Es fehlt noch der Stick oder der Schlüsselserver. Die PIN allein öffnet nicht.")
_BROKEN = later("Das geht gerade nicht. Bitte fragen Sie, wer den Hub betreut.")
_BUSY = later("Das geht gerade nicht. Bitte versuchen Sie es gleich noch einmal.")


def unlock_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the page on which the PIN is typed."""
    pages = Blueprint("unlock", __name__)
    open_blueprint(pages, Role.VILLAGER)
    opener = Opener.of(config)
    turn = threading.Lock()  # an absent key server keeps one thread waiting, never all of them

    def is_closed() -> bool:
        return opener.is_locked and opener.is_set_up

    def shown(problem: str = "") -> str:
        return render_template("unlock.html", is_closed=is_closed(), problem=problem)

    def ask() -> str:
        return shown()

    def open_() -> AnyResponse | tuple[str, int]:
        if not is_closed():
            return redirect(url_for(".ask"), HTTPStatus.SEE_OTHER)
        if not turn.acquire(blocking=False):
            return shown(say(_BUSY)), HTTPStatus.SERVICE_UNAVAILABLE
        try:
            opener.with_pin(request.form.get("pin", "")[:40].strip(), clock.stamp().wall_ms)
        except (UnlockError, OSError) as error:
            return shown(say(_said(error))), HTTPStatus.UNPROCESSABLE_ENTITY
        finally:
            turn.release()
        return redirect(url_for("hall.board"), HTTPStatus.SEE_OTHER)

    def on_other_pages(state: BlueprintSetupState) -> None:
        state.app.jinja_env.globals["is_shut"] = lambda: (
            request.blueprint != pages.name and is_closed()
        )

    pages.record_once(on_other_pages)
    pages.add_url_rule("/entsperren", view_func=ask, methods=["GET"])
    pages.add_url_rule("/entsperren", view_func=open_, methods=["POST"])
    return pages


def _said(error: Exception) -> str:
    for kind, text in ((DoesNotOpen, _WRONG), (MustWait, _WAIT), (FactorAbsent, _ABSENT)):
        if isinstance(error, kind):
            return text
    return _BROKEN
