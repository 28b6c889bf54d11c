from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from sync import cbor, columns
from sync.errors import ChainError, FormatError, SignatureError, VersionError
from sync.identity import Identity, Purpose
from sync.segment import (
    MAX_BODY,
    MAX_HEADER,
    MAX_SEGMENT,
    NO_PREVIOUS,
    ClockState,
    Header,
    Segment,
    StreamClass,
    seal,
    verify,
    verify_link,
)

Chain = Callable[[int], list[Segment]]


@pytest.fixture
def segment(make_chain: Chain) -> Segment:
    return make_chain(1)[0]


def test_a_segment_travels_and_verifies(segment: Segment, signer: Identity) -> None:
    found = Segment.decode(segment.encode())
    assert found == segment
    verify(found, signer.public_key)
    assert columns.decode(found.body)[0].columns["energy_kwh"][0] == 1.0
    assert len(segment.encode()) - len(segment.body) <= 350  # what signing costs on the line


def test_every_changed_bit_is_refused(segment: Segment, signer: Identity) -> None:
    data = segment.encode()
    for at in range(len(data)):
        for bit in range(8):
            changed = bytearray(data)
            changed[at] ^= 1 << bit
            with pytest.raises(FormatError):
                verify(Segment.decode(bytes(changed)), signer.public_key)


def test_every_cut_is_refused(segment: Segment, signer: Identity) -> None:
    data = segment.encode()
    for end in range(len(data)):
        try:
            cut = Segment.decode(data[:end])
        except FormatError:
            continue
        if cut.erased:  # a cut cannot take the salt's length away with the salt
            raise AssertionError(end)
        with pytest.raises(FormatError):
            verify(cut, signer.public_key)


def test_another_hub_is_refused(segment: Segment) -> None:
    other = Identity.generate()
    with pytest.raises(SignatureError, match="another hub"):
        verify(segment, other.public_key)


def test_a_forged_header_is_refused(segment: Segment, signer: Identity) -> None:
    raw = replace(segment.header, count=6).encode()
    forged = replace(segment, header=Header.decode(raw), raw_header=raw)
    with pytest.raises(SignatureError) as caught:
        verify(forged, signer.public_key)
    assert caught.value.seq == 1


def test_the_chain_verifies_after_an_erasure(make_chain: Chain, signer: Identity) -> None:
    chain = make_chain(5)
    chain[2] = Segment.decode(chain[2].erase().encode())
    assert chain[2].erased
    assert not chain[2].body
    previous = NO_PREVIOUS
    for seq, segment in enumerate(chain, start=1):
        verify(segment, signer.public_key)
        verify_link(segment, epoch=segment.header.epoch, seq=seq, previous=previous)
        previous = segment.hash


def test_an_erased_body_cannot_be_replaced(make_chain: Chain, signer: Identity) -> None:
    first, second = make_chain(2)
    swapped = replace(first, salt=second.salt, body=second.body)
    with pytest.raises(FormatError, match="not the one that was sealed"):
        verify(swapped, signer.public_key)


def test_the_commitment_does_not_tell_equal_bodies(make_chain: Chain) -> None:
    first = make_chain(1)[0]
    again = replace(first, salt=bytes(16))
    assert first.header.commitment != again.header.commitment or first.salt != again.salt


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"seq": 3}, "expected segment 3"),
        ({"epoch": bytes(8)}, "epoch"),
        ({"previous": bytes([1]) * 32}, "follows another"),
    ],
)
def test_a_break_in_the_chain_is_refused(
    make_chain: Chain, change: dict[str, object], match: str
) -> None:
    first, second = make_chain(2)
    expected = {"epoch": second.header.epoch, "seq": 2, "previous": first.hash}
    verify_link(second, **expected)  # type: ignore[arg-type]
    with pytest.raises(ChainError, match=match):
        verify_link(second, **(expected | change))  # type: ignore[arg-type]


def test_an_unknown_schema_is_kept(signer: Identity) -> None:
    future = seal(
        signer,
        epoch=bytes(8),
        seq=1,
        previous=NO_PREVIOUS,
        stream=StreamClass.EVENT,
        schema="lending/7",
        count=1,
        first_ms=-1,
        last_ms=0,
        clock=ClockState(-1, 0, bytes(16), 0),
        salt=bytes(16),
        body=b"whatever a later release writes",
    )
    found = Segment.decode(future.encode())
    verify(found, signer.public_key)
    assert (found.header.schema, found.body) == ("lending/7", future.body)


def resealed(segment: Segment, signer: Identity, **changes: object) -> bytes:
    """Return the bytes of a segment as another version of the program would sign them."""
    fields = cbor.loads(segment.raw_header, limit=MAX_HEADER)
    assert isinstance(fields, dict)
    raw = cbor.dumps(fields | changes)
    signature = signer.sign(Purpose.SEGMENT, raw)
    return replace(segment, raw_header=raw, signature=signature).encode()


def test_a_later_minor_version_is_read_without_what_it_adds(
    make_chain: Chain, signer: Identity
) -> None:
    first, second = make_chain(2)
    data = resealed(first, signer, minor=3, place=[1, 2, {"a": b"new"}], zone="x")
    later = Segment.decode(data)
    verify(later, signer.public_key)
    assert later.header == replace(first.header, minor=3)
    assert later.encode() == data  # it travels on as it came, what it adds included
    assert later.erase().hash == later.hash != first.hash
    verify_link(
        Segment.decode(resealed(second, signer, prev=later.hash)),
        epoch=later.header.epoch,
        seq=2,
        previous=later.hash,
    )


def test_a_later_minor_version_still_has_every_field_of_this_one(segment: Segment) -> None:
    fields = cbor.loads(segment.raw_header, limit=MAX_HEADER)
    assert isinstance(fields, dict)
    for name in fields:
        less = {key: value for key, value in fields.items() if key != name} | {"minor": 1}
        with pytest.raises(FormatError):
            Header.decode(cbor.dumps(less))


def test_a_later_major_version_is_told_from_damage(segment: Segment, signer: Identity) -> None:
    for header in ({"v": 2}, {"v": 2, "seq": "of another shape", "new": 1}, {"v": 0}):
        with pytest.raises(VersionError, match="version") as caught:
            Segment.decode(resealed(segment, signer, **header))
        assert "aktualisieren" in caught.value.hint


def test_a_class_of_a_later_version_is_kept(segment: Segment, signer: Identity) -> None:
    data = resealed(segment, signer, **{"class": "lending-2"})
    later = Segment.decode(data)
    verify(later, signer.public_key)
    assert later.header.stream == "lending-2"
    assert later.encode() == data
    assert later.header.encode() == later.raw_header


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("v", "1"),
        ("v", None),
        ("v", True),
        ("hub", b"short"),
        ("seq", 0),
        ("seq", -1),
        ("seq", 1 << 60),
        ("seq", 1.0),
        ("class", "Secret"),
        ("class", ""),
        ("class", "a" * 17),
        ("minor", 0),
        ("minor", 256),
        ("minor", "1"),
        ("minor", True),
        ("later", 1),
        ("class", 1),
        ("schema", "x" * 65),
        ("schema", "a\nb"),
        ("count", None),
        ("clock", [1, 4, bytes(16)]),
        ("clock", [1, 256, bytes(16), 1]),
        ("clock", {}),
        ("commit", bytes(31)),
    ],
)
def test_a_hostile_header_is_refused(segment: Segment, key: str, value: object) -> None:
    fields = cbor.loads(segment.raw_header, limit=512)
    assert isinstance(fields, dict)
    with pytest.raises(FormatError):
        Header.decode(cbor.dumps(fields | {key: value}))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        b"\x00\x00" + bytes(65),
        b"\xff\xff" + bytes(100),
        bytes(MAX_SEGMENT + 1),
        b"\x00\x02\xa0\x00" + bytes(65),  # bytes after the map
        b"\x00\x02\xb8\x00" + bytes(65),  # a map whose length is not canonical
        b"\x00\x01\xa0" + bytes(65),
        b"\x00\x05\xc1\xfb\x7f\xf0\x00" + bytes(65),
        b"\x00\x09\x9b\xff\xff\xff\xff\xff\xff\xff\xff" + bytes(65),
    ],
)
def test_hostile_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        Segment.decode(data)


def test_what_no_reader_would_take_is_not_sealed(signer: Identity) -> None:
    fields = {
        "epoch": bytes(8),
        "seq": 1,
        "previous": NO_PREVIOUS,
        "stream": StreamClass.VILLAGE,
        "schema": "meter/1",
        "count": 1,
        "first_ms": 0,
        "last_ms": 0,
        "clock": ClockState(0, 0, bytes(16), 0),
        "salt": bytes(16),
        "body": b"",
    }
    seal(signer, **fields)  # type: ignore[arg-type]
    for change in ({"salt": b""}, {"body": bytes(MAX_BODY + 1)}, {"seq": 0}, {"schema": "x" * 65}):
        with pytest.raises(ValueError, match=r"\w"):
            seal(signer, **(fields | change))  # type: ignore[arg-type]
