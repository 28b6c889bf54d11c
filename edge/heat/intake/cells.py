"""What stands in one cell: numbers as Germans write them, codes, days. Only its own errors."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date, datetime

from edge.heat.intake import fields
from edge.heat.intake.fields import Field

Cell = str | float | date | None
EMPTY = frozenset({"", "-", "–", "k.a.", "k. a.", "unbekannt", "n/a", "null", "#nv", "?"})
MAX_CELL_CHARACTERS = 500  # more is no cell of a table of buildings
_UNITS = {  # a unit as people write it: the field's unit that it is a multiple of, and how many
    "m²": ("m²", 1.0), "m2": ("m²", 1.0), "qm": ("m²", 1.0),
    "kwh": ("kWh", 1.0), "kwh/a": ("kWh", 1.0), "mwh": ("kWh", 1e3), "mwh/a": ("kWh", 1e3),
    "gwh": ("kWh", 1e6), "gwh/a": ("kWh", 1e6),
    "kw": ("kW", 1.0), "mw": ("kW", 1e3), "m": ("m", 1.0), "km": ("m", 1e3), "ha": ("ha", 1.0),
    "kd": ("Kd", 1.0), "%": ("", 0.01),
}  # fmt: skip
_WITH_UNIT = re.compile(rf"(?i)(.*\d)\s*({'|'.join(map(re.escape, _UNITS))})")
_THOUSANDS = re.compile(r"\d{1,3}(?:[.'  ]\d{3})+(?:,\d+)?")
_POINT_THOUSANDS = re.compile(r"\d{1,3}(?:[,'  ]\d{3})+(?:\.\d+)?")


class CellError(Exception):
    """A cell that cannot be taken: ``code`` for programs, why and what to do in German.

    ``bare`` says why without anything of what stands in the cell: it may be a household's own.
    """

    def __init__(self, code: str, why: str, todo: str, bare: str = "") -> None:
        super().__init__(why)
        self.code, self.why, self.todo, self.bare = code, why, todo, bare or why


def text(cell: Cell) -> str:
    """Return a cell as a text in one line; empty for what means nothing."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        found = str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    elif isinstance(cell, datetime):
        found = cell.date().isoformat()
    else:
        found = str(cell)
    found = " ".join(found.split())[:MAX_CELL_CHARACTERS]
    return "" if found.casefold() in EMPTY else found


def number(cell: Cell, kind: Field, decimal: str, unit: str = "") -> float | None:
    """Return a cell's number in the field's unit; None if it is empty.

    A unit in the cell counts before ``unit``, the column's; without either it is the field's.

    :raises CellError: if it is no number, in a unit of something else, or not plausible.
    """
    if isinstance(cell, float):
        found = cell * _factor(unit, kind)
    else:
        said = text(cell)
        if not said:
            return None
        with_unit = _WITH_UNIT.fullmatch(said)
        if with_unit:
            said, unit = with_unit[1], with_unit[2]
        found = _parsed(said, decimal) * _factor(unit, kind)
    low, high = kind.low or 0.0, kind.high or math.inf
    if not math.isfinite(found) or not low <= found <= high:
        span = f"{low:g} bis {high:g} {kind.unit}".strip()
        raise CellError(
            "range",
            f"{kind.german} liegt außerhalb von {span}",
            "Bitte Wert und Einheit prüfen.",
        )
    if kind.whole and found != int(found):
        raise CellError(
            "whole", f"{kind.german} ist keine ganze Zahl", "Bitte eine ganze Zahl eintragen."
        )
    return found


def code(cell: Cell, kind: Field, own: Mapping[str, str]) -> str | None:
    """Return the code that a cell's word means; ``own`` are the table's own words.

    :raises CellError: if nobody knows the word.
    """
    said = text(cell)
    if not said:
        return None
    bare = fields.bare(said)
    found = own.get(bare) or kind.words.get(bare)
    if found is None or found not in kind.words.values():
        codes = ", ".join(dict.fromkeys(kind.words.values()))
        raise CellError(
            "word",
            f"„{said[:40]}“ ist als {kind.german} nicht bekannt",
            f"Bitte eines eintragen von: {codes}; oder das Wort in der Zuordnung unter [words.…] "
            "erklären.",
            f"Das Wort ist als {kind.german} nicht bekannt",
        )
    return found


def day(cell: Cell) -> date | None:
    """Return a cell's day: 2026-03-01 or 01.03.2026; None if it is empty.

    :raises CellError: if it is none.
    """
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    said = text(cell)
    if not said:
        return None
    for form in ("%Y-%m-%d", "%d.%m.%Y", "%d.%m.%y"):
        try:
            return datetime.strptime(said, form).date()  # noqa: DTZ007  # a day has no zone
        except ValueError:
            continue
    raise CellError(
        "day",
        f"„{said[:40]}“ ist kein Tag",
        "Bitte einen Tag wie 01.03.2026 eintragen.",
        "Das ist kein Tag",
    )


def _factor(unit: str, kind: Field) -> float:
    of, factor = _UNITS[unit.casefold()] if unit else (kind.unit, 1.0)
    if of != kind.unit or (kind.whole and unit):
        raise CellError(
            "unit",
            f"{kind.german} steht in der Einheit {unit}, nicht in {kind.unit or 'Zahlen'}",
            "Bitte Wert und Einheit prüfen.",
            f"{kind.german} steht in einer anderen Einheit als {kind.unit or 'Zahlen'}",
        )
    return factor


def _parsed(said: str, decimal: str) -> float:
    if decimal == ",":
        if _THOUSANDS.fullmatch(said):
            said = re.sub(r"[.'  ]", "", said)
        plain = said.replace(",", ".") if "." not in said else ""
    else:
        if _POINT_THOUSANDS.fullmatch(said):
            said = re.sub(r"[,'  ]", "", said)
        plain = said if "," not in said else ""
    if not re.fullmatch(r"[-+]?\d{1,15}(?:\.\d{0,15})?", plain):
        raise CellError(
            "number",
            f"„{said[:40]}“ ist keine Zahl mit dem Dezimalzeichen „{decimal}“",
            "Bitte eine Zahl eintragen, oder in der Zuordnung decimal ändern.",
            f"Das ist keine Zahl mit dem Dezimalzeichen „{decimal}“",
        )
    return float(plain)
