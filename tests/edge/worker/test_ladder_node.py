"""The ladder climbs whatever is the matter with village.db, and says what does not work."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from edge.care.finding import Finding, Stage, Urgency
from edge.care.ladder import Rung
from edge.care.people import ContactRole
from edge.clock import FixedClock, SystemClock
from edge.config import Config, load
from edge.store.errors import StoreError, StoreFull
from edge.store.personal import PersonalStore
from edge.store.setup import create
from edge.store.village import VillageStore
from edge.store.village_alarms import HallAlarm
from edge.worker import ladder_node
from edge.worker.ladder_node import LadderJobs

HUB = """
[hub]
name = "Dorfhub Holzheim"
village = "Holzheim"
"""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "hub.toml").write_text(HUB)
    found = load(tmp_path / "hub.toml")
    create(found)
    return found


def raise_one(config: Config) -> None:
    now = SystemClock().stamp()
    with PersonalStore.open(config.hub.personal_db, config.personal.key_file) as personal:
        personal.add_contact("Uwe", ContactRole.RESPONDER, now.wall_ms)
        personal.raise_hub_alert(
            Finding(0, "k", "sos", Stage.RAISE, Urgency.EMERGENCY, now.wall_ms, now.wall_ms), now
        )


def rung(config: Config) -> Rung | None:
    with PersonalStore.open(config.hub.personal_db, config.personal.key_file) as personal:
        return personal.alert(1).rung


def test_it_climbs_though_village_db_cannot_be_opened(config: Config) -> None:
    raise_one(config)
    config.hub.village_db.write_bytes(b"not a database, " * 512)
    for suffix in ("-wal", "-shm"):
        Path(f"{config.hub.village_db}{suffix}").unlink(missing_ok=True)

    def village() -> VillageStore:
        return VillageStore(config.hub.village_db)

    with pytest.raises(StoreError):
        village()
    with ExitStack() as stack:
        jobs = LadderJobs(config, stack, village)
        for _ in range(2):
            outcome = jobs.steps()
            assert outcome.state == "degraded"
            assert "Rufknöpfe und die Tafel sind gestört" in outcome.message
    assert rung(config) is Rung.RESPONDER


def test_a_board_that_fails_once_hinders_no_button(config: Config) -> None:
    opened: list[VillageStore] = []

    with ExitStack() as stack, VillageStore(config.hub.village_db) as village:
        village.show_alarm(HallAlarm("button:ble:1", "button", "Saal", 1))

        def full_at_the_second() -> VillageStore:
            opened.append(village)
            if len(opened) == 2:
                raise StoreFull("no space")
            return village

        jobs = LadderJobs(config, stack, full_at_the_second)
        first = jobs.steps()
        assert (first.state, StoreFull.hint in first.message) == ("degraded", True)
        assert jobs.steps().state == "ok"
    assert rung(config) is Rung.DOCTOR


@pytest.mark.parametrize(
    ("text", "urgency"),
    [
        ('name = "Dorf"\n[sos]\nlate_minutes = 5\n', Urgency.URGENT),
        ('name = "Dorf"\n', Urgency.EMERGENCY),  # nothing is said of calls: as shipped
        ("broken", Urgency.EMERGENCY),  # the care job says so; a button is heard all the same
    ],
)
def test_a_button_is_late_as_the_village_s_own_rules_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, urgency: Urgency
) -> None:
    clock = FixedClock(1_790_000_000_000)
    monkeypatch.setattr(ladder_node, "SystemClock", lambda: clock)
    (tmp_path / "own.toml").write_text(text)
    (tmp_path / "hub.toml").write_text(f'{HUB}\n[personal]\nrules = "own.toml"\n')
    config = load(tmp_path / "hub.toml")
    create(config)
    with ExitStack() as stack, VillageStore(config.hub.village_db) as village:
        village.show_alarm(HallAlarm("button:ble:1", "button", "Saal", clock.wall_ms))
        clock.advance(10 * 60_000)
        assert LadderJobs(config, stack, lambda: village).steps().state == "ok"
    with PersonalStore.open(config.hub.personal_db, config.personal.key_file) as personal:
        assert personal.alert(1).urgency is urgency
