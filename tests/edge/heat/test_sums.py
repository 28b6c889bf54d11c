"""Which households may stand in one sum: five and more, disjoint, even, and nobody named by it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random

import pytest

from edge.heat import typology
from edge.heat.building import Building, BuildingType
from edge.heat.expected import expected
from edge.heat.said import Method, Said
from edge.heat.sums import Formed, HouseholdSum, Houses, Waiting, class_in_sums, form, middle_of
from edge.publish.cube import cube_named
from edge.publish.plan import rule_of

TEXT = (Path(__file__).parents[2] / "furnishings" / "heat" / "typology.toml").read_text("utf-8")
VALUES = typology.loads(TEXT)
ALLOWS = rule_of(cube_named("waermekataster")).allows
MANY = {("EFH", "F"): 100, ("EFH", "G"): 100, ("RH", "F"): 100}


def home(number: int, of: tuple[str, str] = ("EFH", "F"), kwh: float = 20_000.0) -> Waiting:
    return Waiting(number, of, kwh, 20_000.0)


def homes(count: int, of: tuple[str, str] = ("EFH", "F"), begin: int = 0) -> list[Waiting]:
    return [home(begin + n, of) for n in range(count)]


def formed(
    waiting: list[Waiting],
    houses: dict[tuple[str, str], int] | None = None,
    before: list[HouseholdSum] | None = None,
    marked: dict[tuple[str, str], int] | None = None,
) -> list[Formed]:
    there = Houses(MANY if houses is None else houses, marked or {})
    return form(waiting, there, before or [], ALLOWS, VALUES)


def test_four_wait_and_five_are_a_sum() -> None:
    assert formed(homes(4)) == []
    (made,) = formed([replace(one, kwh=24_000.0) for one in homes(5)])
    assert made.told == HouseholdSum("EFH", "F", 5, 120, VALUES.demand[BuildingType.DETACHED]["F"])
    assert made.buildings == (0, 1, 2, 3, 4)


def test_the_first_who_agreed_are_taken_by_fives_and_the_others_wait() -> None:
    (made,) = formed(homes(14))
    assert made.told.households == 10
    assert made.buildings == tuple(range(10))


def test_few_of_a_class_stand_with_others_of_the_type_and_else_of_the_village() -> None:
    efh = homes(3) + homes(2, ("EFH", "G"), 10)
    (made,) = formed(efh)
    assert (made.told.type, made.told.age) == ("EFH", "")
    assert made.told.kwh_m2 == pytest.approx(middle_of(VALUES, ("EFH", "")), abs=0.05)
    (wide,) = formed(homes(3) + homes(2, ("RH", "F"), 10))
    assert (wide.told.type, wide.told.age) == ("", "")
    assert wide.told.kwh_m2 == pytest.approx(middle_of(VALUES, ("", "")), abs=0.05)


def test_where_all_houses_of_a_cohort_would_be_in_its_sums_it_is_wider() -> None:
    """Else everybody knew who is in it: those that stand there."""
    small = {("EFH", "F"): 9, ("EFH", "G"): 1}
    (made,) = formed(homes(5), small)
    assert (made.told.type, made.told.age, made.told.households) == ("EFH", "", 5)
    assert formed(homes(5), {("EFH", "F"): 9}) == []
    (first,) = formed(homes(5), {("EFH", "F"): 19})
    assert formed(homes(5, begin=5), {("EFH", "F"): 19}, [first.told]) == []
    (second,) = formed(homes(5, begin=5), {("EFH", "F"): 20}, [first.told])
    assert second.told.age == "F"
    # ten agree where only five fit
    (half,) = formed(homes(10), {("EFH", "F"): 19})
    assert half.told.households == 5


def test_who_is_in_a_wider_sum_leaves_less_room_in_the_narrow_ones() -> None:
    twenty = {("EFH", "F"): 20, ("EFH", "G"): 80}
    wide = HouseholdSum("EFH", "", 5, 100, 150.0)
    (made,) = formed(homes(10), twenty)
    assert (made.told.age, made.told.households) == ("F", 10)
    (made,) = formed(homes(10), twenty, [wide], {("EFH", "F"): 5})
    assert (made.told.age, made.told.households) == ("F", 5)
    # nor does a wider one take the rest of a class that has sums
    narrow = replace(wide, age="F", households=10)
    assert formed(homes(5), twenty, [narrow], {("EFH", "F"): 10}) == []
    (made,) = formed(homes(3) + homes(5, ("EFH", "G"), 10), twenty, [narrow])
    assert made.buildings == (10, 11, 12, 13, 14)
    # who was erased has no mark, and is in the sum all the same
    assert formed(homes(5), twenty, [narrow], {}) == []


def test_who_outweighs_the_others_waits() -> None:
    large = replace(home(0), kwh=70_000.0)
    assert not ALLOWS([70_000, *[8_000] * 4])
    assert formed([large, *[replace(one, kwh=8_000.0) for one in homes(4, begin=1)]]) == []
    (made,) = formed([large, *[replace(one, kwh=8_000.0) for one in homes(5, begin=1)]])
    assert 0 not in made.buildings
    # as well who is expected to need much more than they
    house = replace(home(0), kwh=90_000.0, expected=90_000.0)
    (made,) = formed([house, *homes(5, begin=1)])
    assert made.buildings == (1, 2, 3, 4, 5)


def test_a_slip_counts_in_no_sum() -> None:
    assert formed([home(0, kwh=81_000.0), *homes(4, begin=1)]) == []
    assert formed([home(0, kwh=4_900.0), *homes(4, begin=1)]) == []
    assert len(formed([home(0, kwh=60_000.0), *homes(9, begin=1)])) == 1


@pytest.mark.parametrize("seed", range(20))
def test_over_years_nobody_is_in_two_sums_and_none_grows(seed: int) -> None:
    """All sums there ever were are disjoint and of five and more: no difference tells of fewer."""
    dice = Random(seed)
    classes = [(kind, age) for kind in ("EFH", "RH") for age in "DEFG"]
    village = [dice.choice(classes) for _ in range(120)]
    houses = dict(Counter(village))
    before: list[Formed] = []
    waiting: list[Waiting] = []
    fresh = list(range(120))
    dice.shuffle(fresh)
    while fresh:
        for number in [fresh.pop() for _ in range(min(len(fresh), dice.randint(1, 9)))]:
            kwh = 20_000 * dice.lognormvariate(0, 0.5)
            waiting.append(replace(home(number, village[number]), kwh=kwh))
        marked = Counter(village[at] for one in before for at in one.buildings)
        made = formed(waiting, houses, [one.told for one in before], dict(marked))
        before += made
        inside = {at for one in made for at in one.buildings}
        waiting = [one for one in waiting if one.building not in inside]
    used = [at for one in before for at in one.buildings]
    assert len(before) > 5
    assert len(used) == len(set(used)) == sum(one.told.households for one in before)
    assert len(used) <= 60
    assert all(one.told.households % 5 == 0 for one in before)
    for one in before:
        # of whichever sums they are: of each sum's cohort at most every second house is in any
        assert all(one.told.holds(village[at]) for at in one.buildings)
        there = sum(map(one.told.holds, village))
        assert 2 * sum(one.told.holds(village[at]) for at in used) <= there


DAY = date(2026, 1, 1)


def building(**facts: float | str | Said) -> Building:
    known = {"type": "EFH", "year_built": 1970.0, "area": 120.0, "units": 1.0, **facts}
    said = {
        name: one if isinstance(one, Said) else Said(one, "x", DAY, Method.SURVEY)
        for name, one in known.items()
        if one != ""
    }
    return Building(1, "Weg 1", facts=said)


@pytest.mark.parametrize(
    ("facts", "of"),
    [
        ({}, ("EFH", "F")),
        ({"units": ""}, ("EFH", "F")),
        ({"area": Said(120.0, "x", DAY, Method.ESTIMATED)}, ("EFH", "F")),
        ({"area": Said(120.0, "x", DAY, Method.SURVEY, 60.0, 240.0)}, None),
        ({"type": ""}, None),
        ({"year_built": ""}, None),
        ({"area": ""}, None),
        ({"units": 2.0}, None),
        ({"type": "MFH", "units": 1.0}, ("MFH", "F")),
        ({"type": "MFH", "units": 2.0}, None),
        ({"type": "MFH", "units": ""}, None),
        ({"type": "NWG"}, None),
        ({"type": "GMH", "units": 1.0}, None),
    ],
)
def test_who_could_be_in_a_sum(
    facts: dict[str, float | str | Said], of: tuple[str, str] | None
) -> None:
    one = building(**facts)
    assert class_in_sums(one, expected(one, VALUES), VALUES) == of
