"""What every carrier promises, run over each of them."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edge.clock import FixedClock
from sync import custody, got, rotation, wire
from sync.carrier.base import CarrierError, Kind, part_file
from sync.carrier.delivery import Delivery
from sync.county.intake import Rejected, verify
from sync.county.streams import ALL, Streams
from sync.custody import Act
from sync.events import Event
from sync.identity import Identity
from sync.segment import Segment

if TYPE_CHECKING:
    from tests.sync.carrier.conftest import Rig

_NONCE = bytes(range(16))


@pytest.fixture
def into(tmp_path: Path) -> Path:
    (tmp_path / "inbox").mkdir()
    return tmp_path / "inbox" / "bundle.dhb"


def check(rig: Rig, file: Path, after: int = 0) -> list[Segment]:
    """Read the bundle as the county does, with what came before as known."""
    known = {one.header.seq: one.hash for one in rig.segments(0, after)}
    return verify(
        file, hub=rig.identity.public_key, epoch=rig.epoch, position=after, known=known.get
    )


def test_a_bundle_arrives_whole(rig: Rig, into: Path) -> None:
    rig.offer(0, 5)
    rig.carrier.fetch(rig.epoch, 0, 5, into)
    assert into.read_bytes() == rig.bundle(0, 5)
    assert list(into.parent.iterdir()) == [into]
    assert [one.header.seq for one in check(rig, into)] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("after", [1, 600, 1500])
def test_a_broken_way_is_continued(rig: Rig, into: Path, after: int) -> None:
    rig.offer(0, 8)
    with rig.interrupt(after), pytest.raises(CarrierError) as caught:
        rig.carrier.fetch(rig.epoch, 0, 8, into)
    assert not into.exists()
    held = part_file(into).stat().st_size
    assert held == caught.value.received
    assert 0 < held < len(rig.bundle(0, 8))
    begun = part_file(into).read_bytes()
    rig.carrier.fetch(rig.epoch, 0, 8, into)
    assert into.read_bytes() == rig.bundle(0, 8)
    assert rig.on_the_way(0, 8).startswith(begun)
    assert list(into.parent.iterdir()) == [into]


def test_a_rubbish_beginning_without_a_mark_is_thrown_away(rig: Rig, into: Path) -> None:
    rig.offer(0, 5)
    part_file(into).write_bytes(b"rubbish" * 10)
    rig.carrier.fetch(rig.epoch, 0, 5, into)
    assert into.read_bytes() == rig.bundle(0, 5)


def test_a_beginning_of_another_version_is_not_continued(rig: Rig, into: Path) -> None:
    rig.offer(0, 5)
    part_file(into).write_bytes(b"rubbish" * 10)
    into.with_name(into.name + ".mark").write_text('"another"')
    rig.carrier.fetch(rig.epoch, 0, 5, into)
    assert into.read_bytes() == rig.bundle(0, 5)


def test_a_beginning_longer_than_the_whole_is_not_continued(rig: Rig, into: Path) -> None:
    rig.offer(0, 5)
    with rig.interrupt(700), pytest.raises(CarrierError):
        rig.carrier.fetch(rig.epoch, 0, 5, into)
    with part_file(into).open("ab") as file:
        file.write(bytes(100_000))
    try:
        rig.carrier.fetch(rig.epoch, 0, 5, into)
    except CarrierError:  # what has begun is given up; the next attempt begins anew
        rig.carrier.fetch(rig.epoch, 0, 5, into)
    assert into.read_bytes() == rig.bundle(0, 5)


def test_one_flipped_bit_is_refused_by_the_reader(rig: Rig, into: Path) -> None:
    size = len(rig.bundle(0, 3))
    for at in (0, 20, size // 2, size - 1):
        rig.offer(0, 3)
        rig.spoil((0, 3), at)
        try:
            rig.carrier.fetch(rig.epoch, 0, 3, into)
        except CarrierError:  # what was sealed does not even open
            assert not into.exists()
            continue
        with pytest.raises(Rejected) as caught:
            check(rig, into)
        assert caught.value.code in ("damaged", "forged")


@pytest.mark.parametrize("keep", [0, 10, 1000])
def test_a_truncated_bundle_is_never_taken_for_whole(rig: Rig, into: Path, keep: int) -> None:
    rig.offer(0, 3)
    rig.truncate((0, 3), keep)
    try:
        rig.carrier.fetch(rig.epoch, 0, 3, into)
    except CarrierError:
        assert not into.exists()
        return
    with pytest.raises(Rejected) as caught:
        check(rig, into)
    assert caught.value.code == "damaged"


def test_the_same_bundle_twice_is_the_same_bytes(rig: Rig, into: Path) -> None:
    rig.offer(2, 6)
    rig.carrier.fetch(rig.epoch, 2, 6, into)
    first = into.read_bytes()
    rig.carrier.fetch(rig.epoch, 2, 6, into)
    assert into.read_bytes() == first
    assert check(rig, into, after=6) == []


def test_bundles_come_in_any_order(rig: Rig, into: Path) -> None:
    rig.offer(4, 8)
    rig.offer(0, 4)
    rig.carrier.fetch(rig.epoch, 4, 8, into)
    with pytest.raises(Rejected) as caught:
        check(rig, into)
    assert caught.value.code == "gap"
    earlier = into.with_name("earlier.dhb")
    rig.carrier.fetch(rig.epoch, 0, 4, earlier)
    assert len(check(rig, earlier)) == 4
    assert len(check(rig, into, after=4)) == 4


@pytest.mark.parametrize(("epoch", "after", "until"), [("", 7, 9), ("ff" * 8, 0, 1)])
def test_what_is_not_there_is_absent(
    rig: Rig, into: Path, epoch: str, after: int, until: int
) -> None:
    rig.offer(0, 8)
    with pytest.raises(CarrierError) as caught:
        rig.carrier.fetch(epoch or rig.epoch, after, until, into)
    assert caught.value.reason == "absent"
    assert not into.exists()


def test_a_disk_that_cannot_be_written_is_named(rig: Rig, tmp_path: Path) -> None:
    rig.offer(0, 3)
    with pytest.raises(CarrierError) as caught:
        rig.carrier.fetch(rig.epoch, 0, 3, tmp_path / "no folder" / "bundle.dhb")
    assert caught.value.reason == "absent"


def test_a_bundle_beyond_all_bounds_is_given_up(
    rig: Rig, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.offer(0, 8)
    monkeypatch.setattr("sync.carrier.partial.MAX_BUNDLE_BYTES", 300)
    monkeypatch.setattr("sync.carrier.http.MAX_BUNDLE_BYTES", 300)
    with pytest.raises(CarrierError) as caught:
        rig.carrier.fetch(rig.epoch, 0, 8, into)
    assert caught.value.reason == "too_large"
    assert not into.exists()


def test_either_the_hub_answers_or_the_bundles_lie_ready(rig: Rig) -> None:
    rig.offer(4, 8)
    rig.offer(0, 4)
    answer = rig.carrier.head(_NONCE)
    if answer is None:
        runs = [(run.epoch, run.first, run.last) for run in rig.carrier.runs()]
        assert runs == [(rig.epoch, 1, 4), (rig.epoch, 5, 8)]
    else:
        head = wire.decode_head(answer, nonce=_NONCE, hub=rig.identity.public_key)
        assert (head.epoch.hex(), head.first_seq, head.last_seq) == (rig.epoch, 1, 8)
        assert list(rig.carrier.runs()) == []


def test_the_acknowledgement_arrives_and_the_newest_counts(rig: Rig) -> None:
    rig.offer(0, 8)
    for seq in (3, 7):
        ack = wire.Ack(
            hub=rig.identity.public_key,
            epoch=bytes.fromhex(rig.epoch),
            seq=seq,
            county=rig.county.public_key,
            at_ms=1,
        )
        rig.carrier.acknowledge(wire.encode_ack(ack, rig.county), "hub-county-epoch")
    assert rig.acknowledged()[-1] == 7


def test_a_hub_that_never_changed_its_key_says_so_and_one_that_did_shows_how(rig: Rig) -> None:
    rig.offer(0, 8)
    assert rig.carrier.keys() is None
    chain = rig.rotate()
    data = rig.carrier.keys()
    assert data is not None
    assert rotation.decode(data, rig.identity.name) == chain


def test_the_countys_other_words_arrive(rig: Rig) -> None:
    rig.offer(0, 8)
    old = rig.county
    new = Identity(Identity.generate()._key.private, name=old.name)
    record = rotation.record(old, new)
    chain = rotation.encode([record])
    rig.county_rotated(new, (record,))
    rig.carrier.tell(Kind.KEYS, chain, "county")
    assert rig.heard(Kind.KEYS) == [chain]
    notice = wire.Notice(rig.identity.name, old.name, "fork", bytes.fromhex(rig.epoch), 7, 5)
    data = wire.encode_notice(notice, new)
    rig.carrier.tell(Kind.NOTICE, data, "hub-county")
    (heard,) = rig.heard(Kind.NOTICE)
    assert heard == data or "Speicherkarte kopiert" in heard.decode()


def test_the_countys_bundles_arrive_on_every_way_and_once(rig: Rig, tmp_path: Path) -> None:
    rig.offer(0, 8)
    assert isinstance(rig.carrier, Delivery)
    stamp = FixedClock(1_795_000_000_000).stamp()
    said = {"id": "a", "title": "Sprechtag", "text": "", "from": 0, "until": None}
    with closing(Streams(tmp_path / "streams.db", rig.county)) as streams:
        for _ in range(2):
            streams.tell(ALL, [Event(1, 4, "notice.put", said)], stamp)
            for line, manifest in streams.news(rig.identity.name, rig.brought()):
                for _ in range(2):  # whoever brings it twice brings it once
                    rig.carrier.deliver(manifest, streams.pack(manifest), line.to)
                assert rig.brought() == {manifest.epoch: manifest.last}


def test_who_carried_what_is_told_both_ways(rig: Rig) -> None:
    rig.offer(0, 8)
    assert isinstance(rig.carrier, Delivery)
    bus = Identity.generate()
    cargo = custody.Cargo(rig.identity.name, bytes.fromhex(rig.epoch), 1, 8, bytes(32))
    signed = [
        custody.sign(
            bus, cargo, kind=custody.Kind.BUS, name="Bus 3", act=act, at_ms=1, time_quality=0
        ).raw
        for act in (Act.TAKEN, Act.GIVEN)
    ]
    rig.carrier.hand_receipts(signed)
    batch = rig.carrier.receipts(0)
    assert batch is not None
    assert set(batch.receipts) == set(signed)


def test_the_hubs_word_how_far_it_is_is_signed_or_absent(rig: Rig) -> None:
    rig.offer(0, 8)
    assert isinstance(rig.carrier, Delivery)
    data = rig.carrier.got(rig.county.name)
    if rig.carrier.head(_NONCE) is None or data is None:
        assert data is None
    else:
        assert got.decode(data, hub=rig.identity.name).streams == {}


def test_it_says_where_it_goes_and_closes_twice(rig: Rig) -> None:
    assert rig.carrier.describe()
    rig.carrier.close()
    rig.carrier.close()
