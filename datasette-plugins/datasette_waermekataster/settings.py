"""The configuration: which tables are layers of the map. See README.md."""

from __future__ import annotations

from dataclasses import dataclass

from datasette_common.settings import Section, SettingsError

MAX_CLASSES = 5  # patterns that can be told from one another


@dataclass(frozen=True, slots=True)
class Shapes:
    """A table of GeoJSON geometries, one or more rows for each cell."""

    table: str
    key: str
    geometry: str


@dataclass(frozen=True, slots=True)
class Layer:
    """A table of cells: ``density`` is drawn in classes, ``limits`` are the upper ends but one."""

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
    key = section.text("key")
    layer = Layer(
        name,
        section.text("title"),
        section.text("table"),
        key,
        section.text("label", key),
        section.text("density"),
        section.text("unit"),
        _limits(section),
        section.maybe("buildings"),
        section.maybe("period"),
        _shapes(section.section("shapes")) if "shapes" in section else None,
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


def _shapes(section: Section) -> Shapes:
    shapes = Shapes(section.text("table"), section.text("key"), section.text("geometry"))
    section.done()
    return shapes
