"""A scale's users as a person manages them: simulator, collector and commands, each a process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge.config import load
from edge.store.personal import PersonalStore
from edge.store.scale_users import ScaleUsers, UserState
from edge.store.village import VillageStore
from tests.edge.commands.terminal import dorfhub, running, use_radio

WARD = "kind=scale,name=Waage Sim,users=2,registered=1,stored=3,always_advertise=ja"


def test_a_person_manages_a_scales_users(hub_toml: Path) -> None:
    with running("ble", "simulate", "--device", WARD) as air:
        assert air.stdout is not None
        ready = json.loads(air.stdout.readline())
        use_radio(hub_toml, ready["hci"])
        with running("--config", str(hub_toml), "run", "collector"):
            done = dorfhub(hub_toml, "ble", "pair", "--nearest", "--name", "Waage")
            assert done.returncode == 0, done.stderr
            dorfhub(hub_toml, "care", "person", "add", "Erna Weber")
            nobody = dorfhub(
                hub_toml, "ble", "user", "register", "Waage", "--person", "-", typed="Karl\n"
            )
            assert nobody.returncode == 1
            asks = ("--person", "-")
            done = dorfhub(
                hub_toml, "ble", "user", "register", "Waage", *asks, typed="Erna Weber\n"
            )
            assert done.returncode == 0, done.stderr
            assert "Angemeldet: Benutzer 1 an Waage." in done.stdout
            assert "Benutzer 1 ist Erna Weber." in done.stdout
            wrong = dorfhub(hub_toml, "ble", "user", "code", "Waage", "0", typed="1\n")
            assert wrong.returncode == 1
            assert "Der Code stimmt nicht" in wrong.stderr
            [code] = ready["consent_codes"].values()
            done = dorfhub(hub_toml, "ble", "user", "code", "Waage", "0", typed=f"{code}\n")
            assert done.returncode == 0, done.stderr
            assert "dorfhub care assign" in done.stdout
            told = "09.03.1948\nw\n163\n"
            done = dorfhub(hub_toml, "ble", "user", "data", "Waage", "1", typed=told)
            assert done.returncode == 0, done.stderr
            listed = dorfhub(hub_toml, "ble", "user", "list").stdout
            assert listed.count("der Code stimmt") == 2
            assert str(code) not in listed
            done = dorfhub(hub_toml, "ble", "user", "forget", "Waage", "1", "--on-device")
            assert done.returncode == 0, done.stderr
    hub, key = load(hub_toml).hub, load(hub_toml).personal.key_file
    [left] = ScaleUsers(hub.scale_users).users(ready["address"])
    assert (left.index, left.state) == (0, UserState.OK)
    assert not list(hub.run.glob("scale-data-*"))
    for file in hub.village_db.parent.glob("village.db*"):
        assert b"1948" not in file.read_bytes()
    with PersonalStore.open(hub.personal_db, key) as personal:
        [assignment] = personal.assignments()
        assert assignment.user_index == 1
        assert assignment.confirmed_at is not None
        [(index, since), *_] = ScaleUsers(hub.scale_users).began()[ready["address"]]
        assert index == 1
        assert assignment.confirmed_at >= since
    with VillageStore(hub.village_db) as village:
        assert not village.open_requests()


@pytest.mark.parametrize(
    ("words", "typed", "told", "status"),
    [
        (("register", "Waage"), "", "So heißt nicht genau ein Gerät", 1),
        (("register", "Waage", "--anew", "--index", "1"), "", "Entweder", 2),
        (("list",), "", "Keine gekoppelte Waage", 0),
        (("list", "Waage"), "", "So heißt nicht genau ein Gerät", 1),
        (("data", "Waage", "1"), "", "Mindestens eine Angabe", 2),
        (("data", "Waage", "1", "--born", "2999-01-01"), "", "kann nicht stimmen", 1),
        (("data", "Waage", "1"), "01.01.2999\n\n\n", "kann nicht stimmen", 1),
        (("data", "Waage", "1"), "\n\n1630\n", "1630", 2),
        (("forget", "Flur", "1"), "", "kennt der Hub keinen Code", 1),
        (("code", "Flur", "1"), "12345\n", "ein bis vier Ziffern", 1),
        (("code", "Flur", "1"), "\n", "ein bis vier Ziffern", 1),
        (("code", "Flur", "1", "--later"), "7391\n", "Gespeichert", 0),
    ],
)
def test_what_needs_no_radio(
    tmp_path: Path, words: tuple[str, ...], typed: str, told: str, status: int
) -> None:
    from click.testing import CliRunner  # noqa: PLC0415

    from edge.cli import root  # noqa: PLC0415

    path = tmp_path / "hub.toml"
    path.write_text('[hub]\nname = "Haus"\nvillage = "Holzheim"\n', "utf-8")
    load(path).hub.keys.mkdir(parents=True)
    with VillageStore(load(path).hub.village_db) as village:
        number = village.device("ble:C0000000A1B2", kind="ble")
        village.add_ble_device("C0:00:00:00:A1:B2", number, "181B", "Flur", 1)
    command = ["--config", str(path), "ble", "user", *words]
    result = CliRunner().invoke(root, command, input=typed)
    assert result.exit_code == status, result.output
    assert told in result.output
    assert "7391" not in result.output
