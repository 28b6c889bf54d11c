"""What pages of those who work here do alike: German, forms, and what is in the way in words."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from edge.learning.entered import Entered
from edge.learning.errors import LearningError
from edge.store.errors import Locked, StoreError
from edge.web.access import Role, open_blueprint
from edge.web.reach import only_german


def staff_blueprint(name: str, prefix: str, role: Role, room: str, unreadable: str) -> Blueprint:
    """Return a blueprint for one role, with errors that say what to do.

    ``room`` is the folder of its templates `locked.html` and `trouble.html`; ``unreadable`` is said
    where a store's error says nothing.
    """
    pages = Blueprint(name, __name__, url_prefix=prefix)
    open_blueprint(pages, role)
    pages.before_request(only_german)

    def locked(_: Locked) -> tuple[str, int]:
        return render_template(f"{room}/locked.html"), HTTPStatus.SERVICE_UNAVAILABLE

    def store_failed(error: StoreError) -> tuple[str, int]:
        text = error.hint or unreadable
        return trouble(room, "Das geht gerade nicht", text, HTTPStatus.SERVICE_UNAVAILABLE)

    def refused(error: LearningError) -> tuple[str, int]:
        return trouble(room, "Das geht so nicht", error.hint, HTTPStatus.UNPROCESSABLE_ENTITY)

    pages.register_error_handler(Locked, locked)
    pages.register_error_handler(StoreError, store_failed)
    pages.register_error_handler(LearningError, refused)
    return pages


def entered() -> Entered:
    """Return the form of this request."""
    return Entered(request.form.to_dict(flat=False))


def go(endpoint: str, **values: Any) -> AnyResponse:
    """Send the browser on, so that loading the page anew sends nothing twice."""
    return redirect(url_for(endpoint, **values), HTTPStatus.SEE_OTHER)


def trouble(room: str, title: str, text: str, status: HTTPStatus) -> tuple[str, int]:
    """Return the page of a room that says what is in the way."""
    return render_template(f"{room}/trouble.html", title=title, text=text), status
