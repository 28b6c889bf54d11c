"""The village drawn by its heat: blocks and streets in classes, and a list with the same numbers.

Drawn here from the kept outlines, with nothing from outside and no library: within a village the
earth is flat. Only sums that are kept are shown, and they are of five buildings and more.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from edge.cadastre.places import PlaceSum, place_sums
from edge.heat.building import FEW_UNITS
from edge.store.village import VillageStore
from edge.web import words

if TYPE_CHECKING:
    from edge.store.village_heat_outlines import Placed

WIDTH, TALLEST, EDGE = 1000, 1300, 24  # drawing units
DEGREE_M = 111_320.0  # one of latitude; one of longitude is as much at the equator
# Upper limits of the classes but for the last: doubling, so that each is plain to see. They say
# how dense demand is, not what is fit for a network.
LIMITS: dict[str, tuple[int, ...]] = {
    "block": (100, 200, 400, 800), "section": (500, 1000, 1500, 3000)
}  # fmt: skip
UNITS = {"block": "MWh je Hektar und Jahr", "section": "kWh je Meter und Jahr"}
_FEW = f"weniger als {FEW_UNITS} Gebäude, darum keine Summe: niemand soll zu erkennen sein"
_NOT_YET = "noch nicht geschätzt (dorfhub heat estimate)"
_NO_SIZE = {"block": "die Fläche ist nicht bekannt", "section": "die Länge ist nicht bekannt"}
_BARS = (50, 100, 200, 500, 1000, 2000, 5000)  # m that a scale may show
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Spot:
    """A block or a section as map and list show it.

    ``level`` is the class, 1 to 5, or 0 of what is drawn grey; ``why`` says why then. ``path`` is
    empty where nobody drew it. ``x`` and ``y`` are where its number stands.
    """

    number: int
    name: str
    level: int
    why: str = ""
    density: str = ""
    heat: str = ""
    band: str = ""
    buildings: int = 0
    path: str = ""
    x: int = 0
    y: int = 0
    roomy: bool = False
    exact: float = -1.0  # the density that it is sorted by

    @property
    def words(self) -> str:
        """What it says, for those who do not see it."""
        if not self.level:
            return f"{self.name}: {self.why}"
        return f"{self.name}: Klasse {self.level}, {self.density}"


@dataclass(frozen=True, slots=True)
class Level:
    """A class of the legend: its number, from where to where, and how many are in it."""

    number: int
    span: str
    count: int


@dataclass(frozen=True, slots=True)
class HeatMap:
    """The drawing and the list. ``streets`` are lines behind; ``bar`` is a length in m."""

    kind: str
    unit: str
    spots: tuple[Spot, ...]
    levels: tuple[Level, ...]
    grey: int
    streets: tuple[str, ...]
    height: int
    bar_m: int
    bar_units: int
    as_of: str

    @property
    def width(self) -> int:
        """Of the drawing."""
        return WIDTH

    @property
    def is_drawn(self) -> bool:
        """Whether there is anything to draw."""
        return any(one.path for one in self.spots)


def heat_map(village: VillageStore, kind: Placed) -> HeatMap:
    """Return the village's map of blocks, or of sections of streets.

    :raises StoreError: if the store cannot be read.
    """
    numbers = {one.name: one.place for one in village.heat_places(kind)}
    drawn = {number: _lines(text) for number, text in village.place_outlines(kind).items()}
    other: Placed = "section" if kind == "block" else "block"
    behind = [_lines(text) for text in village.place_outlines(other).values()]
    paper = _Paper([*drawn.values(), *behind])
    run = village.last_heat_run()
    none = _NOT_YET if run is None else _FEW
    spots = [
        _drawn(
            _spot(numbers[one.name], one, kind, none), drawn.get(numbers[one.name], []), paper, kind
        )
        for one in place_sums(village, kind)
    ]
    spots.sort(key=lambda one: (-one.exact, one.name))
    limits = LIMITS[kind]
    levels = [
        Level(n + 1, _span(limits, n), sum(one.level == n + 1 for one in spots))
        for n in range(len(limits) + 1)
    ]
    bar = max((one for one in _BARS if one * paper.scale <= WIDTH / 3), default=_BARS[0])
    return HeatMap(
        kind=kind,
        unit=UNITS[kind],
        spots=tuple(spots),
        levels=tuple(levels),
        grey=sum(not one.level for one in spots),
        streets=tuple(paper.path(one, close=kind == "section") for one in behind),
        height=paper.height,
        bar_m=bar,
        bar_units=round(bar * paper.scale),
        as_of=""
        if run is None
        else f"Geschätzt am {words.date(words.local(run.at).date())}"
        f" mit den Kennwerten „{run.typology}“.",
    )


def level_of(density: float, kind: Placed) -> int:
    """Return the class of a density, from 1."""
    return 1 + sum(density > limit for limit in LIMITS[kind])


def _spot(number: int, one: PlaceSum, kind: Placed, none: str) -> Spot:
    if one.kwh is None or one.low is None or one.high is None:
        return Spot(number, one.name, 0, none)
    told = Spot(
        number,
        one.name,
        0,
        _NO_SIZE[kind],
        heat=f"{words.number(_rounded(one.kwh / 1000))} MWh im Jahr",
        band=f"{words.number(_rounded(one.low / 1000))} bis "
        f"{words.number(_rounded(one.high / 1000))} MWh",
        buildings=one.buildings,
    )
    if one.density is None:
        return told
    unit = {"block": "MWh je ha", "section": "kWh je m"}[kind]
    density = f"{words.number(_rounded(one.density))} {unit}"
    return replace(
        told, level=level_of(one.density, kind), why="", density=density, exact=one.density
    )


def _drawn(spot: Spot, lines: list[list[Point]], paper: _Paper, kind: Placed) -> Spot:
    if not lines:
        return spot
    longest = max(lines, key=_reach)
    x, y = paper.at(_middle(longest, closed=kind == "block"))
    width, height = paper.size(longest)
    roomy = min(width, height) > 70 if kind == "block" else max(width, height) > 70
    return replace(spot, path=paper.path(lines, close=kind == "block"), x=x, y=y, roomy=roomy)


class _Paper:
    """Turns longitude and latitude into drawing units, north above."""

    def __init__(self, shapes: Iterable[list[list[Point]]]) -> None:
        points = [point for lines in shapes for line in lines for point in line]
        west, east = _span_of([x for x, _ in points])
        south, north = _span_of([y for _, y in points])
        self._narrow = math.cos(math.radians((south + north) / 2))
        self._west, self._north = west, north
        wide, high = (east - west) * self._narrow * DEGREE_M, (north - south) * DEGREE_M
        inner = WIDTH - 2 * EDGE
        self.scale = min(inner / max(wide, 1.0), (TALLEST - 2 * EDGE) / max(high, 1.0))
        self._left = (WIDTH - wide * self.scale) / 2
        self.height = round(high * self.scale) + 2 * EDGE

    def at(self, point: Point) -> tuple[int, int]:
        x = (point[0] - self._west) * self._narrow * DEGREE_M * self.scale + self._left
        y = (self._north - point[1]) * DEGREE_M * self.scale + EDGE
        return round(x), round(y)

    def size(self, line: Sequence[Point]) -> tuple[int, int]:
        xs, ys = zip(*map(self.at, line), strict=True)
        return max(xs) - min(xs), max(ys) - min(ys)

    def path(self, lines: Iterable[Sequence[Point]], *, close: bool) -> str:
        parts = []
        for line in lines:
            points = [self.at(point) for point in line]
            kept = [one for n, one in enumerate(points) if not n or one != points[n - 1]]
            parts.append("M" + "L".join(f"{x} {y}" for x, y in kept) + ("Z" if close else ""))
        return "".join(parts)


def _lines(text: str) -> list[list[Point]]:
    """Return the rings or lines of a GeoJSON geometry."""
    found = json.loads(text)
    return list(_flat(found["coordinates"]))


def _flat(found: Any) -> Iterator[list[Point]]:
    if isinstance(found[0][0], (int, float)):
        yield [(float(x), float(y)) for x, y in found]
        return
    for one in found:
        yield from _flat(one)


def _middle(line: Sequence[Point], *, closed: bool) -> Point:
    """Return the centre of gravity of a ring, or the middle point of a line's way."""
    if not closed:
        half, way = _reach(line) / 2, 0.0
        for a, b in pairwise(line):
            step = math.dist(a, b)
            if step and way + step >= half:
                share = (half - way) / step
                return a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])
            way += step
        return line[0]
    x0, y0 = line[0]
    area = x = y = 0.0
    for (ax, ay), (bx, by) in pairwise(line):
        cross = (ax - x0) * (by - y0) - (bx - x0) * (ay - y0)
        area += cross
        x += (ax + bx - 2 * x0) * cross
        y += (ay + by - 2 * y0) * cross
    return (x0 + x / (3 * area), y0 + y / (3 * area)) if area else line[0]


def _reach(line: Sequence[Point]) -> float:
    return sum(math.dist(a, b) for a, b in pairwise(line))


def _span(limits: Sequence[int], n: int) -> str:
    if n == 0:
        return f"bis {words.number(limits[0])}"
    first = words.number(limits[n - 1])
    return f"über {first}" + (f" bis {words.number(limits[n])}" if n < len(limits) else "")


def _span_of(values: Sequence[float]) -> tuple[float, float]:
    return (min(values), max(values)) if values else (0.0, 0.0)


def _rounded(value: float) -> float:
    """Return three digits of it: more would be believed."""
    if value <= 0:
        return 0.0
    return round(value, 2 - math.floor(math.log10(value)))
