"""From what a telegram says by the standard to what its model means by it.

Also what no model needs to say: a value that the meter stored while it was in error, or that no
such meter can have, is marked and never passed as a normal one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from hardware.errors import DecodeError, Unsupported
from hardware.mbus.telegram import Telegram
from hardware.profiles.bits import Bits, Flag
from hardware.profiles.filters import Sent
from hardware.profiles.layout import TELEGRAM, Layout
from hardware.profiles.model import Profile, Rule
from hardware.profiles.plausible import mark, marked_total
from hardware.profiles.registry import Registry
from hardware.profiles.standard_status import standard_flags
from hardware.reading import Quantity, Record, Register

_STATUS_OWN = 0xE0  # bits of the status byte that are the manufacturer's
_CURRENT = Register()
_WHOLE = 1 << 53  # up to here a float holds every whole number


@dataclass(frozen=True, slots=True)
class Interpreted:
    """A telegram as its model means it.

    ``profile`` is the profile's name, None where the standard was all. ``status`` is `OK` or names
    conditions in alphabetical order, blanks between; None where the meter does not say. ``flags``
    explains them.
    """

    telegram: Telegram
    profile: str | None
    status: str | None
    flags: tuple[Flag, ...]
    records: tuple[Record, ...]


def interpret(telegram: Telegram, registry: Registry) -> Interpreted:
    """Return what ``telegram`` means.

    :raises Unsupported: if it is laid out by the manufacturer and no profile knows how.
    :raises DecodeError: if it is of none of the layouts that its profile knows.
    :raises KeyRequired: if it is scrambled with a key that nobody published.
    """
    profile = registry.profile(telegram.header)
    medium = telegram.header.medium_code
    records: list[Record] = []
    flags: list[Flag] = []
    explained = False
    for found in _found(telegram, profile):
        rule = registry.rule(profile, found.name, medium)
        record = _marked(found) if rule is None else apply(rule, found)
        if record is None:
            continue
        if profile is not None and rule is not None and rule.bits:
            explained = True
            flags += _flags(profile.bits[rule.bits], record)
        elif record.quantity is Quantity.ERROR_FLAGS and record.register == _CURRENT:
            flags += _flags(None, record)
        records.append(marked_total(found.name, record, medium))
    status, own = _status(telegram, profile)
    flags = [*standard_flags(status), *own, *flags]
    words = {flag.name for flag in flags}.union((status or "").split()) - {"OK"}
    text = " ".join(sorted(words)) or ("OK" if explained or status is not None else None)
    name = None if profile is None else profile.name
    return Interpreted(telegram, name, text, tuple(flags), tuple(records))


def apply(rule: Rule, record: Record) -> Record | None:
    """Return what ``rule`` makes of ``record``, marked; None if it is left out."""
    if rule.ignore or (rule.invalid and record.value in rule.invalid):
        return None
    quantity = rule.quantity or record.quantity
    value = record.value
    if not isinstance(value, str) and (rule.signed_bits or rule.factor):
        value = _number(rule, value)
    register = _register(rule, record.register) if rule.moves else record.register
    return Record(
        quantity,
        value,
        rule.unit or record.unit,
        register,
        rule.name or record.name,
        mark(quantity, value, register.function, rule.lowest, rule.highest) or record.mark,
    )


def _number(rule: Rule, value: float) -> float:
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


def _marked(record: Record) -> Record:
    found = mark(record.quantity, record.value, record.register.function)
    return replace(record, mark=found) if found else record


def _flags(bits: Bits | None, record: Record) -> tuple[Flag, ...]:
    """Return the conditions that a number reports; without ``bits`` one for all that are set."""
    if isinstance(record.value, str) or not 0 < record.value < _WHOLE:
        return ()
    number = int(record.value)
    if bits is not None:
        return bits.flags(number)
    return (
        Flag(
            f"ERROR_FLAGS_{number:X}",
            f"Der Zähler meldet den Fehlercode {number:X} (hexadezimal); siehe seine Anleitung.",
            f"The meter reports error code {number:X} (hexadecimal); see its manual.",
        ),
    )


def _found(telegram: Telegram, profile: Profile | None) -> list[Record]:
    """Return all records; those of the manufacturer's own bytes in the place of the bytes."""
    layouts = () if profile is None else profile.layouts
    if telegram.own is not None:
        return list(_own(*telegram.own, telegram, layouts))
    sent = Sent(None, telegram.header)
    found: list[Record] = []
    for record in telegram.records:
        read = [
            one
            for layout in layouts
            if layout.source == record.name
            for one in _within(layout, record, sent)
        ]
        found += read or [record]
    return found


def _own(
    ci: int, data: bytes, telegram: Telegram, layouts: tuple[Layout, ...]
) -> tuple[Record, ...]:
    """Return what the first layout that fits finds in a telegram of the manufacturer's own."""
    sent = Sent(ci, telegram.header, telegram.address)
    for layout in layouts:
        if layout.source == TELEGRAM and layout.fits(sent, data):
            return layout.read(data, sent)
    if any(ci in layout.cis for layout in layouts):
        raise DecodeError(f"{len(data)} bytes are laid out like none of this model's telegrams")
    raise Unsupported(f"the manufacturer's own telegram (CI {ci:02X})")


def _within(layout: Layout, found: Record, sent: Sent) -> tuple[Record, ...]:
    """Return what ``layout`` reads in the bytes of one record; bytes that it cannot read stay.

    A whole number stands for eight bytes, least significant first.
    """
    try:
        if isinstance(found.value, str):
            data = bytes.fromhex(found.value)
        elif not float(found.value).is_integer() or not 0 <= found.value < _WHOLE:
            return ()
        else:
            data = int(found.value).to_bytes(8, "little")
        return layout.read(data, sent) if layout.fits(sent, data) else ()
    except ValueError:  # no hex, or not of this layout
        return ()


def _status(telegram: Telegram, profile: Profile | None) -> tuple[str | None, tuple[Flag, ...]]:
    """Return the status by the standard, and the flags of its bits that the profile explains."""
    byte = telegram.header.status_byte
    if byte is None or profile is None or profile.status is None:
        return telegram.status, ()
    plain = replace(telegram.header, status_byte=byte & ~_STATUS_OWN)
    return plain.status, profile.status.flags(byte & _STATUS_OWN)
