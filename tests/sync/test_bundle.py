from __future__ import annotations

import hashlib
import io
import struct
from collections.abc import Callable
from dataclasses import replace

import pytest

from sync import bundle, cbor
from sync.bundle import MAGIC, Entry, Manifest, Reader, manifest_of, pack, slices
from sync.errors import ChainError, FormatError
from sync.identity import Identity
from sync.segment import Segment

Chain = Callable[[int], list[Segment]]


class Dribble(io.RawIOBase):
    """A stream that gives a byte at a time, as a line may."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self._inner = io.BytesIO(data)

    def read(self, size: int = -1) -> bytes:
        return self._inner.read(min(size, 1))


def read(data: bytes) -> list[Segment]:
    return list(Reader(io.BytesIO(data)))


def prelude(manifest: bytes) -> bytes:
    digest = hashlib.sha256(manifest).digest()
    return MAGIC + struct.pack(">HI", 1, len(manifest)) + manifest + digest


def test_a_bundle_travels(make_chain: Chain, signer: Identity) -> None:
    chain = make_chain(3)
    data = pack(chain[1:])
    assert read(data) == chain[1:]
    assert list(Reader(Dribble(data))) == chain[1:]  # type: ignore[arg-type]
    manifest = Reader(io.BytesIO(data)).manifest
    assert (manifest.hub, manifest.first, manifest.last) == (signer.public_key, 2, 3)
    assert manifest.size == len(data)


def test_the_same_run_is_the_same_bytes(make_chain: Chain) -> None:
    chain = make_chain(3)
    again = [Segment.decode(segment.encode()) for segment in chain]
    assert pack(chain) == pack(again)
    assert pack(chain[:2]) != pack(chain)


def test_a_flipped_bit_anywhere_is_refused_where_it_is(make_chain: Chain) -> None:
    chain = make_chain(2)
    data = pack(chain)
    start = manifest_of(chain).size - len(chain[0].encode()) - len(chain[1].encode()) - 8
    second = start + 4 + len(chain[0].encode())
    for at in range(len(data)):
        for bit in range(8):
            changed = bytearray(data)
            changed[at] ^= 1 << bit
            with pytest.raises(FormatError) as caught:
                read(bytes(changed))
            error = caught.value
            if at >= start:
                assert error.seq == (1 if at < second else 2), at
                assert error.offset is not None
                assert error.offset <= at
            assert error.offset is not None
            assert error.hint


def test_every_cut_is_refused_and_what_was_before_it_is_whole(make_chain: Chain) -> None:
    chain = make_chain(3)
    data = pack(chain)
    for end in range(len(data)):
        found: list[Segment] = []
        with pytest.raises(FormatError, match="too early") as caught:
            found.extend(Reader(io.BytesIO(data[:end])))
        assert caught.value.offset == end
        whole = sum(end >= len(data) - sum(4 + len(s.encode()) for s in chain[n:]) for n in (1, 2))
        assert found == chain[:whole]


def test_bytes_after_the_end_are_refused(make_chain: Chain) -> None:
    with pytest.raises(FormatError, match="after its end"):
        read(pack(make_chain(1)) + b"\0")


def test_slices_are_the_bundle_at_any_place(make_chain: Chain) -> None:
    chain = make_chain(3)
    manifest, data = manifest_of(chain), pack(chain)
    asked: list[int] = []

    def load(seq: int) -> bytes:
        asked.append(seq)
        return chain[seq - 1].encode()

    for start in range(0, len(data), 7):
        for stop in (start + 1, start + 100, len(data)):
            assert b"".join(slices(manifest, load, start, stop)) == data[start:stop]
    asked.clear()
    assert b"".join(slices(manifest, load, len(data) - 1, len(data))) == data[-1:]
    assert asked == [3]


def test_a_segment_that_changed_meanwhile_ends_the_bundle(make_chain: Chain) -> None:
    chain = make_chain(2)
    manifest = manifest_of(chain)
    erased = chain[1].erase().encode()
    with pytest.raises(ValueError, match="changed"):
        list(slices(manifest, lambda s: chain[0].encode() if s == 1 else erased, 0, manifest.size))


def test_segments_that_are_not_the_manifests_are_refused(make_chain: Chain) -> None:
    chain = make_chain(3)
    for wrong in ([chain[1]], [chain[0], chain[0]]):
        entries = tuple(Entry.of(s.encode()) for s in wrong)
        head = chain[0].header
        manifest = Manifest(head.hub, head.epoch, 1, len(wrong), entries)
        parts = [struct.pack(">I", len(s.encode())) + s.encode() for s in wrong]
        with pytest.raises(ChainError, match="not the one the manifest names"):
            read(manifest.prelude + b"".join(parts))
    junk = Manifest(head.hub, head.epoch, 1, 1, (Entry.of(b"junk"),))
    with pytest.raises(FormatError) as caught:
        read(junk.prelude + struct.pack(">I", 4) + b"junk")
    assert caught.value.seq == 1


def test_only_a_run_is_packed(make_chain: Chain) -> None:
    chain = make_chain(3)
    other = replace(chain[1], header=replace(chain[1].header, epoch=bytes(8)))
    for wrong in ([], [chain[0], chain[2]], [chain[0], other], [chain[1], chain[0]]):
        with pytest.raises(ValueError, match=r"\w"):
            pack(wrong)


def test_an_empty_bundle_is_read(signer: Identity) -> None:
    assert read(Manifest(signer.public_key, bytes(8), 5, 4, ()).prelude) == []


def test_a_huge_manifest_is_not_read() -> None:
    class Counted(io.BytesIO):
        taken = 0

        def read(self, size: int | None = -1, /) -> bytes:
            data = super().read(size)
            self.taken += len(data)
            return data

    stream = Counted(MAGIC + struct.pack(">HI", 1, bundle.MAX_MANIFEST + 1) + bytes(1 << 20))
    with pytest.raises(FormatError, match="too long"):
        Reader(stream)
    assert stream.taken < 100


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"hub": b""},
        {"epoch": bytes(9)},
        {"first": 0},
        {"count": 3},
        {"last": 3},
        {"count": bundle.MAX_SEGMENTS + 1},
        {"segments": []},
        {"segments": [[1, bytes(32)], [1]]},
        {"segments": [[1, bytes(32)], 1]},
        {"segments": [[1, bytes(32)], [1 << 40, bytes(32)]]},
        {"segments": [[1, bytes(32)], [0, bytes(32)]]},
        {"extra": 1},
    ],
    ids=repr,
)
def test_a_hostile_manifest_is_refused(make_chain: Chain, change: dict[str, object]) -> None:
    fields = cbor.loads(manifest_of(make_chain(2)).encode(), limit=bundle.MAX_MANIFEST)
    assert isinstance(fields, dict)
    with pytest.raises(FormatError):
        Reader(io.BytesIO(prelude(cbor.dumps(fields | change))))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", MAGIC, MAGIC + b"\x00\x02" + bytes(40)])
def test_what_is_no_bundle_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        Reader(io.BytesIO(data))


def test_a_text_transfer_is_noticed_at_the_first_byte(make_chain: Chain) -> None:
    data = pack(make_chain(1)).replace(b"\r\n", b"\n")
    with pytest.raises(FormatError, match="no bundle") as caught:
        read(data)
    assert caught.value.offset == 0


def test_the_manifests_digest_names_the_bundle(make_chain: Chain) -> None:
    one, other = manifest_of(make_chain(3)), manifest_of(make_chain(4))
    assert one.prelude.endswith(one.digest)
    assert one.digest != other.digest
