"""How far an amount may be from what it is with every published number as it is: linear programs.

Unknowns are shifts of atoms (`audit_atoms.py`); bounds are that no amount is negative, and that
every sum and share is printed as before. HiGHS solves them; it is loaded here, when one must be
solved, and nowhere else: a hub whose releases are plainly safe never has it in memory.

Whoever is far from a building cannot help to hide it, or does so only through those between. So the
program is first of a neighbourhood, all else as it is (an interval that can only be narrower), then
of wider ones, then of all that hangs together, up to 6,000 atoms. (Each published MWh leaves a
little open, so that a hundred streets away still help a little.)

Source: Huangfu and Hall, Parallelizing the dual revised simplex method (2018), for HiGHS.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any

from edge.publish.audit_atoms import Atom, Told
from edge.publish.audit_ties import GROUND, Edge

_RINGS: tuple[int | None, ...] = (2, 5, 12, 25, 50, 100, None)  # steps from cell to cell; all
_LARGEST = 6_000  # atoms of a program; what only a larger one might open is not passed
_KWH = 0.5  # amounts are whole kWh


class Reckoner:
    """Solves for the atoms of one cube.

    :raises ImportError: if HiGHS is not installed.
    """

    def __init__(self, told: Told) -> None:
        import highspy  # noqa: PLC0415 - some 25 MB with numpy, for those releases that need it

        self._highs: Any = highspy
        self._told = told
        self._rows: dict[int, list[int]] = {}
        self._ratios: dict[int, list[int]] = {}
        for number, row in enumerate(told.rows):
            for node in row.nodes:
                self._rows.setdefault(node, []).append(number)
        for number, ratio in enumerate(told.ratios):
            for node in ratio.whole:
                self._ratios.setdefault(node, []).append(number)

    def open_up(self, house: Edge, enough: int) -> bool:
        """Tell whether a building could be ``enough`` kWh more, for each other's owner, too."""
        atom = house.block, house.section
        for free in self._rings(atom):
            moved = self._most(free, house, None, enough)
            if moved is None:
                continue
            knows = self._pivotal(moved, house)
            if all(self._most(free, house, one, enough) is not None for one in knows):
                return True
        return False

    def open_at_all(self, atom: Atom, enough: int) -> bool:
        """Tell whether an atom's sum could be ``enough`` kWh more, or less."""
        return any(
            self._program(free, atom, None, None, sign, enough)[0] >= enough - _KWH
            for free in self._rings(atom)
            for sign in (1, -1)
        )

    def interval(self, atom: Atom, house: Edge | None = None) -> tuple[float, float]:
        """Return how much less and how much more an atom, or one building in it, could be."""
        *_, free = self._rings(atom)
        low, high = (self._program(free, atom, house, None, sign, None)[0] for sign in (-1, 1))
        return -low, high

    def knowing(self, house: Edge, insider: Edge) -> float:
        """Return how much more a building could be for whoever knows another's amount."""
        atom = house.block, house.section
        *_, free = self._rings(atom)
        return self._program(free, atom, house, insider, 1, None)[0]

    def _most(
        self, free: Sequence[Atom], house: Edge, insider: Edge | None, enough: int
    ) -> dict[Atom, float] | None:
        atom = house.block, house.section
        value, moved = self._program(free, atom, house, insider, 1, enough)
        return moved if value >= enough - _KWH else None

    def _pivotal(self, moved: dict[Atom, float], house: Edge) -> Iterator[Edge]:
        """Yield whose amounts the found shift needs: if another's is known, it stands as it is."""
        for atom, shift in moved.items():
            others = [one for one in self._told.atoms[atom] if one is not house]
            if not others or abs(shift) < _KWH:
                continue
            first = max(others, key=lambda one: one.low)
            without = sum(one.low for one in others) - first.low
            if -shift > without or (shift > 0 and len(others) == 1):
                yield first

    def _rings(self, atom: Atom) -> Iterator[list[Atom]]:
        told, known = self._told, {atom: None}
        edge: list[Atom] = [atom]
        done = 0
        seen: set[tuple[bool, int]] = set()
        for ring in _RINGS:
            before = len(known)
            while edge and (ring is None or done < ring):
                found = []
                for near in edge:
                    found += [one for one in self._near(near, seen) if one not in known]
                    known.update(dict.fromkeys(found))
                edge, done = list(dict.fromkeys(found)), done + 1
            if (ring == _RINGS[0] or len(known) > before) and len(known) <= _LARGEST:
                yield [one for one in known if one in told.atoms]

    def _near(self, atom: Atom, seen: set[tuple[bool, int]]) -> Iterator[Atom]:
        told = self._told
        for is_block, node in ((True, atom[0]), (False, atom[1])):
            if node == GROUND or (is_block, node) in seen:
                continue
            for number in self._rows.get(node, ()):
                for other in told.rows[number].nodes:
                    if (is_block, other) in seen:
                        continue
                    seen.add((is_block, other))
                    if is_block:
                        yield from ((other, one) for one in told.sections.get(other, ()))
                    else:
                        yield from ((one, other) for one in told.blocks.get(other, ()))

    def _program(  # noqa: PLR0917 - who, whom and how far: each call says all
        self,
        free: Sequence[Atom],
        aim: Atom,
        house: Edge | None,
        insider: Edge | None,
        sign: int,
        enough: int | None,
    ) -> tuple[float, dict[Atom, float]]:
        """Return the greatest shift of an atom or a house up (1) or down (-1), and all others'."""
        endless = float(self._highs.kHighsInf)
        low = [float(-self._told.low[one]) for one in free]
        high = [endless] * len(free)
        at = {one: number for number, one in enumerate(free)}
        target = at[aim]
        if insider is not None:
            known = at.get((insider.block, insider.section))
            if known is not None:
                low[known] += insider.low
                mates = [one for one in self._told.atoms[free[known]] if one is not house]
                high[known] = 0.0 if mates == [insider] else endless
        columns: dict[int, list[int]] = {}
        for number, (block, section) in enumerate(free):
            columns.setdefault(block, []).append(number)
            columns.setdefault(section, []).append(number)
        if house is not None:
            low[target] += house.low
            if len(self._told.atoms[aim]) == 1:
                high[target] = 0.0
            target = len(low)
            low.append(float(-house.low))
            high.append(endless)
            for node in aim:
                columns[node].append(target)
        top = endless if enough is None else float(enough)
        if sign > 0:
            high[target] = min(high[target], top)
        else:
            low[target] = max(low[target], -top)
        shifts = self._solve(columns, low, high, target, sign)
        if not shifts:
            return endless, {}
        return sign * shifts[target], dict(zip(free, shifts, strict=False))

    def _solve(
        self,
        columns: dict[int, list[int]],
        low: list[float],
        high: list[float],
        target: int,
        sign: int,
    ) -> list[float]:
        """Return all shifts where one is most, empty if it has no end."""
        highs, rows = self._highs, list(self._lines(columns))
        model = highs.HighsLp()
        model.num_col_, model.num_row_ = len(low), len(rows)
        model.col_cost_ = [float(-sign) if one == target else 0.0 for one in range(len(low))]
        model.col_lower_, model.col_upper_ = low, high
        model.row_lower_ = [one[1] for one in rows]
        model.row_upper_ = [one[2] for one in rows]
        model.a_matrix_.format_ = highs.MatrixFormat.kRowwise
        model.a_matrix_.start_ = list(accumulate((len(one[0]) for one in rows), initial=0))
        model.a_matrix_.index_ = [column for line, _, _ in rows for column in line]
        model.a_matrix_.value_ = [value for line, _, _ in rows for value in line.values()]
        solver = highs.Highs()
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("threads", 1)
        solver.passModel(model)
        solver.run()
        status, known = solver.getModelStatus(), highs.HighsModelStatus
        if status in {known.kUnbounded, known.kUnboundedOrInfeasible}:
            return []
        if status != known.kOptimal:
            raise ArithmeticError(f"HiGHS ended with {status}")
        return list(solver.getSolution().col_value)

    def _lines(
        self, columns: dict[int, list[int]]
    ) -> Iterator[tuple[dict[int, float], float, float]]:
        told = self._told
        nodes = [node for node in columns if node != GROUND]
        for number in _all(self._rows, nodes):
            row = told.rows[number]
            line = dict.fromkeys(_columns(row.nodes, columns), 1.0)
            yield line, float(row.low), float(row.high)
        for number in _all(self._ratios, nodes):
            ratio = told.ratios[number]
            for off, least in ((-0.5, True), (0.5, False)):
                share = ratio.percent + off
                line = dict.fromkeys(_columns(ratio.whole, columns), -share)
                for column in _columns(ratio.part, columns):
                    line[column] = 100 - share
                side = share * ratio.whole_kwh - 100 * ratio.part_kwh
                endless = self._highs.kHighsInf
                yield line, side if least else -endless, endless if least else side


def _all(index: dict[int, list[int]], nodes: Iterable[int]) -> list[int]:
    return sorted({number for node in nodes for number in index.get(node, ())})


def _columns(nodes: Iterable[int], columns: dict[int, list[int]]) -> list[int]:
    return [column for node in sorted(nodes) for column in columns.get(node, ())]
