"""Telegrams of a street's heat meters, of our own making: several makers and shapes.

What is sent is a function of the shape, the meter's number and the round, so that a run can be
repeated telegram by telegram.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from hardware.mbus.dif import Coding
from hardware.mbus.encode import encode_payload, encode_raw, encode_record, encode_telegram
from hardware.mbus.header import Header, manufacturer_code
from hardware.reading import Function, Quantity, Register
from hardware.wmbus.link import LinkFrame, crc16, encode_a, encode_b

_SEND = 0x44
_DUE = Register(storage=1)
_PEAK = Register(function=Function.MAXIMUM)
_FILLER = b"\x2f"


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of telegram: ``build`` takes the meter's number and the round."""

    name: str
    build: Callable[[int, int], bytes]
    is_sealed: bool = False

    def key(self, meter: int) -> bytes | None:
        """Return the key that opens what ``meter`` sends, None if it needs none."""
        return key_of(meter) if self.is_sealed else None


def line(shape: Shape, meter: int, turn: int) -> str:
    """Return what `dorfhub meter decode` reads: the telegram as hex and, if sealed, its key."""
    digits, key = shape.build(meter, turn).hex().upper(), shape.key(meter)
    return f"{digits} {key.hex().upper()}" if key else digits


def key_of(meter: int) -> bytes:
    """Return the meter's own key."""
    return hashlib.blake2b(b"street %d" % meter, digest_size=16).digest()


def heat_records(meter: int, turn: int) -> list[bytes]:
    """Return eleven records, as heat meters send them, with the meter's own numbers."""
    q = Quantity
    bcd = Coding.BCD8
    flow = 6000 + (meter * 7 + turn) % 3000
    back = 3000 + (meter * 5 + turn) % 2000
    return [
        encode_record(q.FABRICATION_NUMBER, 10_000_000 + meter, coding=bcd),
        encode_record(q.ENERGY, 52_000 + meter + turn, coding=Coding.INT32),
        encode_record(q.VOLUME, (12_345_678 + meter + turn) / 1000, exponent=-3, coding=bcd),
        encode_record(q.POWER, (9000 + meter) / 1000, exponent=-3, coding=Coding.INT24),
        encode_record(q.VOLUME_FLOW, (327 + meter) / 1000, exponent=-3, coding=Coding.INT32),
        encode_record(q.FLOW_TEMPERATURE, flow / 100, exponent=-2, coding=Coding.INT16),
        encode_record(q.RETURN_TEMPERATURE, back / 100, exponent=-2, coding=Coding.INT16),
        encode_record(
            q.TEMPERATURE_DIFFERENCE, (flow - back) / 100, exponent=-2, coding=Coding.INT16
        ),
        encode_record(q.ON_TIME, 21_000 + turn, coding=Coding.INT32),
        encode_record(q.POWER, 31.25, exponent=-2, register=_PEAK),
        encode_record(q.ENERGY, 48_000 + meter, register=_DUE),
    ]


def dated_records(meter: int, turn: int) -> list[bytes]:
    """Return eleven records of another maker: decimal digits, a clock, a due date."""
    q = Quantity
    bcd4, bcd6, bcd8 = Coding.BCD4, Coding.BCD6, Coding.BCD8
    moment = datetime(2026, 1 + turn % 12, 1 + meter % 28, turn % 24, meter % 60)  # noqa: DTZ001
    return [
        encode_record(q.ENERGY, 52_000 + meter + turn, coding=bcd8),
        encode_record(q.VOLUME, (345_678 + meter + turn) / 100, exponent=-2, coding=bcd8),
        encode_record(q.POWER, (90 + meter % 900) / 10, exponent=-1, coding=bcd6),
        encode_record(q.VOLUME_FLOW, (327 + meter) / 1000, exponent=-3, coding=bcd6),
        encode_record(q.FLOW_TEMPERATURE, (600 + meter % 300) / 10, exponent=-1, coding=bcd4),
        encode_record(q.RETURN_TEMPERATURE, (300 + meter % 200) / 10, exponent=-1, coding=bcd4),
        encode_record(q.OPERATING_TIME, 21_000 + turn, coding=bcd6),
        encode_record(q.DATETIME, moment),
        encode_record(q.ENERGY, 48_000 + meter, coding=bcd8, register=_DUE),
        encode_record(q.DATE, date(2025, 12, 31), register=_DUE),
        encode_raw(Coding.INT16, b"\xfd\x17", bytes((0, 0))),
    ]


def compact_headers() -> bytes:
    """Return the record headers of :func:`compact_values`, one behind the other."""
    return bytes.fromhex("0406 04FF07 04FF08 0414 043B 0259 025D 04FF22")


def compact_values(meter: int, turn: int) -> list[bytes]:
    """Return the data of one telegram of a meter that leaves its headers out."""
    return [
        (52_000 + meter + turn).to_bytes(4, "little"),
        (61_000 + meter).to_bytes(4, "little"),
        (32_000 + meter).to_bytes(4, "little"),
        (345_678 + meter + turn).to_bytes(4, "little"),
        (327 + meter % 900).to_bytes(4, "little"),
        (7130 + meter % 100).to_bytes(2, "little"),
        (4890 + meter % 100).to_bytes(2, "little"),
        bytes(4),
    ]


def address(maker: str, meter: int, version: int, medium: int = 0x04) -> bytes:
    """Return M and A as the link layer has them."""
    identification = bytes.fromhex(f"{10_000_000 + meter:08d}")[::-1]
    return (
        manufacturer_code(maker).to_bytes(2, "little") + identification + bytes((version, medium))
    )


def _wired(
    maker: str, version: int, records: Callable[[int, int], list[bytes]]
) -> Callable[[int, int], bytes]:
    def build(meter: int, turn: int) -> bytes:
        header = Header(maker, f"{10_000_000 + meter:08d}", version, 4, turn & 0xFF, 0)
        return encode_telegram(encode_payload(header, records(meter, turn)), address=1)

    return build


def _wired_text(meter: int, turn: int) -> bytes:
    records = [
        *dated_records(meter, turn),
        encode_raw(Coding.VARIABLE, b"\xfd\x11", bytes((8,)) + f"{meter:08d}".encode()),
    ]
    header = Header("SON", f"{10_000_000 + meter:08d}", 0x0D, 4, turn & 0xFF, 0x04)
    payload = encode_payload(header, records, manufacturer_data=bytes((meter & 0xFF, 1, 2)))
    return encode_telegram(payload, address=1)


def _plain_short(meter: int, turn: int) -> bytes:
    payload = bytes((0x7A, turn & 0xFF, 0, 0, 0)) + b"".join(dated_records(meter, turn))
    return LinkFrame(_SEND, address("LUG", meter, 7), payload).raw


def _plain_long(meter: int, turn: int) -> bytes:
    own = address("QDS", meter, 0x23)
    head = b"\x72" + own[2:6] + own[:2] + own[6:] + bytes((turn & 0xFF, 0, 0, 0))
    payload = head + b"".join(heat_records(meter, turn))
    return encode_a(LinkFrame(_SEND, own, payload))


def _mode_5(meter: int, turn: int) -> bytes:
    own, access = address("EFE", meter, 0x11), turn & 0xFF
    plain = _FILLER * 2 + b"".join(heat_records(meter, turn))
    plain += _FILLER * (-len(plain) % 16)
    sealer = Cipher(
        algorithms.AES(key_of(meter)), modes.CBC(own + bytes((access,)) * 8)
    ).encryptor()
    head = bytes((0x7A, access, 0)) + (0x0500 | len(plain) // 16 << 4).to_bytes(2, "little")
    return LinkFrame(_SEND, own, head + sealer.update(plain) + sealer.finalize()).raw


def _session(own: bytes, meter: int, turn: int, content: bytes) -> bytes:
    control, session = 0x20, (turn << 12 | meter & 0xFFF | 0x20000000).to_bytes(4, "little")
    start = own + bytes((control,)) + session + bytes(3)
    sealer = Cipher(algorithms.AES(key_of(meter)), modes.CTR(start)).encryptor()
    sealed = sealer.update(crc16(content).to_bytes(2, "little") + content) + sealer.finalize()
    return LinkFrame(_SEND, own, b"\x8d" + bytes((control, turn & 0xFF)) + session + sealed).raw


def _session_full(meter: int, turn: int) -> bytes:
    own = address("KAM", meter, 0x1B)
    return _session(own, meter, turn, b"\x78" + b"".join(heat_records(meter, turn)))


def _session_compact(meter: int, turn: int) -> bytes:
    own = address("KAM", meter, 0x34)
    values = compact_values(meter, turn)
    headers = split(compact_headers())
    full = b"".join(head + data for head, data in zip(headers, values, strict=True))
    content = crc16(compact_headers()).to_bytes(2, "little") + crc16(full).to_bytes(2, "little")
    return _session(own, meter, turn, b"\x79" + content + b"".join(values))


def split(headers: bytes) -> list[bytes]:
    """Return ``headers``, each two or three bytes, one by one."""
    found, at = [], 0
    while at < len(headers):
        size = 3 if headers[at + 1] & 0x80 else 2
        found.append(headers[at : at + size])
        at += size
    return found


def _format_b(meter: int, turn: int) -> bytes:
    own = address("DME", meter, 0x41)
    head = bytes((0x8C, 0x20, turn & 0xFF, 0x7A, turn & 0xFF, 0, 0, 0))
    return encode_b(LinkFrame(_SEND, own, head + b"".join(heat_records(meter, turn))))


WIRED = (
    Shape("wired, binary", _wired("KAM", 0x1B, heat_records)),
    Shape("wired, decimal", _wired("LUG", 0x07, dated_records)),
    Shape("wired, text and own data", _wired_text),
)
WIRELESS = (
    Shape("plain, short header", _plain_short),
    Shape("plain, long header, format A", _plain_long),
    Shape("extended link, format B", _format_b),
    Shape("mode 5", _mode_5, is_sealed=True),
    Shape("session, full", _session_full, is_sealed=True),
    Shape("session, compact", _session_compact, is_sealed=True),
)
