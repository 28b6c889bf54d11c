"""The configuration: which tables and columns are entities and their attributes. See README.md."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote

from datasette_common.settings import Scalar, Section, SettingsError, pieces, services
from datasette_common.times import TimeFormat, read_format

from datasette_ngsi_ld.context import Context

PAGE, MOST = 20, 1000  # entities on a page where none, and where many are asked for
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
RESERVED = {
    "id", "type", "scope", "value", "values", "object", "objects", "observedAt", "unitCode",
    "createdAt", "modifiedAt", "deletedAt", "datasetId", "instanceId",
}  # fmt: skip
FORMS = ("plain", "boolean", "json")
_SERVICE = re.compile(r"(?!v1$)[a-z0-9-]{1,64}")
_UNIT = re.compile(r"[A-Z0-9]{2,3}")  # of UN/CEFACT recommendation 20

Row = Mapping[str, object]


def encoded(key: str) -> str:
    """Return a key as it stands in a URI."""
    return quote(key, safe="", errors="replace")


@dataclass(frozen=True, slots=True)
class Template:
    """Text with columns in it; one column alone is its value as it stands."""

    parts: tuple[tuple[str, str | None], ...]
    uri: bool = False  # what columns say is written as in the ids of entities

    @property
    def columns(self) -> set[str]:
        """The columns that are read."""
        return {column for _, column in self.parts if column}

    def of(self, row: Row) -> object:
        """Return what it says of a row; None where a column that it needs is empty."""
        if len(self.parts) == 1 and not self.parts[0][0]:
            return row[str(self.parts[0][1])]
        said = [(text, None if c is None else row[c], c) for text, c in self.parts]
        if any(column and value is None for _, value, column in said):
            return None
        texts = [(text, "" if column is None else str(value)) for text, value, column in said]
        return "".join(text + (encoded(value) if self.uri else value) for text, value in texts)


@dataclass(frozen=True, slots=True)
class Constant:
    """A value of the configuration."""

    value: object
    columns = frozenset[str]()

    def of(self, _row: Row) -> object:
        """Return it."""
        return self.value


@dataclass(frozen=True, slots=True)
class Place:
    """A point of two columns, degrees of WGS 84."""

    longitude: str
    latitude: str

    @property
    def columns(self) -> set[str]:
        """The columns that are read."""
        return {self.longitude, self.latitude}

    def of(self, row: Row) -> object:
        """Return GeoJSON."""
        place = [row[self.longitude], row[self.latitude]]
        return {"type": "Point", "coordinates": place} if None not in place else None


@dataclass(frozen=True, slots=True)
class Series:
    """The rows of another table that say what an attribute was in the course of time."""

    table: str
    entity: str
    time: str
    form: TimeFormat
    column: str
    where: tuple[tuple[str, Scalar], ...]


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute: ``kind`` is Property, Relationship or GeoProperty."""

    name: str
    kind: str
    value: Template | Constant | Place
    form: str = "plain"
    unit: str | None = None
    series: Series | None = None
    inner: tuple[Attribute, ...] = ()
    factor: float | None = None  # what a number of the column is told times this

    @property
    def columns(self) -> set[str]:
        """The columns that are read, of the series' table if there is one."""
        return set(self.value.columns).union(*(one.columns for one in self.inner))


@dataclass(frozen=True, slots=True)
class Kind:
    """Rows of one table as entities of one type; an id is ``prefix`` and the row's key."""

    number: int
    type: str
    table: str
    key: str
    prefix: str
    where: tuple[tuple[str, Scalar], ...]
    attributes: Mapping[str, Attribute]


@dataclass(frozen=True, slots=True)
class Model:
    """The whole configuration."""

    database: str
    kinds: tuple[Kind, ...]
    context: Context
    page: int
    most: int

    @property
    def measured(self) -> set[str]:
        """The attributes that change in the course of time."""
        return {a.name for kind in self.kinds for a in kind.attributes.values() if a.series}

    @property
    def tables(self) -> tuple[str, ...]:
        """Every table that is read."""
        series = (a.series for kind in self.kinds for a in kind.attributes.values())
        found = {kind.table for kind in self.kinds} | {one.table for one in series if one}
        return tuple(sorted(found))


def read_services(raw: object) -> dict[str, Model]:
    """Read the service, under "", and those beside it (`services`) under their names.

    :raises SettingsError: if one is not whole.
    """
    return services(raw, "datasette-ngsi-ld", _SERVICE, read_model)


def read_model(raw: object) -> Model:
    """Read the plugin's configuration.

    :raises SettingsError: if it is not whole; an unknown key is an error.
    """
    whole = Section(raw, "datasette-ngsi-ld")
    database = whole.text("database")
    page = whole.whole("page_size", PAGE, 1, MOST)
    most = whole.whole("max_page_size", max(MOST, page), page, 10_000)
    terms = _terms(whole.section("terms"))
    kinds = tuple(
        _kind(number, section) for number, section in enumerate(whole.sections("entities").values())
    )
    whole.done()
    if not kinds:
        raise SettingsError("datasette-ngsi-ld has no entities")
    if len({kind.prefix for kind in kinds}) < len(kinds):
        raise SettingsError("datasette-ngsi-ld: two entities have the same prefix of ids")
    return Model(database, kinds, Context(terms), page, most)


def _terms(section: Section) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in section.names():
        iri = section.text(name)
        if not NAME.fullmatch(name) or name in RESERVED or not URI.fullmatch(iri):
            raise SettingsError(f"{section.where}.{name} must name a term and its IRI")
        found[name] = iri
    return found


def _kind(number: int, section: Section) -> Kind:
    kind = section.text("type")
    if not NAME.fullmatch(kind):
        raise SettingsError(f"{section.where}.type must be a name of letters, digits and _")
    prefix = section.text("prefix", f"urn:ngsi-ld:{kind}:")
    if not URI.fullmatch(prefix) or not prefix.endswith(":"):
        raise SettingsError(f"{section.where}.prefix must begin as a URI and end with a colon")
    table, key, where = section.text("table"), section.text("id"), section.where_equal()
    inside = section.section("attributes")
    attributes = {name: _attribute(inside, name) for name in inside.names()}
    section.done()
    return Kind(number, kind, table, key, prefix, where, attributes)


def _attribute(outer: Section, name: str, *, inner: bool = False) -> Attribute:
    if not NAME.fullmatch(name) or name in RESERVED:
        raise SettingsError(f"{outer.where}: {name!r} cannot be an attribute")
    raw = outer.raw(name)
    section = Section({"value": raw} if isinstance(raw, str) else raw, f"{outer.where}.{name}")
    series = _series(section) if "table" in section and not inner else None
    kind, value = _value(section, series)
    form = section.text("form", "plain")
    if form not in FORMS:
        raise SettingsError(f"{section.where}.form is one of {', '.join(FORMS)}")
    unit = section.maybe("unit")
    if unit and not _UNIT.fullmatch(unit):
        raise SettingsError(f"{section.where}.unit must be a code of UN/CEFACT, such as KWH")
    factor = _factor(section)
    parts: tuple[Attribute, ...] = ()
    if not inner:
        of_it = section.section("properties")
        parts = tuple(_attribute(of_it, each, inner=True) for each in of_it.names())
    section.done()
    form = "json" if kind == "GeoProperty" and isinstance(value, Template) else form
    return Attribute(name, kind, value, form, unit, series, parts, factor)


def _factor(section: Section) -> float | None:
    """Return what numbers are multiplied by, None for nothing."""
    if "factor" not in section:
        return None
    said = section.raw("factor")
    if isinstance(said, bool) or not isinstance(said, int | float) or not math.isfinite(said):
        raise SettingsError(f"{section.where}.factor must be a number")
    return float(said)


def _series(section: Section) -> Series:
    form = read_format(section)  # a value of a period is known at its end
    return Series(
        section.text("table"),
        section.text("entity"),
        section.text("time"),
        replace(form, ends=form.period is not None),
        section.text("column"),
        section.where_equal(),
    )


def _value(section: Section, series: Series | None) -> tuple[str, Template | Constant | Place]:
    if series:
        return "Property", Template((("", series.column),))
    if "relationship" in section:
        return "Relationship", _template(section, "relationship")
    if "geojson" in section:
        return "GeoProperty", Template((("", section.text("geojson")),))
    if "longitude" in section:
        return "GeoProperty", Place(section.text("longitude"), section.text("latitude"))
    raw = section.raw("value")
    if isinstance(raw, str):
        return "Property", _template(section, "value")
    try:
        json.dumps(raw, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise SettingsError(f"{section.where}.value is no JSON") from error
    if raw is None:
        raise SettingsError(f"{section.where} needs a value, a relationship, a place or a table")
    return "Property", Constant(raw)


def _template(section: Section, key: str) -> Template | Constant:
    parts = pieces(section.text(key), f"{section.where}.{key}")
    if not any(column for _, column in parts):
        return Constant("".join(literal for literal, _ in parts))
    return Template(tuple(parts), uri=key == "relationship")
