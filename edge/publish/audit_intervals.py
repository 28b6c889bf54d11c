"""Between which bounds an attacker finds an amount: the auditor's last question of the cadastre.

He has every number of every release and knows which buildings stand where. Asked is

- of each building: how much more it might be for whoever also knows *one other* building's amount,
  his own (the p-percent rule, over all sums at once, not cell by cell);
- of each atom of fewer than k buildings, the least that releases tell apart: between which bounds
  their sum lies. It is held against the least that they were said of: with other amounts the sums
  around them were others, too, and what may shift through all releases says too little of those.

Both are linear programs (`audit_lp.py`). Most answers need none:

*Small beside others.* If no cut of the graph has fewer than k edges (`audit_ties.py` asked that
before), the way from a building's one end round to its other is cut by k - 1 edges and more, and a
finite cut is of amounts that may shrink, each by the least amount of all; whoever knows one takes
one of them away. So k - 2 (of an atom of n: k - n) of the smallest are always open.

*Rectangles.* What a building gains, one of its block and one of its section may lose, if the fourth
corner of the two blocks and two sections gains it. Rectangles add up while nobody loses more than
he has; whoever knows one corner closes at most what went through it.

*One sum alone* (:func:`alone`). Of the buildings of a cell that no other sum crosses, all that is
known is that their sum w lies in [L, U], the printed MWh +- 500 kWh, and that none is negative.
The most that building i may be is U: w <= U and x_i = w - (the others) <= U, reached with all
others at 0. Whoever knows x_j has x_i <= U - x_j, reached with the rest at 0; the owner of the
largest other knows most. The least is 0 if anybody else is in the cell, as they may have all of
it. So cells that only stand side by side (a partition) are decided each by two numbers, and the
linear program, which falls into one block for each such cell, has the same optimum.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from edge.publish.audit_atoms import Atom, Told
from edge.publish.audit_lp import Reckoner
from edge.publish.audit_ties import GROUND, Edge
from edge.publish.finding import Finding

_MOST = 10  # findings; each costs programs over all that hangs together


def audit_intervals(told: Told, k: int, p_percent: float) -> Iterator[Finding]:
    """Yield what can be told to p percent, and by which cells. No cut has fewer than k edges."""
    if not told.atoms or not p_percent:
        return
    houses, groups = doubtful(told, k, p_percent)
    if not houses and not groups:
        return
    try:
        reckoner = Reckoner(told)
    except ImportError:
        yield Finding(
            "alle Ausgaben",
            "ohne das Paket highspy nicht zu prüfen; es kommt mit der Zusatzauswahl „heat“",
        )
        return
    found = 0
    for one in houses:
        if not reckoner.open_up(one, _share(one.high, p_percent)):
            where = told.names((one.block, one.section))
            yield Finding(
                where, f"wer eines der Gebäude kennt, errechnet ein anderes auf {p_percent:g} %"
            )
            found += 1
            if found == _MOST:
                return
    for atom in groups:
        each = told.atoms[atom]
        if not reckoner.open_at_all(atom, _share(told.low[atom], p_percent)):
            yield Finding(
                told.names(atom),
                f"die Wärme von {len(each)} Gebäuden lässt sich auf {p_percent:g} % errechnen",
            )
            found += 1
            if found == _MOST:
                return


def doubtful(told: Told, k: int, p_percent: float) -> tuple[list[Edge], list[Atom]]:
    """Return the buildings and the atoms of fewer than k that only a linear program can pass."""
    least = min(one.low for each in told.atoms.values() for one in each)
    houses, groups = [], []
    for atom, each in told.atoms.items():
        single = alone(told, atom)
        for one in each:
            enough = _share(one.high, p_percent)
            if enough <= (k - 2) * least or (single and more_alone(told, one) >= enough):
                continue
            if not _rectangles(told, one, enough):
                houses.append(one)
        enough = _share(told.low[atom], p_percent)
        if not 1 < len(each) < k or enough <= (k - len(each)) * least:
            continue
        if not _turned(told, atom, enough):
            groups.append(atom)
    return houses, groups


def alone(told: Told, atom: Atom) -> bool:
    """Tell whether an atom is in one sum only, of atoms that are in no other."""
    return GROUND in atom and (atom[0] or atom[1]) in told.lonely


def more_alone(told: Told, house: Edge) -> int:
    """Return how much more a building of one sum alone may be for the owner of the next largest."""
    row = told.lonely[house.block or house.section]
    others = [
        one.low
        for node in row.nodes
        for atom in ((node, GROUND), (GROUND, node))
        for one in told.atoms.get(atom, [])
        if one.building != house.building
    ]
    return row.high + sum(others) - max(others, default=0)


def _share(kwh: int, p_percent: float) -> int:
    return ceil(kwh * p_percent / 100)


def _rectangles(told: Told, house: Edge, enough: int) -> bool:
    """Tell whether rectangles alone open enough above a building, whoever's amount is known."""
    block, section = house.block, house.section
    mates = [one.low for one in told.atoms[block, section] if one is not house]
    room, worst = sum(mates), max(mates, default=0)
    gone: dict[Atom, int] = {}
    came: dict[Atom, int] = {}
    for beside in told.sections[block]:
        if beside == section:
            continue
        if room - worst >= enough:
            return True
        for beyond in told.blocks[beside]:
            if beyond == block or (beyond, section) not in told.low:
                continue
            one, other = (block, beside), (beyond, section)
            step = min(told.low[one] - gone.get(one, 0), told.low[other] - gone.get(other, 0))
            for corner, flow in ((one, gone), (other, gone), ((beyond, beside), came)):
                flow[corner] = flow.get(corner, 0) + step
            room += step
            worst = max(
                worst,
                min(gone[one], told.most[one]),
                min(gone[other], told.most[other]),
                came[beyond, beside] if len(told.atoms[beyond, beside]) == 1 else 0,
            )
    return room - worst >= enough


def _turned(told: Told, atom: Atom, enough: int) -> bool:
    """Tell whether rectangles open enough above an atom, or below it."""
    block, section = atom
    gone: dict[Atom, int] = {}
    up = down = 0
    for beside in told.sections[block]:
        if beside == section:
            continue
        for beyond in told.blocks[beside]:
            if beyond == block or (beyond, section) not in told.low:
                continue
            one, other = (block, beside), (beyond, section)
            step = min(told.low[one] - gone.get(one, 0), told.low[other] - gone.get(other, 0))
            gone[one], gone[other] = gone.get(one, 0) + step, gone.get(other, 0) + step
            up, down = up + step, down + told.low[beyond, beside]
            if max(up, min(down, told.low[atom])) >= enough:
                return True
    return False
