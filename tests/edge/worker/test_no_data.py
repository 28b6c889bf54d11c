"""From the air to a carer's page: nothing comes of somebody any more. The worker's own jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.access.role import Role
from edge.care.consent import CARE, HUB
from edge.care.finding import Urgency
from edge.care.kinds import BUTTON, HOME_ACTIVITY
from edge.care.ladder import Alert, Rung, State
from edge.care.people import ContactRole
from edge.care.rules.plan import Due, Pause, Plan
from edge.clock import FixedClock, to_ms
from edge.collect.ble.adverts import AdvertIntake
from edge.collect.ble.keeper import Keeper, device_id
from edge.collect.ble.profile import ADVERT, SOS
from edge.collect.ble.signs import Signs
from edge.config import Config, load
from edge.process.heartbeat import Heartbeat, Part, Status
from edge.process.log import Log
from edge.store.personal import PersonalStore
from edge.store.setup import create, open_journal
from edge.store.village import VillageStore
from edge.web.access import access_of
from edge.web.app import create_app
from edge.worker import ladder_node, node
from edge.worker.jobs import Job
from edge.worker.node import worker_jobs
from hardware.radio.base import Heard
from tests.carers import Ward, carer, words

HUB_TOML = '[hub]\nname = "Haus"\nvillage = "Dorf"\n[radio]\nkind = "bluez"\n'
NOON = to_ms(datetime(2026, 9, 21, 12, 0, tzinfo=UTC))
MINUTE, HOUR = 60_000, 3_600_000
STEP = 14 * MINUTE  # a hub that ticks more rarely is taken not to listen
DOOR, KNOB = "A4:C1:38:00:00:01", "A4:C1:38:00:00:02"
OPEN = bytes.fromhex("441a01")  # BTHome: a door
BEAT = bytes.fromhex("440163")  # and a battery of 99 %: no press
NAMES = {DOOR: "Haustür", KNOB: "Knopf am Bett"}


@dataclass
class Hub:
    """A collector's parts without the adapter, and all jobs of the worker, on one clock."""

    config: Config
    clock: FixedClock
    village: VillageStore
    personal: PersonalStore
    signs: Signs
    intake: AdvertIntake
    jobs: Mapping[str, Job]
    radio: str = "ok"
    air: dict[str, bytes] = field(default_factory=dict)  # who speaks now

    def pair(self, address: str, profile: str, person: int) -> None:
        number = self.village.device(
            device_id(address), kind="ble", label=NAMES[address], seen_at=NOON
        )
        self.village.add_ble_device(address, number, profile, NAMES[address], NOON)
        self.personal.assign(device_id(address), person, NOON)

    def consent(self, person: int, kind: str, recipient: str = HUB) -> None:
        self.personal.give_consent(
            person, purpose=CARE, data_kind=kind, recipient=recipient, sentence="Ja.",
            given_how="Papier", at=NOON,
        )  # fmt: skip

    def hear(self, address: str, data: bytes) -> None:
        (sensor,) = (one for one in self.village.ble_devices() if one.address == address)
        heard = Heard(address, "", service_data={"FCD2": data}, rssi_dbm=-60)
        self.signs.heard(address, heard.rssi_dbm)
        self.intake.take(sensor, heard, self.clock.monotonic_ns / 1e9)
        self.signs.write({one.address for one in self.village.ble_devices()})

    def work(self) -> None:
        if self.radio:
            beats = Heartbeat(self.config.hub.run, "collector")
            beats.write(Status("ok", parts=(Part("radio", self.radio),)))
        for name in ("care", "ladder", "alarm"):
            outcome = self.jobs[name].work()
            assert outcome.state == "ok", outcome

    def live(self, hours: float) -> None:
        """Let time go by, with the worker at work and what is in the air."""
        until = self.clock.wall_ms + round(hours * HOUR)
        while self.clock.wall_ms < until:
            self.clock.advance(min(STEP, until - self.clock.wall_ms))
            for address, data in self.air.items():
                self.hear(address, data)
            self.work()

    def alerts(self, rule: str = "no_data") -> list[Alert]:
        return [one for one in self.personal.alerts(open_only=False) if one.rule == rule]

    def told(self) -> list[str]:
        return [one.what for one in self.alerts()[0].happened]


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    (tmp_path / "hub.toml").write_text(HUB_TOML)
    config = load(tmp_path / "hub.toml")
    create(config)
    config.hub.run.mkdir(parents=True, exist_ok=True)
    clock = FixedClock(NOON)
    for module in (node, ladder_node):
        monkeypatch.setattr(module, "SystemClock", lambda: clock)
    with (
        VillageStore(config.hub.village_db) as village,
        PersonalStore.open(config.hub.personal_db, config.personal.key_file) as personal,
        open_journal(config.hub) as journal,
        worker_jobs(config) as jobs,
    ):
        keeper = Keeper(config, journal, village, clock)
        intake = AdvertIntake(keeper, lambda _device, _name: None)
        signs = Signs(village, keeper, intake, clock, Log("test"))
        named = {one.name: one for one in jobs}
        yield Hub(config, clock, village, personal, signs, intake, named)


@pytest.fixture
def erna(hub: Hub) -> int:
    """Erna, with a door's sensor and a button that also speaks by itself, and a son."""
    person = hub.personal.add_person("Erna Weber", NOON)
    for kind in (HOME_ACTIVITY, BUTTON):
        hub.consent(person, kind)
    hub.pair(DOOR, ADVERT, person)
    son = hub.personal.add_contact("Karl", ContactRole.RELATIVE, NOON)
    hub.personal.put_in_circle(person, son, NOON)
    hours = {HOME_ACTIVITY: 6.0, BUTTON: 2.0}  # less than is shipped: a step is a commit
    hub.personal.set_plan(Plan(person, no_data=hours), "Tochter", NOON)
    hub.hear(DOOR, OPEN)
    hub.work()
    return person


def test_a_silent_home_becomes_an_alert_that_climbs_by_day_and_stands_on_the_page(
    hub: Hub, erna: int
) -> None:
    app = create_app(hub.config, FixedClock(NOON + 30 * HOUR))  # who signs in then
    access_of(app).office.give_nameless({Role.ADMINISTRATOR})
    client, account = carer(app)
    nurse = hub.personal.add_contact("Amira", ContactRole.NURSE, NOON, account=account)
    hub.personal.put_in_circle(erna, nurse, NOON)
    hub.consent(erna, HOME_ACTIVITY, f"contact:{nurse}")
    hub.live(5.8)
    assert hub.alerts() == []
    hub.live(0.3)
    (alert,) = hub.alerts()
    assert (alert.person, alert.urgency, alert.state) == (erna, Urgency.TODAY, State.CLIMBING)
    assert (alert.since, alert.facts["names"]) == (NOON, "Haustür")
    hub.live(23)
    last = hub.alerts()[0]
    assert (last.state, last.rung) == (State.TOP, Rung.NURSE)  # nobody beyond: no practice, no 112
    asked = [one for one in last.happened if one.what == "asked"]
    assert [one.rung for one in asked] == [Rung.CLIENT, Rung.RELATIVE, Rung.NURSE]
    hours = [datetime.fromtimestamp(one.at / 1000, UTC).astimezone().hour for one in asked]
    assert all(8 <= one < 20 for one in hours)
    page = words(Ward(app, hub.config, client).look(f"/pflege/meldungen/{alert.number}"))
    assert "Es kommen keine Daten mehr" in page
    assert "Erna Weber" in page
    assert (
        "Seit 6 Stunden kommt nichts mehr von Haustür; erwartet werden: Meldungen von Türen, "
        "Bewegung und Belegung." in page
    )
    assert "Sind die Batterien voll, die Geräte an ihrem Platz und nah genug am Hub?" in page
    assert "eine Pause eintragen" in page
    assert len(hub.alerts()) == 1
    hub.hear(DOOR, OPEN)
    hub.live(0.2)
    assert (hub.alerts()[0].state, hub.told()[-1]) == (State.OVER, "over")


def test_a_door_that_nobody_opens_is_not_silent_while_it_is_heard(hub: Hub, erna: int) -> None:
    assert erna
    hub.air = {DOOR: OPEN}
    hub.live(8)
    assert hub.alerts() == []


def test_a_button_that_fell_silent_is_urgent_and_no_help_on_the_board(hub: Hub, erna: int) -> None:
    hub.pair(KNOB, SOS, erna)
    hub.air = {DOOR: OPEN, KNOB: BEAT}
    hub.live(1)
    hub.air = {DOOR: OPEN}
    hub.live(1.7)
    assert hub.alerts() == []
    hub.live(0.6)
    (alert,) = hub.alerts()
    assert (alert.urgency, alert.facts["what"], alert.facts["names"]) == (
        Urgency.URGENT, BUTTON, "Knopf am Bett",
    )  # fmt: skip
    hub.live(2)
    assert [one.rung for one in hub.alerts()[0].told][:2] == [Rung.CLIENT, Rung.RELATIVE]
    assert hub.village.hall_alarms() == []
    hub.air[KNOB] = BEAT
    hub.live(0.5)
    assert hub.alerts()[0].ended_at is not None


def test_without_a_consent_for_presses_nobody_waits_for_the_button(hub: Hub, erna: int) -> None:
    hub.personal.withdraw_consent(erna, purpose=CARE, data_kind=BUTTON, at=NOON)
    hub.pair(KNOB, SOS, erna)
    hub.air = {DOOR: OPEN, KNOB: BEAT}
    hub.live(1)
    hub.air = {DOOR: OPEN}
    hub.live(4)
    assert hub.alerts() == []


def holiday(hub: Hub, erna: int) -> None:
    now = hub.clock.wall_ms
    plan = hub.personal.plan(erna, now)
    pauses = (Pause(now, now + 4 * HOUR, "hospital"),)
    hub.personal.set_plan(replace(plan, pauses=pauses), "Tochter", NOON)
    hub.live(4)


def outage(hub: Hub, _: int) -> None:
    hub.clock.boot_id, hub.clock.monotonic_ns = "another", 0
    hub.clock.wall_ms += 60 * HOUR


def locked(hub: Hub, _: int) -> None:
    hub.clock.advance(60 * HOUR)


def deaf(hub: Hub, _: int) -> None:
    hub.radio = "degraded"
    hub.live(4)
    hub.radio = "ok"


@pytest.mark.parametrize("what", [holiday, outage, locked, deaf])
def test_what_is_not_the_person_s_silence_is_none_and_the_count_starts_anew(
    hub: Hub, erna: int, what: Callable[[Hub, int], None]
) -> None:
    hub.live(5)
    what(hub, erna)
    assert hub.alerts() == []
    hub.live(5.9)
    assert hub.alerts() == []
    assert hub.alerts("silent") == []
    hub.live(0.8)
    assert len(hub.alerts()) == 1


def test_a_clock_that_jumps_makes_no_silence_and_hides_none(hub: Hub, erna: int) -> None:
    assert erna
    hub.live(5)
    hub.clock.wall_ms += 60 * HOUR
    hub.live(0.8)
    assert hub.alerts() == []
    hub.live(0.5)
    assert len(hub.alerts()) == 1


def test_a_hub_that_hears_nobody_says_so_itself_once_and_when_it_is_over(
    hub: Hub, erna: int
) -> None:
    assert erna
    hub.live(1)
    hub.radio = "degraded"
    hub.live(0.9)
    assert hub.alerts("hub_deaf") == []
    hub.live(3)
    (one,) = hub.alerts("hub_deaf")
    assert (one.person, one.urgency, one.ended_at) == (None, Urgency.TODAY, None)
    hub.radio = "ok"
    hub.live(0.3)
    assert hub.alerts("hub_deaf")[0].ended_at is not None
    hub.radio = ""  # the collector says nothing any more
    (hub.config.hub.run / "collector.json").unlink()
    hub.live(2)
    assert len(hub.alerts("hub_deaf")) == 2


def test_a_radio_that_comes_and_goes_is_told_as_deaf_once(hub: Hub, erna: int) -> None:
    assert erna
    for _ in range(11):
        hub.radio = "degraded"
        hub.live(0.1)
        hub.radio = "ok"
        hub.live(0.1)
    (one,) = hub.alerts("hub_deaf")
    assert one.ended_at is None
    hub.live(0.3)
    assert hub.alerts("hub_deaf")[0].ended_at is not None
    for _ in range(6):  # some minutes now and then are no deafness
        hub.radio = "degraded"
        hub.live(0.2)
        hub.radio = "ok"
        hub.live(0.5)
    assert len(hub.alerts("hub_deaf")) == 1


def test_a_hub_that_is_deaf_for_days_tells_of_no_sensor(hub: Hub, erna: int) -> None:
    assert erna
    hub.live(1)
    hub.radio = "deaf"
    hub.live(48)
    assert (hub.alerts(), hub.alerts("silent")) == ([], [])
    assert len(hub.alerts("hub_deaf")) == 1


def test_of_a_kind_that_is_withdrawn_nothing_is_awaited_or_named(hub: Hub) -> None:
    person = hub.personal.add_person("Li", NOON)
    due = (Due("weight", 420, 600), Due("blood_pressure", 420, 600))
    for one in due:
        hub.consent(person, one.kind)
    hub.personal.set_plan(Plan(person, schedule=due, no_data={"measured": 23}), "Praxis", NOON)
    hub.live(1)
    hub.personal.withdraw_consent(person, purpose=CARE, data_kind="weight", at=NOON + HOUR)
    hub.live(23.5)
    (alert,) = hub.alerts()
    assert alert.facts["data_kind"] == "blood_pressure"
    state = hub.personal.rule_state(person)
    assert state is not None
    assert list(state.late) == ["blood_pressure"]


def test_who_is_to_measure_each_day_is_missed_and_a_plan_says_when(hub: Hub) -> None:
    person = hub.personal.add_person("Li", NOON)
    hub.consent(person, "weight")
    due = (Due("weight", 420, 600),)
    plan = Plan(person, schedule=due, no_data={"measured": 5}, off=frozenset(("missed",)))
    hub.personal.set_plan(plan, "Praxis", NOON)
    hub.live(5.3)
    (alert,) = hub.alerts()
    assert (alert.person, alert.facts["data_kind"]) == (person, "weight")


def test_a_withdrawal_erases_it(hub: Hub, erna: int) -> None:
    hub.live(6.2)
    assert len(hub.alerts()) == 1
    hub.personal.withdraw_consent(erna, purpose=CARE, data_kind=HOME_ACTIVITY, at=NOON)
    hub.live(7)
    assert hub.alerts() == []
