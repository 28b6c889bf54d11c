"""The values of an attribute conversation: what was notified, indicated, read and written.

Handles become characteristics through the discovery that was recorded, in this connection or
an earlier one to the same device; a value whose discovery was not recorded has none.

Source: Bluetooth Core 5.4, Vol 3 Part F, 3.4 (ATT PDUs); Part G, 4.6 (discovery).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from hardware.ble.cursor import Cursor
from hardware.errors import DecodeError
from hardware.hci.advertising import uuid_of

_READ_BY_TYPE, _READ_BY_TYPE_ANSWER = 0x08, 0x09
_READ, _READ_ANSWER, _READ_BLOB, _READ_BLOB_ANSWER = 0x0A, 0x0B, 0x0C, 0x0D
_WRITE, _WRITE_COMMAND = 0x12, 0x52
_NOTIFICATION, _INDICATION, _NOTIFICATIONS = 0x1B, 0x1D, 0x23
_DECLARATION = bytes((0x03, 0x28))
_MIN_DECLARATION = 7


class How(StrEnum):
    """How a value passed."""

    NOTIFIED = "notification"
    INDICATED = "indication"
    READ = "read"
    WRITTEN = "written"


@dataclass(frozen=True, slots=True)
class Value:
    """One value; ``uuid`` is ``None`` if its characteristic's discovery was not recorded."""

    how: How
    handle: int
    uuid: str | None
    value: bytes


@dataclass(frozen=True, slots=True)
class Declared:
    """A characteristic as a device declares it; ``properties`` are the bits of Part G, 3.3.1.1."""

    uuid: str
    properties: int


class Conversation:
    """One connection's attribute protocol. ``known`` maps handles of the device, and grows."""

    def __init__(self, known: dict[int, Declared]) -> None:
        self._known = known
        self._discovering = False
        self._reading: int | None = None
        self._read: bytes | None = None

    def pdu(self, data: bytes, *, from_device: bool) -> Iterator[Value]:
        """Take one PDU.

        :raises DecodeError: on one cut short, or with a value longer than we take (512 bytes).
        """
        cursor = Cursor(data)
        op = cursor.unsigned(1, "the opcode")
        if from_device:
            yield from self._answered(op, cursor, len(data))
        else:
            yield from self._asked(op, cursor)

    def end(self) -> Iterator[Value]:
        """Say that the connection is over: give a value that was being read."""
        yield from self._whole_read()

    def _asked(self, op: int, cursor: Cursor) -> Iterator[Value]:
        if op == _READ_BLOB:
            if cursor.unsigned(2, "the handle") != self._reading:
                self._reading = self._read = None  # its beginning was not recorded
            return
        if op in (_WRITE, _WRITE_COMMAND, _READ, _READ_BY_TYPE):
            yield from self._whole_read()
        if op in (_WRITE, _WRITE_COMMAND):
            yield self._value(How.WRITTEN, cursor.unsigned(2, "the handle"), cursor.rest())
        elif op == _READ:
            self._reading = cursor.unsigned(2, "the handle")
        elif op == _READ_BY_TYPE:
            cursor.take(4, "the range of handles")
            self._discovering = cursor.rest() == _DECLARATION

    def _answered(self, op: int, cursor: Cursor, size: int) -> Iterator[Value]:
        if op in (_NOTIFICATION, _INDICATION):
            how = How.NOTIFIED if op == _NOTIFICATION else How.INDICATED
            yield self._value(how, cursor.unsigned(2, "the handle"), cursor.rest())
        elif op == _NOTIFICATIONS:
            while cursor.offset < size:
                handle, length = cursor.unsigned(2, "the handle"), cursor.unsigned(2, "the length")
                yield self._value(How.NOTIFIED, handle, cursor.take(length, "the value"))
        elif op == _READ_ANSWER and self._reading is not None:
            self._read = cursor.rest()
        elif op == _READ_BLOB_ANSWER and self._read is not None:
            self._read += cursor.rest()
        elif op == _READ_BY_TYPE_ANSWER and self._discovering:
            self._learn(cursor, size)

    def _learn(self, cursor: Cursor, end: int) -> None:
        size = cursor.unsigned(1, "the length of a declaration")
        if size < _MIN_DECLARATION:
            raise DecodeError(f"a declaration of {size} bytes cannot be", offset=1)
        while cursor.offset < end:
            declaration = Cursor(cursor.take(size, "a declaration"))
            declaration.take(2, "its own handle")
            properties = declaration.unsigned(1, "its properties")
            handle = declaration.unsigned(2, "the value's handle")
            self._known[handle] = Declared(uuid_of(declaration.rest()), properties)

    def _whole_read(self) -> Iterator[Value]:
        if self._reading is not None and self._read is not None:
            yield self._value(How.READ, self._reading, self._read)
        self._reading = self._read = None

    def _value(self, how: How, handle: int, value: bytes) -> Value:
        declared = self._known.get(handle)
        return Value(how, handle, None if declared is None else declared.uuid, value)
