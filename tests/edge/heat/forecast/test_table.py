"""Tables as meters, spreadsheets and people write them."""

from __future__ import annotations

import numpy as np
import pytest

from edge.heat.forecast import table
from edge.heat.forecast.findings import Rule, SeriesError
from edge.heat.forecast.table import read

HEAD = "time_utc,heat,temp_c"


def _rules(found: table.Table) -> dict[Rule, int]:
    return {one.rule: one.count for one in found.findings}


def test_what_the_contract_says() -> None:
    found = read([HEAD, "2014-01-01 00:00:00+00:00,167.59,3.6", "2014-01-01 01:00:00+00:00,168,-1"])
    assert found.time_s.tolist() == [1388534400, 1388538000]
    assert found.heat.tolist() == [167.59, 168.0]
    assert found.temp_c.tolist() == [3.6, -1.0]
    assert found.findings == ()


@pytest.mark.parametrize(
    "lines",
    [
        ["temp_c,x,heat,time_utc,y", "3.6,a,167.5,2014-01-01T01:00:00+01:00,"],
        ["time_utc;heat;temp_c", "2014-01-01 00:00Z;167,5;3,6"],
        ["time_utc\theat\ttemp_c", "01.01.2014 00:00\t167.5\t3.6"],
        ["\ufeff Time_UTC , HEAT,'temp_c'", "2014-01-01,167.5,3.6", "", ",,"],
        [HEAD, '"2014-01-01 00:00:00","167.5","3.6"'],
    ],
    ids=["order", "semicolon", "tab", "heading", "quotes"],
)
def test_other_ways_to_write_the_same(lines: list[str]) -> None:
    found = read(lines)
    assert found.time_s.tolist() == [1388534400]
    assert (found.heat[0], found.temp_c[0]) == (167.5, 3.6)
    assert found.findings == ()


@pytest.mark.parametrize(
    ("heat", "numbers", "rules"),
    [
        (["1.234", "987", "12.345"], [1234.0, 987.0, 12345.0], {Rule.THOUSANDS: 2}),
        (["1.234,5", "1.234", "987,5"], [1234.5, 1234.0, 987.5], {Rule.THOUSANDS: 2}),
        (["1,234.5", "987.5", "-2,000"], [1234.5, 987.5, -2000.0], {Rule.THOUSANDS: 2}),
        (["1.234.567", "987,5", "1.234"], [1234567.0, 987.5, 1234.0], {Rule.THOUSANDS: 2}),
        (["1.234", "0.987", "2"], [1.234, 0.987, 2.0], {}),
        (["1.234", "2.500"], [1.234, 2.5], {}),
        (["1.234", "9876"], [1.234, 9876.0], {}),
        (["1,5", "2.5"], [1.5, 2.5], {}),
        (["1.234", "987,654"], [1.234, 987.654], {}),
    ],
)
@pytest.mark.parametrize("delimiter", [";", ","])
def test_a_column_shows_its_decimal_sign(
    delimiter: str, heat: list[str], numbers: list[float], rules: dict[Rule, int]
) -> None:
    rows = [f'2014-01-0{day}{delimiter}"{cell}"{delimiter}3' for day, cell in enumerate(heat, 1)]
    found = read([HEAD.replace(",", delimiter), *rows])
    assert found.heat.tolist() == numbers
    assert _rules(found) == rules


def test_a_quote_that_is_not_closed_takes_no_other_row_with_it() -> None:
    rows = [f"2014-01-{day:02},{day},2,x" for day in range(1, 20)]
    rows[3] += '"'
    rows[9] = rows[9].replace("x", '"x')
    rows[12] = rows[12].replace("2014", '"2014', 1)
    rows[15] = f'{rows[15]},"{"y" * 200_000}"'
    found = read([HEAD + ",note", *rows])
    assert found.heat.tolist() == list(range(1, 20))
    assert _rules(found) == {Rule.STRAY_QUOTE: 4}
    assert found.findings[0].first == "Zeile 5"


def test_of_two_columns_of_one_name_it_says_which_counts() -> None:
    found = read(["time_utc,heat,temp_c,heat", "2014-01-01,1,2,9"])
    assert found.heat.tolist() == [1.0]
    assert _rules(found) == {Rule.SAME_COLUMN: 2}


def test_utc_may_be_said_behind_a_time() -> None:
    found = read(_hours("2014-01-01 00:00:00 UTC", "2014-01-01 01:00 utc", "01.01.2014 02:00 UTC"))
    assert found.time_s.tolist() == [1388534400, 1388538000, 1388541600]


@pytest.mark.parametrize("stamp", ["0001-01-01T00:00+02:00", "9999-12-31T23:00-05:00"])
def test_times_beyond_the_calendar_are_no_times(stamp: str) -> None:
    found = read(_hours(stamp, "2014-01-01"))
    assert found.time_s.tolist() == [1388534400]
    assert _rules(found) == {Rule.BAD_TIME: 1}


def test_what_is_missing_is_missing() -> None:
    found = read([HEAD, "2014-01-01,,nan", "2014-01-02,NA,-"])
    assert np.isnan(found.heat).all()
    assert np.isnan(found.temp_c).all()
    assert found.findings == ()


def test_what_cannot_be_read_is_told_with_its_line() -> None:
    found = read(
        [
            HEAD,
            "gestern,1,2",
            "2014-01-01,viel,2",
            "2014-01-02,inf,2",
            "2014-01-03,1",
            "31.02.2014,1,2",
        ]
    )
    assert _rules(found) == {Rule.BAD_TIME: 2, Rule.BAD_NUMBER: 2, Rule.SHORT_LINE: 1}
    assert [one.first for one in found.findings] == ["Zeile 2", "Zeile 3", "Zeile 5"]
    assert found.time_s.size == 3
    assert np.isnan(found.temp_c[2])


def test_columns_are_needed() -> None:
    with pytest.raises(SeriesError, match="temp_c") as caught:
        read(["time_utc,heat", "2014-01-01,1"])
    assert "temp_c" in caught.value.hint


@pytest.mark.parametrize("lines", [[], [HEAD], [HEAD, "gestern,1,2"]])
def test_rows_are_needed(lines: list[str]) -> None:
    with pytest.raises(SeriesError):
        read(lines)


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "MOST_ROWS", 2)
    with pytest.raises(SeriesError, match="more than 2"):
        read([HEAD, *["2014-01-01,1,2"] * 3])


def _hours(*stamps: str) -> list[str]:
    return [HEAD, *(f"{stamp},1,2" for stamp in stamps)]


def test_times_without_zone_are_utc() -> None:
    found = read(_hours(*(f"2014-10-26 {hour:02}:00" for hour in range(6))))
    assert np.diff(found.time_s).tolist() == [3600] * 5
    assert found.time_s[0] == 1414281600
    assert found.findings == ()


def test_local_times_are_known_by_the_hour_that_comes_twice() -> None:
    hours = [0, 1, 2, 2, 3, 4]
    found = read(_hours(*(f"2014-10-26 {hour:02}:00" for hour in hours)))
    assert np.diff(found.time_s).tolist() == [3600] * 5
    assert found.time_s[0] == 1414281600 - 7200
    assert _rules(found) == {Rule.LOCAL_TIME: 6}


def test_local_times_are_known_by_the_hour_that_lacks() -> None:
    hours = [0, 1, 3, 4]
    found = read(_hours(*(f"2014-03-30 {hour:02}:00" for hour in hours)))
    assert np.diff(found.time_s).tolist() == [3600] * 3
    assert _rules(found) == {Rule.LOCAL_TIME: 4}


def test_one_change_of_time_that_is_not_made_means_utc() -> None:
    spring = [f"2014-03-30 {hour:02}:00" for hour in (0, 1, 3, 4)]  # a gap may lie here by chance
    autumn = [f"2014-10-26 {hour:02}:00" for hour in range(5)]
    assert read(_hours(*spring, *autumn)).findings == ()


def test_a_zone_in_the_time_wins() -> None:
    found = read(_hours("2014-10-26 02:00:00+02:00", "2014-10-26 02:00:00+01:00"))
    assert np.diff(found.time_s).tolist() == [3600]
    assert found.findings == ()
