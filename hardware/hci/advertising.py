"""Advertisements in HCI events, legacy and extended, and the structures they are made of.

Source: Bluetooth Core 5.4, Vol 4 Part E, 7.7.65.2 and 7.7.65.13; Vol 3 Part C, 11; Core
Specification Supplement 11, Part A.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from hardware.ble import short_uuid
from hardware.ble.cursor import Cursor
from hardware.errors import DecodeError

LEGACY, EXTENDED = 0x02, 0x0D
_NO_RSSI = 127
_INCOMPLETE, _TRUNCATED = 0x01, 0x02
_NAMES = {0x08, 0x09}
_LISTS = {0x02: 2, 0x03: 2, 0x04: 4, 0x05: 4, 0x06: 16, 0x07: 16}
_DATA = {0x16: 2, 0x20: 4, 0x21: 16}
_MANUFACTURER = 0xFF


@dataclass(frozen=True, slots=True)
class Report:
    """One advertisement or scan response as an adapter reported it.

    ``complete`` is False for a piece of a long one, which stands alone here.
    """

    address: str
    public: bool
    rssi_dbm: int | None
    data: bytes
    complete: bool = True


@dataclass(slots=True)
class Content:
    """What an advertisement says; UUIDs are upper-case hex, short where the SIG assigned one."""

    name: str | None = None
    services: list[str] = field(default_factory=list)
    service_data: dict[str, bytes] = field(default_factory=dict)
    manufacturer_data: dict[int, bytes] = field(default_factory=dict)


def reports(subevent: int, parameters: bytes) -> Iterator[Report]:
    """Give the reports of an LE Meta event; none of any but the two advertising events.

    :raises DecodeError: on an event cut short.
    """
    if subevent == LEGACY:
        yield from _legacy(Cursor(parameters))
    elif subevent == EXTENDED:
        yield from _extended(Cursor(parameters))


def content(data: bytes) -> Content:
    """Return what advertising data say. What is malformed in it is left out, as scanners do."""
    said = Content()
    for kind, value in _structures(data):
        if kind in _NAMES:
            said.name = value.decode("utf-8", "replace")
        elif kind == _MANUFACTURER and len(value) >= 2:
            said.manufacturer_data[int.from_bytes(value[:2], "little")] = value[2:]
        elif kind in _LISTS:
            size = _LISTS[kind]
            whole = len(value) - len(value) % size
            said.services += [uuid_of(value[at : at + size]) for at in range(0, whole, size)]
        elif kind in _DATA and len(value) >= _DATA[kind]:
            said.service_data[uuid_of(value[: _DATA[kind]])] = value[_DATA[kind] :]
    return said


def address_text(wire: bytes) -> str:
    """Return ``C0:11:22:33:44:55`` of the six bytes on the wire, the last one first."""
    return ":".join(f"{byte:02X}" for byte in reversed(wire))


def uuid_of(wire: bytes) -> str:
    """Return a UUID of 2, 4 or 16 bytes on the wire as upper-case hex."""
    digits = wire[::-1].hex()
    if len(wire) == 16:
        parts = digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]
        return short_uuid("-".join(parts))
    return short_uuid(digits if len(wire) == 2 else f"{digits}-0000-1000-8000-00805f9b34fb")


def _legacy(cursor: Cursor) -> Iterator[Report]:
    for _ in range(cursor.unsigned(1, "the number of reports")):
        cursor.take(1, "the event type")
        kind, address = cursor.unsigned(1, "the address type"), cursor.take(6, "the address")
        data = cursor.take(cursor.unsigned(1, "the length"), "the data")
        yield Report(address_text(address), _public(kind), _rssi(cursor), data)


def _extended(cursor: Cursor) -> Iterator[Report]:
    for _ in range(cursor.unsigned(1, "the number of reports")):
        status = cursor.unsigned(2, "the event type") >> 5 & 0x03
        kind, address = cursor.unsigned(1, "the address type"), cursor.take(6, "the address")
        cursor.take(4, "physical layers, set and power")
        rssi = _rssi(cursor)
        cursor.take(9, "interval and direct address")
        data = cursor.take(cursor.unsigned(1, "the length"), "the data")
        whole = status not in (_INCOMPLETE, _TRUNCATED)
        yield Report(address_text(address), _public(kind), rssi, data, whole)


def _public(kind: int) -> bool:
    return kind in (0x00, 0x02)


def _rssi(cursor: Cursor) -> int | None:
    value = cursor.signed(1, "the signal strength")
    return None if value == _NO_RSSI else value


def _structures(data: bytes) -> Iterator[tuple[int, bytes]]:
    cursor = Cursor(data)
    while cursor.offset < len(data):
        try:
            size = cursor.unsigned(1, "a length")
            if size == 0:
                return  # early termination: the rest is padding
            structure = cursor.take(size, "a structure")
        except DecodeError:
            return
        yield structure[0], structure[1:]
