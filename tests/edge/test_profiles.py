"""A hub's own profiles, from hub.toml to what the running hub and the commands make of a meter."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from edge.cli import root
from edge.clock import FixedClock
from edge.config import Config, load
from edge.doctor.check_profiles import profiles
from edge.process.log import Log
from edge.profiles import hub_profiles
from edge.store.journal import Journal, entry_key
from edge.store.village import VillageStore
from edge.worker.meter_drain import MeterDrain
from hardware.profiles import shipped
from hardware.wmbus.link import LinkFrame

HUB = """
[hub]
name = "Haus"
village = "Dorf"
profiles = "profiles"
"""
OWN = """
profile = "kam-own"
title = { de = "Eigenes", en = "Own" }
[[match]]
manufacturer = "KAM"
version = ["1b"]
medium = ["04"]
[records]
energy = "total_energy_consumption"
[[status]]
mask = 0x20
name = "CASE_OPENED"
de = "Gehäuse geöffnet."
en = "The case was opened."
"""
RAW = LinkFrame(
    0x44, bytes.fromhex("2D2C785634121B04"), bytes.fromhex("7A2A2000000C0649520000")
).raw


def hub(folder: Path, files: dict[str, str] | None) -> Config:
    (folder / "hub.toml").write_text(HUB)
    if files is not None:
        (folder / "profiles").mkdir()
        for name, text in files.items():
            (folder / "profiles" / name).write_text(text)
    config = load(folder / "hub.toml")
    config.hub.state.mkdir()
    return config


def test_the_running_hub_and_decode_read_with_the_hub_s_own_profile(tmp_path: Path) -> None:
    config = hub(tmp_path, {"a-broken.toml": "profile = 1", "own.toml": OWN, "twice.toml": OWN})
    with (
        Journal(config.hub.journal_db) as journal,
        VillageStore(config.hub.village_db) as village,
    ):
        stamp = FixedClock(1_790_000_000_000).stamp()
        device = "wmbus:KAM-12345678-1B-04"
        journal.append("village", "turm", device, "wmbus", entry_key("x"), RAW, stamp)
        MeterDrain(config, journal, village, Log()).run(None, stamp.wall_ms)
        (said,) = village.meter_statuses().values()
    assert (said.status, said.words) == ("CASE_OPENED", "Gehäuse geöffnet.")
    arguments = ["--config", str(tmp_path / "hub.toml"), "meter", "decode"]
    done = CliRunner().invoke(root, arguments, input=RAW.hex() + "\n")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["profile"] == "kam-own"
    assert "a-broken.toml" in done.stderr
    assert "profile check" in done.stderr


def test_the_doctor_names_each_file_that_is_wrong(tmp_path: Path) -> None:
    config = hub(tmp_path, {"a-broken.toml": "profile = 1", "own.toml": OWN, "twice.toml": OWN})
    found = list(profiles(config))
    assert [one.level for one in found] == ["warn", "warn"]
    assert "a-broken.toml" in found[0].message
    assert "twice.toml" in found[1].message
    assert "profile check" in found[0].advice
    (tmp_path / "profiles" / "a-broken.toml").unlink()
    (tmp_path / "profiles" / "twice.toml").unlink()
    (well,) = profiles(config)
    assert (well.level, well.message[:17]) == ("ok", "Eigene Profile: 1")


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    config = hub(tmp_path, None)
    (found,) = profiles(config)
    assert found.level == "warn"
    assert "gibt es nicht" in found.message
    assert hub_profiles(config.hub.profiles)[0] is shipped()


def test_without_a_folder_there_is_nothing_to_tell(tmp_path: Path) -> None:
    (tmp_path / "hub.toml").write_text(HUB.replace('profiles = "profiles"', ""))
    config = load(tmp_path / "hub.toml")
    assert config.hub.profiles is None
    assert list(profiles(config)) == []
    assert hub_profiles(None) == (shipped(), ())


def test_a_broken_hub_toml_does_not_keep_telegrams_from_being_read(tmp_path: Path) -> None:
    (tmp_path / "hub.toml").write_text("[hub")
    arguments = ["--config", str(tmp_path / "hub.toml"), "meter", "decode"]
    done = CliRunner().invoke(root, arguments, input=RAW.hex() + "\n")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["id"] == "12345678"
    assert "hub.toml" in done.stderr
