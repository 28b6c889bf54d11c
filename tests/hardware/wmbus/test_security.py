"""Ciphers put together from single blocks, beside the library's own modes."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from hardware.wmbus import security

ADDRESS = bytes.fromhex("2D2C785634121B04")


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 32, 100, 246])
def test_session_is_the_librarys(size: int) -> None:
    rng = random.Random(size)
    key, session, data = rng.randbytes(16), rng.randbytes(4), rng.randbytes(size)
    start = ADDRESS + b"\x20" + session + bytes(3)
    own = Cipher(algorithms.AES(key), modes.CTR(start)).encryptor()
    assert security.open_session(key, ADDRESS, 0x20, session, own.update(data)) == data


@pytest.mark.parametrize("blocks", [1, 2, 5, 15])
def test_mode_5_is_the_librarys(blocks: int) -> None:
    rng = random.Random(blocks)
    key, data = rng.randbytes(16), rng.randbytes(16 * blocks)
    own = Cipher(algorithms.AES(key), modes.CBC(ADDRESS + b"\x2a" * 8)).encryptor()
    assert security.open_mode_5(key, ADDRESS, 0x2A, own.update(data)) == data


def test_threads_share_a_key() -> None:
    key, data = bytes(range(16)), bytes(range(240))
    sealed = security.open_session(key, ADDRESS, 0, bytes(4), data)

    def open_often(_: int) -> bool:
        return all(
            security.open_session(key, ADDRESS, 0, bytes(4), sealed) == data for _ in range(200)
        )

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(open_often, range(16)))


def test_keys_kept_are_bounded() -> None:
    for number in range(security.MOST_KEYS + 10):
        security._encryptors(number.to_bytes(16))
    assert security._encryptors.cache_info().currsize == security.MOST_KEYS
    security._encryptors.cache_clear()
