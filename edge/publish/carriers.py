"""Which carriers are told apart in a published cell of blocks. Pure.

A carrier of a cell is a node of its own, as a cell is. Where that leaves a small cut, or tells of
one building, the cell's carriers become one node again; only what lies around that is looked at
anew.
"""

from __future__ import annotations

from collections.abc import Sequence

from edge.publish.plain import Edge, Sums
from edge.publish.share import REST, Part, Rule
from edge.publish.ties import NOWHERE, Net, counted


def shown_carriers(
    parts: Sequence[tuple[Part, tuple[int, int]]], rule: Rule, *, first: int
) -> dict[int, str]:
    """Return each building's carrier as it may be shown, :data:`REST` if it is not told apart.

    ``parts`` with their cells of blocks and of sections; numbers from ``first`` on are free.
    """
    by_cell: dict[int, list[Part]] = {}
    for one, (cell, _) in parts:
        by_cell.setdefault(cell, []).append(one)
    named = {
        cell: _named(members, rule) if cell != NOWHERE else set()
        for cell, members in by_cell.items()
    }
    numbers = {
        key: first + number
        for number, key in enumerate(
            dict.fromkeys(
                (cell, one.carrier if one.carrier in named[cell] else REST)
                for cell, members in by_cell.items()
                for one in members
            )
        )
    }
    edges = [
        (
            numbers[cell, one.carrier if one.carrier in named[cell] else REST]
            if cell != NOWHERE
            else NOWHERE,
            *(section, one.building, one.kwh, one.kwh),
        )
        for one, (cell, section) in parts
    ]
    _Told(edges, numbers, named, rule).settle()
    return {
        one.building: one.carrier if one.carrier in named[cell] else REST
        for one, (cell, _) in parts
    }


class _Told:
    """The graph of cells and carriers; ``named`` is emptied of those that must be one again."""

    def __init__(
        self,
        edges: Sequence[Edge],
        numbers: dict[tuple[int, str], int],
        named: dict[int, set[str]],
        rule: Rule,
    ) -> None:
        self._named = named
        self._cell = {node: cell for (cell, _), node in numbers.items()}
        self._nodes: dict[int, list[int]] = {}
        for node, cell in self._cell.items():
            self._nodes.setdefault(cell, []).append(node)
        self._net = Net(counted((edge[0], edge[1]) for edge in edges), rule.k)
        self._net.draw_heavy()
        self._sums = Sums(edges, rule)
        self._large: dict[int, list[Edge]] = {}
        for edge in self._sums.suspects:
            self._large.setdefault(edge[1], []).append(edge)

    def settle(self) -> None:
        """Take carriers back until nothing is told that must not be."""
        plain = set(self._sums.too_plain())
        while True:
            wrong = self._wrong()
            wrong |= {edge[0] for edge in self._sums.suspects if edge[2] in plain}
            if not wrong:
                return
            known = {self._cell[node] for node in wrong if node in self._cell}
            cells = {cell for cell in known if self._named[cell]}
            touched: set[int] = set()
            for cell in sorted(cells or {cell for cell, each in self._named.items() if each}):
                touched |= self._take_back(cell)
            again = [edge for section in touched for edge in self._large.get(section, ())]
            plain -= {edge[2] for edge in again}
            plain.update(self._sums.too_plain(again))

    def _wrong(self) -> set[int]:
        """Return the nodes on the small side of a cut of too few."""
        self._net.draw()
        return {node for one in self._net.small() for node in self._net.drawn_into(one)}

    def _take_back(self, cell: int) -> set[int]:
        """Make one node of a cell's carriers; return the sections of its buildings."""
        self._named[cell] = set()
        keep, *others = self._nodes[cell]
        touched: set[int] = set()
        for node in others:
            self._net.contract([(keep, node)])
            touched |= self._sums.make_one(keep, node)
        return touched


def _named(members: Sequence[Part], rule: Rule) -> set[str]:
    """Return the carriers of a cell that may be told apart, each and all the others together."""
    by_carrier: dict[str, list[int]] = {}
    for one in members:
        by_carrier.setdefault(one.carrier, []).append(one.kwh)
    named = {
        carrier
        for carrier, amounts in by_carrier.items()
        if carrier != REST and rule.allows(amounts)
    }
    while named:
        rest = [kwh for carrier, each in by_carrier.items() if carrier not in named for kwh in each]
        if not rest or rule.allows(rest):
            break
        named.remove(min(named, key=lambda carrier: (len(by_carrier[carrier]), carrier)))
    return named
