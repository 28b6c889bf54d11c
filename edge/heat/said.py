"""One value of the cadastre and who says so: source, day, method and band.

A value is never overwritten. What holds is :func:`best` of all that was said: by method first
(measured before bill before survey before estimated), then by day, then the one said last.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from edge.heat.errors import CadastreError

MAX_SOURCE_CHARACTERS = 200  # a source is named, not quoted


class Method(IntEnum):
    """How somebody came to know a value; the higher one counts."""

    ESTIMATED = 1
    SURVEY = 2
    BILL = 3
    MEASURED = 4


METHOD_WORDS = {
    Method.ESTIMATED: "geschätzt",
    Method.SURVEY: "erhoben",
    Method.BILL: "Abrechnung",
    Method.MEASURED: "gemessen",
}


@dataclass(frozen=True, slots=True)
class Said:
    """A value with its provenance. Numbers are in the field's unit, words are codes.

    ``low`` and ``high`` are the ends of an 80 % band around a number, both or neither: between
    them lies the truth in four of five cases, as whoever says it believes. ``day`` is the day
    that the value is of.

    :raises CadastreError: if it is no finite number, outside its own band, or of no source.
    """

    value: float | str
    source: str
    day: date
    method: Method
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        if not self.source.strip() or len(self.source) > MAX_SOURCE_CHARACTERS:
            raise CadastreError(
                f"a source has 1 to {MAX_SOURCE_CHARACTERS} characters",
                hint=f"Jeder Wert braucht eine Quelle (1 bis {MAX_SOURCE_CHARACTERS} Zeichen).",
            )
        if (self.low is None) != (self.high is None):
            raise CadastreError("half a band", hint="Von und bis bitte beide angeben oder keins.")
        if isinstance(self.value, str):
            if self.low is not None:
                raise CadastreError("a word has no band", hint="Ein Wort hat kein Von und Bis.")
            return
        low = self.value if self.low is None else self.low
        high = self.value if self.high is None else self.high
        if not (math.isfinite(low) and math.isfinite(high) and low <= self.value <= high):
            raise CadastreError(
                "a number outside its band", hint="Der Wert muss zwischen Von und Bis liegen."
            )

    @property
    def number(self) -> float:
        """The value of a numeric field.

        :raises TypeError: if it is a word.
        """
        if isinstance(self.value, str):
            raise TypeError(f"{self.value!r} is a word")
        return self.value


def best(said: Iterable[Said]) -> Said | None:
    """Return what holds of all that was said of one field, in the order it was said."""
    found: Said | None = None
    for one in said:
        if found is None or (one.method, one.day) >= (found.method, found.day):
            found = one
    return found
