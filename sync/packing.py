"""Raw LZMA2 with bounds: how the bodies of segments are packed.

No container: a segment says what its body is, and commits to its bytes. Without literal and
position contexts (``lc = lp = pb = 0``), because byte planes have none.
"""

from __future__ import annotations

import lzma

from sync.errors import FormatError

MAX_PACKED = 1 << 20  # a body on the wire: sixteen times what a hub seals before packing
MAX_UNPACKED = 4 << 20  # a hub seals at 64 KiB; 64 times that still fits a Pi beside its work
_FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 6, "lc": 0, "lp": 0, "pb": 0, "dict_size": 1 << 20}]


def pack(raw: bytes) -> bytes:
    """Return ``raw`` packed.

    :raises ValueError: if a reader would refuse it for its size.
    """
    if len(raw) > MAX_UNPACKED:
        raise ValueError(f"{len(raw)} bytes in one segment; at most {MAX_UNPACKED} are allowed")
    packed = lzma.compress(raw, format=lzma.FORMAT_RAW, filters=_FILTERS)
    if len(packed) >= MAX_PACKED:
        raise ValueError(f"{len(packed)} packed bytes; at most {MAX_PACKED} are allowed")
    return packed


def unpack(packed: bytes) -> bytes:
    """Return what :func:`pack` packed; never holds more than :data:`MAX_UNPACKED` of it.

    :raises FormatError: whatever else the bytes are.
    """
    unpacker = lzma.LZMADecompressor(format=lzma.FORMAT_RAW, filters=_FILTERS)
    try:
        raw = unpacker.decompress(packed, max_length=MAX_UNPACKED + 1)
    except (lzma.LZMAError, EOFError) as error:
        raise FormatError("the body is no LZMA2") from error
    if len(raw) > MAX_UNPACKED:
        raise FormatError(f"the body unpacks to more than {MAX_UNPACKED} bytes")
    if not unpacker.eof or unpacker.unused_data:
        raise FormatError("the body ends too early, or goes on after its end")
    return raw


class Reader:
    """The unpacked bytes, read from the front; offsets in errors count from their start."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def error(self, message: str) -> FormatError:
        """Return an error that tells where the reader stands."""
        return FormatError(message, offset=self._at)

    def take(self, size: int) -> bytes:
        """Return the next ``size`` bytes.

        :raises FormatError: if there are fewer.
        """
        if size > len(self._data) - self._at:
            raise self.error("the body ends too early")
        self._at += size
        return self._data[self._at - size : self._at]

    def end(self) -> None:
        """Make sure that nothing is left.

        :raises FormatError: if something is.
        """
        if self._at != len(self._data):
            raise self.error("the body goes on after its end")
