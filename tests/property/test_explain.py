"""Every byte is explained exactly once, whatever the bytes; what is shown is what is decoded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.explain import (
    Explanation,
    Language,
    Span,
    as_spans,
    explain,
    leaves,
    lines,
    readings,
    skeleton,
)
from hardware.mbus.frame import encode_long, encode_short
from hardware.profiles import Profile, Registry, check, decode_message, parse, shipped
from hardware.wmbus.formats import KNOWN, FormatStore
from hardware.wmbus.link import LinkFrame, crc16, encode_a, encode_b

ADDRESS = bytes.fromhex("2D2C785634121B04")
OWN_ADDRESS = bytes.fromhex("B409452301001307")  # a meter whose own data a profile lays out
KEY = bytes(range(16))
WIDTH = 100
REGISTRY = shipped()  # read once, outside the time that one example may take

_RECORD = st.one_of(
    st.binary(min_size=4, max_size=4).map(lambda data: b"\x04\x13" + data),
    st.binary(min_size=2, max_size=2).map(lambda data: b"\x42\x6c" + data),
    st.binary(min_size=4, max_size=4).map(lambda data: b"\x04\xfd\x17" + data),
    st.binary(max_size=9).map(lambda text: b"\x0d\xfd\x11" + bytes((len(text),)) + text),
    st.sampled_from([b"\x2f", b"\x01\xff\x22\x05", b"\x02\x7c\x03abc\x01\x02", b"\x00\x13"]),
    st.tuples(st.binary(min_size=2, max_size=4), st.binary(max_size=8)).map(b"".join),
)
_RECORDS = st.builds(
    lambda found, tail: b"".join(found) + tail,
    st.lists(_RECORD, max_size=6),
    st.sampled_from([b"", b"\x0f\x01\x02", b"\x1f", b"\x3f"]),
)
_HEADER = ADDRESS[2:6] + ADDRESS[:2] + ADDRESS[6:]


def sealed_5(plain: bytes) -> bytes:
    plain = b"\x2f\x2f" + plain
    plain += b"\x2f" * (-len(plain) % 16)
    blocks = min(len(plain) // 16, 15)
    start = ADDRESS + b"\x2a" * 8
    encryptor = Cipher(algorithms.AES(KEY), modes.CBC(start)).encryptor()
    head = b"\x7a\x2a\x00" + bytes((blocks << 4, 5))
    return head + encryptor.update(plain[: 16 * blocks]) + plain[16 * blocks :]


def sealed_session(plain: bytes) -> bytes:
    session = b"\x01\x02\x03\x20"
    start = ADDRESS + b"\x20" + session + bytes(3)
    encryptor = Cipher(algorithms.AES(KEY), modes.CTR(start)).encryptor()
    plain = b"\x78" + plain
    return b"\x8d\x20\x2a" + session + encryptor.update(crc16(plain).to_bytes(2, "little") + plain)


def compact(data: bytes) -> bytes:
    """Return a compact frame of a known format, whose data are cut from ``data``."""
    skeleton_ = min(KNOWN, key=len)
    filled = (data * 40)[:40]
    full = b"\x04\x04" + filled[:4] + b"\x04\x84\x3c" + filled[4:8] + b"\x04\x2b" + filled[8:12]
    full += b"\x04\xab\x3c" + filled[12:16]
    signature = crc16(skeleton_).to_bytes(2, "little") + crc16(full).to_bytes(2, "little")
    return b"\x79" + signature + filled[:16]


_PAYLOAD = st.one_of(
    _RECORDS.map(lambda data: b"\x78" + data),
    _RECORDS.map(lambda data: b"\x7a\x2a\xa4\0\0" + data),
    _RECORDS.map(lambda data: b"\x72" + _HEADER + b"\x2a\x00\0\0" + data),
    _RECORDS.map(lambda data: b"\x7a\x2a\0\x20\x07\x10" + data),
    _RECORDS.map(lambda data: b"\x8c\x20\x2a\x78" + data),
    _RECORDS.map(lambda data: b"\x8e\x20\x2a" + ADDRESS + b"\x78" + data),
    _RECORDS.map(lambda data: b"\x90\x0f\x00\x2c\x25" + bytes(12) + data),
    _RECORDS.map(sealed_5),
    _RECORDS.map(sealed_session),
    st.binary(min_size=1, max_size=8).map(compact),
    st.binary(min_size=1, max_size=60).map(lambda data: b"\xa2" + data),
    st.binary(min_size=1, max_size=60),
)
_RADIO = st.builds(
    lambda payload, address, encode: encode(LinkFrame(0x44, address, payload[:230])),
    _PAYLOAD,
    st.sampled_from([ADDRESS, OWN_ADDRESS]),
    st.sampled_from([encode_a, encode_b, lambda frame: frame.raw]),
)
_WIRED = st.one_of(
    st.builds(
        lambda ci, payload: encode_long(0x08, 1, ci, payload[:240]),
        st.sampled_from([0x72, 0x76]),
        _RECORDS.map(lambda data: _HEADER + b"\x2a\x10\0\0" + data),
    ),
    st.builds(
        lambda ci, payload: encode_long(0x08, 1, ci, payload),
        st.sampled_from([0x70, 0x73, 0x77, 0x78, 0x7A, 0x51]),
        st.binary(max_size=30),
    ),
    st.binary(min_size=16, max_size=16).map(lambda data: encode_long(0x08, 1, 0x73, data)),
    st.builds(encode_short, st.integers(0, 255), st.integers(0, 255)),
    st.just(b"\xe5"),
)
_VALID = st.one_of(_RADIO, _WIRED)
_KEYS = st.sampled_from([None, KEY, bytes(16)])


@st.composite
def near_misses(draw: st.DrawFn) -> bytes:
    raw = bytearray(draw(_VALID))
    how = draw(st.sampled_from(["change", "cut", "more", "begin"]))
    if how == "change":
        raw[draw(st.integers(0, len(raw) - 1))] ^= draw(st.integers(1, 255))
    elif how == "cut":
        del raw[draw(st.integers(1, len(raw))) :]
    elif how == "begin":
        del raw[: draw(st.integers(0, len(raw) - 1))]
    else:
        raw += draw(st.binary(min_size=1, max_size=20))
    return bytes(raw)


def assert_tiles(spans: Iterable[Span], start: int, end: int) -> None:
    """Fail unless ``spans`` cover every byte once, and so do the parts of each."""
    at = start
    for span in spans:
        assert span.start == at
        assert span.end > at
        if span.parts:
            assert_tiles(span.parts, span.start, span.end)
        at = span.end
    assert at == end


def explained(messages: Sequence[bytes], key: bytes | None, registry: Registry) -> Explanation:
    """Return the explanation, all that must hold of any asserted."""
    found = explain(messages, key, FormatStore(), registry)
    for raw, telegram in zip(messages, found.telegrams, strict=True):
        assert telegram.texts[0].data == raw
        for text in telegram.texts:
            assert_tiles(text.spans, 0, len(text.data))
            assert len(b"".join(text.data[one.start : one.end] for one in leaves(text.spans))) == (
                len(text.data)
            )
        shown = [one for text in telegram.texts for one in readings(text.spans)]
        if telegram.error is not None:
            assert not shown
        else:
            meanings = decode_message([raw], key, FormatStore(), registry)
            wanted = [record for one in meanings for record in one.records]
            assert sorted(map(repr, shown)) == sorted(map(repr, wanted))
    for language in Language:
        rows = list(lines(found, language))
        assert max(map(len, rows)) <= WIDTH
        assert as_spans(found, language)
    return found


@settings(deadline=None)
@given(st.one_of(_VALID, near_misses(), st.binary(min_size=1, max_size=80)), _KEYS)
def test_every_byte_is_explained_once(raw: bytes, key: bytes | None) -> None:
    explained([raw], key, REGISTRY)


@settings(deadline=None)
@given(st.lists(_VALID, min_size=2, max_size=3), _KEYS)
def test_messages_of_several_telegrams(messages: list[bytes], key: bytes | None) -> None:
    explained(messages, key, REGISTRY)


@settings(deadline=None)
@given(_VALID, _KEYS)
def test_a_skeleton_is_a_profile_without_mistakes(raw: bytes, key: bytes | None) -> None:
    found = explain([raw], key, FormatStore(), REGISTRY)
    text = skeleton(found, [raw], key, REGISTRY)
    if text is not None:
        assert not check(text, REGISTRY)
        profile: Profile = parse(text, "skeleton")
        assert profile.matches
        if found.meanings:
            assert profile.matches[0].fits(found.meanings[-1].telegram.header)
        assert key is None or key.hex().upper() not in text.upper()
