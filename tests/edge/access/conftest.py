from __future__ import annotations

import random
from pathlib import Path

import pytest

from edge.access.door import Door
from edge.access.keeping import Keeping
from edge.access.office import Office
from edge.clock import FixedClock
from edge.config import Config, load
from edge.store.setup import create

NOW_MS = 1_795_447_440_000


@pytest.fixture(autouse=True)
def _quick_argon2(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real thing at its smallest: what is tested is not how long it takes."""
    monkeypatch.setattr("edge.access.secret.MEMORY_KIB", 8)
    monkeypatch.setattr("edge.access.secret.PASSES", 1)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW_MS)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    file = tmp_path / "hub.toml"
    file.write_text('[hub]\nname = "Haus"\nvillage = "Holzheim"\n', "utf-8")
    config = load(file)
    create(config)
    return config


@pytest.fixture
def keeping(config: Config, clock: FixedClock) -> Keeping:
    return Keeping(config, clock)


@pytest.fixture
def door(keeping: Keeping) -> Door:
    return Door(keeping, random.Random(3).choice)


@pytest.fixture
def office(keeping: Keeping) -> Office:
    return Office(keeping, random.Random(4).choice)
