"""Days, hours, holidays and the sun, against what almanacs say."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest

from edge.heat.forecast import calendar


def _hour(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp()) // 3600  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("begin", "shown"),
    [
        ((2014, 3, 30, 0), [1, 3, 4]),
        ((2014, 10, 26, 0), [2, 2, 3]),
        ((2014, 12, 31, 22), [23, 0, 1]),
        ((2014, 6, 30, 21), [23, 0, 1]),
    ],
)
def test_hours_on_local_clocks(begin: tuple[int, ...], shown: list[int]) -> None:
    _, hour = calendar.local(_hour(*begin), 3)
    assert hour.tolist() == shown


def test_days_on_local_clocks() -> None:
    day, _ = calendar.local(_hour(2014, 12, 31, 22), 3)
    first = date(2014, 12, 31).toordinal()
    assert day.tolist() == [first, first + 1, first + 1]
    seconds = np.array([_hour(2014, 12, 31, 23) * 3600 + 5, _hour(2014, 12, 31, 22) * 3600])
    assert calendar.ordinal_of(seconds).tolist() == [first + 1, first]


def test_holidays_are_sundays_and_their_eves_are_known() -> None:
    first = date(2014, 12, 23).toordinal()
    days = calendar.days(np.arange(first, first + 5))
    assert days.weekday.tolist() == [1, 2, 6, 6, 5]
    assert days.before_rest.tolist() == [False, True, True, True, True]


@pytest.mark.parametrize(
    ("day", "light_h"),
    # Kassel (51.3 N), without refraction and the sun's width, which add some ten minutes
    [(date(2014, 6, 21), 16.4), (date(2014, 12, 21), 7.6), (date(2014, 3, 20), 12.0)],
)
def test_length_of_light(day: date, light_h: float) -> None:
    found = calendar.days(np.array([day.toordinal()])).light_h[0]
    assert found == pytest.approx(light_h, abs=0.15)


def test_height_of_the_sun() -> None:
    noon, night = _hour(2014, 6, 21, 11), _hour(2014, 6, 21, 23)
    angle = calendar.days(np.array([date(2014, 6, 21).toordinal()])).year_angle
    found = calendar.sun_height(np.array([noon, night]), np.repeat(angle, 2))
    assert np.degrees(np.arcsin(found[0])) == pytest.approx(62.4, abs=0.5)
    assert found[1] == 0.0
