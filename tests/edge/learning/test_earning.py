from __future__ import annotations

from dataclasses import replace

import pytest

from edge.learning.course import Course, DigComp, Session, Text
from edge.learning.earning import (
    AREA_NAMES,
    COMPETENCES,
    attended,
    checked_competences,
    checked_percent,
    competences_of,
    earned,
    held,
)
from edge.learning.errors import Refused

HOUR = 3_600_000
SESSIONS = tuple(Session(n * HOUR, (n + 1) * HOUR, session=n) for n in range(1, 6))
COURSE = Course(
    season_id="s",
    texts={"de": Text("Handy")},
    digcomp=(DigComp(1, "Grundlagen"), DigComp(4, "")),
    sessions=(*SESSIONS[:4], replace(SESSIONS[4], cancelled=True)),
)


def test_what_falls_through_does_not_count() -> None:
    assert held(COURSE) == SESSIONS[:4]


@pytest.mark.parametrize(
    ("present", "sessions", "percent", "enough"),
    [
        (4, 5, 80, True), (3, 5, 80, False), (3, 4, 80, False), (3, 4, 75, True), (0, 0, 1, False),
        (1, 100, 1, True), (0, 100, 1, False), (9, 9, 100, True), (8, 9, 100, False),
        (2, 3, 67, False), (2, 3, 66, True),
    ],
)  # fmt: skip
def test_enough_is_the_share_or_more(
    present: int, sessions: int, percent: int, *, enough: bool
) -> None:
    assert earned(present, sessions, percent) is enough


def test_of_a_party_nobody_gets_more_than_the_party_had_people_there() -> None:
    counts = {1: 3, 2: 2, 3: 0, 4: 1}
    assert [attended(counts, SESSIONS[:4], seat) for seat in (1, 2, 3, 4)] == [3, 2, 1, 0]
    assert sum(attended(counts, SESSIONS, seat) for seat in (1, 2, 3, 4)) == sum(counts.values())


def test_shares_are_percent() -> None:
    assert [checked_percent(one) for one in (1, 80, 100)] == [1, 80, 100]
    for one in (-1, 0, 101):
        with pytest.raises(Refused):
            checked_percent(one)


def test_the_framework_has_five_areas_and_twenty_one_competences() -> None:
    assert len(AREA_NAMES) == 5
    assert len(COMPETENCES) == 21
    assert {int(code[0]) for code in COMPETENCES} == set(AREA_NAMES)


def test_competences_are_of_the_courses_areas() -> None:
    assert set(competences_of(COURSE)) == {"1.1", "1.2", "1.3", "4.1", "4.2", "4.3", "4.4"}
    assert checked_competences(COURSE, ("4.2", "1.1", "4.2")) == ("1.1", "4.2")
    assert checked_competences(COURSE, ()) == ()
    with pytest.raises(Refused) as told:
        checked_competences(COURSE, ("2.1",))
    assert told.value.field == "competences"
    with pytest.raises(Refused) as told:
        checked_competences(replace(COURSE, digcomp=()), ())
    assert told.value.field == "digcomp"
