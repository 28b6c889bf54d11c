from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pyrage
import pytest

from edge.clock import FixedClock, Stamp
from edge.store.errors import CareLaneClosed, NewerStore, StoreError
from edge.store.journal import MAX_PAYLOAD_BYTES, Arrival, Journal, State, entry_key
from hardware.reading import TimeQuality

DEVICE = "mbus:KAM-76348799-27-04"
CUFF = "ble:C0112233AABB"


def put(journal: Journal, name: str, stamp: Stamp, payload: bytes = b"\x68\x16") -> int:
    return journal.append("village", "serial:x", DEVICE, "mbus", entry_key(name), payload, stamp)


def test_an_entry_comes_back_as_it_was(journal: Journal) -> None:
    stamp = Stamp(1_790_000_000_123, "boot", 77, TimeQuality.HELD)
    number = put(journal, "a", stamp, b"\x00\xff\x10")
    entry = journal.entry(number)
    assert entry is not None
    assert (entry.received_at, entry.boot_id, entry.monotonic_ns) == (stamp.wall_ms, "boot", 77)
    assert entry.time_quality is TimeQuality.HELD
    assert (entry.lane, entry.source, entry.device, entry.kind) == (
        "village",
        "serial:x",
        DEVICE,
        "mbus",
    )
    assert entry.payload == b"\x00\xff\x10"
    assert (entry.state, entry.message, entry.decoded_at) == (State.NEW, "", None)
    assert journal.entry(number + 1) is None


def test_what_was_appended_is_on_the_disk_when_append_returns(
    tmp_path: Path, clock: FixedClock
) -> None:
    """A process that dies without any farewell right after `append` has lost nothing."""
    script = """
import os, sys
from pathlib import Path
from edge.clock import FixedClock
from edge.store.journal import Journal, entry_key
journal = Journal(Path(sys.argv[1]))
for number in range(20):
    journal.append("village", "x", "d", "mbus", entry_key(number), b"v", FixedClock(5).stamp())
    os.write(1, b"%d\\n" % number)
os.kill(os.getpid(), 9)
"""
    path = tmp_path / "journal.db"
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, check=False
    )
    assert done.returncode == -9, done.stderr
    assert len(done.stdout.split()) == 20
    with Journal(path) as journal:
        assert len(journal.pending("village")) == 20
        put(journal, "after the crash", clock.stamp())


def test_every_commit_is_synchronised(journal: Journal) -> None:
    assert journal._connection.row("PRAGMA journal_mode") == ("wal",)
    assert journal._connection.row("PRAGMA synchronous") == (2,)
    assert journal._connection.row("PRAGMA secure_delete") == (1,)


def test_the_same_key_is_kept_once(journal: Journal, clock: FixedClock) -> None:
    first = put(journal, "a", clock.stamp())
    clock.advance(500)
    assert put(journal, "a", clock.stamp(), b"other") == first
    assert put(journal, "b", clock.stamp()) != first
    assert journal.counts() == {("village", "new"): 2}


def test_a_device_has_no_millisecond_twice(journal: Journal, clock: FixedClock) -> None:
    stamp = clock.stamp()
    ids = [put(journal, name, stamp) for name in "abc"]
    other = journal.append("village", "x", "mbus:other", "mbus", entry_key("d"), b"", stamp)
    times = [journal.entry(one).received_at - stamp.wall_ms for one in [*ids, other]]  # type: ignore[union-attr]
    assert times == [0, 1, 2, 0]


def test_many_entries_are_one_commit_or_none(
    tmp_path: Path, journal: Journal, clock: FixedClock
) -> None:
    good = [
        Arrival("village", "x", DEVICE, "mbus", entry_key(i), b"v", clock.stamp()) for i in range(3)
    ]
    assert journal.append_many(good) == [1, 2, 3]
    assert journal.append_many(good) == [1, 2, 3]
    assert journal.append_many([]) == []
    long = Arrival(
        "village", "x", DEVICE, "mbus", b"k", bytes(MAX_PAYLOAD_BYTES + 1), clock.stamp()
    )
    new = Arrival("village", "x", DEVICE, "mbus", b"n", b"v", clock.stamp())
    with pytest.raises(ValueError, match="no device's"):
        journal.append_many([new, long])
    bad = Arrival("nowhere", "x", DEVICE, "mbus", b"m", b"v", clock.stamp())  # type: ignore[arg-type]
    with pytest.raises(StoreError):
        journal.append_many([new, bad])
    with closing(sqlite3.connect(tmp_path / "journal.db")) as other:
        assert other.execute("SELECT count(*) FROM entry").fetchone() == (3,)


def test_care_bytes_are_sealed(
    tmp_path: Path, journal: Journal, clock: FixedClock, identity: pyrage.x25519.Identity
) -> None:
    clear = b"\x1e\x79\x00\x51\x00 a reading nobody may see"
    key = entry_key(CUFF, clear)
    number = journal.append("care", "radio", CUFF, "ble:2A35", key, clear, clock.stamp())
    entry = journal.entry(number)
    assert entry is not None
    assert pyrage.decrypt(entry.payload, [identity]) == clear
    for path in tmp_path.iterdir():
        data = path.read_bytes()
        assert clear not in data
        assert key not in data, "a hash of a blood pressure can be guessed"
    stranger = pyrage.x25519.Identity.generate()
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(entry.payload, [stranger])


def test_a_care_entry_is_kept_once_as_long_as_the_secret_lives(
    tmp_path: Path, clock: FixedClock, identity: pyrage.x25519.Identity
) -> None:
    path, recipient = tmp_path / "journal.db", str(identity.to_public())
    ids = []
    for _ in range(2):
        with Journal(path, recipient, key_secret=b"s" * 32) as journal:
            ids.append(
                journal.append("care", "r", CUFF, "ble:2A35", b"key", b"value", clock.stamp())
            )
    assert ids == [1, 1]


def test_without_a_care_key_nothing_of_care_is_kept(tmp_path: Path, clock: FixedClock) -> None:
    with Journal(tmp_path / "journal.db", None) as journal:
        with pytest.raises(CareLaneClosed) as caught:
            journal.append("care", "r", CUFF, "ble:2A35", b"key", b"value", clock.stamp())
        assert "dorfhub init" in caught.value.hint
        assert journal.counts() == {}
        put(journal, "the village goes on", clock.stamp())


def test_a_broken_care_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no age recipient") as caught:
        Journal(tmp_path / "journal.db", "age1nonsense")
    assert "care.pub" in caught.value.hint


def test_pending_is_by_lane_in_order_and_pages(journal: Journal, clock: FixedClock) -> None:
    ids = [put(journal, str(number), clock.stamp()) for number in range(5)]
    journal.append("care", "r", CUFF, "ble:2A35", b"key", b"value", clock.stamp())
    assert [entry.id for entry in journal.pending("village", 3)] == ids[:3]
    assert [entry.id for entry in journal.pending("village", 3, after=ids[2])] == ids[3:]
    assert len(journal.pending("care")) == 1
    journal.mark(ids[:4], State.DECODED)
    assert [entry.id for entry in journal.pending("village")] == ids[4:]


def test_marks_and_counts(journal: Journal, clock: FixedClock) -> None:
    a, b, c = (put(journal, name, clock.stamp()) for name in "abc")
    journal.mark([a], "decoded")
    journal.mark([b], State.QUARANTINED, "FrameError at byte 3")
    assert journal.counts() == {
        ("village", "decoded"): 1,
        ("village", "quarantined"): 1,
        ("village", "new"): 1,
    }
    quarantined = journal.entry(b)
    assert quarantined is not None
    assert quarantined.message == "FrameError at byte 3"
    assert quarantined.decoded_at is not None
    assert quarantined.payload, "a later decoder needs the bytes"
    with pytest.raises(ValueError, match="eaten"):
        journal.mark([c], "eaten")


@pytest.mark.parametrize("by_mark", [True, False])
def test_refusing_erases_the_bytes_from_the_files(
    tmp_path: Path, journal: Journal, clock: FixedClock, *, by_mark: bool
) -> None:
    number = put(journal, "a", clock.stamp(), b"DELETE-ME-ENTIRELY" * 300)  # several pages
    files = list(tmp_path.iterdir())
    assert any(b"DELETE-ME-ENTIRELY" in path.read_bytes() for path in files)
    if by_mark:
        journal.mark([number], State.REFUSED)
    else:
        journal.refuse(number)
    assert journal.entry(number).payload == b""  # type: ignore[union-attr]
    assert journal.counts() == {("village", "refused"): 1}
    assert not any(b"DELETE-ME-ENTIRELY" in path.read_bytes() for path in tmp_path.iterdir())


def test_of_a_sensor_only_decoded_bytes_are_erased_and_the_entry_stays(
    tmp_path: Path, journal: Journal, clock: FixedClock
) -> None:
    def care(device: str, key: bytes) -> int:
        return journal.append("care", "r", device, "ble:2A35", key, b"value", clock.stamp())

    mine, waits, others = care(CUFF, b"a"), care(CUFF, b"b"), care("ble:other", b"c")
    meter = put(journal, "m", clock.stamp())
    journal.mark([mine, others, meter], State.DECODED)
    before = journal.entry(mine)
    assert before is not None
    assert journal.erase_decoded([CUFF, DEVICE, "ble:nobody"]) == 1
    after = journal.entry(mine)
    assert after is not None
    assert (after.payload, after.state) == (b"", State.DECODED)
    assert after.decoded_at == before.decoded_at
    for kept in (waits, others, meter):
        assert journal.entry(kept).payload  # type: ignore[union-attr]
    files = [path.read_bytes() for path in tmp_path.iterdir()]
    assert not any(before.payload in content for content in files)
    assert journal.erase_decoded([CUFF]) == 0
    assert care(CUFF, b"a") == mine, "it is still known, should the sensor repeat it"


def test_pruning_never_takes_what_waits(journal: Journal, clock: FixedClock) -> None:
    old = [put(journal, str(number), clock.stamp()) for number in range(6)]
    journal.mark(old[:3], State.DECODED)
    journal.mark([old[3]], State.QUARANTINED, "later")
    journal.refuse(old[4])
    clock.advance(1000)
    newest = put(journal, "newest", clock.stamp())
    journal.mark([newest], State.DECODED)
    assert journal.prune(clock.wall_ms, limit=3) == 3
    assert journal.prune(clock.wall_ms, limit=3) == 1
    assert journal.prune(clock.wall_ms, limit=3) == 0
    assert journal.counts() == {
        ("village", "quarantined"): 1,
        ("village", "new"): 1,
        ("village", "decoded"): 1,
    }


def test_an_id_never_comes_twice(journal: Journal, clock: FixedClock) -> None:
    """village.db refers to journal ids; pruning everything must not start them anew."""
    number = put(journal, "a", clock.stamp())
    journal.mark([number], State.DECODED)
    journal.prune(clock.wall_ms + 1_000_000)
    assert put(journal, "b", clock.stamp()) == number + 1


def test_threads_may_share_a_journal(journal: Journal, clock: FixedClock) -> None:
    stamp = clock.stamp()

    def work(name: int) -> None:
        for number in range(25):
            put(journal, f"{name}-{number}", stamp)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    entries = journal.pending("village", 1000)
    assert len({entry.id for entry in entries}) == 100
    assert sorted(entry.received_at - stamp.wall_ms for entry in entries) == list(range(100))


def test_the_collector_appends_while_the_worker_marks(
    tmp_path: Path, journal: Journal, clock: FixedClock
) -> None:
    with Journal(tmp_path / "journal.db") as worker:
        for number in range(20):
            put(journal, str(number), clock.stamp())
            worker.mark([entry.id for entry in worker.pending("village")], State.DECODED)
    assert journal.counts() == {("village", "decoded"): 20}


def test_a_file_of_a_newer_dorfhub_is_left_alone(tmp_path: Path, journal: Journal) -> None:
    with journal._connection.transaction() as driver:
        driver.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
            " VALUES ('journal', 'journal_9999_future', '')"
        )
    with pytest.raises(NewerStore, match="journal_9999_future"):
        Journal(tmp_path / "journal.db")


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(b"this is a text file, not a database, and long enough to be read as one")
    with pytest.raises(StoreError, match=r"journal\.db cannot be opened"):
        Journal(path)


def test_an_absent_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        Journal(tmp_path / "nowhere" / "journal.db")
    assert "dorfhub init" in caught.value.hint


def test_keys_do_not_depend_on_where_parts_are_cut() -> None:
    keys = {
        entry_key("ab", "c"),
        entry_key("a", "bc"),
        entry_key("abc"),
        entry_key("ab", "c", ""),
        entry_key(b"ab", 3),
    }
    assert len(keys) == 5
    assert all(len(key) == 16 for key in keys)
    assert entry_key("a", 1, b"x") == entry_key("a", "1", b"x")


def keep(journal: Journal, name: str, message: str, *, kind: str = "wmbus") -> int:
    key = entry_key(name)
    at = Stamp(1_790_000_000_000 + int.from_bytes(key[:3], "big"), "boot", 1, TimeQuality.HELD)
    number = journal.append("village", "x", DEVICE, kind, key, b"v", at)
    journal.mark([number], State.QUARANTINED, message)
    return number


def test_what_is_kept_is_counted_by_device_and_reason(journal: Journal) -> None:
    for name in ("a", "b"):
        keep(journal, name, "KeyRequired KAM-1")
    keep(journal, "c", "FrameError")
    keep(journal, "d", "KeyRequired KAM-1", kind="mbus")
    put(journal, "e", FixedClock(5).stamp())
    framed, keyless = journal.kept("wmbus")
    assert (framed.message, framed.count, framed.lane) == ("FrameError", 1, "village")
    assert (keyless.device, keyless.message, keyless.count) == (DEVICE, "KeyRequired KAM-1", 2)
    assert keyless.first_at < keyless.last_at


def test_what_waited_for_one_reason_is_new_again(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.store.journal.PRUNE_BATCH", 2)  # several commits
    numbers = [keep(journal, str(name), "KeyRequired KAM-1") for name in range(5)]
    other = keep(journal, "other", "KeyRequired KAM-2")
    assert journal.requeue("wmbus", "KeyRequired KAM-1") == 5
    assert journal.requeue("wmbus", "KeyRequired KAM-1") == 0
    entries = journal.pending("village", kind="wmbus")
    assert [entry.id for entry in entries] == sorted(numbers)
    assert {(entry.message, entry.decoded_at) for entry in entries} == {("", None)}
    assert journal.pending("village", kind="ble:*") == []
    kept = journal.entry(other)
    assert kept is not None
    assert kept.state is State.QUARANTINED


def test_what_a_household_s_meter_sent_is_erased_before_it_is_read(tmp_path: Path) -> None:
    recipient = str(pyrage.x25519.Identity.generate().to_public())
    clock = FixedClock(1_790_000_000_000)
    with Journal(tmp_path / "journal.db", recipient) as journal:
        numbers = []
        for name, device in (("a", DEVICE), ("b", DEVICE), ("c", CUFF)):
            clock.advance(1)
            key = entry_key(name)
            numbers.append(
                journal.append("care", "x", device, "wmbus", key, b"secret", clock.stamp())
            )
        journal.mark(numbers[:1], State.QUARANTINED, "KeyRequired")
        assert journal.refuse_waiting(DEVICE, "wmbus", "no consent") == 2
        assert journal.refuse_waiting(DEVICE, "wmbus", "no consent") == 0
        states = [journal.entry(number) for number in numbers]
        assert [(one.state, bool(one.payload)) for one in states if one] == [
            (State.REFUSED, False),
            (State.REFUSED, False),
            (State.NEW, True),
        ]


def test_what_nobody_could_read_in_time_is_erased(journal: Journal) -> None:
    old = [keep(journal, str(name), "KeyRequired KAM-1") for name in range(5)]
    keep(journal, "wired", "FrameError", kind="mbus")
    put(journal, "e", Stamp(1_900_000_000_000, "boot", 1, TimeQuality.HELD))
    before = 1_850_000_000_000
    assert journal.prune_waiting("wmbus", before, limit=3) == 3
    assert journal.prune_waiting("wmbus", before) == 2
    assert journal.prune_waiting("wmbus", before) == 0
    assert all(journal.entry(number) is None for number in old)
    assert journal.counts() == {("village", "quarantined"): 1, ("village", "new"): 1}
