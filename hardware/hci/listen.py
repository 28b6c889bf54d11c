"""What a recorded adapter heard and was told: advertisements, and the values of devices.

Everything else that passes between an adapter and its host is looked at only as far as that
needs: who is connected, and which packets belong together.

Source: Bluetooth Core 5.4, Vol 4 Part E, 5.4.2 (ACL data), 7.7.5, 7.7.65.1, 7.7.65.10; Vol 3 Part
A, 3.1 (L2CAP).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from hardware.ble.cursor import Cursor
from hardware.errors import DecodeError
from hardware.hci.advertising import Report, address_text, reports
from hardware.hci.att import Conversation, Declared, Value
from hardware.hci.btsnoop import Kind, Packet

MAX_CONNECTIONS = 128  # of all adapters together; what lies open beyond that was lost count of
MAX_DEVICES = 1024  # whose characteristics are remembered
MAX_L2CAP_BYTES = 4 + 517  # an attribute PDU is no longer, and nothing else is looked at
_DISCONNECTED, _LE_META = 0x05, 0x3E
_CONNECTED = {0x01, 0x0A, 0x29}
_ATT = 4
_CONTINUES = 0x01


@dataclass(frozen=True, slots=True)
class Heard:
    """An advertisement."""

    at: datetime
    report: Report


@dataclass(frozen=True, slots=True)
class Passed:
    """A value of a device; ``address`` is ``None`` if the connection began before the recording."""

    at: datetime
    address: str | None
    value: Value


@dataclass(frozen=True, slots=True)
class Met:
    """A connection to a device begins."""

    at: datetime
    address: str


@dataclass(frozen=True, slots=True)
class Garbled:
    """A packet that breaks its standard; what follows is read all the same."""

    at: datetime
    error: DecodeError


Event = Heard | Met | Passed | Garbled


class _Connection:
    def __init__(self, address: str | None, known: dict[int, Declared]) -> None:
        self.address = address
        self.conversation = Conversation(known)
        self.pieces = {True: bytearray(), False: bytearray()}


class Listener:
    """Takes packets in the order they were recorded."""

    def __init__(self) -> None:
        self._connections: dict[tuple[int, int], _Connection] = {}
        self._known: dict[str, dict[int, Declared]] = {}
        self._last = datetime.fromtimestamp(0, UTC)

    def packet(self, packet: Packet) -> Iterator[Event]:
        """Take one packet; give what it tells, and the error if it breaks off."""
        self._last = packet.at
        try:
            if packet.kind is Kind.EVENT:
                yield from self._event(packet)
            elif packet.kind is Kind.ACL:
                yield from self._acl(packet)
        except DecodeError as error:
            yield Garbled(packet.at, error)

    def declared(self, address: str) -> tuple[Declared, ...]:
        """Return the characteristics of a device whose discovery was recorded, by handle."""
        return tuple(one for _, one in sorted(self._known.get(address, {}).items()))

    def end(self) -> Iterator[Event]:
        """Say that the recording is over."""
        for connection in self._connections.values():
            yield from self._over(connection, self._last)
        self._connections.clear()

    def _event(self, packet: Packet) -> Iterator[Event]:
        cursor = Cursor(packet.data)
        code, size = cursor.unsigned(1, "the event"), cursor.unsigned(1, "its length")
        parameters = Cursor(cursor.take(size, "its parameters"))
        if code == _DISCONNECTED:
            status = parameters.unsigned(1, "the status")
            handle = parameters.unsigned(2, "the handle") & 0x0FFF
            gone = self._connections.pop((packet.adapter, handle), None) if not status else None
            if gone is not None:
                yield from self._over(gone, packet.at)
        elif code == _LE_META:
            subevent = parameters.unsigned(1, "the subevent")
            if subevent in _CONNECTED:
                yield from self._connected(packet, parameters)
            else:
                for report in reports(subevent, parameters.rest()):
                    yield Heard(packet.at, report)

    def _connected(self, packet: Packet, parameters: Cursor) -> Iterator[Event]:
        status = parameters.unsigned(1, "the status")
        handle = parameters.unsigned(2, "the handle") & 0x0FFF
        parameters.take(2, "role and address type")
        address = address_text(parameters.take(6, "the address"))
        if status == 0:
            self._open(packet.adapter, handle, address)
            yield Met(packet.at, address)

    def _open(self, adapter: int, handle: int, address: str | None) -> _Connection:
        while len(self._connections) >= MAX_CONNECTIONS:
            del self._connections[next(iter(self._connections))]
        while len(self._known) >= MAX_DEVICES:
            del self._known[next(iter(self._known))]
        known: dict[int, Declared] = {} if address is None else self._known.setdefault(address, {})
        made = self._connections[adapter, handle] = _Connection(address, known)
        return made

    def _acl(self, packet: Packet) -> Iterator[Event]:
        if len(packet.data) < 4:
            raise DecodeError("a data packet ends within its header", offset=len(packet.data))
        first = int.from_bytes(packet.data[:2], "little")
        handle, boundary = first & 0x0FFF, first >> 12 & 0x03
        data = packet.data[4:]
        if len(data) != int.from_bytes(packet.data[2:4], "little"):
            raise DecodeError("a data packet has not the length it says", offset=2)
        connection = self._connections.get((packet.adapter, handle))
        if connection is None:
            connection = self._open(packet.adapter, handle, None)
        piece = connection.pieces[packet.received]
        if boundary != _CONTINUES:
            piece.clear()
        elif not piece:
            return  # its beginning was not recorded, or is of no interest
        piece += data
        yield from self._l2cap(packet, connection, piece)

    def _l2cap(self, packet: Packet, connection: _Connection, piece: bytearray) -> Iterator[Event]:
        if len(piece) < 4:
            return
        size = 4 + int.from_bytes(piece[:2], "little")
        if int.from_bytes(piece[2:4], "little") != _ATT or size > MAX_L2CAP_BYTES:
            piece.clear()
            return
        if len(piece) < size:
            return
        pdu = bytes(piece[4:size])
        piece.clear()
        for value in connection.conversation.pdu(pdu, from_device=packet.received):
            yield Passed(packet.at, connection.address, value)

    def _over(self, connection: _Connection, at: datetime) -> Iterator[Event]:
        for value in connection.conversation.end():
            yield Passed(at, connection.address, value)
