"""The house's own rules: who may import whom, who owns which name, what the wheel holds."""

from __future__ import annotations

import importlib.metadata
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
OURS = (
    "hardware",
    "edge",
    "sync",
    "datasette_cell_guard",
    "datasette_charts_offline",
    "datasette_common",
    "datasette_dcat_ap_de",
    "datasette_deutsch",
    "datasette_downloads",
    "datasette_ngsi_ld",
    "datasette_sensorthings",
    "datasette_snapshots",
    "datasette_waermekataster",
)
LINTER = Path(sys.executable).with_name("lint-imports")


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINTER, "--no-cache"],
        cwd=folder,
        env={
            "PYTHONPATH": f"{folder}:{folder / 'datasette-plugins'}",
            "PATH": "/usr/bin:/bin",
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("house")
    for name in ("hardware", "edge", "sync", "datasette-plugins"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_the_house_keeps_its_rules(copy: Path) -> None:
    result = _lint(copy)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("room", "line", "contract"),
    [
        ("hardware/reading.py", "import edge.config", "imports point to the left"),
        ("edge/config/model.py", "import sync.cli", "imports point to the left"),
        ("hardware/mbus/frame.py", "import socket", "Pure rooms"),
        ("hardware/ble/__init__.py", "import asyncio", "Pure rooms"),
        ("sync/bundle.py", "import hardware.transport", "Pure rooms"),
        ("edge/config/model.py", "import flask", "Flask lives"),
        ("edge/config/model.py", "import serial", "Lines and radios"),
        ("sync/cli.py", "import bleak", "Lines and radios"),
        ("edge/config/model.py", "import deltalake", "The lake's engines"),
        ("edge/web/heat_map.py", "import shapely", "Maps are made"),
        ("datasette-plugins/datasette_snapshots/__init__.py", "import edge.config", "Datasette pl"),
        ("datasette-plugins/datasette_deutsch/__init__.py", "import edge.config", "Datasette pl"),
        ("datasette-plugins/datasette_charts_offline/__init__.py", "import edge", "Datasette pl"),
        ("datasette-plugins/datasette_sensorthings/arm.py", "import edge.config", "Datasette pl"),
        ("datasette-plugins/datasette_waermekataster/view.py", "import edge.web", "Datasette pl"),
        ("datasette-plugins/datasette_ngsi_ld/reader.py", "import edge.config", "Datasette pl"),
        ("datasette-plugins/datasette_dcat_ap_de/model.py", "import edge.config", "Datasette pl"),
        ("datasette-plugins/datasette_downloads/make.py", "import sync.cli", "Datasette pl"),
        ("edge/publish/audit.py", "import edge.publish.build", "The auditor shares nothing"),
    ],
)
def test_a_planted_violation_is_caught(copy: Path, room: str, line: str, contract: str) -> None:
    target = copy / room
    original = target.read_text()
    try:
        target.write_text(original + f"\n{line}\n")
        result = _lint(copy)
    finally:
        target.write_text(original)
    assert result.returncode != 0
    broken = [row for row in result.stdout.splitlines() if " BROKEN" in row]
    assert any(contract in row for row in broken), result.stdout


@pytest.mark.parametrize("name", OURS)
def test_each_of_our_names_has_one_owner(name: str) -> None:
    owners = importlib.metadata.packages_distributions().get(name, [])
    assert set(owners) <= {"dorfhub"}, f"{name} belongs to {owners}"
    __import__(name)
    assert Path(sys.modules[name].__file__ or "").resolve().is_relative_to(ROOT)
