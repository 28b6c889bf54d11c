from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from edge.clock import Stamp
from edge.config import Config, load
from edge.store.errors import StoreError, WrongStoreKey
from edge.store.integrity import complaints
from edge.store.journal import State, entry_key
from edge.store.personal import PersonalStore
from edge.store.setup import create, open_journal
from edge.worker import node
from edge.worker.care_drain import Drained
from edge.worker.jobs import Outcome
from edge.worker.node import worker_jobs
from hardware.reading import TimeQuality
from hardware.wmbus.link import LinkFrame

HUB = '[hub]\nname = "Haus"\nvillage = "Dorf"\n'
DAY_MS = 86_400_000
ENERGY = bytes.fromhex("7A2A0000000C0678563412")
NOW_MS = 1_795_442_706_000


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "hub.toml").write_text(HUB)
    config = load(tmp_path / "hub.toml")
    create(config)
    return config


def keep(config: Config, at_ms: int, state: State = State.DECODED, kind: str = "mbus") -> None:
    lane = "care" if kind.startswith("ble:") else "village"
    stamp = Stamp(at_ms, "boot", 1, TimeQuality.SYNCHRONISED)
    with open_journal(config.hub) as journal:
        key = entry_key(at_ms, kind)
        entry = journal.append(lane, "test", "ble:X", kind, key, b"\0" * 7, stamp)
        if state is not State.NEW:
            journal.mark([entry], state)


def entries(config: Config) -> int:
    with closing(sqlite3.connect(config.hub.journal_db)) as journal:
        return int(journal.execute("SELECT count(*) FROM entry").fetchone()[0])


def run(config: Config, name: str) -> Outcome:
    with worker_jobs(config) as jobs:
        return next(job for job in jobs if job.name == name).work()


def at(quality: TimeQuality, wall_ms: int = NOW_MS) -> Callable[[], object]:
    class Fixed:
        def stamp(self) -> Stamp:
            return Stamp(wall_ms, "boot", 1, quality)

    return Fixed


def test_every_job_runs_on_a_new_hub(config: Config) -> None:
    with worker_jobs(config) as jobs:
        assert {job.name for job in jobs} == {
            "care",
            "meters",
            "snapshot",
            "integrity",
            "checkpoint",
            "prune",
        }
        for job in jobs:
            assert job.work().state in ("ok", "waiting"), job.name


def test_care_waits_locked_and_forgets_the_key(config: Config) -> None:
    key = config.personal.key_file
    kept = key.read_bytes()
    keep(config, NOW_MS, State.NEW, "ble:2A35")
    with worker_jobs(config) as jobs:
        care = jobs[0].work
        assert care() == Outcome("ok", "1 ohne Zuordnung")
        key.unlink()
        assert care().state == "locked"
        assert "gesperrt" in care().message
        assert entries(config) == 1
        key.write_bytes(b"0" * 64)
        with pytest.raises(WrongStoreKey):
            care()
        key.write_bytes(kept)
        assert care().state == "ok"


@pytest.mark.parametrize(
    ("done", "words"),
    [
        (Drained(stored=4, quarantined=1), ""),
        (Drained(unclaimed=3), "3 Messungen warten: von wem sind sie? (dorfhub care waiting)"),
        (
            Drained(unclaimed=1, waiting=2, no_key=5),
            (
                "1 Messung wartet: von wem ist sie? (dorfhub care waiting), 2 ohne Zuordnung, "
                "5 ohne passenden Schlüssel"
            ),
        ),
    ],
)
def test_care_says_what_waits_for_a_person(done: Drained, words: str) -> None:
    assert node._waits(done) == words


def test_pruning_keeps_what_is_young_or_waits(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = NOW_MS - (node.JOURNAL_DAYS + 1) * DAY_MS
    keep(config, old)
    keep(config, old + 1, State.QUARANTINED)
    keep(config, old + 2, State.NEW)
    keep(config, NOW_MS - DAY_MS)
    monkeypatch.setattr(node, "SystemClock", at(TimeQuality.UNKNOWN))
    assert run(config, "prune").state == "waiting"
    assert entries(config) == 4
    monkeypatch.setattr(node, "SystemClock", at(TimeQuality.HELD))
    assert run(config, "prune") == Outcome()
    assert entries(config) == 3


def test_telegrams_that_nobody_could_read_are_kept_for_their_time(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = config.wireless.raw_retention_days
    for step, state in enumerate((State.QUARANTINED, State.NEW, State.DECODED)):
        keep(config, NOW_MS - (days + 1) * DAY_MS + step, state, "wmbus")
    keep(config, NOW_MS - (days - 1) * DAY_MS, State.QUARANTINED, "wmbus")
    keep(config, NOW_MS - (days + 1) * DAY_MS + 9, State.QUARANTINED)
    monkeypatch.setattr(node, "SystemClock", at(TimeQuality.SYNCHRONISED))
    said = run(config, "prune").message
    assert said == f"2 Telegramme gelöscht, die {days} Tage niemand lesen konnte"
    assert entries(config) == 3
    assert run(config, "prune") == Outcome()


def test_without_receivers_a_lock_is_no_news_of_the_meters(config: Config) -> None:
    config.personal.key_file.unlink()
    assert run(config, "meters") == Outcome()


def test_meters_go_on_while_personal_db_is_locked_or_broken(tmp_path: Path) -> None:
    stick = '[[receivers]]\nreceiver_id = "a"\nkind = "cul"\ntransport = "serial:/dev/null"\n'
    (tmp_path / "hub.toml").write_text(HUB + stick)
    config = load(tmp_path / "hub.toml")
    create(config)
    key = config.personal.key_file
    kept = key.read_bytes()
    telegram = LinkFrame(0x44, bytes.fromhex("2D2C785634121B04"), ENERGY).raw
    device = "wmbus:KAM-12345678-1B-04"
    with worker_jobs(config) as jobs:
        meters = next(job for job in jobs if job.name == "meters").work
        for content, state in ((None, "locked"), (b"0" * 64, "broken"), (kept, "ok")):
            key.unlink(missing_ok=True)
            if content:
                key.write_bytes(content)
            with open_journal(config.hub) as journal:
                stamp = Stamp(NOW_MS, "boot", 1, TimeQuality.SYNCHRONISED)
                journal.append("village", "x", device, "wmbus", state.encode(), telegram, stamp)
            if state == "broken":
                with pytest.raises(WrongStoreKey):
                    meters()
            else:
                assert meters().state == state
        with open_journal(config.hub) as journal:
            assert journal.counts() == {("village", "decoded"): 3}
            sealed = bytes((telegram[0],)) + telegram[1:10] + b"\x7a\x01\0\x10\x05" + bytes(16)
            sealed = bytes((len(sealed) - 1,)) + sealed[1:]
            journal.append("village", "x", device, "wmbus", b"sealed", sealed, stamp)
        assert meters() == Outcome("ok", "1 ohne Schlüssel")


def test_pruning_goes_on_until_all_is_gone(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node, "SystemClock", at(TimeQuality.SYNCHRONISED))
    monkeypatch.setattr(node, "PRUNE_BATCH", 3)
    old = NOW_MS - (node.JOURNAL_DAYS + 1) * DAY_MS
    with open_journal(config.hub) as journal:
        prune = journal.prune
        monkeypatch.setattr(
            "edge.store.journal.Journal.prune", lambda _self, before: prune(before, limit=3)
        )
        for step in range(10):
            keep(config, old + step)
        keep(config, NOW_MS)
        assert run(config, "prune") == Outcome()
    assert entries(config) == 1


def test_a_broken_file_is_named(config: Config) -> None:
    assert complaints(config.hub.village_db) == ""
    with closing(sqlite3.connect(config.hub.village_db)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(config.hub.village_db.read_bytes())
    content[4096:8192] = bytes(range(256)) * 16
    config.hub.village_db.write_bytes(content)
    assert complaints(config.hub.village_db)
    with pytest.raises(StoreError, match=r"village\.db") as caught:
        run(config, "integrity")
    assert "Sicherung" in caught.value.hint


def test_a_checkpoint_says_when_somebody_reads(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.store.connection.BUSY_TIMEOUT_S", 0.1)
    keep(config, NOW_MS)
    with closing(sqlite3.connect(config.hub.journal_db, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM entry").fetchone()
        keep(config, NOW_MS + 1)
        assert run(config, "checkpoint").state == "busy"
    assert run(config, "checkpoint") == Outcome()


def test_the_key_opens_what_was_sealed(config: Config) -> None:
    """A person with consent gets the reading; here only that the lane is drained at all."""
    keep(config, NOW_MS, State.NEW, "ble:2A35")
    with PersonalStore.open(config.hub.personal_db, config.personal.key_file) as personal:
        person = personal.add_person("Erika Musterfrau", NOW_MS)
        personal.assign("ble:X", person, NOW_MS)
    run(config, "care")
    with open_journal(config.hub) as journal:
        states = journal.counts()
    assert ("care", "new") not in states
