"""The evidence of a fault as SVG. Colours are the page's, by class; text is escaped."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

from edge.heat.faults.fault import Axis, Evidence, Layer
from edge.heat.german import de

WIDTH, HEIGHT = 720, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 12, 40, 34
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_MARKS = 4
_WEEKS, _MONTHS, _QUARTERS = 20, 150, 900  # days, up to which marks are days, months, quarters
# of a drawing that stands by itself; a page has its own
STYLE = (
    "text{font:14px sans-serif;fill:#222}.grid{stroke:#ddd}.meant{fill:#f6e3b4}"
    ".line{fill:none;stroke:#0b5394;stroke-width:2}.second{stroke:#b3261e}.third{stroke:#3d6b1f}"
    ".wanted{fill:none;stroke:#555;stroke-width:2;stroke-dasharray:7 5}.dots circle{fill:#0b5394;"
    "fill-opacity:.55}"
)


@dataclass(frozen=True, slots=True)
class _Frame:
    """What of values lies where: ends of the horizontal axis, and marks of the vertical one."""

    low: float
    high: float
    marks: tuple[float, ...]

    def x(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(_LEFT + share * (WIDTH - _LEFT - _RIGHT), 1)

    def y(self, value: float) -> float:
        share = (value - self.marks[0]) / (self.marks[-1] - self.marks[0])
        return round(HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM), 1)


def svg(evidence: Evidence, number: int = 0, style: str = "") -> str:
    """Return the drawing; ``number`` tells its names from those of others in the same page."""
    low, high = _ends([at for layer in evidence.layers for at in layer.x])
    if evidence.axis is Axis.HOUR:
        low, high = 0.0, 24.0
    values = [one for layer in evidence.layers for one in layer.y if one is not None]
    frame = _Frame(low, high, tuple(_marks(values, from_nought=evidence.unit == "kW")))
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="evidence" viewBox="0 0 {WIDTH} {HEIGHT}"'
        f' role="img" aria-labelledby="bild-{number}">'
        f'<title id="bild-{number}">{escape(evidence.title)}</title>'
    )
    looks = _looks(evidence.layers)
    parts = [
        head,
        f"<style>{style}</style>" if style else "",
        *(_meant(frame, *one) for one in evidence.marked),
        *_grid(frame, evidence),
        *_key(evidence.layers),
        *(_layer(frame, *one) for one in zip(evidence.layers, looks, strict=True)),
        "</svg>",
    ]
    return "".join(parts)


def _meant(frame: _Frame, begin: float, end: float) -> str:
    left, right = frame.x(max(begin, frame.low)), frame.x(min(end, frame.high))
    return (
        f'<rect class="meant" x="{left}" y="{_TOP}" width="{right - left:.1f}"'
        f' height="{HEIGHT - _TOP - _BOTTOM}"/>'
    )


def _grid(frame: _Frame, evidence: Evidence) -> Iterator[str]:
    digits = 0 if all(one.is_integer() for one in frame.marks) else 2
    for mark in frame.marks:
        at = frame.y(mark)
        yield f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{at}" y2="{at}"/>'
        yield f'<text x="{_LEFT - 6}" y="{at + 5:.1f}" text-anchor="end">{de(mark, digits)}</text>'
    for where, text in _axis(evidence.axis, frame.low, frame.high):
        yield (
            f'<text x="{frame.x(where)}" y="{HEIGHT - 10}" text-anchor="middle">'
            f"{escape(text)}</text>"
        )
    yield f'<text x="{_LEFT - 6}" y="18" text-anchor="end">{escape(evidence.unit)}</text>'


def _layer(frame: _Frame, layer: Layer, look: str) -> str:
    if layer.look == "dots":
        circles = (
            f'<circle cx="{frame.x(at)}" cy="{frame.y(value)}" r="3"/>'
            for at, value in zip(layer.x, layer.y, strict=True)
            if value is not None
        )
        return f'<g class="dots">{"".join(circles)}</g>'
    lines = (" ".join(f"{frame.x(at)},{frame.y(one)}" for at, one in run) for run in _runs(layer))
    return "".join(f'<polyline class="{look}" points="{points}"/>' for points in lines)


def _ends(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values, default=0.0), max(values, default=0.0)
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def _marks(values: Sequence[float], *, from_nought: bool) -> list[float]:
    """Return plain numbers, evenly apart, around all values."""
    low, high = _ends([*values, 0.0] if from_nought else values)
    rough = (high - low) / _MARKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(one * power for one in _STEPS if one * power >= rough * (1 - 1e-9))
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return [round(step * one, 10) for one in range(first, last + 1)]


def _axis(axis: Axis, low: float, high: float) -> list[tuple[float, str]]:
    if axis is Axis.HOUR:
        return [(float(one), f"{one} Uhr") for one in range(0, 24, 4)]
    if axis is Axis.DEGC:
        step = 5 if high - low > 12 else 2
        begin = math.ceil(low / step) * step
        return [(float(one), f"{one} °C") for one in range(begin, math.floor(high) + 1, step)]
    days = range(math.ceil(low), math.floor(high) + 1)
    if high - low <= _WEEKS:
        step = 1 if high - low <= 6 else 3
        return [(float(one), _day(one)) for one in days[::step]]
    if high - low <= _MONTHS:
        step = 7 if high - low <= 60 else 21
        return [(float(one), _day(one)) for one in days[::step]]
    months = (1, 4, 7, 10) if high - low <= _QUARTERS else (1,)
    firsts = [date.fromordinal(one) for one in days]
    return [
        (float(one.toordinal()), f"{one.month}/{one.year}")
        for one in firsts
        if one.day == 1 and one.month in months
    ]


def _day(ordinal: int) -> str:
    day = date.fromordinal(ordinal)
    return f"{day.day}.{day.month}."


def _looks(layers: Sequence[Layer]) -> list[str]:
    """Return each layer's classes: lines differ in colour."""
    found, lines = [], 0
    for layer in layers:
        if layer.look == "line":
            found.append(("line", "line second", "line third")[min(lines, 2)])
            lines += 1
        else:
            found.append(layer.look)
    return found


def _key(layers: Sequence[Layer]) -> list[str]:
    """Return the key above the drawing, one name after the other."""
    parts, at = [], _LEFT + 4
    for layer, look in zip(layers, _looks(layers), strict=True):
        if layer.look == "dots":
            parts.append(f'<g class="dots"><circle cx="{at + 12}" cy="13" r="4"/></g>')
        else:
            parts.append(f'<polyline class="{look}" points="{at},13 {at + 24},13"/>')
        parts.append(f'<text x="{at + 30}" y="18">{escape(layer.name)}</text>')
        at += 54 + 8 * len(layer.name)
    return parts


def _runs(layer: Layer) -> list[list[tuple[float, float]]]:
    """Return a line's points without its gaps; a point alone becomes a short line."""
    runs: list[list[tuple[float, float]]] = [[]]
    for at, value in zip(layer.x, layer.y, strict=True):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((at, value))
    return [run if len(run) > 1 else [*run, *run] for run in runs if run]
