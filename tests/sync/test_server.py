"""The pull interface on a real waitress, asked over a real socket."""

from __future__ import annotations

import http.client
import io
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from edge.process.log import Log
from edge.store.errors import StoreFull
from sync import bundle, comparison, identity, requests, wire
from sync.identity import Identity
from sync.pull_server import PullServer
from sync.server import Desk, create_app
from sync.stream import METER
from sync.wire import Ack, Enrolment

NONCE = bytes(range(16))


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def refusal(self) -> tuple[str, str]:
        error = wire.decode_refusal(self.body)
        return str(error), error.hint


@dataclass(frozen=True, slots=True)
class Line:
    """A county's line to a village's hub."""

    village: Any
    county: Identity
    port: int

    def ask(self, method: str, target: str, body: bytes | None = None, **headers: str) -> Answer:
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, target, body, fields)
            answer = connection.getresponse()
            fields = {name.title(): value for name, value in answer.headers.items()}
            return Answer(answer.status, fields, answer.read())
        finally:
            connection.close()

    def announce(self, method: str, target: str, size: int) -> int:
        """Announce a body of ``size`` bytes, send none of it, and return the status."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.putrequest(method, target)
            connection.putheader("Content-Length", str(size))
            connection.endheaders()
            return connection.getresponse().status
        finally:
            connection.close()

    def fetch(self, target: str, method: str = "GET", **headers: str) -> Answer:
        signed = requests.sign_request(self.county, method, target)
        return self.ask(method, target, None, **{**signed, **headers})

    @property
    def target(self) -> str:
        position = self.village.outbox.position()
        return requests.segments_target(position.epoch, 0, position.last_seq)

    def enrol(self, name: str = "Landkreis Gießen", *recipients: str) -> Answer:
        enrolment = Enrolment(self.county.public_key, name, recipients)
        return self.ask(
            "POST", requests.ENROL_TARGET, wire.encode_enrolment(enrolment, self.county)
        )

    def ack(self, seq: int, **change: bytes) -> Answer:
        position = self.village.outbox.position()
        fields: dict[str, Any] = {
            "hub": self.village.identity.public_key,
            "epoch": position.epoch,
            "seq": seq,
            "county": self.county.public_key,
            "at_ms": 1,
        }
        data = wire.encode_ack(Ack(**(fields | change)), self.county)
        return self.ask("POST", requests.ACK_TARGET, data)


@pytest.fixture
def stranger(village: Any) -> Iterator[Line]:
    for _ in range(3):
        village.measure(5)
        village.outbox.seal(METER, village.store.connection, village.clock.stamp())
    desk = Desk("Wetterfeld", village.identity, village.outbox, village.peers, village.clock, Log())
    with PullServer(create_app(desk), "127.0.0.1", 0) as server:
        yield Line(village, Identity.generate(), server.port)


@pytest.fixture
def line(stranger: Line) -> Line:
    assert stranger.enrol().status == 202
    print_ = identity.fingerprint(stranger.county.public_key)
    stranger.village.peers.confirm(print_, stranger.village.clock.wall_ms)
    return stranger


def test_the_head_is_signed_and_fresh(stranger: Line) -> None:
    answer = stranger.ask("GET", requests.head_target(NONCE))
    head = wire.decode_head(answer.body, nonce=NONCE, hub=stranger.village.identity.public_key)
    position = stranger.village.outbox.position()
    assert (head.first_seq, head.last_seq, head.last_hash) == (1, 3, position.last_hash)
    assert head.name == "Wetterfeld"
    assert answer.headers["Cache-Control"] == "no-store"


def test_what_waits_is_sealed_before_a_county_is_told_how_much_there_is(village: Any) -> None:
    def fetched() -> None:
        village.measure(1)
        village.outbox.seal(METER, village.store.connection, village.clock.stamp())

    parts = (village.identity, village.outbox, village.peers, village.clock, Log())
    with PullServer(create_app(Desk("Dorf", *parts, fetched=fetched)), "127.0.0.1", 0) as server:
        line = Line(village, Identity.generate(), server.port)
        target = requests.head_target(NONCE)

        def last_seq(**headers: str) -> int:
            answer = line.ask("GET", target, None, **headers)
            return wire.decode_head(answer.body, nonce=NONCE, hub=village.identity.name).last_seq

        signed = requests.sign_request(line.county, "GET", target)
        assert last_seq() == 0, "anybody may ask, and makes nothing"
        assert last_seq(**signed) == 0, "a county that nobody confirmed"
        line.enrol()
        assert last_seq(**signed) == 0
        village.peers.confirm(identity.fingerprint(line.county.public_key), village.clock.wall_ms)
        assert last_seq(**(signed | {requests.SIGNATURE_FIELD: "00" * 64})) == 0, "not the county"
        assert last_seq(**signed) == 1
        assert last_seq(**signed) == 2


@pytest.mark.parametrize("query", ["", "?nonce=", "?nonce=zz", "?nonce=00", "?nonce=" + "0" * 34])
def test_a_head_without_a_nonce_is_refused(stranger: Line, query: str) -> None:
    answer = stranger.ask("GET", "/v1/head" + query)
    assert answer.status == 400
    assert "nonce" in answer.refusal[0]


def test_the_bundle_comes_whole(line: Line) -> None:
    answer = line.fetch(line.target)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == wire.BUNDLE_TYPE
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert "immutable" in answer.headers["Cache-Control"]
    reader = bundle.Reader(io.BytesIO(answer.body))
    assert [segment.header.seq for segment in reader] == [1, 2, 3]
    assert answer.headers["Etag"] == f'"{reader.manifest.digest.hex()}"'
    again = line.fetch(line.target)  # all but the moment
    assert replace(again, headers=answer.headers) == answer
    assert again.headers["Etag"] == answer.headers["Etag"]
    head = line.fetch(line.target, method="HEAD")
    assert head.headers["Content-Length"] == str(len(answer.body))


def test_any_range_is_that_part_of_the_bundle(line: Line) -> None:
    whole = line.fetch(line.target)
    size = len(whole.body)
    for text, start, stop in (
        ("bytes=0-0", 0, 1),
        ("bytes=100-199", 100, 200),
        (f"bytes={size - 1}-", size - 1, size),
        ("bytes=500-", 500, size),
        (f"bytes=10-{size * 2}", 10, size),
        ("bytes=-7", size - 7, size),
    ):
        answer = line.fetch(line.target, Range=text)
        assert answer.status == 206, text
        assert answer.body == whole.body[start:stop]
        assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{size}"
        assert answer.headers["Etag"] == whole.headers["Etag"]


def test_a_cut_line_goes_on_where_it_was(line: Line) -> None:
    whole = line.fetch(line.target)
    got = b""
    while len(got) < len(whole.body):
        answer = line.fetch(line.target, Range=f"bytes={len(got)}-", If_Range=whole.headers["Etag"])
        assert answer.status == 206
        got += answer.body[:97]
    assert got == whole.body


@pytest.mark.parametrize(
    "tag", ['"0"', "W/{etag}", "Mon, 23 Nov 2026 15:00:00 GMT", "{bare}", '{etag}, "x"']
)
def test_another_tag_gives_all_of_it(line: Line, tag: str) -> None:
    whole = line.fetch(line.target)
    etag = whole.headers["Etag"]
    value = tag.format(etag=etag, bare=etag.strip('"'))
    answer = line.fetch(line.target, Range="bytes=5-", If_Range=value)
    assert (answer.status, answer.body) == (200, whole.body)


def test_an_erased_segment_changes_the_tag(line: Line) -> None:
    before = line.fetch(line.target)
    line.village.outbox.erase(2)
    after = line.fetch(line.target, Range="bytes=5-", If_Range=before.headers["Etag"])
    assert after.status == 200
    assert after.headers["Etag"] != before.headers["Etag"]
    assert [s.erased for s in bundle.Reader(io.BytesIO(after.body))] == [False, True, False]


@pytest.mark.parametrize("text", ["bytes=999999999-", "bytes=999999998-999999999"])
def test_a_range_behind_the_end_is_416(line: Line, text: str) -> None:
    size = len(line.fetch(line.target).body)
    answer = line.fetch(line.target, Range=text)
    assert answer.status == 416
    assert answer.headers["Content-Range"] == f"bytes */{size}"


@pytest.mark.parametrize(
    "text", ["bytes=0-1,5-6", "bytes=-0", "lines=1-2", "bytes=b-a", "bytes", "bytes=9-3"]
)
def test_a_range_that_is_none_gives_all_of_it(line: Line, text: str) -> None:
    assert line.fetch(line.target, Range=text).status == 200


def test_what_the_county_has_is_not_sent_again(line: Line) -> None:
    etag = line.fetch(line.target).headers["Etag"]
    answer = line.fetch(line.target, If_None_Match=etag)
    assert (answer.status, answer.body) == (304, b"")


def test_a_stranger_is_told_what_to_do(stranger: Line) -> None:
    answer = stranger.fetch(stranger.target)
    assert answer.status == 403
    assert "dorfhub county enrol" in answer.refusal[1]


def test_a_pending_county_is_told_what_to_do(stranger: Line) -> None:
    assert stranger.enrol().status == 202
    for answer in (stranger.fetch(stranger.target), stranger.ack(1)):
        assert answer.status == 403
        text, hint = answer.refusal
        assert "pending" in text
        typed = hint.split("dorfhub sync enrol ")[1]
        assert comparison.matches(stranger.county.public_key, typed)


def test_an_unsigned_or_wrongly_signed_request_is_refused(line: Line) -> None:
    assert line.ask("GET", line.target).status == 401
    signed = requests.sign_request(line.county, "GET", line.target)
    other = line.target.replace("until=3", "until=2")
    answer = line.ask("GET", other, None, **signed)
    assert answer.status == 401
    assert "signature" in answer.refusal[0]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("epoch={epoch}&after=0&until=4", 409),
        ("epoch=0000000000000000&after=0&until=3", 409),
        ("epoch={epoch}&after=3&until=3", 400),
        ("epoch={epoch}&after=-1&until=3", 400),
        ("epoch={epoch}&after=x&until=3", 400),
        ("epoch={epoch}&after=0", 400),
        ("epoch=zz&after=0&until=3", 400),
        ("epoch={epoch}&after=0&until=99999999999999999999", 400),
        ("", 400),
    ],
)
def test_what_cannot_be_served_is_explained(line: Line, query: str, status: int) -> None:
    epoch = line.village.outbox.position().epoch.hex()
    answer = line.fetch("/v1/segments?" + query.format(epoch=epoch))
    assert answer.status == status
    assert answer.refusal[1]


def test_an_acknowledgement_is_kept_and_shown(line: Line) -> None:
    assert line.ack(2).status == 204
    assert line.ack(1).status == 204  # an older one, played back
    village = line.village
    assert village.peers.acknowledged() == 2
    (exchange,) = village.store.exchanges()
    assert exchange.peer == line.county.public_key.hex()
    assert (exchange.acknowledged_seq, exchange.pending_segments) == (2, 1)
    assert exchange.last_success_at == village.clock.wall_ms
    village.outbox.prune(village.peers.acknowledged(), village.clock.wall_ms + 1)
    answer = line.fetch(line.target)
    assert answer.status == 410
    assert "pruned" in answer.refusal[0]


def test_an_acknowledgement_of_what_was_never_sealed_is_an_alarm(line: Line) -> None:
    answer = line.ack(4)
    assert answer.status == 409
    assert "zurückgespielt" in answer.refusal[0]
    (exchange,) = line.village.store.exchanges()
    assert "zurückgespielt" in str(exchange.last_error)
    assert line.village.peers.acknowledged() == 0


def test_an_acknowledgement_for_another_is_refused(line: Line) -> None:
    assert line.ack(1, hub=bytes(32)).status == 409
    assert line.ack(1, epoch=bytes(8)).status == 409
    assert line.ask("POST", requests.ACK_TARGET, b"garbage").status == 400
    other = Identity.generate()
    ack = Ack(bytes(32), bytes(8), 1, line.county.public_key, 1)
    assert line.ask("POST", requests.ACK_TARGET, wire.encode_ack(ack, other)).status == 401
    assert line.village.peers.acknowledged() == 0


def test_enrolling_is_pending_until_a_person_confirms(line: Line) -> None:
    again = line.enrol("Ein anderer Name")
    assert again.status == 200
    assert wire.decode_state(again.body) == ("confirmed", line.village.identity.public_key)
    assert line.village.peers.get(line.county.public_key).name == "Landkreis Gießen"


def test_other_care_recipients_must_be_confirmed_again(line: Line) -> None:
    key = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
    assert line.enrol("Landkreis", key).status == 202
    assert line.village.peers.care_recipients() == []
    assert line.fetch(line.target).status == 200  # village data goes on
    line.village.peers.confirm(identity.fingerprint(line.county.public_key), 1)
    assert line.village.peers.care_recipients() == [key]
    assert line.enrol("Landkreis", key).status == 200


def test_too_many_who_ask_are_refused_and_expire(stranger: Line) -> None:
    for _ in range(16):
        assert Line(stranger.village, Identity.generate(), stranger.port).enrol().status == 202
    answer = stranger.enrol()
    assert answer.status == 503
    assert "dorfhub sync status" in answer.refusal[1]
    stranger.village.clock.advance(86_400_001)
    assert stranger.enrol().status == 202
    assert len(stranger.village.peers.all()) == 1


def test_large_and_strange_requests_are_refused(stranger: Line) -> None:
    assert stranger.announce("POST", requests.ENROL_TARGET, 1 << 20) == 413
    assert stranger.ask("POST", requests.ENROL_TARGET, b"").status == 400
    for method, target, status in (
        ("GET", "/", 404),
        ("GET", "/v1/ack", 405),
        ("POST", "/v1/head", 405),
        ("GET", "/v1/segments/../head", 404),
    ):
        answer = stranger.ask(method, target)
        assert answer.status == status
        assert answer.refusal


def test_a_full_disk_is_said_and_the_rest_goes_on(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise StoreFull("village.db: the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(type(line.village.peers), "acknowledge", full)
        answer = line.ack(1)
    assert answer.status == 503
    assert answer.headers["Retry-After"] == "30"
    assert "voll" in answer.refusal[1]
    assert line.fetch(line.target).status == 200
    assert line.ack(1).status == 204


def test_many_at_once_get_the_same_bytes(line: Line) -> None:
    whole = line.fetch(line.target).body
    got: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: got.append(line.fetch(line.target).body)) for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [whole] * 12


def test_a_silent_connection_does_not_keep_the_server(stranger: Line) -> None:
    with socket.create_connection(("127.0.0.1", stranger.port), timeout=5) as silent:
        silent.sendall(b"GET /v1/head?nonce=")
        assert stranger.ask("GET", requests.head_target(NONCE)).status == 200


def test_the_port_is_free_after_closing(village: Any) -> None:
    desk = Desk("x", village.identity, village.outbox, village.peers, village.clock, Log())
    server = PullServer(create_app(desk), "127.0.0.1", 0)
    port = server.port
    assert server.alive
    server.close()
    server.close()
    assert not server.alive
    with PullServer(create_app(desk), "127.0.0.1", port) as again:
        assert again.port == port
        with pytest.raises(OSError, match=r"[Aa]ddress"):
            PullServer(create_app(desk), "127.0.0.1", port)
