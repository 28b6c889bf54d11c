"""What a drawing shows is there, and what is not there no line shows."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.ward import chart
from edge.ward.chart import (
    COLUMNS,
    HEIGHT,
    WIDTH,
    Band,
    Curve,
    Limit,
    Point,
    Window,
    draw,
    runs,
    scale,
    thinned,
)  # fmt: skip

BERLIN = ZoneInfo("Europe/Berlin")
DAY_MS = 86_400_000
NOW_MS = round(datetime(2026, 11, 23, 15, 24, tzinfo=UTC).timestamp() * 1000)
MONTH = Window.until(NOW_MS, 30, BERLIN)


def each_day(*values: float, first: int = 0) -> list[Point]:
    begin = MONTH.since_ms + 8 * 3_600_000 + first * DAY_MS
    return [Point(begin + n * DAY_MS, one) for n, one in enumerate(values)]


def points(text: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (one.split(",") for one in text.split())]


def dots(path: str) -> int:
    return len(re.findall("M", path))


def test_a_month_ends_with_today() -> None:
    assert MONTH.first == date(2026, 10, 25)
    assert MONTH.since_ms < NOW_MS < MONTH.until_ms


def test_each_day_is_as_wide_also_when_the_clock_is_put_back() -> None:
    """25 October 2026 has 25 hours: its noon is in the middle of the clock's day all the same."""
    widths = [MONTH.x(chart._midnight(date(2026, 10, 25 + n), BERLIN)) for n in range(3)]
    assert widths == pytest.approx([0, WIDTH / 30, 2 * WIDTH / 30])
    assert MONTH.until_ms - MONTH.since_ms == 30 * DAY_MS + 3_600_000


def test_nothing_is_no_drawing() -> None:
    assert draw([Curve("a", ())], MONTH) is None
    assert draw([Curve("a", [Point(MONTH.since_ms - 1, 1.0)])], MONTH) is None
    assert draw([Curve("a", [Point(MONTH.until_ms, 1.0)])], MONTH) is None


def test_values_stand_where_the_scale_says() -> None:
    found = draw([Curve("a", each_day(100, 150, 200))], MONTH)
    assert found is not None
    assert found.ticks == (200, 175, 150, 125, 100) or found.ticks[0] >= 200
    top, bottom = found.ticks[0], found.ticks[-1]
    (line,) = found.curves[0].lines
    for (_, y), value in zip(points(line), (100, 150, 200), strict=True):
        assert y == pytest.approx(HEIGHT * (top - value) / (top - bottom), abs=0.1)


def test_no_line_over_days_without_a_value() -> None:
    values = [*each_day(1, 2, 3), *each_day(4, 5, first=9)]
    found = draw([Curve("a", values)], MONTH, end_ms=NOW_MS)
    assert found is not None
    assert [len(points(one)) for one in found.curves[0].lines] == [3, 2]
    spans = [round((one.until - one.since) / DAY_MS) for one in found.gaps]
    assert spans == [7, 19]  # between, and since


def test_one_day_left_out_is_no_gap_and_two_are() -> None:
    assert len(runs([*each_day(1, 2, 3), *each_day(4, 5, 6, first=4)])) == 1
    assert len(runs([*each_day(1, 2, 3), *each_day(4, 5, 6, first=5)])) == 2


def test_who_measures_once_a_week_has_no_gaps() -> None:
    weekly = [each_day(70, first=7 * n)[0] for n in range(5)]
    assert len(runs(weekly)) == 1


def test_after_now_nothing_is_missing_yet() -> None:
    found = draw([Curve("a", each_day(*range(30)))], MONTH, end_ms=NOW_MS)
    assert found is not None
    assert found.gaps == ()


def test_an_unknown_time_is_a_point_and_never_part_of_a_line() -> None:
    values = each_day(1, 2, 3)
    values[1] = Point(values[1].at, 2.0, certain=False)
    found = draw([Curve("a", values)], MONTH)
    assert found is not None
    assert dots(found.curves[0].doubtful) == 1
    (line,) = found.curves[0].lines
    assert len(points(line)) == 2
    assert dots(found.curves[0].dots) == 2


def test_only_unknown_times_make_points_and_no_gap() -> None:
    found = draw([Curve("a", [Point(NOW_MS, 5.0, certain=False)])], MONTH, end_ms=NOW_MS)
    assert found is not None
    assert (found.curves[0].lines, found.gaps, dots(found.curves[0].doubtful)) == ((), (), 1)


def test_band_and_limits_are_inside_the_picture() -> None:
    bands = [Band(MONTH.since_ms - DAY_MS, MONTH.until_ms + DAY_MS, 100, 220, "a")]
    found = draw([Curve("a", each_day(150))], MONTH, bands=bands, limits=[Limit(60), Limit(240)])
    assert found is not None
    (band,) = found.bands
    assert (band.left, band.width) == (0, WIDTH)
    assert 0 < band.top < band.top + band.height < HEIGHT
    assert all(0 <= one.y <= HEIGHT for one in found.limits)
    assert found.ticks[0] >= 240
    assert found.ticks[-1] <= 60


def test_a_band_of_another_month_is_not_drawn() -> None:
    old = Band(MONTH.since_ms - 9 * DAY_MS, MONTH.since_ms, 1, 9000)
    found = draw([Curve("a", each_day(150))], MONTH, bands=[old])
    assert found is not None
    assert found.bands == ()
    assert found.ticks[0] < 9000


def test_a_calm_week_does_not_look_wild() -> None:
    found = draw([Curve("a", each_day(36.6, 36.7, 36.6))], MONTH, least_span=4)
    assert found is not None
    assert found.ticks[0] - found.ticks[-1] >= 4


def test_ten_thousand_values_are_as_light_as_some_hundred() -> None:
    step = 30 * DAY_MS // 10_000
    many = [Point(MONTH.since_ms + n * step, 100 + n % 97) for n in range(10_000)]
    many[4321] = Point(many[4321].at, 999.0)
    many[7654] = Point(many[7654].at, -5.0)
    found = draw([Curve("a", many)], MONTH)
    assert found is not None
    (line,) = found.curves[0].lines
    drawn = points(line)
    assert len(drawn) <= 4 * COLUMNS
    top, bottom = found.ticks[0], found.ticks[-1]
    for value in (999.0, -5.0):
        y = HEIGHT * (top - value) / (top - bottom)
        assert any(abs(one - y) < 0.1 for _, one in drawn), value
    assert found.curves[0].dots == ""


def test_one_value_alone_is_a_point() -> None:
    found = draw([Curve("a", each_day(5))], MONTH)
    assert found is not None
    assert found.curves[0].lines == ()
    assert dots(found.curves[0].dots) == 1


@pytest.mark.parametrize("days", [1, 7, 13, 14, 30, 90, 365])
def test_days_below_the_picture_are_evenly_apart(days: int) -> None:
    window = Window(date(2026, 1, 1), days, BERLIN)
    found = draw([Curve("a", [Point(window.since_ms, 1.0)])], window)
    assert found is not None
    assert found.days[0] == window.first
    apart = {b - a for a, b in zip(found.days, found.days[1:], strict=False)}
    assert len(apart) <= 1
    if apart:
        assert days == len(found.days) * apart.pop().days


finite = st.floats(-1e6, 1e6, allow_nan=False)


@given(finite, finite, st.floats(0.01, 1e4))
def test_the_scale_holds_everything(a: float, b: float, span: float) -> None:
    low, high = min(a, b), max(a, b)
    ticks = scale(low, high, span)
    slack = 1e-6 * max(1.0, abs(low), abs(high))
    assert 3 <= len(ticks) <= 6
    assert ticks[0] >= high - slack
    assert ticks[-1] <= low + slack
    apart = [x - y for x, y in itertools.pairwise(ticks)]
    assert max(apart) == pytest.approx(min(apart), abs=1e-5)
    assert min(apart) > 0


@given(st.lists(st.tuples(st.integers(0, 30 * DAY_MS - 1), finite), min_size=1, max_size=900))
def test_thinning_keeps_ends_and_extremes_in_order(raw: list[tuple[int, float]]) -> None:
    all_ = [Point(MONTH.since_ms + at, value) for at, value in sorted(raw)]
    kept = thinned(all_, MONTH)
    assert len(kept) <= 4 * (COLUMNS + 1)
    assert kept[0].at == all_[0].at
    assert kept[-1].at == all_[-1].at
    assert {max(p.value for p in all_), min(p.value for p in all_)} <= {p.value for p in kept}
    assert [p.at for p in kept] == sorted(p.at for p in kept)
    assert set(kept) <= set(all_)
