"""What makes the heat, counted in a published cell by carrier: which kinds are told apart. Pure.

Only numbers of buildings are told, no amounts. Buildings that anybody can tell apart by all that
was ever told of them (their history of cells and carriers, and of kinds) are at least k: so is
whatever differences of counts are of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from edge.publish.history import Class, History, Line, class_of, lines_after
from edge.publish.share import REST, Part, Share


def told_apart(kinds: Mapping[int, str], k: int, *, now: str = REST) -> dict[int, str]:
    """Return as which kind each building may be counted, of those that are counted as ``now``.

    ``kinds``: what makes each one's heat. Each kind has k buildings and more, and so has the rest,
    unless it is nobody.
    """
    members: dict[str, list[int]] = {}
    for building, kind in kinds.items():
        members.setdefault(kind, []).append(building)
    named = {kind: each for kind, each in members.items() if kind != now and len(each) >= k}
    rest = len(kinds) - sum(len(each) for each in named.values())
    while named and 0 < rest < k:
        rest += len(named.pop(min(named, key=lambda kind: (len(named[kind]), kind))))
    found = dict.fromkeys(kinds, now)
    found.update((building, kind) for kind, each in named.items() for building in each)
    return found


def shown_heating(parts: Iterable[tuple[Part, int, str]], k: int) -> dict[int, str]:
    """Return as which kind each building may be counted in new cells.

    ``parts`` with their cells of blocks (0: none) and the carriers they are shown under.
    """
    by_cell: dict[tuple[int, str], dict[int, str]] = {}
    for one, cell, carrier in parts:
        if cell:
            by_cell.setdefault((cell, carrier), {})[one.building] = one.heating
    return {
        building: kind
        for each in by_cell.values()
        for building, kind in told_apart(each, k).items()
    }


class Classes:
    """How many buildings there are of each kind that anybody can tell apart."""

    def __init__(self, lines: Iterable[Line], k: int) -> None:
        self._k = k
        self._count: dict[Class, int] = Counter(
            key for line in lines if (key := class_of(line)) is not None
        )
        self.few = {key for key, count in self._count.items() if count < k}

    def move(self, line: Line | None, to: Line | None) -> None:
        """Count a building elsewhere."""
        for one, more in ((line, -1), (to, 1)):
            key = class_of(one)
            if key is not None:
                self._count[key] = count = self._count.get(key, 0) + more
                if 0 < count < self._k:
                    self.few.add(key)
                else:
                    self.few.discard(key)


def counted_anew(
    past: History, moved: Mapping[int, Share], standing: Mapping[int, Part], k: int
) -> dict[int, Share]:
    """Return ``moved`` and the shares besides whose kind is counted otherwise from now on."""
    known = (one.heating for some in (standing, past.shares) for one in some.values())
    if not any(known):
        return dict(moved)
    lines = lines_after(past, moved)
    alike: dict[tuple[int, str, str], dict[int, str]] = {}
    for building, one in {**past.shares, **moved}.items():
        if not one.block:
            continue
        before, part = past.lines.get(building), standing.get(building)
        key = lines[building].block, "" if before is None else before.heating, one.heating
        alike.setdefault(key, {})[building] = one.heating if part is None else part.heating
    found = dict(moved)
    for (*_, now), kinds in alike.items():
        for building, kind in told_apart(kinds, k, now=now).items():
            if kind != now:
                one = moved.get(building) or past.shares[building]
                found[building] = one.under(one.carrier, kind)
    return found
