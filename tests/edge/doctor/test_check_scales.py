"""The doctor on the codes of scales: it changes nothing and shows no code."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.config import Config, load
from edge.doctor.check_scales import scales
from edge.store.scale_users import ScaleUsers

A = "C0:00:00:00:00:01"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    file = tmp_path / "hub.toml"
    file.write_text('[hub]\nname = "Haus"\nvillage = "Holzheim"\n', "utf-8")
    return load(file)


def found(config: Config) -> list[tuple[str, str]]:
    return [(one.level, one.advice) for one in scales(config)]


def test_without_scales_there_is_nothing_to_say(config: Config) -> None:
    assert found(config) == []


def test_rights_are_looked_at(config: Config) -> None:
    path = config.hub.scale_users
    ScaleUsers(path).enter(A, 1, 4711, 1)
    assert found(config) == [("ok", "")]
    path.chmod(0o640)
    assert found(config) == [("warn", f"chmod 600 {path}")]
    path.unlink()
    path.mkdir()
    ((level, advice),) = found(config)
    assert level == "fail"
    assert f"ls -l {path}" in advice


def test_a_spoiled_file_is_told_before_and_after_it_was_set_aside(config: Config) -> None:
    path = config.hub.scale_users
    users = ScaleUsers(path)
    users.enter(A, 1, 4711, 1)
    path.write_text('{"4711')
    ((level, advice),) = found(config)
    assert level == "fail"
    assert "dorfhub ble user code" in advice
    assert path.read_text() == '{"4711'
    users.devices()
    (lost, now) = found(config)
    assert lost[0] == "warn"
    assert "dorfhub care confirm" in lost[1]
    assert f"rm {users.aside}" in lost[1]
    assert now == ("ok", "")
    users.aside.chmod(0o644)
    assert ("warn", f"chmod 600 {users.aside}") in found(config)
    assert not any("4711" in f"{one}" for one in scales(config))
