"""ZIM files: what kiwix-serve answers on loopback, passed on without an origin.

Articles are other people's pages with scripts of their own. As exercises they are sent without an
origin: they have no cookies, and read nothing of our pages.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Collection, Iterator
from http import HTTPStatus
from urllib.parse import quote

from flask import Response, abort, request
from werkzeug.wrappers import Response as AnyResponse

from edge.config import Config
from edge.material.library import NAME, ROOT
from edge.material.neighbour import Neighbour
from edge.process.heartbeat import Part, read_all
from edge.web.reach import READS_ALOUD

WAIT_S = 15
MOST = 10  # answers on their way: each holds a thread as long as a phone takes to fetch it
TURN_S = 1.0  # a page has many pictures, each passed on in milliseconds
_PLACES = threading.BoundedSemaphore(MOST)
_CHUNK = 64 * 1024
_PASSED = ("Content-Type", "Content-Length", "Content-Range", "ETag", "Last-Modified", "Location")
_ASKED = ("Range", "If-None-Match", "If-Range", "Accept-Language")
_HELPERS = frozenset(("skin", "catch"))  # the server's own styles, and its page for outside links


def is_served(config: Config) -> bool:
    """Tell whether books can be read right now."""
    return any(one.name == "zim" and one.state in ("ok", "starting") for one in _parts(config))


def neighbours(config: Config) -> tuple[Neighbour, ...]:
    """Return the Kolibris in the house."""
    found = (one for one in _parts(config) if one.name == "kolibri")
    return tuple(Neighbour(one.message, one.state) for one in found)


def _parts(config: Config) -> tuple[Part, ...]:
    beat = read_all(config).get(NAME)
    return beat.parts if beat is not None and beat.alive else ()


def passed_on(config: Config, path: str, known: Collection[str]) -> AnyResponse:
    """Return what the server answers to ``path``; 404 unless it is of a known book."""
    if request.environ.get(READS_ALOUD) or not _may_ask(path, known):
        abort(HTTPStatus.NOT_FOUND)
    query = request.query_string.decode("ascii", "replace")
    ways = [f"content/{path}", path] if path in known else [path]  # newer servers, older ones
    if not _PLACES.acquire(timeout=TURN_S):
        abort(HTTPStatus.SERVICE_UNAVAILABLE)
    try:
        for way in ways:
            answer = _asked(config, way, query)
            if answer.status_code != HTTPStatus.NOT_FOUND or way is ways[-1]:
                break
            answer.close()
    except BaseException:
        _PLACES.release()
        raise
    answer.call_on_close(_PLACES.release)
    own = f"{request.host_url.rstrip('/')}{ROOT}/"
    answer.headers["Content-Security-Policy"] = (
        f"default-src {own} data: blob: 'unsafe-inline' 'unsafe-eval'; form-action 'none'; "
        "base-uri 'none'; frame-ancestors 'self'; sandbox allow-scripts"
    )
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def _may_ask(path: str, known: Collection[str]) -> bool:
    """Tell whether a path is of a known book, however it is written."""
    first, _, rest = path.partition("/")
    if ".." in path.split("/"):
        return False
    if first == "search":
        wanted = request.args.getlist("content")
        others = any(one.startswith("books") for one in request.args)
        return not rest and not others and len(wanted) == 1 and wanted[0] in known
    book = rest.partition("/")[0] if first == "content" else first
    return first in _HELPERS or book in known


def _asked(config: Config, path: str, query: str) -> AnyResponse:
    line = http.client.HTTPConnection("127.0.0.1", config.materials.zim_port, timeout=WAIT_S)
    target = f"{ROOT}/{quote(path)}" + (f"?{query}" if query else "")
    sent = {name: request.headers[name] for name in _ASKED if name in request.headers}
    try:
        line.request("GET", target, headers=sent)
        found = line.getresponse()
    except (OSError, http.client.HTTPException):
        line.close()
        abort(HTTPStatus.SERVICE_UNAVAILABLE)
    headers = {name: found.headers[name] for name in _PASSED if name in found.headers}
    place = headers.get("Location", ROOT)
    if not place.startswith(f"{ROOT}"):
        line.close()
        abort(HTTPStatus.NOT_FOUND)
    answer = Response(_body(found), status=found.status, headers=headers)
    answer.call_on_close(line.close)
    return answer


def _body(found: http.client.HTTPResponse) -> Iterator[bytes]:
    while piece := found.read(_CHUNK):
        yield piece
