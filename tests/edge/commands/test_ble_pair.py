"""Pairing as a person does it: simulator, collector and command, each its own process."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from edge.config import load
from edge.store.setup import open_journal
from edge.store.village import VillageStore
from tests.edge.commands.terminal import DORFHUB, running, use_radio


def pair(path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [*DORFHUB, "--config", str(path), "ble", "pair", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def unpair(path: Path, sensor: str) -> subprocess.CompletedProcess[str]:
    command = [*DORFHUB, "--config", str(path), "ble", "unpair", sensor]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_person_pairs_a_cuff(hub_toml: Path) -> None:
    with running("ble", "simulate", "--stored", "2") as air:
        assert air.stdout is not None
        ready = json.loads(air.stdout.readline())
        use_radio(hub_toml, ready["hci"])
        with running("--config", str(hub_toml), "run", "collector"):
            done = pair(hub_toml)
            assert done.returncode == 0, done.stderr
            address = ready["cuff"]
            name = f"ble:{address.replace(':', '')}"
            assert done.stdout == f"Gekoppelt: Blutdruck Sim ({address}), Kennung {name}.\n"
            assert done.stderr == (
                "Suche das Gerät, bis zu 60 s ...\nSeine Batterie hat noch 87 %.\n"
            )
            unknown = unpair(hub_toml, "Waage")
            assert unknown.returncode == 1
            assert f"Blutdruck Sim ({address})" in unknown.stderr
            nobody = pair(hub_toml, "--wait-s", "5")
            assert nobody.returncode == 1
            assert nobody.stderr == (
                "Suche das Gerät, bis zu 5 s ...\n"
                "Nicht gekoppelt. Bitte am Gerät die Kopplung starten (meist eine Taste lange "
                "drücken) und es neben den Hub legen.\n"
            )
            gone = unpair(hub_toml, "blutdruck sim")
            assert gone.returncode == 0, gone.stderr
            first, second = gone.stdout.splitlines()
            assert first == f"Gelöst: Blutdruck Sim ({address})."
            assert second.startswith("Es gehört jetzt niemandem mehr.")
    hub = load(hub_toml).hub
    with VillageStore(hub.village_db) as village, open_journal(hub) as journal:
        assert not village.ble_devices()
        kinds = [one.kind for one in journal.pending("care", 100)]
        assert kinds.count("ble:2A35") == 2
        assert kinds[-1] == "ble:UNPAIRED"
        assert not village.open_requests()


def test_nobody_answers(hub_toml: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from click.testing import CliRunner  # noqa: PLC0415

    from edge.cli import root  # noqa: PLC0415
    from edge.commands import ble_pair  # noqa: PLC0415

    monkeypatch.setattr(ble_pair, "GRACE_S", -4.5)
    command = ["--config", str(hub_toml), "ble", "pair", "--wait-s", "5"]
    result = CliRunner().invoke(root, command)
    assert result.exit_code == 1
    assert "dorfhub serve" in result.output
    with VillageStore(load(hub_toml).hub.village_db) as village:
        assert not village.open_requests()  # withdrawn: nobody pairs behind a person's back later


def test_no_hub_here(tmp_path: Path) -> None:
    done = pair(tmp_path / "hub.toml")
    assert done.returncode == 78
    assert done.stderr == (
        f"{tmp_path / 'hub.toml'}: die Datei gibt es nicht\n"
        "Mit `dorfhub init` anlegen oder mit --config die richtige nennen.\n"
    )
