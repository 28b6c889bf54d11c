"""New values through the rules: to the ladder, once, whatever happens in between."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from edge.care import kinds
from edge.care.consent import BLOOD_PRESSURE
from edge.care.finding import Urgency
from edge.care.rules.engine import step
from edge.care.rules.event import Signal
from edge.care.rules.plan import Due, Limit, News2, Pause, Plan
from edge.care.rules.rhythm import HERE
from edge.store.errors import StoreError
from edge.store.personal_rows import CareRow, Number, Observation
from edge.store.personal_rules import Weather
from edge.worker.care_watch import CareWatch
from edge.worker.heat_watch import watch_heat
from hardware.reading import TimeQuality

OXIMETER, ROOM, BUTTON = "ble:C0000000000A", "ble:C0000000000B", "ble:C0000000000C"
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


@pytest.fixture
def watch() -> CareWatch:
    return CareWatch()


def somebody(house: Any, name: str = "Erna", *agreed: str) -> int:
    person: int = house.person(
        name, consents=False, device=f"{OXIMETER}{len(house.personal.persons())}"
    )
    for kind in agreed or (kinds.OXYGEN, kinds.BUTTON, kinds.ROOM_CLIMATE, BLOOD_PRESSURE):
        house.consent(person, kind)
    return person


def keep(
    house: Any,
    person: int,
    quantity: str,
    value: float,
    kind: str = kinds.OXYGEN,
    *,
    device: str = OXIMETER,
    quality: TimeQuality = TimeQuality.DEVICE,
    at: int | None = None,
) -> None:
    now = house.clock.wall_ms
    row = Observation(
        now if at is None else at, device, kind, person, quality, now, now % 1_000_000, "2A5E",
        values=(Number(quantity, value),),
    )  # fmt: skip
    house.personal.add_measured([], [row])


def go_on(house: Any, watch: CareWatch, minutes: int, every: int = 1) -> int:
    """Let time go by with a look each so many minutes."""
    found = 0
    for _ in range(minutes // every):
        house.clock.advance(every * MINUTE)
        found += watch.run(house.personal, house.clock.stamp())
    return found


def look(house: Any, watch: CareWatch) -> list[tuple[str, str]]:
    watch.run(house.personal, house.clock.stamp())
    return [(one.rule, one.state.value) for one in house.personal.alerts()]


def test_a_value_beyond_a_limit_asks_and_then_calls(house: Any, watch: CareWatch) -> None:
    erna = somebody(house)
    assert look(house, watch) == []
    keep(house, erna, "oxygen_saturation", 80)
    assert look(house, watch) == [("limit", "asked")]
    go_on(house, watch, 5)
    keep(house, erna, "oxygen_saturation", 79)
    ((rule, state),) = look(house, watch)
    assert (rule, state != "asked") == ("limit", True)
    (alert,) = house.personal.alerts()
    assert (alert.person, alert.urgency, alert.facts["first"]) == (erna, Urgency.URGENT, 80.0)


def test_it_is_told_within_the_look_that_follows_the_commit(
    house: Any, watch: CareWatch, record_property: Callable[[str, object], None]
) -> None:
    people = [somebody(house, f"Person {n}") for n in range(50)]
    look(house, watch)
    keep(house, people[-1], "button_press", 1, kinds.BUTTON, device=BUTTON)
    begun = time.monotonic()
    assert [rule for rule, _ in look(house, watch)] == ["sos"]
    record_property("look_at_50_people_s", time.monotonic() - begun)


def test_a_kill_before_the_commit_repeats_and_after_it_tells_nothing_twice(
    house: Any, watch: CareWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    erna = somebody(house)
    look(house, watch)
    keep(house, erna, "oxygen_saturation", 80)

    def killed(*_: object) -> None:
        raise StoreError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(type(house.personal), "take_findings", killed)
        with pytest.raises(StoreError):
            watch.run(house.personal, house.clock.stamp())
    assert house.personal.alerts() == []
    assert house.personal.rule_state(erna).asks == {}
    assert look(house, watch) == [("limit", "asked")]
    for _ in range(3):  # a new process each time
        assert CareWatch().run(house.personal, house.clock.stamp()) == 0
    assert len(house.personal.alerts()) == 1


def test_what_waits_is_counted_on_after_a_restart(house: Any) -> None:
    erna = somebody(house)
    look(house, CareWatch())
    keep(house, erna, "oxygen_saturation", 80)
    look(house, CareWatch())
    for _ in range(29):
        assert go_on(house, CareWatch(), 2, every=2) == 0
    assert go_on(house, CareWatch(), 4, every=2) == 1
    assert look(house, CareWatch())[0][1] != "asked"


@pytest.mark.parametrize("jump", [-400 * DAY, -DAY, HOUR, 400 * DAY])
def test_a_clock_that_jumps_calls_nobody_and_ends_nothing(
    house: Any, watch: CareWatch, jump: int
) -> None:
    erna = somebody(house)
    plan = Plan(erna, schedule=(Due(kinds.OXYGEN, 0, 1440),))
    house.personal.set_plan(plan, "Praxis", house.clock.wall_ms)
    look(house, watch)
    keep(house, erna, "oxygen_saturation", 80)
    assert look(house, watch) == [("limit", "asked")]
    house.clock.wall_ms += jump
    assert go_on(house, watch, 40, every=2) == 0
    house.clock.wall_ms -= jump
    assert go_on(house, watch, 15) == 0
    assert go_on(house, watch, 10) == 1


def test_while_the_hub_does_not_know_the_time_a_deadline_still_comes(
    house: Any, watch: CareWatch
) -> None:
    erna = somebody(house)
    house.clock.quality = TimeQuality.UNKNOWN
    look(house, watch)
    keep(house, erna, "oxygen_saturation", 80, quality=TimeQuality.UNKNOWN)
    assert look(house, watch) == [("limit", "asked")]
    assert go_on(house, watch, 62, every=2) == 1


def test_what_came_while_alerts_were_off_is_no_news_later(house: Any, watch: CareWatch) -> None:
    erna = somebody(house)
    keep(house, erna, "oxygen_saturation", 80)
    keep(house, erna, "button_press", 1, kinds.BUTTON, device=BUTTON)
    house.personal.pass_by_rules()
    assert not house.personal.has_news_for_rules()
    house.personal.pass_by_rules()
    assert look(house, watch) == []
    keep(house, erna, "button_press", 1, kinds.BUTTON, device=f"{BUTTON}2")
    assert [rule for rule, _ in look(house, watch)] == ["sos"]


def test_what_nobody_agreed_to_is_not_looked_at(house: Any, watch: CareWatch) -> None:
    erna = somebody(house)
    look(house, watch)
    keep(house, erna, "oxygen_saturation", 80)
    house.personal.withdraw_consent(erna, house.clock.wall_ms, data_kind=kinds.OXYGEN)
    assert look(house, watch) == []


def test_a_withdrawal_takes_what_the_rules_knew(house: Any, watch: CareWatch) -> None:
    erna = somebody(house)
    look(house, watch)
    keep(house, erna, "oxygen_saturation", 80)
    look(house, watch)
    house.clock.advance(MINUTE)
    keep(house, erna, "blood_pressure_systolic", 130, BLOOD_PRESSURE)
    look(house, watch)
    house.personal.withdraw_consent(erna, house.clock.wall_ms, data_kind=kinds.OXYGEN)
    state = house.personal.rule_state(erna)
    assert (list(state.courses), state.asks) == (["blood_pressure_systolic"], {})
    assert go_on(house, watch, 80, every=2) == 0
    house.personal.withdraw_consent(erna, house.clock.wall_ms)
    assert house.personal.rule_state(erna).courses == {}
    assert go_on(house, watch, 2) == 0


def test_what_several_kinds_told_together_goes_with_any_of_them(
    house: Any, watch: CareWatch
) -> None:
    erna = somebody(house, "Erna", kinds.OXYGEN, kinds.TEMPERATURE)
    house.personal.set_plan(Plan(erna, news2=News2(), off=frozenset({"limit"})), "Praxis", 1)
    look(house, watch)
    for _ in range(2):
        keep(house, erna, "body_temperature", 39.2, kinds.TEMPERATURE)
        keep(house, erna, "oxygen_saturation", 91)
        look(house, watch)
        house.clock.advance(5 * MINUTE)
    (alert,) = house.personal.alerts()
    assert (alert.rule, alert.facts["data_kind"]) == ("news2", "oxygen temperature")
    assert "temperature" in alert.facts["points"]
    house.personal.withdraw_consent(erna, house.clock.wall_ms, data_kind=kinds.TEMPERATURE)
    assert house.personal.alerts(open_only=False) == []
    assert go_on(house, watch, 20) == 0


def test_a_trouble_that_no_rule_would_end_goes_too(house: Any, watch: CareWatch) -> None:
    erna = somebody(house, "Erna", kinds.OXYGEN, BLOOD_PRESSURE)
    look(house, watch)
    keep(house, erna, "pulse_rate", 70, BLOOD_PRESSURE)
    house.clock.advance(5 * MINUTE)
    for _ in range(2):
        keep(house, erna, "pulse_rate", 150)
        look(house, watch)
        house.clock.advance(5 * MINUTE)
    (alert,) = house.personal.alerts()
    assert (alert.facts["data_kind"], house.personal.rule_state(erna).alert is None) == (
        kinds.OXYGEN,
        False,
    )
    house.personal.withdraw_consent(erna, house.clock.wall_ms, data_kind=BLOOD_PRESSURE)
    assert house.personal.rule_state(erna).alert is None
    assert house.personal.alerts() == []


def test_the_usual_is_learnt_from_what_was_kept_before(house: Any) -> None:
    erna = somebody(house)
    begin = house.clock.wall_ms
    for day in range(20):
        keep(house, erna, "pulse_rate", 70 + day % 3, at=begin - (20 - day) * DAY)
    with house.personal.connection.transaction() as driver:
        driver.execute("UPDATE care_rules SET observation_round = 20")
    keep(house, erna, "pulse_rate", 110)
    watch = CareWatch()
    assert look(house, watch) == [("baseline", "asked")]
    (alert,) = house.personal.alerts()
    assert alert.facts["usual"] == 71.0


def test_a_missed_span_and_a_pause(house: Any, watch: CareWatch) -> None:
    erna = somebody(house)
    plan = Plan(erna, schedule=(Due(kinds.OXYGEN, 0, 1440),), zone="UTC")
    house.personal.set_plan(plan, "Praxis", house.clock.wall_ms)
    look(house, watch)
    assert go_on(house, watch, 15 * 60, every=12) == 0  # once is forgotten
    assert go_on(house, watch, 24 * 60, every=12) == 1
    (state,) = [house.personal.rule_state(erna)]
    assert state.late[kinds.OXYGEN].is_told
    paused = replace(plan, pauses=(Pause(house.clock.wall_ms, None, "hospital"),))
    house.personal.set_plan(paused, "Pflege", house.clock.wall_ms)
    assert go_on(house, watch, 2) == 1


def test_heat_at_home_reaches_the_ladder_and_goes(house: Any, watch: CareWatch) -> None:
    erna = somebody(house)
    look(house, watch)
    for n in range(24):
        house.clock.advance(10 * MINUTE)
        keep(
            house,
            erna,
            "air_temperature",
            33 if n < 15 else 20,
            kinds.ROOM_CLIMATE,
            device=f"{OXIMETER}0",
        )
        watch_heat(house.personal, house.clock.stamp())
        watch.run(house.personal, house.clock.stamp())
        if n == 14:
            assert [one.rule for one in house.personal.alerts()] == ["heat"]
            house.personal.set_weather(Weather(2, house.clock.wall_ms + HOUR, "DWD"))
            go_on(house, watch, 1)
            (alert,) = house.personal.alerts()
            assert (alert.urgency, alert.facts["weather"]) == (Urgency.URGENT, 2)
    (alert,) = house.personal.alerts()
    assert alert.ended_at is not None


def test_a_warning_that_the_county_sent_makes_a_warm_home_urgent(
    house: Any, watch: CareWatch
) -> None:
    erna = somebody(house)
    look(house, watch)
    for _ in range(15):
        house.clock.advance(10 * MINUTE)
        keep(
            house, erna, "air_temperature", 33, kinds.ROOM_CLIMATE, device=f"{OXIMETER}0"
        )  # fmt: skip
        watch_heat(house.personal, house.clock.stamp())
        watch.run(house.personal, house.clock.stamp())
    (alert,) = house.personal.alerts()
    assert (alert.urgency, alert.facts["weather"]) == (Urgency.TODAY, 0)
    house.clock.advance(MINUTE)
    watch.run(house.personal, house.clock.stamp(), told_heat=1)
    (alert,) = house.personal.alerts()
    assert (alert.urgency, alert.facts["weather"]) == (Urgency.URGENT, 1)
    house.personal.set_weather(Weather(2, house.clock.wall_ms + HOUR, "DWD"))
    assert house.personal.plan(erna, house.clock.wall_ms, told_heat=1).weather == 2


def test_a_new_limit_holds_at_once_and_both_are_kept(house: Any, watch: CareWatch) -> None:
    erna = somebody(house)
    first = Plan(erna, limits={"oxygen_saturation": Limit(low=90)})
    house.personal.set_plan(first, "Praxis Dr. Beispiel", 5)
    house.personal.set_plan(
        replace(first, limits={"oxygen_saturation": Limit(low=94)}), "Praxis", 6
    )
    keep(house, erna, "oxygen_saturation", 93)
    assert look(house, watch) == [("limit", "asked")]
    newest, oldest = house.personal.plan_changes(erna)
    assert (oldest.by, oldest.plan.limits["oxygen_saturation"].low) == ("Praxis Dr. Beispiel", 90)
    assert (newest.set_at, newest.plan.limits["oxygen_saturation"].low) == (6, 94)


def test_an_older_program_s_state_is_learnt_anew_and_its_plan_refused(house: Any) -> None:
    erna = somebody(house)
    connection = house.personal.connection
    with connection.transaction() as driver:
        driver.execute("INSERT INTO care_state VALUES (?1, seal_text(?1, '{\"x\": 1}'))", (erna,))
    assert house.personal.rule_state(erna) is None
    house.personal.withdraw_consent(erna, house.clock.wall_ms, data_kind=kinds.OXYGEN)
    assert connection.rows("SELECT 1 FROM care_state") == []
    with connection.transaction() as driver:
        plan = '{"plan": {"x": 1}, "by": ""}'
        driver.execute(
            "INSERT INTO care_plan VALUES (NULL, ?1, 0, seal_text(?1, ?2))", (erna, plan)
        )
    with pytest.raises(StoreError) as refused:
        house.personal.plan(erna, 0)
    assert "neu setzen" in refused.value.hint


def test_an_erasure_takes_plan_and_state(house: Any, watch: CareWatch) -> None:
    from edge.store import erasure  # noqa: PLC0415

    erna = somebody(house)
    house.personal.set_plan(Plan(erna), "Praxis", 5)
    keep(house, erna, "oxygen_saturation", 95)
    look(house, watch)
    found = erasure.belongings(house.personal, erna)
    erasure.erase_from_personal(house.personal, erna, found)
    for table in ("care_plan", "care_state"):
        assert house.personal.connection.rows(f"SELECT 1 FROM {table}") == []  # noqa: S608
    assert go_on(house, watch, 2) == 0


def test_weeks_of_values_are_taken_in_several_looks(
    house: Any, watch: CareWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    from edge.store import personal_measured  # noqa: PLC0415

    monkeypatch.setattr(personal_measured, "MOST_ROUNDS", 2)
    erna = somebody(house)
    for _ in range(9):
        house.clock.advance(MINUTE)
        keep(house, erna, "oxygen_saturation", 95)
    look(house, watch)
    assert not house.personal.has_news_for_rules()
    assert (
        house.personal.rule_state(erna).courses["oxygen_saturation"].last_at == house.clock.wall_ms
    )


def test_a_pressure_goes_through_the_rules_as_well(house: Any, watch: CareWatch) -> None:
    erna = somebody(house)
    look(house, watch)
    now = house.clock.wall_ms
    row = CareRow(
        now, "ble:C0112233AABB", erna, TimeQuality.DEVICE, now, 1, 215.0, 100.0, None, 70.0
    )
    house.personal.add_measured([row], [])
    assert look(house, watch) == [("limit", "asked")]


def test_nothing_is_written_while_only_time_goes_by(house: Any, watch: CareWatch) -> None:
    erna = somebody(house)
    keep(house, erna, "oxygen_saturation", 95)
    look(house, watch)
    before = house.personal.connection.rows("SELECT state FROM care_state")
    go_on(house, watch, 30)
    assert house.personal.connection.rows("SELECT state FROM care_state") == before
    go_on(house, watch, 31)
    assert house.personal.connection.rows("SELECT state FROM care_state") != before


def test_who_says_that_all_is_well_is_there(
    house: Any, watch: CareWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[object] = []

    def note(rules: object, plan: object, state: Any, event: object) -> object:
        given.extend([event] if isinstance(event, Signal) else [])
        return step(rules, plan, state, event)  # type: ignore[arg-type]

    monkeypatch.setattr("edge.worker.care_watch.step", note)
    erna, otto = somebody(house, "Erna", kinds.OXYGEN, kinds.HOME_ACTIVITY), somebody(house, "Otto")
    look(house, watch)
    for person in (erna, otto):
        keep(house, person, "oxygen_saturation", 80)
    look(house, watch)
    for alert in house.personal.alerts():
        assert house.personal.cancel_alert(alert.number, house.clock.stamp()).won
        assert not house.personal.cancel_alert(alert.number, house.clock.stamp()).won
    assert house.personal.has_news_for_rules()
    said = house.clock.wall_ms
    house.clock.advance(1000)
    look(house, watch)
    look(house, watch)
    assert given == [Signal(erna, said, said, HERE, "")]  # the other did not agree to it
    assert not house.personal.has_news_for_rules()
