"""What looks decrypted only by chance is no reading; what a receiver decrypted is one."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest

from hardware.errors import DecodeError, KeyRequired, Unsupported, WrongKey
from hardware.mbus.frame import encode_long
from hardware.mbus.meant import are_meant
from hardware.mbus.record import parse_records
from hardware.mbus.telegram import decode as decode_wired
from hardware.wmbus.formats import FormatStore
from hardware.wmbus.link import LinkFrame, crc16
from hardware.wmbus.telegram import decode

KEY = bytes(range(16))
ADDRESS = bytes.fromhex("2D2C785634121B04")
ENERGY, VOLUME = "0C0678563412", "04131F030000"

MEANT = [
    ENERGY,
    ENERGY + VOLUME + "426C1F3C",
    ENERGY + "2F2F2F",
    ENERGY + VOLUME + "0F010203",
    "0F010203",  # the manufacturer's own alone: no number
    ENERGY + "0C13FFFFFFFF",  # a counter that says that it has nothing to say
    ENERGY + "345900000001" + "34060100_0000".replace("_", ""),  # stored in error
]
BY_CHANCE = [
    "",
    "2F2F2F",
    "0C13FFFFFFFF",
    "1C0678563412",  # nothing of it is of now
    "04FF0701000000",  # nothing of it is known
    ENERGY + "0F010203",  # most of it proves nothing
    "84C0C0C0C0400600000000",  # a subunit that no meter has
    "84B0B0100600000000",  # a tariff that no meter has
    "84808080020601000000",  # a storage that no meter has
    "0406FFFFFF7F" + "046D" + "00000000" + "0C13FFFFFFFF" * 2,
    "05065000001E",  # a floating-point number of nothing
    "000C0C0678563412",  # bytes behind an empty header
    "042BFFFFFF7F",  # 2 GW
    "0D780401020304",  # a number that cannot be printed
]


@pytest.mark.parametrize("digits", MEANT)
def test_meters_mean_what_they_say(digits: str) -> None:
    assert are_meant(parse_records(bytes.fromhex(digits)))


@pytest.mark.parametrize("digits", BY_CHANCE)
def test_chance_says_less(digits: str) -> None:
    assert not are_meant(parse_records(bytes.fromhex(digits)))


def by_radio(content: bytes, mode: int = 5) -> bytes:
    extension = b"\x10" if mode == 7 else b""
    head = bytes((0x7A, 0x2A, 0, len(content) // 16 << 4, mode)) + extension
    return LinkFrame(0x44, ADDRESS, head + content).raw


def by_wire(content: bytes) -> bytes:
    head = ADDRESS[2:6] + ADDRESS[:2] + ADDRESS[6:] + bytes((0x2A, 0, len(content) // 16 << 4, 5))
    return encode_long(0x08, 1, 0x72, head + content)


def error_of(read: Callable[[], object]) -> type[Exception] | None:
    try:
        read()
    except DecodeError as error:
        return type(error)
    return None


@pytest.mark.parametrize("mode", [5, 7])
@pytest.mark.parametrize("key", [None, KEY])
def test_ciphertext_that_begins_with_fillers_needs_its_key(mode: int, key: bytes | None) -> None:
    rng = random.Random(7)
    seen: Counter[type[Exception] | None] = Counter()
    for _ in range(1000):
        raw = by_radio(b"\x2f\x2f" + rng.randbytes(30), mode)
        seen[error_of(lambda raw=raw: decode([raw], key, FormatStore()))] += 1
    others = {Unsupported} if mode == 7 and key else set()  # no counter to derive a key with
    assert set(seen) <= {None, WrongKey if key else KeyRequired} | others
    assert seen[None] <= 20  # it was 60; eight of them are the manufacturer's own bytes as they are


def test_ciphertext_on_a_wire_needs_its_key_too() -> None:
    rng = random.Random(7)
    for key, wanted in ((None, KeyRequired), (lambda *_: bytes(32), WrongKey)):
        seen: Counter[type[Exception] | None] = Counter()
        for _ in range(500):
            raw = by_wire(b"\x2f\x2f" + rng.randbytes(30))
            seen[error_of(lambda raw=raw, key=key: decode_wired(raw, key))] += 1
        assert set(seen) <= {None, wanted}
        assert seen[None] <= 10


def test_what_was_decrypted_on_the_wire_is_read() -> None:
    content = b"\x2f\x2f" + bytes.fromhex(ENERGY + VOLUME) + b"\x2f\x2f"
    assert decode_wired(by_wire(content)).records[0].value == 12345678.0


@pytest.mark.parametrize(("key", "wanted"), [(None, KeyRequired), (KEY, WrongKey)])
@pytest.mark.parametrize(
    "content",
    [
        b"\xa2" + bytes(12),  # the manufacturer's own
        b"\x01" + bytes(12),  # nothing known
        b"\x78\x0c\x06\x01",  # records that break off
        b"\x78\x1c\x06" + bytes(4),  # a record that nothing speaks for
    ],
)
def test_session_whose_checksum_matches_by_chance(
    content: bytes, key: bytes | None, wanted: type[Exception]
) -> None:
    sealed = crc16(content).to_bytes(2, "little") + content
    raw = LinkFrame(0x44, ADDRESS, b"\x8d\x20\x2a" + b"\x0a\x0b\x0c\x20" + sealed).raw
    with pytest.raises(wanted):
        decode([raw], key, FormatStore())
