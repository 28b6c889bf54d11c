"""A file of the shelf as an answer: whole or in part, conditional, and never in memory.

waitress takes a file from a view as it is and sends it from its own loop, so that no thread waits
for a slow phone: a film holds none of those that serve pages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import Path

from flask import Response, abort, request
from werkzeug.http import parse_range_header
from werkzeug.wrappers import Response as AnyResponse

from edge.web.reach import READS_ALOUD

_CHUNK = 64 * 1024

# Of a file by itself nothing runs and nothing is loaded; our own pages may show it in a frame.
ALONE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "media-src 'self'; object-src 'self'; frame-ancestors 'self'",
    "X-Frame-Options": "SAMEORIGIN",
}


def file_answer(
    path: Path, mime: str, etag: str, headers: Mapping[str, str] | None = None
) -> AnyResponse:
    """Return a file, or the part that was asked for.

    404 if it is not there, 304 if the browser has it, 416 if there is no such part.
    """
    if request.environ.get(READS_ALOUD):
        abort(HTTPStatus.NOT_FOUND)  # a page is read aloud, and asked for as a whole; never a film
    try:
        size = path.stat().st_size
    except OSError:
        abort(HTTPStatus.NOT_FOUND)
    response = Response(mimetype=mime)
    response.headers.update(ALONE if headers is None else headers)
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Cache-Control"] = "private, no-cache"  # may be hidden again any time
    response.set_etag(etag)
    if request.if_none_match.contains(etag):
        response.status_code = HTTPStatus.NOT_MODIFIED
        return response
    first, last = 0, size - 1
    wanted = parse_range_header(request.headers.get("Range"))
    same = not request.if_range.etag or request.if_range.etag == etag
    if wanted is not None and wanted.units == "bytes" and len(wanted.ranges) == 1 and same:
        part = wanted.range_for_length(size)
        if part is None:
            response.status_code = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
            response.headers["Content-Range"] = f"bytes */{size}"
            return response
        first, last = part[0], part[1] - 1
        response.status_code = HTTPStatus.PARTIAL_CONTENT
        response.headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    response.content_length = last - first + 1
    if request.method != "HEAD":
        response.response = _sent(path, first, last - first + 1)
        response.direct_passthrough = True
    return response


def _sent(path: Path, first: int, count: int) -> Iterator[bytes]:
    wrapper = request.environ.get("wsgi.file_wrapper")
    if wrapper is not None and hasattr(wrapper, "prepare"):  # waitress's keeps to Content-Length
        file = path.open("rb")  # waitress closes it
        file.seek(first)
        sent: Iterator[bytes] = wrapper(file, _CHUNK)
        return sent
    return _pieces(path, first, count)


def _pieces(path: Path, first: int, left: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(first)
        while left > 0 and (piece := file.read(min(_CHUNK, left))):
            left -= len(piece)
            yield piece
