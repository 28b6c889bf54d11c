"""btsnoop: the file format of recorded HCI packets, which Wireshark and `btmon -r` read.

Two kinds are read: HCI UART ("H4", written here and by most tools) and the Linux monitor's own,
which `btmon -w` writes. A file that a killed process left ends anywhere; what is whole counts.

Source: RFC 1761 (the format it is made after); Wireshark, "btsnoop" (data link types, flags,
epoch); BlueZ, `doc/btsnoop.txt` (monitor opcodes).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum

from hardware.errors import DecodeError

MAGIC = b"btsnoop\0"
UART, MONITOR = 1002, 2001
HEADER = MAGIC + struct.pack(">II", 1, UART)
MAX_PACKET_BYTES = 65_540  # an ACL packet has two bytes of length, and five in front
_RECORD = struct.Struct(">IIIIQ")
_EPOCH_US = 0x00DCDDB30F2F8000  # 1970 in microseconds since the year 0
_HEADER_BYTES = len(HEADER)


class Kind(IntEnum):
    """The packet type, as on the wire of a UART."""

    COMMAND = 0x01
    ACL = 0x02
    SYNCHRONOUS = 0x03
    EVENT = 0x04
    ISOCHRONOUS = 0x05


_OF_MONITOR = {
    2: (Kind.COMMAND, False),
    3: (Kind.EVENT, True),
    4: (Kind.ACL, False),
    5: (Kind.ACL, True),
    6: (Kind.SYNCHRONOUS, False),
    7: (Kind.SYNCHRONOUS, True),
    18: (Kind.ISOCHRONOUS, False),
    19: (Kind.ISOCHRONOUS, True),
}


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet. ``received``: from the adapter. ``data`` is without the type byte.

    ``adapter`` is 0 but in a monitor's recording of several. ``at`` is UTC.
    """

    at: datetime
    adapter: int
    received: bool
    kind: Kind
    data: bytes


def encode_packet(packet: bytes, *, received: bool, at: datetime) -> bytes:
    """Return the record of one packet, type byte first, for a file that begins with HEADER."""
    control = packet[:1] in (bytes((Kind.COMMAND,)), bytes((Kind.EVENT,)))
    flags = int(received) | (2 if control else 0)
    since = (at - datetime.fromtimestamp(0, UTC)) // timedelta(microseconds=1)
    return _RECORD.pack(len(packet), len(packet), flags, 0, _EPOCH_US + since) + packet


class Reader:
    """Reads a file piece by piece, however it is cut."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._type: int | None = None
        self._offset = 0

    @property
    def unread(self) -> int:
        """How many bytes wait for the rest of their record."""
        return len(self._buffer)

    def feed(self, data: bytes) -> Iterator[Packet]:
        """Take more of the file; give each packet that is whole.

        Packets that only a monitor writes (notes, an adapter that came or went) are left out.

        :raises DecodeError: if this is no recording, or no longer one.
        """
        self._buffer += data
        if self._type is None:
            if len(self._buffer) < _HEADER_BYTES:
                if not MAGIC.startswith(bytes(self._buffer[: len(MAGIC)])):
                    raise DecodeError("this is no btsnoop file", offset=0)
                return
            self._type = _data_link(bytes(self._buffer[:_HEADER_BYTES]))
            self._drop(_HEADER_BYTES)
        while len(self._buffer) >= _RECORD.size:
            length, size, flags, _, stamp = _RECORD.unpack_from(self._buffer)
            if size > MAX_PACKET_BYTES or size > length:
                raise DecodeError(f"a record of {size} bytes cannot be", offset=self._offset)
            if len(self._buffer) < _RECORD.size + size:
                return
            body = bytes(self._buffer[_RECORD.size : _RECORD.size + size])
            place = self._offset
            self._drop(_RECORD.size + size)
            if size == length:  # else it was recorded in part, which nothing can read
                packet = self._packet(flags, body, _time(stamp, place), place)
                if packet is not None:
                    yield packet

    def _packet(self, flags: int, body: bytes, at: datetime, place: int) -> Packet | None:
        if self._type == MONITOR:
            known = _OF_MONITOR.get(flags & 0xFFFF)
            return None if known is None else Packet(at, flags >> 16, known[1], known[0], body)
        try:
            kind = Kind(body[0])
        except (IndexError, ValueError):
            raise DecodeError("a packet of no known type", offset=place) from None
        return Packet(at, 0, bool(flags & 1), kind, body[1:])

    def _drop(self, count: int) -> None:
        del self._buffer[:count]
        self._offset += count


def _data_link(header: bytes) -> int:
    version, kind = struct.unpack_from(">II", header, len(MAGIC))
    if not header.startswith(MAGIC):
        raise DecodeError("this is no btsnoop file", offset=0)
    if version != 1 or kind not in (UART, MONITOR):
        raise DecodeError(
            f"btsnoop of version {version} and type {kind} cannot be read",
            offset=len(MAGIC),
            hint="Lesbar ist, was der Hub selbst oder `btmon -w` aufgezeichnet hat.",
        )
    return int(kind)


def _time(stamp: int, place: int) -> datetime:
    try:
        return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=stamp - _EPOCH_US)
    except OverflowError:
        raise DecodeError("a time that cannot be", offset=place) from None
