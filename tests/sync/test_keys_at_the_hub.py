"""A hub and its own key, the county's key, and what the county says is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edge.config import load
from sync import node as hub_node
from sync import replies, requests, rotation, segment, wire
from sync.errors import SignatureError
from sync.identity import Identity, fingerprint
from sync.outbox import Unavailable
from sync.rotation import Rotation
from sync.segment import NO_PREVIOUS, Segment
from sync.stream import METER
from sync.wire import Ack, Enrolment, Notice


def seal(village: Any, rounds: int = 1) -> None:
    village.measure(rounds)
    village.outbox.seal(METER, village.store.connection, village.clock.stamp())


def confirmed(village: Any) -> Identity:
    county = Identity.generate()
    village.peers.ask(Enrolment(county.public_key, "Landkreis", ()), 1)
    village.peers.confirm(fingerprint(county.public_key), 2)
    return county


def rotated(old: Identity) -> tuple[Identity, Rotation]:
    new = Identity(Identity.generate()._key.private, name=old.name)
    return new, rotation.record(old, new)


def segments(village: Any) -> list[Segment]:
    position = village.outbox.position()
    return [
        Segment.decode(village.outbox.read(seq))
        for seq in range(position.first_seq, position.last_seq + 1)
    ]


def last_error(village: Any) -> str:
    (exchange,) = village.store.exchanges()
    return str(exchange.last_error)


def test_segments_after_the_change_are_by_the_new_key_and_the_chain_goes_on(village: Any) -> None:
    seal(village)
    seal(village)
    path = village.folder / "keys" / "hub.key"
    name = village.identity.public_key
    made = village.outbox.rotate(
        lambda epoch, seq: rotation.change(path, epoch=epoch, seq=seq)
    )  # the sealer's own identity is not told: it follows the file
    seal(village)
    chain = rotation.load(path, village.identity)
    assert chain == (made,)
    assert (made.seq, village.outbox.hub) == (2, name)
    before = NO_PREVIOUS
    for one in segments(village):
        header = one.header
        assert header.hub == name
        segment.verify(one, name, rotation.key_at(name, chain, header.epoch, header.seq))
        segment.verify_link(one, epoch=header.epoch, seq=header.seq, previous=before)
        before = one.hash
    with pytest.raises(SignatureError):
        segment.verify(segments(village)[-1], name)
    with pytest.raises(SignatureError):
        segment.verify(segments(village)[0], name, made.new)


def test_a_new_stream_carries_over_what_no_county_has(village: Any) -> None:
    for _ in range(4):
        seal(village)
    old, bodies = village.outbox.position(), [one.body for one in segments(village)]
    village.outbox.erase(4)
    new = village.outbox.begin_epoch(1)
    assert new.epoch != old.epoch
    assert (new.first_seq, new.last_seq) == (1, 2)
    found = segments(village)
    assert [one.body for one in found] == bodies[1:3]
    before = NO_PREVIOUS
    for seq, one in enumerate(found, start=1):
        segment.verify(one, village.identity.name)
        segment.verify_link(one, epoch=new.epoch, seq=seq, previous=before)
        before = one.hash
    seal(village)
    assert village.outbox.position().last_seq == 3
    assert village.peers.acknowledged() == 0


def test_the_county_changes_its_key_and_the_old_one_is_worth_nothing(village: Any) -> None:
    seal(village)
    old = confirmed(village)
    new, made = rotated(old)
    replies.learn([made], village.outbox, village.peers, 5)
    key_of = village.peers.key_of
    ack = Ack(village.identity.name, village.outbox.position().epoch, 1, old.name, 9)
    with pytest.raises(SignatureError):
        wire.decode_ack(wire.encode_ack(ack, old), key_of)
    replies.accept(
        wire.decode_ack(wire.encode_ack(ack, new), key_of), village.outbox, village.peers, 10
    )
    assert village.peers.acknowledged() == 1
    headers = requests.sign_request(new, "GET", "/v1/x")
    assert requests.verify_request(headers, "GET", "/v1/x", key_of) == old.name
    with pytest.raises(SignatureError):
        requests.verify_request(requests.sign_request(old, "GET", "/v1/x"), "GET", "/v1/x", key_of)
    replies.learn([made], village.outbox, village.peers, 11)  # again: nothing new


def test_two_changes_of_the_countys_key_are_refused_and_shown(village: Any) -> None:
    old = confirmed(village)
    _, first = rotated(old)
    _, second = rotated(old)
    replies.learn([first], village.outbox, village.peers, 5)
    with pytest.raises(Unavailable, match="zweimal verschieden"):
        replies.learn([second], village.outbox, village.peers, 6)
    assert "zweimal verschieden" in last_error(village)
    assert village.peers.key_of(old.name) == first.new


def test_a_stranger_teaches_no_keys(village: Any) -> None:
    _, made = rotated(Identity.generate())
    with pytest.raises(Unavailable) as caught:
        replies.learn([made], village.outbox, village.peers, 5)
    assert caught.value.code == "unknown"
    assert village.peers.all() == []


def test_a_county_that_changed_its_key_before_can_still_enrol(village: Any) -> None:
    old = Identity.generate()
    new, made = rotated(old)
    asked = wire.encode_enrolment(Enrolment(old.name, "Landkreis", (), (made,)), new)
    enrolment = wire.decode_enrolment(asked)
    assert enrolment.chain == (made,)
    peer = village.peers.ask(enrolment, 1)
    assert (peer.public_key, peer.key) == (old.name, new.public_key)
    with pytest.raises(SignatureError):  # the chain does not lead to who signed
        wire.decode_enrolment(
            wire.encode_enrolment(Enrolment(old.name, "Landkreis", (), (made,)), old)
        )


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("fork", "new-epoch"),
        ("rolled_back", "alte Sicherung"),
        ("revoked", "Nummer 7"),
        ("retired_key", "abgelöst"),
        ("key_conflict", "zwei Geräte"),
        ("tomorrow", "Grund: tomorrow"),
    ],
)
def test_what_the_county_says_is_shown_until_it_says_otherwise(
    village: Any, code: str, word: str
) -> None:
    seal(village)
    county = confirmed(village)
    position = village.outbox.position()
    notice = Notice(village.identity.name, county.name, code, position.epoch, 7, 100)
    data = wire.encode_notice(notice, county)
    assert word in replies.heed(
        wire.decode_notice(data, village.peers.key_of), village.outbox, village.peers, 1000
    )
    assert word in last_error(village)
    (shown,) = village.store.exchanges()
    assert shown.last_success_at is None
    early = Ack(village.identity.name, position.epoch, 1, county.name, 99)
    replies.accept(early, village.outbox, village.peers, 1001)  # played back: hides nothing
    assert village.store.exchanges()[0].last_success_at is None
    later = Ack(village.identity.name, position.epoch, 1, county.name, 101)
    replies.accept(later, village.outbox, village.peers, 1002)
    assert village.store.exchanges()[0].last_success_at == 1002
    with pytest.raises(Unavailable) as caught:  # the notice, played back
        replies.heed(notice, village.outbox, village.peers, 1003)
    assert caught.value.code == "replay"


def test_a_notice_by_a_stranger_or_for_another_hub_is_refused(village: Any) -> None:
    county, stranger = confirmed(village), Identity.generate()
    epoch = village.outbox.position().epoch
    for hub, who, code in (
        (village.identity.name, stranger, "unknown"),
        (stranger.name, county, "epoch"),
    ):
        with pytest.raises(Unavailable) as caught:
            replies.heed(
                Notice(hub, who.name, "fork", epoch, 1, 1), village.outbox, village.peers, 1
            )
        assert caught.value.code == code
    notice = Notice(village.identity.name, county.name, "fork", epoch, 1, 1)
    with pytest.raises(SignatureError):
        wire.decode_notice(wire.encode_notice(notice, stranger), village.peers.key_of)
    data = bytearray(wire.encode_notice(notice, county))
    for at in range(len(data)):
        data[at] ^= 1
        with pytest.raises(wire.FormatError):
            wire.decode_notice(bytes(data))
        data[at] ^= 1


def test_a_change_of_keys_names_the_streams_that_ended_before(tmp_path: Path) -> None:
    toml = tmp_path / "hub.toml"
    toml.write_text('[hub]\nname = "DGH"\nvillage = "Dorf"\n[sync]\nadvertise = false\n')
    with hub_node.opened(load(toml)) as node:
        ended = node.outbox.position()
        hub_node.new_epoch(node, 0)
        new = hub_node.new_epoch(node, 0)
        made = hub_node.rotate_key(node)
        assert made.epoch == new.epoch
        assert made.past[-1] == (ended.epoch, ended.last_seq)
        assert len(made.past) == 2
        assert made.limit(ended.epoch) == 0
