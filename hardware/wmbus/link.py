"""The radio's frame: its length, its checksums, who sent it.

A frame comes in one of three shapes. Format A carries a checksum behind its first ten bytes and
behind every sixteen that follow; its length field counts none of them. Format B carries one behind
at most 126 bytes and one at its end; its length field counts them. Many receivers check and remove
the checksums before they pass a frame on, and leave a length field that counts what is left; some
leave the last checksum of format A where it was, and count it.

Source: EN 13757-4:2019, clauses 12.2 to 12.5.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from enum import Enum
from functools import lru_cache
from struct import Struct
from typing import NamedTuple

from hardware.errors import FrameError
from hardware.mbus.header import Header, manufacturer_letters

LINK_SIZE = 10  # L, C, M (2), identification (4), version, device type
LEAST_LENGTH = 10  # what L counts at least: the rest of those ten and the CI field

_POLYNOMIAL = 0x3D65
_ORDER = 151  # the least power of x that is 1 modulo the polynomial
_ORDER_MASK = (1 << _ORDER) - 1
_FOLDS = tuple((_ORDER * times, (1 << _ORDER * times) - 1) for times in (8, 4, 2))
_FOLDED_SIZE = 20  # bytes that hold 151 bits, an even number of them
_CRC_SIZE = 2
_BLOCK_A = 16  # data bytes of each block of format A but the first
_FIRST_B = 126  # bytes of format B in front of its first checksum
_LONGEST_ONE_B = 128  # a frame of format B up to here has one checksum


class Checksums(Enum):
    """What is known of a frame's checksums before one looks.

    A receiver always does the same, so its driver says it; `UNKNOWN` is for a telegram that
    somebody pasted. A frame of format B damaged on its way cannot be told from one whose
    checksums were removed, so whoever knows should say.
    """

    UNKNOWN = "unknown"
    PRESENT = "present"
    REMOVED = "removed"


class LinkFrame(NamedTuple):
    """One frame without length field and checksums.

    ``address`` is M and A as they were sent: manufacturer (2 bytes), identification (4), version,
    device type. ``payload`` begins with the CI field and is never empty.
    """

    control: int
    address: bytes
    payload: bytes

    @property
    def header(self) -> Header:
        """Who sent the frame, nothing of what the layers above may add."""
        return address_header(self.address)

    @property
    def raw(self) -> bytes:
        """The frame with its length field and without checksums."""
        body = bytes((self.control,)) + self.address + self.payload
        return bytes((len(body),)) + body


def address_header(
    address: bytes,
    access_number: int | None = None,
    status_byte: int | None = None,
    configuration: int = 0,
) -> Header:
    """Return what the eight bytes of M and A say, with what else is known."""
    return Header(
        manufacturer_letters(address[0] | address[1] << 8),
        address[5:1:-1].hex().upper(),
        address[6],
        address[7],
        access_number,
        status_byte,
        configuration,
    )


def parse(raw: bytes, checksums: Checksums = Checksums.UNKNOWN) -> LinkFrame:
    """Return the one frame that ``raw`` is, all of it.

    :raises FrameError: if a checksum does not match, or the length is none that a frame has.
    """
    if not raw:
        raise FrameError("no frame", offset=0)
    length = raw[0]
    if length < LEAST_LENGTH:
        raise FrameError(f"frame counts {length} bytes, needs {LEAST_LENGTH}", offset=0)
    if len(raw) == size_a(length) and checksums is not Checksums.REMOVED:
        return _frame(_without_checksums_a(raw))
    if len(raw) != length + 1:
        raise FrameError(
            f"frame counts {length} bytes and has {len(raw) - 1}",
            offset=len(raw),
            hint="Das Telegramm ist nicht vollständig oder es hängt etwas daran.",
        )
    if checksums is Checksums.REMOVED:
        return _frame(raw)
    plain = _without_checksums_b(raw)
    if plain is None and checksums is Checksums.UNKNOWN:
        plain = _without_last_checksum_a(raw)
    if plain is not None:
        return _frame(plain)
    if checksums is Checksums.PRESENT:
        raise FrameError("checksum does not match in the frame", offset=len(raw) - _CRC_SIZE)
    if may_check(raw[: LINK_SIZE + _CRC_SIZE]) and checks(raw[: LINK_SIZE + _CRC_SIZE]):
        raise FrameError("a frame with checksums is cut short", offset=len(raw))
    return _frame(raw)


def size_a(length: int) -> int:
    """Return how many bytes a frame of format A has whose length field is ``length``."""
    blocks = 1 + -(-(length + 1 - LINK_SIZE) // _BLOCK_A)
    return length + 1 + _CRC_SIZE * blocks


def encode_a(frame: LinkFrame) -> bytes:
    """Return ``frame`` in format A.

    :raises ValueError: if it is longer than a length field can say.
    """
    raw = frame.raw
    out = raw[:LINK_SIZE] + checksum(raw[:LINK_SIZE])
    for start in range(LINK_SIZE, len(raw), _BLOCK_A):
        block = raw[start : start + _BLOCK_A]
        out += block + checksum(block)
    return out


def encode_b(frame: LinkFrame) -> bytes:
    """Return ``frame`` in format B.

    :raises ValueError: if it is longer than a length field can say.
    """
    body = frame.raw[1:]
    count = 1 if 1 + len(body) + _CRC_SIZE <= _LONGEST_ONE_B else 2
    raw = bytes((len(body) + count * _CRC_SIZE,)) + body
    if count == 1:
        return raw + checksum(raw)
    first, second = raw[:_FIRST_B], raw[_FIRST_B:]
    return first + checksum(first) + second + checksum(second)


def crc16(data: bytes) -> int:
    """Return the checksum of EN 13757-4 over ``data``; 0 bytes give FFFF."""
    size = len(data)
    if size > _FOLDED_SIZE:
        data, size = _folded(data), _FOLDED_SIZE
    crc = 0
    table = _PAIRS
    for pair in _pairs(size // 2)(data):
        crc = table[crc ^ pair]
    if size & 1:
        crc = (crc << 8 & 0xFF00) ^ _BYTES[crc >> 8 ^ data[-1]]
    return crc ^ 0xFFFF


def _folded(data: bytes) -> bytes:
    """Return twenty bytes with the same checksum as ``data``.

    The polynomial divides x^151 - 1, so that bits whose places differ by 151 count alike and can
    be added up: long data are folded in halves, which costs a few steps instead of one for each
    two bytes.
    """
    number = int.from_bytes(data, "big")
    for places, mask in _FOLDS:
        if number > mask:
            number = number & mask ^ number >> places
    while number > _ORDER_MASK:
        number = number & _ORDER_MASK ^ number >> _ORDER
    return number.to_bytes(_FOLDED_SIZE, "big")


def checksum(data: bytes) -> bytes:
    """Return the checksum as a frame carries it, most significant byte first."""
    return crc16(data).to_bytes(_CRC_SIZE, "big")


def checks(block: bytes) -> bool:
    """Tell whether the last two bytes of ``block`` are the checksum of those before."""
    return crc16(block) == _RESIDUE


def may_check(block: bytes) -> bool:
    """Tell quickly for half of those blocks whose last bytes are no checksum that they are none.

    The polynomial and the bits that are inverted are even in number, so that a block with its
    checksum has an even number of bits set.
    """
    return not int.from_bytes(block, "little").bit_count() & 1


@lru_cache(maxsize=256)
def _pairs(count: int) -> Callable[..., tuple[int, ...]]:
    return Struct(f">{count}H").unpack_from


def _of_one_byte() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        crc = byte << 8
        for _ in range(8):
            crc = crc << 1 ^ (_POLYNOMIAL if crc & 0x8000 else 0)
        table.append(crc & 0xFFFF)
    return tuple(table)


_BYTES = _of_one_byte()
# two bytes a step are three times as fast as one, for 128 KiB and some milliseconds at the start
_PAIRS = array(
    "H",
    ((after << 8 & 0xFF00) ^ _BYTES[after >> 8 ^ low] for after in _BYTES for low in range(256)),
)

_RESIDUE = _PAIRS[0xFFFF] ^ 0xFFFF  # what is left of anything with its checksum behind it


def _frame(plain: bytes) -> LinkFrame:
    return LinkFrame(plain[1], plain[2:LINK_SIZE], plain[LINK_SIZE:])


def _without_checksums_a(raw: bytes) -> bytes:
    last = len(raw) - _CRC_SIZE
    parts: list[bytes] = []
    start, end = 0, LINK_SIZE
    while start < last:
        end = min(end, last)
        is_whole = end - start == _BLOCK_A
        if not (_checks_whole(raw, start) if is_whole else checks(raw[start : end + _CRC_SIZE])):
            raise FrameError("checksum does not match in the frame", offset=end)
        parts.append(raw[start:end])
        start = end + _CRC_SIZE
        end = start + _BLOCK_A
    return b"".join(parts)


def _checks_whole(raw: bytes, start: int) -> bool:
    """Tell whether the whole block of format A at ``start`` of ``raw`` has its checksum."""
    a, b, c, d, e, f, g, h, i = _pairs(9)(raw, start)
    t = _PAIRS
    return t[t[t[t[t[t[t[t[t[a] ^ b] ^ c] ^ d] ^ e] ^ f] ^ g] ^ h] ^ i] == _PAIRS[0xFFFF]


def _without_checksums_b(raw: bytes) -> bytes | None:
    """Return ``raw`` without checksums, None if they do not match or leave no payload."""
    blocks = [raw]
    if len(raw) > _LONGEST_ONE_B:
        blocks = [raw[:_LONGEST_ONE_B], raw[_LONGEST_ONE_B:]]
    out = bytearray()
    for block in blocks:
        if not (may_check(block) and checks(block)):
            return None
        out += block[:-_CRC_SIZE]
    return bytes(out) if len(out) > LINK_SIZE else None


def _without_last_checksum_a(raw: bytes) -> bytes | None:
    """Return ``raw`` without the checksum of its last block, None if that does not match."""
    end = len(raw) - _CRC_SIZE
    if end <= LINK_SIZE:
        return None
    start = LINK_SIZE + (end - LINK_SIZE - 1) // _BLOCK_A * _BLOCK_A
    last = raw[start:]
    return raw[:end] if may_check(last) and checks(last) else None
