"""Short messages as a modem takes and gives them in PDU mode.

Source: 3GPP TS 23.040, 9.2.2 (SMS-DELIVER, SMS-SUBMIT, SMS-STATUS-REPORT), 9.2.3.24.1
(concatenation); TS 27.005, 3.1 (a PDU begins with the service centre's address).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hardware.errors import DecodeError
from hardware.modem import gsm7

MOST_PARTS = 6  # a thousand letters: more is a letter, not an alarm
_SINGLE, _PART = 160, 153  # septets
_SINGLE_WIDE, _PART_WIDE = 70, 67  # UTF-16 units
_INTERNATIONAL, _NATIONAL = 0x91, 0x81
_ALPHANUMERIC = 0b101
_SEMI = "0123456789*#abc"
_ARRIVED = 0x1F  # 23.040, 9.2.3.15: up to here the recipient, or who speaks for them, has it
_TRYING = 0x3F  # up to here it is still tried


@dataclass(frozen=True, slots=True)
class Submit:
    """A part that is ready to be sent: ``length`` is what ``AT+CMGS=`` wants."""

    pdu: str
    length: int


@dataclass(frozen=True, slots=True)
class Deliver:
    """A message that came. ``part`` is (reference, of how many, which one), None if it is whole."""

    sender: str
    text: str
    part: tuple[int, int, int] | None = None


@dataclass(frozen=True, slots=True)
class StatusReport:
    """What became of a part that was sent; None while the network still tries."""

    reference: int
    recipient: str
    did_arrive: bool | None


def submit(number: str, text: str, reference: int, *, report: bool = True) -> list[Submit]:
    """Return the parts of a message: one, or several that a telephone joins again.

    ``reference`` (0 to 255) marks the parts of one message.

    :raises ValueError: if the number is none, or the text too long.
    """
    wide = not gsm7.fits(text)
    pieces = _pieces(text, wide=wide)
    if len(pieces) > MOST_PARTS:
        raise ValueError(f"a message of {len(pieces)} parts is too long, {MOST_PARTS} are allowed")
    address = _address(number)
    found = []
    for place, piece in enumerate(pieces, 1):
        header = b""
        if len(pieces) > 1:
            header = bytes((5, 0, 3, reference & 0xFF, len(pieces), place))
        first = 0x01 | (0x20 if report else 0) | (0x40 if header else 0)
        if wide:
            body = header + piece
            data = bytes((0x08, len(body))) + body
        else:
            fill = -len(header) * 8 % 7
            septets = (len(header) * 8 + fill) // 7 + len(piece)
            data = bytes((0x00, septets)) + header + gsm7.pack(piece, fill)
        message = bytes((first, 0)) + address + b"\x00" + data
        found.append(Submit("00" + message.hex().upper(), len(message)))
    return found


def read(pdu: str) -> Deliver | StatusReport:
    """Read what a modem handed over, as hexadecimal digits.

    :raises DecodeError: if it is neither of the two.
    """
    try:
        data = bytes.fromhex(pdu)
    except ValueError:
        raise DecodeError("a PDU has hexadecimal digits only") from None
    reader = _Reader(data)
    reader.take(reader.byte())  # the service centre
    first = reader.byte()
    kind = first & 0x03
    if kind == 0x00:
        return _deliver(reader, has_header=bool(first & 0x40))
    if kind == 0x02:
        reference, number = reader.byte(), reader.number()
        reader.take(14)  # when it was sent and when it ended
        status = reader.byte()
        arrived = None if _ARRIVED < status <= _TRYING else status <= _ARRIVED
        return StatusReport(reference, number, arrived)
    raise DecodeError(f"a message of type {kind} does not come to a telephone", offset=0)


def read_submit(pdu: str) -> tuple[str, str, bool]:
    """Return number, text and whether a report is wanted, of a part that is to be sent.

    The other side's view, for a virtual modem. :raises DecodeError: if it is none.
    """
    try:
        reader = _Reader(bytes.fromhex(pdu))
    except ValueError:
        raise DecodeError("a PDU has hexadecimal digits only") from None
    reader.take(reader.byte())
    first = reader.byte()
    if first & 0x03 != 0x01:
        raise DecodeError("this is no message to be sent", offset=0)
    reader.byte()
    number = reader.number()
    reader.byte()
    coding = reader.byte()
    reader.take((0, 7, 1, 7)[first >> 3 & 3])  # how long it is valid
    text, _ = _body(reader, coding, has_header=bool(first & 0x40))
    return number, text, bool(first & 0x20)


def deliver(sender: str, text: str) -> str:
    """Return a message of one part as a modem gives it; the other side's view."""
    wide = not gsm7.fits(text)
    body = text.encode("utf-16-be") if wide else gsm7.encode(text)
    data = body if wide else gsm7.pack(body)
    coding = 0x08 if wide else 0x00
    stamp = bytes.fromhex("62116211008040")
    head = b"\x04" + _address(sender) + bytes((0, coding)) + stamp
    return "00" + (head + bytes((len(body),)) + data).hex().upper()


def status_report(reference: int, recipient: str, status: int) -> str:
    """Return a status report as a modem gives it; the other side's view."""
    stamp = bytes.fromhex("62116211008040")
    head = bytes((0x02, reference)) + _address(recipient)
    return "00" + (head + stamp + stamp + bytes((status,))).hex().upper()


def _deliver(reader: _Reader, *, has_header: bool) -> Deliver:
    sender = reader.number()
    reader.byte()
    coding = reader.byte()
    reader.take(7)  # when the service centre had it
    text, part = _body(reader, coding, has_header=has_header)
    return Deliver(sender, text, part)


def _body(
    reader: _Reader, coding: int, *, has_header: bool
) -> tuple[str, tuple[int, int, int] | None]:
    count = reader.byte()
    alphabet = _alphabet(coding)
    data = reader.rest()
    header = b""
    if has_header:
        if not data or 1 + data[0] > len(data):
            raise DecodeError("the header is longer than the message", offset=reader.at)
        header = data[: 1 + data[0]]
    part = _part(header)
    if alphabet == 0:
        fill = -len(header) * 8 % 7
        septets = count - (len(header) * 8 + fill) // 7
        if septets < 0:
            raise DecodeError("the header is longer than the message", offset=reader.at)
        return gsm7.decode(gsm7.unpack(data[len(header) :], septets, fill)), part
    if len(data) < count:
        raise DecodeError("the message is shorter than it says", offset=reader.at)
    body = data[len(header) : count]
    if alphabet == 2:
        return body.decode("utf-16-be", "replace"), part
    raise DecodeError("the message is data, not text", offset=reader.at)


def _alphabet(coding: int) -> int:
    """Return 0 for the alphabet of short messages, 1 for data, 2 for UTF-16 (TS 23.038, 4)."""
    if coding < 0x80:
        return coding >> 2 & 3
    group = coding >> 4
    return 2 if group == 0xE else coding >> 2 & 1 if group == 0xF else 0


def _part(header: bytes) -> tuple[int, int, int] | None:
    at = 1
    while at + 1 < len(header):
        kind, length = header[at], header[at + 1]
        value = header[at + 2 : at + 2 + length]
        if kind == 0x00 and len(value) == 3:
            return value[0], value[1], value[2]
        if kind == 0x08 and len(value) == 4:
            return value[0] << 8 | value[1], value[2], value[3]
        at += 2 + length
    return None


def _pieces(text: str, *, wide: bool) -> Sequence[bytes]:
    if not wide:
        septets = gsm7.encode(text)
        return [septets] if len(septets) <= _SINGLE else _cut(septets, _PART, _half_an_escape)
    data = text.encode("utf-16-be")
    return [data] if len(data) <= 2 * _SINGLE_WIDE else _cut(data, 2 * _PART_WIDE, _half_a_pair)


def _cut(data: bytes, most: int, torn: Callable[[bytes], int]) -> list[bytes]:
    """Cut into pieces of at most ``most`` bytes; ``torn`` says how many belong to the next one."""
    found = []
    while data:
        piece = data[:most]
        if len(data) > most:
            piece = piece[: most - torn(piece)]
        found.append(piece)
        data = data[len(piece) :]
    return found


def _half_an_escape(piece: bytes) -> int:
    return 1 if piece.endswith(b"\x1b") else 0


def _half_a_pair(piece: bytes) -> int:
    return 2 if 0xD8 <= piece[-2] <= 0xDB else 0


def _address(number: str) -> bytes:
    found = re.fullmatch(r"(\+?)([0-9*#]{1,20})", number)
    if found is None:
        raise ValueError("a telephone number has up to 20 digits, and + before a country's code")
    digits = found[2]
    padded = digits + "f" * (len(digits) % 2)
    swapped = "".join(padded[n + 1] + padded[n] for n in range(0, len(padded), 2))
    codes = swapped.replace("*", "a").replace("#", "b")
    kind = _INTERNATIONAL if found[1] else _NATIONAL
    return bytes((len(digits), kind)) + bytes.fromhex(codes)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def byte(self) -> int:
        return self.take(1)[0]

    def take(self, count: int) -> bytes:
        found = self._data[self.at : self.at + count]
        if len(found) < count:
            raise DecodeError("the PDU ends too early", offset=self.at)
        self.at += count
        return found

    def rest(self) -> bytes:
        return self.take(len(self._data) - self.at)

    def number(self) -> str:
        digits, kind = self.byte(), self.byte()
        data = self.take((digits + 1) // 2)
        if kind >> 4 & 0b111 == _ALPHANUMERIC:
            return gsm7.decode(gsm7.unpack(data, digits * 4 // 7))
        codes = "".join(f"{byte & 15:x}{byte >> 4:x}" for byte in data)[:digits]
        if any(code in "def" for code in codes):
            raise DecodeError("a telephone number has no such digit", offset=self.at)
        text = "".join(_SEMI[int(code, 16)] for code in codes)
        return f"+{text}" if kind == _INTERNATIONAL else text
