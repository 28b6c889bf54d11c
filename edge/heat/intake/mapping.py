"""Which column of somebody's table is what: guessed, written down, corrected, read again.

The file is TOML, so that a person can check it; see docs/heat-cadastre.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar, cast

from edge.heat.address import street_key
from edge.heat.building import Area
from edge.heat.errors import CadastreError
from edge.heat.intake import fields
from edge.heat.said import METHOD_WORDS, Method
from edge.heat.toml import tables

T = TypeVar("T")
_NUMBER = re.compile(r"(?:\d+|\d{1,3}(?:[.,]\d{3})+)([.,])(\d+)")
_THOUSANDS = 3
_METHODS = {word: method for method, word in METHOD_WORDS.items()}
_KEYS = frozenset(
    {"kind", "source", "day", "method", "decimal", "unit", "area", "municipality", "header"}
    | {"sheet", "encoding", "delimiter", "columns", "words", "streets"}
    | {"crs", "axes", "layer"}
)
_CRS = {"": "", "4326": "4326", "25832": "25832", "25833": "25833", "4258": "4258"}


@dataclass(frozen=True, slots=True)
class Columns:
    """How to read a table.

    ``columns`` maps a column's name to a field, ``words`` a field to own codes, ``streets`` old
    keys to new keys. ``unit`` is that of consumption: kWh or MWh. Of shapes: ``crs`` and ``axes``
    say how coordinates are meant where the file does not, or is wrong; ``layer`` is a GeoPackage's.
    """

    kind: str
    columns: Mapping[str, str]
    source: str
    day: date
    method: Method = Method.SURVEY
    decimal: str = ","
    unit: str = "kWh"
    area: str = Area.LIVING.value
    municipality: str = ""
    header: int = 1
    sheet: str = ""
    encoding: str = ""
    delimiter: str = ""
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    streets: Mapping[str, str] = field(default_factory=dict)
    shapes: bool = False
    crs: str = ""
    axes: str = ""
    layer: str = ""

    @property
    def needed(self) -> tuple[tuple[str, ...], ...]:
        """What a line has to have: one field of each group."""
        return (fields.SHAPE_KINDS if self.shapes else fields.KINDS)[self.kind]

    def __post_init__(self) -> None:
        kinds = fields.SHAPE_KINDS if self.shapes else fields.KINDS
        if self.kind not in kinds:
            known = ", ".join(kinds)
            raise CadastreError(
                f"no kind {self.kind!r}", hint=f"kind muss eines sein von: {known}."
            )
        given = list(self.columns.values())
        for one in given:
            if fields.of(one) is None:
                raise CadastreError(
                    f"no field {one!r}",
                    hint=f"Ein Feld „{one}“ gibt es nicht. Möglich sind: "
                    f"{', '.join(fields.FIELDS)} und year:2024 für den Verbrauch eines Jahres.",
                )
            if given.count(one) > 1:
                raise CadastreError(
                    f"{one!r} twice", hint=f"Zwei Spalten sind „{one}“; bitte eine herausnehmen."
                )
        for group in self.needed:
            if not set(group) & set(given):
                words = " oder ".join(f"„{fields.FIELDS[one].german}“" for one in group)
                raise CadastreError(
                    f"no column for {group}",
                    hint=f"Für {fields.KIND_WORDS[self.kind]} fehlt eine Spalte {words}. Bitte in "
                    "der Zuordnung unter [columns] eintragen.",
                )


def guess(
    header: Sequence[str], samples: Iterable[Sequence[str]], today: date, shapes: str = ""
) -> str:
    """Return a mapping file to check: what columns probably are, what is unknown as a comment.

    ``shapes`` says what a file of shapes has: `areas` (too large for houses),
    `lines` or `houses`.
    """
    found: dict[str, str] = {}
    unknown: list[str] = []
    for column in header:
        one = fields.guess(column) if column.strip() else None
        if one is None or one in found.values():
            unknown.append(column)
        else:
            found[column] = one
    kind = _kind_of_shapes(found, shapes) if shapes else _kind(set(found.values()))
    lines = [
        "# Zuordnung der Spalten: bitte prüfen und berichtigen, dann",
        "# dorfhub heat import DATEI --mapping DIESE_DATEI",
        f"kind = {_quoted(kind)}  # {fields.KIND_WORDS[kind]}",
        'source = ""  # woher die Tabelle ist: bitte eintragen',
        f"day = {_quoted(today.isoformat())}  # der Stand der Tabelle",
        f"method = {_quoted(METHOD_WORDS[Method.SURVEY])}  # {', '.join(_METHODS)}",
        f"decimal = {_quoted(_decimal(cell for row in samples for cell in row))}",
        f"unit = {_quoted(_unit(header))}  # kWh oder MWh: die Einheit der Verbräuche",
        f"area = {_quoted(_area(header))}  # welche Fläche: {', '.join(Area)}",
        'municipality = ""  # wenn es keine Spalte dafür gibt',
        "",
        "[columns]",
        *(f"{_quoted(column)} = {_quoted(one)}" for column, one in found.items()),
        *(f'# {_quoted(column)} = ""  # nicht erkannt' for column in unknown if column.strip()),
        "",
        '[words.type]  # eigene Schlüssel der Tabelle, wie: "1010" = "EFH"',
        "",
        '[streets]  # Umbenennungen, wie: "Alte Gasse" = "Neue Gasse"',
    ]
    return "\n".join(lines) + "\n"


def loads(text: str, *, shapes: bool = False) -> Columns:
    """Read a mapping file, of a table or of a file of shapes.

    :raises CadastreError: if it is none; ``hint`` says which key.
    """
    raw = tables(text, "Die Zuordnung")
    if unknown := sorted(set(raw) - _KEYS):
        raise CadastreError(
            f"unknown key {unknown[0]}", hint=f"In der Zuordnung ist „{unknown[0]}“ unbekannt."
        )
    columns = _texts(raw.get("columns", {}), "columns")
    words = raw.get("words", {})
    if not isinstance(words, dict):
        raise _wrong("words")
    source = _text(raw, "source")
    if not source.strip():
        raise CadastreError("no source", hint="Bitte bei source eintragen, woher die Tabelle ist.")
    return Columns(
        kind=_text(raw, "kind"),
        columns=columns,
        source=source.strip(),
        day=_day(_text(raw, "day")),
        method=_one_of(raw, "method", _METHODS, Method.SURVEY),
        decimal=_one_of(raw, "decimal", {",": ",", ".": "."}, ","),
        unit=_one_of(raw, "unit", {"kWh": "kWh", "MWh": "MWh"}, "kWh"),
        area=_one_of(raw, "area", {one.value: one.value for one in Area}, Area.LIVING.value),
        municipality=_text(raw, "municipality"),
        header=_header(raw.get("header", 1)),
        sheet=_text(raw, "sheet"),
        encoding=_one_of(raw, "encoding", {one: one for one in ("utf-8", "cp1252", "")}, ""),
        delimiter=_one_of(raw, "delimiter", {one: one for one in (";", ",", "\t", "")}, ""),
        words={
            name: {fields.bare(word): code for word, code in _texts(one, f"words.{name}").items()}
            for name, one in words.items()
        },
        streets={
            street_key(old): street_key(new)
            for old, new in _texts(raw.get("streets", {}), "streets").items()
        },
        shapes=shapes,
        crs=_one_of(raw, "crs", _CRS, ""),
        axes=_one_of(raw, "axes", {"": "", "xy": "xy", "yx": "yx"}, ""),
        layer=_text(raw, "layer"),
    )


def _kind(found: set[str]) -> str:
    fitting = [
        kind for kind, groups in fields.KINDS.items() if all(set(group) & found for group in groups)
    ]
    return max(fitting, key=lambda one: len(fields.KINDS[one]), default="buildings")


def _kind_of_shapes(found: dict[str, str], shapes: str) -> str:
    """Return the kind of a file of shapes; what names one there may be called otherwise."""
    given = set(found.values())
    if shapes == "lines":
        kind, name, other = "sections", "section", "street"
    elif shapes == "areas" and not given & {"street", "address"}:
        kind, name, other = "blocks", "block", "ref"
    else:
        return "buildings"
    if name not in given and other in given:
        found.update({column: name for column, one in found.items() if one == other})
    return kind


def _decimal(cells: Iterable[str]) -> str:
    """Return the decimal sign of most numbers; those of three digits behind it may be thousands."""
    points = commas = 0
    for cell in cells:
        found = _NUMBER.fullmatch(cell)
        if found and len(found[2]) != _THOUSANDS:
            points += found[1] == "."
            commas += found[1] == ","
    return "." if points > commas else ","


def _unit(header: Sequence[str]) -> str:
    return "MWh" if any("mwh" in column.casefold() for column in header) else "kWh"


def _area(header: Sequence[str]) -> str:
    for column in header:
        bare = fields.bare(column)
        for word, code in fields.AREA_WORDS.items():
            if len(word) > 2 and word in bare:
                return code
    return Area.LIVING.value


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # a basic string of TOML is JSON's


def _wrong(key: str) -> CadastreError:
    return CadastreError(f"{key} is wrong", hint=f"In der Zuordnung ist „{key}“ falsch.")


def _text(raw: Mapping[str, object], key: str) -> str:
    found = raw.get(key, "")
    if not isinstance(found, str):
        raise _wrong(key)
    return found


def _texts(raw: object, key: str) -> dict[str, str]:
    if not isinstance(raw, dict) or not all(isinstance(one, str) for one in raw.values()):
        raise _wrong(key)
    return cast("dict[str, str]", raw)


def _one_of(raw: Mapping[str, object], key: str, known: Mapping[str, T], default: T) -> T:
    if key not in raw:
        return default
    said = _text(raw, key)
    if said not in known:
        words = ", ".join(f"„{one}“" for one in known)
        raise CadastreError(
            f"{key} = {said!r}", hint=f"In der Zuordnung muss „{key}“ eines sein von: {words}."
        )
    return known[said]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CadastreError(
            f"day = {text!r}", hint="In der Zuordnung ist „day“ ein Tag wie 2026-03-01."
        ) from None


def _header(found: object) -> int:
    if not isinstance(found, int) or not 1 <= found <= 100:
        raise CadastreError(
            "header", hint="In der Zuordnung ist „header“ die Zeile der Überschriften, ab 1."
        )
    return found
