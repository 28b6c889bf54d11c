"""What a rule of a profile makes of one record."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from hardware.fields import Value
from hardware.profiles.model import Bits, Flag, Rule
from hardware.profiles.plausible import mark
from hardware.reading import Record

_WHOLE = 1 << 53  # up to here a float holds every whole number


def apply(rule: Rule, record: Record) -> Record | None:
    """Return what ``rule`` makes of ``record``, None if it is left out."""
    if rule.ignore or record.value in rule.invalid:
        return None
    value = record.value
    if not isinstance(value, str) and (rule.signed_bits or rule.factor):
        value = number(rule, value)
    register = record.register
    given = (rule.storage, rule.tariff, rule.subunit, rule.function)
    if given != (None, None, None, None):
        storage, tariff, subunit, function = given
        register = replace(
            register,
            storage=register.storage if storage is None else storage,
            tariff=register.tariff if tariff is None else tariff,
            subunit=register.subunit if subunit is None else subunit,
            function=register.function if function is None else function,
        )
    return replace(
        record,
        quantity=rule.quantity or record.quantity,
        value=value,
        unit=rule.unit or record.unit,
        register=register,
        name=rule.name or record.name,
    )


def number(rule: Rule, value: float) -> float:
    """Return ``value`` as ``rule`` counts it."""
    exact = Fraction(value)
    if rule.signed_bits and exact >= 1 << rule.signed_bits - 1:
        exact -= 1 << rule.signed_bits
    return float(exact * (rule.factor or 1))


def marked(record: Record) -> Record:
    """Return ``record`` with its mark."""
    found = mark(record)
    return record if found == record.mark else replace(record, mark=found)


def flags_of(bits: Bits, value: Value) -> tuple[Flag, ...]:
    """Return the flags that ``value`` sets, none if it is no whole number of bits."""
    if isinstance(value, str) or not 0 <= value < _WHOLE:
        return ()
    return bits.flags(int(value))
