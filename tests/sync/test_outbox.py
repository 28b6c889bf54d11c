from __future__ import annotations

import io
import threading
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from edge.store.connection import Connection
from edge.store.village import VillageStore
from sync import bundle, columns, stream
from sync.errors import SyncError
from sync.outbox import Outbox, Unavailable
from sync.segment import NO_PREVIOUS, Segment, verify, verify_link
from sync.stream import METER

T0 = 1_795_000_000_000


def chain(outbox: Outbox, hub: bytes) -> list[Segment]:
    """Read the whole stream as a county would: verified, linked, up to the last hash."""
    position = outbox.position()
    if position.last_seq < position.first_seq:
        return []
    manifest = outbox.manifest(position.epoch, position.first_seq - 1, position.last_seq)
    data = b"".join(outbox.pieces(manifest, 0, manifest.size))
    segments = list(bundle.Reader(io.BytesIO(data)))
    previous = NO_PREVIOUS
    for segment in segments:
        verify(segment, hub)
        if segment.header.seq > 1 and segment is not segments[0]:
            verify_link(segment, epoch=position.epoch, seq=segment.header.seq, previous=previous)
        previous = segment.hash
    assert previous == position.last_hash
    return segments


def readings(segments: list[Segment]) -> list[tuple[str, int]]:
    return [
        (source.device, at)
        for segment in segments
        for source in columns.decode(segment.body)
        for at in source.times_ms
    ]


def stored(connection: Connection) -> list[tuple[object, ...]]:
    return connection.rows(
        "SELECT device_id, observed_at FROM meter_reading NATURAL JOIN device ORDER BY 1, 2"
    )


def test_rounds_become_segments_once(village: Any) -> None:
    village.measure(10)
    connection = village.store.connection
    assert village.outbox.seal(METER, connection, village.clock.stamp()) == 1
    assert village.outbox.seal(METER, connection, village.clock.stamp()) is None
    village.measure(1)
    assert village.outbox.waiting(METER, connection).rows == 4
    assert village.outbox.seal(METER, connection, village.clock.stamp()) == 1
    segments = chain(village.outbox, village.identity.public_key)
    assert sorted(readings(segments)) == stored(connection)
    assert [s.header.count for s in segments] == [40, 4]
    source = columns.decode(segments[0].body)[0]
    assert source.device == "mbus:KAM-70000000-27-04"
    assert source.columns["energy_kwh"][:2] == (5000.0, 5000.37)
    assert source.columns["flow_temperature_degc"][:2] == (None, 65.4)
    assert set(source.qualities) == {4}
    assert "power_kw" not in source.columns
    header = segments[0].header
    assert (header.first_ms, header.last_ms) == (T0, T0 + 9 * 900_000 + 3 * 137)


def test_much_is_sealed_in_pieces(village: Any) -> None:
    village.measure(60, meters=50)
    connection = village.store.connection
    while village.outbox.seal(METER, connection, village.clock.stamp()):
        pass
    segments = chain(village.outbox, village.identity.public_key)
    assert len(segments) == 3
    assert all(s.header.count >= METER.seal_rows for s in segments[:-1])
    assert sorted(readings(segments)) == stored(connection)


def test_one_huge_round_is_split(village: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "MAX_ROWS", 30)
    village.measure(1, meters=100)
    assert village.outbox.seal(METER, village.store.connection, village.clock.stamp()) == 4
    segments = chain(village.outbox, village.identity.public_key)
    assert [s.header.count for s in segments] == [30, 30, 30, 10]
    assert sorted(readings(segments)) == stored(village.store.connection)


def test_a_failure_before_the_commit_leaves_nothing(village: Any) -> None:
    """The cursor, the chain's end and the segment move together, or not at all."""
    village.measure(3)
    connection = village.store.connection
    position = village.outbox.position()

    class Failed(Exception):
        pass

    def fail(_: int) -> bytes:
        raise Failed

    broken = Outbox(connection, village.identity, random=fail)
    with pytest.raises(Failed):
        broken.seal(METER, connection, village.clock.stamp())
    assert village.outbox.position() == position
    assert village.outbox.waiting(METER, connection).rows == 12
    assert village.outbox.seal(METER, connection, village.clock.stamp()) == 1
    assert sorted(readings(chain(village.outbox, village.identity.public_key))) == stored(
        connection
    )


def test_two_who_seal_at_once_seal_once(village: Any) -> None:
    village.measure(40, meters=50)
    path = village.folder / "village.db"
    start = threading.Barrier(3)

    def go() -> None:
        with VillageStore(path) as store:
            outbox = Outbox(store.connection, village.identity)
            start.wait()
            for _ in range(20):
                outbox.seal(METER, store.connection, village.clock.stamp())

    threads = [threading.Thread(target=go) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    segments = chain(village.outbox, village.identity.public_key)
    assert sorted(readings(segments)) == stored(village.store.connection)
    assert all(b.header.seq == a.header.seq + 1 for a, b in pairwise(segments))


def test_the_epoch_belongs_to_the_database(village: Any, tmp_path: Path) -> None:
    again = Outbox(village.store.connection, village.identity)
    assert again.position().epoch == village.outbox.position().epoch
    with VillageStore(tmp_path / "other.db") as other:
        fresh = Outbox(other.connection, village.identity)
        assert fresh.position().epoch != village.outbox.position().epoch


@pytest.mark.parametrize(
    ("after", "until", "code"),
    [(0, 4, "ahead"), (1, 1, "bounds"), (2, 1, "bounds"), (0, 1, "pruned")],
)
def test_what_is_not_here_is_said(village: Any, after: int, until: int, code: str) -> None:
    for _ in range(3):
        village.measure(1)
        village.outbox.seal(METER, village.store.connection, village.clock.stamp())
    epoch = village.outbox.position().epoch
    village.outbox.prune(1, T0 + 1)
    with pytest.raises(Unavailable) as caught:
        village.outbox.manifest(epoch, after, until)
    assert caught.value.code == code
    assert caught.value.hint
    with pytest.raises(Unavailable) as caught:
        village.outbox.manifest(bytes(8), 1, 2)
    assert caught.value.code == "epoch"


def test_the_same_run_is_the_same_bytes(village: Any) -> None:
    village.measure(3)
    village.outbox.seal(METER, village.store.connection, village.clock.stamp())
    epoch = village.outbox.position().epoch
    before = village.outbox.manifest(epoch, 0, 1)
    village.measure(3)
    village.outbox.seal(METER, village.store.connection, village.clock.stamp())
    assert village.outbox.manifest(epoch, 0, 1) == before
    with VillageStore(village.folder / "village.db") as store:
        other = Outbox(store.connection, village.identity)
        assert b"".join(other.pieces(before, 0, before.size)) == b"".join(
            village.outbox.pieces(before, 0, before.size)
        )


def test_only_what_is_acknowledged_and_old_is_pruned(village: Any) -> None:
    connection = village.store.connection
    for _ in range(4):
        village.measure(1)
        village.outbox.seal(METER, connection, village.clock.stamp())
        village.clock.advance(1000)
    assert village.outbox.prune(0, T0 + 10_000) == 0
    assert village.outbox.prune(3, T0) == 0
    assert village.outbox.prune(3, T0 + 1001) == 2
    assert village.outbox.position().first_seq == 3
    assert village.outbox.prune(4, T0 + 10_000) == 2
    position = village.outbox.position()
    assert (position.first_seq, position.last_seq) == (5, 4)
    village.measure(1)
    village.outbox.seal(METER, connection, village.clock.stamp())
    (segment,) = chain(village.outbox, village.identity.public_key)
    assert segment.header.previous == position.last_hash


def test_a_clock_that_was_set_back_does_not_tear_a_hole(village: Any) -> None:
    """Pruning takes from the front only, also where a later segment looks older."""
    connection = village.store.connection
    for wall_ms in (T0, T0 + 5000, T0 - 95_000):
        village.clock.wall_ms = wall_ms
        village.measure(1)
        village.outbox.seal(METER, connection, village.clock.stamp())
    assert village.outbox.prune(3, T0) == 0
    assert len(chain(village.outbox, village.identity.public_key)) == 3


def test_an_erased_segment_is_gone_from_the_files(village: Any) -> None:
    for _ in range(3):
        village.measure(2)
        village.outbox.seal(METER, village.store.connection, village.clock.stamp())
    body = Segment.decode(village.outbox.read(2)).body
    files = [village.folder / "village.db", village.folder / "village.db-wal"]
    assert any(body[-40:] in path.read_bytes() for path in files)
    village.outbox.erase(2)
    assert not any(body[-40:] in path.read_bytes() for path in files)
    segments = chain(village.outbox, village.identity.public_key)
    assert [segment.erased for segment in segments] == [False, True, False]


def test_a_segment_that_is_missing_is_an_error_not_a_gap(village: Any) -> None:
    for _ in range(3):
        village.measure(1)
        village.outbox.seal(METER, village.store.connection, village.clock.stamp())
    with village.store.connection.transaction() as driver:
        driver.execute("DELETE FROM sync_segment WHERE seq = 2")
    with pytest.raises(SyncError, match="missing"):
        village.outbox.manifest(village.outbox.position().epoch, 0, 3)
