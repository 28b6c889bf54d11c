"""What a profile says: whom it is for, what its records and bits mean, what it must give.

A profile is a data file (`*.toml` beside this module); its keys are those of the classes here.
`docs/new-meter.md` walks through one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from hardware.mbus.header import Header
from hardware.profiles.layout import Layout
from hardware.reading import Function, Quantity, Record, Unit


@dataclass(frozen=True, slots=True)
class Match:
    """Meters that a profile is for. ``versions`` and ``media`` are codes, None is any."""

    manufacturer: str
    versions: frozenset[int] | None = None
    media: frozenset[int] | None = None

    def fits(self, header: Header) -> bool:
        """Tell whether the meter that sent ``header`` is meant."""
        return (
            header.manufacturer == self.manufacturer
            and (self.versions is None or header.version in self.versions)
            and (self.media is None or header.medium_code in self.media)
        )


@dataclass(frozen=True, slots=True)
class Flag:
    """One condition that a meter reports: an upper-case name and two sentences."""

    name: str
    de: str
    en: str


@dataclass(frozen=True, slots=True)
class Bits:
    """What the bits of a number mean: the flag of a row is set if ``number & mask == value``.

    Bits that no row names are reported by their number.
    """

    rows: tuple[tuple[int, int, Flag], ...]

    def flags(self, number: int) -> tuple[Flag, ...]:
        """Return the flags that ``number`` sets, and one for all bits that no row names."""
        found = [flag for mask, wanted, flag in self.rows if number & mask == wanted]
        known = 0
        for mask, _, _ in self.rows:
            known |= mask
        if rest := number & ~known:
            found.append(
                Flag(
                    f"UNKNOWN_{rest:X}",
                    f"Meldung {rest:X} des Zählers, die dieses Profil nicht kennt.",
                    f"Condition {rest:X} of the meter, unknown to this profile.",
                )
            )
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Rule:
    """What becomes of a record.

    ``name`` is its usual name and may hold numbers of the pattern that it was found by. What
    else is None or empty stays as the standard has it. ``signed_bits`` makes a whole number that
    the meter sends as one of so many bits a signed one; ``factor`` is applied behind it.
    ``invalid`` are values that say "none". ``bits`` names the table that explains the number.
    ``ignore`` leaves the record out: padding, constants.
    """

    name: str
    quantity: Quantity | None = None
    unit: Unit | None = None
    factor: Fraction | None = None
    signed_bits: int | None = None
    invalid: frozenset[float | str] = frozenset()
    bits: str = ""
    storage: int | None = None
    tariff: int | None = None
    subunit: int | None = None
    function: Function | None = None
    ignore: bool = False


@dataclass(frozen=True, slots=True)
class Example:
    """A telegram that the profile carries, and what must come of it.

    ``readings`` are pairs of a name and its value; ``status`` is None where it does not matter.
    """

    messages: tuple[bytes, ...]
    key: bytes | None
    status: str | None
    readings: tuple[tuple[str, float | str], ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """One model, or a family of models that say the same in the same way.

    ``rules`` are by the record's standard name, `{n}` standing for a number. ``status`` explains
    the header's status byte beyond the bits that the standard names. ``own_content`` says that
    what these meters send is laid out by the manufacturer, whatever the CI field says.
    """

    name: str
    title_de: str
    title_en: str
    matches: tuple[Match, ...]
    rules: dict[str, Rule] = field(default_factory=dict)
    bits: dict[str, Bits] = field(default_factory=dict)
    status: Bits | None = None
    layouts: tuple[Layout, ...] = ()
    own_content: bool = False
    examples: tuple[Example, ...] = ()


Named = tuple[Record, Rule | None]
