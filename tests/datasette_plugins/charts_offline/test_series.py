"""What of rows is drawn: gaps, thinning, marks. Without a page."""

from __future__ import annotations

import math
import random
import sys
from datetime import date, timedelta
from itertools import pairwise
from types import FrameType

import pytest
from datasette_charts_offline.drawing import HEIGHT, WIDTH, draw
from datasette_charts_offline.series import Row, picture, runs, scale
from datasette_charts_offline.settings import Chart, ChartError, chosen, configured
from datasette_charts_offline.view import make

FIRST = date(2026, 1, 1)


def days(values: list[float | None], series: str = "") -> list[Row]:
    return [
        Row((FIRST + timedelta(days=n)).isoformat(), value, series)
        for n, value in enumerate(values)
    ]


def test_a_missing_value_is_a_gap_and_no_nought() -> None:
    shown = picture(days([1.0, 2.0, None, 4.0, 5.0]))
    (series,) = shown.series
    assert [[part.mean for part in run] for run in runs(series, shown.kind)] == [[1, 2], [4, 5]]
    drawn = draw(shown, bars=False).series[0]
    assert drawn.line.count("M") == 2
    assert f" {HEIGHT:g}" not in drawn.line.split("M")[2]  # nothing falls to the ground


def test_missing_days_are_a_gap_although_no_row_says_so() -> None:
    rows = [row for n, row in enumerate(days([1.0] * 20)) if n not in {5, 6, 7, 8}]
    shown = picture(rows)
    assert [len(run) for run in runs(shown.series[0], shown.kind)] == [5, 11]


def test_two_series_at_different_moments_stay_lines() -> None:
    rows = [Row(f"2026-01-01T{h:02}:{m}", 1.0, m) for h in range(24) for m in ("00", "30")]
    shown = picture(rows)
    assert [len(runs(one, shown.kind)) for one in shown.series] == [1, 1]


def test_thinning_keeps_the_extremes_the_mean_and_every_value() -> None:
    rng = random.Random(7)
    values: list[float | None] = [rng.uniform(-5, 5) for _ in range(5000)]
    values[1234], values[4321] = 99.0, -99.0
    values[10] = None
    shown = picture(days(values), parts=50)
    (series,) = shown.series
    assert shown.thinned
    assert len(series.parts) == 50
    assert max(part.high or 0.0 for part in series.parts) == 99.0
    assert min(part.low or 0.0 for part in series.parts) == -99.0
    assert sum(part.values for part in series.parts) == 4999
    assert sum(part.missing for part in series.parts) == 1
    mean = math.fsum((part.mean or 0.0) * part.values for part in series.parts) / 4999
    assert mean == pytest.approx(math.fsum(v for v in values if v is not None) / 4999)
    assert all(p.low <= p.mean <= p.high for p in series.parts if p.mean is not None)  # type: ignore[operator]
    assert draw(shown, bars=False).series[0].band


def lines_run(rows: list[Row], parts: int) -> int:
    """Return how many lines of code run for a picture."""
    count = 0

    def traced(frame: FrameType, event: str, _: object) -> object:
        nonlocal count
        count += event == "line" and frame.f_code.co_filename == picture.__code__.co_filename
        return traced

    before = sys.gettrace()
    sys.settrace(traced)
    try:
        picture(rows, parts)
    finally:
        sys.settrace(before)
    return count


def test_the_work_for_a_row_does_not_grow_with_the_places() -> None:
    rows = [row for name in "ab" for row in days([1.0] * 500, name)]
    assert lines_run(rows, 200) - lines_run(rows, 10) < 50 * 200


@pytest.mark.parametrize(
    ("across", "kind"),
    [
        (["2026-01-01", "2026-01-02"], "time"),
        (["2026-01-01T00:00Z", "2026-01-02T00:00+01:00"], "time"),
        ([1, 2.5], "number"),
        (["Halle", "2026-01-01"], "name"),
        ([1, "zwei"], "name"),
        ([], "name"),
    ],
)
def test_the_way_across_is_known_by_its_values(across: list[object], kind: str) -> None:
    assert picture([Row(x, 1.0, "") for x in across]).kind == kind


@pytest.mark.parametrize(
    ("values", "zero", "first", "last"),
    [
        ([3.0, 97.0], True, 0, 100),
        ([40.0, 60.0], False, 40, 60),
        ([-3.0, 8.0], True, -5, 10),
        ([5.0], False, 4, 6),
        ([], False, 0, 1),
        ([0.001, 0.002], False, 0.001, 0.002),
        ([1e12, 1.5e12], True, 0, 1.5e12),
    ],
)
def test_marks_are_even_and_hold_all(
    values: list[float], *, zero: bool, first: float, last: float
) -> None:
    marks = scale(values, zero=zero)
    assert marks[0] == pytest.approx(first)
    assert marks[-1] == pytest.approx(last)
    assert 3 <= len(marks) <= 9


@pytest.mark.parametrize("bars", [True, False])
def test_everything_lies_in_the_field(*, bars: bool) -> None:
    rng = random.Random(3)
    for count in (1, 2, 7, 300):
        rows = [Row(n, rng.uniform(-9, 9), s) for n in range(count) for s in ("a", "b")]
        drawing = draw(picture(rows), bars=bars)
        for one in drawing.series:
            for bar in one.bars:
                assert 0 <= bar.x <= bar.x + bar.width <= WIDTH + 0.1
                assert 0 <= bar.y <= bar.y + bar.height <= HEIGHT + 0.1
            numbers = [float(n) for n in one.line.replace("M", " ").replace("L", " ").split()]
            assert all(0 <= n <= WIDTH for n in numbers)
            assert all(0 <= n <= HEIGHT for n in numbers[1::2])
        assert bars or count > 1 or all(one.dots for one in drawing.series)


@pytest.mark.parametrize(
    "places", [[0, 1, 9], [0, 5, 6, 30], [3], [1, 2, 3], [0.5, 0.75, 8]], ids=str
)
def test_bars_never_overlap(places: list[float]) -> None:
    rows = [Row(x, 1.0, s) for x in places for s in ("a", "b")]
    drawing = draw(picture(rows), bars=True)
    bars = sorted((bar for one in drawing.series for bar in one.bars), key=lambda bar: bar.x)
    assert len(bars) == len(rows)
    for before, after in pairwise(bars):
        assert before.x + before.width <= after.x + 0.02  # as far as coordinates are rounded
    assert bars[0].x >= 0
    assert bars[-1].x + bars[-1].width <= WIDTH + 0.02


@pytest.mark.parametrize(
    ("count", "missing", "kind", "named"),
    [
        (12, None, "bar", True),
        (13, None, "bar", False),
        (9, 4, "bar", False),  # a name in equal shares would stand below its neighbour
        (1, None, "bar", True),
        (12, None, "line", False),
    ],
)
def test_each_bar_has_its_name_where_all_can_stand_below(
    *, count: int, missing: int | None, kind: str, named: bool
) -> None:
    rows = [row for n, row in enumerate(days([1.0] * count)) if n != missing]
    view = make(Chart(kind, "tag", "wert"), rows, "de", name="Tabelle")
    assert view is not None
    assert view.each_named == named
    if named:
        assert view.axis[-1] == f"{FIRST + timedelta(days=count - 1):%d.%m.%Y}"
        assert len(view.axis) == len(rows)


def test_settings_are_checked() -> None:
    columns = ["tag", "wert", "haus"]
    base = configured({"x": "tag", "y": "wert", "unit": "kWh"}, columns)
    assert (base.kind, base.unit) == ("line", "kWh")
    for wrong in (
        {"x": "tag"},
        {"x": "tag", "y": "fehlt"},
        {"x": "tag", "y": "wert", "type": "pie"},
        {"x": "tag", "y": "wert", "color": "red"},
        {"x": "tag", "y": 1},
    ):
        with pytest.raises(ChartError):
            configured(wrong, columns)
    assert chosen(base, {}, columns) == base
    assert chosen(None, {}, columns) is None
    other = chosen(base, {"x": "tag", "y": "haus", "type": "bar"}, columns)
    assert other is not None
    assert (other.kind, other.unit) == ("bar", "")
    with pytest.raises(ChartError):
        chosen(base, {"x": "tag; DROP TABLE x"}, columns)
