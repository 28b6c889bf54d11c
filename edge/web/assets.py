"""Style, letters and script, at addresses that change with the content: browsers may keep them.

The address carries the hash of the whole folder. Names inside a style sheet are relative and so
carry it too. Text is packed once, when it is first asked for.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

from flask import Flask, Response, abort, request

from edge.access.role import Role
from edge.web.access import open_to, passive

FOLDER = Path(__file__).with_name("static")
YEAR_S = 31_536_000
LEAST_BYTES = 1000  # below, packing saves no packet
# Not of the system: what a Pi without mailcap says of woff2 would be `application/octet-stream`.
_TYPES = {".woff2": "font/woff2", ".js": "text/javascript", ".css": "text/css"}
_PACKED = {".css", ".js", ".svg", ".txt"}


@dataclass(slots=True)
class Assets:
    """The files of a folder. ``mark`` changes when any of them does."""

    files: dict[str, Path]
    mark: str
    packed: dict[str, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path) -> Assets:
        """Return what lies in a folder now."""
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        files = {path.relative_to(folder).as_posix(): path for path in paths}
        whole = hashlib.sha256()
        for name, path in files.items():
            whole.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
        return cls(files, whole.hexdigest()[:12])

    def bytes_of(self, name: str, *, pack: bool) -> bytes:
        """Return a file's bytes, gzipped if asked for."""
        if not pack:
            return self.files[name].read_bytes()
        if name not in self.packed:
            self.packed[name] = gzip.compress(self.files[name].read_bytes(), 9, mtime=0)
        return self.packed[name]


def add_assets(app: Flask, folder: Path = FOLDER) -> None:
    """Serve the folder below `/static/HASH/` and give templates ``asset(name)``."""
    assets = Assets.of(folder)

    def asset(name: str) -> str:
        if name not in assets.files:
            raise LookupError(f"no file {name} in static/")
        return f"{request.script_root}/static/{assets.mark}/{name}"

    @passive
    @open_to(Role.VILLAGER)
    def static(mark: str, name: str) -> Response:
        if name not in assets.files:
            abort(HTTPStatus.NOT_FOUND)
        ending = Path(name).suffix
        pack = ending in _PACKED and request.accept_encodings.quality("gzip") > 0
        mimetype = _TYPES.get(ending) or mimetypes.guess_type(name)[0]
        response = Response(assets.bytes_of(name, pack=pack), mimetype=mimetype)
        if pack:
            response.content_encoding = "gzip"
        if ending in _PACKED:
            response.vary.add("Accept-Encoding")
        fresh = mark == assets.mark  # a page of before an update may still ask
        response.cache_control.max_age = YEAR_S if fresh else 0
        if fresh:
            response.cache_control.public = True
            response.cache_control.immutable = True
        response.set_etag(f"{assets.mark}-{'z' if pack else 'n'}")
        response.make_conditional(request)
        return response

    app.add_url_rule("/static/<mark>/<path:name>", "static", static)
    app.jinja_env.globals["asset"] = asset
    _pack_pages(app)


def _pack_pages(app: Flask) -> None:
    @app.after_request
    def pack_pages(response: Response) -> Response:
        """Gzip a whole page; what streams stays as it is."""
        if (
            response.mimetype == "text/html"
            and not response.is_streamed
            and not response.content_encoding
            and response.status_code != HTTPStatus.NOT_MODIFIED
        ):
            response.vary.add("Accept-Encoding")
            page = response.get_data()
            if request.accept_encodings.quality("gzip") > 0 and len(page) >= LEAST_BYTES:
                response.set_data(gzip.compress(page, 6, mtime=0))
                response.content_encoding = "gzip"
        return response
