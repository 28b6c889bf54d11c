"""The configuration: which tables are layers of the map. See README.md."""

from __future__ import annotations

from dataclasses import dataclass

from datasette_common.settings import Section, SettingsError

MAX_CLASSES = 5  # patterns that can be told from one another


@dataclass(frozen=True, slots=True)
class Shapes:
    """A table of GeoJSON geometries, one or more rows for each cell.

    ``missing``: a column that counts of how many parts of a cell no outline is known; ``part`` and
    ``parts`` are what one and several of them are called.
    """

    table: str
    key: str
    geometry: str
    missing: str | None = None
    part: str = ""
    parts: str = ""


@dataclass(frozen=True, slots=True)
class Layer:
    """A table of cells: ``density`` is drawn in classes, ``limits`` are the upper ends but one.

    ``levels``: a word for each class, or none. ``place``: a column that tells cells of one label
    apart, said behind it. ``intro`` stands before the map, ``explain`` beside
    the legend: what the unit means, for everybody.
    """

    name: str
    title: str
    table: str
    key: str
    label: str
    density: str
    unit: str
    limits: tuple[float, ...]
    buildings: str | None = None
    period: str | None = None
    shapes: Shapes | None = None
    levels: tuple[str, ...] = ()
    intro: str = ""
    explain: str = ""
    place: str | None = None

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that are read."""
        return (self.table, self.shapes.table) if self.shapes else (self.table,)


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole: a database and its layers, the first shown first."""

    database: str
    language: str
    layers: tuple[Layer, ...]


def read_settings(raw: object) -> Settings:
    """Read the plugin's configuration.

    :raises SettingsError: if it is not whole; an unknown key is an error.
    """
    whole = Section(raw, "datasette-waermekataster")
    database, language = whole.text("database"), whole.text("language", "en")
    layers = tuple(_layer(name, one) for name, one in whole.sections("layers").items())
    whole.done()
    if not layers:
        raise SettingsError("datasette-waermekataster has no layers")
    return Settings(database, language, layers)


def _layer(name: str, section: Section) -> Layer:
    key, limits = section.text("key"), _limits(section)
    layer = Layer(
        name,
        section.text("title"),
        section.text("table"),
        key,
        section.text("label", key),
        section.text("density"),
        section.text("unit"),
        limits,
        section.maybe("buildings"),
        section.maybe("period"),
        _shapes(section.section("shapes")) if "shapes" in section else None,
        _levels(section, len(limits) + 1),
        section.maybe("intro") or "",
        section.maybe("explain") or "",
        section.maybe("place"),
    )
    section.done()
    return layer


def _limits(section: Section) -> tuple[float, ...]:
    raw = section.raw("limits")
    numbers = raw if isinstance(raw, list) else []
    fine = all(isinstance(n, int | float) and not isinstance(n, bool) for n in numbers)
    if not fine or not 1 <= len(numbers) < MAX_CLASSES or sorted(set(numbers)) != numbers:
        raise SettingsError(f"{section.where}.limits must be 1 to {MAX_CLASSES - 1} rising numbers")
    return tuple(float(n) for n in numbers)


def _levels(section: Section, count: int) -> tuple[str, ...]:
    raw = section.raw("levels") if "levels" in section else []
    words = raw if isinstance(raw, list) and all(isinstance(one, str) for one in raw) else None
    if words is None or len(words) not in {0, count}:
        raise SettingsError(f"{section.where}.levels must be {count} words, one for each class")
    return tuple(words)


def _shapes(section: Section) -> Shapes:
    where = section.text("table"), section.text("key"), section.text("geometry")
    missing = section.maybe("missing")
    called = (section.text("part"), section.text("parts")) if missing else ("", "")
    shapes = Shapes(*where, missing, *called)
    section.done()
    return shapes
