from __future__ import annotations

from collections.abc import Callable
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.learning.entered import Entered, read_day
from edge.learning.errors import Refused


def typed(text: str) -> Entered:
    return Entered({"x": [text]})


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("24.12.2026", date(2026, 12, 24)),
        (" 6.1.27 ", date(2027, 1, 6)),
        ("6.1.2027.", date(2027, 1, 6)),
        ("2026-12-24", date(2026, 12, 24)),
        ("29.2.2028", date(2028, 2, 29)),
    ],
)
def test_a_day_is_read_as_people_write_it(text: str, day: date) -> None:
    assert typed(text).day("x") == day
    assert typed(f"{text}, {text};\n{text}").days("x") == {day}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "29.2.2027",
        "1.1",
        "1.1.202",
        "100.1.2026",
        "1-1-1-1",
        "٢٤.12.2026",
        "a.b.c",
        "..",
        "1..2026",
    ],
)
def test_what_is_no_day_is_refused(text: str) -> None:
    assert read_day(text) is None
    with pytest.raises(Refused) as refused:
        typed(text).day("x")
    assert refused.value.field == "x"
    assert "24.12.2026" in refused.value.hint


@pytest.mark.parametrize(
    ("text", "wall"),
    [("18:30", time(18, 30)), ("8.05", time(8, 5)), ("18", time(18)), (" 0:00 ", time(0))],
)
def test_a_time_is_read_as_people_write_it(text: str, wall: time) -> None:
    assert typed(text).time("x") == wall


@pytest.mark.parametrize("text", ["", "25:00", "12:60", "halb acht", ":30", "12:345", "-1:00", "²"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="x cannot"):
        typed(text).time("x")


@pytest.mark.parametrize(
    ("text", "cents"),
    [("12,50", 1250), ("12.5 €", 1250), ("", 0), ("7", 700), ("0,05", 5), ("12,", 1200)],
)
def test_an_amount_is_read_as_people_write_it(text: str, cents: int) -> None:
    assert typed(text).cents("x") == cents


@pytest.mark.parametrize("text", ["viel", "-5", "1,234", ",50", "1.000,50", "9" * 10, "²"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        typed(text).cents("x")


def test_numbers_and_what_was_not_sent() -> None:
    assert (typed(" 12 ").number("x"), typed("").number("x", empty=3)) == (12, 3)
    nothing = Entered({"leer": []})
    assert (nothing.text("x"), nothing.many("x"), nothing.has("leer")) == ("", (), False)
    assert Entered({"x": ["a", "b"]}).many("x") == ["a", "b"]
    for text in ("-1", "1e3", "9" * 10, "٣"):
        with pytest.raises(Refused):
            typed(text).number("x")


@given(st.text())
def test_whatever_is_typed_only_refusals_come(text: str) -> None:
    form = typed(text)
    for read in (form.day, form.days, form.time, form.cents, form.number):
        hint = _refusal(read)
        assert len(hint) < 200


def _refusal(read: Callable[[str], object]) -> str:
    try:
        read("x")
    except Refused as refused:
        return refused.hint
    return ""
