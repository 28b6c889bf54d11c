from __future__ import annotations

import contextlib
import re
import time

import pytest
from datasette_ngsi_ld.errors import NgsiError
from datasette_ngsi_ld.pattern import Pattern
from hypothesis import given
from hypothesis import strategies as st

ATOMS = st.sampled_from(
    ["a", "b", ".", "[ab]", "[^a]", "a*", "b+", "(ab)?", "a{1,2}", "(a|b)", "^", "$"]
)


@given(st.lists(ATOMS, max_size=6).map("".join), st.text("abc", max_size=8))
def test_it_finds_what_the_library_finds(pattern: str, text: str) -> None:
    assert Pattern(pattern).found_in(text) == bool(re.search(pattern, text))


@given(st.text("ab()[]{}|*+?^$\\.,12-", max_size=30), st.text("ab", max_size=5))
def test_anything_is_a_pattern_or_refused(pattern: str, text: str) -> None:
    with contextlib.suppress(NgsiError):
        Pattern(pattern).found_in(text)


def test_no_pattern_runs_away() -> None:
    begin = time.process_time()
    for pattern in ("(a*)*b", "(a|a)*b", "(a+)+(a+)+b", ".*.*.*.*.*b"):
        assert not Pattern(pattern).found_in("a" * 300)
    assert (
        time.process_time() - begin < 20
    )  # the library's own would take longer than anybody lives


@pytest.mark.parametrize(
    "pattern", ["(" * 50, "a{200}", "((((a{99}){99}){99}){99})", "((((){99}){99}){99}){99}"]
)
def test_too_much_is_refused(pattern: str) -> None:
    with pytest.raises(NgsiError):
        Pattern(pattern)
