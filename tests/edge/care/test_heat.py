"""The rule of heat: what it feels like, when it warns, when it stops, what it does not believe."""

from __future__ import annotations

import random
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from edge.care.heat import (
    GAP_MS,
    MOST_FELT_C,
    Climate,
    Level,
    Room,
    climates,
    felt,
    heat_index,
    step,
)
from edge.clock import to_ms
from hardware.reading import TimeQuality

MINUTE, HOUR = 60_000, 3_600_000
MORNING = to_ms(datetime(2026, 7, 14, 8, 0, tzinfo=UTC))
EVENING = to_ms(datetime(2026, 7, 14, 22, 0, tzinfo=UTC))
GOOD = TimeQuality.SYNCHRONISED


def said(at: int, temperature: float | None, humidity: float | None = None) -> Climate:
    return Climate(at, GOOD, temperature, humidity)


def play(*values: tuple[int, float | None], room: Room | None = None) -> Room:
    """Say temperatures without humidity, each at its moment."""
    room = Room() if room is None else room
    for at, temperature in values:
        room = step(room, said(at, temperature), UTC)
    return room


def every(minutes: int, start: int, hours: float, temperature: float) -> list[tuple[int, float]]:
    count = round(hours * 60 / minutes)
    return [(start + n * minutes * MINUTE, temperature) for n in range(count + 1)]


# The chart of the National Weather Service (degrees Fahrenheit, per cent: heat index, rounded),
# and what its two adjustments do.
@pytest.mark.parametrize(
    ("fahrenheit", "humidity", "index"),
    [
        (80, 40, 80), (90, 50, 95), (90, 70, 105), (96, 50, 108), (100, 40, 109), (110, 40, 136),
        (86, 90, 105), (94, 65, 114), (84, 45, 84),
    ],
)  # fmt: skip
def test_the_index_is_the_published_chart_s(fahrenheit: int, humidity: int, index: int) -> None:
    found = heat_index((fahrenheit - 32) / 1.8, humidity) * 1.8 + 32
    # the chart was printed from a table, the equation is within 1.3 degrees of it
    assert found == pytest.approx(index, abs=1.3)


def test_the_adjustments_and_the_simple_formula() -> None:
    at_edge = heat_index((95 - 32) / 1.8, 13.0)
    drier = heat_index((95 - 32) / 1.8, 12.999)
    assert at_edge - drier == pytest.approx(0, abs=0.01)
    very_dry = heat_index((95 - 32) / 1.8, 5.0) * 1.8 + 32
    assert very_dry == pytest.approx(_bare(95, 5) - 2.0)  # (13 - 5) / 4 * sqrt(17 / 17)
    damp = heat_index((82 - 32) / 1.8, 95.0) * 1.8 + 32
    assert damp == pytest.approx(_bare(82, 95) + 1.0)  # (95 - 85) / 10 * (87 - 82) / 5
    assert heat_index(20.0, 50.0) * 1.8 + 32 == pytest.approx(
        (0.5 * (68 + 61 + 0 + 50 * 0.094) + 68) / 2
    )


def _bare(t: float, r: float) -> float:
    return (
        -42.379 + 2.04901523 * t + 10.14333127 * r - 0.22475541 * t * r - 0.00683783 * t * t
        - 0.05481717 * r * r + 0.00122874 * t * t * r + 0.00085282 * t * r * r
        - 0.00000199 * t * t * r * r
    )  # fmt: skip


def test_dry_air_spares_nobody_and_the_index_has_an_end() -> None:
    assert heat_index(36.0, 10.0) < 36.0 == felt(36.0, 10.0)
    assert felt(31.0, None) == 31.0
    assert felt(31.0, 70.0) > 35.0
    assert felt(50.0, 100.0) == MOST_FELT_C


def test_two_hours_of_a_hot_room_are_a_warning() -> None:
    almost = play(*every(10, MORNING, 2, 32.0)[:-1])
    assert almost.level is Level.NONE
    room = play((MORNING + 2 * HOUR, 32.0), room=almost)
    assert (room.level, room.warm_since) == (Level.HEAT, MORNING)
    assert play(*every(10, MORNING, 12, 31.9)).level is Level.NONE


def test_humid_air_warns_where_dry_air_of_that_temperature_does_not() -> None:
    room = Room()
    for at, temperature in every(10, MORNING, 3, 30.0):
        room = step(room, said(at, temperature, 70.0), UTC)
    assert room.level is Level.HEAT
    assert room.felt == pytest.approx(35.0, abs=0.1)
    assert play(*every(10, MORNING, 3, 30.0)).level is Level.NONE


def test_humidity_may_come_by_itself_and_grows_old() -> None:
    room = step(Room(), said(MORNING, None, 70.0), UTC)
    assert room.felt is None
    assert step(room, said(MORNING + HOUR, 30.0), UTC).felt == pytest.approx(35.0, abs=0.1)
    assert step(room, said(MORNING + HOUR + 1, 30.0), UTC).felt == 30.0


def test_a_night_that_does_not_cool_is_a_warning_and_a_day_like_that_is_none() -> None:
    assert play(*every(10, EVENING - 12 * HOUR, 12, 27.0)).level is Level.NONE
    room = play(*every(10, EVENING - 2 * HOUR, 6, 27.0))
    assert (room.level, room.warm_since) == (Level.HEAT, EVENING)
    assert play(*every(10, EVENING - 2 * HOUR, 5.5, 27.0)).level is Level.NONE
    morning = EVENING + 9 * HOUR
    room = play(*every(10, EVENING + 4 * HOUR, 5, 27.0), room=room)
    assert room.level is Level.HEAT
    room = play((morning + 50 * MINUTE, 27.0), room=room)
    assert room.level is Level.HEAT
    assert play((morning + HOUR, 27.0), room=room).level is Level.NONE


def test_night_is_where_the_village_is() -> None:
    room = Room()
    for at, temperature in every(10, EVENING - 2 * HOUR, 4, 27.0):
        room = step(room, said(at, temperature), timezone(timedelta(hours=2)))
    assert room.level is Level.HEAT


def test_danger_comes_sooner_and_goes_first() -> None:
    room = play(*every(10, MORNING, 1, 35.0))
    assert room.level is Level.DANGER
    room = play(*every(10, MORNING + 70 * MINUTE, 0.8, 33.9), room=room)
    assert room.level is Level.DANGER
    room = play((MORNING + 130 * MINUTE, 33.9), room=room)
    assert (room.level, room.warm_since) == (Level.HEAT, MORNING)
    assert play(*every(10, MORNING, 2, 34.9)).level is Level.HEAT


def test_what_goes_to_and_fro_at_the_limit_changes_a_warning_once() -> None:
    rng = random.Random(7)  # a simulation
    room, levels = Room(), [Level.NONE]
    for at, _ in every(5, MORNING, 13, 0.0):
        room = step(room, said(at, 32.0 + rng.uniform(-0.9, 0.9)), UTC)
        if room.level is not levels[-1]:
            levels.append(room.level)
    assert levels == [Level.NONE, Level.HEAT]


def test_a_warning_ends_after_a_cool_hour_and_not_by_one_opened_window() -> None:
    room = play(*every(10, MORNING, 2, 33.0))
    later = MORNING + 2 * HOUR
    room = play(*every(10, later, 0.5, 25.0), (later + 40 * MINUTE, 31.5), room=room)
    room = play(*every(10, later + 50 * MINUTE, 0.8, 25.0), room=room)
    assert room.level is Level.HEAT
    assert play((later + 110 * MINUTE, 25.0), room=room).level is Level.NONE


def test_nobody_knows_what_was_in_a_gap() -> None:
    assert play((MORNING, 33.0), (MORNING + GAP_MS, 33.0)).level is Level.HEAT
    assert play((MORNING, 33.0), (MORNING + GAP_MS + 1, 33.0)).level is Level.NONE
    hot = play(*every(10, MORNING, 2, 33.0))
    cool = MORNING + 2 * HOUR
    room = play((cool + 1, 25.0), (cool + 2 + GAP_MS, 25.0), room=hot)
    assert room.level is Level.HEAT  # one cool value long ago, and one now, are no cool hour
    assert play((cool + 2 + GAP_MS + HOUR, 25.0), room=room).level is Level.NONE


def test_what_cannot_be_or_has_no_time_changes_nothing() -> None:
    room = play((MORNING, 25.0))
    for bad in (
        said(MORNING + HOUR, 55.1),
        said(MORNING + HOUR, -10.1),
        said(MORNING + HOUR, float("nan")),
        said(MORNING + HOUR, None, 0.0),
        said(MORNING + HOUR, None, 100.1),
        replace(said(MORNING + HOUR, 40.0, 50.0), quality=TimeQuality.UNKNOWN),
        said(MORNING - HOUR + 1, 40.0, 50.0),  # late
    ):
        assert step(room, bad, UTC) == room


def test_a_clock_that_was_set_back_ends_no_warning_and_makes_none() -> None:
    hot = play(*every(10, MORNING, 2, 33.0))
    back = MORNING - 30 * 24 * HOUR
    room = play((back, 33.0), room=hot)
    assert (room.level, room.warm_since, room.at) == (Level.HEAT, back, back)
    warming = play(*every(10, MORNING, 1.5, 33.0))
    assert play((back, 33.0), (back + 110 * MINUTE, 33.0), room=warming).level is Level.NONE
    assert play(*every(10, back, 2, 33.0), room=warming).level is Level.HEAT


def test_one_sensor_s_numbers_by_moment() -> None:
    found = climates(
        [
            (1, GOOD, "air_temperature", 25.0),
            (1, GOOD, "air_temperature", 60.0),  # a probe's
            (1, GOOD, "relative_humidity", 50.0),
            (1, GOOD, "relative_humidity", 51.0),
            (2, TimeQuality.UNKNOWN, "relative_humidity", 52.0),
            (2, GOOD, "dew_point", 12.0),
        ]
    )
    assert found == [
        Climate(1, GOOD, 25.0, 50.0),
        Climate(2, TimeQuality.UNKNOWN, None, 52.0),
    ]


def test_whatever_comes_in_whatever_pieces_gives_the_same_and_plain_numbers() -> None:
    """The state is all there is: kept and taken up again it goes on as if nothing had been."""
    rng = random.Random(11)  # a simulation
    at, whole = MORNING, Room()
    for _ in range(3000):
        at += rng.choice((1, MINUTE, 10 * MINUTE, HOUR, 4 * HOUR, -10 * MINUTE, -2 * HOUR))
        one = Climate(
            at,
            rng.choice((GOOD, GOOD, TimeQuality.UNKNOWN)),
            rng.choice((None, rng.uniform(-50, 90))),
            rng.choice((None, rng.uniform(-10, 120))),
        )
        whole = step(whole, one, UTC)
        assert asdict(whole)["felt"] is None or -10 <= asdict(whole)["felt"] <= MOST_FELT_C
        assert (whole.level is Level.NONE) == (whole.warm_since is None)


def test_a_cool_value_breaks_what_leads_to_a_warning_and_a_cooler_one_begins_none() -> None:
    room = play(*every(10, MORNING, 1.8, 33.0), (MORNING + 115 * MINUTE, 30.9))
    assert play(*every(10, MORNING + 2 * HOUR, 1, 33.0), room=room).level is Level.NONE
    almost = play(*every(10, MORNING, 1.8, 32.0))
    below = play((MORNING + 2 * HOUR, 31.5), room=almost)
    assert below.level is Level.NONE
    assert play((MORNING + 2 * HOUR + 1, 32.0), room=below).level is Level.HEAT


def test_humid_heat_is_a_danger_long_before_35_degrees_and_lasts_since_it_was_warm() -> None:
    room = Room()
    for at, temperature in every(10, MORNING, 2, 31.0):
        room = step(room, said(at, temperature, 60.0), UTC)
    assert room.level is Level.HEAT
    for at, temperature in every(10, MORNING + 2 * HOUR, 1, 33.0):
        room = step(room, said(at, temperature, 61.0), UTC)
    assert room.felt == pytest.approx(39.8, abs=0.2)
    assert (room.level, room.warm_since) == (Level.DANGER, MORNING)


def test_when_the_clock_was_set_back_the_damp_of_the_future_is_forgotten() -> None:
    room = step(Room(), said(MORNING, 30.0, 70.0), UTC)
    assert step(room, said(MORNING - HOUR + 1, 31.0), UTC) == room
    back = step(room, said(MORNING - HOUR, 31.0), UTC)
    assert (back.at, back.felt) == (MORNING - HOUR, 31.0)
