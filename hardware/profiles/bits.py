"""What the bits of a number mean: conditions that a meter reports."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Flag:
    """One condition that a meter reports: an upper-case name and two sentences."""

    name: str
    de: str
    en: str


@dataclass(frozen=True, slots=True)
class Bits:
    """What the bits of a number mean: the flag of a row is set if ``number & mask == value``.

    Set bits that no row explains are reported by ``name`` and their number. The bits of a row
    whose flag has no name are known and nothing to report.
    """

    rows: tuple[tuple[int, int, Flag], ...]
    name: str = "UNKNOWN"

    def flags(self, number: int) -> tuple[Flag, ...]:
        """Return the flags that ``number`` sets, and one for all bits that no row explains."""
        found = []
        rest = number
        for mask, wanted, flag in self.rows:
            if not flag.name:
                rest &= ~mask
            elif number & mask == wanted:
                rest &= ~mask
                found.append(flag)
        if rest:
            found.append(
                Flag(
                    f"{self.name}_{rest:X}",
                    f"Meldung {rest:X} des Zählers, die dieses Profil nicht kennt.",
                    f"Condition {rest:X} of the meter, unknown to this profile.",
                )
            )
        return tuple(found)
