"""The pull interface's other direction: a county's bundles come in, and receipts both ways.

Whoever brings a bundle is not asked who they are: it is the segments' signature that counts, and
only a county that a person at the hub confirmed is listened to.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from flask import Flask, Response, request

from edge.clock import Clock
from edge.process.log import Log
from sync import answers, custody, got, identity
from sync.answers import API
from sync.custody_book import Book
from sync.errors import FormatError, SignatureError
from sync.got import Got
from sync.identity import PUBLIC_KEY_SIZE, Signer
from sync.inflow import Inflow
from sync.outbox import Unavailable

MAX_POSTED = 256 << 10  # a county writes no larger segment; pieces have 64 KiB as a rule
_STATUS = {
    "unknown": HTTPStatus.FORBIDDEN,
    "pending": HTTPStatus.FORBIDDEN,
    "gap": HTTPStatus.CONFLICT,
    "fork": HTTPStatus.CONFLICT,
}


@dataclass(frozen=True, slots=True)
class CountyRoutes:
    """What a county brings. ``care_key`` gives the age public key that replies are sealed to."""

    inflow: Inflow
    book: Book
    signer: Signer
    clock: Clock
    log: Log
    care_key: Callable[[], str | None]

    def add_to(self, app: Flask) -> None:
        """Answer these requests, too."""
        app.add_url_rule("/v1/got", view_func=self.got)
        app.add_url_rule("/v1/bundle", view_func=self.bundle, methods=["POST"])
        app.add_url_rule("/v1/receipts", view_func=self.receipts)
        app.add_url_rule("/v1/receipts", view_func=self.hand_receipts, methods=["POST"])

    def got(self) -> Response:
        """Say how far a county's streams are here."""
        try:
            county = bytes.fromhex(request.args.get("county", ""))
        except ValueError:
            county = b""
        if len(county) != PUBLIC_KEY_SIZE:
            return answers.refusal(
                HTTPStatus.BAD_REQUEST, "bounds", "county has not 64 hex digits.", API
            )
        stamp = self.clock.stamp()
        word = Got(
            self.signer.name,
            self.inflow.positions(county),
            self.care_key() or "",
            stamp.wall_ms,
        )
        answer = answers.answer(got.encode(word, self.signer))
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def bundle(self) -> Response:
        """Take a bundle."""
        request.max_content_length = MAX_POSTED
        data = request.get_data(cache=False)
        now_ms = self.clock.stamp().wall_ms
        try:
            taken = self.inflow.take(io.BytesIO(data), way="line", now_ms=now_ms)
        except Unavailable as error:
            return answers.refusal(_STATUS[error.code], error.code, str(error), error.hint)
        except SignatureError as error:
            return answers.refusal(HTTPStatus.UNAUTHORIZED, "signature", str(error), error.hint)
        except FormatError as error:
            return answers.refusal(HTTPStatus.BAD_REQUEST, "format", str(error), error.hint)
        if taken.segments:
            county = identity.short_id(taken.county)
            self.log.info("county-brought", county=county, segments=taken.segments)
        return Response(status=HTTPStatus.NO_CONTENT)

    def receipts(self) -> Response:
        """Tell of who carried what."""
        batch = self.book.batch(answers.number("after", "0"))
        return answers.answer(custody.encode_batch(batch.receipts, batch.next))

    def hand_receipts(self) -> Response:
        """Keep receipts of others."""
        batch = answers.decoded(custody.decode_batch)
        self.book.add(batch.receipts, self.clock.stamp().wall_ms)
        return Response(status=HTTPStatus.NO_CONTENT)
