"""A wired frame, byte by byte: 68 L L 68 C A CI ... checksum 16.

Source: EN 13757-2, clause 5; EN 13757-3:2018, clauses 5 and 6; EN 1434-3:1997, clause 5.4.
"""

from __future__ import annotations

from typing import NamedTuple

from hardware.errors import DecodeError, FrameError
from hardware.explain import fields
from hardware.explain.context import Context, amount, meant, names
from hardware.explain.reason import reason
from hardware.explain.records import records
from hardware.explain.span import Span, Text, Tiles, Tone, phrase
from hardware.mbus import fixed, telegram
from hardware.mbus.frame import ACK, LONG_START, SHORT_START, STOP
from hardware.mbus.telegram import Open
from hardware.profiles.registry import Registry
from hardware.reading import Record

_SHORT_SIZE = 5
_LONG_HEAD = 4  # 68 L L 68
_LONG_TAIL = 2  # checksum, 16
_BLOCK = 16
_LONG_CIS = frozenset((telegram.CI_VARIABLE, telegram.CI_VARIABLE_MSB))
_FIXED_CIS = frozenset((telegram.CI_FIXED, telegram.CI_FIXED_MSB))


class _Known(NamedTuple):
    registry: Registry
    error: FrameError | DecodeError | None  # what the decoder says
    opens: Open | None


def wired(
    raw: bytes,
    registry: Registry,
    error: FrameError | DecodeError | None,
    opens: Open | None = None,
) -> tuple[Text, ...]:
    """Return every byte of ``raw`` explained, and the plain text of what ``opens`` decrypted.

    ``error`` is what the decoder says of it.
    """
    tiles = Tiles(raw)
    behind: list[Text] = []
    if raw[0] == ACK and len(raw) == 1:
        tiles.add(1, phrase("ack"))
    elif raw[0] == SHORT_START and len(raw) == _SHORT_SIZE:
        _short(tiles, raw)
    elif raw[0] == LONG_START:
        behind += _long(tiles, raw, _Known(registry, error, opens))
    else:
        tiles.rest(reason(error))
    return Text(phrase("text.wired", len(raw)), raw, tiles.done()), *behind


def _short(tiles: Tiles, raw: bytes) -> None:
    tiles.add(1, phrase("start"))
    tiles.add(1, phrase("c"), *fields.control(raw[1], wireless=False))
    tiles.add(1, phrase("a"), phrase("number", raw[2]))
    _tail(tiles, raw[1:3])


def _long(tiles: Tiles, raw: bytes, known: _Known) -> list[Text]:
    tiles.add(1, phrase("start"))
    for _ in range(2):
        if tiles.left:
            tiles.add(1, phrase("l"), phrase("l.counts", raw[tiles.at]))
    if raw[3:4] == bytes((LONG_START,)):
        tiles.add(1, phrase("start"))
    if not _is_whole(raw):
        tiles.rest(reason(known.error))
        return []
    body = raw[_LONG_HEAD:-_LONG_TAIL]
    tiles.add(1, phrase("c"), *fields.control(body[0], wireless=False))
    tiles.add(1, phrase("a"), phrase("number", body[1]))
    content = Tiles(raw, tiles.at, len(raw) - _LONG_TAIL)
    behind = _content(content, body, known)
    for span in content.done():
        tiles.put(span)
    _tail(tiles, body)
    return behind


def _is_whole(raw: bytes) -> bool:
    """Tell whether the frame's parts lie where its lengths say, whatever its checksum."""
    return (
        len(raw) >= _LONG_HEAD + 3 + _LONG_TAIL
        and raw[1] == raw[2] == len(raw) - _LONG_HEAD - _LONG_TAIL
        and raw[3] == LONG_START
        and raw[-1] == STOP
    )


def _tail(tiles: Tiles, body: bytes) -> None:
    wanted, found = sum(body) & 0xFF, tiles.peek(1)[0]
    if wanted == found:
        tiles.add(1, phrase("checksum"), phrase("right"), tone=Tone.GOOD)
    else:
        wrong = phrase("wrong", f"{wanted:02X}")
        tiles.add(1, phrase("checksum"), wrong, tone=Tone.BAD)
    said = (phrase("right"),) if tiles.peek(1)[0] == STOP else (phrase("wrong", f"{STOP:02X}"),)
    tiles.add(1, phrase("stop"), *said, tone=Tone.GOOD if said[0].key == "right" else Tone.BAD)


def _content(tiles: Tiles, body: bytes, known: _Known) -> list[Text]:
    ci = body[2]
    tiles.add(1, phrase("ci"), fields.information(ci, wireless=False))
    if isinstance(known.error, FrameError):  # a wrong checksum: no byte behind is to be trusted
        tiles.rest(reason(known.error))
        return []
    payload = body[3:]
    if ci == telegram.CI_APPLICATION_ERROR:
        if payload:
            tiles.add(1, phrase("refusal"), phrase("number", payload[0]))
        tiles.rest(phrase("why.behind_refusal"))
    elif ci in _FIXED_CIS:
        _fixed(tiles, payload, known.registry, msb_first=ci == telegram.CI_FIXED_MSB)
    else:
        return _variable(tiles, ci, payload, known)
    return []


def _variable(tiles: Tiles, ci: int, payload: bytes, known: _Known) -> list[Text]:
    msb_first = ci == telegram.CI_VARIABLE_MSB
    try:
        found, size = telegram.header_of(ci, payload)
    except DecodeError as problem:
        tiles.rest(reason(problem))
        return []
    profile = known.registry.profile(found)
    if ci in _LONG_CIS:
        fields.long_header(tiles, profile, msb_first=msb_first)
    elif size:
        fields.short_header(tiles, profile)
    try:
        data, _ = telegram.plain_content(ci, payload, known.opens)
    except DecodeError as problem:
        tiles.add(tiles.left, phrase("sealed"), reason(problem), tone=Tone.SEALED)
        return []
    context = Context(known.registry, found, known.error is None, msb_first)
    start = len(payload) - len(data)
    if data == payload[start:]:
        if start > size:
            tiles.add(start - size, phrase("cfg.extension"), *fields.extension(tiles.peek(1)[0]))
        records(tiles, context)
        return []
    base = tiles.at
    sealed = _BLOCK * (found.configuration >> 4 & 0x0F)
    tiles.add(sealed, phrase("sealed"), phrase("opened.below"), tone=Tone.SEALED)
    tiles.add(tiles.left, phrase("clear"), phrase("explained.below"))
    plain = Tiles(data)
    plain.add(len(telegram.DECRYPTED), phrase("filler"), phrase("filler.verifies"))
    records(plain, context)
    return [Text(phrase("text.plain", base), data, plain.done(), base)]


def _fixed(tiles: Tiles, payload: bytes, registry: Registry, *, msb_first: bool) -> None:
    try:
        found, values = fixed.parse(payload, msb_first=msb_first)
    except DecodeError as problem:
        tiles.rest(reason(problem))
        return
    context = Context(registry, found, msb_first=msb_first)
    fields.identification(tiles, msb_first=msb_first)
    fields.access(tiles)
    said = [phrase(f"fixed.{'binary' if payload[5] & 1 else 'bcd'}")]
    said.append(phrase(f"fixed.{'stored' if payload[5] & 2 else 'actual'}"))
    tiles.add(1, phrase("status"), *said, phrase("status.sum", found.status or ""))
    for index in (6, 7):
        code = payload[index]
        parts = phrase("fixed.unit", f"{code & 0x3F:02X}", f"{code >> 6:02b}")
        medium = fields.medium_phrase(found.medium_code or 0)
        tiles.add(1, phrase("fixed.units", index - 5), parts, phrase("fixed.medium", medium))
    for counter in range(2):
        record = next((one for one in values if one.register.subunit == counter), None)
        tiles.put(_counter(tiles.at, counter, record, context))


def _counter(start: int, counter: int, record: Record | None, context: Context) -> Span:
    what = phrase("fixed.counter", counter + 1)
    if record is None:
        return Span(start, start + 4, what, (phrase("no_value"),))
    says = (*names(record, context), phrase("data.value", amount(record.value, record.unit)))
    readings = tuple(meant(record, context).records)
    return Span(start, start + 4, what, says, record=record, readings=readings)
