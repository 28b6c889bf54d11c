"""The growth of the county's work as a picture: `county_scale table` in, SVG out.

    python -m tests.benchmarks.county_plot TABLE.jsonl docs/images/county-growth.svg

Both axes are logarithmic; a cost that grows linearly lies on a line of the slope that is drawn.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

_WIDTH, _HEIGHT, _LEFT, _TOP, _SIDE = 760, 460, 70, 20, 170
_COLOURS = {1: "#b2491b", 10: "#1f4a3a", 120: "#634100"}
_PLOT = (_WIDTH - _LEFT - _SIDE, _HEIGHT - _TOP - 60)


def _seconds(row: Mapping[str, Any]) -> float:
    return float(row["verify_s"] + row["commit_s"] + row["upkeep_s"])


class _Axes:
    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        counts = [math.log10(row["rows"]) for row in rows]
        costs = [math.log10(max(_seconds(row), 0.01)) for row in rows]
        self.low = math.floor(min(counts)), math.floor(min(costs))
        self.high = math.ceil(max(counts)), math.ceil(max(costs))

    def x(self, rows: float) -> float:
        share = (math.log10(rows) - self.low[0]) / (self.high[0] - self.low[0])
        return round(_LEFT + share * _PLOT[0], 1)

    def y(self, seconds: float) -> float:
        share = (math.log10(max(seconds, 0.01)) - self.low[1]) / (self.high[1] - self.low[1])
        return round(_TOP + (1 - share) * _PLOT[1], 1)


def draw(rows: list[Mapping[str, Any]]) -> str:
    """Return the SVG."""
    axes = _Axes(rows)
    right, bottom = _LEFT + _PLOT[0], _TOP + _PLOT[1]
    out = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
            ' font-family="sans-serif" font-size="13" role="img">'
        ),
        "<title>Processor seconds over rows, for 1, 10 and 120 hubs</title>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
    ]
    for power in range(axes.low[0], axes.high[0] + 1):
        x = axes.x(10**power)
        out.append(f'<path d="M{x} {_TOP}V{bottom}" stroke="#ddd"/>')
        out.append(f'<text x="{x}" y="{bottom + 20}" text-anchor="middle">10^{power}</text>')
    for power in range(axes.low[1], axes.high[1] + 1):
        y = axes.y(10.0**power)
        out.append(f'<path d="M{_LEFT} {y}H{right}" stroke="#ddd"/>')
        out.append(f'<text x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">{10.0**power:g} s</text>')
    out.append(
        f'<text x="{(_LEFT + right) / 2}" y="{bottom + 45}" text-anchor="middle">rows</text>'
    )
    last = max(rows, key=lambda row: int(row["rows"]))
    rate = last["rows"] / _seconds(last)
    floor = max(10.0 ** axes.low[0], rate * 10.0 ** axes.low[1])
    out.append(
        f'<path d="M{axes.x(floor)} {axes.y(floor / rate)}'
        f'L{axes.x(last["rows"])} {axes.y(_seconds(last))}" stroke="#999" stroke-dasharray="5 4"/>'
    )
    for place, hubs in enumerate(sorted({int(row["hubs"]) for row in rows})):
        mine = sorted((r for r in rows if r["hubs"] == hubs), key=lambda row: int(row["rows"]))
        points = [(axes.x(row["rows"]), axes.y(_seconds(row))) for row in mine]
        colour = _COLOURS.get(hubs, "#333")
        line = " ".join(f"{x},{y}" for x, y in points)
        out.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{x}" cy="{y}" r="4" fill="{colour}"/>' for x, y in points]
        label = "1 hub" if hubs == 1 else f"{hubs} hubs"
        out.append(
            f'<text x="{right + 14}" y="{_TOP + 20 + place * 22}" fill="{colour}">{label}</text>'
        )
    out.append(f'<text x="{right + 14}" y="{_TOP + 96}" fill="#666">dashed: linear</text>')
    return "\n".join([*out, "</svg>"]) + "\n"


def main() -> None:
    source, target = map(Path, sys.argv[1:3])
    rows = [json.loads(line) for line in source.read_text("utf-8").splitlines()]
    target.write_text(draw(rows), "utf-8")


if __name__ == "__main__":
    main()
