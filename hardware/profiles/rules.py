"""What a rule of a profile makes of one record, and what a number reports."""

from __future__ import annotations

from dataclasses import replace

from hardware.fields import Value
from hardware.profiles.bits import Bits, Flag
from hardware.profiles.model import Rule
from hardware.profiles.plausible import mark
from hardware.reading import Quantity, Record, Register

WHOLE = 1 << 53  # up to here a float holds every whole number

_CURRENT = Register()


def apply(rule: Rule, record: Record) -> Record | None:
    """Return what ``rule`` makes of ``record``, marked; None if it is left out."""
    if rule.ignore or (rule.invalid and record.value in rule.invalid):
        return None
    quantity = rule.quantity or record.quantity
    value = record.value
    if not isinstance(value, str) and (rule.signed_bits or rule.factor):
        value = number(rule, value)
    register = _register(rule, record.register) if rule.moves else record.register
    return Record(
        quantity,
        value,
        rule.unit or record.unit,
        register,
        rule.name or record.name,
        mark(quantity, value, register.function, rule.lowest, rule.highest) or record.mark,
    )


def number(rule: Rule, value: float) -> float:
    """Return ``value`` as ``rule`` counts it."""
    if rule.signed_bits and value >= 1 << rule.signed_bits - 1:
        value -= 1 << rule.signed_bits
    factor = rule.factor
    return value if factor is None else value * factor.numerator / factor.denominator


def _register(rule: Rule, register: Register) -> Register:
    storage, tariff, subunit = rule.storage, rule.tariff, rule.subunit
    return Register(
        storage=register.storage if storage is None else storage,
        tariff=register.tariff if tariff is None else tariff,
        subunit=register.subunit if subunit is None else subunit,
        function=rule.function or register.function,
    )


def marked(record: Record) -> Record:
    """Return ``record`` with its mark."""
    found = mark(record.quantity, record.value, record.register.function)
    return replace(record, mark=found) if found else record


def reports(quantity: Quantity, register: Register) -> bool:
    """Tell whether a number that no table explains still says that something is wrong."""
    return quantity is Quantity.ERROR_FLAGS and register == _CURRENT


def flags_of(bits: Bits | None, value: Value) -> tuple[Flag, ...]:
    """Return the conditions that a number reports; without ``bits`` one for all that are set."""
    if isinstance(value, str) or not 0 < value < WHOLE:
        return ()
    whole = int(value)
    if bits is not None:
        return bits.flags(whole)
    return (
        Flag(
            f"ERROR_FLAGS_{whole:X}",
            f"Der Zähler meldet den Fehlercode {whole:X} (hexadezimal); siehe seine Anleitung.",
            f"The meter reports error code {whole:X} (hexadecimal); see its manual.",
        ),
    )
