"""Exercises (H5P) in a frame without an origin.

An exercise is other people's program. Its page is sent with a policy that takes its origin away
(`sandbox` without `allow-same-origin`): it has no cookies and no storage, reads nothing of our
pages, sends no form, opens no window, and may load nothing but its own files and the player.
"""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path

from flask import Response, abort, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from edge.config import Config
from edge.material.h5p import TYPES
from edge.material.shelf import shelf_of
from edge.store.village_materials import Material
from edge.web.learn.files import file_answer

_PLAYER = Path(__file__).parents[1] / "static" / "h5p"
_OURS = _PLAYER.with_name("exercise.js")
_PLAYER_TYPES = {".js": TYPES["js"], ".css": TYPES["css"], ".woff2": TYPES["woff2"]}
_PLAYER_TYPES |= {".woff": TYPES["woff"], ".svg": TYPES["svg"], ".gif": TYPES["gif"]}
# What has no origin is a stranger to us too: its own files must be lent to strangers.
_LENT = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}


def policy(number: int) -> str:
    """Return the policy of an exercise's page: no origin, and its own files alone.

    Exercises write styles and small programs into their page, as all of H5P does.
    """
    own = f"{request.host_url}lernen/{number}/uebung/ {request.host_url}lernen/h5p/"
    return (
        f"default-src 'none'; script-src {own} 'unsafe-inline' 'unsafe-eval'; "
        f"style-src {own} 'unsafe-inline'; img-src {own} data: blob:; media-src {own} data: blob:; "
        f"font-src {own} data:; connect-src {own}; form-action 'none'; base-uri 'none'; "
        "frame-ancestors 'self'; sandbox allow-scripts"
    )


def frame(one: Material) -> AnyResponse:
    """Return the page within the frame."""
    response = Response(
        render_template("learn/exercise_frame.html", number=one.material, lang=one.language)
    )
    response.headers["Content-Security-Policy"] = policy(one.material)
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def own_file(config: Config, one: Material, name: str) -> AnyResponse:
    """Return a file of an exercise."""
    shelf = shelf_of(config)
    folder = shelf.unpacked(one.sha256)
    path = folder / name
    ending = path.suffix.removeprefix(".").lower()
    if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
        abort(HTTPStatus.NOT_FOUND)
    mime = TYPES.get(ending, "application/octet-stream")
    # opened by itself, nothing in it runs either
    headers = {**_LENT, "Content-Security-Policy": "default-src 'none'; sandbox"}
    return file_answer(path, mime, f"{one.sha256[:32]}-{path.stat().st_size}", headers)


def player_file(name: str) -> AnyResponse:
    """Return a file of the player."""
    path = _OURS if name == _OURS.name else _PLAYER / Path(name).name  # its styles name folders
    mime = _PLAYER_TYPES.get(path.suffix)
    if mime is None or not path.is_file():
        abort(HTTPStatus.NOT_FOUND)
    return file_answer(path, mime, f"{path.name}-{path.stat().st_mtime_ns}", _LENT)
