"""What was published of buildings, and how it came to be there. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from edge.publish.share import REST, Share
from edge.publish.ties import NOWHERE

Class = tuple[int, str]  # a node of blocks, and what was told of the heating there
_NEXT = 0  # a release that has no number yet
_UNSEEN = Share(0, "", "", REST, 0)
Cell = tuple[str, str]  # a cell of blocks and a carrier, or a cell of sections and nothing


@dataclass(slots=True)
class Line:
    """Buildings that were in the same cells in every release have the same numbers, else not.

    It is never changed, as a `Share` is not.

    ``heating``: what was told of what makes their heat, release by release.

    ``low`` and ``high``: the least and the most kWh that a building was published with.
    """

    block: int
    section: int
    low: int
    high: int
    heating: str = ""


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
            past.shares.get(building), past.lines.get(building), one, _NEXT, known,
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


def class_of(line: Line | None) -> Class | None:
    """Return what whoever kept every release can tell a building's heating by; None if nobody can.

    It is counted by cells of blocks and carriers alone.
    """
    return None if line is None or line.block == NOWHERE else (line.block, line.heating)


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
    was, heating, kwh = before or _UNSEEN, "" if line is None else line.heating, now.kwh
    if now.block != was.block or now.carrier != was.carrier:
        block = known.setdefault((release, block, now.block, now.carrier), len(known) + start)
    if now.section != was.section:
        section = known.setdefault((-release, section, now.section, ""), len(known) + start)
    if now.heating != was.heating:
        heating = f"{heating}/{release}{now.heating}"
    if line is None:
        return Line(block, section, kwh, kwh, heating)
    return Line(block, section, min(line.low, kwh), max(line.high, kwh), heating)
