"""What a profile says: whom it is for, what its records and bits mean, what it must give.

A profile is a data file (`*.toml` beside this module); its keys are those of the classes here.
`docs/new-meter.md` walks through one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from hardware.mbus.header import Header
from hardware.profiles.bits import Bits, Flag
from hardware.profiles.layout import Layout
from hardware.reading import Function, Quantity, Register, Unit

__all__ = ["Bits", "Example", "Flag", "Match", "Profile", "Rule"]


@dataclass(frozen=True, slots=True)
class Match:
    """Meters that a profile is for. ``versions`` and ``media`` are codes; None is any.

    One without a manufacturer says what its media mean for every meter that no rule of its own
    profile explains.
    """

    manufacturer: str | None
    versions: frozenset[int] | None = None
    media: frozenset[int] | None = None

    def fits(self, header: Header) -> bool:
        """Tell whether the meter that sent ``header`` is meant."""
        return (
            self.manufacturer in (None, header.manufacturer)
            and (self.versions is None or header.version in self.versions)
            and (self.media is None or header.medium_code in self.media)
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """What becomes of a record.

    ``name`` is its usual name and may hold numbers of the pattern that it was found by. What
    else is None or empty stays as the standard has it. ``signed_bits`` makes a whole number that
    the meter sends as one of so many bits a signed one; ``factor`` is applied behind it.
    ``invalid`` are values (in the unit that the standard gives) that say "none". What lies below
    ``lowest`` or above ``highest`` is marked as implausible. ``bits`` names the table that
    explains the number.
    ``ignore`` leaves the record out: padding, constants.
    """

    name: str
    quantity: Quantity | None = None
    unit: Unit | None = None
    factor: Fraction | None = None
    signed_bits: int | None = None
    invalid: frozenset[float | str] = frozenset()
    lowest: float | None = None
    highest: float | None = None
    bits: str = ""
    storage: int | None = None
    tariff: int | None = None
    subunit: int | None = None
    function: Function | None = None
    ignore: bool = False
    moves: bool = field(init=False, default=False)  # to another register

    def __post_init__(self) -> None:
        given = (self.storage, self.tariff, self.subunit, self.function)
        object.__setattr__(self, "moves", given != (None, None, None, None))


@dataclass(frozen=True, slots=True)
class Example:
    """A telegram that the profile carries, and what must come of it.

    ``readings`` are pairs of a name and its value; ``registers`` tells where one comes from, if
    not from the current register. ``status`` is None where it does not matter.
    """

    messages: tuple[bytes, ...]
    key: bytes | None
    status: str | None
    readings: tuple[tuple[str, float | str], ...]
    registers: dict[str, Register] = field(default_factory=dict)


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
