"""Reading a file of shapes into the cadastre: what its properties say, as of a table, and where.

Sizes are computed and said as estimates, beside what a table says; buildings are put into blocks
and at sections by their position where no table named them (:mod:`edge.cadastre.placing`).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from edge.cadastre.geometry import Judge, Shape, ShapeError, in_plane
from edge.cadastre.intake import Account, Intake, Row
from edge.cadastre.placing import NEAREST_M, computed, place_buildings
from edge.cadastre.shape_files import ShapeFile, read_shapes
from edge.cadastre.shape_quarantine import ShapeQuarantine
from edge.heat.building import Area
from edge.heat.intake.cells import text
from edge.heat.intake.fields import FIELDS
from edge.heat.intake.lines import Finding, Line, Reader
from edge.heat.said import Method, Said

if TYPE_CHECKING:
    from edge.heat.building import Building
    from edge.heat.intake.cells import Cell
    from edge.store.village_heat import PlaceKind
    from edge.store.village_heat_outlines import Placed

_KNOWN = 200  # outlines that say where the county is
_PLACES: dict[str, tuple[PlaceKind, str, float]] = {  # the size's field, and m2 or m in one of it
    "blocks": ("block", "hectares", 10_000.0),
    "sections": ("section", "length", 1.0),
}
_PLACED: dict[str, tuple[Placed, ...]] = {
    "buildings": ("block", "section"),
    "blocks": ("block",),
    "sections": ("section",),
}


class ShapeIntake(Intake):
    """Reads one file of shapes."""

    _file: ShapeFile
    _judge: Judge

    def _read(self, path: Path, rejected: Path | None) -> Account:
        columns, village = self._columns, self._village
        self._file = file = read_shapes(path, columns)
        self._judge = Judge(columns.kind, file.epsg, swapped=columns.axes == "yx")
        known = [*village.place_outlines("block").values()]
        known += village.place_outlines("section").values()
        step = len(known) // _KNOWN + 1
        self._judge.look_around(
            [one.shape for one in file.features], [in_plane(one) for one in known[::step]]
        )
        self._shapes: dict[int, Shape] = {}
        self._named: dict[str, str] = {}
        self._flat = 0
        reader = Reader(file.header, columns, village.renamed_streets())
        aside = ShapeQuarantine(rejected, file)
        rows = (
            (number, [one.properties.get(name) for name in file.header])
            for number, one in enumerate(file.features, start=1)
        )
        self._lines(rows, reader, aside)
        if self._flat:
            self._account.notes.append(
                f"{self._flat} Formen haben Höhen: sie werden nicht gebraucht und sind weggelassen."
            )
        self._place()
        self._account.rejected = aside.finish()
        return self._account

    def _line(self, reader: Reader, row: Row) -> tuple[Line | None, list[Finding]]:
        number, cells = row
        feature = self._file.features[number - 1]
        try:
            shape = self._judge.judge(feature.shape, feature.wrong)
        except ShapeError as error:
            name = next((shown for cell in cells if (shown := text(cell))), "")[:60]
            wrong = Finding(number, "Form", name, error.code, error.why, error.todo, whole=True)
            return None, [wrong]
        if self._columns.kind == "buildings":
            whole = (number, [*cells, str(hash(shape.text))])  # another outline says something else
            line, found = reader.read(*whole) if self._has_address(cells) else reader.by_ref(*whole)
        else:
            line, found = super()._line(reader, row)
        if line is None and not found:
            found = [
                Finding(
                    *(number, "Form", "", "absent", "Die Form hat keinen Namen"),
                    "Bitte benennen, oder herausnehmen.",
                    whole=True,
                )
            ]
        if line is not None:
            self._shapes[number] = shape
            self._flat += shape.was_3d
        return line, found

    def _has_address(self, row: Sequence[Cell]) -> bool:
        given = self._columns.columns
        if "ref" not in given.values():
            return True
        return any(
            text(row[self._file.header.index(name)])
            for name, one in given.items()
            if one in {"street", "address"} and name in self._file.header
        )

    def _buildings(self, lines: list[Line]) -> dict[int, list[Finding]]:
        by_ref = [one for one in lines if not one.address]
        refs = self._village.buildings_by_ref(one.ref for one in by_ref)
        unknown = {one.number: [_unknown(one)] for one in by_ref if one.ref not in refs}
        later = super()._buildings([one for one in lines if one.number not in unknown])
        shapes = {self._numbers[one.number]: (one, self._shapes.pop(one.number))
                  for one in lines if one.number in self._numbers}  # fmt: skip
        self._village.keep_outlines(buildings={n: one.text for n, (_, one) in shapes.items()})
        areas = []
        for number, (line, shape) in shapes.items():
            building = self._village.heat_building(number)
            if building is not None and _wants_area(building, shape.size):
                areas.append(
                    (
                        number,
                        {
                            "area": computed(round(shape.size, 1), line.source, line.day),
                            "area_kind": computed(Area.FOOTPRINT.value, line.source, line.day),
                        },
                    )
                )
        self._account.values += self._village.keep_computed(areas, self._at, self._number)
        return later | unknown

    def _plain(self, lines: list[Line]) -> dict[int, list[Finding]]:
        later: dict[int, list[Finding]] = {}
        kind, field, factor = _PLACES[self._columns.kind]
        outlines: dict[int, str] = {}
        for line in lines:
            name, shape = str(line.rest[kind]), self._shapes.pop(line.number)
            if name in self._named:
                later[line.number] = [_twice(line, name, same=self._named[name] == shape.text)]
                continue
            self._named[name] = shape.text
            source = str(line.rest.get("source", self._columns.source))[:200]
            size = computed(round(shape.size / factor, 4), source, self._columns.day)
            number = self._village.keep_place(
                kind, name, {field: size}, self._at, imported=self._number
            )
            if field in line.rest:
                said = Said(
                    float(str(line.rest[field])), source, self._columns.day, self._columns.method
                )
                self._village.keep_place(kind, name, {field: said}, self._at, imported=self._number)
            outlines[number] = shape.text
            self._account.values += 1
        self._village.keep_outlines(places=outlines)
        return later

    def _place(self) -> None:
        columns = self._columns
        for kind in _PLACED[columns.kind]:
            done = place_buildings(
                self._village, kind, (columns.source, columns.day), self._at, self._number
            )
            word = FIELDS[kind].german
            if done.placed:
                self._account.notes.append(f"{word} nach der Lage: {done.placed} Gebäude.")
            if done.nowhere:
                far = f" (höchstens {NEAREST_M:.0f} m entfernt)" if kind == "section" else ""
                self._account.notes.append(
                    f"Ohne {word}: {done.nowhere} Gebäude, kein eindeutiger in der Nähe{far}."
                )
            self._note(
                Finding(
                    *(0, word, names[:60], "overlap"),
                    "Zwei Baublöcke überlappen sich, und Gebäude liegen in beiden",
                    "Bitte die Grenzen berichtigen; die Gebäude sind keinem Block zugeordnet.",
                )
                for names in islice(done.unclear, 100)
            )
            self._account.left_out += len(done.unclear)


def _wants_area(building: Building, size: float) -> bool:
    """Tell whether an outline's area is worth keeping: no better one, and none of a shed."""
    low, high = FIELDS["area"].low or 0.0, FIELDS["area"].high or 0.0
    if not low <= size <= high:
        return False
    known = building.facts.get("area")
    if known is None:
        return True
    return known.method is Method.ESTIMATED and building.word("area_kind") == Area.FOOTPRINT.value


def _unknown(line: Line) -> Finding:
    return Finding(
        *(line.number, "Kennung", line.ref[:60], "unknown"),
        "Ein Gebäude mit dieser Kennung ist nicht bekannt, und die Form nennt keine Adresse",
        "Bitte zuerst die Gebäude mit Adresse und dieser Kennung einlesen, oder der Form eine "
        "Adresse geben.",
        whole=True,
    )


def _twice(line: Line, name: str, *, same: bool) -> Finding:
    if same:
        return Finding(
            *(line.number, "Form", name[:60], "again", "Dieselbe Form noch einmal"),
            "Nichts: sie ist schon übernommen.",
            whole=True,
        )
    return Finding(
        *(line.number, "Form", name[:60], "contradiction"),
        "Der Name steht schon bei einer anderen Form",
        "Bitte verschieden benennen, oder zu einer Form aus mehreren Teilen zusammenfassen.",
        whole=True,
    )
