from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.care.owner import has_several_users, owner
from edge.store.personal_rows import Assignment

ERNA, HEINZ = 1, 2


def held(
    person: int,
    user: int | None = None,
    since: int = 100,
    until: int | None = None,
    *,
    confirmed: bool = False,
) -> Assignment:
    return Assignment("ble:A", person, user, since, until, since if confirmed else None)


@pytest.mark.parametrize(
    ("users", "announced", "assigned", "several"),
    [
        (0, False, [], False),
        (1, False, [held(ERNA)], False),
        (2, False, [held(ERNA)], True),
        (0, True, [held(ERNA)], True),
        (1, False, [held(ERNA, 1)], True),
        (1, False, [held(ERNA), held(HEINZ, 2, until=200)], True),
    ],
)
def test_who_has_several_users(
    users: int, assigned: list[Assignment], *, announced: bool, several: bool
) -> None:
    assert has_several_users(assigned, users, announced=announced) is several


@pytest.mark.parametrize(
    ("assigned", "user", "moment", "several", "expected"),
    [
        # one person's sensor
        ([held(ERNA)], None, 150, False, ERNA),
        ([held(ERNA)], 7, 150, False, ERNA),
        ([held(ERNA)], None, 50, False, ERNA),  # measured before anybody had it
        ([held(ERNA)], None, None, False, ERNA),
        ([held(ERNA, until=200)], None, 200, False, None),
        ([held(ERNA, until=200)], None, None, False, None),
        ([held(ERNA, until=200), held(HEINZ, since=200)], None, 199, False, ERNA),
        ([held(ERNA, until=200), held(HEINZ, since=200)], None, 200, False, HEINZ),
        ([held(ERNA, until=200), held(HEINZ, since=200)], None, None, False, HEINZ),
        # several people's: only what somebody confirmed
        ([held(ERNA)], 1, 150, True, None),
        ([held(ERNA, confirmed=True)], 1, 150, True, ERNA),
        ([held(ERNA, 1)], 1, 150, True, None),
        ([held(ERNA, 1, confirmed=True)], 1, 150, True, ERNA),
        ([held(ERNA, 1, confirmed=True)], 2, 150, True, None),
        ([held(ERNA, 1, confirmed=True)], None, 150, True, None),
        # a user's own assignment goes before the whole sensor's, confirmed or not
        ([held(ERNA, confirmed=True), held(HEINZ, 2, confirmed=True)], 2, 150, True, HEINZ),
        ([held(ERNA, confirmed=True), held(HEINZ, 2)], 2, 150, True, None),
        ([held(ERNA, confirmed=True), held(HEINZ, 2, confirmed=True)], 1, 150, True, ERNA),
        ([held(ERNA, confirmed=True), held(HEINZ, 2, 200, confirmed=True)], 2, 150, True, ERNA),
        ([], 1, 150, True, None),
    ],
)
def test_whose_it_is(
    assigned: list[Assignment],
    user: int | None,
    moment: int | None,
    *,
    several: bool,
    expected: int | None,
) -> None:
    assert owner(assigned, user, moment, several=several) == expected


assignments = st.lists(
    st.builds(
        held,
        st.integers(1, 3),
        st.none() | st.integers(1, 3),
        st.integers(0, 9),
        st.none() | st.integers(10, 19),
        confirmed=st.booleans(),
    ),
    max_size=5,
)


@given(assignments, st.none() | st.integers(0, 4), st.none() | st.integers(0, 25))
def test_with_several_users_nobody_unconfirmed_gets_anything(
    assigned: list[Assignment], user: int | None, moment: int | None
) -> None:
    found = owner(assigned, user, moment, several=True)
    said = {
        one.person
        for one in assigned
        if one.confirmed_at is not None and one.user_index in {None, user}
    }
    assert found is None or found in said
