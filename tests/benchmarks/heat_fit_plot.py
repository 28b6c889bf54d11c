"""The growth of fits as a picture: `heat_fit --growth TABLE.jsonl` in, SVG out.

    python -m tests.benchmarks.heat_fit_plot TABLE.jsonl docs/images/heat-fit-growth.svg

Processor seconds and memory over buildings, both axes logarithmic; the dashed line is linear.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_WIDTH, _HEIGHT, _LEFT, _TOP, _GAP = 860, 380, 70, 50, 90
_PANEL = ((_WIDTH - _LEFT - _GAP - 40) / 2, _HEIGHT - _TOP - 65)
_LINE, _GRID, _DASHED = "#1f4a3a", "#ddd", "#777"


class _Panel:
    """One picture of the two: a value over buildings."""

    def __init__(self, rows: Sequence[Mapping[str, Any]], name: str, at: int) -> None:
        self._rows, self._name = rows, name
        self._x0 = _LEFT + at * (_PANEL[0] + _GAP)
        self._sizes = [math.log10(row["buildings"]) for row in rows]
        values = [math.log10(row[name]) for row in rows]
        self._low, self._high = math.floor(min(values)), math.ceil(max(values))

    def _x(self, buildings: float) -> float:
        first, last = self._sizes[0], self._sizes[-1]
        return round(self._x0 + (math.log10(buildings) - first) / (last - first) * _PANEL[0], 1)

    def _y(self, value: float) -> float:
        share = (math.log10(value) - self._low) / (self._high - self._low)
        return round(_TOP + (1 - share) * _PANEL[1], 1)

    def draw(self, title: str, unit: str) -> list[str]:
        right, bottom = round(self._x0 + _PANEL[0], 1), _TOP + _PANEL[1]
        out = [f'<text x="{self._x0}" y="{_TOP - 18}" font-weight="bold">{title}</text>']
        for row in self._rows:
            x = self._x(row["buildings"])
            out.append(f'<path d="M{x} {_TOP}V{bottom}" stroke="{_GRID}"/>')
            out.append(
                f'<text x="{x}" y="{bottom + 20}" text-anchor="middle">{row["buildings"]:,}</text>'
            )
        for power in range(self._low, self._high + 1):
            y = self._y(10.0**power)
            out.append(f'<path d="M{self._x0} {y}H{right}" stroke="{_GRID}"/>')
            out.append(
                f'<text x="{self._x0 - 8}" y="{y + 4}" text-anchor="end">'
                f"{10.0**power:g} {unit}</text>"
            )
        points = [(self._x(row["buildings"]), self._y(row[self._name])) for row in self._rows]
        line = " ".join(f"{x},{y}" for x, y in points)
        out.append(f'<polyline points="{line}" fill="none" stroke="{_LINE}" stroke-width="2"/>')
        for (x, y), row in zip(points, self._rows, strict=True):
            out.append(f'<circle cx="{x}" cy="{y}" r="4" fill="{_LINE}"/>')
            end, right_of, below = ("start", 10, 20) if row is self._rows[0] else ("end", -6, -9)
            out.append(
                f'<text x="{x + right_of}" y="{y + below}" text-anchor="{end}" fill="{_LINE}">'
                f"{row[self._name]:.3g} {unit}</text>"
            )
        out.append(
            f'<text x="{self._x0 + _PANEL[0] / 2}" y="{bottom + 45}" text-anchor="middle">'
            "buildings, 365 days each</text>"
        )
        return out

    def linear(self) -> str:
        """Return the line on which the largest would lie if all grew as it."""
        last = self._rows[-1]
        rate = last[self._name] / last["buildings"]
        least = max(self._rows[0]["buildings"], 10.0**self._low / rate)
        ends = [(self._x(n), self._y(n * rate)) for n in (least, last["buildings"])]
        (x1, y1), (x2, y2) = ends
        return f'<path d="M{x1} {y1}L{x2} {y2}" stroke="{_DASHED}" stroke-dasharray="5 4"/>'


def draw(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the SVG; ``rows`` by size."""
    seconds = _Panel(rows, "cpu_seconds", 0)
    memory = _Panel(rows, "peak_mb", 1)
    out = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
            ' font-family="sans-serif" font-size="13" role="img">'
        ),
        "<title>Processor seconds and memory of fits, over buildings</title>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
        seconds.linear(),
        *seconds.draw("processor seconds (dashed: linear)", "s"),
        *memory.draw("memory of the process at most", "MB"),
    ]
    return "\n".join([*out, "</svg>"]) + "\n"


def main() -> None:
    source, target = map(Path, sys.argv[1:3])
    rows = [json.loads(line) for line in source.read_text("utf-8").splitlines()]
    target.write_text(draw(sorted(rows, key=lambda row: int(row["buildings"]))), "utf-8")


if __name__ == "__main__":
    main()
