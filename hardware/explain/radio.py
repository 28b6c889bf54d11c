"""A radio frame, layer by layer: link, extended link, authentication, transport, records.

What was encrypted is explained in a text of its own, whose first byte's place in the text before
is told. How far the layers go and what they open is what :func:`hardware.wmbus.trace.trace` says.

Source: EN 13757-4:2019, clauses 12 and 13; EN 13757-7:2018; EN 13757-3:2018, annex G.
"""

from __future__ import annotations

from hardware.errors import DecodeError, FrameError, KeyRequired, WrongKey
from hardware.explain import fields
from hardware.explain.blocks import blocks, broken
from hardware.explain.context import Context
from hardware.explain.own import own_telegram
from hardware.explain.reason import reason
from hardware.explain.records import data_only, records
from hardware.explain.span import Phrase, Text, Tiles, Tone, phrase
from hardware.mbus.record import parse_records, split_records
from hardware.profiles.registry import Registry
from hardware.wmbus import layers, link
from hardware.wmbus.afl import FragmentMissing
from hardware.wmbus.formats import COMPACT_HEAD, FormatStore
from hardware.wmbus.layers import Body, Content
from hardware.wmbus.link import LINK_SIZE, LinkFrame, crc16
from hardware.wmbus.trace import Step, trace

_CRC = 2
_SESSION_CIS = frozenset((0x8D, 0x8F))
_ADDRESS_CIS = frozenset((0x8E, 0x8F))
_LONG_CIS = frozenset((0x72, 0x73))
_BLOCK = 16


def radio(
    raw: bytes,
    key: bytes | None,
    registry: Registry,
    formats: FormatStore,
    error: FrameError | DecodeError | None,
) -> tuple[Text, ...]:
    """Return every byte of ``raw`` explained, and of what it became on the way to its records.

    ``error`` is what the decoder says of ``raw``.
    """
    try:
        frame = link.parse(raw)
    except FrameError as problem:
        return (broken(raw, problem),)
    walk = _Walk(frame, key, registry, formats, error)
    if frame.raw == raw:
        return walk.texts(phrase("text.radio", len(raw)))
    return (blocks(raw, frame.raw), *walk.texts(phrase("text.stripped", len(frame.raw))))


def joined(
    frame: LinkFrame,
    key: bytes | None,
    registry: Registry,
    formats: FormatStore,
    error: FrameError | DecodeError | None,
) -> tuple[Text, ...]:
    """Return the texts of a message that stood in several telegrams, from its first layer on.

    ``error`` is what the decoder says of the message.
    """
    walk = _Walk(frame, key, registry, formats, error)
    return walk.payload_texts(phrase("text.joined", len(frame.payload)))


class _Walk:
    """One way through one frame; ``_tiles`` is the text that is being covered."""

    def __init__(
        self,
        frame: LinkFrame,
        key: bytes | None,
        registry: Registry,
        formats: FormatStore,
        error: FrameError | DecodeError | None,
    ) -> None:
        self._frame = frame
        self._payload = frame.payload
        self._address = frame.address
        self._trace = trace(frame, key)
        self._formats = formats
        self._error = error
        self._is_locked = isinstance(error, KeyRequired | WrongKey)
        self._is_own = registry.is_own(self._trace.header)
        self._context = Context(registry, self._trace.header, is_valid=error is None)
        self._tiles = Tiles(b"")
        self._shift = LINK_SIZE  # from a place in the payload to one in the text
        self._title = phrase("")
        self._base: int | None = None
        self._texts: list[Text] = []

    def texts(self, title: Phrase) -> tuple[Text, ...]:
        """Return the frame's text and the ones that follow from it."""
        self._title = title
        tiles = self._tiles = Tiles(self._frame.raw)
        tiles.add(1, phrase("l"), phrase("l.counts", tiles.data[0]))
        tiles.add(1, phrase("c"), *fields.control(tiles.data[1], wireless=True))
        fields.address(tiles)
        return self._upper()

    def payload_texts(self, title: Phrase) -> tuple[Text, ...]:
        """Return the payload's text alone and the ones that follow from it."""
        self._title, self._tiles, self._shift = title, Tiles(self._payload), 0
        return self._upper()

    def _upper(self) -> tuple[Text, ...]:
        if self._layers():
            self._body()
        self._close()
        return tuple(self._texts)

    def _close(self) -> None:
        text = Text(self._title, self._tiles.data, self._tiles.done(), self._base)
        self._texts.append(text)

    def _continue(self, title: Phrase, data: bytes, base: int | None) -> None:
        """Go on in a new text."""
        self._close()
        self._title, self._tiles, self._base = title, Tiles(data), base

    def _layers(self) -> bool:
        """Cover the layers that were understood; tell whether anything behind them can be."""
        for step in self._trace.steps:
            if step.layer == "ell":
                if not self._extended(step):
                    return False
            elif step.layer == "afl":
                self._authentication(step)
            else:
                self._transport()
        return True

    def _ci(self) -> int:
        code = self._tiles.peek(1)[0]
        self._tiles.add(1, phrase("ci"), fields.information(code))
        return code

    def _extended(self, step: Step) -> bool:
        tiles = self._tiles
        code = self._ci()
        tiles.add(1, phrase("cc"), *fields.communication(tiles.peek(1)[0]))
        fields.access(tiles)
        if code in _ADDRESS_CIS:
            fields.address(tiles)
        if code not in _SESSION_CIS:
            return True
        session = tiles.peek(4)
        tiles.add(4, phrase("sn"), *fields.session(session))
        start = step.end - _CRC
        if (self._is_locked and self._trace.steps[-1] is step) or session[3] >> 5 > 1:
            tiles.add(tiles.left, phrase("sealed"), reason(self._error), tone=Tone.SEALED)
            return False
        if self._trace.data != self._payload:
            tiles.add(tiles.left, phrase("sealed"), phrase("opened.below"), tone=Tone.SEALED)
            base = start + self._shift
            self._continue(phrase("text.session", base), self._trace.data[start:], base)
            self._shift = -start
            tiles = self._tiles
        sealed = self._trace.data[start:]
        wanted = crc16(sealed[_CRC:]).to_bytes(_CRC, "little")
        if wanted != sealed[:_CRC]:
            wrong = phrase("wrong", wanted.hex(" ").upper())
            tiles.add(_CRC, phrase("payload_crc"), wrong, tone=Tone.BAD)
            tiles.rest(reason(self._error))
            return False
        tiles.add(_CRC, phrase("payload_crc"), phrase("right"), tone=Tone.GOOD)
        return True

    def _authentication(self, step: Step) -> None:
        tiles = self._tiles
        self._ci()
        tiles.add(1, phrase("afl.length"), phrase("l.counts", tiles.peek(1)[0]))
        flags = int.from_bytes(tiles.peek(2), "little")
        tiles.add(2, phrase("fcl"), *fields.fragmentation(flags))
        if flags & 0x2000:
            tiles.add(1, phrase("mcl"), phrase("mcl.type", tiles.peek(1)[0] & 0x0F))
        if flags & 0x0200:
            tiles.add(2, phrase("ki"), phrase("hex", tiles.peek(2).hex(" ").upper()))
        if flags & 0x0800:
            counter = int.from_bytes(tiles.peek(4), "little")
            tiles.add(4, phrase("mcr"), phrase("number", counter))
        length = 2 if flags & 0x1000 else 0
        code = step.end + self._shift - tiles.at - length
        checked = self._error is None and self._trace.header.encryption_mode == 7
        tiles.add(code, phrase("mac"), phrase("mac.checked" if checked else "mac.open"))
        left = int.from_bytes(tiles.peek(2), "little")
        tiles.add(length, phrase("ml"), phrase("l.counts", left))

    def _transport(self) -> None:
        code = self._ci()
        profile = self._context.profile
        if code in _LONG_CIS:
            fields.long_header(self._tiles, profile)
        else:
            fields.short_header(self._tiles, profile)

    def _body(self) -> None:
        """Cover what stands behind the last layer that has a header."""
        tiles, content = self._tiles, self._trace.content
        if isinstance(self._trace.error, FragmentMissing):
            tiles.add(tiles.left, phrase("fragment"), phrase("fragment.below"), tone=Tone.SEALED)
            return
        has_header = bool(self._trace.steps) and self._trace.steps[-1].layer == "tpl"
        if not has_header and tiles.left:
            self._ci()
        if content is None or (self._is_locked and has_header):
            self._closed(has_header=has_header)
            return
        start = content.offset - LINK_SIZE
        gap = start + self._shift - tiles.at
        if gap % 2:
            tiles.add(1, phrase("cfg.extension"), *fields.extension(tiles.peek(1)[0]))
            gap -= 1
        fillers = content.data[:0] if not gap else b"\x2f\x2f"
        if content.data != self._trace.data[start:]:
            base = tiles.at
            sealed = tiles.left  # what was scrambled is, to its end
            if content.encryption in layers.MODES.values():
                sealed = (self._trace.header.configuration >> 4 & 0x0F) * _BLOCK
            tiles.add(sealed, phrase("sealed"), phrase("opened.below"), tone=Tone.SEALED)
            tiles.add(tiles.left, phrase("clear"), phrase("explained.below"))
            self._continue(phrase("text.plain", base), fillers + content.data, base)
            tiles = self._tiles
        tiles.add(len(fillers), phrase("filler"), phrase("filler.verifies"))
        self._application(content)

    def _closed(self, *, has_header: bool) -> None:
        """Cover what no key at hand opens, or no decoder here reads."""
        tiles = self._tiles
        found = self._trace.header
        if not has_header or not found.encryption_mode:
            tiles.rest(reason(self._error))
            return
        if found.encryption_mode == 7 and tiles.left:
            tiles.add(1, phrase("cfg.extension"), *fields.extension(tiles.peek(1)[0]))
        size = tiles.left
        if found.encryption_mode in layers.MODES:
            size = (found.configuration >> 4 & 0x0F) * _BLOCK
        tiles.add(size, phrase("sealed"), reason(self._error), tone=Tone.SEALED)
        tiles.rest(phrase("why.behind_sealed"))

    def _application(self, content: Content) -> None:
        tiles = self._tiles
        if content.body is Body.OWN or (content.body is Body.FULL and self._is_own):
            own_telegram(tiles, content.ci, self._address, self._context)
        elif content.body is Body.COMPACT:
            self._compact(content.data)
        elif self._is_no_records(content.data):
            tiles.rest(reason(self._error))
        else:
            records(tiles, self._context)

    def _is_no_records(self, data: bytes) -> bool:
        try:
            return parse_records(data).behind_empty > 0
        except DecodeError:
            return False

    def _compact(self, data: bytes) -> None:
        tiles = self._tiles
        try:
            full = self._formats.expand(data)
        except (DecodeError, FrameError) as problem:
            if len(data) >= COMPACT_HEAD:
                tiles.add(2, phrase("compact.signature"), phrase("hex", _swapped(data[:2])))
                tiles.add(2, phrase("compact.crc"), phrase("hex", _swapped(data[2:4])))
            tiles.rest(reason(problem))
            return
        tiles.add(2, phrase("compact.signature"), phrase("hex", _swapped(data[:2])))
        tiles.add(2, phrase("compact.crc"), phrase("right"), tone=Tone.GOOD)
        for number, (head, value) in enumerate(split_records(full) or (), 1):
            data_only(tiles, self._context, number, head, len(value))
        tiles.add(tiles.left, phrase("filler"), phrase("filler.count", tiles.left))
        self._continue(phrase("text.full", len(full)), full, None)
        records(self._tiles, self._context)


def _swapped(data: bytes) -> str:
    return data[::-1].hex().upper()
