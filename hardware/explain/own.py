"""The manufacturer's own bytes, as far as a profile's layout knows them."""

from __future__ import annotations

from hardware.errors import DecodeError
from hardware.explain.records import Context, amount
from hardware.explain.span import Span, Tiles, Tone, phrase
from hardware.mbus.telegram import Telegram
from hardware.profiles.interpret import interpret


def own_content(tiles: Tiles, ci: int, context: Context) -> None:
    """Cover what stands behind a CI field ``ci`` and is laid out by the manufacturer."""
    if not tiles.left:
        return
    profile = context.profile
    data = tiles.peek(tiles.left)
    try:
        telegram = Telegram(context.model, (), own=(ci, data))
        readings = tuple(interpret(telegram, context.registry).records)
    except DecodeError as error:
        name = phrase("no_profile") if profile is None else phrase("profile", profile.name)
        tiles.rest(phrase("why.own", name, str(error)))
        return
    says = [phrase("layout.read", "" if profile is None else profile.name)]
    says += [
        phrase("record.value", reading.name, amount(reading.value, reading.unit))
        for reading in readings
    ]
    tone = Tone.PLAIN if readings else Tone.OPEN
    what = phrase("own.bytes")
    tiles.put(Span(tiles.at, tiles.end, what, tuple(says), tone=tone, readings=readings))
