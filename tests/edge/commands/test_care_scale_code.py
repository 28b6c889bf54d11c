"""Who no longer agrees, or whose scale it is no longer, is asked for no more at the scale."""

from __future__ import annotations

import pytest

from edge.config import Config
from edge.store.personal import PersonalStore
from edge.store.scale_users import ScaleUsers
from edge.store.village import VillageStore
from tests.edge.commands.terminal import typed_to

A = "C0:00:00:00:00:01"
SCALE = "ble:C00000000001"
run = typed_to("care")


@pytest.fixture
def config(config: Config) -> Config:
    """A scale that two people share, who agreed to what it says."""
    with VillageStore(config.hub.village_db) as village:
        village.add_ble_device(A, village.device(SCALE, kind="ble"), "181B", "Waage", 1)
    with PersonalStore.open(config.hub.personal_db, config.personal.key_file) as personal:
        for name in ("Erna", "Karl"):
            person = personal.add_person(name, 1)
            for kind in ("weight", "body_composition", "blood_pressure"):
                personal.give_consent(
                    person, purpose="care", data_kind=kind, sentence="Ja.", given_how="", at=1
                )
    return config


@pytest.fixture
def users(config: Config) -> ScaleUsers:
    users = ScaleUsers(config.hub.scale_users)
    for index in (1, 2, 3):
        users.enter(A, index, 1000 + index, 1)
    return users


def left(users: ScaleUsers) -> list[int | None]:
    return [one.index for one in users.users(A)]


def test_a_code_goes_with_the_last_consent_that_needs_it(config: Config, users: ScaleUsers) -> None:
    assert run(config, "assign", SCALE, "Erna", "--user-index", "1").exit_code == 0
    assert run(config, "assign", SCALE, "Karl", "--user-index", "2").exit_code == 0
    for kind in ("blood_pressure", "weight"):
        assert run(config, "consent", "withdraw", "Erna", "--kind", kind).exit_code == 0
        assert left(users) == [1, 2, 3]
    done = run(config, "consent", "withdraw", "Erna", "--kind", "body_composition")
    assert done.exit_code == 0
    assert f"den Code von Benutzer 1 an {SCALE} vergessen" in done.output
    assert left(users) == [2, 3]
    assert "vergessen" not in run(config, "consent", "withdraw", "Erna").output
    assert left(users) == [2, 3]


def test_who_has_the_whole_scale_has_every_number_that_nobody_else_has(
    config: Config, users: ScaleUsers
) -> None:
    assert run(config, "assign", SCALE, "Erna").exit_code == 0
    assert run(config, "assign", SCALE, "Karl", "--user-index", "2").exit_code == 0
    assert run(config, "consent", "withdraw", "Erna").exit_code == 0
    assert left(users) == [2]


def test_an_assignment_ends_with_its_code(config: Config, users: ScaleUsers) -> None:
    assert run(config, "assign", SCALE, "Erna", "--user-index", "1").exit_code == 0
    refused = run(config, "unassign", SCALE, "--user-index", "2")
    assert refused.exit_code == 1
    assert "gehört schon niemandem" in refused.output
    done = run(config, "unassign", SCALE, "--user-index", "1")
    assert done.exit_code == 0
    assert "gehört niemandem mehr" in done.output
    assert "den Code von Benutzer 1" in done.output
    assert left(users) == [2, 3]
    with PersonalStore.open(config.hub.personal_db, config.personal.key_file) as personal:
        assert personal.assignments() == []
        assert len(personal.assignments_ever()) == 1


@pytest.mark.usefixtures("users")
def test_a_code_that_cannot_be_forgotten_leaves_all_as_it_was(config: Config) -> None:
    assert run(config, "assign", SCALE, "Erna", "--user-index", "1").exit_code == 0
    config.hub.scale_users.unlink()
    config.hub.scale_users.mkdir()
    refused = run(config, "unassign", SCALE, "--user-index", "1")
    assert refused.exit_code == 1
    assert "noch einmal" in refused.output
    with PersonalStore.open(config.hub.personal_db, config.personal.key_file) as personal:
        assert len(personal.assignments()) == 1
    half = run(config, "consent", "withdraw", "Erna")
    assert half.exit_code == 1
    assert "ist widerrufen, aber die Codes" in half.output
    with PersonalStore.open(config.hub.personal_db, config.personal.key_file) as personal:
        consents = personal.consents(1)
        assert consents
        assert all(one.withdrawn_at is not None for one in consents)
