"""What all published sums together might tell of one building: the builder's careful bound. Pure.

A building is safe if enough of its neighbours' amounts could be its own without any sum changing:
those between the same two nodes, and those on the other corners of two blocks and two sections;
and still enough for the owner of any one of them, who knows his own and what goes through it.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence

from edge.publish.share import Rule

Edge = tuple[int, int, int, int, int]


def too_plain(edges: Sequence[Edge], rule: Rule) -> list[int]:
    """Return buildings whose amount all sums together might tell more closely than p percent.

    ``edges`` are two nodes, the building, and the least and the most that it was published with.
    """
    return list(Sums(edges, rule).too_plain())


class Sums:
    """What stands between nodes of blocks and of sections, and the buildings large beside it."""

    def __init__(self, edges: Sequence[Edge], rule: Rule) -> None:
        large = rule.large(min((edge[3] for edge in edges), default=0))
        self.suspects = [edge for edge in edges if edge[4] > large]
        self._percent = rule.p_percent
        self._amount: dict[tuple[int, int], int] = {}
        self._each: dict[tuple[int, int], list[int]] = {}  # what that is the sum of, rising
        self._near: dict[int, set[int]] = {}
        self._block: dict[int, int] = {}  # what a block's node was made one with
        self._moved: set[tuple[int, int]] = set()  # pairs of nodes between which others stand now
        if not self.suspects:
            return
        amount, each, near = self._amount, self._each, self._near
        for block, section, _, low, _ in edges:
            pair = block, section
            if pair in each:
                each[pair].append(low)
            else:
                each[pair] = [low]
        for pair, lows in each.items():
            lows.sort()
            amount[pair] = sum(lows)
            block, section = pair
            near.setdefault(block, set()).add(section)
            near.setdefault(section, set()).add(block)

    def too_plain(self, some: Iterable[Edge] | None = None) -> list[int]:
        """Return the buildings among ``some`` suspects, or all, that might be told."""
        return [
            edge[2]
            for edge in (self.suspects if some is None else some)
            if 100 * self._room(edge) < self._percent * edge[4]
        ]

    def make_one(self, keep: int, gone: int) -> set[int]:
        """Make one node of two of blocks; return the sections whose buildings that concerns."""
        amount, each, near = self._amount, self._each, self._near
        self._block[gone] = keep
        for section in near.pop(gone, set()):
            near[section].remove(gone)
            near[section].add(keep)
            near.setdefault(keep, set()).add(section)
            amount[keep, section] = amount.get((keep, section), 0) + amount.pop((gone, section))
            each[keep, section] = sorted(each.get((keep, section), []) + each.pop((gone, section)))
        return near.get(keep, set())

    def move(self, edge: Edge, to: Edge | None) -> None:
        """Let a building stand between other nodes."""
        block, section, _, low, _ = edge
        pair, near = (block, section), self._near
        lows = self._each[pair]
        lows.pop(bisect_left(lows, low))
        if lows:
            self._amount[pair] -= low
        else:
            del self._amount[pair], self._each[pair]
            near[block].discard(section)
            near[section].discard(block)
        self._moved.add(pair)
        if to is not None:
            self._lay(to)

    def _lay(self, edge: Edge) -> None:
        block, section, _, low, _ = edge
        pair, near = (block, section), self._near
        lows = self._each.get(pair)
        if lows is None:
            self._each[pair], self._amount[pair] = [low], low
            near.setdefault(block, set()).add(section)
            near.setdefault(section, set()).add(block)
        else:
            insort(lows, low)
            self._amount[pair] += low
        self._moved.add(pair)

    def shaken(self) -> set[int]:
        """Return the sections whose buildings are concerned by what moved since this was asked."""
        found = {section for _, section in self._moved}
        for block in {block for block, _ in self._moved}:
            found |= self._near[block]
        self._moved = set()
        return found

    def _room(self, edge: Edge) -> int:
        """Return how much more the building's amount could be for who knows one other amount."""
        block, section, _, low, _ = edge
        block = self._block.get(block, block)
        amount, each, near = self._amount, self._each, self._near
        room = amount[block, section] - low
        known = _largest_but(each[block, section], low)
        given: dict[int, int] = {}  # what of each other section of the block is taken already
        for other in sorted(near[section] - {block}):
            beyond = other, section
            left = amount.get(beyond, 0)
            for one in sorted(near[other] & near[block] - {section}):
                step = min(left, amount.get((block, one), 0) - given.get(one, 0))
                given[one] = given.get(one, 0) + step
                room, left = room + step, left - step
                known = max(known, min(given[one], each[block, one][-1]))
                if len(each[other, one]) == 1:  # all that goes around here goes through it alone
                    known = max(known, step)
            if beyond in each:
                known = max(known, min(amount[beyond] - left, each[beyond][-1]))
        return room - known


def _largest_but(lows: Sequence[int], own: int) -> int:
    """Return the largest of rising amounts beside one's own, 0 if there is none."""
    if lows[-1] != own:
        return lows[-1]
    return lows[-2] if len(lows) > 1 else 0
