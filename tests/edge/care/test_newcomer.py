"""What was confirmed of a number's former user is not a word about the new one."""

from __future__ import annotations

import pytest
from hypothesis import given as given_any
from hypothesis import strategies as st

from edge.care.newcomer import as_of
from edge.care.owner import owner
from edge.store.personal_rows import Assignment

ERNA, KARL = 1, 2
NOW = 1000


def given(person: int, index: int | None, at: int, until: int | None = None) -> Assignment:
    return Assignment("ble:1", person, index, at, until, at, "vor Ort")


def whose(assignments: list[Assignment], user: int, received_at: int, *began: int) -> int | None:
    found = as_of(assignments, user, received_at, [(user, at) for at in began], NOW)
    return owner(found, user, received_at, several=True)


@pytest.mark.parametrize("index", [0, None])
def test_a_number_that_changed_hands_is_nobodys_until_somebody_says_so(index: int | None) -> None:
    erna = [given(ERNA, index, 100)]
    assert whose(erna, 0, 900) == ERNA
    assert whose(erna, 0, 499, 500) == ERNA
    assert whose(erna, 0, 500, 500) is None
    assert whose(erna, 0, 900, 50, 500, 950) is None
    assert as_of(erna, 1, 900, [(0, 500)], NOW) == erna
    # who names nobody may be the newcomer
    assert owner(as_of(erna, None, 900, [(0, 500)], NOW), None, 900, several=True) is None
    assert as_of(erna, None, 499, [(0, 500)], NOW) == erna


def test_a_new_word_counts() -> None:
    both = [given(ERNA, 0, 100, 600), given(KARL, 0, 600)]
    assert whose(both, 0, 700, 500) == KARL
    assert whose(both, 0, 550, 500) is None  # before the word: may be claimed one by one
    assert whose(both, 0, 700, 500, 650) is None
    assert whose([given(ERNA, 0, 100)], 0, 900, 100) == ERNA  # said when it was registered


def test_a_hub_that_does_not_know_the_time_takes_no_old_word() -> None:
    erna = [given(ERNA, 0, 100)]
    assert owner(as_of(erna, 0, None, [(0, 500)], NOW), 0, None, several=True) is None
    karl = [given(ERNA, 0, 100, 600), given(KARL, 0, 600)]
    assert owner(as_of(karl, 0, None, [(0, 500)], NOW), 0, None, several=True) == KARL


def test_a_clock_that_was_set_back_confirms_nothing() -> None:
    erna = [given(ERNA, 0, 100)]
    # the number changed hands at what the clock then called 5000
    assert whose(erna, 0, 900, 5000) is None
    # and it was confirmed by that clock: before, or after? nobody knows
    assert whose([given(ERNA, 0, 6000)], 0, 900, 5000) is None
    assert whose([given(ERNA, 0, 6000)], 0, 900, 500) is None
    assert whose([given(KARL, 0, 1000)], 0, 1000, 5000) == KARL  # said anew


moments = st.integers(0, 30)
words = st.lists(
    st.builds(
        lambda person, index, at, length, confirmed: Assignment(
            "ble:1", person, index, at, None if length is None else at + length, confirmed
        ),
        st.integers(1, 3),
        st.none() | st.integers(0, 2),
        moments,
        st.none() | st.integers(0, 10),
        st.none() | moments,
    ),
    max_size=6,
)
beginnings = st.lists(st.tuples(st.integers(0, 2), moments), max_size=4)


@given_any(
    words,
    st.none() | st.integers(0, 2),
    moments,
    st.none() | moments,
    st.tuples(beginnings, moments),
)
def test_nobody_has_a_value_by_a_word_about_who_had_the_number_before(
    said: list[Assignment],
    user: int | None,
    received_at: int,
    moment: int | None,
    changed: tuple[list[tuple[int, int]], int],
) -> None:
    began, now_ms = changed
    found = owner(as_of(said, user, received_at, began, now_ms), user, moment, several=True)
    if found is None:
        return
    changes = [
        at
        for index, at in began
        if (user is None or index == user) and (at <= received_at or at > now_ms)
    ]
    good = [
        one
        for one in said
        if one.person == found
        and one.user_index in {None, user}
        and one.confirmed_at is not None
        and (not changes or min(max(changes), now_ms) <= one.confirmed_at <= now_ms)
    ]
    assert good
    if moment is not None and any(one.holds_at(moment) for one in good):
        # nobody else was said to have this very number then
        own = [one for one in said if one.user_index == user and one.holds_at(moment)]
        assert {one.person for one in own} <= {found}


@given_any(words, st.none() | st.integers(0, 2), moments, beginnings, moments)
def test_to_know_less_of_the_time_gives_nobody_more_words(
    said: list[Assignment],
    user: int | None,
    received_at: int,
    began: list[tuple[int, int]],
    now_ms: int,
) -> None:
    timed = as_of(said, user, received_at, began, now_ms)
    untimed = as_of(said, user, None, began, now_ms)
    for sure, unsure in zip(timed, untimed, strict=True):
        assert unsure.confirmed_at in {None, sure.confirmed_at}
