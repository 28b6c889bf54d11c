"""What was published of buildings, and how it came to be there. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from edge.publish.share import REST, Share
from edge.publish.ties import NOWHERE

Cell = tuple[str, str]  # a cell of blocks and a carrier, or a cell of sections and nothing


@dataclass(frozen=True, slots=True)
class Line:
    """Buildings that were in the same cells in every release have the same number, else not.

    ``low`` and ``high``: the least and the most kWh that a building was published with.
    """

    block: int
    section: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class History:
    """All that was published: what holds now, by building, and how it came to be there."""

    shares: dict[int, Share]
    lines: dict[int, Line]
    cells: dict[int, str]
    next_line: int


def history(released: Iterable[tuple[int, Share]], cells: Mapping[int, str]) -> History:
    """Return the history of releases, each share with its release's number, in order."""
    shares: dict[int, Share] = {}
    lines: dict[int, Line] = {}
    known: dict[tuple[int, int, str, str], int] = {}
    for release, one in released:
        before, line = shares.get(one.building), lines.get(one.building)
        shares[one.building] = one
        lines[one.building] = _line(before, line, one, release, known)
    return History(shares, lines, dict(cells), len(known) + 1)


def lines_after(past: History, changes: Mapping[int, Share]) -> dict[int, Line]:
    """Return each building's line if ``changes`` were the next release."""
    known: dict[tuple[int, int, str, str], int] = {}
    lines = dict(past.lines)
    for building, one in changes.items():
        lines[building] = _line(
            past.shares.get(building), past.lines.get(building), one, 1, known,
            start=past.next_line,
        )  # fmt: skip
    return lines


def nodes_of(line: Line | None) -> tuple[int, int]:
    """Return the two nodes that a building stands between; `NOWHERE` twice if nobody saw it."""
    return (NOWHERE, NOWHERE) if line is None else (line.block, line.section)


def cells_of(one: Share | None) -> list[Cell]:
    """Return the cells that a building is shown in."""
    if one is None:
        return []
    found = [(one.block, one.carrier)] if one.block else []
    return [*found, (one.section, "§")] if one.section else found


def _line(
    before: Share | None,
    line: Line | None,
    now: Share,
    release: int,
    known: dict[tuple[int, int, str, str], int],
    *,
    start: int = 1,
) -> Line:
    block, section = (NOWHERE, NOWHERE) if line is None else (line.block, line.section)
    if (now.block, now.carrier) != (
        ("", REST) if before is None else (before.block, before.carrier)
    ):
        block = known.setdefault((release, block, now.block, now.carrier), len(known) + start)
    if now.section != ("" if before is None else before.section):
        section = known.setdefault((-release, section, now.section, ""), len(known) + start)
    low = now.kwh if line is None else min(line.low, now.kwh)
    high = now.kwh if line is None else max(line.high, now.kwh)
    return Line(block, section, low, high)
