"""A characteristic value read from its first byte to its last.

Source: Bluetooth Core 5.4, Vol 1 Part E (what is reserved for future use is ignored).
"""

from __future__ import annotations

from hardware.ble.medfloat import SFLOAT_BYTES, MedFloat, Special, decode_sfloat
from hardware.errors import DecodeError

MAX_VALUE_BYTES = 512  # Core 5.4, Vol 3 Part F, 3.2.9: the longest attribute value


class Cursor:
    """Reads little-endian fields; ``offset`` is the place of the next one.

    :raises DecodeError: if a field reaches past the end, or the value is longer than any may be.
    """

    __slots__ = ("_value", "offset")

    def __init__(self, value: bytes) -> None:
        if len(value) > MAX_VALUE_BYTES:
            raise DecodeError("value is longer than an attribute may be", offset=MAX_VALUE_BYTES)
        self._value = value
        self.offset = 0

    def take(self, size: int, what: str) -> bytes:
        """Return the next ``size`` bytes."""
        end = self.offset + size
        if end > len(self._value):
            raise DecodeError(f"value ends within {what}", offset=len(self._value))
        field = self._value[self.offset : end]
        self.offset = end
        return field

    def unsigned(self, size: int, what: str) -> int:
        """Return the next ``size`` bytes as an unsigned integer."""
        return int.from_bytes(self.take(size, what), "little")

    def signed(self, size: int, what: str) -> int:
        """Return the next ``size`` bytes as a signed integer."""
        return int.from_bytes(self.take(size, what), "little", signed=True)

    @property
    def left(self) -> int:
        """How many bytes are left."""
        return len(self._value) - self.offset

    def rest(self) -> bytes:
        """Return what is left."""
        return self.take(self.left, "the rest")

    def bits(self, size: int, known: int, what: str) -> int:
        """Return the bits in ``known`` of ``size`` bytes; others are for a future use: ignored."""
        return self.unsigned(size, what) & known

    def end(self) -> None:
        """Check that nothing follows."""
        if self.left:
            raise DecodeError("bytes follow the last field", offset=self.offset)


def read_sfloat(cursor: Cursor, what: str) -> MedFloat | Special:
    """Read the next two bytes as a short medical float."""
    return decode_sfloat(cursor.take(SFLOAT_BYTES, what))
