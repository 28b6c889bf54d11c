"""What a building brings to what is published, and the rule that a cell of them must meet.

Rows of buildings are never changed. They are not frozen, for that makes each five times as dear to
make, and there are hundreds of thousands.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

REST = ""  # carriers, or what makes the heat, not told apart in a cell, and what nobody said


@dataclass(slots=True)
class Part:
    """A building as the cadastre has it.

    ``block`` and ``section`` are places' numbers, 0 where nobody said; ``kwh`` is of a normal year.
    Empty words: nobody said.
    """

    building: int
    block: int
    section: int
    carrier: str
    kwh: int
    type: str = ""
    age: str = ""
    heating: str = ""


@dataclass(slots=True)
class Share:
    """A building as it is published: in which cells (empty: in none), under which carrier.

    ``heating`` is told apart within the carrier.
    """

    building: int
    block: str
    section: str
    carrier: str
    kwh: int
    type: str = ""
    age: str = ""
    heating: str = ""

    def under(self, carrier: str, heating: str) -> Share:
        """Return it under another carrier, its heating told otherwise."""
        return Share(
            *(self.building, self.block, self.section, carrier, self.kwh),
            *(self.type, self.age, heating),
        )

    def called(self, kind: str, age: str) -> Share:
        """Return it with another type and age class."""
        return Share(
            *(self.building, self.block, self.section, self.carrier, self.kwh),
            *(kind, age, self.heating),
        )

    def of(self, kwh: int) -> Share:
        """Return it with another amount."""
        return Share(
            *(self.building, self.block, self.section, self.carrier, kwh),
            *(self.type, self.age, self.heating),
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """What a sum must meet.

    At least ``k`` buildings; the largest has at most ``largest_percent`` of it; the second largest,
    who knows his own, cannot tell the largest's more closely than ``p_percent``.
    """

    k: int
    p_percent: float
    largest_percent: float

    def allows(self, amounts: Iterable[int]) -> bool:
        """Tell whether a sum of these may be shown."""
        known = sorted(amounts, reverse=True)
        if len(known) < self.k:
            return False
        whole = sum(known)
        if 100 * known[0] > self.largest_percent * whole:
            return False
        return 100 * (whole - sum(known[:2])) >= self.p_percent * known[0]

    def large(self, least: int) -> float:
        """Return from which amount on the largest might be told from sums of k, none < least."""
        return (self.k - 1) * least * 100 / self.p_percent if self.p_percent else float("inf")
