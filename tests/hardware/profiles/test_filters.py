from __future__ import annotations

import subprocess

import pytest

from hardware.errors import DecodeError, KeyRequired
from hardware.mbus.header import Header
from hardware.profiles.filters import Sent, apator_na1, prios
from hardware.wmbus.diehl import SCRAMBLING_KEYS

ADDRESS = bytes.fromhex("2423850778563412")
CLEAR = bytes.fromhex("21800013")
PLAIN = b"\x4b" + bytes(range(10))


def sent(ci: int | None = 0xA2, address: bytes = ADDRESS) -> Sent:
    return Sent(ci, Header(), address)


def scrambled(key: int, ci: int = 0xA2) -> bytes:
    """Scramble ``PLAIN`` bit by bit, as the description has it."""
    words = (ADDRESS[:4], ADDRESS[4:], bytes((ci,)) + CLEAR[:3])
    bits = [int(bit) for bit in f"{key:032b}"]
    for word in words:
        bits = [
            one ^ int(bit) for one, bit in zip(bits, f"{int(word.hex(), 16):032b}", strict=True)
        ]
    found = bytearray()
    for byte in PLAIN:
        for _ in range(8):  # bits 31, 11, 2 and 1, counted from the lowest
            bits = [*bits[1:], bits[0] ^ bits[20] ^ bits[29] ^ bits[30]]
        found.append(byte ^ int("".join(map(str, bits[-8:])), 2))
    return CLEAR + bytes(found)


@pytest.mark.parametrize("key", SCRAMBLING_KEYS)
def test_published_keys_unscramble(key: int) -> None:
    assert prios(scrambled(key), sent()) == CLEAR + PLAIN


def test_what_the_shift_register_starts_with() -> None:
    data = scrambled(SCRAMBLING_KEYS[0])
    for other in (sent(0xA3), sent(address=ADDRESS[:-1] + b"\x13"), sent(address=bytes(8))):
        with pytest.raises(KeyRequired) as caught:
            prios(data, other)
        assert "Schlüssel" in caught.value.hint


def test_a_key_of_ones_own_is_asked_for() -> None:
    with pytest.raises(KeyRequired):
        prios(scrambled(0x12345678), sent())


@pytest.mark.parametrize(
    ("data", "how"),
    [(CLEAR, sent()), (CLEAR + PLAIN, sent(None)), (CLEAR + PLAIN, sent(address=b""))],
)
def test_too_little_to_unscramble(data: bytes, how: Sent) -> None:
    with pytest.raises(DecodeError, match="too short"):
        prios(data, how)


def encrypted(key: bytes) -> bytes:
    iv = (ADDRESS + b"\x42" * 8).hex()
    command = ("openssl", "enc", "-aes-128-cbc", "-nopad", "-K", key.hex(), "-iv", iv)
    plain = b"\x2f" + bytes(range(15))
    sealed = subprocess.run(command, input=plain, capture_output=True, check=True).stdout
    return b"\x42\x01" + sealed


def test_the_factorys_key_decrypts() -> None:
    plain = apator_na1(encrypted(bytes(16)) + b"\x99", sent())
    assert plain == b"\x42\x01\x2f" + bytes(range(15)) + b"\x99"


def test_another_key_is_asked_for() -> None:
    with pytest.raises(KeyRequired) as caught:
        apator_na1(encrypted(bytes(range(16))), sent())
    assert "Schlüssel" in caught.value.hint


@pytest.mark.parametrize(("size", "address"), [(17, ADDRESS), (18, b"")])
def test_too_little_to_decrypt(size: int, address: bytes) -> None:
    with pytest.raises(DecodeError, match="too short"):
        apator_na1(bytes(size), sent(address=address))
