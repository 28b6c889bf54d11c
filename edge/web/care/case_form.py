"""Pictures and files that a form brings, kept in memory alone: no disk has them in the clear."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import IO

from flask import abort, request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

MAX_UPLOAD = 18 << 20  # one picture of a phone, or the packet of an answer
_TURNS = threading.BoundedSemaphore(2)  # a picture is drawn anew in some 100 MB
_WAIT_S = 20.0


@contextmanager
def brought(name: str) -> Iterator[tuple[bytes, dict[str, str]]]:
    """Give the bytes of the file in the field ``name`` and the form's other fields.

    Empty bytes if none was chosen, or more than is taken. Few are looked at at a time.
    """
    if not _TURNS.acquire(timeout=_WAIT_S):
        abort(HTTPStatus.SERVICE_UNAVAILABLE)
    try:
        yield _parsed(name)
    finally:
        _TURNS.release()


def _parsed(name: str) -> tuple[bytes, dict[str, str]]:
    # asked here and not of `request.files`: that one spools large files to a disk
    parser = FormDataParser(
        stream_factory=_in_memory, max_content_length=MAX_UPLOAD, max_form_parts=10
    )
    try:
        request.max_content_length = MAX_UPLOAD
        _, form, files = parser.parse(
            request.stream,
            request.mimetype,
            request.content_length,
            request.mimetype_params,
        )
    except RequestEntityTooLarge:
        return b"", {}
    file = files.get(name)
    return (file.read(MAX_UPLOAD) if file else b""), form.to_dict()


def _in_memory(
    total_content_length: int | None,  # noqa: ARG001 - as werkzeug calls it
    content_type: str | None,  # noqa: ARG001
    filename: str | None,  # noqa: ARG001
    content_length: int | None = None,  # noqa: ARG001
) -> IO[bytes]:
    return io.BytesIO()
