"""How firmly published cells hang together: which of their sums and differences are of too few.

Every building stands in one cell of blocks and one of street sections at most, so it is an edge
between two nodes, and a cell's sum is the sum of a node's edges. Whatever is computed from such
sums (added, subtracted, weighted) concerns at least the buildings of one cut of that graph. So no
difference is of fewer than k buildings exactly if no cut has fewer than k edges.

Source: Nagamochi and Ibaraki, Algorithmic Aspects of Graph Connectivity, chapters 1 and 2 (maximum
adjacency ordering).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from heapq import heappop, heappush

NOWHERE = 0  # the node that buildings without a block, or a section, lead to: it has no sum
Pairs = Mapping[tuple[int, int], int]


class Joined:
    """Sets of numbers that were joined: union-find."""

    def __init__(self) -> None:
        self._leader: dict[int, int] = {}

    def of(self, one: int) -> int:
        """Return the number that stands for the set of ``one``."""
        leader = self._leader
        up = leader.get(one)
        while up is not None:
            over = leader.get(up)
            if over is None:
                return up
            leader[one] = over
            one, up = over, leader.get(over)
        return one

    def join(self, one: int, other: int) -> bool:
        """Make two sets one; False if they were one already."""
        first, second = self.of(one), self.of(other)
        if first != second:
            self._leader[max(first, second)] = min(first, second)
        return first != second


def firm(pairs: Pairs, k: int) -> set[tuple[int, int]]:
    """Return the pairs that are left when all that crosses a small cut is taken away.

    There is one such set, in whatever order cuts are found: no small cut parts what is firm.
    """
    net = Net(pairs, k)
    while True:
        net.shed()
        drawn = net.copy()
        drawn.draw()
        small = drawn.small()
        if not small:
            break
        for one in small:
            net.part(drawn.drawn_into(one))
    of, near = net.sets.of, net.near
    return {
        pair
        for pair in pairs
        if (one := of(pair[0])) == (other := of(pair[1])) or other in near[one]
    }


def counted(pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """Return how many edges run between each two nodes."""
    return Counter(pairs)


class Net:
    """A graph whose nodes are drawn together where k ways connect them."""

    def __init__(self, pairs: Pairs, k: int) -> None:
        self.sets = Joined()
        self._k = k
        self._drawn: dict[int, list[int]] = {}
        for (u, v), count in pairs.items():
            if count >= k:
                self.sets.join(u, v)
        leader = {node: self.sets.of(node) for pair in pairs if pair[0] != pair[1] for node in pair}
        for node, one in leader.items():
            if node != one:
                self._drawn.setdefault(one, [one]).append(node)
        self.near: dict[int, dict[int, int]] = {
            node: {} for node, one in leader.items() if node == one
        }
        self._heavy: list[tuple[int, int]] = []
        for (u, v), count in pairs.items():
            if u != v:
                self._lay(leader[u], leader[v], count)

    def copy(self) -> Net:
        """Return the graph as it is: what was drawn together is one node, of its least number."""
        found = Net({}, self._k)
        found.near = {node: row.copy() for node, row in self.near.items()}
        found._heavy = self._heavy.copy()
        return found

    def add(self, one: int, other: int, count: int) -> None:
        """Lay more edges between two nodes, of those that are left or were drawn into them."""
        self._lay(self.sets.of(one), self.sets.of(other), count)

    def _lay(self, one: int, other: int, count: int) -> None:
        if one == other:
            return
        row, back = self.near.setdefault(one, {}), self.near.setdefault(other, {})
        row[other] = back[one] = together = row.get(other, 0) + count
        if together >= self._k:
            self._heavy.append((one, other))

    def shed(self) -> None:
        """Take away, node after node, all edges of what few lead away from.

        What k edges connect directly is drawn together first: no cut of fewer parts it.
        """
        self.draw_heavy()
        left = self.small()
        while left:
            node = left.pop()
            row, self.near[node] = self.near[node], {}
            for other in row:
                del self.near[other][node]
                if 0 < self.width(other) < self._k:
                    left.append(other)

    def part(self, side: Iterable[int]) -> None:
        """Take away the edges between these nodes and all others."""
        inside = set(side)
        for node in inside:
            row = self.near[node]
            for other in [one for one in row if one not in inside]:
                del row[other], self.near[other][node]

    def sort(self, turn: Callable[[int], int]) -> None:
        """Let nodes have their turn in another order than they came in: it decides between ties."""
        self.near = {node: self.near[node] for node in sorted(self.near, key=turn)}

    def draw(self) -> None:
        """Draw nodes together until each that is left has a small cut on one side, or is alone."""
        self.draw_heavy()
        while found := _tied(self.near, self._k):
            self.contract(found)

    def draw_heavy(self) -> None:
        """Draw together what k edges connect directly, and then again: always the same sets."""
        heavy, self._heavy = self._heavy, []
        self.contract(heavy)

    def drawn_into(self, node: int) -> list[int]:
        """Return the nodes that were drawn into ``node``, itself among them."""
        return self._drawn.get(node) or [node]  # not to be changed

    def width(self, node: int) -> int:
        """Return how many edges lead away from what was drawn into ``node``."""
        return sum(self.near.get(node, {}).values())

    def small(self) -> list[int]:
        """Return the nodes that fewer than k edges, but some, lead away from."""
        few = [node for node, row in self.near.items() if 0 < len(row) < self._k]
        return sorted(node for node in few if self.width(node) < self._k)

    def contract(self, found: list[tuple[int, int]]) -> None:
        """Draw pairs of nodes together, and those that k edges connect then."""
        near, k, of = self.near, self._k, self.sets.of
        while found:
            one, other = found.pop()
            first, second = of(one), of(other)
            if first == second:
                continue
            keep, gone = (first, second) if first < second else (second, first)
            self.sets.join(keep, gone)
            self._merge(keep, gone)
            row, lost = near[keep], near.pop(gone)
            row.pop(gone, None)
            lost.pop(keep, None)
            for node, count in lost.items():
                back = near[node]
                del back[gone]
                row[node] = back[keep] = together = row.get(node, 0) + count
                if together >= k:
                    found.append((keep, node))

    def _merge(self, keep: int, gone: int) -> None:
        few, many = self._drawn.pop(gone, None) or [gone], self._drawn.get(keep) or [keep]
        if len(few) > len(many):
            few, many = many, few
        many.extend(few)
        self._drawn[keep] = many


def _tied(near: Mapping[int, Mapping[int, int]], k: int) -> list[tuple[int, int]]:
    """Return pairs of nodes that k ways connect, at least one if every node has k edges."""
    found: list[tuple[int, int]] = []
    label = dict.fromkeys(near, 0)
    done: set[int] = set()
    for start, row in near.items():
        if start in done or not row:
            continue
        heap = [(0, start)]
        while heap:
            negative, node = heappop(heap)
            if node in done or -negative != label[node]:
                continue
            done.add(node)
            for other, count in near[node].items():
                if other in done:
                    continue
                label[other] += count
                if label[other] >= k:
                    found.append((node, other))
                heappush(heap, (-label[other], other))
    return found
