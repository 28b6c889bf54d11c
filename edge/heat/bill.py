"""A household's bill for heat: an amount in the unit it is written in, turned into kWh of a year.

All kWh are of the lower heating value, as energy certificates have them. Gas is billed by its
higher one and divided by 1.11.

Source: HeizkostenV § 9 (2) and (3) (heating values; 1.11 for gas that is billed by the higher
heating value); LWF-Merkblatt 20, 2011 (firewood by stacked cubic metres at 20 % water: beech,
spruce).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from edge.heat.building import Carrier
from edge.heat.errors import CadastreError

SHORTEST_DAYS, LONGEST_DAYS = 330, 400  # else one heating season more or less would be in it
LOWEST_KWH, HIGHEST_KWH = 100.0, 1_000_000.0  # of a year: a house of one or two homes, a large one
OLDEST_YEARS = 15
MOST_BILLS = 6  # three years of two fuels
SELF: Final = "Selbst eingetragen"  # how every source begins that a household is itself
_LAW: Final = "HeizkostenV § 9"
_LWF: Final = "LWF-Merkblatt 20"
_HIGHER_BY_LOWER: Final = 1.11


@dataclass(frozen=True, slots=True)
class Unit:
    """What a bill counts in: the carrier, kWh in one of it, its sign, and whose factor that is."""

    carrier: Carrier
    kwh: float
    sign: str
    source: str


UNITS: Mapping[str, Unit] = MappingProxyType(
    {
        "gas_kwh": Unit(Carrier.GAS, 1 / _HIGHER_BY_LOWER, "kWh", _LAW),
        "gas_m3": Unit(Carrier.GAS, 10.0, "m³", _LAW),
        "oil_l": Unit(Carrier.OIL, 10.0, "l", _LAW),
        "liquid_gas_kg": Unit(Carrier.LIQUID_GAS, 13.0, "kg", _LAW),
        "pellets_kg": Unit(Carrier.WOOD, 5.0, "kg", _LAW),
        "hardwood_rm": Unit(Carrier.WOOD, 1885.0, "Rm", _LWF),
        "softwood_rm": Unit(Carrier.WOOD, 1333.0, "Rm", _LWF),
        "wood_kg": Unit(Carrier.WOOD, 4.1, "kg", _LAW),
        "brown_coal_kg": Unit(Carrier.COAL, 5.5, "kg", _LAW),
        "heat_kwh": Unit(Carrier.DISTRICT, 1.0, "kWh", ""),
        "power_kwh": Unit(Carrier.ELECTRICITY, 1.0, "kWh", ""),
    }
)


class BillError(CadastreError):
    """A bill that cannot be so; ``field`` and ``code`` say what is wrong with what."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(f"{field}: {code}", hint="Diese Rechnung kann so nicht stimmen.")
        self.field = field
        self.code = code


@dataclass(frozen=True, slots=True)
class Bill:
    """``amount`` in ``unit`` (of `UNITS`) from ``first`` to ``last``, both days included."""

    unit: str
    amount: float
    first: date
    last: date

    @property
    def days(self) -> int:
        """How many days it is of."""
        return (self.last - self.first).days + 1

    @property
    def kwh(self) -> float:
        """What was consumed, in kWh of the lower heating value."""
        return self.amount * UNITS[self.unit].kwh

    @property
    def year(self) -> int:
        """The calendar year that most of its days are of; the earlier of two alike."""
        years = range(self.first.year, self.last.year + 1)
        return max(years, key=lambda one: (self._days_in(one), -one))

    @property
    def yearly_kwh(self) -> float:
        """What 365 days would have been, in kWh."""
        return self.kwh / self.days * 365

    @property
    def text(self) -> str:
        """The bill in one word: `oil_l|2400|2024-01-01|2024-12-31`."""
        return f"{self.unit}|{self.amount!r}|{self.first.isoformat()}|{self.last.isoformat()}"

    @property
    def source(self) -> str:
        """Who says it and how it was turned into kWh, in German."""
        unit = UNITS[self.unit]
        by = f" · {unit.kwh:.4g} kWh/{unit.sign}, {unit.source}" if unit.source else ""
        return (
            f"{SELF}: Rechnung über {self.amount:.10g} {unit.sign},"
            f" {self.first.isoformat()} bis {self.last.isoformat()}{by}"
        )

    def _days_in(self, year: int) -> int:
        first, last = max(self.first, date(year, 1, 1)), min(self.last, date(year, 12, 31))
        return (last - first).days + 1


def checked(bill: Bill, today: date) -> Bill:
    """Return a bill that can be so.

    :raises BillError: if not.
    """
    if bill.unit not in UNITS:
        raise BillError("unit", "choose")
    if bill.last < bill.first:
        raise BillError("last", "before")
    if bill.last > today:
        raise BillError("last", "future")
    if bill.first.year < today.year - OLDEST_YEARS:
        raise BillError("first", "old")
    if not SHORTEST_DAYS <= bill.days <= LONGEST_DAYS:
        raise BillError("last", "no_year")
    if not LOWEST_KWH <= bill.yearly_kwh <= HIGHEST_KWH:
        raise BillError("amount", "implausible")
    return bill


def beside(bill: Bill, others: Sequence[Bill]) -> Bill:
    """Return a bill that can be so beside the others of the same home.

    :raises BillError: if one of the same carrier has some of its days, but the last or first.
    """
    carrier = UNITS[bill.unit].carrier
    for one in others:
        shared = (min(one.last, bill.last) - max(one.first, bill.first)).days
        if UNITS[one.unit].carrier is carrier and shared > 0:
            raise BillError("first", "twice")
    return bill


def by_year(bills: Sequence[Bill]) -> dict[int, list[Bill]]:
    """Return bills by the calendar year that they count for; see `year_kwh`."""
    found: dict[int, list[Bill]] = {}
    for one in sorted(bills, key=lambda each: each.first):
        found.setdefault(one.year, []).append(one)
    return found


def year_kwh(bills: Sequence[Bill]) -> float:
    """Return what 365 days needed by the bills of one year: fuels together, kWh.

    Bills of one fuel follow one another, so they are of more days, not of more heat a day.
    """
    by_carrier: dict[Carrier, list[Bill]] = {}
    for one in bills:
        by_carrier.setdefault(UNITS[one.unit].carrier, []).append(one)
    return sum(
        sum(one.kwh for one in each) / sum(one.days for one in each) * 365
        for each in by_carrier.values()
    )


def read(text: str) -> Bill:
    """Return the bill of a :attr:`Bill.text`.

    :raises BillError: if it is none.
    """
    parts = text.split("|")
    try:
        unit, amount, first, last = parts
        found = Bill(unit, float(amount), date.fromisoformat(first), date.fromisoformat(last))
    except ValueError:
        raise BillError("amount", "unreadable") from None
    if unit not in UNITS:
        raise BillError("unit", "choose")
    return found
