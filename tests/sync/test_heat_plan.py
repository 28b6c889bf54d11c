"""Names of an area's places as they are told to the county."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sync.heat_plan import MAX_NAMES, told_names


def test_names_stand_in_one_line_however_they_were_typed() -> None:
    assert told_names("Am\u00a0Berg (1), Zum  Tal\n, , Weg") == "Am Berg (1), Zum Tal, Weg"


def test_names_for_which_there_is_no_room_are_counted() -> None:
    told = told_names(", ".join(f"Straße am Rand {n:03d}" for n in range(400)))
    names = told.split(", ")
    assert len(told) <= MAX_NAMES
    assert names[-1] == f"und {400 - len(names) + 1} weitere"
    assert told_names("x" * (MAX_NAMES + 1)) == "und 1 weitere"


@given(st.lists(st.text(max_size=60), max_size=200))
def test_whatever_they_are_a_reader_takes_them(names: list[str]) -> None:
    told = told_names(", ".join(names))
    assert len(told) <= MAX_NAMES
    assert told.isprintable()
    assert told_names(told) == told
