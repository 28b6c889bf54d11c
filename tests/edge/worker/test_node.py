from __future__ import annotations

import os
import sqlite3
import time as clock_time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import date, time
from pathlib import Path

import pytest

from edge.clock import FixedClock, Stamp
from edge.config import Config, load
from edge.desk import SignupDesk, Vault
from edge.learning.course import Course, Season, Session, Text
from edge.learning.moment import local_day, span
from edge.material.shelf import shelf_of
from edge.store.errors import StoreError, WrongStoreKey
from edge.store.integrity import complaints
from edge.store.journal import State, entry_key
from edge.store.personal import PersonalStore
from edge.store.personal_rows import Number, Observation
from edge.store.setup import create, open_journal
from edge.store.village import VillageStore
from edge.store.village_warnings import ToldWarning, put_warning
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
            "alarm",
            "care",
            "ladder",
            "meters",
            "learning",
            "volunteers",
            "board",
            "snapshot",
            "integrity",
            "checkpoint",
            "shelf",
            "load",
            "faults",
            "sums",
            "health",
            "prune",
            "unlock",
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


def test_what_somebody_began_to_upload_and_left_goes(config: Config) -> None:
    staging = shelf_of(config).staging
    staging.mkdir(parents=True)
    left, fresh = staging / "left.teil", staging / "fresh.teil"
    for one in (left, fresh):
        one.write_bytes(b"part")
    hour_ago = clock_time.time() - node.ABANDONED_S - 1
    os.utime(left, (hour_ago, hour_ago))
    assert run(config, "shelf") == Outcome("ok", "abgebrochene Uploads gelöscht: 1")
    assert [one.name for one in staging.iterdir()] == ["fresh.teil"]
    assert run(config, "shelf") == Outcome()


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


def test_a_checkpoint_forgets_whom_a_look_around_found(config: Config) -> None:
    with VillageStore(config.hub.village_db) as village:
        looked = village.ask("look", {}, 1)
        village.finish(looked, done=True, at=2, result={"found": [{"name": "Fremde Uhr"}]})
        run(config, "checkpoint")
        assert village.request(looked).result is None  # type: ignore[union-attr]


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


def test_the_care_job_warns_of_heat(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """And tells nobody who reads the job's state: that lies in the clear."""
    day = NOW_MS - NOW_MS % DAY_MS + DAY_MS // 2
    with PersonalStore.open(config.hub.personal_db, config.personal.key_file) as store:
        person = store.add_person("Erna", day)
        store.assign("ble:X", person, day)
        store.give_consent(
            person, purpose="care", data_kind="room_climate", sentence="Ja.", given_how="", at=day
        )
        for n in range(13):
            moment = day + n * 600_000
            hot = (Number("air_temperature", 34.0),)
            row = Observation(
                moment, "ble:X", "room_climate", person, TimeQuality.HELD, moment, n, "advert",
                values=hot,
            )  # fmt: skip
            store.add_measured([], [row])
        with VillageStore(config.hub.village_db) as village, village.connection.transaction() as db:
            warned = ToldWarning(bytes(32), "Kreis", "Kreis", 1, day, day + 2 * DAY_MS, day)
            put_warning(db, warned)
        monkeypatch.setattr(node, "SystemClock", at(TimeQuality.HELD, day + DAY_MS))
        assert run(config, "care") == Outcome("ok", "")
        assert [one.facts["weather"] for one in store.alerts()] == [1]
        (one,) = store.heat_warnings()
        assert (one.person, one.level, one.since) == (person, 1, day + 12 * 600_000)
        monkeypatch.setattr(node, "SystemClock", at(TimeQuality.HELD, day + 2 * DAY_MS))
        run(config, "care")
        assert store.heat_warnings() == []


def test_the_learning_job_waits_for_the_clock_and_the_key(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was sealed meanwhile is stored in its order; what does not open is told."""
    monkeypatch.setattr(node, "SystemClock", at(TimeQuality.UNKNOWN))
    assert run(config, "learning").state == "waiting"
    monkeypatch.setattr(node, "SystemClock", at(TimeQuality.SYNCHRONISED))
    assert run(config, "learning") == Outcome()
    begin, end = span(local_day(NOW_MS + 9 * DAY_MS), time(18), time(20))
    key_file = config.personal.key_file
    with VillageStore(config.hub.village_db) as village, Vault.of(config) as vault:
        village.put_season(Season("s", "Saison", date(2026, 9, 1), date(2027, 3, 1)))
        plan = Course(
            season_id="s", texts={"de": Text("Kurs")}, seats=1, sessions=(Session(begin, end),)
        )
        (course,) = village.add_courses([plan], 1)
        village.change_course(replace(course, state="published"), 2)
        key_file.rename(key_file.with_suffix(".away"))
        desk = SignupDesk.of(config, village, vault, FixedClock(NOW_MS))
        slip = desk.signup(course.course, "Erna")
        assert run(config, "learning") == Outcome("locked", "Anmeldungen, die versiegelt warten: 1")
        key_file.with_suffix(".away").rename(key_file)
        village.seal_signup(b"?" * 16, b"no age file", 1)
        told = "Anmeldungen nachgetragen: 1, Anmeldungen, die sich nicht öffnen lassen: 1"
        assert run(config, "learning") == Outcome("ok", told)
        assert desk.my(slip.number).state == "confirmed"
