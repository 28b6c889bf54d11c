"""Reading a table into the cadastre: in batches, with a finding for whatever is not taken.

What is a household's own goes to personal.db where its people agree, and is refused elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from edge.cadastre import findings
from edge.cadastre.files import open_table
from edge.cadastre.quarantine import Quarantine
from edge.cadastre.rehearsal import rehearsal
from edge.heat.address import AddressKey
from edge.heat.assignment import Assignment
from edge.heat.building import FEW_UNITS
from edge.heat.errors import CadastreError
from edge.heat.intake.lines import Finding, Line, Reader
from edge.heat.intake.mapping import Columns
from edge.heat.said import Method, Said
from edge.store.errors import StoreError
from edge.store.personal_homes import YEAR
from edge.store.village import VillageStore
from edge.store.village_heat import NewBuilding
from edge.store.village_heat_runs import KeptFinding
from edge.store.village_heat_years import NORMAL, YearSaid

if TYPE_CHECKING:
    from edge.heat.intake.cells import Cell
    from edge.store.personal import PersonalStore

_NOWHERE = AddressKey("", "", "")
BATCH = 500  # lines a commit: others wait for the lock no longer than a moment
MOST_SHOWN = 10_000  # findings that an account carries; all of them are kept

Row = tuple[int, Sequence["Cell"]]


@dataclass(slots=True)
class Account:
    """What came of a table. Lines that say nothing are not counted."""

    number: int = 0
    lines: int = 0
    taken: int = 0
    refused: int = 0
    values: int = 0
    left_out: int = 0
    households: int = 0
    found: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    rejected: Path | None = None


class Aside(Protocol):
    """Where lines go that were not taken whole."""

    def add(self, number: int, row: Sequence[Cell], found: Sequence[Finding], /) -> None:
        """Keep a line and what is wrong with it."""


class Intake:
    """Reads one table. ``personal`` is None while personal.db is locked."""

    def __init__(
        self, village: VillageStore, personal: PersonalStore | None, columns: Columns, at: int
    ) -> None:
        self._village, self._personal, self._columns, self._at = village, personal, columns, at
        self._homes = {} if personal is None else personal.homes()
        self._account = Account()
        self._groups: dict[str, _Group] = {}
        self._hung: dict[str, Line] = {}
        self._numbers: dict[int, int] = {}  # buildings by line, of the last batch
        self._writes = True

    def check(self, path: Path) -> Account:
        """Return what would come of a table, without writing anything: all that `read` would say.

        :raises CadastreError: if the table cannot be read.
        """
        with rehearsal(self._village) as copy:
            tried = type(self)(copy, self._personal, self._columns, self._at)
            tried._writes = False  # noqa: SLF001  # one of the same kind
            return tried._read(path, None)  # noqa: SLF001

    def read(self, path: Path, rejected: Path | None) -> Account:
        """Read a table into the cadastre; lines that were not taken whole go to ``rejected``.

        :raises CadastreError: if the table cannot be read; what was taken until then stays.
        """
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
        number = self._village.begin_import(path.name, digest.hexdigest(), self._at)
        self._account.number = number
        try:
            return self._read(path, rejected)
        finally:
            done = self._account
            self._village.end_import(number, done.lines, done.taken, done.refused)

    def _read(self, path: Path, rejected: Path | None) -> Account:
        columns = self._columns
        with open_table(
            path,
            header=columns.header,
            sheet=columns.sheet,
            encoding=columns.encoding,
            delimiter=columns.delimiter,
        ) as table:
            reader = Reader(table.header, columns, self._village.renamed_streets())
            with Quarantine(rejected, table.header, columns.decimal) as aside:
                self._lines(table.rows, reader, aside)
                self._end_groups(aside)
                self._end_meters()
                self._account.rejected = aside.finish()
        return self._account

    def _lines(self, rows: Iterable[Row], reader: Reader, aside: Aside) -> None:
        batch: list[tuple[Row, Line | None, list[Finding]]] = []
        for row in rows:
            line, found = self._line(reader, row)
            if line is None and not found:
                continue
            batch.append((row, line, found))
            if len(batch) == BATCH:
                self._flush(batch, aside)
                batch = []
        self._flush(batch, aside)

    def _line(self, reader: Reader, row: Row) -> tuple[Line | None, list[Finding]]:
        if self._columns.kind in {"buildings", "groups", "meters"}:
            return reader.read(*row)
        values, found = reader.plain(*row)
        if not values:
            return None, found
        return Line(row[0], _NOWHERE, "", "", rest=values), found

    def _flush(
        self,
        batch: list[tuple[Row, Line | None, list[Finding]]],
        aside: Aside,
    ) -> None:
        later = self._take([(row, line) for row, line, _ in batch if line is not None])
        said: list[Finding] = []
        for row, line, found in batch:
            mine = found + later.get(row[0], [])
            self._account.lines += 1
            refused = line is None or any(one.whole for one in mine)
            self._account.refused += refused
            self._account.taken += not refused
            self._account.left_out += sum(not one.whole for one in mine)
            if mine:
                aside.add(*row, mine)
            said += mine
        self._note(said)

    def _note(self, said: Iterable[Finding]) -> None:
        found = list(said)
        self._account.found += found[: MOST_SHOWN - len(self._account.found)]
        if self._number and found:
            self._village.keep_findings(
                self._number,
                [
                    KeptFinding(
                        *(one.line, one.column, one.value, one.code, one.why, one.todo), one.whole
                    )
                    for one in found
                ],
            )

    def _take(self, given: list[tuple[Row, Line]]) -> dict[int, list[Finding]]:
        lines = [line for _, line in given]
        if self._columns.kind == "groups":
            return self._group_lines(given)
        return {
            "buildings": self._buildings,
            "meters": self._meters,
            "sections": self._plain,
            "blocks": self._plain,
            "degree_days": self._plain,
        }[self._columns.kind](lines)

    def _buildings(self, lines: list[Line]) -> dict[int, list[Finding]]:
        kept = self._village.keep_buildings(
            [
                NewBuilding(
                    *(one.key, one.address, one.municipality, one.facts),
                    *(one.ref, one.block, one.section),
                )
                for one in lines
            ],
            self._at,
            self._number,
        )
        later: dict[int, list[Finding]] = {}
        open_: list[tuple[Line, int]] = []
        self._numbers = {}
        for line, what in zip(lines, kept, strict=True):
            if what.several:
                later[line.number] = [findings.several(line, what.several)]
                continue
            self._account.values += what.values
            self._numbers[line.number] = what.building
            own = {name: line.facts[name] for name in what.private}
            if what.few:
                own |= {
                    f"{YEAR}{year}": Said(kwh, line.source, line.day, self._method)
                    for year, kwh in line.years.items()
                }
            else:
                open_.append((line, what.building))
            if what.lost:
                later.setdefault(line.number, []).append(findings.lost(line, what))
            if own and not self._of_home(what.building, own):
                later.setdefault(line.number, []).append(findings.own_of_home(line, own))
        self._open_years(open_, later)
        return later

    def _open_years(self, open_: list[tuple[Line, int]], later: dict[int, list[Finding]]) -> None:
        """Keep consumption of large buildings; what a group forbids becomes a finding."""
        try:
            self._account.values += self._keep_years(open_)
        except StoreError as error:
            if len(open_) == 1:
                line = open_[0][0]
                later.setdefault(line.number, []).append(
                    Finding(
                        *(line.number, "Verbrauch", "", "group"),
                        "Der Verbrauch wurde nicht übernommen",
                        error.hint or str(error),
                    )
                )
                return
            for one in open_:
                self._open_years([one], later)

    def _keep_years(self, open_: list[tuple[Line, int]]) -> int:
        given = [(building, self._year(line, year)) for line, building in open_
                 for year in line.years]  # fmt: skip
        return self._village.keep_years(given, self._at, self._number)

    @property
    def _number(self) -> int | None:
        return self._account.number or None

    @property
    def _method(self) -> Method:
        return self._columns.method

    def _year(self, line: Line, year: int) -> YearSaid:
        return YearSaid(year, line.years[year], line.source, self._method, line.day)

    def _of_home(self, building: int, own: dict[str, Said]) -> bool:
        people = self._homes.get(building)
        if not people or self._personal is None:
            return False
        if self._writes:
            kept = self._personal.keep_home_facts(people[0], building, own, self._at)
            self._account.values += kept
        self._account.households += 1
        return True

    def _group_lines(self, given: list[tuple[Row, Line]]) -> dict[int, list[Finding]]:
        later: dict[int, list[Finding]] = {}
        for row, line in given:
            there = self._village.buildings_at(line.key)
            name = str(line.rest.get("group", ""))
            if not name or not there:
                later[line.number] = [findings.absent(line, "Gruppe" if there else "Gebäude")]
                continue
            group = self._groups.setdefault(name, _Group(line))
            group.rows.append(row)
            group.buildings.update(there)
            for year, kwh in line.years.items():
                group.years.setdefault(year, set()).add(kwh)
        return later

    def _end_groups(self, aside: Quarantine) -> None:
        for name, group in self._groups.items():
            try:
                years = [
                    YearSaid(year, kwh, group.line.source, self._method, group.line.day)
                    for year, kwh in _sums(group.years).items()
                ]
                self._account.values += self._village.keep_group(
                    name, group.buildings, years, self._at, self._number
                )
            except (CadastreError, StoreError) as error:
                found = Finding(
                    *(group.line.number, "Gruppe", name[:60], "group"),
                    "Die Gruppe wurde nicht übernommen",
                    error.hint or str(error),
                )
                self._account.left_out += 1
                for row in group.rows:
                    aside.add(*row, [found])
                self._note([found])

    def _end_meters(self) -> None:
        """Say which meters have few homes on them: what they measure is a household's own."""
        for meter, line in self._hung.items():
            if self._village.homes_on(meter) < FEW_UNITS:
                self._account.left_out += 1
                self._note([findings.few_on_meter(line)])

    def _meters(self, lines: list[Line]) -> dict[int, list[Finding]]:
        later: dict[int, list[Finding]] = {}
        known = set(self._village.meter_assignments())
        for line in lines:
            there = self._village.buildings_at(line.key)
            meter = str(line.rest.get("meter", ""))
            if not meter or len(there) != 1:
                later[line.number] = [findings.absent(line, "Gebäude" if meter else "Zähler")]
                continue
            share, until = line.rest.get("share"), line.rest.get("until")
            first = line.rest.get("from", line.day)
            try:
                one = Assignment(
                    *(meter, there[0], first if isinstance(first, date) else line.day),
                    until if isinstance(until, date) else None,
                    share if isinstance(share, float) else None,
                )
                if one not in known:
                    self._village.assign_meter(one, line.source, self._method, self._at)
                    self._account.values += 1
                self._hung.setdefault(meter, line)
            except (CadastreError, StoreError) as error:
                later[line.number] = [
                    Finding(
                        *(line.number, "Zähler", "", "meter", "Der Zähler wurde nicht zugeordnet"),
                        error.hint
                        or "Zähler von Haushalten gehören zur Einwilligung: "
                        "dorfhub meter household add PERSON ZÄHLER",
                        whole=True,
                    )
                ]
        return later

    def _plain(self, lines: list[Line]) -> dict[int, list[Finding]]:
        later: dict[int, list[Finding]] = {}
        columns = self._columns
        for line in lines:
            said = line.rest
            source = str(said.get("source", columns.source))[:200]
            if columns.kind == "degree_days":
                year = _year_of(said["year"])
                if year is None:
                    later[line.number] = [
                        Finding(
                            *(line.number, "Jahr", str(said["year"])[:60], "year", "Kein Jahr"),
                            "Bitte ein Jahr wie 2024 eintragen, oder „normal“ für das langjährige "
                            "Mittel.",
                            whole=True,
                        )
                    ]
                    continue
                self._village.keep_degree_days(year, _float(said["kd"]), source, self._at)
            elif columns.kind == "sections":
                length = Said(_float(said["length"]), source, columns.day, columns.method)
                self._village.keep_place(
                    "section", str(said["section"]), {"length": length}, self._at,
                    imported=self._number,
                )  # fmt: skip
            else:
                area = Said(_float(said["hectares"]), source, columns.day, columns.method)
                self._village.keep_place(
                    "block", str(said["block"]), {"hectares": area}, self._at,
                    imported=self._number,
                )  # fmt: skip
            self._account.values += 1
        return later


@dataclass(slots=True)
class _Group:
    line: Line
    rows: list[Row] = field(default_factory=list)
    buildings: set[int] = field(default_factory=set)
    years: dict[int, set[float]] = field(default_factory=dict)


def _sums(years: dict[int, set[float]]) -> dict[int, float]:
    if any(len(values) > 1 for values in years.values()):
        raise CadastreError(
            "one year, two sums",
            hint="Die Gruppe hat für ein Jahr verschiedene Verbräuche; es zählt die Summe der "
            "ganzen Gruppe, in jeder Zeile dieselbe oder nur in einer.",
        )
    return {year: kwh for year, (kwh,) in years.items()}


def _year_of(said: object) -> int | None:
    text = str(said).strip().casefold()
    if text in {"normal", "mittel", "norm", "langjährig"}:
        return NORMAL
    return int(text) if text.isdecimal() and 1990 <= int(text) <= 2100 else None


def _float(value: object) -> float:
    return float(str(value))
