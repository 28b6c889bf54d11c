"""Nothing that is told of a season says anything of fewer than five people."""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.learning.report import (
    LEAST,
    RULE,
    SUBJECTS,
    VALUES,
    Cell,
    Enrolled,
    Period,
    Taught,
    _merged,
    cells,
    is_enough,
    together,
    uncounted,
)
from edge.learning.signup import AGE_BANDS, GENDERS

people = st.lists(
    st.builds(
        Enrolled,
        st.sampled_from([0, 1, 4, 5]),
        st.sampled_from([*AGE_BANDS, None]),
        st.sampled_from([*GENDERS, None]),
        st.integers(1, 6),
    ),
    max_size=20,
)
AREAS = {0, 1, 4, 5}


def period(name: str, found: list[Enrolled]) -> Period:
    total = sum(one.count for one in found)
    return Period((name,), (Taught(5, 2, 8, 720),), cells(found, AREAS), total, 0)


@given(people)
def test_every_cell_counts_five_and_all_of_them_everybody(found: list[Enrolled]) -> None:
    total = sum(one.count for one in found)
    if not is_enough(total, 0):
        with pytest.raises(ValueError, match="too few"):
            cells(found, AREAS)
        return
    made = cells(found, AREAS)
    assert all(cell.enrolments >= LEAST for cell in made)
    for subject in SUBJECTS:
        mine = [cell for cell in made if cell.subject == subject]
        assert sum(cell.enrolments for cell in mine) == total
        named = [value for cell in mine for value in cell.values]
        assert len(named) == len(set(named))


@settings(max_examples=40)
@given(st.lists(people, min_size=1, max_size=3))
def test_no_sum_and_no_difference_of_tables_gives_a_small_cell(
    seasons: list[list[Enrolled]],
) -> None:
    """Whatever is added and subtracted: a count under five is in no span of what is told."""
    told = [
        period(str(n), s) for n, s in enumerate(seasons) if is_enough(sum(e.count for e in s), 0)
    ]
    if not told:
        return
    known = {
        n: s for n, s in enumerate(seasons) if str(n) in {name for p in told for name in p.seasons}
    }
    areas = [str(area) for area in sorted(AREAS)]
    atoms = list(itertools.product(known, areas, VALUES["age"], VALUES["gender"]))
    at = {"area": 1, "age": 2, "gender": 3}

    def vector(ns: set[int], subject: str, values: tuple[str, ...]) -> list[Fraction]:
        return [Fraction(a[0] in ns and a[at[subject]] in values) for a in atoms]

    rows = []
    for one in [*told, together(told)]:
        ns = {int(name) for name in one.seasons}
        rows += [vector(ns, cell.subject, cell.values) for cell in one.cells]
        rows.append([Fraction(a[0] in ns) for a in atoms])
    basis = _reduced(rows)
    for n, season in known.items():
        for subject in SUBJECTS:
            for value in VALUES[subject]:
                count = sum(e.count for e in season if _of(e)[at[subject] - 1] == value)
                if 0 < count < LEAST:
                    target = vector({n}, subject, (value,))
                    assert not _spans(basis, target), (n, subject, value)


def _of(one: Enrolled) -> tuple[str, str, str]:
    return str(one.area), one.age_band or "?", one.gender or "?"


def _reduced(rows: list[list[Fraction]]) -> list[list[Fraction]]:
    basis: list[list[Fraction]] = []
    for row in rows:
        rest = _rest(basis, row)
        if any(rest):
            lead = next(i for i, x in enumerate(rest) if x)
            basis.append([x / rest[lead] for x in rest])
    return basis


def _rest(basis: list[list[Fraction]], row: list[Fraction]) -> list[Fraction]:
    rest = list(row)
    for one in basis:
        lead = next(i for i, x in enumerate(one) if x)
        if factor := rest[lead]:
            rest = [a - factor * b for a, b in zip(rest, one, strict=True)]
    return rest


def _spans(basis: list[list[Fraction]], target: list[Fraction]) -> bool:
    return not any(_rest(basis, target))


@pytest.mark.parametrize("total", range(5, 13))
def test_who_knows_the_rule_cannot_work_a_small_cell_out(total: int) -> None:
    """All counts that give the same table: each value under five could be another as well."""
    order = VALUES["gender"]
    tables: dict[tuple[Cell, ...], list[tuple[int, ...]]] = {}
    for counts in itertools.product(range(total + 1), repeat=len(order)):
        if sum(counts) == total:
            named = dict(zip(order, counts, strict=True))
            tables.setdefault(tuple(_merged("gender", order, named)), []).append(counts)
    for table, possible in tables.items():
        for column in zip(*possible, strict=True):
            if min(column) > 0 and max(column) < LEAST:
                assert len(set(column)) > 1, (table, possible)


def test_periods_are_added_up_from_what_they_tell() -> None:
    first = period("a", [Enrolled(5, "65-", "w", 9), Enrolled(5, "50-64", "w", 3)])
    second = period("b", [Enrolled(4, "65-", "m", 6), Enrolled(4, "50-64", "w", 7)])
    made = together([first, second])
    assert made.seasons == ("a", "b")
    assert made.taught == (Taught(5, 4, 16, 1440),)
    assert (made.enrolments, made.visits) == (25, 0)
    assert [(c.subject, c.values, c.enrolments) for c in made.cells] == [
        ("area", ("4",), 13),
        ("area", ("5",), 12),
        ("age", ("50-64", "65-"), 25),
        ("gender", ("w",), 19),
        ("gender", ("m",), 6),
    ]


def test_a_season_of_nobody_may_be_told() -> None:
    assert cells([], set()) == ()
    assert is_enough(0, 0)
    assert not is_enough(4, 0)
    assert not is_enough(5, 4)
    assert is_enough(5, 5)


@pytest.mark.parametrize(
    ("seats", "taken", "untold"),
    [
        (12, 4, (4, 4)),  # the calendar says: fewer than five
        (12, 5, (0, 0)),  # it says how many
        (3, 2, (2, 2)),
        (3, 3, (0, 0)),  # it says that the course is full
        (0, 0, (0, 0)),  # nobody signs up for an open talk
        (0, 2, (2, 0)),  # and who did all the same has no room to hide in
    ],
)
def test_what_the_calendar_leaves_untold_of_a_course(
    seats: int, taken: int, untold: tuple[int, int]
) -> None:
    assert uncounted(seats, taken) == untold


def test_a_cell_of_areas_says_what_the_calendar_leaves_untold_of_it() -> None:
    found = cells(
        [Enrolled(1, None, None, 8), Enrolled(4, None, None, 9)], {1, 4, 5}, {1: (8, 16), 4: (2, 4)}
    )
    areas = [one for one in found if one.subject == "area"]
    assert sum(one.rest or 0 for one in areas) == 10
    assert sum(one.room for one in areas) == 20
    assert {one.rule for one in areas} == {RULE}
    assert {one.rest for one in found if one.subject != "area"} == {None}
