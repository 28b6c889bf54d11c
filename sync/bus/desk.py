"""What a bus answers its county over a line: what it carries, the county's word, what is done.

Only the county that gave the bus its pass is answered, by its signature on each request; the
line is TLS with the bus's own key.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar

from flask import Flask, Response, request, send_file

from edge.process.log import Log
from sync import answers, custody, identity, parcel, requests, rotation, wire
from sync.answers import API
from sync.bus import hold
from sync.bus.round import Bus
from sync.errors import Refused, SignatureError, SyncError

_Made = TypeVar("_Made")


def create_app(bus: Bus, log: Log) -> Flask:
    """Return the WSGI application."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = hold.MAX_LAID
    routes = _Routes(bus, log)
    app.add_url_rule(hold.CARGO_TARGET, view_func=routes.cargo)
    app.add_url_rule(hold.FILE_TARGET, view_func=routes.file)
    app.add_url_rule(hold.FILE_TARGET, view_func=routes.lay, methods=["POST"])
    app.add_url_rule(hold.RECEIPTS_TARGET, view_func=routes.receipts)
    app.add_url_rule(hold.RECEIPTS_TARGET, view_func=routes.take_receipts, methods=["POST"])
    app.add_url_rule(hold.KEYS_TARGET, view_func=routes.learn, methods=["POST"])
    app.add_url_rule(parcel.PASS_TARGET, view_func=routes.renew, methods=["POST"])
    app.add_url_rule(hold.UNLOADED_TARGET, view_func=routes.unloaded, methods=["POST"])
    answers.add_to(app)
    app.register_error_handler(OSError, _disk)
    return app


class _Routes:
    def __init__(self, bus: Bus, log: Log) -> None:
        self._bus, self._log = bus, log

    def cargo(self) -> Response:
        self._county()
        return _answer(hold.encode_page(self._bus.hold.page(request.args.get("after", ""))))

    def file(self) -> Response:
        self._county()
        path, item = _tried(lambda: self._bus.hold.item(request.args.get("path", "")))
        answer = send_file(
            path, mimetype=wire.BUNDLE_TYPE, conditional=True, etag=item.sha256.hex(), max_age=0
        )
        answer.direct_passthrough = True
        return answer

    def lay(self) -> Response:
        self._county()
        path = request.args.get("path", "")
        data = request.get_data(cache=False)
        _tried(lambda: self._bus.hold.lay(path, data))
        return Response(status=HTTPStatus.NO_CONTENT)

    def receipts(self) -> Response:
        self._county()
        batch = self._bus.load.receipts(answers.number("after", "0"))
        return _answer(custody.encode_batch(batch.receipts, batch.next))

    def take_receipts(self) -> Response:
        self._county()
        self._bus.load.keep(answers.decoded(custody.decode_batch).receipts)
        return Response(status=HTTPStatus.NO_CONTENT)

    def learn(self) -> Response:
        """Take how the county changed its key: the chain vouches for itself."""
        chain = answers.decoded(rotation.decode)
        if chain[0].name != self._bus.owner.name():
            raise answers.stop(HTTPStatus.FORBIDDEN, "unknown", "Keys of another county.", _PASS)
        try:
            self._bus.owner.learn(chain)
        except SyncError as error:
            raise answers.stop(
                HTTPStatus.CONFLICT, "keys", str(error), error.hint or API
            ) from error
        return Response(status=HTTPStatus.NO_CONTENT)

    def renew(self) -> Response:
        """Take a new pass of the same county's."""
        self._county()
        answers.decoded(self._bus.owner.renew)
        return Response(status=HTTPStatus.NO_CONTENT)

    def unloaded(self) -> Response:
        self._county()
        dropped = self._bus.unloaded()
        self._log.info("unloaded", dropped=dropped)
        return Response(status=HTTPStatus.NO_CONTENT)

    def _county(self) -> None:
        target = str(request.environ["REQUEST_URI"])  # as it was sent, and so signed
        try:
            county = requests.verify_request(
                dict(request.headers), request.method, target, self._bus.owner.key_of
            )
        except SignatureError as error:
            raise answers.stop(HTTPStatus.UNAUTHORIZED, "signature", str(error), _SIGN) from error
        if county != self._bus.owner.name():
            short = identity.short_id(county)
            self._log.warning("refused", county=short)
            raise answers.stop(
                HTTPStatus.FORBIDDEN, "unknown", f"Not the county of this bus: {short}", _PASS
            )


_SIGN = "Die Anfrage muss mit dem Schlüssel des Landkreises unterschrieben sein."
_PASS = "Dieser Bus fährt für den Landkreis, der ihm den Ausweis gab („dorfhub bus status“)."  # noqa: S105


def _tried(do: Callable[[], _Made]) -> _Made:
    try:
        return do()
    except Refused as error:
        raise answers.stop(HTTPStatus.NOT_FOUND, "absent", str(error), error.hint) from error


def _disk(error: OSError) -> Response:
    said = "Die Platte des Busses ist voll oder defekt."
    return answers.refusal(
        HTTPStatus.SERVICE_UNAVAILABLE, "store", error.strerror or str(error), said
    )


def _answer(data: bytes) -> Response:
    answer = answers.answer(data)
    answer.headers["Cache-Control"] = "no-store"
    return answer
