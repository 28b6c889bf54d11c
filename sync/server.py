"""The pull interface: what a county asks a hub for, over HTTP.

Everything that is served is signed by the hub itself, so that the road needs no secrecy of
its own: village data is open inside the exchange, care bodies are sealed to their recipients.
Segments go only to counties that a person at the hub confirmed.

Source: RFC 9110, 13 and 14 (conditional and range requests).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from edge.clock import Clock
from edge.process.log import Log
from edge.process.words import said
from edge.store.errors import StoreError
from sync import answers, identity, replies, requests, rotation, wire
from sync.answers import API, Stop
from sync.counter import Counter
from sync.errors import KeyConflict, Refused, SignatureError
from sync.identity import EPOCH_SIZE, Signer
from sync.outbox import Outbox, Unavailable
from sync.peers import Peers
from sync.rotation import Rotation
from sync.server_county import CountyRoutes
from sync.wire import Head

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
    """What the pull interface answers from. ``keys`` gives how the hub changed its key.

    ``county`` takes what counties bring; without it nothing comes in. Without a ``counter`` no
    bus gets anything. ``fetched`` is called when a county or a bus asks what there is, before it
    is told.
    """

    name: str
    signer: Signer
    outbox: Outbox
    peers: Peers
    clock: Clock
    log: Log
    keys: Callable[[], Sequence[Rotation]] = tuple
    counter: Counter | None = None
    county: CountyRoutes | None = None
    fetched: Callable[[], object] = lambda: None


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
    if desk.county is not None:
        desk.county.add_to(app)
    if desk.counter is not None:
        app.add_url_rule("/v1/pass", view_func=routes.show_pass, methods=["POST"])
        app.add_url_rule("/v1/due", view_func=routes.due)
        app.add_url_rule("/v1/parcel", view_func=routes.parcel)
        app.add_url_rule("/v1/taken", view_func=routes.taken, methods=["POST"])
    answers.add_to(app)
    app.register_error_handler(StoreError, routes.store_failed)
    app.register_error_handler(HTTPException, _http_error)
    return app


class _Routes:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._noted: dict[bytes, float] = {}

    def head(self) -> Response:
        nonce = _hex("nonce", wire.NONCE_SIZE)
        if self._is_county():
            self._desk.fetched()
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
        answer = answers.answer(wire.encode_head(head, self._desk.signer))
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def segments(self) -> Response:
        county = self._county()
        epoch = _hex("epoch", EPOCH_SIZE)
        after, until = answers.number("after"), answers.number("until")
        try:
            manifest = self._desk.outbox.manifest(epoch, after, until)
        except Unavailable as error:
            self._contact(county, error=said(error))
            raise answers.stop(_STATUS[error.code], error.code, str(error), error.hint) from error
        self._contact(county)
        return _ranged(
            manifest.size,
            f'"{manifest.digest.hex()}"',
            lambda start, stop: self._desk.outbox.pieces(manifest, start, stop),
        )

    def ack(self) -> Response:
        desk = self._desk
        ack = answers.decoded(lambda data: wire.decode_ack(data, desk.peers.key_of))
        self._known(ack.county)
        try:
            replies.accept(ack, desk.outbox, desk.peers, desk.clock.stamp().wall_ms)
        except Unavailable as error:
            raise answers.stop(_STATUS[error.code], error.code, str(error), error.hint) from error
        desk.log.info("acknowledged", county=identity.short_id(ack.county), seq=ack.seq)
        return Response(status=HTTPStatus.NO_CONTENT)

    def keys(self) -> Response:
        chain = self._desk.keys()
        if not chain:
            raise answers.stop(
                HTTPStatus.NOT_FOUND, "absent", "This hub never changed its key.", API
            )
        return answers.answer(rotation.encode(chain))

    def learn(self) -> Response:
        desk = self._desk
        chain = answers.decoded(rotation.decode)
        try:
            replies.learn(chain, desk.outbox, desk.peers, desk.clock.stamp().wall_ms)
        except Unavailable as error:
            raise answers.stop(_STATUS[error.code], error.code, str(error), error.hint) from error
        return Response(status=HTTPStatus.NO_CONTENT)

    def notice(self) -> Response:
        desk = self._desk
        notice = answers.decoded(lambda data: wire.decode_notice(data, desk.peers.key_of))
        self._known(notice.county)
        try:
            text = replies.heed(notice, desk.outbox, desk.peers, desk.clock.stamp().wall_ms)
        except Unavailable as error:
            raise answers.stop(_STATUS[error.code], error.code, str(error), error.hint) from error
        desk.log.warning("county-refuses", county=identity.short_id(notice.county), why=text)
        return Response(status=HTTPStatus.NO_CONTENT)

    def enrol(self) -> Response:
        enrolment = answers.decoded(wire.decode_enrolment)
        try:
            peer = self._desk.peers.ask(enrolment, self._desk.clock.stamp().wall_ms)
        except KeyConflict as error:
            raise answers.stop(
                HTTPStatus.CONFLICT, "keys", str(error), error.hint or API
            ) from error
        except Refused as error:
            raise answers.stop(
                HTTPStatus.SERVICE_UNAVAILABLE, "busy", str(error), error.hint
            ) from error
        print_ = identity.fingerprint(peer.public_key)
        self._desk.log.info("enrolment", county=print_, confirmed=peer.confirmed)
        if peer.confirmed and peer.asked_recipients is None:
            return answers.answer(wire.encode_state("confirmed", self._desk.signer.name))
        return answers.answer(
            wire.encode_state("pending", self._desk.signer.name), HTTPStatus.ACCEPTED
        )

    def show_pass(self) -> Response:
        with _unavailable():
            porter = answers.decoded(self._counter().show)
        self._desk.log.info("bus", name=porter.name, carrier=identity.short_id(porter.carrier))
        return Response(status=HTTPStatus.NO_CONTENT)

    def due(self) -> Response:
        with _unavailable():
            carrier = self._signer()
            self._counter().porters.require(carrier, self._desk.clock.stamp().wall_ms)
            self._desk.fetched()
            return answers.answer(self._counter().due(carrier))

    def parcel(self) -> Response:
        epoch = _hex("epoch", EPOCH_SIZE)
        with _unavailable():
            found = self._counter().fetch(
                self._signer(), epoch, answers.number("after"), answers.number("until")
            )
        return _ranged(found.size, f'"{found.digest}"', found.pieces)

    def taken(self) -> Response:
        epoch = _hex("epoch", EPOCH_SIZE)
        with _unavailable():
            self._counter().taken(
                self._signer(), epoch, answers.number("after"), answers.number("until")
            )
        return Response(status=HTTPStatus.NO_CONTENT)

    def _counter(self) -> Counter:
        if self._desk.counter is None:
            raise AssertionError("its routes are there only with it")
        return self._desk.counter

    def store_failed(self, error: StoreError) -> Response:
        self._desk.log.error("store", error=str(error))
        answer = answers.refusal(HTTPStatus.SERVICE_UNAVAILABLE, "store", str(error), error.hint)
        answer.headers["Retry-After"] = str(_RETRY_S)
        return answer

    def _county(self) -> bytes:
        county = self._signer()
        self._known(county)
        return county

    def _is_county(self) -> bool:
        """Tell if a county that was confirmed here asks; anybody may ask for the head."""
        if requests.COUNTY_FIELD not in request.headers:
            return False
        try:
            replies.require_confirmed(self._signer(), self._desk.peers)
        except (Stop, Unavailable):
            return False
        return True

    def _signer(self) -> bytes:
        """Return who signed the request; whether it is known here is not asked."""
        target = str(request.environ["REQUEST_URI"])  # as it was sent, and so signed
        try:
            return requests.verify_request(
                dict(request.headers), request.method, target, self._desk.peers.key_of
            )
        except SignatureError as error:
            raise answers.stop(
                HTTPStatus.UNAUTHORIZED,
                "signature",
                str(error),
                "Die Anfrage muss mit dem Schlüssel des Landkreises unterschrieben sein.",
            ) from error

    def _known(self, county: bytes) -> None:
        try:
            replies.require_confirmed(county, self._desk.peers)
        except Unavailable as error:
            print_ = identity.fingerprint(county)
            self._desk.log.warning("refused", county=print_, why=error.code)
            raise answers.stop(_STATUS[error.code], error.code, str(error), error.hint) from error

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


@contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except Unavailable as error:
        raise answers.stop(_STATUS[error.code], error.code, str(error), error.hint) from error


def _hex(name: str, size: int) -> bytes:
    text = request.args.get(name, "")
    try:
        value = bytes.fromhex(text)
    except ValueError:
        value = b""
    if len(value) != size or len(text) != 2 * size:
        raise answers.stop(
            HTTPStatus.BAD_REQUEST, "bounds", f"{name} has not {2 * size} hex digits.", API
        )
    return value


def _http_error(error: HTTPException) -> Response:
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    return answers.refusal(status, "http", f"{status} {error.name}", API)
