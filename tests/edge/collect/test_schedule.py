from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.collect.schedule import Pace, following

MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2035, 1, 1)).map(  # noqa: DTZ001
    lambda at: at.replace(tzinfo=UTC)
)


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@given(MOMENTS, st.sampled_from(["quarter-hour", "hour", "03:00", "23:59", "00:00"]))
def test_what_follows_is_later_and_on_the_mark(now: datetime, poll_at: str) -> None:
    due = following(poll_at, now)
    assert due > now
    longest = {"quarter-hour": 900, "hour": 3600}.get(poll_at, 86_400 + 3600)
    assert due - now <= timedelta(seconds=longest)
    assert due.microsecond == due.second == 0
    if poll_at == "quarter-hour":
        assert due.minute % 15 == 0
    elif poll_at == "hour":
        assert due.minute == 0
    else:
        assert due.astimezone().strftime("%H:%M") == poll_at
    assert following(poll_at, due) > due


@pytest.mark.usefixtures("berlin")
def test_a_time_of_day_is_local_and_survives_the_clock_change() -> None:
    eve = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
    assert following("03:00", eve) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert following("03:00", datetime(2026, 3, 29, 1, 0, tzinfo=UTC)) == datetime(
        2026, 3, 30, 1, 0, tzinfo=UTC
    )
    assert following("03:00", datetime(2026, 3, 27, 12, 0, tzinfo=UTC)) == datetime(
        2026, 3, 28, 2, 0, tzinfo=UTC
    )
    assert following("02:30", eve) > eve  # a time that the change leaves out


def test_a_time_without_an_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        following("hour", datetime(2026, 1, 1))  # noqa: DTZ001


NOON = datetime(2026, 1, 31, 12, 1, tzinfo=UTC)


def test_a_free_pace_begins_at_once_and_skips_what_it_missed() -> None:
    pace = Pace("", 10.0)
    assert pace.wait_s(NOON, 100.0) < 0
    pace.asked(NOON, 100.0)
    assert pace.wait_s(NOON, 100.0) == 10.0
    pace.asked(NOON, 111.0)
    assert pace.wait_s(NOON, 111.0) == 9.0


def test_a_bound_pace_waits_for_the_mark_and_notices_a_clock_that_is_set() -> None:
    pace = Pace("quarter-hour", 900.0)
    assert pace.wait_s(NOON, 0.0) == 14 * 60
    assert pace.wait_s(NOON + timedelta(minutes=14), 0.0) == 0
    pace.asked(NOON + timedelta(minutes=14, seconds=3), 0.0)
    assert pace.wait_s(NOON + timedelta(minutes=15), 0.0) == 14 * 60
    assert 0 < pace.wait_s(NOON - timedelta(days=400), 0.0) <= 900  # set back
    assert pace.wait_s(NOON + timedelta(days=400), 0.0) <= 0  # set forward: late, so ask
