from __future__ import annotations

import random

import pytest

from hardware.errors import FrameError
from hardware.sim.stick_wire import _crc
from hardware.wmbus.link import (
    LEAST_LENGTH,
    Checksums,
    LinkFrame,
    checks,
    checksum,
    crc16,
    encode_a,
    encode_b,
    parse,
    size_a,
)

ADDRESS = bytes.fromhex("2D2C785634121B04")


def frame(size: int = 30) -> LinkFrame:
    return LinkFrame(0x44, ADDRESS, bytes(range(0x78, 0x78 + 1)) + bytes(size - 1))


def test_known_checksums() -> None:
    assert crc16(bytes.fromhex("0F44AE0C785634120107")) == 0x4447
    assert crc16(b"") == 0xFFFF


def test_checksums_are_those_of_the_division_bit_by_bit() -> None:
    rng = random.Random(7)
    for size in (*range(45), *range(70, 310, 7)):
        for data in (rng.randbytes(size), bytes(size), b"\xff" * size):
            assert checksum(data) == _crc(data)
            assert checks(data + _crc(data))
            assert not checks(data + bytes((_crc(data)[0], _crc(data)[1] ^ 1 << size % 8)))
    assert not any(checks(bytes((byte,))) for byte in range(256))
    assert not checks(b"")


def test_known_frame_of_format_a() -> None:
    raw = bytes.fromhex("0F44AE0C78563412010744 47780B134365871E6D")
    found = parse(raw, Checksums.PRESENT)
    assert found.header.manufacturer == "CEN"
    assert found.header.identification == "12345678"
    assert found.header.version == 1
    assert found.header.medium == "water"
    assert found.payload == bytes.fromhex("780B13436587")


@pytest.mark.parametrize("size", [1, 2, 15, 16, 17, 32, 33, 100, 114, 115, 116, 117, 118, 119, 240])
@pytest.mark.parametrize("encode", [encode_a, encode_b, lambda frame: frame.raw])
def test_each_shape_is_read_back(size: int, encode: object) -> None:
    assert callable(encode)
    assert parse(encode(frame(size))) == frame(size)


@pytest.mark.parametrize("size", [1, 16, 17, 116, 117, 240])
def test_a_receiver_that_keeps_checksums_says_so(size: int) -> None:
    assert parse(encode_a(frame(size)), Checksums.PRESENT) == frame(size)
    assert parse(encode_b(frame(size)), Checksums.PRESENT) == frame(size)
    with pytest.raises(FrameError, match="checksum"):
        parse(frame(size).raw, Checksums.PRESENT)


def test_a_receiver_that_removes_checksums_says_so() -> None:
    raw = frame(20).raw
    assert parse(raw, Checksums.REMOVED).raw == raw
    kept = encode_b(frame(20))
    assert parse(kept, Checksums.REMOVED).payload == frame(20).payload + kept[-2:]
    with pytest.raises(FrameError, match="counts 29 bytes and has"):
        parse(encode_a(frame(20)), Checksums.REMOVED)


@pytest.mark.parametrize("size", [1, 40, 150])
def test_no_damaged_byte_of_format_a_is_read(size: int) -> None:
    raw = encode_a(frame(size))
    for at in range(len(raw)):
        for bit in (1, 0x80):
            damaged = bytearray(raw)
            damaged[at] ^= bit
            with pytest.raises(FrameError):
                parse(bytes(damaged))


@pytest.mark.parametrize("size", [1, 40, 150])
def test_no_damaged_byte_of_format_b_is_read_as_one_with_checksums(size: int) -> None:
    raw = encode_b(frame(size))
    for at in range(len(raw)):
        damaged = bytearray(raw)
        damaged[at] ^= 0x10
        with pytest.raises(FrameError):
            parse(bytes(damaged), Checksums.PRESENT)


def test_last_checksum_that_a_receiver_left_behind() -> None:
    for size in (1, 16, 17, 33):
        body = frame(size).raw
        left = bytes((body[0] + 2,)) + body[1:]
        last = left[10 + (size - 1) // 16 * 16 :]
        raw = left + crc16(last).to_bytes(2, "big")
        assert parse(raw) == frame(size)
        with pytest.raises(FrameError):
            parse(raw, Checksums.PRESENT)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "no frame"),
        (b"\x00", "counts 0 bytes, needs 10"),
        (bytes((LEAST_LENGTH - 1,)) + bytes(9), "counts 9 bytes"),
        (frame(20).raw + b"\x00", "counts 29 bytes and has 30"),
        (frame(20).raw[:-1], "counts 29 bytes and has 28"),
    ],
)
def test_lengths_that_no_frame_has(raw: bytes, words: str) -> None:
    with pytest.raises(FrameError, match=words):
        parse(raw)


def test_checksum_with_nothing_in_front_of_it_is_no_frame() -> None:
    head = bytes((11, 0x44)) + ADDRESS
    raw = head + crc16(head).to_bytes(2, "big")
    for checksums in (Checksums.UNKNOWN, Checksums.PRESENT):
        with pytest.raises(FrameError):
            parse(raw, checksums)


@pytest.mark.parametrize("size", [16, 40, 150])
def test_no_cut_frame_of_format_a_is_read(size: int) -> None:
    raw = encode_a(frame(size))
    for length in range(len(raw)):
        with pytest.raises(FrameError):
            parse(raw[:length])


def test_sizes_of_format_a() -> None:
    assert [size_a(length) for length in (10, 25, 26, 255)] == [15, 30, 33, 290]


def test_too_long_for_a_length_field() -> None:
    with pytest.raises(ValueError, match="256"):
        encode_a(frame(247))
    with pytest.raises(ValueError, match="256"):
        encode_b(frame(243))
