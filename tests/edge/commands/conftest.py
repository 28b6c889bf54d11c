"""A hub with its stores, and one that `dorfhub init` made."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from edge.config import Config, load
from edge.store.setup import create
from tests.edge.commands.terminal import DORFHUB


@pytest.fixture
def config(tmp_path: Path) -> Config:
    path = tmp_path / "hub.toml"
    path.write_text('[hub]\nname = "Hub"\nvillage = "Dorf"\n')
    loaded = load(path)
    create(loaded)
    return loaded


@pytest.fixture
def hub_toml(tmp_path: Path) -> Path:
    command = [*DORFHUB, "init", str(tmp_path), "--name", "Haus", "--village", "Wetterfeld"]
    subprocess.run(command, check=True, capture_output=True)
    return tmp_path / "hub.toml"
