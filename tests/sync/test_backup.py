"""A backup brings a hub back, and nobody who was erased in the meantime."""

from __future__ import annotations

import shutil
import sqlite3
import struct
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from edge.care.consent import BLOOD_PRESSURE, CARE
from edge.clock import FixedClock
from edge.config import Config, load
from edge.store.journal import entry_key
from edge.store.personal import PersonalStore
from edge.store.personal_rows import CareRow
from edge.store.setup import open_journal
from edge.store.village import VillageStore
from edge.store.village_rows import MeterRow
from edge.unlock import pin
from edge.unlock.opener import Opener
from hardware.reading import TimeQuality
from sync import backup, rotation
from sync.cli import root
from sync.identity import Identity
from sync.segment import Segment, StreamClass
from tests.furnish_unlock import PIN, memory_folder, two_of_three

NOW = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
T0 = round(NOW.timestamp() * 1000)
NAME = "Kanarienvogel Weißgerber-Canaris"
SYSTOLIC = 133.1372  # no other value has its bits
KNOWN = TimeQuality.SYNCHRONISED

Run = Callable[..., Result]


@pytest.fixture
def hub(tmp_path: Path) -> Config:
    folder = tmp_path / "hub"
    made = CliRunner().invoke(root, ["init", str(folder), "--name", "DGH", "--village", "Holzheim"])
    assert made.exit_code == 0, made.output
    config = load(folder / "hub.toml")
    with opened(config) as personal:
        for name, value in ((NAME, SYSTOLIC), ("Otto", 121.0)):
            person = personal.add_person(name, T0)
            personal.give_consent(
                person, purpose=CARE, data_kind=BLOOD_PRESSURE, sentence="Ja", given_how="", at=1
            )
            personal.assign(f"ble:C{person}", person, T0)
            row = CareRow(T0, f"ble:C{person}", person, KNOWN, T0, person, value)
            assert not personal.add_measured([row], [])
    with open_journal(config.hub) as journal:
        for lane in ("village", "care"):
            journal.append(
                lane, "radio", "ble:C1", "ble:2A35", entry_key(lane), lane.encode() * 9,
                FixedClock(T0).stamp(),
            )  # fmt: skip
    with VillageStore(config.hub.village_db) as village:
        device = village.device("mbus:A")
        village.add_round([MeterRow(T0, device, KNOWN, 1, 5249.17)])
    return config


def opened(config: Config) -> PersonalStore:
    return PersonalStore.open(config.hub.personal_db, config.personal.key_file)


@pytest.fixture
def run(hub: Config) -> Run:
    def run(*words: object, code: int = 0) -> Result:
        config = hub.hub.state.parent / "hub.toml"
        done = CliRunner().invoke(root, ["--config", str(config), *map(str, words)])
        assert done.exit_code == code, done.output + str(done.exception)
        return done

    return run


def found_in(*folders: Path) -> list[tuple[Path, bytes]]:
    needles = [NAME.encode(), b"Canaris", b"133.1372"]
    needles += [struct.pack(order, SYSTOLIC) for order in ("<d", ">d")]
    return [
        (file, needle)
        for folder in folders
        for file in folder.rglob("*")
        if file.is_file()
        for needle in needles
        if needle in file.read_bytes()
    ]


def restore(config: Config, copy: Path, keys: Path, to: Path) -> Config:
    """Put a hub together again from its two sticks, as `running.md` says."""
    shutil.copytree(config.hub.state.parent, to, ignore=shutil.ignore_patterns("state"))
    restored = load(to / "hub.toml")
    shutil.copytree(copy, restored.hub.state)
    shutil.copytree(keys / backup.KEYS, restored.hub.keys)
    shutil.move(restored.hub.keys / "person-keys.db", restored.hub.state / "person-keys.db")
    return restored


def test_a_hub_comes_back_from_its_two_sticks(hub: Config, run: Run, tmp_path: Path) -> None:
    data, keys = tmp_path / "data", tmp_path / "keys"
    said = run("backup", data, "--keys", keys).stdout
    (copy,) = data.iterdir()
    assert str(copy) in said
    assert str(keys / backup.KEYS) in said
    restored = restore(hub, copy, keys, tmp_path / "new")
    with opened(restored) as personal:
        assert [one.name for one in personal.persons()] == [NAME, "Otto"]
        assert [row.systolic_mmhg for row in personal.care_rows(1, 0)] == [SYSTOLIC]
    with VillageStore(restored.hub.village_db) as village:
        assert [one.energy_kwh for one in village.latest()] == [5249.17]
    assert found_in(data, keys) == []


def test_who_is_erased_is_erased_from_every_backup(hub: Config, run: Run, tmp_path: Path) -> None:
    data, keys, old = tmp_path / "data", tmp_path / "keys", tmp_path / "old"
    copies = [
        backup.make(hub, data, place, NOW + timedelta(days=n)).data
        for n, place in enumerate((old, keys, keys))
    ]
    said = run("care", "erase", NAME, "--yes").stdout
    assert f"Schlüssel-Sicherung {keys.resolve()}" in said
    assert f"Schlüssel-Sicherung {old.resolve()}" in said
    run("backup", data, "--keys", keys)
    for n, copy in enumerate(copies):
        restored = restore(hub, copy, keys, tmp_path / f"new{n}")
        with opened(restored) as personal:
            assert personal.find_person(NAME) is None
            assert personal.care_rows(1, 0)[0].systolic_mmhg is None
            assert personal.care_rows(2, 0)[0].systolic_mmhg == 121.0
    assert found_in(data, keys, hub.hub.state) == []
    # it is the destroyed key that does it: the stick that nobody brought still opens
    with opened(restore(hub, copies[0], old, tmp_path / "stale")) as personal:
        assert personal.find_person(NAME) is not None


def test_what_no_persons_key_protects_is_not_in_it(hub: Config, tmp_path: Path) -> None:
    copy = backup.make(hub, tmp_path / "data", tmp_path / "keys", NOW).data
    with closing(sqlite3.connect(copy / "journal.db")) as journal:
        assert journal.execute("SELECT lane FROM entry").fetchall() == [("village",)]


def test_sealed_bodies_of_care_are_not_in_it_and_the_chain_verifies(
    village: Any, tmp_path: Path
) -> None:
    """`_without_bodies` on a real outbox: headers stay, bodies of care go."""
    store = village.store
    outbox = village.outbox
    stamp = village.clock.stamp()
    for kind, body in ((StreamClass.CARE, b"sealed to the county"), (StreamClass.VILLAGE, b"x")):
        outbox.write(kind, "x/1", body, count=1, span_ms=(1, 1), stamp=stamp, do=lambda *_: None)
    backup._copy(store.connection.path, tmp_path / "copy.db", backup._without_bodies)
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        rows = copy.execute("SELECT data FROM sync_segment ORDER BY seq").fetchall()
    segments = [Segment.decode(data) for (data,) in rows]
    assert [one.erased for one in segments] == [True, False]
    assert segments[1].header.previous == segments[0].hash
    assert b"sealed to the county" not in (tmp_path / "copy.db").read_bytes()


def test_keys_and_data_on_one_stick_are_refused(run: Run, tmp_path: Path) -> None:
    done = run("backup", tmp_path, "--keys", tmp_path, code=1)
    assert "anderen Stick" in done.stderr
    assert not list(tmp_path.glob("2*"))


def test_another_hubs_keys_are_not_replaced(hub: Config, run: Run, tmp_path: Path) -> None:
    own = Identity.load_or_create(hub.hub.keys / "hub.key")
    run("backup", tmp_path / "data", "--keys", tmp_path / "keys")
    rotation.change(hub.hub.keys / "hub.key")
    assert Identity.load(hub.hub.keys / "hub.key").name == own.name
    run("backup", tmp_path / "later", "--keys", tmp_path / "keys")  # ours under another key
    shutil.rmtree(hub.hub.keys)
    Identity.load_or_create(hub.hub.keys / "hub.key")
    kept = {file: file.read_bytes() for file in (tmp_path / "keys").rglob("*") if file.is_file()}
    done = run("backup", tmp_path / "other", "--keys", tmp_path / "keys", code=1)
    assert "eines anderen" in done.stderr
    assert not (tmp_path / "other").exists()
    assert {file: file.read_bytes() for file in kept} == kept


def test_a_locked_personal_db_is_told(hub: Config, run: Run, tmp_path: Path) -> None:
    hub.personal.key_file.rename(tmp_path / "away.key")
    done = run("backup", tmp_path / "data", "--keys", tmp_path / "keys")
    assert "verschlossen" in done.stderr
    (copy,) = (tmp_path / "data").iterdir()
    assert sorted(file.name for file in copy.iterdir()) == ["journal.db", "village.db"]


def test_where_one_key_opens_all_the_command_says_what_that_means(
    hub: Config, run: Run, tmp_path: Path
) -> None:
    said = run("backup", tmp_path / "data", "--keys", tmp_path / "keys").stdout
    assert "Wer beide Sticks hat, liest alles, ohne PIN." in said
    copied = tmp_path / "keys" / backup.KEYS / hub.personal.key_file.name
    assert copied.read_bytes() == hub.personal.key_file.read_bytes()


def test_where_two_of_three_open_no_copy_has_the_key(
    hub: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pin, "MEMORY_KIB", 64)
    data, keys = tmp_path / "data", tmp_path / "keys"
    raw = hub.personal.key_file.read_text().strip()
    assert backup.make(hub, data, keys, NOW).opens_alone
    with memory_folder() as memory:
        config = two_of_three(hub, memory)
        (config.hub.keys / "vergessen.key").write_text(raw.upper())  # under any name
        (config.hub.keys / "personal.key").write_text(raw + "\n")
        Opener.of(config).with_pin(PIN, T0)
        assert config.personal.key_file.exists()  # it is open
        made = backup.make(config, data, keys, NOW + timedelta(days=1))
        assert not made.opens_alone
        assert not made.without_people
    names = {file.name for file in made.keys.iterdir()}
    assert {"unlock.json", "person-keys.db", "hub.key"} <= names | {"hub.key"}
    assert "vergessen.key" not in names
    assert "personal.key" not in names  # nor that of the backup before
    needles = (raw.encode(), raw.upper().encode(), bytes.fromhex(raw))
    held = {
        file
        for file in (*data.rglob("*"), *keys.rglob("*"))
        if file.is_file() and any(one in file.read_bytes() for one in needles)
    }
    assert held == set()


def test_a_stick_that_takes_nothing_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "stick").mkdir()
    (tmp_path / "k").write_text("no folder")
    assert (
        "Stick" in run("backup", tmp_path / "k" / "x", "--keys", tmp_path / "stick", code=1).stderr
    )
