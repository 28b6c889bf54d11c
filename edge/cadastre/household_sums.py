"""Sums of households who agree to it: formed in personal.db, then told to village.db.

personal.db is the outbox: a sum and the marks of who is in it are one commit there. What village.db
does not know yet it is told by id, each time. So a kill leaves a sum exactly once whenever it
comes, and a village.db that was put back gets its sums again. A personal.db that was put back may
not know who is in a sum: then none are formed any more.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.cadastre.household import Home
from edge.cadastre.own_house import has_power, house_of
from edge.heat.building import Building, Heating
from edge.heat.degree_days import three_years
from edge.heat.expected import expected
from edge.heat.sums import (
    ONE_HOME,
    Class,
    Formed,
    HouseholdSum,
    Houses,
    Waiting,
    class_in_sums,
    form,
    is_likely,
)
from edge.heat.typology import Typology
from edge.publish.cube import cube_named
from edge.publish.plan import rule_of
from edge.store.personal_homes import YEAR
from edge.store.village import VillageStore
from edge.store.village_heat_years import NORMAL

if TYPE_CHECKING:
    from edge.store.personal import PersonalStore
    from edge.store.personal_sums import Marked, SumHome

CUBE = "waermekataster"  # whose rule a sum meets: what is published of the cadastre


@dataclass(frozen=True, slots=True)
class SumsMade:
    """What came of it: how many households each new sum has, and how many agree and are in none.

    ``waiting`` wait for others; ``unsuitable`` cannot be in one as they are: something is not
    known, or does not fit. ``missing`` sums of village.db are not known to personal.db; then none
    was formed.
    """

    sizes: tuple[int, ...]
    waiting: int
    unsuitable: int = 0
    missing: int = 0


def make_sums(personal: PersonalStore, village: VillageStore, typology: Typology) -> SumsMade:
    """Form the sums that those who wait make, and tell village.db all that it does not know.

    :raises StoreError: if a store fails; the next time goes on where this one ended.
    """
    missing = len(set(village.household_sums()) - set(personal.formed_sums()))
    if missing:
        return SumsMade((), 0, missing=missing)
    choice = _Choice(village, typology)
    made = personal.form_sums(choice)
    known = village.household_sums()
    for key, one in personal.formed_sums().items():
        if key not in known:
            village.keep_household_sum(key, one)
    sizes = tuple(one.households for one in made)
    return SumsMade(sizes, choice.ready - sum(sizes), choice.agreed - choice.ready)


class _Choice:
    """Chooses who stands together.

    ``agreed`` is how many homes there were, ``ready`` how many of them to choose from.
    """

    def __init__(self, village: VillageStore, typology: Typology) -> None:
        self.agreed = self.ready = 0
        self._typology = typology
        degree_days = village.degree_days()
        self._normal = degree_days.get(NORMAL)
        self._gtz = {year: kd for year, kd in degree_days.items() if year != NORMAL}
        apart = village.told_buildings()
        self._could_be: dict[int, tuple[Class, float]] = {}
        for one in village.cadastre():
            said = _class_and_kwh(one, typology)
            if said is not None and one.number not in apart:
                self._could_be[one.number] = said

    def __call__(
        self, homes: Sequence[SumHome], known: Sequence[HouseholdSum], marked: Marked
    ) -> list[Formed]:
        self.agreed = len(homes)
        waiting = [one for one in map(self._waiting, homes) if one and is_likely(one)]
        self.ready = len(waiting)
        of = {building: of for building, (of, _) in self._could_be.items()}
        in_sums = Counter(of[building] for building in marked if building in of)
        houses = Houses(Counter(of.values()), in_sums)
        allows = rule_of(cube_named(CUBE)).allows
        return form(waiting, houses, known, allows, self._typology)

    def _waiting(self, one: SumHome) -> Waiting | None:
        """Return what a home brings to a sum, None if nothing yet.

        Without the years' weather all households would be off alike.
        """
        if one.building not in self._could_be or _is_several(one) or _is_no_heat(one):
            return None
        of, kwh = self._could_be[one.building]
        house = house_of(Home(one.building, "", one.facts))
        hot_water = self._typology.hot_water if house.hot_water else 0.0
        mean = three_years(house.years, self._gtz, self._normal, hot_water)
        if mean is None or not mean.adjusted:
            return None
        if not house.hot_water:
            kwh *= 1 - self._typology.hot_water
        return Waiting(one.building, of, mean.kwh, kwh)


def _is_several(one: SumHome) -> bool:
    """Tell whether what was said of a home may be of one of several there.

    Somebody says so, or two people have other bills of the same year.
    """
    years: dict[str, float] = {}
    for facts in one.each:
        units = facts.get("units")
        if units is not None and units.value not in ONE_HOME:
            return True
        for name, said in facts.items():
            if name.startswith(YEAR) and years.setdefault(name, said.number) != said.number:
                return True
    return False


def _is_no_heat(one: SumHome) -> bool:
    """Tell whether electricity was billed that may be no heat, or more heat than it is.

    Beside a boiler or a stove it may be a household's whole electricity. A storage heater turns
    it into as much heat, and has a bill of its own.
    """
    said = {facts["heating"].value for facts in one.each if "heating" in facts}
    if said == {Heating.STORAGE_HEATER}:
        return False
    return Heating.HEAT_PUMP in said or any(
        has_power(Home(one.building, "", facts)) for facts in one.each
    )


def _class_and_kwh(one: Building, typology: Typology) -> tuple[Class, float] | None:
    said = expected(one, typology)
    of = class_in_sums(one, said, typology)
    return None if of is None else (of, math.exp(said.middle))
