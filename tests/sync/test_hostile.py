"""What hostile bytes cost, counted by the operating system, in a process of their own."""

from __future__ import annotations

import io
import lzma
import struct
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sync import bundle, columns, packing
from sync.bundle import Entry, Manifest, Reader
from sync.errors import ChainError, FormatError
from sync.segment import MAX_SEGMENT, NO_PREVIOUS, Segment, verify, verify_link

Chain = Callable[[int], list[Segment]]
MIB = 1 << 20
ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import sys
from sync import bundle, columns, events
from sync.errors import FormatError
from tests.peak import peak_kib
import io
read = {
    "columns": columns.decode, "events": events.decode,
    "bundle": lambda data: list(bundle.Reader(io.BytesIO(data))),
}[sys.argv[1]]
data = sys.stdin.buffer.read()
before = peak_kib()
try:
    read(data)
    said = "read"
except FormatError:
    said = "refused"
print(said, peak_kib() - before)
"""


def cost(what: str, data: bytes) -> tuple[str, float]:
    """Return what the reader said and by how many MiB its process grew at the most."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, what],
        input=data,
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    said, kib = done.stdout.split()
    return said.decode(), int(kib) / 1024


def raw_lzma2(raw: bytes) -> bytes:
    filters = [{"id": lzma.FILTER_LZMA2, "lc": 0, "lp": 0, "pb": 0, "dict_size": 1 << 20}]
    return b"\x01" + lzma.compress(raw, lzma.FORMAT_RAW, filters=filters)


@pytest.mark.parametrize("what", ["columns", "events"])
def test_a_bomb_costs_little_more_than_its_bound(what: str) -> None:
    bomb = raw_lzma2(bytes(256 * MIB))  # 37 kB
    assert len(bomb) < MIB // 8
    said, grown = cost(what, bomb)
    assert said == "refused"
    assert grown < 5 * packing.MAX_UNPACKED / MIB


def test_the_most_cells_that_a_body_can_hold_are_bounded() -> None:
    """One byte a cell is the least; the dearest body that is right costs this much."""
    count = packing.MAX_UNPACKED // 4
    one = struct.pack("<IB", count, 1) + b"\2" * count
    steps = struct.pack("<IB", count - 1, 1) + b"\2" * (count - 1)

    def number(n: int) -> bytes:
        return struct.pack("<IBQ", 1, 8, n << 1)

    none = struct.pack("<IB", 0, 1)
    body = b"".join(
        (
            struct.pack("<HH", 1, 1),
            b"\1d\1q",
            *(number(0), number(count), number(0), number(1 << 40), steps, one),
            *(number(1), number(9), number(0), none, number(1 << 40), steps, none),
        )
    )
    assert len(body) < packing.MAX_UNPACKED
    said, grown = cost("columns", raw_lzma2(body))
    assert said == "read"
    assert grown < 256


def test_counts_beyond_all_bounds_cost_nothing() -> None:
    for raw in (
        b"\xff\xff\xff\xff",
        struct.pack("<HH", 1, 0) + b"\1d" + struct.pack("<IB", 0xFFFFFFFF, 8),
    ):
        said, grown = cost("columns", raw_lzma2(raw))
        assert (said, grown < 4) == ("refused", True)
    for head in ("9bffffffffffffffff", "bbffffffffffffffff", "5bffffffffffffffff", "81" * 4096):
        said, grown = cost("events", raw_lzma2(bytes.fromhex(head)))
        assert (said, grown < 4) == ("refused", True)


def test_a_bundle_that_promises_much_costs_what_it_brings(make_chain: Chain) -> None:
    head = make_chain(1)[0].header
    entries = (Entry(MAX_SEGMENT, bytes(32)),) * bundle.MAX_SEGMENTS  # 8 GiB
    manifest = Manifest(head.hub, head.epoch, 1, bundle.MAX_SEGMENTS, entries)
    said, grown = cost("bundle", manifest.prelude + struct.pack(">I", MAX_SEGMENT) + b"junk")
    assert said == "refused"
    assert grown < 16
    said, grown = cost("bundle", bundle.MAGIC + struct.pack(">HI", 1, 0xFFFFFFFF))
    assert (said, grown < 4) == ("refused", True)


def follow(segments: list[Segment], hub: bytes) -> None:
    previous = NO_PREVIOUS
    for seq, segment in enumerate(segments, start=1):
        verify(segment, hub)
        verify_link(segment, epoch=segment.header.epoch, seq=seq, previous=previous)
        previous = segment.hash


def test_no_order_but_the_sealed_one_is_followed(make_chain: Chain) -> None:
    chain = make_chain(4)
    hub = chain[0].header.hub
    follow(chain, hub)
    for other in (
        chain[1:],
        [chain[0], chain[2], chain[1], chain[3]],
        [chain[0], chain[0], *chain[1:]],
        [*chain[:3], chain[0]],
        [chain[0], *chain[2:]],
    ):
        with pytest.raises(ChainError):
            follow(other, hub)


def test_an_erasure_leaves_the_chain_and_no_byte_of_the_body(make_chain: Chain) -> None:
    chain = make_chain(3)
    hub = chain[0].header.hub
    body, salt = chain[1].body, chain[1].salt
    erased = [chain[0], Segment.decode(chain[1].erase().encode()), chain[2]]
    follow(erased, hub)
    data = bundle.pack(erased)
    follow(list(Reader(io.BytesIO(data))), hub)
    assert body not in data
    assert salt not in data
    with pytest.raises(FormatError):
        verify(replace(erased[1], salt=bytes(16), body=body), hub)


def test_every_length_of_a_segment_that_is_wrong_is_refused(make_chain: Chain) -> None:
    data = make_chain(1)[0].encode()
    hub = make_chain(1)[0].header.hub
    (right,) = struct.unpack(">H", data[:2])
    for size in range(1 << 12):
        if size != right:
            with pytest.raises(FormatError):
                verify(Segment.decode(struct.pack(">H", size) + data[2:]), hub)
    salt_at = 2 + right + 64
    for size in set(range(256)) - {16}:
        with pytest.raises(FormatError):
            Segment.decode(data[:salt_at] + bytes((size,)) + data[salt_at + 1 :])
    assert columns.decode(Segment.decode(data).body)
