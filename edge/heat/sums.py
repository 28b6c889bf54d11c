"""Sums of households who agree to it: which may stand together for good, and what a sum says.

A sum says one number: what its households need by their bills, in percent of what the typology
expected of them. It is of a cohort that is declared beforehand (a type and age class, else a type,
else the village), of a multiple of five households, each of whom is in one sum for ever. Neither
kWh nor the sum of what was expected is told: whoever knows what is expected of each building could
find the five by it.

Source: WPG § 10 (2) and annex 1 (five households and more).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from edge.heat.building import Building, BuildingType, is_one_home
from edge.heat.expected import Expected
from edge.heat.typology import UNKNOWN, Typology, log_mean

LEAST = 5  # a sum has so many households, or twice, three times as many
EVEN = 1.25  # a sum of n households has at least the weight of n / EVEN alike
MORE_AREAS = 2.0  # how sure an area is, in the typology's spread: as sure as an estimated one
FARTHEST = 4.0  # a bill so many times off what was expected is a slip, or no dwelling
HOUSES_EACH = 2  # a sum's cohort has at least so many houses for each that is in any sum
ONE_HOME = (None, 1)  # how many homes a house has, where somebody said: bills may be of one
KINDS = (BuildingType.DETACHED, BuildingType.TERRACED, BuildingType.APARTMENTS)
ANY = ""

Allows = Callable[[Iterable[int]], bool]
Class = tuple[str, str]  # type and age class


@dataclass(frozen=True, slots=True)
class HouseholdSum:
    """All that is known of a sum: no household, no building, no day and no year.

    ``type`` and ``age`` are the cohort's, `ANY` for all of them. ``percent`` is what was
    billed, weather taken out, of what the typology expected. ``kwh_m2`` is the
    typology's middle of the cohort then, for one that is corrected.
    """

    type: str
    age: str
    households: int
    percent: int
    kwh_m2: float

    def holds(self, one: Class) -> bool:
        """Tell whether its cohort has a class, or another cohort's."""
        return self.type in {ANY, one[0]} and self.age in {ANY, one[1]}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A household that may go into a sum: its class, kWh billed and kWh expected."""

    building: int
    of: Class
    kwh: float
    expected: float


@dataclass(frozen=True, slots=True)
class Houses:
    """How many buildings of each class could be in a sum, and how many of them are in any."""

    there: Mapping[Class, int]
    marked: Mapping[Class, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Formed:
    """A new sum, and the buildings whose households are in it: those are never told."""

    told: HouseholdSum
    buildings: tuple[int, ...]


def class_in_sums(one: Building, said: Expected, typology: Typology) -> Class | None:
    """Return the class in which a building's household may count; None if it may in none.

    Type, age class and area have to be known, or a sum would say how wrong the guesses are. In a
    house of two homes and more a bill may be of one of them.
    """
    limit = MORE_AREAS * typology.spread["area"]
    known = one.type is not None and said.age != UNKNOWN and "area" in one.facts
    is_sure = known and said.more <= limit * (1 + 1e-9)
    units = one.amount("units")
    if is_sure and one.type in KINDS and units in ONE_HOME and is_one_home(one.type, units):
        return said.type.value, said.age
    return None


def is_likely(one: Waiting) -> bool:
    """Tell whether a bill and what was expected go together."""
    return 1 / FARTHEST <= one.kwh / one.expected <= FARTHEST


def middle_of(typology: Typology, cohort: Class) -> float:
    """Return the typology's middle of a cohort, kWh/(m2 a) of an unrefurbished building.

    Of the whole village: of the kinds of houses that may be in a sum.
    """
    kind, age = cohort
    if age != ANY:
        return typology.demand[BuildingType(kind)][age]
    kinds = KINDS if kind == ANY else (BuildingType(kind),)
    logs = [log_mean(typology.demand[one])[0] for one in kinds]
    return math.exp(math.fsum(logs) / len(logs))


def form(
    waiting: Iterable[Waiting],
    houses: Houses,
    before: Sequence[HouseholdSum],
    allows: Allows,
    typology: Typology,
) -> list[Formed]:
    """Return the sums that those who wait make; the rest goes on waiting.

    ``waiting`` in the order in which they agreed. ``before``: all sums there are. ``allows`` tells
    whether a sum of these kWh may be shown.
    """
    left = [one for one in waiting if is_likely(one)]
    rooms = _Rooms(houses, before)
    made: list[Formed] = []
    for widen in (_class, _type, _all):
        cohorts: dict[Class, list[Waiting]] = defaultdict(list)
        for one in left:
            cohorts[widen(one.of)].append(one)
        for cohort in sorted(cohorts):
            chosen = _chosen(cohort, cohorts[cohort], rooms, allows)
            if chosen:
                made.append(_formed(cohort, chosen, typology))
                rooms.take(made[-1].told, chosen)
                left = [one for one in left if one not in chosen]
    return made


def _class(of: Class) -> Class:
    return of


def _type(of: Class) -> Class:
    return of[0], ANY


def _all(_: Class) -> Class:
    return ANY, ANY


class _Rooms:
    """How many more households sums may have, as they are formed."""

    def __init__(self, houses: Houses, before: Iterable[HouseholdSum]) -> None:
        self._there = houses.there
        self._marked = Counter(houses.marked)
        self._known = list(before)

    def take(self, one: HouseholdSum, chosen: Iterable[Waiting]) -> None:
        """Count a sum that was formed."""
        self._known.append(one)
        self._marked.update(each.of for each in chosen)

    def fitting(self, cohort: Class, waiting: Iterable[Waiting]) -> list[Waiting]:
        """Return who may be in one more sum of a cohort, the first who agreed first.

        Not only the cohort and the wider ones have a limit: where there is a sum of somebody's own
        class or type already, it must not come to be of all that are not in wider sums.
        """
        with_sums = {(one.type, one.age) for one in self._known}
        rooms: dict[Class, int] = {}
        found: list[Waiting] = []
        for one in waiting:
            levels = {one.of, _type(one.of), _all(one.of)}
            limits = [each for each in levels if each in with_sums or _whole(each).holds(cohort)]
            for each in limits:
                if each not in rooms:
                    rooms[each] = self._room(each)
            if all(rooms[each] > 0 for each in limits):
                found.append(one)
                for each in limits:
                    rooms[each] -= 1
        return found

    def _room(self, cohort: Class) -> int:
        """Return how many more households of a cohort may be in sums of whichever cohort.

        Who was erased has no mark any more, but counts in the sums.
        """
        whole = _whole(cohort)
        there = sum(count for one, count in self._there.items() if whole.holds(one))
        marked = sum(count for one, count in self._marked.items() if whole.holds(one))
        told = sum(one.households for one in self._known if whole.holds((one.type, one.age)))
        return there // HOUSES_EACH - max(marked, told)


def _whole(cohort: Class) -> HouseholdSum:
    return HouseholdSum(*cohort, 0, 0, 0.0)


def _chosen(
    cohort: Class, waiting: Sequence[Waiting], rooms: _Rooms, allows: Allows
) -> list[Waiting]:
    """Return as many as may stand together, the first who agreed first; who outweighs waits."""
    left = list(waiting)
    while True:
        fitting = rooms.fitting(cohort, left)
        chosen = fitting[: len(fitting) // LEAST * LEAST]
        if not chosen or (_is_even(chosen) and allows(round(one.kwh) for one in chosen)):
            return chosen
        left.remove(max(chosen, key=lambda one: max(one.kwh, one.expected)))


def _is_even(chosen: Sequence[Waiting]) -> bool:
    whole = math.fsum(one.expected for one in chosen)
    return len(chosen) * math.fsum((one.expected / whole) ** 2 for one in chosen) <= EVEN


def _formed(cohort: Class, chosen: Sequence[Waiting], typology: Typology) -> Formed:
    kwh = math.fsum(one.kwh for one in chosen)
    said = HouseholdSum(
        *cohort,
        households=len(chosen),
        percent=round(100 * kwh / math.fsum(one.expected for one in chosen)),
        kwh_m2=round(middle_of(typology, cohort), 1),
    )
    return Formed(said, tuple(one.building for one in chosen))
