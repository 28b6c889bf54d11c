"""From what a telegram says by the standard to what its model means by it.

Also what no model needs to say: a value that the meter stored while it was in error, or that no
such meter can have, is marked and never passed as a normal one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from hardware.errors import Unsupported
from hardware.mbus.telegram import Telegram
from hardware.profiles.model import Bits, Flag, Profile, Rule
from hardware.profiles.plausible import mark
from hardware.profiles.registry import Registry
from hardware.reading import Record

_STATUS_OWN = 0xE0  # bits of the status byte that are the manufacturer's
_WHOLE = 1 << 53  # up to here a float holds every whole number


@dataclass(frozen=True, slots=True)
class Interpreted:
    """A telegram as its model means it.

    ``profile`` is the profile's name, None where the standard was all. ``status`` is `OK` or names
    conditions, blanks between; None where the meter does not say. ``flags`` explains those that
    the profile knows.
    """

    telegram: Telegram
    profile: str | None
    status: str | None
    flags: tuple[Flag, ...]
    records: tuple[Record, ...]


def interpret(telegram: Telegram, registry: Registry) -> Interpreted:
    """Return what ``telegram`` means.

    :raises Unsupported: if it is laid out by the manufacturer and no profile knows how.
    :raises DecodeError: if it is not of the layout that its profile knows.
    """
    profile = registry.profile(telegram.header)
    records: list[Record] = []
    flags: list[Flag] = []
    for found in (*_own(telegram, profile), *telegram.records):
        rule = registry.rule(profile, found.name)
        record = found if rule is None else apply(rule, found)
        if record is None:
            continue
        if profile is not None and rule is not None and rule.bits:
            flags += _flags(profile.bits[rule.bits], record)
        records.append(_marked(record))
    status, own = _status(telegram, profile)
    flags = [*own, *flags]
    words = ([] if status in (None, "OK") else [str(status)]) + [flag.name for flag in flags]
    text = " ".join(words) or ("OK" if status is not None or telegram.own is not None else None)
    name = None if profile is None else profile.name
    return Interpreted(telegram, name, text, tuple(flags), tuple(records))


def apply(rule: Rule, record: Record) -> Record | None:
    """Return what ``rule`` makes of ``record``, None if it is left out."""
    if rule.ignore or record.value in rule.invalid:
        return None
    value = record.value
    if not isinstance(value, str) and (rule.signed_bits or rule.factor):
        value = _number(rule, value)
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


def _number(rule: Rule, value: float) -> float:
    number = Fraction(value)
    if rule.signed_bits and number >= 1 << rule.signed_bits - 1:
        number -= 1 << rule.signed_bits
    return float(number * (rule.factor or 1))


def _marked(record: Record) -> Record:
    found = mark(record)
    return record if found == record.mark else replace(record, mark=found)


def _flags(bits: Bits, record: Record) -> tuple[Flag, ...]:
    if isinstance(record.value, str) or not 0 <= record.value < _WHOLE:
        return ()
    return bits.flags(int(record.value))


def _own(telegram: Telegram, profile: Profile | None) -> tuple[Record, ...]:
    """Return what layouts find in the manufacturer's own bytes of ``telegram``."""
    layouts = () if profile is None else profile.layouts
    if telegram.own is not None:
        ci, data = telegram.own
        for layout in layouts:
            if layout.source == "telegram" and ci in layout.cis:
                return layout.read(data)
        raise Unsupported(f"the manufacturer's own telegram (CI {ci:02X})")
    found: list[Record] = []
    for layout in layouts:
        for record in telegram.records:
            if record.name == layout.source and isinstance(record.value, str):
                found += layout.read(bytes.fromhex(record.value))
    return tuple(found)


def _status(telegram: Telegram, profile: Profile | None) -> tuple[str | None, tuple[Flag, ...]]:
    """Return the status by the standard, and the flags of its bits that the profile explains."""
    byte = telegram.header.status_byte
    if byte is None or profile is None or profile.status is None:
        return telegram.status, ()
    plain = replace(telegram.header, status_byte=byte & ~_STATUS_OWN)
    return plain.status, profile.status.flags(byte & _STATUS_OWN)
