"""A cube: what may be published of one subject, declared in a TOML file beside this module.

The declaration is all that builder and auditor share.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal, TypeVar

from edge.publish.errors import CubeError, UnsupportedCube

ColumnType = Literal["TEXT", "REAL", "INTEGER"]
_TYPES: dict[str, ColumnType] = {"TEXT": "TEXT", "REAL": "REAL", "INTEGER": "INTEGER"}


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``key`` columns are the primary key, in order; ``title`` is for people.

    An ``index`` says that rows are shown in its order, or sought by it, and not by the key alone.
    """

    name: str
    type: ColumnType
    title: str
    key: bool = False
    required: bool = False
    unit: str = ""
    index: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table; ``columns`` in the file's order."""

    name: str
    title: str
    description: str
    columns: tuple[Column, ...]

    @property
    def key(self) -> tuple[str, ...]:
        """Names of the primary key's columns."""
        return tuple(column.name for column in self.columns if column.key)

    @property
    def indexed(self) -> tuple[str, ...]:
        """Names of the columns that have an index of their own."""
        return tuple(column.name for column in self.columns if column.index)


@dataclass(frozen=True, slots=True)
class Disclosure:
    """The least number of contributors to a cell, and the dominance rule's percentage."""

    k: int
    p_percent: float


@dataclass(frozen=True, slots=True)
class Rules:
    """Bounds of a heat cube, each explained in the TOML file."""

    keep_days: int
    largest_gap_s: int
    power_max_kw: float
    counter_step_kwh: float
    temperature_min_degc: float
    temperature_max_degc: float

    @property
    def energy_max_kwh(self) -> float:
        """The most that a building can use in an hour."""
        return self.power_max_kw + self.counter_step_kwh

    @property
    def temperature_bounds(self) -> tuple[float, float]:
        """Lowest and highest temperature that water in a pipe may have, in °C."""
        return self.temperature_min_degc, self.temperature_max_degc


@dataclass(frozen=True, slots=True)
class CalendarRules:
    """Bounds of a calendar cube, each explained in the TOML file."""

    keep_days: int
    seats_max: int
    session_max_hours: int


@dataclass(frozen=True, slots=True)
class AirRules:
    """Bounds of a cube of the air, each explained in the TOML file."""

    keep_days: int
    hold_s: int
    least_minutes: int
    temperature_min_degc: float
    temperature_max_degc: float
    index_from_degc: float
    index_to_degc: float
    index_from_percent: float


@dataclass(frozen=True, slots=True)
class BoardRules:
    """Bounds of a cube of the board, each explained in the TOML file."""

    ahead_days: int
    event_days: int


@dataclass(frozen=True, slots=True)
class LearningRules:
    """Words of a cube of the learning point's numbers: of subjects, and of each one's values."""

    subjects: Mapping[str, str]
    words: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class HealthRules:
    """Steps and words of a cube of the hub itself, each explained in the TOML file."""

    keep_days: int
    step_percent: int
    starts_max: int
    free_percent: Sequence[int]
    parts: Mapping[str, str]
    clock: Mapping[str, str]
    kinds: Mapping[str, str]
    whose: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PlanRules:
    """Bounds of a cube of the heat cadastre, each explained in the TOML file."""

    largest_percent: float
    mwh_max: float


@dataclass(frozen=True, slots=True)
class Catalogued:
    """How catalogues of open data list a cube, in the codes of the EU's vocabularies.

    ``times`` names for a table the column by which the cube's first and last day are found.
    """

    themes: tuple[str, ...]
    keywords: tuple[str, ...]
    frequency: str
    times: Mapping[str, str]


_Kind = TypeVar("_Kind")
Bounds = Rules | CalendarRules | PlanRules | AirRules | LearningRules | BoardRules | HealthRules
_BOUNDS: dict[str, type[Bounds]] = {
    "rules": Rules,
    "calendar": CalendarRules,
    "plan": PlanRules,
    "air": AirRules,
    "learning": LearningRules,
    "board": BoardRules,
    "health": HealthRules,
}


@dataclass(frozen=True, slots=True)
class Cube:
    """A whole declaration. ``name`` is the database's name and the stem of its files.

    A cube has the bounds of its kind: ``rules`` of a heat cube, ``calendar`` of a
    calendar, ``plan`` of the cadastre's, ``air`` of the air's, ``learning``
    of the learning point's, ``board`` of the board's, ``health`` of the hub's own.
    """

    name: str
    kind: str
    version: int
    title: str
    description: str
    licence: str
    licence_code: str
    licence_url: str
    source: str
    timezone: str
    disclosure: Disclosure
    catalogue: Catalogued
    tables: tuple[Table, ...]
    bounds: Bounds

    @property
    def rules(self) -> Rules:
        """Return the bounds of a heat cube.

        :raises TypeError: if it is none.
        """
        return self._bounds_of(Rules, "heat cube")

    @property
    def calendar(self) -> CalendarRules:
        """Return the bounds of a calendar.

        :raises TypeError: if it is none.
        """
        return self._bounds_of(CalendarRules, "calendar")

    @property
    def plan(self) -> PlanRules:
        """Return the bounds of a cube of the cadastre.

        :raises TypeError: if it is none.
        """
        return self._bounds_of(PlanRules, "cube of the cadastre")

    @property
    def air(self) -> AirRules:
        """Return the bounds of a cube of the air.

        :raises TypeError: if it is none.
        """
        return self._bounds_of(AirRules, "cube of the air")

    @property
    def learning(self) -> LearningRules:
        """Return the words of a cube of the learning point's numbers.

        :raises TypeError: if it is none.
        """
        return self._bounds_of(LearningRules, "cube of the learning point's numbers")

    @property
    def board(self) -> BoardRules:
        """Return the bounds of a cube of the board.

        :raises TypeError: if it is none.
        """
        return self._bounds_of(BoardRules, "cube of the board")

    @property
    def health(self) -> HealthRules:
        """Return the steps and words of a cube of the hub itself.

        :raises TypeError: if it is none.
        """
        return self._bounds_of(HealthRules, "cube of the hub itself")

    def _bounds_of(self, kind: type[_Kind], what: str) -> _Kind:
        if not isinstance(self.bounds, kind):
            raise TypeError(f"{self.name} is no {what}")
        return self.bounds

    @property
    def about(self) -> dict[str, str]:
        """What a snapshot says of itself, whatever it holds; for its table `_about`."""
        return {
            "titel": self.title,
            "beschreibung": self.description,
            "lizenz": self.licence,
            "lizenz_code": self.licence_code,
            "lizenz_url": self.licence_url,
            "quelle": self.source,
            "fassung": f"{self.name} {self.version}",
        }

    def table(self, name: str) -> Table:
        """Return the table of that name.

        :raises KeyError: if the cube has none.
        """
        for table in self.tables:
            if table.name == name:
                return table
        raise KeyError(name)


def parse(text: str) -> Cube:
    """Read a declaration.

    :raises CubeError: if it is not well-formed; an unknown or a missing key is an error.
    """
    try:
        raw = tomllib.loads(text)
        head = raw.pop("cube")
        tables = raw.pop("tables")
        cube = Cube(
            disclosure=Disclosure(**raw.pop("disclosure")),
            catalogue=_catalogued(**raw.pop("catalogue")),
            bounds=_bounds(raw),
            tables=tuple(_table(name, body) for name, body in tables.items()),
            **head,
        )
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError) as error:
        raise CubeError(f"the cube's declaration is not well-formed: {error}") from error
    if raw:
        raise CubeError(f"the cube's declaration has an unknown part: {', '.join(raw)}")
    return cube


def _catalogued(
    themes: list[str], keywords: list[str], frequency: str, times: dict[str, str]
) -> Catalogued:
    return Catalogued(tuple(themes), tuple(keywords), frequency, times)


def _bounds(raw: dict[str, Any]) -> Bounds:
    name = next((one for one in _BOUNDS if one in raw), "rules")
    return _BOUNDS[name](**raw.pop(name))


def _table(name: str, body: dict[str, object]) -> Table:
    columns = body["columns"]
    if not isinstance(columns, list):
        raise CubeError(f"{name}: columns must be a list")
    made = Table(
        name=name,
        title=str(body["title"]),
        description=str(body["description"]),
        columns=tuple(
            Column(**{**column, "type": _TYPES[str(column["type"])]}) for column in columns
        ),
    )
    if not made.key:
        raise CubeError(f"{name}: no column is a key")
    return made


@cache
def all_cubes() -> tuple[Cube, ...]:
    """Return every declared cube, by file name."""
    folder = resources.files("edge.publish") / "cubes"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name)
    return tuple(parse(file.read_text("utf-8")) for file in files)


def cube_named(name: str) -> Cube:
    """Return the declared cube of that name.

    :raises UnsupportedCube: if none is declared.
    """
    for cube in all_cubes():
        if cube.name == name:
            return cube
    raise UnsupportedCube(
        f"no cube is declared under the name {name!r}",
        hint="Use the version of dorfhub that built this snapshot.",
    )
