"""What the cadastre knows of a building: codes, age classes, and where it belongs.

Source: types and the limits of the age classes as in the German residential building typology
(IWU, TABULA); the classes are limits of years, no values of theirs are used here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from edge.heat.said import Said

FEW_UNITS = 5  # consumption of fewer homes is a household's own: WPG § 10 (2), annex 1
FEW_BOILERS = 3  # what heats fewer homes is as well, as annex 1 has it for single houses


class BuildingType(StrEnum):
    """What kind of building it is."""

    DETACHED = "EFH"
    TERRACED = "RH"
    APARTMENTS = "MFH"
    BLOCK_OF_FLATS = "GMH"
    NON_RESIDENTIAL = "NWG"


class Refurbishment(StrEnum):
    """What was done to the envelope since it was built."""

    NONE = "none"
    PART = "part"
    FULL = "full"


class Area(StrEnum):
    """Which area a number of m2 is."""

    LIVING = "living"
    USEFUL = "useful"  # A_N of the energy certificate
    NET = "net"
    GROSS = "gross"
    FOOTPRINT = "footprint"


class Carrier(StrEnum):
    """What is bought to heat with."""

    GAS = "gas"
    LIQUID_GAS = "liquid_gas"
    OIL = "oil"
    WOOD = "wood"
    COAL = "coal"
    ELECTRICITY = "electricity"
    DISTRICT = "district"
    SOLAR = "solar"
    OTHER = "other"


class Heating(StrEnum):
    """What makes the heat."""

    BOILER = "boiler"
    CONDENSING = "condensing"
    HEAT_PUMP = "heat_pump"
    STATION = "station"
    STOVE = "stove"
    STORAGE_HEATER = "storage_heater"
    OTHER = "other"


AGE_CLASSES = {  # the last year of each
    "A": 1859, "B": 1918, "C": 1948, "D": 1957, "E": 1968, "F": 1978,
    "G": 1983, "H": 1994, "I": 2001, "J": 2009, "K": 2015, "L": 9999,
}  # fmt: skip


def age_class(year: int) -> str:
    """Return the age class, `A` (up to 1859) to `L` (from 2016 on), of a year."""
    return next(name for name, last in AGE_CLASSES.items() if year <= last)


def age_words(name: str) -> str:
    """Return an age class in words: `1958-1968`."""
    names = list(AGE_CLASSES)
    at = names.index(name)
    if at == 0:
        return f"bis {AGE_CLASSES['A']}"
    first = AGE_CLASSES[names[at - 1]] + 1
    return f"ab {first}" if at == len(names) - 1 else f"{first}-{AGE_CLASSES[name]}"


@dataclass(frozen=True, slots=True)
class Building:
    """A building with what holds of it: a field's name to who says what.

    ``number`` is the hub's own, ``address`` as people read it. Block, section, network and station
    are their names, empty where nobody said.
    """

    number: int
    address: str
    municipality: str = ""
    block: str = ""
    section: str = ""
    network: str = ""
    station: str = ""
    facts: Mapping[str, Said] = field(default_factory=dict)

    def word(self, name: str) -> str | None:
        """Return a field's code, or None."""
        said = self.facts.get(name)
        return said.value if said is not None and isinstance(said.value, str) else None

    def amount(self, name: str) -> float | None:
        """Return a field's number in its unit, or None."""
        said = self.facts.get(name)
        return None if said is None or isinstance(said.value, str) else said.value

    @property
    def type(self) -> BuildingType | None:
        """What kind of building it is, if somebody said."""
        word = self.word("type")
        return None if word is None else BuildingType(word)

    @property
    def age(self) -> str | None:
        """The age class: of the year if there is one, else as somebody said."""
        year = self.amount("year_built")
        return self.word("age_class") if year is None else age_class(int(year))

    @property
    def is_households(self) -> bool:
        """Whether its consumption would be that of fewer than five homes.

        So it is taken to be where nobody said what it is. A building that is no dwelling is
        nobody's home; neither is a large one for want of a count.
        """
        return is_households(self.type, self.amount("units"))


def is_households(kind: BuildingType | None, units: float | None) -> bool:
    """Tell whether consumption of such a building is a household's own, see `FEW_UNITS`."""
    if kind is BuildingType.NON_RESIDENTIAL:
        return False
    if units is not None:
        return units < FEW_UNITS
    return kind is not BuildingType.BLOCK_OF_FLATS


def is_one_home(kind: BuildingType | None, units: float | None) -> bool:
    """Tell whether what heats such a building is a household's own: a house of one or two homes.

    So it is taken to be where nobody said what it is.
    """
    if kind is BuildingType.NON_RESIDENTIAL:
        return False
    if units is not None:
        return units < FEW_BOILERS
    return kind in {None, BuildingType.DETACHED, BuildingType.TERRACED}


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a street between crossings; ``length_m`` is the route's length."""

    name: str
    length_m: Said | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """A Baublock, the unit of the plan's maps; ``area_ha`` is its whole area."""

    name: str
    area_ha: Said | None = None


@dataclass(frozen=True, slots=True)
class Station:
    """A transfer station and the network that feeds it."""

    name: str
    network: str
