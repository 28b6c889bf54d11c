"""Whether records that nothing proves were meant, or came of bytes that nobody can read yet.

What is said to be encrypted and begins with two fillers has either been decrypted on its way, or is
encrypted and begins so by chance: one telegram in 65,536. Of random bytes behind two fillers, three
to nine in a hundred read as records by the standard alone. What is asked here leaves 47, 6 and 1
in 10,000 of one, two and four blocks, and turned none of the recorded meters' telegrams away. The
manufacturer's own bytes alone pass, one in 128; they are no number, and a profile's layout has
checks of its own. What passes as a number is one telegram in ten millions or fewer.
"""

from __future__ import annotations

from collections.abc import Iterable

from hardware.mbus.plan import Records
from hardware.reading import Function, Quantity, Record

_MOST_STORAGE = 255  # meters keep a few dozen values; random bytes name thousands
_MOST_TARIFF = _MOST_SUBUNIT = 15
_LEAST_GOOD = 3  # one of so many records is a usual one; of random ones one in eight
_LEAST_BEFORE_OWN = 2  # usual records in front of the manufacturer's own bytes, which prove nothing
_TINY = 1e-7  # of a floating-point number, random ones among them

_NO_EVIDENCE = frozenset((Quantity.OTHER, Quantity.MANUFACTURER_SPECIFIC))
# beyond what the largest plants have, in the canonical unit: random bytes go there half the time
_MOST = {
    Quantity.ENERGY: 1e11,
    Quantity.VOLUME: 1e10,
    Quantity.MASS: 1e13,
    Quantity.POWER: 1e6,
    Quantity.VOLUME_FLOW: 1e5,
    Quantity.MASS_FLOW: 1e8,
    Quantity.FLOW_TEMPERATURE: 250.0,
    Quantity.RETURN_TEMPERATURE: 250.0,
    Quantity.TEMPERATURE_DIFFERENCE: 250.0,
    Quantity.EXTERNAL_TEMPERATURE: 250.0,
    Quantity.PRESSURE: 1000.0,
    Quantity.ON_TIME: 1e6,
    Quantity.OPERATING_TIME: 1e6,
    Quantity.HCA_UNITS: 1e7,
}


def are_meant(parsed: Records) -> bool:
    """Tell whether records that were read to their end look like a meter's.

    Of the manufacturer's own bytes alone nothing can be told: they are given as they are, as no
    number, so that they pass.
    """
    if parsed.behind_empty:
        return False
    records = list(parsed.records)
    has_own = bool(records) and _is_own(records[-1])
    if has_own:
        records.pop()
        if not records:
            return not parsed.without_value
    if not all(map(_is_possible, records)):
        return False
    good = _count_usual(records)
    least = _LEAST_BEFORE_OWN if has_own else 1
    return good >= least and _LEAST_GOOD * good >= len(records) + parsed.without_value


def _is_own(record: Record) -> bool:
    """Tell whether a record is the bytes to the end that the manufacturer laid out."""
    return record.name == Quantity.MANUFACTURER_SPECIFIC.value and isinstance(record.value, str)


def _is_possible(record: Record) -> bool:
    register = record.register
    return (
        register.storage <= _MOST_STORAGE
        and register.tariff <= _MOST_TARIFF
        and register.subunit <= _MOST_SUBUNIT
        and "reserved" not in record.name
    )


def _count_usual(records: Iterable[Record]) -> int:
    return sum(map(_is_usual, records))


def _is_usual(record: Record) -> bool:
    """Tell whether a record is a present value of something known, and of a possible size."""
    if record.quantity in _NO_EVIDENCE:
        return False
    if record.register.function is not Function.INSTANTANEOUS:
        return False
    value = record.value
    if isinstance(value, str):
        return value.isprintable()
    most = _MOST.get(record.quantity)
    return abs(value) <= most and not 0 < abs(value) < _TINY if most else value >= 0
