"""The counter that whoever encrypts a telegram vouches for."""

from __future__ import annotations

import pytest

from hardware.wmbus.counted import MESSAGE, SESSION, Count, count_of
from hardware.wmbus.link import LinkFrame, crc16

ADDRESS = bytes.fromhex("2D2C785634121B04")
SEALED = bytes(range(64))
NUMBER = (0x0ABCDE | 1 << 29).to_bytes(4, "little")
TPL = b"\x7a\x2a\x00\x20\x07\x10" + SEALED


def afl(flags: int, fields: bytes, tpl: bytes = TPL) -> bytes:
    layer = flags.to_bytes(2, "little") + fields
    return b"\x90" + bytes((len(layer),)) + layer + tpl


@pytest.mark.parametrize(
    ("payload", "count"),
    [
        (b"\x8d\x20\x2a" + NUMBER + SEALED, Count(SESSION, 0x0ABCDE)),
        (b"\x8f\x20\x2a" + bytes(8) + NUMBER + SEALED, Count(SESSION, 0x0ABCDE)),
        (afl(0x0C00, b"\4\3\2\1" + bytes(8)), Count(MESSAGE, 0x01020304)),
        (afl(0x2C00, b"\x25\4\3\2\1" + bytes(8)), Count(MESSAGE, 0x01020304)),
        (afl(0x2E00, b"\x25\7\7\4\3\2\1" + bytes(8)), Count(MESSAGE, 0x01020304)),
        (b"\x8c\x00\x2a" + afl(0x0800, b"\4\3\2\1"), Count(MESSAGE, 0x01020304)),
        (afl(0x2400, b"\x25" + bytes(8)), None),  # none in it
        (afl(0x0800, b"\4\3\2\1", b"\x7a\x2a\x00\x20\x05" + SEALED), None),  # mode 5 has no use
        (b"\x8c\x00\x2a\x7a\x2a\x00\x20\x05" + SEALED, None),  # an uncounted one
        (b"\x7a\x2a\0\0\0\x0c\x06\0\0\0\0", None),  # plain
        (afl(0x0800, b"\4\3\2\1", b"\x7a\x2a\0\0\0\x0c\x06\0\0\0\0"), None),  # nobody vouches
        (b"\x8d\x20\x2a" + NUMBER[:2], None),
        (b"\x90", None),
    ],
)
def test_the_counter_that_takes_part_in_the_encryption(payload: bytes, count: Count | None) -> None:
    assert count_of(LinkFrame(0x44, ADDRESS, payload)) == count


def test_a_session_that_a_receiver_opened_has_none() -> None:
    plain = b"\x78\x0c\x06\0\0\0\0"
    opened = crc16(plain).to_bytes(2, "little") + plain
    assert count_of(LinkFrame(0x44, ADDRESS, b"\x8d\x20\x2a" + NUMBER + opened)) is None
