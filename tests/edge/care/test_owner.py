from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.care.owner import LATE_DELIVERY_MS, has_several_users, owner
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
        ([held(ERNA)], 7, 150, False, None),  # which person button 7 is, nobody said
        ([held(ERNA)], 1, 50, False, None),
        ([held(ERNA)], 1, None, False, None),
        ([held(ERNA, confirmed=True)], 7, 150, False, ERNA),
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
        # ended, and begun again: only what was said of the second time counts then
        ([held(ERNA, 1, until=200, confirmed=True), held(ERNA, 1, 300)], 1, 150, True, ERNA),
        ([held(ERNA, 1, until=200, confirmed=True), held(ERNA, 1, 300)], 1, 250, True, None),
        ([held(ERNA, 1, until=200, confirmed=True), held(ERNA, 1, 300)], 1, 350, True, None),
        ([held(ERNA, 1, until=200, confirmed=True), held(ERNA, 1, 300)], 1, None, True, None),
        # a clock that was set back: two had it then
        ([held(ERNA, until=200), held(HEINZ, since=50)], None, 150, False, None),
        ([held(ERNA, until=200), held(HEINZ, since=50)], None, 250, False, HEINZ),
        ([held(ERNA, until=200), held(ERNA, since=50)], None, 150, False, ERNA),
        # taken back at once: never held, also not for what was measured before
        ([held(ERNA, until=100), held(HEINZ)], None, 50, False, HEINZ),
        ([held(ERNA, until=60), held(HEINZ, since=60)], None, 100, False, HEINZ),
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


DAY_MS = 86_400_000
SEPTEMBER = 1000 * DAY_MS
CHANGED = [
    held(ERNA, since=760 * DAY_MS, until=SEPTEMBER),
    held(HEINZ, since=SEPTEMBER),
]


@pytest.mark.parametrize(
    ("assigned", "moment", "arrived", "expected"),
    [
        (CHANGED, SEPTEMBER - DAY_MS, SEPTEMBER + DAY_MS, ERNA),  # the first contact afterwards
        (CHANGED, SEPTEMBER - DAY_MS, SEPTEMBER + LATE_DELIVERY_MS, ERNA),
        (CHANGED, SEPTEMBER - DAY_MS, SEPTEMBER + LATE_DELIVERY_MS + 1, None),
        (CHANGED, 750 * DAY_MS, SEPTEMBER + 80 * DAY_MS, None),  # a clock that was reset
        (CHANGED, SEPTEMBER, SEPTEMBER + 80 * DAY_MS, HEINZ),
        (CHANGED, None, SEPTEMBER + 80 * DAY_MS, HEINZ),
        (CHANGED[:1], SEPTEMBER - DAY_MS, SEPTEMBER + DAY_MS, ERNA),
        (CHANGED[:1], SEPTEMBER - DAY_MS, SEPTEMBER + 80 * DAY_MS, None),
        # given away and taken back
        ([*CHANGED[:1], held(ERNA, since=SEPTEMBER)], 800 * DAY_MS, SEPTEMBER * 2, ERNA),
        ([held(ERNA, since=SEPTEMBER)], 0, SEPTEMBER * 2, ERNA),  # stored before anybody had it
        # a button of the device given away
        ([held(ERNA, since=1), held(HEINZ, 2, SEPTEMBER)], 5, SEPTEMBER + DAY_MS, ERNA),
    ],
)
def test_a_former_owner_s_reading_comes_soon_after_the_handover_or_waits(
    assigned: list[Assignment], moment: int | None, arrived: int, expected: int | None
) -> None:
    assert owner(assigned, None, moment, several=False, arrived=arrived) == expected


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


@given(assignments, st.integers(0, 254), st.none() | st.integers(0, 25))
def test_who_a_named_user_is_must_be_confirmed(
    assigned: list[Assignment], user: int, moment: int | None
) -> None:
    found = owner(assigned, user, moment, several=False)
    assert found == owner(assigned, user, moment, several=True)


@given(assignments, st.none() | st.integers(0, 4), st.none() | st.integers(0, 25))
def test_a_confirmation_takes_no_value_from_who_had_it(
    assigned: list[Assignment], user: int | None, moment: int | None
) -> None:
    unconfirmed = owner(assigned, user, moment, several=False)
    confirmed = [replace(one, confirmed_at=one.valid_from) for one in assigned]
    assert unconfirmed in {None, owner(confirmed, user, moment, several=False)}
