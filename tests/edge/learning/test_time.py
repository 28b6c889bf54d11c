"""Sessions by the clock in the hall, also in the night in which it is put forward or back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from edge.learning.errors import NoSuchTime, Refused
from edge.learning.moment import HOUR_MS, local_day, moved_days, span, to_local, to_ms
from edge.learning.series import Series, sessions

SPRING = date(2027, 3, 28)  # 2:00 becomes 3:00
AUTUMN = date(2026, 10, 25)  # 3:00 becomes 2:00


def utc(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%d %H:%M}"


def test_a_session_after_midnight_lasts_as_long_as_it_lasts() -> None:
    begins, ends = span(date(2026, 10, 24), time(22), time(3, 30))
    assert (utc(begins), utc(ends)) == ("24 20:00", "25 02:30")
    assert (ends - begins) / HOUR_MS == 6.5
    begins, ends = span(date(2027, 3, 27), time(22), time(3, 30))
    assert (ends - begins) / HOUR_MS == 4.5


def test_a_time_that_comes_twice_is_the_first_unless_that_is_over() -> None:
    assert utc(to_ms(AUTUMN, time(2, 30))) == "25 00:30"
    begins, ends = span(AUTUMN, time(2, 30), time(2, 15))
    assert (utc(begins), utc(ends)) == ("25 00:30", "25 01:15")
    begins, ends = span(AUTUMN, time(1, 30), time(2, 30))
    assert (ends - begins) / HOUR_MS == 1


def test_a_time_that_does_not_come_is_said() -> None:
    with pytest.raises(NoSuchTime) as error:
        span(SPRING, time(2, 30), time(4))
    assert "28.03.2027" in error.value.hint
    with pytest.raises(NoSuchTime):
        span(date(2027, 3, 27), time(23), time(2, 30))


def test_a_series_keeps_the_time_on_the_wall() -> None:
    made = sessions(Series(date(2026, 10, 20), time(18, 30), time(20), 3))
    assert [f"{to_local(one.starts_at):%d.%m. %H:%M}" for one in made] == [
        "20.10. 18:30",
        "27.10. 18:30",
        "03.11. 18:30",
    ]
    assert [utc(one.starts_at) for one in made] == ["20 16:30", "27 17:30", "03 17:30"]
    assert {one.minutes for one in made} == {90}


def test_days_are_left_out_and_made_up_for() -> None:
    series = Series(
        date(2026, 10, 6), time(9), time(10), 3, every_weeks=2,
        without=frozenset([date(2026, 10, 20)]),
    )  # fmt: skip
    days = [local_day(one.starts_at) for one in sessions(series, [date(2026, 11, 3)])]
    assert days == [date(2026, 10, 6), date(2026, 11, 17), date(2026, 12, 1)]
    short = sessions(replace(series, make_up=False))
    assert [local_day(one.starts_at) for one in short] == [date(2026, 10, 6), date(2026, 11, 3)]


@pytest.mark.parametrize(
    "series",
    [
        Series(date(2026, 10, 6), time(9), time(10), 0),
        Series(date(2026, 10, 6), time(9), time(10), 201),
        Series(date(2026, 10, 6), time(9), time(10), 1, every_weeks=53),
        Series(date(9999, 12, 31), time(9), time(10), 2),
        Series(date(2026, 10, 6), time(9), time(10), 1, without=frozenset([date(2026, 10, 6)]),
               make_up=False),
    ],
)  # fmt: skip
def test_a_series_that_cannot_be_is_refused(series: Series) -> None:
    with pytest.raises(Refused) as error:
        sessions(series)
    assert error.value.hint


def test_a_series_that_never_meets_is_refused() -> None:
    free = {date(2026, 10, 6) + timedelta(weeks=n) for n in range(500)}
    with pytest.raises(Refused):
        sessions(Series(date(2026, 10, 6), time(9), time(10), 3), free)


def test_a_move_by_days_keeps_the_time_on_the_wall() -> None:
    at = to_ms(date(2026, 10, 24), time(19)) + 123
    assert utc(moved_days(at, 1)) == "25 18:00"
    assert moved_days(at, 1) % 1000 == 123
    with pytest.raises(NoSuchTime):
        moved_days(to_ms(date(2027, 3, 27), time(2, 30)), 1)
