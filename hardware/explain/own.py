"""The manufacturer's own bytes, as far as a layout of the profile knows them."""

from __future__ import annotations

from collections.abc import Iterable

from hardware.errors import DecodeError
from hardware.explain.context import Context, amount, meant
from hardware.explain.span import Phrase, Span, Tiles, Tone, phrase
from hardware.mbus.telegram import Telegram
from hardware.profiles.filters import Sent
from hardware.profiles.interpret import interpret
from hardware.profiles.layout import TELEGRAM, Layout
from hardware.profiles.layout import Span as Field
from hardware.reading import Record


def own_telegram(tiles: Tiles, ci: int, address: bytes, context: Context) -> None:
    """Cover what stands behind a CI field ``ci`` and is laid out by the manufacturer.

    ``address`` are M and A as they were sent, none by wire.
    """
    profile = context.profile
    data = tiles.peek(tiles.left)
    telegram = Telegram(context.header, (), own=(ci, data), address=address)
    try:
        interpret(telegram, context.registry)
    except DecodeError as error:
        name = phrase("no_profile") if profile is None else phrase("profile", profile.name)
        tiles.rest(phrase("why.own", name, str(error)))
        return
    sent = Sent(ci, context.header, address)
    layout = next(
        one
        for one in (() if profile is None else profile.layouts)
        if one.source == TELEGRAM and one.fits(sent, data)
    )
    _cover(tiles, layout, layout.spans(data, sent), context)


def own_record(tiles: Tiles, record: Record, context: Context) -> bool:
    """Cover the bytes of a record that a layout reads; tell whether one does."""
    profile = context.profile
    data = tiles.peek(tiles.left)
    sent = Sent(None, context.header)
    for layout in () if profile is None else profile.layouts:
        if layout.source == record.name and layout.fits(sent, data):
            try:
                fields = layout.spans(data, sent)
            except ValueError:  # not of this layout after all
                continue
            _cover(tiles, layout, fields, context)
            return True
    return False


def _cover(tiles: Tiles, layout: Layout, fields: Iterable[Field], context: Context) -> None:
    """Cover all that is left by what a layout says of it."""
    base, end = tiles.at, tiles.end
    inner = Tiles(tiles.data, base, end)
    derived: list[Field] = []
    for group in _groups(fields, derived):
        start, stop = base + group[0].start, base + max(one.end for one in group)
        says = [words for one in group for words in _says(one, context)]
        readings = tuple(reading for one in group for reading in _readings(one, context))
        is_known = any(one.note for one in group)
        what = phrase("layout.field") if is_known else phrase("open")
        tone = Tone.PLAIN if is_known else Tone.OPEN
        inner.put(Span(start, stop, what, tuple(says), tone=tone, readings=readings))
    name = "" if context.profile is None else context.profile.name
    says = [phrase("layout.read", name)]
    if layout.filter:
        says.append(phrase("layout.filter", layout.filter))
    for one in derived:
        says.append(phrase("layout.derived"))
        says += _says(one, context)
    readings = tuple(reading for one in derived for reading in _readings(one, context))
    tiles.put(Span(base, end, phrase("own"), tuple(says), inner.done(), readings=readings))


def _groups(fields: Iterable[Field], derived: list[Field]) -> list[list[Field]]:
    """Return fields that share bytes together; what has no bytes goes to ``derived``."""
    groups: list[list[Field]] = []
    end = 0
    for one in fields:
        if one.start == one.end:
            derived.append(one)
        elif groups and one.start < end:
            groups[-1].append(one)
            end = max(end, one.end)
        else:
            groups.append([one])
            end = one.end
    return groups


def _says(one: Field, context: Context) -> list[Phrase]:
    if one.record is None:
        return [phrase("layout.serves", one.note)] if one.note else []
    said = [phrase("layout.named", one.note)]
    return said + [
        phrase("record.value", reading.name, amount(reading.value, reading.unit))
        for reading in _readings(one, context)
    ]


def _readings(one: Field, context: Context) -> tuple[Record, ...]:
    if one.record is None or not context.is_valid:
        return ()
    return tuple(meant(one.record, context).records)
