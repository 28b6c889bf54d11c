"""What virtual receivers say on their wires, written from the other end's point of view.

Nothing here is shared with `hardware.receiver`, so that a mistake there is not made twice.

Source: the documents that the modules of `hardware.receiver` name.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Wire(Protocol):
    """One kind of receiver: its state and both directions of its line."""

    def answer(self, data: bytes) -> bytes:
        """Take bytes from the host and return what the receiver says to them."""

    def frame(self, telegram: bytes, mode: str, rssi_dbm: float, at: datetime) -> bytes:
        """Return what the host is sent for a telegram without CRCs that came in ``mode``.

        ``mode`` is ``T1``, ``C1`` or ``S1``. Empty if the receiver does not listen to it.
        """


class Im871aWire:
    """An iM871A that keeps its configuration until :meth:`unplugged`."""

    def __init__(self, *, firmware: int = 0x15, module: int = 0x33, checked: bool = True) -> None:
        self._firmware = firmware
        self._module = module
        self._checked = checked
        self._input = b""
        self.link_mode = 1  # S1m, as delivered: our meters are not heard
        self._rssi = self._time = 0

    def answer(self, data: bytes) -> bytes:
        """Take commands, each a whole message of the host controller interface."""
        self._input += data
        said = b""
        while len(self._input) >= 4:
            control, message, length = self._input[1:4]
            size = 4 + length + (2 if control & 0x80 else 0)
            if len(self._input) < size:
                break
            raw, self._input = self._input[:size], self._input[size:]
            whole = not control & 0x80 or _fcs(raw[1:-2]) == raw[-2:]
            if raw[0] == 0xA5 and control & 0x0F == 1 and whole:
                said += self._manage(message, raw[4 : 4 + length])
        return said

    def frame(self, telegram: bytes, mode: str, rssi_dbm: float, at: datetime) -> bytes:
        """Return a WM-Bus message indication, if the mode is listened to."""
        if self.link_mode not in {"S1": (0,), "T1": (3, 10), "C1": (6, 10)}[mode]:
            return b""
        flags = 0x20 * self._time + 0x40 * self._rssi
        tail = int(at.timestamp() % 2**32).to_bytes(4, "little") if self._time else b""
        tail += bytes((round((rssi_dbm + 122.5) * 2),)) if self._rssi else b""
        return self._message(flags | 2, 3, telegram[1:], tail)

    def _manage(self, message: int, payload: bytes) -> bytes:
        if message == 0x0F:
            serial = bytes.fromhex("78563412")
            info = bytes((self._module, 0, self._firmware, 0x17)) + serial
            return self._message(1, 0x10, info)
        if message == 0x03:
            # store flag, then the two groups as this hub sends them
            if payload[1] != 0x03 or payload[4] != 0x38:
                return b""
            self.link_mode, self._rssi, self._time = payload[3], payload[6], payload[7]
            return self._message(1, 0x04, b"")
        if message == 0x05:
            first = bytes((0xFF, 0, self.link_mode, 0x44)) + bytes.fromhex("A51101000000013701")
            second = bytes((0xFF, 7, 1, 50, 0, self._rssi, self._time, 1, 0))
            return self._message(1, 0x06, first + second)
        return b""

    def _message(self, control: int, message: int, payload: bytes, tail: bytes = b"") -> bytes:
        control |= 0x80 * self._checked
        body = bytes((control, message, len(payload))) + payload + tail
        return b"\xa5" + body + (_fcs(body) if self._checked else b"")


class Amb8465Wire:
    """An AMB8465-M as delivered: telegrams come bare, without the command interface."""

    def __init__(self, *, delivered: bool = True, stubborn: bool = False) -> None:
        self._stubborn = stubborn  # its flash takes nothing any more
        self._flash = bytearray(b"\xff" * 0x80)
        self._flash[0x05] = self._flash[0x45] = 0 if delivered else 1
        self._flash[0x46] = 0x05
        self._active = bytes(self._flash)
        self.mode = self._active[0x46]
        self.writes = 0
        self._input = b""

    def answer(self, data: bytes) -> bytes:
        """Take commands of the command interface."""
        self._input += data
        said = b""
        while len(self._input) >= 3 and len(self._input) >= 4 + self._input[2]:
            size = 4 + self._input[2]
            raw, self._input = self._input[:size], self._input[size:]
            if raw[0] == 0xFF and _xor(raw) == 0:
                said += self._obey(raw[1], raw[3:-1])
        return said

    def frame(self, telegram: bytes, mode: str, rssi_dbm: float, at: datetime) -> bytes:
        """Return a data indication or, as delivered, the bare telegram."""
        del at
        if self.mode not in {"S1": (3,), "T1": (8, 9), "C1": (14, 9)}[mode]:
            return b""
        tail = bytes((round((rssi_dbm + 74) * 2) & 0xFF,)) if self._active[0x45] else b""
        if not self._active[0x05]:
            return telegram + tail
        return _amber(0x03, telegram[1:] + tail)

    def _obey(self, command: int, payload: bytes) -> bytes:
        if command == 0x0A:
            at, count = payload
            return _amber(0x8A, payload + self._flash[at : at + count])
        if command == 0x09:
            at, count, *values = payload
            if not self._stubborn:
                self._flash[at : at + count] = values
            self.writes += 1
            return _amber(0x89, b"\x00")
        if command == 0x05:
            self._active = bytes(self._flash)
            self.mode = self._active[0x46]
            return _amber(0x85, b"\x00")
        if command == 0x04:
            self.mode = payload[0]
            return _amber(0x84, b"\x00")
        return b""


class CulWire:
    """A CUL with culfw; ``modes`` are the letters it was built with."""

    def __init__(self, *, modes: str = "tcs", version: str = "V 1.67 nanoCUL868") -> None:
        self._modes = modes
        self._version = version
        self._state = "OFF"
        self.report = 0
        self._input = b""

    def answer(self, data: bytes) -> bytes:
        """Take lines; either end of line counts."""
        self._input += data.replace(b"\r", b"\n")
        *lines, self._input = self._input.split(b"\n")
        return b"".join(self._obey(line.decode()) for line in lines if line)

    def frame(self, telegram: bytes, mode: str, rssi_dbm: float, at: datetime) -> bytes:
        """Return a ``b`` line with the CRCs: format A, in mode C format B."""
        del at
        if self._state[0] != mode[0]:
            return b""
        raw = b"Y" + _hex(format_b(telegram)) if mode == "C1" else _hex(format_a(telegram))
        rssi = bytes((0x20, round((rssi_dbm + 74) * 2) & 0xFF)) if self.report & 0x20 else b""
        return b"b" + raw + _hex(rssi) + b"\r\n"

    def _obey(self, line: str) -> bytes:
        if line == "V":
            return self._version.encode() + b"\r\n"
        if line.startswith("X"):
            self.report = int(line[1:], 16)
            return b""
        if line.startswith("br"):
            letter = line[2:]
            self._state = f"{letter.upper()}MODE" if letter in self._modes else "OFF"
            return self._state.encode() + b"\r\n"
        return b"? (" + line[:1].encode() + b" is unknown) Use one of B b C F X V\r\n"


class RtlWire:
    """The output of rtl_wmbus, which listens to everything and takes no command."""

    def answer(self, data: bytes) -> bytes:
        """Ignore what comes."""
        del data
        return b""

    def frame(self, telegram: bytes, mode: str, rssi_dbm: float, at: datetime) -> bytes:
        """Return a line of eight columns; its signal strength has no unit."""
        ident = int.from_bytes(telegram[4:8], "little")
        strength = max(0, round(rssi_dbm + 200))
        return (
            f"{mode};1;1;{at:%Y-%m-%d %H:%M:%S}.000;{strength};{strength - 5};"
            f"{ident:08X};0x{telegram.hex()}\n"
        ).encode()


class HexWire:
    """A line of hex a telegram, with the CRCs of format A or without any."""

    def __init__(self, *, with_crc: bool = False) -> None:
        self._with_crc = with_crc

    def answer(self, data: bytes) -> bytes:
        """Ignore what comes."""
        del data
        return b""

    def frame(self, telegram: bytes, mode: str, rssi_dbm: float, at: datetime) -> bytes:
        """Return the telegram in hex."""
        del mode, rssi_dbm, at
        return _hex(format_a(telegram) if self._with_crc else telegram) + b"\n"


def format_a(telegram: bytes) -> bytes:
    """Return ``telegram`` with the CRCs of frame format A: blocks of 10, then 16 bytes."""
    blocks = [telegram[:10]] + [telegram[at : at + 16] for at in range(10, len(telegram), 16)]
    return b"".join(block + _crc(block) for block in blocks)


def format_b(telegram: bytes) -> bytes:
    """Return ``telegram`` with the CRCs of frame format B and an L field that counts them.

    :raises ValueError: if it is longer than 252 bytes, the most that format B carries.
    """
    first, rest = telegram[:126], telegram[126:]
    head = bytes((telegram[0] + (4 if rest else 2),))
    framed = head + first[1:]
    framed += _crc(framed)
    return framed + rest + _crc(rest) if rest else framed


def _crc(block: bytes) -> bytes:
    """Return the remainder of the block's polynomial division, bit by bit."""
    crc = 0
    for bit in "".join(f"{byte:08b}" for byte in block):
        crc = crc << 1 ^ (0x13D65 if (crc >> 15 ^ int(bit)) & 1 else 0)
        crc &= 0xFFFF
    return (crc ^ 0xFFFF).to_bytes(2, "big")


def _fcs(data: bytes) -> bytes:
    """Return the HCI's frame check, bit by bit, the lowest bit of each byte first."""
    crc = 0xFFFF
    for bit in "".join(f"{byte:08b}"[::-1] for byte in data):
        crc = crc >> 1 ^ (0x8408 if (crc ^ int(bit)) & 1 else 0)
    return (crc ^ 0xFFFF).to_bytes(2, "little")


def _amber(command: int, payload: bytes) -> bytes:
    body = bytes((0xFF, command, len(payload))) + payload
    return body + bytes((_xor(body),))


def _xor(data: bytes) -> int:
    total = 0
    for byte in data:
        total ^= byte
    return total


def _hex(data: bytes) -> bytes:
    return data.hex().upper().encode()
