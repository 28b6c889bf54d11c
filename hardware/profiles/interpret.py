"""From what a telegram says by the standard to what its model means by it.

Also what no model needs to say: a value that the meter stored while it was in error, or that no
such meter can have, is marked and never passed as a normal one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from hardware.errors import DecodeError, Unsupported
from hardware.fields import FieldRecords, Fields
from hardware.mbus.header import status_text
from hardware.mbus.telegram import Telegram
from hardware.profiles.bits import Flag
from hardware.profiles.filters import Sent
from hardware.profiles.layout import TELEGRAM, Layout
from hardware.profiles.model import Profile
from hardware.profiles.plausible import marked_total
from hardware.profiles.quick import Meant, Quick
from hardware.profiles.registry import Registry
from hardware.profiles.rules import WHOLE, apply, flags_of, marked, reports
from hardware.profiles.standard_status import standard_flags
from hardware.reading import Record

_STATUS_OWN = 0xE0  # bits of the status byte that are the manufacturer's
# Shapes of telegrams kept: a street has some dozens; of noise, no shape comes twice.
MOST_SHAPES = 1024


class Interpreted(NamedTuple):
    """A telegram as its model means it.

    ``profile`` is the profile's name, None where the standard was all. ``status`` is `OK` or names
    conditions in alphabetical order, blanks between; None where the meter does not say. ``flags``
    explains them.
    """

    telegram: Telegram
    profile: str | None
    status: str | None
    flags: tuple[Flag, ...]
    records: Sequence[Record]


def interpret(telegram: Telegram, registry: Registry) -> Interpreted:
    """Return what ``telegram`` means.

    :raises Unsupported: if it is laid out by the manufacturer and no profile knows how.
    :raises DecodeError: if it is of none of the layouts that its profile knows.
    :raises KeyRequired: if it is scrambled with a key that nobody published.
    """
    profile = registry.profile(telegram.header)
    meant = _meant(telegram, profile, registry)
    status, own = _status(telegram, profile)
    name = None if profile is None else profile.name
    flags = (*standard_flags(status), *own, *meant.flags)
    if flags:
        words = {flag.name for flag in flags}.union((status or "").split()) - {"OK"}
        status = " ".join(sorted(words))
    elif status is None:
        status = "OK" if meant.explained else None
    return Interpreted(telegram, name, status, flags, meant.records)


def _meant(telegram: Telegram, profile: Profile | None, registry: Registry) -> Meant:
    """Return the records as they are meant, and what their numbers report."""
    found = telegram.records
    medium = telegram.header.medium_code
    if telegram.own is None and isinstance(found, FieldRecords):
        quick = _quick(registry, None if profile is None else profile.name, medium, found.fields)
        read = None if quick is None else quick.read(found.values)
        if read is not None:
            return read
    records: list[Record] = []
    flags: list[Flag] = []
    explained = False
    for one in _found(telegram, profile):
        rule = registry.rule(profile, one.name, medium)
        record = marked(one) if rule is None else apply(rule, one)
        if record is None:
            continue
        if profile is not None and rule is not None and rule.bits:
            explained = True
            flags += flags_of(profile.bits[rule.bits], record.value)
        elif reports(record.quantity, record.register):
            flags += flags_of(None, record.value)
        records.append(marked_total(one.name, record, medium))
    return Meant(tuple(records), tuple(flags), explained)


@lru_cache(maxsize=MOST_SHAPES)
def _quick(
    registry: Registry, name: str | None, medium: int | None, fields: Fields
) -> Quick | None:
    """Return the quick way for records of ``fields``, None if there is none."""
    profile = None if name is None else registry.profiles[name]
    if profile is not None:
        names = {field.name for field in fields.items}
        if any(layout.source in names for layout in profile.layouts):
            return None  # what the manufacturer's own bytes hold is no function of the shape
    rules = [registry.rule(profile, field.name, medium) for field in fields.items]
    return Quick(fields, rules, {} if profile is None else profile.bits, medium)


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
        elif not float(found.value).is_integer() or not 0 <= found.value < WHOLE:
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
    own = byte & _STATUS_OWN
    return status_text(byte & ~_STATUS_OWN), profile.status.flags(own) if own else ()
