"""What sums of two overlapping kinds of cells tell of a few buildings: the auditor's own reckoning.

A building is an edge from its cell of blocks to its cell of sections; a place that has no sum is
the ground. Sums can be combined to one of fewer than k buildings exactly if fewer than k edges
separate two parts of that graph (each combination lies on a cut). And a building's amount is as
wide open, upwards, as the greatest flow that other amounts let through from one end of its edge to
the other: the linear program over all sums has no other bound.

Both are found by augmenting paths. Source: Ford and Fulkerson (1956); Ahuja, Magnanti and Orlin,
Network Flows, chapters 6 and 7.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import ceil
from typing import NamedTuple

GROUND = 0


class Edge(NamedTuple):
    """A building between a node of blocks and one of sections, least and most it was said of."""

    building: int
    block: int
    section: int
    low: int
    high: int


def find_cut(edges: Iterable[tuple[int, int]], k: int) -> int:
    """Return how many edges the first cut found has that has fewer than ``k``; 0 if none has."""
    links: dict[int, dict[int, int]] = {}
    for (one, other), count in Counter(edges).items():
        for here, there in ((one, other), (other, one)):
            row = links.setdefault(here, {})
            row[there] = row.get(there, 0) + count
    for node, row in links.items():
        if sum(row.values()) < k and node not in row:
            return sum(row.values())
    seen: set[int] = set()
    for root in sorted(links, key=lambda node: -len(links[node])):
        if root in seen:
            continue
        whole = {root}
        queue = deque(links[root])
        while queue:
            node = queue.popleft()
            if node in whole:
                continue
            width = _ways(links, node, whole, k)
            if width < k:
                return width
            whole.add(node)
            queue.extend(other for other in links[node] if other not in whole)
        seen |= whole
    return 0


def _ways(links: Mapping[int, Mapping[int, int]], start: int, goal: set[int], most: int) -> int:
    """Return how many ways without a common edge lead from ``start`` to ``goal``, up to ``most``.

    ``goal`` counts as one node.
    """
    found = sum(count for there, count in links[start].items() if there in goal)
    used: dict[tuple[int, int], int] = {
        (start, there): count for there, count in links[start].items() if there in goal
    }
    while found < most:
        came = {start: start}
        queue = deque((start,))
        end = None
        while queue and end is None:
            here = queue.popleft()
            for there, count in links[here].items():
                if there not in came and used.get((here, there), 0) < count:
                    came[there] = here
                    if there in goal:
                        end = there
                        break
                    queue.append(there)
        if end is None:
            return found
        while end != start:
            here = came[end]
            used[here, end] = used.get((here, end), 0) + 1
            used[end, here] = used.get((end, here), 0) - 1
            end = here
        found += 1
    return found


def too_close(edges: Sequence[Edge], k: int, p_percent: float) -> list[int]:
    """Return the buildings whose greatest possible amount is less than p percent above their own.

    Amounts cannot be negative, and every sum stays what it is. A building that is small beside
    k - 1 of the smallest cannot be among them where no cut has fewer than k edges.
    """
    if not edges or not p_percent:
        return []
    floor = (k - 1) * min(one.low for one in edges) * 100 / p_percent
    suspects = [one for one in edges if one.high > floor]
    net = _Net(edges) if suspects else None
    return [
        one.building
        for one in suspects
        if net is not None and net.room(one, enough := ceil(one.high * p_percent / 100)) < enough
    ]


_Node = tuple[str, int]  # "b" or "s", a number; the ground is both


class _Net:
    """Who could have more, and who less, with every sum as it is.

    From a section to a block: somebody between them has less, as much as he has. From a block to a
    section: somebody has more, without a limit.
    """

    def __init__(self, edges: Sequence[Edge]) -> None:
        self._give: dict[tuple[int, int], int] = {}
        self._blocks: dict[int, set[int]] = {}
        self._sections: dict[int, set[int]] = {}
        for _, block, section, low, _ in edges:
            pair = block, section
            self._give[pair] = self._give.get(pair, 0) + low
        for block, section in self._give:
            self._blocks.setdefault(section, set()).add(block)
            self._sections.setdefault(block, set()).add(section)

    def room(self, edge: Edge, enough: int) -> int:
        """Return by how much the edge's amount may grow, up to ``enough``."""
        moved = {(edge.block, edge.section): -edge.low}
        found = 0
        while found < enough and (path := self._path(edge, moved)):
            step = enough - found
            for pair, less in path:
                if less:
                    step = min(step, self._left(pair, moved))
            for pair, less in path:
                moved[pair] = moved.get(pair, 0) + (-step if less else step)
            found += step
        return found

    def _path(
        self, edge: Edge, moved: Mapping[tuple[int, int], int]
    ) -> list[tuple[tuple[int, int], bool]]:
        """Return a way from the edge's section to its block: pairs, and who of them has less."""
        start: _Node = ("s", edge.section)
        goals: set[_Node] = {("b", edge.block)}
        if edge.block == GROUND:
            goals.add(("s", GROUND))
        came = {start: start}
        queue = deque((start,))
        while queue:
            here = queue.popleft()
            for there in self._steps(here, moved):
                if there in came:
                    continue
                came[there] = here
                if there in goals:
                    return _walked(came, there)
                queue.append(there)
        return []

    def _steps(self, here: _Node, moved: Mapping[tuple[int, int], int]) -> Iterator[_Node]:
        kind, node = here
        if kind == "s" or node == GROUND:
            for block in self._blocks.get(node, ()):
                if self._left((block, node), moved) > 0:
                    yield "b", block
        if kind == "b" or node == GROUND:
            for section in self._sections.get(node, ()):
                yield "s", section

    def _left(self, pair: tuple[int, int], moved: Mapping[tuple[int, int], int]) -> int:
        return self._give[pair] + moved.get(pair, 0)


def _walked(came: Mapping[_Node, _Node], end: _Node) -> list[tuple[tuple[int, int], bool]]:
    found = []
    while came[end] != end:
        before = came[end]
        less = end[0] == "b"
        found.append(((end[1], before[1]) if less else (before[1], end[1]), less))
        end = before
    return found
