"""Messages in fragments, built field by field; OpenSSL's command line seals and authenticates."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from hardware.wmbus.link import LinkFrame

ADDRESS = bytes.fromhex("2D2C785634121B04")  # KAM 12345678
KEY = bytes(range(16))
COUNTER = b"\x07\x00\x00\x00"
ACCESS = 0x2A


def openssl(*words: str, data: bytes) -> bytes:
    return subprocess.run(["openssl", *words], input=data, capture_output=True, check=True).stdout


def cbc(key: bytes, iv: bytes, data: bytes) -> bytes:
    return openssl(
        "enc", "-aes-128-cbc", "-nopad", "-K", key.hex(), "-iv", iv.hex(), data=data
    )  # fmt: skip


def cmac(key: bytes, data: bytes) -> bytes:
    return openssl(
        "mac", "-cipher", "AES-128-CBC", "-macopt", f"hexkey:{key.hex()}", "-binary", "-in", "-",
        "CMAC", data=data,
    )  # fmt: skip


def energies(count: int) -> bytes:
    """Return as many records of energy, each in a storage of its own: 1000 kWh, 1001 kWh, ..."""
    found = b""
    for storage in range(count):
        dif = bytes((0x84 | (storage & 1) << 6, storage >> 1 & 0x0F))
        if storage >> 5:
            dif = bytes((dif[0], dif[1] | 0x80, storage >> 5))
        found += dif + b"\x06" + (1000 + storage).to_bytes(4, "little")
    return found


def sealed_message(
    records: bytes, *, counter: bytes = COUNTER, all_blocks: bool = True, key: bytes = KEY
) -> tuple[bytes, bytes]:
    """Return transport layer and data in mode 7, and the code of eight bytes with length field.

    Of more than 15 blocks all are sealed, or the first 15 if not ``all_blocks``.
    """
    plain = b"\x2f\x2f" + records
    plain += b"\x2f" * (-len(plain) % 16)
    blocks = min(15, len(plain) // 16)
    end = len(plain) if all_blocks else blocks * 16
    encrypts, authenticates = (
        cmac(key, constant + counter + ADDRESS[2:6] + b"\x07" * 7)
        for constant in (b"\x00", b"\x01")
    )
    head = bytes((0x7A, ACCESS, 0, blocks << 4, 7, 0x10))
    message = head + cbc(encrypts, bytes(16), plain[:end]) + plain[end:]
    length = len(message).to_bytes(2, "little")
    return message, cmac(authenticates, b"\x25" + counter + length + message)[:8]


def telegrams(
    message: bytes,
    code: bytes,
    *,
    cuts: Sequence[int] = (100,),
    counter: bytes = COUNTER,
    ell: bytes = b"\x8c\x00\x2a",
    has_length: bool = True,
) -> list[bytes]:
    """Return the telegrams of a message, its code in the last one."""
    ends = [0, *cuts, len(message)]
    found = []
    last = len(ends) - 1
    for number in range(1, last + 1):
        flags = number | (0x4000 if number < last else 0)
        fields = b""
        if number == 1:
            flags |= 0x2800 if counter else 0
            fields += b"\x25" + counter if counter else b""
        if number == last and code:
            flags |= 0x0400
            fields += code
        if number == 1 and has_length:
            flags |= 0x1000
            fields += len(message).to_bytes(2, "little")
        layer = flags.to_bytes(2, "little") + fields
        part = message[ends[number - 1] : ends[number]]
        payload = ell + b"\x90" + bytes((len(layer),)) + layer + part
        found.append(LinkFrame(0x44, ADDRESS, payload).raw)
    return found


def message_of(records: bytes, cuts: Sequence[int] = (100,), key: bytes = KEY) -> list[bytes]:
    """Return the telegrams of one authenticated and encrypted message."""
    message, code = sealed_message(records, key=key)
    return telegrams(message, code, cuts=cuts)
