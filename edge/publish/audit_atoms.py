"""What every release of the cadastre said of which buildings, as linear constraints: the auditor's.

Buildings that were in the same cells in every release are an atom: nobody can tell more of them
than their sum. A published sum is a row: the atoms it is of, and by how many kWh their true sum may
be more or less for it to be printed as it is (whole MWh: ±500 kWh; shares: ±0.5 %).

Releases differ, but a row says how far one and the same *shift* may go: each building more or less
by as much in all of them. So rows over the same atoms are one, the narrowest, and 24 releases are
hardly more than one. Real amounts may move otherwise from release to release; intervals of shifts
are therefore never wider than an attacker's, and what they pass is safe.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from edge.publish.audit_ties import GROUND, Edge

Atom = tuple[int, int]  # a node of blocks and one of sections, GROUND where there is none
_HALF_KWH = 500  # of a published MWh


class Row(NamedTuple):
    """A published sum: its nodes, all of one kind, and the shifts that leave it as it is, in kWh.

    ``name`` is the cell as it was last called.
    """

    nodes: frozenset[int]
    low: int
    high: int
    name: str


class Ratio(NamedTuple):
    """A published share: of the nodes ``part`` in ``whole``; their kWh then, and the percent."""

    part: frozenset[int]
    whole: frozenset[int]
    part_kwh: int
    whole_kwh: int
    percent: int


class Place(NamedTuple):
    """What a node of blocks (with a carrier) or of sections was called, from a release on."""

    release: int
    before: int
    cell: str
    carrier: str | None  # None: of sections


@dataclass(slots=True)
class Told:
    """All that was told: atoms with their buildings, rows, and which nodes meet which.

    ``lonely``: the only row over a node, if it meets no other row at any building.
    """

    atoms: dict[Atom, list[Edge]]
    rows: list[Row]
    ratios: list[Ratio]
    low: dict[Atom, int] = field(default_factory=dict)  # the sum of the least amounts
    most: dict[Atom, int] = field(default_factory=dict)  # the largest of them
    blocks: dict[int, set[int]] = field(default_factory=dict)  # of a section's node
    sections: dict[int, set[int]] = field(default_factory=dict)  # of a block's node
    lonely: dict[int, Row] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for (block, section), each in self.atoms.items():
            self.low[block, section] = sum(one.low for one in each)
            self.most[block, section] = max(one.low for one in each)
            self.blocks.setdefault(section, set()).add(block)
            self.sections.setdefault(block, set()).add(section)
        often = Counter(node for row in self.rows for node in row.nodes)
        for row in self.rows:
            met = [self.sections.get(node) or self.blocks.get(node, set()) for node in row.nodes]
            if all(each <= {GROUND} for each in met) and all(often[n] == 1 for n in row.nodes):
                self.lonely.update(dict.fromkeys(row.nodes, row))

    def names(self, atom: Atom) -> str:
        """Return what the smallest cells that an atom is in are called."""
        best: dict[bool, Row] = {}
        for row in self.rows:
            for kind, node in ((True, atom[0]), (False, atom[1])):
                known = best.get(kind)
                if node in row.nodes and (known is None or len(row.nodes) <= len(known.nodes)):
                    best[kind] = row
        return ", ".join(one.name for _, one in sorted(best.items(), reverse=True))


def atoms_of(edges: Iterable[Edge]) -> dict[Atom, list[Edge]]:
    """Return the buildings that are shown, by atom."""
    found: dict[Atom, list[Edge]] = {}
    for one in edges:
        if one.block != GROUND or one.section != GROUND:
            found.setdefault((one.block, one.section), []).append(one)
    return found


def told(
    edges: Iterable[Edge],
    places: Mapping[int, Place],
    amounts: Iterable[tuple[int, Sequence[tuple[int, int]]]],
) -> Told:
    """Return what all releases told.

    ``places`` are the nodes; ``amounts``: each release, and the kWh of buildings it says anew.
    """
    atoms = atoms_of(edges)
    node_of = {one.building: (one.block, one.section) for each in atoms.values() for one in each}
    spans = {node: list(_spans(node, places)) for pair in atoms for node in pair if node != GROUND}
    rows: dict[frozenset[int], Row] = {}
    ratios: set[Ratio] = set()
    kwh: dict[int, int] = {}
    sums: dict[int, int] = {}
    for release, said in amounts:
        for building, amount in said:
            more = amount - kwh.get(building, 0)
            kwh[building] = amount
            for node in node_of.get(building, ()):
                sums[node] = sums.get(node, 0) + more
        # a building that joins later must not count before: its node's amount is of who is there
        cells = _cells_at(release, spans)
        for (cell, carrier), nodes in cells.items():
            _narrow(rows, nodes, sum(sums.get(node, 0) for node in nodes), cell, carrier)
        ratios.update(_ratios(cells, sums))
    return Told(atoms, list(rows.values()), sorted(ratios, key=lambda one: one.percent))


_Key = tuple[str, str | None]
_WHOLE = "*"  # all carriers of a cell of blocks


def _cells_at(
    release: int, spans: Mapping[int, Sequence[tuple[int, int | None, str, str | None]]]
) -> dict[_Key, frozenset[int]]:
    found: dict[_Key, set[int]] = {}
    for node, each in spans.items():
        for start, end, cell, carrier in each:
            if cell and start <= release and (end is None or release < end):
                found.setdefault((cell, carrier), set()).add(node)
                if carrier is not None:
                    found.setdefault((cell, _WHOLE), set()).add(node)
    return {key: frozenset(nodes) for key, nodes in found.items()}


def _spans(
    node: int, places: Mapping[int, Place]
) -> Iterator[tuple[int, int | None, str, str | None]]:
    """Yield from which release until which those at a node were in which cell."""
    end: int | None = None
    while node != GROUND:
        one = places[node]
        yield one.release, end, one.cell, one.carrier
        node, end = one.before, one.release


def _narrow(
    rows: dict[frozenset[int], Row],
    nodes: frozenset[int],
    whole: int,
    cell: str,
    carrier: str | None,
) -> None:
    printed = (whole + _HALF_KWH) // 1000 * 1000
    low, high = printed - _HALF_KWH - whole, printed + _HALF_KWH - whole
    known = rows.get(nodes)
    if known is not None:
        low, high = max(low, known.low), min(high, known.high)
    name = f"{cell}/{carrier}" if carrier not in {None, _WHOLE} else cell
    rows[nodes] = Row(nodes, low, high, name if known is None else min(name, known.name))


def _ratios(cells: Mapping[_Key, frozenset[int]], sums: Mapping[int, int]) -> Iterator[Ratio]:
    for (cell, carrier), nodes in cells.items():
        if carrier in {None, _WHOLE}:
            continue
        whole = cells[cell, _WHOLE]
        if nodes == whole:
            continue
        part_kwh = sum(sums.get(node, 0) for node in nodes)
        whole_kwh = sum(sums.get(node, 0) for node in whole)
        if whole_kwh:
            yield Ratio(nodes, whole, part_kwh, whole_kwh, round(100 * part_kwh / whole_kwh))
