from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.learning.moment import local_day, span, to_local, to_ms
from edge.village.repeat import Event, Repeat, end_of, following, occurrences

FAR = to_ms(date(2040, 1, 1), time())


def event(day: date, repeat: Repeat = "", until: date | None = None, *times: time) -> Event:
    start, end = times or (time(19, 30), time(21))
    return Event(*span(day, start, end), repeat, until)


def days(one: Event, since: int = 0, until: int = FAR) -> list[date]:
    return [local_day(begin) for begin, _ in occurrences(one, since, until)]


def test_what_is_once_takes_place_once() -> None:
    one = event(date(2026, 12, 5))
    assert list(occurrences(one, 0, FAR)) == [(one.starts_at, one.ends_at)]
    assert days(one, since=one.ends_at) == []
    assert days(one, since=one.ends_at - 1) == [date(2026, 12, 5)]
    assert days(one, until=one.starts_at) == []
    # a last day that was left over from a repetition says nothing
    assert days(event(date(2026, 12, 5), "", date(2027, 12, 5))) == [date(2026, 12, 5)]


def test_each_week_and_every_second_one() -> None:
    assert days(event(date(2026, 12, 1), "week", date(2026, 12, 15))) == [
        date(2026, 12, 1), date(2026, 12, 8), date(2026, 12, 15),
    ]  # fmt: skip
    assert days(event(date(2026, 12, 1), "fortnight", date(2026, 12, 28))) == [
        date(2026, 12, 1), date(2026, 12, 15),
    ]  # fmt: skip


def test_a_day_that_a_month_lacks_is_left_out() -> None:
    assert days(event(date(2026, 12, 31), "month-day", date(2027, 5, 30))) == [
        date(2026, 12, 31), date(2027, 1, 31), date(2027, 3, 31),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (date(2026, 12, 8), [date(2026, 12, 8), date(2027, 1, 12), date(2027, 2, 9)]),  # second
        (date(2026, 12, 29), [date(2026, 12, 29), date(2027, 1, 26), date(2027, 2, 23)]),  # last
        (date(2026, 11, 30), [date(2026, 11, 30), date(2026, 12, 28), date(2027, 1, 25)]),
    ],
)
def test_the_same_weekday_of_each_month(first: date, expected: list[date]) -> None:
    assert days(event(first, "month-weekday", expected[-1])) == expected


def test_the_wall_clock_stays_when_summer_time_begins() -> None:
    weekly = event(date(2027, 3, 26), "week", date(2027, 4, 9))
    walls = {to_local(begin).time() for begin, _ in occurrences(weekly, 0, FAR)}
    assert walls == {time(19, 30)}
    begins = [begin for begin, _ in occurrences(weekly, 0, FAR)]
    assert begins[1] - begins[0] == (7 * 24 - 1) * 3_600_000


def test_a_night_in_which_the_clock_jumps_over_it_has_none() -> None:
    nightly = event(date(2027, 3, 21), "week", date(2027, 4, 4), time(2, 30), time(4))
    assert days(nightly) == [date(2027, 3, 21), date(2027, 4, 4)]


def test_past_midnight_it_ends_the_day_after_each_time() -> None:
    dance = event(date(2026, 12, 5), "week", date(2026, 12, 12), time(20), time(1))
    assert [to_local(end).date() for _, end in occurrences(dance, 0, FAR)] == [
        date(2026, 12, 6), date(2026, 12, 13),
    ]  # fmt: skip


def test_the_next_time_and_the_last() -> None:
    weekly = event(date(2026, 12, 1), "week", date(2026, 12, 15))
    during = to_ms(date(2026, 12, 8), time(20))
    found = following(weekly, during)
    assert found is not None
    assert local_day(found[0]) == date(2026, 12, 8)
    assert following(weekly, end_of(weekly)) is None
    assert local_day(end_of(weekly)) == date(2026, 12, 15)
    # one that ends before it began is the one time it is
    assert end_of(event(date(2026, 12, 1), "week", date(2026, 11, 1))) == weekly.ends_at
    assert end_of(event(date(2026, 12, 1), "week")) == weekly.ends_at


@given(
    day=st.dates(date(2025, 1, 1), date(2030, 1, 1)),
    repeat=st.sampled_from(["week", "fortnight", "month-day", "month-weekday"]),
    length=st.integers(1, 366),
    start=st.times(),
)
def test_times_are_in_order_within_bounds_and_alike(
    day: date, repeat: Repeat, length: int, start: time
) -> None:
    start = start.replace(second=0, microsecond=0, hour=max(4, start.hour))
    until = day + timedelta(length)
    found = list(occurrences(event(day, repeat, until, start, time(3)), 0, FAR))
    begins = [begin for begin, _ in found]
    assert begins == sorted(set(begins))
    assert all(begin < end for begin, end in found)
    assert all(day <= local_day(begin) <= until for begin in begins)
    assert {to_local(begin).time() for begin in begins} == {start}
    if repeat != "month-day":
        assert {local_day(begin).weekday() for begin in begins} == {day.weekday()}
