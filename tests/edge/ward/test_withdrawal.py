"""A withdrawal counts within a second, for who reads, for what comes and for what is let in."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.care.consent import BLOOD_PRESSURE, CARE, COUNTY, HEAT, HEAT_CADASTRE, HUB
from edge.care.finding import Finding, Stage, Urgency
from edge.care.kinds import BUTTON, KINDS, WEIGHT, sources_of
from edge.care.people import ContactRole
from edge.clock import SystemClock
from edge.config import Config, load
from edge.desk.vault import Vault
from edge.store.personal import PersonalStore
from edge.store.personal_rows import CareRow, Number, Observation
from edge.store.scale_users import ScaleUser, ScaleUsers
from edge.store.setup import create
from edge.store.village import VillageStore
from edge.store.village_alarms import HallAlarm
from edge.ward.reading import NotAllowed, Reading
from edge.ward.withdrawal import withdraw
from hardware.reading import TimeQuality
from tests.edge.commands.care_hub import CUFF, measure, pair, states

NOON = 1_790_000_000_000
SYNC = TimeQuality.SYNCHRONISED


@pytest.fixture
def config(tmp_path: Path) -> Config:
    path = tmp_path / "hub.toml"
    path.write_text('[hub]\nname = "Hub"\nvillage = "Dorf"\n')
    loaded = load(path)
    create(loaded)
    return loaded


def opened(config: Config) -> PersonalStore:
    return PersonalStore.open(config.hub.personal_db, config.personal.key_file)


def agree(personal: PersonalStore, person: int, kind: str, to: str, purpose: str = CARE) -> None:
    personal.give_consent(
        person, purpose=purpose, data_kind=kind, sentence="Ja.", given_how="", at=1, recipient=to
    )


def test_within_a_second_nobody_reads_nothing_is_kept_and_no_meter_is_let_in(
    config: Config, record_property: Callable[[str, object], None]
) -> None:
    pair(config)
    with opened(config) as personal:
        erna = personal.add_person("Erna", 1)
        nurse = personal.contact(personal.add_contact("Anna", ContactRole.NURSE, 1))
        for to in (HUB, COUNTY, nurse.recipient):
            agree(personal, erna, BLOOD_PRESSURE, to)
        agree(personal, erna, WEIGHT, HUB)
        agree(personal, erna, HEAT, HUB, HEAT_CADASTRE)
        personal.assign(CUFF, erna, 1)
        scale = "C0:11:22:33:44:55"
        personal.assign(f"ble:{scale.replace(':', '')}", erna, 1, user_index=1)
        ScaleUsers(config.hub.scale_users).put(scale, ScaleUser(4711, 1, 1))
        meter = "wmbus:KAM-70000000-1B-04"
        personal.add_household(meter, erna, 1)
        with VillageStore(config.hub.village_db) as village:
            village.admit_meter(meter, 1)
    measure(config, 61, 62)
    with Vault.of(config) as vault:
        reading = Reading(vault, SystemClock())
        assert reading.values(nurse, erna, [BLOOD_PRESSURE], 0, None, why="Runde")
        began = time.monotonic()
        with opened(config) as personal:
            done = withdraw(config, personal, erna, 2, how="mündlich")
        took_s = time.monotonic() - began
        with pytest.raises(NotAllowed):
            reading.values(nurse, erna, [BLOOD_PRESSURE], 0, None, why="Runde")
    record_property("withdrawal_s", took_s)
    assert (done.consents, done.erased, done.kept, done.sent) == (5, 2, 2, True)
    assert done.codes == (("ble:C01122334455", 1),)
    assert ScaleUsers(config.hub.scale_users).users(scale) == ()
    with VillageStore(config.hub.village_db) as village:
        assert village.admitted_meters() == set()
    measure(config, 63)
    assert states(config)[-1] == ("refused", 0)


def test_the_board_follows_a_withdrawal_at_once(config: Config) -> None:
    with opened(config) as personal, VillageStore(config.hub.village_db) as village:
        erna, karl = personal.add_person("Erna", 1), personal.add_person("Karl", 1)
        for kind in (BLOOD_PRESSURE, BUTTON):
            agree(personal, erna, kind, HUB)
        agree(personal, karl, BUTTON, HUB)
        for person, device in ((erna, "ble:B1"), (karl, "ble:B2")):
            personal.assign(device, person, 1)
        high = {"data_kind": BLOOD_PRESSURE}
        found = [
            Finding(erna, "v", "limit", Stage.RAISE, Urgency.URGENT, NOON, NOON, high),
            Finding(
                erna, "s", "sos", Stage.RAISE, Urgency.EMERGENCY, NOON, NOON,
                {"data_kind": BUTTON, "device": "ble:B1"},
            ),
        ]  # fmt: skip
        personal.take_findings(found, SystemClock().stamp())
        shown = [HallAlarm(f"button:ble:B{n}", "button", "Bad", NOON) for n in (1, 2)]
        for one in (HallAlarm("alert:1", "help", "", NOON), *shown):
            village.show_alarm(one)

        def lines() -> set[str]:
            return {one.source for one in village.hall_alarms()}

        withdraw(config, personal, erna, 2, kind=WEIGHT)
        assert lines() == {"alert:1", "button:ble:B1", "button:ble:B2"}
        withdraw(config, personal, erna, 2, kind=BLOOD_PRESSURE)
        assert lines() == {"button:ble:B1", "button:ble:B2"}
        withdraw(config, personal, erna, 2, kind=BUTTON)
        assert lines() == {"button:ble:B2"}  # another's call stays
        assert personal.alerts() == []
        withdraw(config, personal, karl, 2)
        assert lines() == set()


def test_one_recipient_is_shut_out_and_the_hub_goes_on(config: Config) -> None:
    pair(config)
    with opened(config) as personal:
        erna = personal.add_person("Erna", 1)
        nurse = personal.contact(personal.add_contact("Anna", ContactRole.NURSE, 1))
        for to in (HUB, nurse.recipient):
            agree(personal, erna, BLOOD_PRESSURE, to)
        personal.assign(CUFF, erna, 1)
        done = withdraw(config, personal, erna, 2, recipient=nurse.recipient)
        assert (done.consents, done.codes, done.erased, done.sent) == (1, (), 0, False)
    measure(config, 61)
    assert states(config)[-1][0] == "decoded"
    with opened(config) as personal:
        again = withdraw(config, personal, erna, 2, recipient=nurse.recipient)
        assert again.consents == 0
        assert withdraw(config, personal, erna, 3, kind=BLOOD_PRESSURE, recipient=HUB).erased == 1


@pytest.mark.parametrize("kind", KINDS)
def test_no_kind_is_kept_without_its_own_consent(config: Config, kind: str) -> None:
    with opened(config) as personal:
        erna = personal.add_person("Erna", 1)
        for other in KINDS:
            if other != kind:
                agree(personal, erna, other, HUB)
        agree(personal, erna, kind, COUNTY)
        rows, observations = [], []
        if kind == BLOOD_PRESSURE:
            rows = [CareRow(NOON, "ble:A", erna, SYNC, NOON, 1, systolic_mmhg=120.0)]
        else:
            number = Number("x", 1.0)
            source = sources_of(kind)[0]
            observations = [
                Observation(NOON, "ble:A", kind, erna, SYNC, NOON, 1, source, values=(number,))
            ]
        assert personal.add_measured(rows, observations) == {1}
        assert personal.care_count() + personal.observation_count() == 0
        agree(personal, erna, kind, HUB)
        assert personal.add_measured(rows, observations) == frozenset()
        assert personal.care_count() + personal.observation_count() == 1
        personal.withdraw_consent(erna, NOON, data_kind=kind)
        assert personal.add_measured(rows, observations) == {1}
