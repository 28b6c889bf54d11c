"""Blood pressure in all its forms, by hand from the standard's tables."""

from __future__ import annotations

import pytest

from hardware.ble import decode
from hardware.ble.crc import e2e_crc, with_crc
from hardware.ble.pressure_record import RecordAssembler, Segment, StoredRecord, encode_segment
from hardware.errors import DecodeError

PRESSURE = "008a0058007800"


def test_enhanced_pressures() -> None:
    got = decode("2B34", bytes.fromhex("7e 8a0058007800 80510100 3c00 02 0400 90690100"))
    assert got.timestamp == "2000-01-02T01:42:40"
    assert got.flags["base_time"] == "2000-01-02T00:00:00"
    assert got.flags["user_id"] == 2
    assert got.flags["irregular_pulse"] is True
    assert [record.value for record in got.records] == [138.0, 88.0, 120.0, 60.0]
    assert decode("2B34", bytes.fromhex("02 8a0058007800 00000000")).timestamp == (
        "1900-01-01T00:00:00"
    )
    cuff = decode("2B35", bytes.fromhex("61 6400 01000000"))
    assert cuff.timestamp == "2000-01-01T00:00:01"
    assert "base_time" not in cuff.flags
    assert cuff.records[0].value == pytest.approx(750.0637)
    assert decode("2B35", bytes.fromhex("80 6400 aa")).timestamp is None


def test_a_record_in_one_segment() -> None:
    plain = bytes.fromhex("03 0500 352a" + PRESSURE)
    got = decode("2B36", plain)
    assert [record.value for record in got.records] == [138.0, 88.0, 120.0]
    assert got.flags == {"sequence_number": 5, "uuid": "2A35"}
    assert decode("2B36", with_crc(plain)) == got
    for wrong in ("03 0500 352a" + PRESSURE + "0102", "03 0500 352a", "03 0500", "03 0500 362b"):
        with pytest.raises(DecodeError):
            decode("2B36", bytes.fromhex(wrong))
    assert decode("2B36", bytes.fromhex("09 0500 352a 00")).flags == {
        "sequence_number": 5,
        "uuid": "2A35",
        "first_segment": True,
        "last_segment": False,
        "segment_counter": 2,
    }


def segments(value: bytes, size: int, counter: int, sequence: int = 5) -> list[bytes]:
    """Return the value in segments, with its check behind the last."""
    parts = [value[at : at + size] for at in range(0, len(value), size)]
    made = [
        encode_segment(
            Segment(
                number == 0,
                number == len(parts) - 1,
                (counter + number) % 64,
                sequence,
                "2A35",
                part,
            )
        )
        for number, part in enumerate(parts)
    ]
    made[-1] += e2e_crc(b"".join(made)).to_bytes(2, "little")
    return made


def test_a_record_in_any_segments() -> None:
    value = bytes.fromhex(PRESSURE)
    for size in range(1, 8):
        for counter in (0, 61, 62, 63):
            assembler = RecordAssembler()
            *others, last = segments(value, size, counter)
            assert [assembler.feed(other) for other in others] == [None] * len(others)
            assert assembler.feed(last) == StoredRecord(5, "2A35", value, checked=True)


def test_segments_that_are_missing() -> None:
    value = bytes.fromhex(PRESSURE)
    one, two, three = segments(value, 3, 0)
    other = segments(value, 3, 0, sequence=6)
    for first, second in ((one, three), (two, three), (one, other[1])):
        assembler = RecordAssembler()
        with pytest.raises(DecodeError, match="missing"):
            _ = [assembler.feed(first), assembler.feed(second)]
        with pytest.raises(DecodeError, match="missing"):
            assembler.feed(three)  # it holds nothing any more
    assembler = RecordAssembler()
    assert [assembler.feed(each) for each in (one, one, two)] == [None] * 3
    assert assembler.feed(three) is not None
    halves = [Segment(n == 0, False, n, 1, "2A35", bytes(300)) for n in range(2)]
    assert assembler.feed(encode_segment(halves[0])) is None
    with pytest.raises(DecodeError, match="longer"):
        assembler.feed(encode_segment(halves[1]))
