"""A recording holds no key, and everything else as it was."""

from __future__ import annotations

from itertools import pairwise

import pytest

from hardware.radio.secrets import Blanker

KEY = bytes(range(0x30, 0x40))


def acl(data: bytes, *, continues: bool = False) -> bytes:
    head = (0x0040 | (0x1000 if continues else 0x2000)).to_bytes(2, "little")
    return b"\x02" + head + len(data).to_bytes(2, "little") + data


def smp(message: bytes, channel: int = 6) -> bytes:
    return len(message).to_bytes(2, "little") + channel.to_bytes(2, "little") + message


def command(opcode: int, parameters: bytes) -> bytes:
    return b"\x01" + opcode.to_bytes(2, "little") + bytes((len(parameters),)) + parameters


@pytest.mark.parametrize(
    ("opcode", "before", "after"),
    [(0x2019, 12, 0), (0x201A, 2, 0), (0x2017, 0, 16), (0x2027, 7, 16), (0x040B, 6, 0)],
)
def test_a_command_s_key_is_zero(opcode: int, before: int, after: int) -> None:
    front, back = b"\x11" * before, b"\x22" * after
    told = Blanker().blank(command(opcode, front + KEY + back), received=False)
    rest = bytes(16) if opcode == 0x2027 else back
    assert told == command(opcode, front + bytes(16) + rest)
    cut = command(opcode, front + KEY[:5])
    assert KEY[:2] not in Blanker().blank(cut, received=False)


@pytest.mark.parametrize("code", [0x06, 0x08, 0x0A])
@pytest.mark.parametrize("received", [True, False])
def test_a_key_that_is_handed_over_is_zero_however_it_is_cut(code: int, received: bool) -> None:  # noqa: FBT001
    message = smp(bytes((code,)) + KEY)
    for first in range(4, len(message) + 1):
        for second in range(first, len(message) + 1):
            places = [0, first, second, len(message)]
            one, got = Blanker(), b""
            for begin, end in pairwise(places):
                if begin != end:
                    piece = acl(message[begin:end], continues=begin > 0)
                    told = one.blank(piece, received=received)
                    assert len(told) == len(piece)
                    assert told[:5] == piece[:5]
                    got += told[5:]
            assert got[:4] == message[:4]
            assert got[5:] == bytes(16)
            following = acl(b"\x03\x00\x04\x00" + KEY[:3])
            assert one.blank(following, received=received) == following


def test_what_names_a_key_is_zero() -> None:
    told = Blanker().blank(acl(smp(b"\x07" + KEY[:10])), received=True)
    assert told == acl(smp(b"\x07" + bytes(10)))


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"\x04\x3e\x01\x00",
        command(0x200C, KEY),
        acl(smp(b"\x06" + KEY, channel=4)),  # a value is no key
        acl(smp(b"\x03" + KEY)),  # a confirm value is none
        acl(KEY, continues=True),  # its beginning was not seen
        b"\x01\x19",
        b"\x02\x40",
    ],
)
def test_all_else_stays(packet: bytes) -> None:
    assert Blanker().blank(packet, received=True) == packet
