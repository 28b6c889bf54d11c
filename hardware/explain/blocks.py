"""A radio frame's checksums, block by block, and what can be said of a frame that is broken.

Source: EN 13757-4:2019, clauses 12.3 and 12.4.
"""

from __future__ import annotations

from hardware.errors import FrameError
from hardware.explain import fields
from hardware.explain.reason import reason
from hardware.explain.span import Text, Tiles, Tone, phrase
from hardware.wmbus.link import LINK_SIZE, checksum, size_a

_CRC = 2
_BLOCK_A = 16
_FIRST_B = 126


def blocks(raw: bytes, plain: bytes) -> Text:
    """Return the text of a frame that had its checksums, of which ``plain`` is what they left."""
    tiles = Tiles(raw)
    if len(raw) == size_a(raw[0]):
        _blocks_a(tiles)
    elif len(raw) - len(plain) == 2 * _CRC:
        _block(tiles, 1, _FIRST_B)
        _block(tiles, 2, tiles.left - _CRC)
    else:
        _block(tiles, 1, tiles.left - _CRC)
    return Text(phrase("text.checksums", len(raw)), raw, tiles.done())


def broken(raw: bytes, error: FrameError) -> Text:
    """Return the text of what is no whole frame."""
    tiles = Tiles(raw)
    if raw[0] >= LINK_SIZE and len(raw) == size_a(raw[0]):
        _blocks_a(tiles)
    elif len(raw) > LINK_SIZE:
        tiles.add(1, phrase("l"), phrase("l.counts", raw[0]))
        tiles.add(1, phrase("c"), *fields.control(raw[1], wireless=True))
        fields.address(tiles)
    tiles.rest(reason(error))
    return Text(phrase("text.broken", len(raw)), raw, tiles.done())


def _blocks_a(tiles: Tiles) -> None:
    number, size = 1, LINK_SIZE
    while tiles.left:
        _block(tiles, number, min(size, tiles.left - _CRC))
        number, size = number + 1, _BLOCK_A


def _block(tiles: Tiles, number: int, size: int) -> None:
    data = tiles.peek(size)
    wanted = checksum(data)
    found = tiles.data[tiles.at + size : tiles.at + size + _CRC]
    if wanted == found:
        tiles.add(size, phrase("block", number), phrase("block.below"))
        tiles.add(_CRC, phrase("crc"), phrase("right"), tone=Tone.GOOD)
    else:
        tiles.add(size, phrase("block", number), phrase("why.crc"), tone=Tone.OPEN)
        tiles.add(_CRC, phrase("crc"), phrase("wrong", wanted.hex(" ").upper()), tone=Tone.BAD)
