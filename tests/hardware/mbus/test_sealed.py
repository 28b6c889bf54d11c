"""Wired telegrams that are encrypted, sealed by the `openssl` command; and modes that are none."""

from __future__ import annotations

import random
import subprocess
from functools import partial

import pytest

from hardware.errors import DecodeError, KeyRequired, Unsupported, WrongKey
from hardware.explain import Tone, explain, leaves, readings
from hardware.mbus.frame import encode_long
from hardware.mbus.telegram import Telegram, decode
from hardware.profiles import decode_message, shipped
from hardware.wmbus import telegram as wireless
from hardware.wmbus.formats import FormatStore
from hardware.wmbus.link import LinkFrame
from hardware.wmbus.security import open_mode_5

KEY = bytes(range(16))
HEAD = bytes.fromhex("78563412 2D2C 1B 04")  # 12345678 KAM
ADDRESS = HEAD[4:6] + HEAD[:4] + HEAD[6:]
RECORDS = bytes.fromhex("0C0678563412 0413 1F030000 426C 1F3C 0259 E803 025D F401")
WANTED = [12345678.0, 0.799, "2024-12-31", 10.0, 5.0]
TAIL = bytes.fromhex("0C22 11220000")
ODD = bytes.fromhex("2F2F 848F8F0F06 01020304")  # fillers, and a register that no meter has


def cbc(iv: bytes, data: bytes) -> bytes:
    words = ("openssl", "enc", "-aes-128-cbc", "-nopad", "-K", KEY.hex(), "-iv", iv.hex())
    return subprocess.run(words, input=data, capture_output=True, check=True).stdout


def sealed(ci: int = 0x72, *, mode: int = 5, tail: bytes = b"", blocks: int | None = None) -> bytes:
    plain = b"\x2f\x2f" + RECORDS
    plain += b"\x2f" * (-len(plain) % 16)
    count = len(plain) // 16 if blocks is None else blocks
    short = bytes((0x2A, 0x04, count << 4, mode))
    head = short if ci == 0x7A else HEAD + short
    return encode_long(8, 1, ci, head + cbc(ADDRESS + b"\x2a" * 8, plain) + tail)


def read(raw: bytes, key: bytes | None = KEY) -> Telegram:
    return decode(raw, None if key is None else partial(open_mode_5, key))


@pytest.mark.parametrize("tail", [b"", TAIL])
def test_the_key_opens(tail: bytes) -> None:
    found = read(sealed(tail=tail))
    assert [record.value for record in found.records[:5]] == WANTED
    assert len(found.records) == (6 if tail else 5)
    assert (found.encryption, found.status) == ("aes-cbc-iv", "POWER_LOW")
    (meant,) = decode_message([sealed()], KEY, FormatStore(), shipped())
    assert [record.value for record in meant.records][:2] == WANTED[:2]


def test_without_the_key_or_with_a_wrong_one() -> None:
    with pytest.raises(KeyRequired):
        read(sealed(), None)
    rng = random.Random(3)
    raw = sealed()
    for _ in range(200):
        with pytest.raises(WrongKey):
            read(raw, rng.randbytes(16))
    with pytest.raises(WrongKey):
        read(sealed(blocks=15))  # more than there are


def test_a_key_that_gives_fillers_by_chance_is_wrong() -> None:
    with pytest.raises(WrongKey):
        decode(sealed(), lambda _address, _number, data: b"\x2f\x2f" + b"\x3f" * (len(data) - 2))


def test_decrypted_before() -> None:
    plain = b"\x2f\x2f" + RECORDS
    plain += b"\x2f" * (-len(plain) % 16)
    raw = encode_long(8, 1, 0x72, HEAD + bytes((0x2A, 0, len(plain) // 16 << 4, 5)) + plain)
    for key in (None, KEY):
        found = read(raw, key)
        assert ([one.value for one in found.records], found.encryption) == (WANTED, "aes-cbc-iv")
    short = encode_long(8, 1, 0x7A, bytes((0x2A, 0, len(plain) // 16 << 4, 5)) + plain)
    assert [one.value for one in read(short).records] == WANTED


def test_a_key_does_not_help_everywhere() -> None:
    with pytest.raises(Unsupported, match="does not name itself"):
        read(sealed(0x7A))
    with pytest.raises(KeyRequired):
        read(sealed(0x7A), None)
    for mode in (7, 13):
        with pytest.raises(Unsupported):
            read(sealed(mode=mode))


@pytest.mark.parametrize("key", [None, KEY])
@pytest.mark.parametrize("mode", [6, 11, 12, *range(14, 32)])
def test_modes_that_are_none_are_refused(mode: int, key: bytes | None) -> None:
    body = bytes((0x2A, 0, 0x00, mode)) + bytes(range(0x11, 0x41))
    plain = bytes((0x2A, 0, 0x00, mode)) + RECORDS
    with pytest.raises((Unsupported, KeyRequired)):
        read(encode_long(8, 1, 0x72, HEAD + body), key)
    for content in (body, plain):  # by radio, nobody is from before there were modes
        raw = LinkFrame(0x44, ADDRESS, b"\x7a" + content).raw
        with pytest.raises(Unsupported, match=f"mode {mode}"):
            wireless.decode([raw], key, FormatStore())
    proven = LinkFrame(0x44, ADDRESS, b"\x7a" + plain[:4] + b"\x2f\x2f" + RECORDS).raw
    assert [one.value for one in wireless.decode([proven], key, FormatStore()).records] == WANTED
    by_chance = LinkFrame(0x44, ADDRESS, b"\x7a" + plain[:4] + ODD).raw
    with pytest.raises(DecodeError):
        wireless.decode([by_chance], key, FormatStore())


def test_every_byte_of_a_sealed_telegram_is_explained() -> None:
    for key in (KEY, None, bytes(16)):
        found = explain([sealed(tail=TAIL)], key, FormatStore(), shipped())
        texts = found.telegrams[0].texts
        assert len(texts) == (2 if key == KEY else 1)
        for text in texts:
            ends = [span.end for span in leaves(text.spans)]
            assert [span.start for span in leaves(text.spans)] == [0, *ends[:-1]]
            assert ends[-1] == len(text.data)
        assert Tone.SEALED in {span.tone for span in texts[0].spans}
    found = explain([sealed()], KEY, FormatStore(), shipped())
    shown = [one.value for one in readings(found.telegrams[0].texts[1].spans)]
    assert shown[:2] == WANTED[:2]
