"""One line of a table: what it says of a building, and what is wrong with it.

What is wrong with one cell leaves that cell out; a line without an address is refused as a whole.
Both are findings. A building named twice is taken once: the same line again is a finding, and one
that says something else is refused, for nobody knows which is right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from edge.heat.address import AddressKey, Streets, split_address
from edge.heat.errors import CadastreError
from edge.heat.intake import cells, fields
from edge.heat.intake.cells import Cell, CellError
from edge.heat.intake.mapping import Columns
from edge.heat.said import Said

_NOWHERE = AddressKey("", "", "")
OWN = frozenset({"heating", "carrier", "generator_year", "generator_kw"})
MOST_KWH_PER_M2, LEAST_KWH_PER_M2 = 1000.0, 3.0  # beyond, a unit is wrong


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong: where, why, and what to do, in German. ``whole``: the line was refused.

    ``value`` is empty, and ``why`` has nothing of the cell, where it may be a household's own.
    """

    line: int
    column: str
    value: str
    code: str
    why: str
    todo: str
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line that names a building. ``years`` are kWh; ``rest`` what is no value of a building."""

    number: int
    key: AddressKey
    address: str
    municipality: str
    ref: str = ""
    block: str = ""
    section: str = ""
    facts: Mapping[str, Said] = field(default_factory=dict)
    years: Mapping[int, float] = field(default_factory=dict)
    rest: Mapping[str, str | float | date] = field(default_factory=dict)
    source: str = ""
    day: date = date.min


class Reader:
    """Reads the lines of one table, in order. ``streets`` are the hub's renamed ones.

    :raises CadastreError: when made, if a column of the mapping is not in the table, or streets
        are renamed in a circle.
    """

    def __init__(self, header: Sequence[str], columns: Columns, streets: Mapping[str, str]) -> None:
        names = [" ".join(one.split()) for one in header]
        absent = [one for one in columns.columns if " ".join(one.split()) not in names]
        if absent:
            raise CadastreError(
                f"no column {absent[0]!r}",
                hint=f"Die Tabelle hat keine Spalte „{absent[0]}“. Sie hat: "
                f"{', '.join(one for one in names if one)[:400]}",
            )
        self._columns = columns
        self._at = {
            one: (names.index(" ".join(name.split())), name)
            for name, one in columns.columns.items()
        }
        self._kinds = {one: kind for one in self._at if (kind := fields.of(one)) is not None}
        self._streets = Streets({**streets, **columns.streets})
        self._seen: dict[str, tuple[int, int]] = {}

    def read(self, number: int, row: Sequence[Cell]) -> tuple[Line | None, list[Finding]]:
        """Return what a line says, None if it was refused or empty, and what is wrong with it."""
        if not any(cells.text(cell) for cell in row):
            return None, []
        found: list[Finding] = []
        values = self._values(number, row, found)
        line = self._line(number, values, found)
        if line is not None and self._columns.kind == "buildings":
            line = self._once(line, row, found)
        return line, found

    def by_ref(self, number: int, row: Sequence[Cell]) -> tuple[Line | None, list[Finding]]:
        """Return what a line says of a building that its identification alone names."""
        values, found = self.plain(number, row)
        if not values:
            return None, found
        line = self._told(number, (_NOWHERE, "", ""), values, found)
        return self._once(line, row, found), found

    def plain(
        self, number: int, row: Sequence[Cell]
    ) -> tuple[dict[str, str | float | date], list[Finding]]:
        """Return the values of a line of a table that is not about buildings."""
        found: list[Finding] = []
        values = self._values(number, row, found) if any(map(cells.text, row)) else {}
        if values:
            for group in self._columns.needed:
                if not any(one in values for one in group):
                    name = " oder ".join(fields.FIELDS[one].german for one in group)
                    found.append(
                        Finding(
                            *(number, self._name(group[0]), "", "absent", f"{name} fehlt"),
                            "Bitte ergänzen und noch einmal einlesen.",
                            whole=True,
                        )
                    )
                    return {}, found
        return values, found

    def _values(
        self, number: int, row: Sequence[Cell], found: list[Finding]
    ) -> dict[str, str | float | date]:
        values: dict[str, str | float | date] = {}
        for name, (at, column) in self._at.items():
            cell = row[at] if at < len(row) else None
            try:
                value = self._value(name, cell)
            except CellError as error:
                own = _is_own(name)
                shown, why = ("", error.bare) if own else (cells.text(cell)[:60], error.why)
                found.append(Finding(number, column, shown, error.code, why, error.todo))
                continue
            if value is not None and value != "":
                values[name] = value
        return values

    def _value(self, name: str, cell: Cell) -> str | float | date | None:
        kind = self._kinds[name]
        if name in {"day", "from", "until"}:
            return cells.day(cell)
        if kind.words:
            return cells.code(cell, kind, self._columns.words.get(name, {}))
        if not kind.is_number:
            return cells.text(cell)
        unit = self._columns.unit if fields.YEAR.fullmatch(name) else ""
        return cells.number(cell, kind, self._columns.decimal, unit)

    def _line(
        self, number: int, values: dict[str, str | float | date], found: list[Finding]
    ) -> Line | None:
        column = self._name("street" if "street" in self._at else "address")
        street, house = str(values.get("street", "")), str(values.get("number", ""))
        municipality = str(values.get("municipality", self._columns.municipality))
        try:
            if "street" not in self._at:
                street, house = split_address(str(values.get("address", "")))
            house += str(values.get("suffix", ""))
            key = self._streets.key(municipality, street, house)
        except CadastreError as error:
            shown = f"{street} {house}".strip()[:60]
            found.append(
                Finding(number, column, shown, "address", "Die Adresse fehlt oder ist falsch",
                        error.hint, whole=True)
            )  # fmt: skip
            return None
        return self._told(number, (key, f"{street} {house}", municipality), values, found)

    def _told(
        self,
        number: int,
        where: tuple[AddressKey, str, str],
        values: dict[str, str | float | date],
        found: list[Finding],
    ) -> Line:
        source = str(values.get("source", self._columns.source))[:200]
        day = values.get("day", self._columns.day)
        on = day if isinstance(day, date) else self._columns.day
        if "area" in values:
            values.setdefault("area_kind", self._columns.area)
        years = self._years(number, values, found)
        return Line(
            number,
            *where,
            ref=str(values.get("ref", "")),
            block=str(values.get("block", "")),
            section=str(values.get("section", "")),
            facts={
                name: Said(_fact(values[name]), source, on, self._columns.method)
                for name in fields.FACTS
                if name in values
            },
            years=years,
            rest={
                name: values[name]
                for name in ("group", "meter", "share", "from", "until")
                if name in values
            },
            source=source,
            day=on,
        )

    def _years(
        self, number: int, values: Mapping[str, str | float | date], found: list[Finding]
    ) -> dict[int, float]:
        area = values.get("area")
        years: dict[int, float] = {}
        for name, value in values.items():
            named = fields.YEAR.fullmatch(name)
            if not named or not isinstance(value, float):
                continue
            if isinstance(area, float):
                each = value / area
                if not LEAST_KWH_PER_M2 <= each <= MOST_KWH_PER_M2:
                    found.append(
                        Finding(
                            *(number, self._name(name), "", "implausible"),
                            "Verbrauch und Fläche passen nicht zusammen "
                            f"({LEAST_KWH_PER_M2:.0f} bis {MOST_KWH_PER_M2:.0f} kWh/m² sind "
                            "möglich)",
                            "Bitte die Einheit (kWh oder MWh) und die Fläche prüfen.",
                        )
                    )
                    continue
            years[int(named[1])] = value
        return years

    def _once(self, line: Line, row: Sequence[Cell], found: list[Finding]) -> Line | None:
        key = line.ref or str(line.key)
        said = hash(tuple(map(cells.text, row)))
        first, before = self._seen.setdefault(key, (line.number, said))
        if first == line.number:
            return line
        same = before == said
        found.append(
            Finding(
                *(line.number, self._name("ref" if line.ref else "street"), line.address[:60]),
                "again" if same else "contradiction",
                f"Das Gebäude steht schon in Zeile {first}"
                + ("" if same else ", mit anderen Angaben"),
                "Nichts zu tun: die Zeile ist doppelt."
                if same
                else "Bitte nur die richtige Zeile stehen lassen; sind es zwei Gebäude an einer "
                "Adresse, braucht jedes eine Kennung.",
                whole=True,
            )
        )
        return None

    def _name(self, name: str) -> str:
        return self._at[name][1] if name in self._at else self._at.get("address", (0, ""))[1]


def _is_own(name: str) -> bool:
    """Tell whether a field may say something of a household."""
    return name in OWN or fields.YEAR.fullmatch(name) is not None


def _fact(value: str | float | date) -> str | float:
    return value if isinstance(value, (str, float)) else value.isoformat()
