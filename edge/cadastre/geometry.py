"""What a shape has to be like to be believed, and how large it is, by shapely and pyproj.

Lengths and areas are those of the plane of UTM zone 32 (EPSG:25832), as surveyors have them: within
Germany it is off by at most 0.4 %. Shapes are kept as longitude and latitude (EPSG:4326).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from edge.heat.errors import CadastreError
from edge.heat.german import de

try:
    import numpy as np
    import shapely
    from pyproj import Transformer
    from shapely import Geometry
except ModuleNotFoundError as missing:
    raise CadastreError(
        f"{missing.name} is absent",
        hint="Für Karten und Umrisse fehlt ein Teil: pip install 'dorfhub[geo]'",
    ) from None

__all__ = [
    "LONLAT", "PLANE", "Geometry", "Judge", "Shape", "ShapeError", "as_text", "between", "epsg_of",
    "in_plane", "shapely",
]  # fmt: skip

LONLAT, PLANE = 4326, 25832
# west, south, east, north of Germany in each system that is read, a little more
_GERMANY = {
    4326: (5.5, 47.0, 15.5, 55.3),
    4258: (5.5, 47.0, 15.5, 55.3),
    25832: (240_000.0, 5_200_000.0, 930_000.0, 6_140_000.0),
    25833: (-190_000.0, 5_200_000.0, 540_000.0, 6_140_000.0),
}
COUNTY_M = 50_000.0  # a county's places lie no farther from its middle
MOST_POINTS = 100_000  # of one shape
DIGITS = 7  # of a degree: about a centimetre
KINDS = {
    "buildings": ("Point", "Polygon", "MultiPolygon"),
    "blocks": ("Polygon", "MultiPolygon"),
    "sections": ("LineString", "MultiLineString"),
}
_GERMAN = {
    "Point": "ein Punkt", "MultiPoint": "mehrere Punkte", "LineString": "eine Linie",
    "MultiLineString": "eine Linie", "Polygon": "eine Fläche", "MultiPolygon": "eine Fläche",
    "GeometryCollection": "ein Gemisch von Formen", "LinearRing": "eine Linie",
}  # fmt: skip
_WANTED = {
    "buildings": "Ein Gebäude ist eine Fläche oder ein Punkt",
    "blocks": "Ein Baublock ist eine Fläche",
    "sections": "Ein Straßenabschnitt ist eine Linie",
}
_SIZES = {  # smallest and largest that is plausible: m2 of a building, m2 of a block, m
    "buildings": (4.0, 500_000.0, "m²"),
    "blocks": (10.0, 100_000_000.0, "m²"),
    "sections": (1.0, 50_000.0, "m"),
}
_EPSG = re.compile(r"EPSG\D*?(\d{4,5})(?!\d)", re.IGNORECASE)
_UTM = re.compile(r"ETRS89_UTM(32|33)", re.IGNORECASE)


class ShapeError(Exception):
    """A shape that cannot be taken: a code for programs, why and what to do in German."""

    def __init__(self, code: str, why: str, todo: str) -> None:
        super().__init__(why)
        self.code, self.why, self.todo = code, why, todo


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape that may be kept: in the plane, and as the text of a GeoJSON geometry.

    ``size`` is m2 of an area, m of a line, 0 of a point. ``was_3d``: heights were left out.
    """

    plane: Geometry
    text: str
    size: float
    was_3d: bool


def epsg_of(text: str) -> int:
    """Return the system that a text names, EPSG code.

    :raises CadastreError: if it is none of those that are read.
    """
    found, utm = _EPSG.search(text), _UTM.search(text)
    if "CRS84" in text.upper():
        return LONLAT
    number = int(found[1]) if found else 25800 + int(utm[1]) if utm else 0
    if number not in _GERMANY:
        raise CadastreError(
            f"crs {text!r}",
            hint=f"Das Koordinatensystem „{text[:80]}“ wird nicht gelesen. Bitte die Datei nach "
            "EPSG:25832 oder EPSG:4326 umrechnen (zum Beispiel mit QGIS), oder in der Zuordnung "
            'crs = "25832" eintragen, wenn die Angabe in der Datei falsch ist.',
        )
    return number


class Judge:
    """Judges shapes of one kind in one system. ``middle`` is where the county is, in the plane."""

    def __init__(self, kind: str, epsg: int, *, swapped: bool = False) -> None:
        self._kind, self._epsg, self._swapped = kind, epsg, swapped
        self._to_plane = between(epsg, PLANE)
        self._to_lonlat = between(epsg, LONLAT)
        self.middle: tuple[float, float] | None = None

    def look_around(self, shapes: Sequence[Geometry | None], known: Sequence[Geometry]) -> None:
        """Say where the county is: where what is known lies (in the plane), else most of these."""
        points = [one.centroid for one in known if not one.is_empty]
        if not points:
            found = [self._turned(one) for one in shapes if one is not None and not one.is_empty]
            inside = [one for one in found if self._is_german(one)]
            points = [self._to_plane(one).centroid for one in inside[:: len(inside) // 1000 + 1]]
        if points:
            self.middle = (
                float(np.median([one.x for one in points])),
                float(np.median([one.y for one in points])),
            )

    def judge(self, shape: Geometry | None, unreadable: str = "") -> Shape:
        """Return the shape as it is kept. ``unreadable`` says why there is none.

        :raises ShapeError: if it is not believed.
        """
        if unreadable:
            raise ShapeError("unreadable", unreadable, "Bitte neu ausgeben lassen.")
        if shape is None or shape.is_empty:
            raise ShapeError(
                "empty", "Die Form fehlt oder ist leer", "Bitte neu zeichnen oder herausnehmen."
            )
        if shape.geom_type not in KINDS[self._kind]:
            raise ShapeError(
                "shape",
                f"{_WANTED[self._kind]}, hier steht {_GERMAN[shape.geom_type]}",
                "Bitte die richtige Ebene ausgeben, oder in der Zuordnung „kind“ berichtigen.",
            )
        if shapely.get_num_coordinates(shape) > MOST_POINTS:
            raise ShapeError(
                "large", f"Die Form hat mehr als {MOST_POINTS} Punkte", "Bitte vereinfachen."
            )
        if not np.isfinite(shapely.get_coordinates(shape)).all():
            raise ShapeError(
                "number", "Eine Koordinate ist keine Zahl", "Bitte neu ausgeben lassen."
            )
        was_3d = bool(shape.has_z)
        flat = self._turned(shapely.force_2d(shape))
        self._place(flat)
        plane = self._to_plane(flat)
        self._county(plane)
        self._valid(flat)
        size = plane.area or plane.length
        self._size(plane, size)
        return Shape(plane, as_text(self._to_lonlat(flat)), size, was_3d)

    def _turned(self, shape: Geometry) -> Geometry:
        if not self._swapped:
            return shape
        return shapely.transform(shape, lambda one: one[:, ::-1])

    def _is_german(self, shape: Geometry) -> bool:
        return _inside(shape.bounds, _GERMANY[self._epsg])

    def _place(self, shape: Geometry) -> None:
        if self._is_german(shape):
            return
        west, south, east, north = shape.bounds
        turned = (south, west, north, east)
        at = f"{west:.6g} / {south:.6g}"
        if _inside(turned, _GERMANY[self._epsg]):
            raise ShapeError(
                "axes",
                f"Rechts- und Hochwert (Länge und Breite) sind vertauscht: {at}",
                'Bitte in der Zuordnung axes = "yx" eintragen, oder die Datei berichtigen.',
            )
        for other in (LONLAT, PLANE, 25833):
            if other != self._epsg and _inside(shape.bounds, _GERMANY[other]):
                raise ShapeError(
                    "crs",
                    f"Die Koordinaten {at} sind nicht in EPSG:{self._epsg}, eher in EPSG:{other}",
                    f'Bitte in der Zuordnung crs = "{other}" eintragen.',
                )
        if 31_000_000 < west < 34_000_000:
            raise ShapeError(
                "crs",
                f"Vor dem Rechtswert steht die Zone: {at}",
                "Bitte nach EPSG:25832 umrechnen lassen (ohne die führende 32).",
            )
        raise ShapeError(
            "elsewhere", f"Die Form liegt nicht in Deutschland: {at}",
            "Bitte das Koordinatensystem prüfen (crs in der Zuordnung), sonst herausnehmen.",
        )  # fmt: skip

    def _county(self, plane: Geometry) -> None:
        if self.middle is None:
            return
        west, south, east, north = plane.bounds
        far = math.dist(((west + east) / 2, (south + north) / 2), self.middle)
        if far > COUNTY_M:
            raise ShapeError(
                "elsewhere",
                f"Die Form liegt {far / 1000:.0f} km von den anderen entfernt, nicht im Landkreis",
                "Bitte prüfen, ob sie hierher gehört, und sonst herausnehmen.",
            )

    @staticmethod
    def _valid(shape: Geometry) -> None:
        if shape.is_valid:
            return
        reason = shapely.is_valid_reason(shape)
        at = reason.partition("[")[2].rstrip("]").replace(" ", " / ")
        what = {
            "Self-intersection": "Die Umrisslinie kreuzt sich selbst",
            "Ring Self-intersection": "Die Umrisslinie berührt sich selbst",
            "Hole lies outside shell": "Ein Loch liegt außerhalb der Fläche",
            "Holes are nested": "Ein Loch liegt in einem anderen",
            "Nested shells": "Eine Teilfläche liegt in einer anderen",
        }.get(reason.partition("[")[0], "Die Form ist nicht gültig")
        raise ShapeError(
            "crossing", f"{what} (bei {at})" if at else what,
            "Bitte reparieren (in QGIS: „Geometrien reparieren“) und noch einmal einlesen.",
        )  # fmt: skip

    def _size(self, plane: Geometry, size: float) -> None:
        if plane.geom_type == "Point":
            return
        low, high, unit = _SIZES[self._kind]
        if not low <= size <= high:
            shown = f"{de(size)} {unit}"
            raise ShapeError(
                "size",
                f"Die Form ist {'zu klein' if size < low else 'zu groß'}: {shown}",
                "Bitte prüfen, ob sie das Richtige zeigt, und das Koordinatensystem.",
            )


def in_plane(text: str) -> Geometry:
    """Return an outline that was kept, in the plane."""
    return between(LONLAT, PLANE)(shapely.from_geojson(text))


def as_text(shape: Geometry) -> str:
    """Return a shape in degrees as the text of a GeoJSON geometry, in centimetres."""
    found: dict[str, Any] = shapely.geometry.mapping(shape)
    return json.dumps(
        {"type": found["type"], "coordinates": _rounded(found["coordinates"])},
        separators=(",", ":"),
    )


def _rounded(found: Any) -> Any:
    if isinstance(found, (int, float)):
        return round(found, DIGITS)
    return [_rounded(one) for one in found]


def between(epsg: int, other: int) -> Callable[[Geometry], Geometry]:
    """Return what turns shapes of one system (east, north) into those of another."""
    if epsg == other:
        return lambda shape: shape
    convert = _transformer(epsg, other).transform
    return lambda shape: shapely.transform(
        shape, lambda one: np.column_stack(convert(one[:, 0], one[:, 1]))
    )


@cache  # each is slow to make
def _transformer(epsg: int, other: int) -> Transformer:
    return Transformer.from_crs(epsg, other, always_xy=True)


def _inside(bounds: Sequence[float], frame: Sequence[float]) -> bool:
    west, south, east, north = bounds
    return frame[0] <= west and frame[1] <= south and east <= frame[2] and north <= frame[3]
