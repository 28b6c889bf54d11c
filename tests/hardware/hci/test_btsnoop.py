"""btsnoop: against another writer of it, cut anywhere, changed anywhere."""

from __future__ import annotations

import contextlib
import io
import itertools
import struct
from datetime import UTC, datetime, timedelta

import pytest
from bumble.snoop import BtSnooper, Snooper
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.errors import DecodeError
from hardware.hci.btsnoop import HEADER, MAX_PACKET_BYTES, Kind, Packet, Reader, encode_packet

AT = datetime(2026, 11, 23, 15, 0, 0, 125_000, UTC)
EVENT = bytes.fromhex("040e0401030c00")
ACL = bytes.fromhex("0240200500010004000a")
FILE = HEADER + b"".join(
    encode_packet(packet, received=received, at=AT + timedelta(milliseconds=n))
    for n, (packet, received) in enumerate(
        [(b"\x01\x03\x0c\x00", False), (EVENT, True), (ACL, True)]
    )
)


def read(data: bytes) -> list[Packet]:
    return list(Reader().feed(data))


def test_what_was_written_is_read() -> None:
    assert read(FILE) == [
        Packet(AT, 0, False, Kind.COMMAND, b"\x03\x0c\x00"),
        Packet(AT + timedelta(milliseconds=1), 0, True, Kind.EVENT, EVENT[1:]),
        Packet(AT + timedelta(milliseconds=2), 0, True, Kind.ACL, ACL[1:]),
    ]


def test_another_writer_of_the_format_writes_the_same() -> None:
    output = io.BytesIO()
    snooper = BtSnooper(output)
    snooper.snoop(EVENT, Snooper.Direction.CONTROLLER_TO_HOST)
    snooper.snoop(ACL, Snooper.Direction.HOST_TO_CONTROLLER)
    raw = output.getvalue()
    event, acl = read(raw)
    assert (event.received, event.kind, event.data) == (True, Kind.EVENT, EVENT[1:])
    assert (acl.received, acl.kind, acl.data) == (False, Kind.ACL, ACL[1:])
    assert abs(event.at - datetime.now(UTC)) < timedelta(minutes=1)
    assert raw == HEADER + encode_packet(EVENT, received=True, at=event.at) + encode_packet(
        ACL, received=False, at=acl.at
    )


def monitor(*records: tuple[int, int, bytes]) -> bytes:
    header = b"btsnoop\0" + struct.pack(">II", 1, 2001)
    stamp = struct.unpack_from(">Q", FILE, len(HEADER) + 16)[0]
    return header + b"".join(
        struct.pack(">IIIIQ", len(body), len(body), adapter << 16 | opcode, 0, stamp) + body
        for adapter, opcode, body in records
    )


def test_a_monitors_file_is_read_without_its_notes() -> None:
    raw = monitor(
        (0, 0, bytes(16)),  # a new adapter
        (1, 3, EVENT[1:]),
        (1, 2, b"\x03\x0c\x00"),
        (2, 5, ACL[1:]),
        (2, 4, ACL[1:]),
        (0, 7, b"sco"),
        (0, 6, b"sco"),
        (0, 18, b"iso"),
        (0, 19, b"iso"),
        (0xFFFF, 12, b"a system note"),
    )
    got = [(p.adapter, p.kind, p.received) for p in read(raw)]
    assert got == [
        (1, Kind.EVENT, True),
        (1, Kind.COMMAND, False),
        (2, Kind.ACL, True),
        (2, Kind.ACL, False),
        (0, Kind.SYNCHRONOUS, True),
        (0, Kind.SYNCHRONOUS, False),
        (0, Kind.ISOCHRONOUS, False),
        (0, Kind.ISOCHRONOUS, True),
    ]
    assert read(raw)[0].at == AT


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, len(FILE)), max_size=6))
def test_any_cut_gives_the_same(cuts: list[int]) -> None:
    reader, got = Reader(), []
    places = [0, *sorted(cuts), len(FILE)]
    for start, end in itertools.pairwise(places):
        got += reader.feed(FILE[start:end])
    assert got == read(FILE)
    assert reader.unread == 0


def test_a_file_that_ends_anywhere() -> None:
    whole = read(FILE)
    for end in range(len(HEADER), len(FILE)):
        reader = Reader()
        got = list(reader.feed(FILE[:end]))
        assert got == whole[: len(got)]
        ends = [len(HEADER), len(HEADER) + 28, len(HEADER) + 28 + 31]
        assert (reader.unread == 0) == (end in ends)


def test_a_packet_recorded_in_part_is_left_out() -> None:
    raw = bytearray(FILE)
    raw[len(HEADER) + 3] += 1  # its whole length
    assert read(bytes(raw)) == read(FILE)[1:]


@settings(max_examples=500, deadline=None)
@given(st.integers(0, len(FILE) - 1), st.integers(0, 255))
def test_one_changed_byte_gives_packets_or_our_error(place: int, byte: int) -> None:
    raw = bytearray(FILE)
    raw[place] = byte
    with contextlib.suppress(DecodeError):
        read(bytes(raw))


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=200), behind_a_header=st.booleans())
def test_garbage_gives_our_error_alone(data: bytes, *, behind_a_header: bool) -> None:
    with contextlib.suppress(DecodeError):
        read((HEADER if behind_a_header else b"") + data)


@pytest.mark.parametrize(
    "raw",
    [
        b"x",
        b"btsnoop!",
        b"btsnoop!" + HEADER[8:],
        HEADER[:8] + struct.pack(">II", 2, 1002),
        HEADER[:8] + struct.pack(">II", 1, 1001),
        HEADER + struct.pack(">IIIIQ", 1, 1, 0, 0, 0) + b"\x09",
        HEADER + struct.pack(">IIIIQ", 0, 0, 0, 0, 1 << 56),
        HEADER + struct.pack(">IIIIQ", 1, 1, 0, 0, (1 << 64) - 1) + b"\x04",
        HEADER + struct.pack(">IIIIQ", 4, 5, 0, 0, 0),
        HEADER + struct.pack(">IIIIQ", 1 << 20, MAX_PACKET_BYTES + 1, 0, 0, 0),
    ],
)
def test_what_is_no_recording(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        read(raw)
