"""Whatever the air does to a telegram: our errors or what was sent, nothing else."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.errors import DecodeError, FrameError
from hardware.wmbus.formats import COMPACT_HEAD, FormatStore
from hardware.wmbus.link import Checksums, LinkFrame, crc16, encode_a, encode_b, parse
from hardware.wmbus.telegram import decode, read_header

ADDRESS = bytes.fromhex("2D2C785634121B04")
KEY = bytes(range(16))

_FRAME = st.builds(
    LinkFrame,
    st.just(0x44),
    st.binary(min_size=8, max_size=8),
    st.binary(min_size=1, max_size=200),
)
_RECORD = st.one_of(
    st.binary(min_size=4, max_size=4).map(lambda data: (b"\x04\x13", data)),
    st.binary(min_size=2, max_size=2).map(lambda data: (b"\x42\x6c", data)),
    st.binary(max_size=9).map(lambda text: (b"\x0d\xfd\x11", bytes((len(text),)) + text)),
)
_HEADS = st.sampled_from(
    [
        b"\x78",
        b"\x79",
        b"\x7a\x2a\0\0\0",
        b"\x7a\x2a\0\x20\x05",
        b"\x7a\x2a\0\x20\x07\x10",
        b"\x72" + ADDRESS + b"\x2a\0\x20\x05",
        b"\x8c\x20\x2a\x78",
        b"\x8d\x20\x2a\1\2\3\x20",
        b"\x8f\x20\x2a" + ADDRESS + b"\1\2\3\x20",
        b"\x90\x0f\x00\x2c\x25",
        b"",
    ]
)


@given(_FRAME)
def test_frames_are_read_back(frame: LinkFrame) -> None:
    assert parse(encode_a(frame)) == frame
    assert parse(encode_b(frame), Checksums.PRESENT) == frame
    assert parse(frame.raw, Checksums.REMOVED) == frame


@given(_FRAME, st.data())
def test_one_changed_byte_is_never_read(frame: LinkFrame, data: st.DataObject) -> None:
    for encode in (encode_a, encode_b):
        raw = bytearray(encode(frame))
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at] ^= data.draw(st.integers(1, 255))
        with pytest.raises(FrameError):
            parse(bytes(raw), Checksums.PRESENT)


@given(_FRAME, st.data())
def test_cut_frames_are_never_read(frame: LinkFrame, data: st.DataObject) -> None:
    for encode in (encode_a, encode_b):
        raw = encode(frame)
        cut = raw[: data.draw(st.integers(0, len(raw) - 1))]
        with pytest.raises(FrameError):
            parse(cut, Checksums.PRESENT)


@given(_HEADS, st.binary(min_size=1, max_size=120), st.sampled_from([None, KEY]))
def test_only_our_errors(head: bytes, rest: bytes, key: bytes | None) -> None:
    raw = LinkFrame(0x44, ADDRESS, head + rest).raw
    with contextlib.suppress(FrameError, DecodeError):
        decode([raw], key, FormatStore())
    assert read_header(raw).manufacturer is not None


@given(st.binary(max_size=300))
def test_only_our_errors_for_noise(raw: bytes) -> None:
    with contextlib.suppress(FrameError, DecodeError):
        decode([raw], KEY, FormatStore())
    read_header(raw)


@given(st.lists(_RECORD, min_size=1, max_size=9))
def test_compact_frames_say_what_the_full_one_does(records: list[tuple[bytes, bytes]]) -> None:
    full = b"".join(header + data for header, data in records)
    skeleton = b"".join(header for header, _ in records)
    compact = crc16(skeleton).to_bytes(2, "little") + crc16(full).to_bytes(2, "little")
    assert len(compact) == COMPACT_HEAD
    compact += b"".join(data for _, data in records)
    formats = FormatStore(())
    whole = decode([LinkFrame(0x44, ADDRESS, b"\x78" + full).raw], None, formats)
    short = LinkFrame(0x44, ADDRESS, b"\x79" + compact).raw
    assert decode([short], None, formats) == whole
