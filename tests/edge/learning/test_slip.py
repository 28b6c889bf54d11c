"""Slip numbers: any way to type them, and no wrong sign goes unnoticed."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.learning.errors import SlipUnreadable
from edge.learning.slip import LENGTH, SIGNS, read_slip, shown, slip_of

tokens = st.text(min_size=1, max_size=40)


@given(tokens)
def test_a_number_is_read_however_it_is_typed(token: str) -> None:
    slip = slip_of(token)
    assert len(slip) == LENGTH
    assert set(slip) <= set(SIGNS)
    assert slip == slip_of(token)
    lookalike = slip.translate(str.maketrans("528U6", "SZBVG"))
    for typed in (slip, shown(slip), slip.lower(), f" {slip[:4]}-{slip[4:]}\n", lookalike):
        assert read_slip(typed) == slip


@given(tokens, st.integers(0, LENGTH - 1), st.sampled_from(SIGNS))
def test_every_single_wrong_sign_is_noticed(token: str, at: int, sign: str) -> None:
    slip = slip_of(token)
    wrong = slip[:at] + sign + slip[at + 1 :]
    if wrong != slip:
        with pytest.raises(SlipUnreadable):
            read_slip(wrong)


@given(tokens, st.integers(0, LENGTH - 2))
def test_two_signs_in_the_wrong_order_are_noticed(token: str, at: int) -> None:
    slip = slip_of(token)
    wrong = slip[:at] + slip[at + 1] + slip[at] + slip[at + 2 :]
    if wrong != slip:
        with pytest.raises(SlipUnreadable):
            read_slip(wrong)


@given(st.text())
def test_anything_else_is_said_to_be_none(typed: str) -> None:
    with contextlib.suppress(SlipUnreadable):
        slip = read_slip(typed)
        assert read_slip(slip) == slip


def test_a_long_text_is_not_read_through() -> None:
    with pytest.raises(SlipUnreadable):
        read_slip("2" * 10_000_000)


def test_other_attempts_give_other_numbers() -> None:
    assert len({slip_of("x", attempt) for attempt in range(100)}) == 100
