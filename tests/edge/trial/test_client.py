from dataclasses import replace
from random import Random
from zoneinfo import ZoneInfo

import pytest

from edge.trial.calendar import DAY_MS, Clock, poisson, tidy, within
from edge.trial.client import Client, draw_client
from edge.trial.physiology import named, parse
from edge.trial.truth import Truth

CLOCK = Clock(ZoneInfo("Europe/Berlin"))
DAYS = 40
ILL = """
[illness.infection]
per_year = 12
[fall]
per_year = 40
[home]
trips_per_month = 1
[trouble]
hub_off_per_month = 2
"""


@pytest.fixture(scope="module")
def people() -> list[Client]:
    physiology = parse(ILL)
    return [draw_client(3, number, physiology, CLOCK, DAYS) for number in range(1, 16)]


def test_the_same_seed_is_the_same_person_and_another_is_another() -> None:
    usual = named("usual")
    one, same = (draw_client(5, 2, usual, CLOCK, 20) for _ in range(2))
    other = draw_client(6, 2, usual, CLOCK, 20)
    assert list(one.taken) == list(same.taken)
    assert list(one.sensed) == list(same.sensed)
    assert list(one.taken) != list(other.taken)


def test_what_is_asked_changes_nothing_that_comes_by_itself(people: list[Client]) -> None:
    one = people[0]
    first = one.again(Random(one.answers), one.starts + DAY_MS, 8.0)
    assert first == one.again(Random(one.answers), one.starts + DAY_MS, 8.0)


def test_values_are_in_order_of_arrival_and_never_before_they_were_measured(
    people: list[Client],
) -> None:
    for one in people:
        received = [each.received_at for each in one.taken]
        assert received == sorted(received)
        assert all(each.received_at > each.at for each in one.taken)
        moments = [each.at for each in one.sensed]
        assert moments == sorted(moments)


def test_nobody_measures_or_moves_who_is_away_or_down(people: list[Client]) -> None:
    some = 0
    for one in people:
        calm = one.home.pet_per_hour == 0
        for truth in one.truths:
            if truth.is_fall:
                some += 1
                down = (truth.onset, truth.ends - 60_000)
                assert not [each for each in one.taken if down[0] < each.at < down[1]]
                acts = [
                    each for each in one.sensed
                    if down[0] < each.at < down[1] and each.kind == "motion" and each.value
                ]  # fmt: skip
                assert not acts or not calm
                assert one.life.state(truth.onset + 1) == "down"
                assert one.here(Random(1), truth.onset + 1) is None
                assert one.again(Random(1), truth.onset + 1, 8.0) == []
        for absence in one.life.absences:
            assert one.life.state(absence.since + 1) == "away"
            inside = (absence.since + 60_000, absence.until - 60_000)
            assert not [each for each in one.taken if inside[0] < each.at < inside[1]]
            acts = [
                each for each in one.sensed
                if inside[0] < each.at < inside[1] and each.kind == "motion" and each.value
            ]  # fmt: skip
            assert not acts
    assert some >= 3


def test_while_the_hub_is_off_nothing_arrives(people: list[Client]) -> None:
    assert any(one.off() for one in people)
    for one in people:
        for span in one.off():
            assert not [each for each in one.taken if span[0] <= each.received_at < span[1]]
            assert not [each for each in one.sensed if span[0] <= each.at < span[1]]


def test_an_illness_shows_in_what_is_true(people: list[Client]) -> None:
    shown = 0
    for one in people:
        for truth in one.truths:
            if truth.is_fall:
                continue
            shown += 1
            assert truth.strength(truth.onset - 1) == 0
            assert truth.strength(truth.peak_at) == 1
            assert 0 < truth.strength((truth.onset + truth.peak_at) // 2) < 1
            assert 0 < truth.strength((truth.ends + truth.over) // 2) < 1
            assert truth.strength(truth.over) == 0
            body = one.measuring.body
            well = body.true("pulse_rate", truth.onset - 1, 8)
            ill = body.true("pulse_rate", truth.peak_at, 8)
            assert ill - well > truth.peak["pulse_rate"] - 25  # what is slow moves as well
            first_day = one.starts + 21 * DAY_MS - 2 * 3_600_000
            assert truth.onset >= first_day
    assert shown >= 5


def test_an_illness_can_be_seen_once_it_is_twice_the_spread_of_what_is_measured(
    people: list[Client],
) -> None:
    body = replace(people[0].measuring.body, within={"pulse_rate": 5.0, "body_weight": 0.5})
    ill = Truth(1, "x", 0, 1000, 2000, 3000, {"pulse_rate": 20.0, "body_weight": -2.0}, 0)
    assert body.noticeable(ill, {"pulse_rate"}) == 500
    assert body.noticeable(ill, {"pulse_rate", "body_weight"}) == 500
    assert body.noticeable(replace(ill, peak={"pulse_rate": -9.0}), {"pulse_rate"}) is None
    assert body.noticeable(ill, {"body_temperature"}) is None
    assert all(
        truth.onset <= truth.noticeable <= truth.peak_at
        for one in people for truth in one.truths if truth.noticeable is not None
    )  # fmt: skip
    assert any(truth.noticeable is not None for one in people for truth in one.truths)


def test_values_are_such_as_devices_show(people: list[Client]) -> None:
    vitals = people[0].measuring.physiology.vitals
    for one in people:
        for each in one.taken:
            vital = vitals[each.quantity]
            assert vital.can_be[0] <= each.value <= vital.can_be[1]
            assert round(each.value, vital.decimals) == each.value


def test_spans() -> None:
    spans = tidy([(5, 7), (1, 3), (2, 4)])
    assert spans == [(1, 4), (5, 7)]
    assert within(spans, 0) is None
    assert within(spans, 1) == (1, 4)
    assert within(spans, 4) is None


def test_rare_events_are_as_many_as_they_should_be() -> None:
    rng = Random(4)
    assert sum(poisson(rng, 0.5) for _ in range(4000)) == pytest.approx(2000, rel=0.1)
    assert poisson(rng, 0.0) == 0


def test_the_clock_of_the_village_is_set_forward_within_ninety_days() -> None:
    sunday = 55  # 29 March 2026
    assert CLOCK.at(sunday + 1, 0) - CLOCK.at(sunday, 0) == 23 * 3_600_000
    assert CLOCK.at(3, -2) == CLOCK.at(2, 22)
    assert CLOCK.is_weekend(sunday)
    assert not CLOCK.is_weekend(sunday + 1)
