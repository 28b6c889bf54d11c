"""What a county sets: it acts within bounds, hub.toml wins, and the rest is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from edge.config import Config, load
from edge.store import village_county
from sync import told_settings
from sync.cli import root
from sync.commands import told
from sync.county import hub as county_hub
from sync.node import Node, opened
from sync.stream import METER
from sync.told_settings import KNOWN


def config(folder: Path, more: str = "") -> Config:
    file = folder / "hub.toml"
    file.write_text(f'[hub]\nname = "Hub"\nvillage = "Dorf"\n{more}\n', "utf-8")
    return load(file)


def test_what_hub_toml_does_not_say_the_county_may(tmp_path: Path) -> None:
    said = {"seal-after-s": 600, "retention-days": 30, "care-seal-after-s": 7200}
    heeded = told_settings.heeded(config(tmp_path), said)
    assert (heeded.seal_after_s, heeded.retention_days, heeded.care_seal_after_s) == (600, 30, 7200)
    own = config(tmp_path, "[sync]\nretention_days = 90\nseal_after_s = 900")  # the usual ones
    heeded = told_settings.heeded(own, said)
    assert (heeded.seal_after_s, heeded.retention_days, heeded.care_seal_after_s) == (900, 90, 7200)
    assert told_settings.verdict(own, "seal-after-s", 600).state == "own"
    assert told_settings.heeded(own, {}) == own.sync


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("seal-after-s", 59),
        ("seal-after-s", 86_401),
        ("seal-after-s", True),
        ("seal-after-s", "600"),
        ("care-seal-after-s", 299),
        ("retention-days", 6),
        ("retention-days", 3651),
        ("retention-days", None),
        ("weather-station", ""),
        ("weather-station", "a b"),
        ("weather-station", "x" * 21),
        ("weather-station", ["K2204"]),
        ("dance", 1),
    ],
)
def test_what_is_out_of_bounds_does_nothing_and_is_said(
    tmp_path: Path, name: str, value: object
) -> None:
    one = config(tmp_path)
    found = told_settings.verdict(one, name, value)
    assert found.state == "refused"
    assert found.why
    assert told_settings.heeded(one, {name: value}) == one.sync


def test_the_station_of_hub_toml_wins(tmp_path: Path) -> None:
    assert told_settings.verdict(config(tmp_path), "weather-station", "K2204").state == "acts"
    own = config(tmp_path, '[web]\nweather_station = "10532"')
    assert told_settings.verdict(own, "weather-station", "K2204").state == "own"


def test_it_acts_on_what_waits_and_the_report_says_so(
    village: Any, make_node: Callable[[str], Node]
) -> None:
    node = make_node("seal_after_s = 900")
    assert node.sealer.retention_days == 90
    with node.connection.transaction() as driver:
        for name, value in (("retention-days", 20), ("seal-after-s", 60), ("dance", [1, None])):
            village_county.put_setting(driver, bytes(32), name, value, 1)
        village_county.put_setting(driver, bytes([9] * 32), "retention-days", 99, 2)
    node.sealer.keep_to(told_settings.heeded(node.config, node.village.settings()))
    assert (node.sealer.retention_days, node.sealer.seal_after_s) == (20, 900)
    lines = "\n".join(told.lines(told.gather(node)))
    assert "retention-days = 20\n" in lines
    assert "seal-after-s = 60 (gilt nicht: in hub.toml steht [sync] seal_after_s" in lines
    assert "dance = [1, null] (gilt nicht: kennt diese Programmversion nicht)" in lines
    assert village.outbox.waiting(METER, village.store.connection).rows == 0


def test_a_county_sends_only_what_hubs_heed(tmp_path: Path) -> None:
    county_hub.create(tmp_path, "Kreis")

    def run(*words: str) -> Any:
        return CliRunner().invoke(
            root, ["county", "setting", *words, "--county", str(tmp_path)], catch_exceptions=False
        )

    for name, value in (("dance", "1"), ("retention-days", "3"), ("seal-after-s", "ten")):
        found = run(name, value)
        assert found.exit_code == 2
        assert "retention-days" in found.output or "bis" in found.output
    assert run("retention-days", "30").exit_code == 0
    assert run("weather-station", "10532").exit_code == 0
    with county_hub.open_county(tmp_path) as county, county.streams() as streams:
        (line,) = streams.lines(bytes(32))
        assert line.last_seq == 3


def test_every_setting_is_in_the_manual() -> None:
    page = (Path(__file__).parents[2] / "docs/running.md").read_text("utf-8")
    for name in KNOWN:
        assert f"`{name}" in page, name


def test_a_command_heeds_it_from_the_start(village: Any, tmp_path: Path) -> None:
    with village.store.connection.transaction() as driver:
        village_county.put_setting(driver, bytes(32), "retention-days", 400, 1)
    file = tmp_path / "hub.toml"
    file.write_text('[hub]\nname = "Hub"\nvillage = "Dorf"\nstate = "."\n', "utf-8")
    with opened(load(file)) as node:
        assert node.sealer.retention_days == 400
