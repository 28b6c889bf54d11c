"""The pull interface: what a county asks a hub for, over HTTP.

Everything that is served is signed by the hub itself, so that the road needs no secrecy of
its own: village data is open inside the exchange, care bodies are sealed to their recipients.
Segments go only to counties that a person at the hub confirmed.

Source: RFC 9110, 13 and 14 (conditional and range requests).
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Self, TypeVar

from flask import Flask, Response, request
from waitress import wasyncore
from waitress.server import create_server
from werkzeug.exceptions import HTTPException

from edge.clock import Clock
from edge.process.log import Log
from edge.process.words import said
from edge.store.errors import StoreError
from sync import identity, replies, rotation, wire
from sync.errors import FormatError, KeyConflict, Refused, SignatureError
from sync.identity import EPOCH_SIZE, Signer
from sync.outbox import Outbox, Unavailable
from sync.peers import Peers
from sync.rotation import Rotation
from sync.wire import Head

_Message = TypeVar("_Message")
_THREADS = 4  # a hub has one county and perhaps a bus; each holds one while it fetches
_CONNECTIONS = 32  # more are strangers: what they cost is bounded
_IDLE_S = 60  # a silent connection is closed; a county resumes where it was cut
_WATERMARK = 256 << 10  # bytes held for a slow reader before the bundle waits for it
_CONTACT_EVERY_S = 60.0  # "last contact" is shown to the minute: no commit for each request
_RETRY_S = 30
_STATUS = {
    "unknown": HTTPStatus.FORBIDDEN,
    "pending": HTTPStatus.FORBIDDEN,
    "epoch": HTTPStatus.CONFLICT,
    "ahead": HTTPStatus.CONFLICT,
    "pruned": HTTPStatus.GONE,
    "bounds": HTTPStatus.BAD_REQUEST,
    "replay": HTTPStatus.CONFLICT,
    "keys": HTTPStatus.CONFLICT,
    "size": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
}


@dataclass(frozen=True, slots=True)
class Desk:
    """What the pull interface answers from. ``keys`` gives how the hub changed its key."""

    name: str
    signer: Signer
    outbox: Outbox
    peers: Peers
    clock: Clock
    log: Log
    keys: Callable[[], Sequence[Rotation]] = tuple


def create_app(desk: Desk) -> Flask:
    """Return the WSGI application."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = wire.MAX_MESSAGE
    routes = _Routes(desk)
    app.add_url_rule("/v1/head", view_func=routes.head)
    app.add_url_rule("/v1/segments", view_func=routes.segments)
    app.add_url_rule("/v1/keys", view_func=routes.keys)
    app.add_url_rule("/v1/keys", view_func=routes.learn, methods=["POST"])
    app.add_url_rule("/v1/notice", view_func=routes.notice, methods=["POST"])
    app.add_url_rule("/v1/ack", view_func=routes.ack, methods=["POST"])
    app.add_url_rule("/v1/enrol", view_func=routes.enrol, methods=["POST"])
    app.register_error_handler(_Stop, lambda stop: stop.response)
    app.register_error_handler(StoreError, routes.store_failed)
    app.register_error_handler(HTTPException, _http_error)
    return app


class PullServer:
    """The application on waitress in a thread of its own. ``port`` is the one it listens on.

    :raises OSError: from the constructor, if it cannot listen.
    """

    def __init__(self, app: Flask, host: str, port: int) -> None:
        listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        try:  # bound here, because waitress starts its threads before it finds a port taken
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, port))
        except OSError:
            listener.close()
            raise
        self._map: dict[int, object] = {}
        self._server = create_server(
            app,
            map=self._map,
            sockets=[listener],
            threads=_THREADS,
            connection_limit=_CONNECTIONS,
            channel_timeout=_IDLE_S,
            max_request_body_size=wire.MAX_MESSAGE,
            outbuf_high_watermark=_WATERMARK,
            ident="dorfhub",
            clear_untrusted_proxy_headers=True,
        )
        self.port = int(self._server.effective_port)
        self._leave = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pull-server", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Tell if it still answers; if not, the log says why."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Stop answering and free the port. Closing twice does nothing."""
        self._leave.set()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self) -> None:
        try:
            while not self._leave.is_set():
                wasyncore.loop(timeout=0.2, use_poll=True, map=self._map, count=1)
        finally:
            self._server.task_dispatcher.shutdown()
            self._server.close()
            wasyncore.close_all(self._map)


class _Stop(Exception):
    """Ends a request with this response."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


class _Routes:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._noted: dict[bytes, float] = {}

    def head(self) -> Response:
        nonce = _hex("nonce", wire.NONCE_SIZE)
        position = self._desk.outbox.position()
        stamp = self._desk.clock.stamp()
        head = Head(
            hub=self._desk.signer.name,
            name=self._desk.name,
            epoch=position.epoch,
            first_seq=position.first_seq,
            last_seq=position.last_seq,
            last_hash=position.last_hash,
            nonce=nonce,
            now_ms=stamp.wall_ms,
            time_quality=int(stamp.quality),
        )
        answer = _answer(wire.encode_head(head, self._desk.signer))
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def segments(self) -> Response:
        county = self._county()
        epoch = _hex("epoch", EPOCH_SIZE)
        after, until = _number("after"), _number("until")
        try:
            manifest = self._desk.outbox.manifest(epoch, after, until)
        except Unavailable as error:
            self._contact(county, error=said(error))
            raise _stop(_STATUS[error.code], error.code, str(error), error.hint) from error
        self._contact(county)
        return _ranged(
            manifest.size,
            f'"{manifest.digest.hex()}"',
            lambda start, stop: self._desk.outbox.pieces(manifest, start, stop),
        )

    def ack(self) -> Response:
        desk = self._desk
        ack = _decoded(lambda data: wire.decode_ack(data, desk.peers.key_of))
        self._known(ack.county)
        try:
            replies.accept(ack, desk.outbox, desk.peers, desk.clock.stamp().wall_ms)
        except Unavailable as error:
            raise _stop(_STATUS[error.code], error.code, str(error), error.hint) from error
        desk.log.info("acknowledged", county=identity.short_id(ack.county), seq=ack.seq)
        return Response(status=HTTPStatus.NO_CONTENT)

    def keys(self) -> Response:
        chain = self._desk.keys()
        if not chain:
            raise _stop(HTTPStatus.NOT_FOUND, "absent", "This hub never changed its key.", _API)
        return _answer(rotation.encode(chain))

    def learn(self) -> Response:
        desk = self._desk
        chain = _decoded(rotation.decode)
        try:
            replies.learn(chain, desk.outbox, desk.peers, desk.clock.stamp().wall_ms)
        except Unavailable as error:
            raise _stop(_STATUS[error.code], error.code, str(error), error.hint) from error
        return Response(status=HTTPStatus.NO_CONTENT)

    def notice(self) -> Response:
        desk = self._desk
        notice = _decoded(lambda data: wire.decode_notice(data, desk.peers.key_of))
        self._known(notice.county)
        try:
            text = replies.heed(notice, desk.outbox, desk.peers, desk.clock.stamp().wall_ms)
        except Unavailable as error:
            raise _stop(_STATUS[error.code], error.code, str(error), error.hint) from error
        desk.log.warning("county-refuses", county=identity.short_id(notice.county), why=text)
        return Response(status=HTTPStatus.NO_CONTENT)

    def enrol(self) -> Response:
        enrolment = _decoded(wire.decode_enrolment)
        try:
            peer = self._desk.peers.ask(enrolment, self._desk.clock.stamp().wall_ms)
        except KeyConflict as error:
            raise _stop(HTTPStatus.CONFLICT, "keys", str(error), error.hint or _API) from error
        except Refused as error:
            raise _stop(HTTPStatus.SERVICE_UNAVAILABLE, "busy", str(error), error.hint) from error
        print_ = identity.fingerprint(peer.public_key)
        self._desk.log.info("enrolment", county=print_, confirmed=peer.confirmed)
        if peer.confirmed and peer.asked_recipients is None:
            return _answer(wire.encode_state("confirmed", self._desk.signer.name))
        return _answer(wire.encode_state("pending", self._desk.signer.name), HTTPStatus.ACCEPTED)

    def store_failed(self, error: StoreError) -> Response:
        self._desk.log.error("store", error=str(error))
        answer = _refusal(HTTPStatus.SERVICE_UNAVAILABLE, "store", str(error), error.hint)
        answer.headers["Retry-After"] = str(_RETRY_S)
        return answer

    def _county(self) -> bytes:
        target = f"{request.path}?{request.query_string.decode('latin-1')}"
        try:
            county = wire.verify_request(
                dict(request.headers), request.method, target, self._desk.peers.key_of
            )
        except SignatureError as error:
            raise _stop(
                HTTPStatus.UNAUTHORIZED,
                "signature",
                str(error),
                "Die Anfrage muss mit dem Schlüssel des Landkreises unterschrieben sein.",
            ) from error
        self._known(county)
        return county

    def _known(self, county: bytes) -> None:
        try:
            replies.require_confirmed(county, self._desk.peers)
        except Unavailable as error:
            print_ = identity.fingerprint(county)
            self._desk.log.warning("refused", county=print_, why=error.code)
            raise _stop(_STATUS[error.code], error.code, str(error), error.hint) from error

    def _contact(self, county: bytes, error: str = "") -> None:
        now_s = time.monotonic()
        if not error and now_s - self._noted.get(county, -_CONTACT_EVERY_S) < _CONTACT_EVERY_S:
            return
        self._noted[county] = now_s  # at most as many as were confirmed
        self._desk.peers.contact(
            county,
            last_seq=self._desk.outbox.position().last_seq,
            now_ms=self._desk.clock.stamp().wall_ms,
            error=error,
        )


def _ranged(size: int, etag: str, pieces: Callable[[int, int], Iterator[bytes]]) -> Response:
    """Answer with all of it, the one range that was asked for, or that it is unchanged."""
    headers = {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, max-age=31536000, immutable",
    }
    if request.if_none_match.contains(etag.strip('"')):
        return Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    start, stop, status = 0, size, HTTPStatus.OK
    wanted = request.range
    if_range = request.headers.get("If-Range")  # compared as it stands: a weak tag never matches
    if wanted and wanted.units == "bytes" and if_range in (None, etag):
        found = wanted.range_for_length(size)
        if found is not None:
            (start, stop), status = found, HTTPStatus.PARTIAL_CONTENT
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
        elif len(wanted.ranges) == 1:
            headers["Content-Range"] = f"bytes */{size}"
            return Response(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=headers)
    headers["Content-Length"] = str(stop - start)
    return Response(
        pieces(start, stop), status=status, headers=headers, content_type=wire.BUNDLE_TYPE
    )


def _decoded(decode: Callable[[bytes], _Message]) -> _Message:
    try:
        return decode(request.get_data(cache=False))
    except SignatureError as error:
        raise _stop(HTTPStatus.UNAUTHORIZED, "signature", str(error), error.hint) from error
    except FormatError as error:
        raise _stop(HTTPStatus.BAD_REQUEST, "format", str(error), error.hint) from error


def _hex(name: str, size: int) -> bytes:
    text = request.args.get(name, "")
    try:
        value = bytes.fromhex(text)
    except ValueError:
        value = b""
    if len(value) != size or len(text) != 2 * size:
        raise _stop(
            HTTPStatus.BAD_REQUEST, "bounds", f"{name} has not {2 * size} hex digits.", _API
        )
    return value


def _number(name: str) -> int:
    text = request.args.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise _stop(HTTPStatus.BAD_REQUEST, "bounds", f"{name} is no number.", _API)
    return int(text)


def _answer(data: bytes, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return Response(data, status=status, content_type=wire.MEDIA_TYPE)


def _refusal(status: int, code: str, message: str, hint: str) -> Response:
    return Response(
        wire.encode_refusal(code, message, hint), status=status, content_type=wire.MEDIA_TYPE
    )


def _stop(status: HTTPStatus, code: str, message: str, hint: str) -> _Stop:
    return _Stop(_refusal(status, code, message, hint))


def _http_error(error: HTTPException) -> Response:
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    return _refusal(status, "http", f"{status} {error.name}", _API)


_API = "docs/bundle-format.md beschreibt die Schnittstelle."
