"""What the fuzzer starts from, and how it spoils it: valid frames, changed a little.

Everything is a function of a seed and an index, so that a run goes on where another stopped.
"""

from __future__ import annotations

import contextlib
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from hardware.mbus.frame import RSP_UD, encode_long
from hardware.profiles import shipped
from hardware.sim.stick_wire import Amb8465Wire, CulWire, HexWire, Im871aWire, RtlWire, Wire
from hardware.wmbus.link import LinkFrame, crc16, encode_a, encode_b
from tests import street
from tests.hardware.wmbus import fragmented

NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
METERS = 3  # of each shape
LONGEST = 220  # bytes that are wrapped: every layer's length field holds them

KEY = street.key_of(7)
_ADDRESS = street.address("KAM", 7, 0x1B)
_LONG_ADDRESS = _ADDRESS[2:6] + _ADDRESS[:2] + _ADDRESS[6:]
_BYTES = [bytes((number,)) for number in range(256)]
# what layers and headers turn on
_TELLING = bytes.fromhex("0F1F2F7F8C8D8E8F90727376777879 7A7B7CFBFDEF000D1C44466872FF80A2B6")

_EXTREMES = (b"\xff" * 4, bytes(4), b"\x80\0\0\0", b"\0\0\0\x80", b"\x99" * 4)


@dataclass(frozen=True, slots=True)
class Message:
    """The telegrams of one line and the key that opens them."""

    telegrams: tuple[bytes, ...]
    key: bytes | None = None


def messages(recorded: Path | None) -> list[Message]:
    """Return valid messages: our own, the profiles', and those recorded if there is a folder."""
    found = [
        Message((shape.build(meter, meter),), shape.key(meter))
        for shape in street.WIRED + street.WIRELESS
        for meter in range(METERS)
    ]
    found += [Message((wrap(content),)) for wrap in WRAPS for content in contents(())]
    found += [
        Message(example.messages, example.key)
        for profile in shipped().profiles.values()
        for example in profile.examples
    ]
    found += _in_fragments()
    if recorded is not None:
        for line in (recorded / "wmbus_cases.jsonl").read_text().splitlines():
            case = json.loads(line)
            with contextlib.suppress(ValueError):  # some are no whole bytes
                key = bytes.fromhex(case["key"]) if case["key"] else None
                found.append(Message(tuple(map(bytes.fromhex, case["telegrams"])), key))
        for line in (recorded / "mbus_cases.jsonl").read_text().splitlines():
            with contextlib.suppress(ValueError):
                found.append(Message((bytes.fromhex(json.loads(line)["hex"]),)))
    return found


def _in_fragments() -> list[Message]:
    """Return messages in two to five telegrams, sealed ones and one in the clear."""
    found = [
        Message(tuple(fragmented.message_of(fragmented.energies(count), cuts)), fragmented.KEY)
        for count, cuts in ((3, (9,)), (12, (30, 60)), (40, (60, 120, 180, 240)))
    ]
    clear = b"\x7a\x2a\0\0\0" + fragmented.energies(8)
    return [*found, Message(tuple(fragmented.telegrams(clear, b"", cuts=(25,), counter=b"")))]


def contents(others: tuple[Message, ...]) -> list[bytes]:
    """Return variable data of our own making, and what wired frames among ``others`` hold."""
    own = [b"".join(records(1, 2)) for records in (street.heat_records, street.dated_records)]
    own.append(street.compact_headers())
    own.append(b"".join(street.compact_values(1, 2)))
    own.append(bytes.fromhex("0DFD1103414243 0DFD17C3123456 7B4F 0DFD3AE20102 0F0102"))
    own.append(bytes.fromhex("2F2F04FC034D2F43 01020304 0484041302020202 426C1F3C 046D1234567F"))
    own.append(bytes.fromhex("0513DB0F4940 8C011304030201 C40114FFFFFFFF 3413FFFFFF7F 1F"))
    raws = [one.telegrams[0] for one in others if one.telegrams[0][0] == 0x68]
    return own + [raw[19:-2] for raw in raws if len(raw) > 21]


def _radio(payload: bytes) -> bytes:
    return LinkFrame(0x44, _ADDRESS, payload).raw


def _session(content: bytes) -> bytes:
    start = bytes.fromhex("20 2A 0A0B0C20")
    iv = _ADDRESS + start[:1] + start[2:] + bytes(3)
    sealer = Cipher(algorithms.AES(KEY), modes.CTR(iv)).encryptor()
    sealed = sealer.update(crc16(content).to_bytes(2, "little") + content)
    return _radio(b"\x8d" + start + sealed)


def _mode_5(content: bytes) -> bytes:
    plain = (b"\x2f\x2f" + content + b"\x2f" * 15)[: 16 * min(15, 1 + (len(content) + 1) // 16)]
    plain = plain[: len(plain) // 16 * 16]
    sealer = Cipher(algorithms.AES(KEY), modes.CBC(_ADDRESS + b"\x2a" * 8)).encryptor()
    head = b"\x7a\x2a\0" + (0x0500 | len(plain) // 16 << 4).to_bytes(2, "little")
    return _radio(head + sealer.update(plain))


def _compact(content: bytes) -> bytes:
    headers = street.compact_headers()
    full = content[:40]
    return _radio(b"\x79" + crc16(headers).to_bytes(2, "little") + crc16(full).to_bytes(2) + full)


# a changed content in a frame that is whole, so that the change is met behind all the checks
WRAPS: tuple[Callable[[bytes], bytes], ...] = (
    lambda content: _radio(b"\x78" + content),
    lambda content: _radio(b"\x7a\x2a\0\0\0" + content),
    lambda content: _radio(b"\x72" + _LONG_ADDRESS + b"\x2a\0\0\0" + content),
    lambda content: encode_a(LinkFrame(0x44, _ADDRESS, b"\x78" + content)),
    lambda content: encode_b(LinkFrame(0x44, _ADDRESS, b"\x8c\x20\x2a\x78" + content)),
    lambda content: _session(b"\x78" + content),
    lambda content: _session(content or b"\x79"),
    _mode_5,
    _compact,
    lambda content: encode_long(RSP_UD, 1, 0x72, _LONG_ADDRESS + b"\x2a\0\0\0" + content),
    lambda content: encode_long(RSP_UD, 1, 0x76, _LONG_ADDRESS + b"\x2a\0\0\0" + content),
    lambda content: encode_long(RSP_UD, 1, 0x73, content[:16]),
    lambda content: encode_long(RSP_UD, 1, 0x78, content),
)


def _im871a() -> Wire:
    wire = Im871aWire()
    wire.answer(bytes.fromhex("A50103080003000338000100"))
    return wire


def _amb8465() -> Wire:
    wire = Amb8465Wire(delivered=False)
    wire.answer(bytes.fromhex("FF040108F2"))
    return wire


def _cul() -> Wire:
    wire = CulWire()
    wire.answer(b"brt\nX21\n")
    return wire


def streams() -> dict[str, list[bytes]]:
    """Return what each kind of receiver writes for some telegrams, one stretch each."""
    wires = {
        "im871a": _im871a(),
        "amb8465": _amb8465(),
        "cul": _cul(),
        "rtl_wmbus": RtlWire(),
        "raw_hex": HexWire(),
    }
    telegrams = [wrap(content) for wrap in WRAPS[:3] for content in contents(())[:2]]
    return {
        kind: [wire.frame(telegram, "T1", -60.5, NOON) for telegram in telegrams]
        for kind, wire in wires.items()
    }


def spoil(raw: bytes, rng: random.Random, others: list[bytes]) -> bytes:
    """Return ``raw`` with one to four changes, in rare cases with none."""
    data = bytearray(raw)
    draw = rng.random  # a third of the cost of `randrange`
    for _ in range((0, 1, 1, 1, 1, 2, 2, 3, 4)[int(draw() * 9)]):
        at = int(draw() * (len(data) + 1))
        kind = int(draw() * 9)
        if kind == 0:
            data[at : at + 1] = _BYTES[int(draw() * 256)]
        elif kind == 1:
            data[at : at + 1] = _BYTES[_TELLING[int(draw() * len(_TELLING))]]
        elif kind == 2 and at < len(data):
            data[at] ^= 1 << int(draw() * 8)
        elif kind == 3:
            data[at:at] = rng.randbytes(1 + int(draw() * 4))
        elif kind == 4:
            del data[at : at + 1 + int(draw() * 8)]
        elif kind == 5:
            del data[at:]
        elif kind == 6:
            data[at:at] = data[at : at + 1 + int(draw() * 32)]
        elif kind == 7:
            other = others[int(draw() * len(others))]
            data[at:] = other[int(draw() * (len(other) + 1)) :]
        else:
            data[at : at + 4] = _EXTREMES[int(draw() * len(_EXTREMES))]
    return bytes(data)
