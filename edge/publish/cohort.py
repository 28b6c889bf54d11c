"""What of that which was published may change in another release. Pure.

A cell's buildings are the same for a year. After it, buildings join, leave or change their carrier
only in sets that no sum, no difference between releases, and no difference between blocks and
sections tells from fewer than k others. A value changes only together with as many others; until
then it stays what it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from edge.publish.allowed import allowed
from edge.publish.cells import form
from edge.publish.heating import counted_anew
from edge.publish.history import History
from edge.publish.share import REST, Part, Rule, Share
from edge.publish.valued import valued


@dataclass(frozen=True, slots=True)
class Change:
    """What another release changes: shares, and cells of places that had none.

    ``waiting`` buildings joined, left or changed, and are shown so once there are enough of them.
    ``left_out`` buildings fit in no cell.
    """

    shares: dict[int, Share]
    cells: dict[int, str]
    waiting: int
    left_out: int


def advance(past: History, parts: Iterable[Part], rule: Rule, *, thaw: bool) -> Change:
    """Return what may change after ``past``. ``thaw``: a new year began, cells may change."""
    standing = {one.building: one for one in parts}
    moved: dict[int, Share] = {}
    cells: dict[int, str] = {}
    left_out = wished = 0
    if thaw:
        new = [one for one in standing.values() if one.building not in past.shares]
        fresh = form(
            [one for one in new if past.cells.keys().isdisjoint((one.block, one.section))],
            rule,
            after=max((int(name[1:]) for name in past.cells.values()), default=0),
        )
        cells, left_out = fresh.cells, fresh.left_out
        wishes = _wishes(past, standing, new, fresh.shares, rule.k)
        wished = len(wishes)
        moved = allowed(past, wishes, fresh.shares, rule)
        cells = cells if set(fresh.shares) <= set(moved) else {}
        moved = _described(past, moved, standing, rule)
        wished -= sum(one in moved for one in wishes)
        moved = counted_anew(past, moved, standing, rule.k)
    worth = valued(past, moved, standing, rule)
    held = sum(
        one.building in past.shares
        and one.kwh != past.shares[one.building].kwh
        and one.building not in worth
        for one in standing.values()
    )
    return Change({**moved, **worth}, cells, wished + held, left_out)


def _wishes(
    past: History,
    standing: Mapping[int, Part],
    new: Iterable[Part],
    fresh: Mapping[int, Share],
    k: int,
) -> dict[int, Share]:
    """Return how buildings would be shown if nobody could compare."""
    named: dict[str, set[str]] = {}
    for one in past.shares.values():
        named.setdefault(one.block, set()).add(one.carrier)
    found: dict[int, Share] = {}
    for one in past.shares.values():
        part = standing.get(one.building)
        if not one.block and not one.section:
            continue
        if part is None:
            found[one.building] = Share(
                *(one.building, "", "", REST, one.kwh, one.type, one.age, REST)
            )
        elif one.block and part.carrier != one.carrier:
            found[one.building] = one.under(part.carrier, one.heating)
    for part in new:
        if part.building in fresh:
            continue
        block, section = past.cells.get(part.block, ""), past.cells.get(part.section, "")
        if block or section:
            carrier = part.carrier if block else REST
            found[part.building] = Share(
                part.building, block, section, carrier, part.kwh, part.type, part.age
            )
    return {
        building: wish
        for building, wish in _merged(found, named, past, k).items()
        if wish != past.shares.get(building)
    }


def _merged(
    wishes: Mapping[int, Share], named: Mapping[str, set[str]], past: History, k: int
) -> dict[int, Share]:
    """Put carriers that were not told apart in a cell, and are still of few, among the rest."""
    count: dict[tuple[str, str], int] = {}
    for one in wishes.values():
        count[one.block, one.carrier] = count.get((one.block, one.carrier), 0) + 1
    found = {}
    for building, one in wishes.items():
        carrier, heating, before = one.carrier, one.heating, past.shares.get(building)
        known = carrier in named.get(one.block, ())
        if not known and (before is None or count[one.block, carrier] < k):
            carrier = REST
        if before is not None and before.heating and before.carrier != carrier:
            heating = REST
        same = carrier == one.carrier and heating == one.heating
        found[building] = one if same else one.under(carrier, heating)
    return found


def _described(
    past: History, moved: dict[int, Share], standing: Mapping[int, Part], rule: Rule
) -> dict[int, Share]:
    """Add types and age classes that changed in k buildings of a cell and more."""
    differ: dict[str, list[Share]] = {}
    for building, before in past.shares.items():
        one, part = moved.get(building, before), standing.get(building)
        if one.block and part is not None and (part.type, part.age) != (one.type, one.age):
            differ.setdefault(one.block, []).append(one.called(part.type, part.age))
    changed = {one.building: one for each in differ.values() if len(each) >= rule.k for one in each}
    return {**moved, **changed}
