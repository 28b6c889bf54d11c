from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from edge.clock import FixedClock
from edge.config import Config, load
from edge.store import setup
from edge.store.errors import StoreError, StoreFull
from edge.store.personal import PersonalStore
from edge.store.village import VillageStore


@pytest.fixture
def config(tmp_path: Path) -> Config:
    path = tmp_path / "hub.toml"
    path.write_text(
        '[hub]\nname = "n"\nvillage = "v"\n[[sites]]\nsite_id = "dgh"\nname = "DGH"\n'
        "communal = true\n"
    )
    return load(path)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_everything_is_there_and_only_the_owner_reads_it(config: Config) -> None:
    setup.create(config)
    hub = config.hub
    assert mode(hub.keys) == 0o700
    assert mode(config.personal.key_file) == 0o600
    assert mode(hub.personal_db) == 0o600
    assert mode(hub.journal_db) == 0o600
    assert mode(hub.village_db) == 0o600
    assert hub.public.is_dir()
    assert hub.run.is_dir()
    with VillageStore(hub.village_db) as village:
        assert [site.site_id for site in village.sites()] == ["dgh"]


def test_a_second_time_changes_no_key(config: Config) -> None:
    setup.create(config)
    keys = {path.name: path.read_bytes() for path in config.hub.keys.iterdir()}
    with PersonalStore.open(config.hub.personal_db, config.personal.key_file) as personal:
        person = personal.add_person("Erna", 1)
    setup.create(config)
    assert {path.name: path.read_bytes() for path in config.hub.keys.iterdir()} == keys
    with PersonalStore.open(config.hub.personal_db, config.personal.key_file) as personal:
        assert personal.find_person("Erna").person == person  # type: ignore[union-attr]


def test_what_a_crash_left_undone_is_done(config: Config) -> None:
    setup.create(config)
    public = setup.care_public_key(config.hub)
    setup.care_public_path(config.hub).unlink()
    setup.create(config)
    assert setup.care_public_key(config.hub) == public


def test_a_locked_hub_is_left_locked_but_learns_its_sites(config: Config) -> None:
    setup.create(config)
    config.personal.key_file.unlink()
    config.hub.village_db.unlink()
    setup.create(config)
    assert not config.personal.key_file.exists()
    assert config.hub.village_db.exists()


def test_no_new_key_for_a_database_that_has_one(config: Config) -> None:
    setup.create(config)
    config.personal.key_file.unlink()
    setup.care_public_path(config.hub).unlink()
    with pytest.raises(StoreError, match=r"key file .* is absent"):
        setup.create(config)
    assert not config.personal.key_file.exists()


def test_a_care_key_of_another_hub_is_noticed(config: Config) -> None:
    setup.create(config)
    config.hub.personal_db.unlink()
    with pytest.raises(StoreError, match=r"care\.pub is not the public half"):
        setup.create(config)


def test_the_collector_s_journal_seals_and_knows_what_it_had(config: Config) -> None:
    setup.create(config)
    clock = FixedClock(5)
    ids = []
    for _ in range(2):
        with setup.open_journal(config.hub) as journal:
            ids.append(
                journal.append("care", "r", "ble:C0", "ble:2A35", b"k", b"value", clock.stamp())
            )
            entry = journal.entry(ids[-1])
            assert entry is not None
            assert entry.payload.startswith(b"age-encryption.org/")
    assert ids == [1, 1]


def test_a_damaged_secret_is_named(config: Config) -> None:
    setup.create(config)
    (config.hub.run / "journal.secret").write_bytes(b"short")
    with pytest.raises(StoreError, match="damaged") as caught:
        setup.open_journal(config.hub)
    assert "journal.secret" in caught.value.hint


def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreFull) as caught:
        setup.write_new(tmp_path / "key", b"one", mode=0o600)
    assert "Platz schaffen" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "key"
    setup.write_new(path, b"one", mode=0o600)
    with pytest.raises(FileExistsError):
        setup.write_new(path, b"two", mode=0o600)
    assert path.read_bytes() == b"one"
    assert [one.name for one in tmp_path.iterdir()] == ["key"]
