"""Numbers as people and spreadsheets write them: point or comma, with thousands or without."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

MISSING = frozenset({"", "nan", "na", "n/a", "null", "none", "-", "--", "nat"})
_GROUPED = {sign: re.compile(rf"[+-]?[1-9]\d{{0,2}}(?:[{sign}]\d{{3}})+") for sign in ".,"}
_SMALL = re.compile(r"[+-]?[1-9]\d{0,2}")
_LARGE = re.compile(r"[+-]?\d{4,}")


def numbers(cells: Sequence[str]) -> tuple[list[float | None], str]:
    """Return a column's numbers, and the sign that parts its thousands, empty if none does.

    NaN for what says that it is missing, None for what is not readable.
    """
    different = {cell: cell.strip() for cell in set(cells)}
    thousands = _thousands(different.values())
    found = {cell: _number(bare, thousands) for cell, bare in different.items()}
    return [found[cell] for cell in cells], thousands


def _thousands(cells: Iterable[str]) -> str:
    """Return the sign that parts thousands in a column, empty if none does.

    It is one that always has three digits behind it, where another sign, a second one in a number
    or whole numbers below a thousand say that it is no decimal sign. A column in which every number
    has three digits behind its sign says nothing: programs write so many decimals.
    """
    cells = list(cells)
    small = any(map(_SMALL.fullmatch, cells)) and not any(map(_LARGE.fullmatch, cells))
    for sign, other in (".,", ",."):
        signed = [cell for cell in cells if sign in cell]
        # what stands behind the other sign is not this one's: 1.234,5
        grouped = [_GROUPED[sign].fullmatch(cell.partition(other)[0]) for cell in signed]
        if not signed or not all(grouped):
            continue
        decimal = any(other in cell and not _GROUPED[other].fullmatch(cell) for cell in cells)
        if decimal or small or any(cell.count(sign) > 1 for cell in signed):
            return sign
    return ""


def _number(text: str, thousands: str) -> float | None:
    if text.lower() in MISSING:
        return math.nan
    if thousands:
        text = text.replace(thousands, "")
    try:
        found = float(text.replace(",", "."))
    except ValueError:
        return None
    return found if math.isfinite(found) else None
