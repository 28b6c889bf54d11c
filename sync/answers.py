"""How the program's interfaces over HTTP end a request: one refusal, one form, on every road."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar

from flask import Flask, Response, request

from sync import wire
from sync.errors import FormatError, SignatureError

API = "docs/bundle-format.md beschreibt die Schnittstelle."
_Message = TypeVar("_Message")


class Stop(Exception):
    """Ends a request with this response; :func:`add_to` makes an application heed it."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def add_to(app: Flask) -> None:
    """Let requests to ``app`` end with a :class:`Stop`."""
    app.register_error_handler(Stop, lambda stop: stop.response)


def stop(status: HTTPStatus, code: str, message: str, hint: str) -> Stop:
    """Return what ends a request with a refusal."""
    return Stop(refusal(status, code, message, hint))


def refusal(status: int, code: str, message: str, hint: str) -> Response:
    """Return a refusal as an answer."""
    return Response(
        wire.encode_refusal(code, message, hint), status=status, content_type=wire.MEDIA_TYPE
    )


def answer(data: bytes, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """Return a message as an answer."""
    return Response(data, status=status, content_type=wire.MEDIA_TYPE)


def decoded(decode: Callable[[bytes], _Message]) -> _Message:
    """Return the message that the request's body is.

    :raises Stop: if it is none.
    """
    try:
        return decode(request.get_data(cache=False))
    except SignatureError as error:
        raise stop(HTTPStatus.UNAUTHORIZED, "signature", str(error), error.hint) from error
    except FormatError as error:
        raise stop(HTTPStatus.BAD_REQUEST, "format", str(error), error.hint) from error


def number(name: str, usual: str = "") -> int:
    """Return the number that the request's query names.

    :raises Stop: if it is none.
    """
    text = request.args.get(name, usual)
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise stop(HTTPStatus.BAD_REQUEST, "bounds", f"{name} is no number.", API)
    return int(text)
