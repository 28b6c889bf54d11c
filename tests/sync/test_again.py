"""A range asked for again: the two signed words, and what a hub writes for them on a stick."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.process.log import Log
from sync import again, asked, bundle, cbor, stick, wire
from sync.again import Again, Answer
from sync.carrier.folder import ROOT, FolderCarrier
from sync.errors import CarrierError, FormatError, SignatureError, VersionError
from sync.identity import Identity, Purpose, fingerprint, short_id
from sync.node import Node
from sync.stickwatch import StickWatch
from sync.stream import METER

COUNTY = Identity.generate()
HUB = Identity.generate()
REQUEST = Again(HUB.name, COUNTY.name, bytes(range(8)), 3, 9, 1_795_000_000_000)
ANSWER = Answer(HUB.name, COUNTY.name, REQUEST.at_ms, 9, "ok", "Alles da.", REQUEST.at_ms + 5)


def signed(name: str, purpose: Purpose, signer: Identity, fields: dict[str, object]) -> bytes:
    inner = cbor.dumps(fields)
    return cbor.dumps({name: inner, "signature": signer.sign(purpose, inner)})


def fields_of(data: bytes, name: str) -> dict[str, object]:
    outer = cbor.loads(data, limit=10_000)
    assert isinstance(outer, dict)
    inner = cbor.loads(outer[name], limit=10_000)
    assert isinstance(inner, dict)
    return inner


def test_both_words_travel() -> None:
    assert again.decode(again.encode(REQUEST, COUNTY)) == REQUEST
    data = again.encode_answer(ANSWER, HUB)
    assert again.decode_answer(data, hub=HUB.name) == ANSWER
    other = Identity.generate()
    data = again.encode(REQUEST, other)  # after the county changed its key
    assert again.decode(data, lambda _: other.public_key) == REQUEST
    data = again.encode_answer(ANSWER, other)
    assert again.decode_answer(data, hub=HUB.name, key=other.public_key) == ANSWER


def test_another_signer_or_purpose_is_refused() -> None:
    with pytest.raises(SignatureError):
        again.decode(again.encode(REQUEST, HUB))
    with pytest.raises(SignatureError):
        again.decode_answer(again.encode_answer(ANSWER, COUNTY), hub=HUB.name)
    asked_for = fields_of(again.encode(REQUEST, COUNTY), "again")
    with pytest.raises(SignatureError):
        again.decode(signed("again", Purpose.ACK, COUNTY, asked_for))
    foreign = dataclasses.replace(ANSWER, hub=COUNTY.name)
    with pytest.raises(FormatError, match="another hub"):
        again.decode_answer(again.encode_answer(foreign, HUB), hub=HUB.name)


@pytest.mark.parametrize(
    "change",
    [{"until": 3}, {"until": 0}, {"after": -1}, {"epoch": b"short"}, {"hub": b""}, {"at_ms": "x"}],
)
def test_a_request_that_makes_no_sense_is_refused(change: dict[str, object]) -> None:
    fields = fields_of(again.encode(REQUEST, COUNTY), "again") | change
    with pytest.raises(FormatError):
        again.decode(signed("again", Purpose.AGAIN, COUNTY, fields))


def test_a_later_minor_version_is_read_and_a_major_one_waits() -> None:
    for name, purpose, signer, data, decode in (
        ("again", Purpose.AGAIN, COUNTY, again.encode(REQUEST, COUNTY), again.decode),
        ("answer", Purpose.ANSWER, HUB, again.encode_answer(ANSWER, HUB), answered),
    ):
        fields = fields_of(data, name)
        assert decode(signed(name, purpose, signer, fields | {"minor": 1, "more": 2}))
        with pytest.raises(VersionError):
            decode(signed(name, purpose, signer, fields | {"v": 2}))


def answered(data: bytes) -> Answer:
    return again.decode_answer(data, hub=HUB.name)


def test_whatever_byte_is_spoiled_only_our_error_comes_out() -> None:
    for data, decode in (
        (again.encode(REQUEST, COUNTY), again.decode),
        (again.encode_answer(ANSWER, HUB), answered),
    ):
        for at in range(len(data)):
            for spoiled in (data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :], data[:at]):
                with pytest.raises(FormatError):
                    decode(spoiled)


@pytest.fixture
def media(tmp_path: Path) -> Path:
    (tmp_path / "media" / "stick" / ROOT).mkdir(parents=True)
    return tmp_path / "media"


@pytest.fixture
def node(village: Any, media: Path, make_node: Callable[[str], Node]) -> Node:
    """Return a hub with ten segments, of which its county has eight."""
    for _ in range(10):
        village.measure(2)
        village.outbox.seal(METER, village.store.connection, village.clock.stamp())
    node = make_node(f'sticks = ["{media}"]')
    node.peers.ask(wire.Enrolment(COUNTY.name, "Kreis", ()), 1)
    node.peers.confirm(fingerprint(COUNTY.name), 2)
    epoch = node.outbox.position().epoch
    ack = wire.Ack(node.identity.name, epoch, 8, COUNTY.name, 3)
    node.peers.acknowledge(ack, last_seq=10, now_ms=3)
    return node


def ask(node: Node, folder: Path, after: int, until: int, **change: Any) -> Again:
    signer = change.pop("signer", COUNTY)
    request = dataclasses.replace(
        Again(node.identity.name, COUNTY.name, node.outbox.position().epoch, after, until, 5),
        **change,
    )
    data = again.encode(request, signer)
    FolderCarrier(folder, short_id(node.identity.name)).ask(data, "a-b")
    return request


def told(node: Node, folder: Path) -> Answer:
    data = FolderCarrier(folder, short_id(node.identity.name)).answer(COUNTY.name)
    assert data is not None
    return again.decode_answer(data, hub=node.identity.name)


def runs(folder: Path) -> list[tuple[int, int]]:
    found = [file.stem.split("-") for file in folder.rglob("*.dhb")]
    return sorted((int(first), int(last)) for _, first, last in found)


def serve(node: Node) -> str:
    watch = StickWatch(node, Log())
    for _ in range(2):
        watch.look()
        watch.came()
        watch.close()
    (road,) = node.village.roads()
    assert road.state == "good", road
    return f"{road.message} {road.hint}"


def test_what_was_acknowledged_is_written_again_and_the_board_says_so(
    node: Node, media: Path
) -> None:
    folder = media / "stick"
    ask(node, folder, 2, 6)
    words = serve(node)
    assert "bat um ältere Pakete. Die Pakete 3 bis 6 liegen noch einmal" in words
    assert runs(folder) == [(3, 6), (9, 10)]
    (file,) = folder.rglob("*-3-6.dhb")
    with file.open("rb") as stream:
        assert [one.header.seq for one in bundle.Reader(stream)] == [3, 4, 5, 6]
    answer = told(node, folder)
    assert (answer.code, answer.given, answer.asked_at_ms) == ("ok", 6, 5)
    inode, receipts = file.stat().st_ino, len(node.book.all())
    serve(node)  # it stays as it is while it is asked for ...
    assert (file.stat().st_ino, len(node.book.all())) == (inode, receipts)
    FolderCarrier(folder, short_id(node.identity.name)).settle(COUNTY.name, "a-b")
    serve(node)  # ... and goes once the county has heard the answer
    assert runs(folder) == [(9, 10)]


def test_what_is_due_anyway_is_not_written_twice(node: Node, media: Path) -> None:
    ask(node, media / "stick", 6, 10)
    serve(node)
    assert runs(media / "stick") == [(7, 8), (9, 10)]
    assert told(node, media / "stick").given == 10
    ask(node, media / "stick", 8, 9, at_ms=6)
    serve(node)
    assert runs(media / "stick") == [(9, 10)]
    assert (told(node, media / "stick").code, told(node, media / "stick").given) == ("ok", 9)


@pytest.mark.parametrize(
    "case",
    [
        ((0, 5), {}, "pruned", "ab Paket 4"),
        ((3, 40), {}, "ahead", "erst bei 10"),
        ((20, 40), {}, "ahead", "erst bei 10"),
        ((4, 5), {"epoch": bytes(8)}, "epoch", "neue begonnen"),
    ],
)
def test_what_cannot_be_given_is_answered_with_a_reason(
    node: Node, media: Path, case: tuple[tuple[int, int], dict[str, Any], str, str]
) -> None:
    span, change, code, word = case
    node.outbox.prune(3, node.clock.stamp().wall_ms + 1)
    ask(node, media / "stick", *span, **change)
    assert word in serve(node)
    answer = told(node, media / "stick")
    assert (answer.code, answer.given) == (code, 10 if span == (3, 40) else 0)
    assert word in answer.text


def test_a_stream_of_which_nothing_is_kept_says_so(node: Node, media: Path) -> None:
    node.outbox.prune(10, node.clock.stamp().wall_ms + 1)
    ask(node, media / "stick", 4, 6)
    assert "keines mehr" in serve(node)


def test_only_what_there_is_room_for_is_written(
    node: Node, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = media / "stick"
    ask(node, folder, 0, 8)
    size = node.outbox.manifest(node.outbox.position().epoch, 0, 4).size
    monkeypatch.setattr(asked, "_room", lambda _: size)
    assert "Nur die Pakete 1 bis 4" in serve(node)
    assert runs(folder) == [(1, 4), (9, 10)]
    assert (told(node, folder).code, told(node, folder).given) == ("room", 4)
    monkeypatch.setattr(asked, "_room", lambda _: 10)
    ask(node, folder, 4, 8, at_ms=6)
    assert "kein Platz mehr" in serve(node)
    assert told(node, folder).given == 0


def test_a_stick_that_is_full_in_the_middle_is_answered_and_one_that_fails_is_said(
    node: Node, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = media / "stick"
    request = ask(node, folder, 0, 8)

    def fail(code: str) -> Callable[..., bytes]:
        def write(*_: object) -> bytes:
            raise CarrierError("no", code=code)

        return write

    monkeypatch.setattr(stick, "_write", fail("disk_full"))
    (given,) = asked.give(node, folder, [request], 8)
    assert (given.answer.code, given.answer.given, given.written) == ("room", 0, ())
    monkeypatch.setattr(stick, "_write", fail("lies"))
    with pytest.raises(CarrierError):
        list(asked.give(node, folder, [request], 8))


def test_who_is_not_confirmed_or_forges_gets_nothing(node: Node, media: Path) -> None:
    folder = media / "stick"
    other = Identity.generate()
    ask(node, folder, 2, 6, county=other.name, signer=other)
    assert asked.wishes(node, folder) == []
    assert "nicht zu gebrauchen" in serve(node)
    node.peers.ask(wire.Enrolment(other.name, "Anderer", ()), 1)  # asked, nobody confirmed it
    assert asked.wishes(node, folder) == []
    ask(node, folder, 2, 6, signer=other)  # in our county's name
    assert asked.wishes(node, folder) == []
    ask(node, folder, 2, 6, hub=bytes(32))
    assert asked.wishes(node, folder) == []
    serve(node)
    assert runs(folder) == [(9, 10)]


def test_of_two_requests_the_newer_counts(node: Node, media: Path) -> None:
    folder = media / "stick"
    newer = ask(node, folder, 2, 6, at_ms=9)
    place = folder / ROOT / stick.ACKS / "a-b.again"
    place.rename(place.with_name("0.again"))
    ask(node, folder, 0, 8)
    assert asked.wishes(node, folder) == [newer]
