from __future__ import annotations

import pytest

from hardware.errors import DecodeError, FrameError, Unsupported
from hardware.wmbus.formats import KNOWN, MOST_FORMATS, MOST_SEEN, FormatStore, FormatUnknown
from hardware.wmbus.link import crc16

DEVICE = "mbus:KAM-12345678-1B-04"
SKELETON = bytes.fromhex("04060DFD11143B")
FULL = bytes.fromhex("0406A5000000") + b"\x0d\xfd\x11\x03ABC" + bytes.fromhex("143B12000000")
DATA = bytes.fromhex("A5000000") + b"\x03ABC" + bytes.fromhex("12000000")


def compact(full: bytes = FULL, data: bytes = DATA, skeleton: bytes = SKELETON) -> bytes:
    return crc16(skeleton).to_bytes(2, "little") + crc16(full).to_bytes(2, "little") + data


def test_what_a_full_frame_taught_makes_a_compact_one_whole() -> None:
    formats = FormatStore(())
    with pytest.raises(Unsupported, match="no full frame") as caught:
        formats.expand(compact())
    assert "Abwarten" in caught.value.hint
    formats.learn(DEVICE, FULL)
    assert formats.expand(compact()) == FULL
    assert len(formats) == 1


def test_what_was_learned_can_be_remembered_elsewhere() -> None:
    formats = FormatStore(())
    with pytest.raises(FormatUnknown) as caught:
        formats.expand(compact())
    signature = crc16(SKELETON)
    assert caught.value.signature == signature
    assert signature not in formats
    formats.learn(DEVICE, FULL)
    formats.learn(DEVICE + "other", FULL)
    assert formats.take_fresh() == {signature: SKELETON}
    assert formats.take_fresh() == {}
    other = FormatStore(())
    other.remember(SKELETON)
    assert signature in other
    assert other.take_fresh() == {}
    assert other.expand(compact()) == FULL
    known = FormatStore((SKELETON,))
    known.remember(SKELETON)
    assert len(known) == 1
    assert signature in known
    with pytest.raises(DecodeError):
        other.remember(b"\x0f")


@pytest.mark.parametrize("signature", [0x8400, 0x1434, 0x7869, 0x441F, 0x8C13])
def test_signatures_that_meters_sent_for_the_known_formats(signature: int) -> None:
    assert signature in {crc16(skeleton) for skeleton in KNOWN}


def test_known_formats_need_no_teaching() -> None:
    skeleton = bytes.fromhex("040404843C042B04AB3C")
    data = bytes(16)
    full = b"".join(head + bytes(4) for head in (b"\4\4", b"\4\x84\x3c", b"\4\x2b", b"\4\xab\x3c"))
    assert FormatStore().expand(compact(full, data, skeleton)) == full


def test_every_damaged_byte_is_noticed() -> None:
    formats = FormatStore(())
    formats.learn(DEVICE, FULL)
    whole = compact()
    for at in range(len(whole)):
        damaged = bytearray(whole)
        damaged[at] ^= 0x01
        with pytest.raises((FrameError, DecodeError)):
            formats.expand(bytes(damaged))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\0\0\0", "ends within its checksums"),
        (compact(data=DATA[:-1]), "shorter than its format"),
        (compact(data=DATA[:4]), "before a record's length"),
        (compact(data=DATA + b"\0"), "longer than its format"),
    ],
)
def test_data_that_do_not_fit(data: bytes, words: str) -> None:
    formats = FormatStore(())
    formats.learn(DEVICE, FULL)
    with pytest.raises(DecodeError, match=words):
        formats.expand(data)


def test_checksum_of_the_full_frame_must_match() -> None:
    formats = FormatStore(())
    formats.learn(DEVICE, FULL)
    with pytest.raises(FrameError, match="checksum does not match"):
        formats.expand(compact(data=b"\xff" + DATA[1:]))


@pytest.mark.parametrize("more", ["2F", "0F0102", ""])
def test_frames_that_teach_nothing(more: str) -> None:
    formats = FormatStore(())
    formats.learn(DEVICE, FULL + bytes.fromhex(more) if more else b"")
    assert len(formats) == 0


def test_a_known_format_is_not_learned_again() -> None:
    formats = FormatStore((SKELETON,))
    formats.learn(DEVICE, FULL)
    assert len(formats) == 1
    assert formats.expand(compact()) == FULL


def test_frames_of_one_meter_and_length_are_looked_at_once() -> None:
    formats = FormatStore(())
    formats.learn(DEVICE, FULL)
    formats.learn(DEVICE, b"\x04\x13" + FULL[2:])
    assert len(formats) == 1
    formats.learn("mbus:another", b"\x04\x13" + FULL[2:])
    assert len(formats) == 2


def test_memory_is_bounded_and_the_longest_unused_goes() -> None:
    formats = FormatStore(())
    formats.learn(DEVICE, FULL)
    for number in range(MOST_SEEN + MOST_FORMATS):
        if number % 50 == 0:
            formats.expand(compact())  # in use: it stays
        low, high = number & 0x7F, number >> 7 & 0x7F
        header = bytes((0x84, 0x80 | low & 0x3F, low >> 6, 0x80 | high, 0x74))
        formats.learn(f"meter {number}", header + bytes(4))
    assert len(formats) == MOST_FORMATS
    assert formats.expand(compact()) == FULL


def test_a_known_format_is_whole() -> None:
    with pytest.raises(DecodeError):
        FormatStore((b"\x04",))
    with pytest.raises(DecodeError, match="special function 0F"):
        FormatStore((b"\x0f\x00",))
