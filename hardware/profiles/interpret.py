"""From what a telegram says by the standard to what its model means by it.

Also what no model needs to say: a value that the meter stored while it was in error, or that no
such meter can have, is marked and never passed as a normal one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from hardware.errors import Unsupported
from hardware.fields import FieldRecords, Fields
from hardware.mbus.header import status_text
from hardware.mbus.telegram import Telegram
from hardware.profiles.model import Flag, Profile
from hardware.profiles.quick import Quick
from hardware.profiles.registry import Registry
from hardware.profiles.rules import apply, flags_of, marked
from hardware.reading import Record

_STATUS_OWN = 0xE0  # bits of the status byte that are the manufacturer's
# Shapes of telegrams kept: a street has some dozens; of noise, no shape comes twice.
MOST_SHAPES = 1024


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
    records: Sequence[Record]


def interpret(telegram: Telegram, registry: Registry) -> Interpreted:
    """Return what ``telegram`` means.

    :raises Unsupported: if it is laid out by the manufacturer and no profile knows how.
    :raises DecodeError: if it is not of the layout that its profile knows.
    """
    profile = registry.profile(telegram.header)
    records, flags = _read(telegram, profile, registry)
    status, own = _status(telegram, profile)
    name = None if profile is None else profile.name
    if not own and not flags and status is not None:
        return Interpreted(telegram, name, status, (), records)
    flags = [*own, *flags]
    words = ([] if status in (None, "OK") else [str(status)]) + [flag.name for flag in flags]
    text = " ".join(words) or ("OK" if status is not None or telegram.own is not None else None)
    return Interpreted(telegram, name, text, tuple(flags), records)


def _read(
    telegram: Telegram, profile: Profile | None, registry: Registry
) -> tuple[Sequence[Record], list[Flag]]:
    """Return the records as they are meant, and the flags that their numbers set."""
    found = telegram.records
    if telegram.own is None and isinstance(found, FieldRecords):
        quick = _quick(registry, None if profile is None else profile.name, found.fields)
        read = None if quick is None else quick.read(found.values)
        if read is not None:
            return read
    records: list[Record] = []
    flags: list[Flag] = []
    for one in (*_own(telegram, profile), *found):
        rule = registry.rule(profile, one.name)
        record = one if rule is None else apply(rule, one)
        if record is None:
            continue
        if profile is not None and rule is not None and rule.bits:
            flags += flags_of(profile.bits[rule.bits], record.value)
        records.append(marked(record))
    return tuple(records), flags


@lru_cache(maxsize=MOST_SHAPES)
def _quick(registry: Registry, name: str | None, fields: Fields) -> Quick | None:
    """Return the quick way for records of ``fields``, None if there is none."""
    profile = None if name is None else registry.profiles[name]
    if profile is not None:
        names = {field.name for field in fields.items}
        if any(layout.source in names for layout in profile.layouts):
            return None  # what the manufacturer's own bytes hold is no function of the shape
    rules = [registry.rule(profile, field.name) for field in fields.items]
    return Quick(fields, rules, {} if profile is None else profile.bits)


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
    return status_text(byte & ~_STATUS_OWN), profile.status.flags(byte & _STATUS_OWN)
