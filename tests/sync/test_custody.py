"""Receipts: signed, bounded, refused for one changed byte, and copies that are still out."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from sync import bundle, cbor, custody
from sync.custody import Act, Kind
from sync.errors import FormatError, SignatureError, VersionError
from sync.identity import Identity, Purpose

AT = 1_795_000_000_000


def receipt(signer: Identity, manifest: bundle.Manifest, **changes: Any) -> custody.Receipt:
    given: dict[str, Any] = {
        "kind": Kind.STICK,
        "name": "Stick rot, Frau Weber",
        "act": Act.TAKEN,
        "at_ms": AT,
        "time_quality": 4,
    }
    return custody.sign(signer, manifest, **(given | changes))


@pytest.fixture
def manifest(make_chain: Any) -> bundle.Manifest:
    return bundle.manifest_of(make_chain(3))


def resigned(signer: Identity, one: custody.Receipt, **changes: Any) -> bytes:
    inner: Any = cbor.loads(cbor.loads(one.raw, limit=2000)["receipt"], limit=2000)  # type: ignore[index]
    inner = {k: v for k, v in (inner | changes).items() if v is not ...}
    raw = cbor.dumps(inner)
    return cbor.dumps({"receipt": raw, "signature": signer.sign(Purpose.RECEIPT, raw)})


def test_what_was_signed_is_read(manifest: bundle.Manifest) -> None:
    bus = Identity.generate()
    one = receipt(bus, manifest, kind=Kind.BUS, name="Bus 7", act=Act.GIVEN)
    again = custody.decode(one.raw)
    assert again == one
    assert (again.carrier, again.kind, again.act) == (bus.name, Kind.BUS, Act.GIVEN)
    assert (again.writer, again.first, again.last) == (manifest.hub, 1, 3)
    assert again.digest == manifest.digest
    assert len(again.id) == 32


def test_every_changed_byte_is_refused(manifest: bundle.Manifest) -> None:
    raw = receipt(Identity.generate(), manifest).raw
    for at in range(len(raw)):
        changed = raw[:at] + bytes((raw[at] ^ 1,)) + raw[at + 1 :]
        with pytest.raises(FormatError):
            custody.decode(changed)
    for end in range(len(raw)):
        with pytest.raises(FormatError):
            custody.decode(raw[:end])


def test_only_the_named_carrier_signs(manifest: bundle.Manifest) -> None:
    bus, other = Identity.generate(), Identity.generate()
    one = receipt(bus, manifest)
    with pytest.raises(SignatureError):
        custody.decode(resigned(other, one))
    with pytest.raises(SignatureError):
        custody.decode(one.raw, lambda _: other.public_key)


def test_a_carrier_that_changed_its_key_is_still_itself(manifest: bundle.Manifest) -> None:
    fresh = Identity.generate()
    bus = Identity(fresh._key.private, name=Identity.generate().name)
    one = receipt(bus, manifest)
    assert custody.decode(one.raw, lambda _: bus.public_key).carrier == bus.name
    with pytest.raises(SignatureError):
        custody.decode(one.raw)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"v": 2}, VersionError),
        ({"place": 1}, FormatError),
        ({"act": "lost"}, FormatError),
        ({"last": 0}, FormatError),
        ({"first": 4}, FormatError),
        ({"name": "x" * 101}, FormatError),
        ({"name": "a\nb"}, FormatError),
        ({"digest": b"short"}, FormatError),
        ({"at_ms": ...}, FormatError),
    ],
)
def test_near_misses(manifest: bundle.Manifest, changes: Any, error: type[Exception]) -> None:
    bus = Identity.generate()
    with pytest.raises(FormatError) as caught:
        custody.decode(resigned(bus, receipt(bus, manifest), **changes))
    assert type(caught.value) is error


def test_a_later_minor_version_and_kind_are_read(manifest: bundle.Manifest) -> None:
    bus = Identity.generate()
    data = resigned(bus, receipt(bus, manifest), minor=1, place="Lich", kind="drone")
    assert custody.decode(data).kind == "drone"


def test_a_batch_is_bounded(manifest: bundle.Manifest) -> None:
    raw = receipt(Identity.generate(), manifest).raw
    full = [raw] * custody.MAX_BATCH
    said = custody.decode_batch(custody.encode_batch(full, 16))
    assert (list(said.receipts), said.next) == (full, 16)
    longest = receipt(Identity.generate(), manifest, name="\U0001f68c" * 100).raw
    assert len(longest) <= custody.MAX_RECEIPT
    custody.decode_batch(custody.encode_batch([longest] * custody.MAX_BATCH, 16))
    with pytest.raises(ValueError, match="at most"):
        custody.encode_batch([*full, raw], 17)
    for value in (
        {"receipts": ["x"], "next": 1},
        {"receipts": [bytes(961)], "next": 1},
        {"receipts": [], "next": 1, "x": 1},
        {"receipts": []},
        [],
    ):
        with pytest.raises(FormatError):
            custody.decode_batch(cbor.dumps(value))


def test_what_is_still_out(manifest: bundle.Manifest, make_chain: Any) -> None:
    hub = Identity.generate()
    other = bundle.manifest_of(make_chain(2))
    first = receipt(hub, manifest)
    given = receipt(hub, manifest, act=Act.GIVEN, at_ms=AT + 1)
    second = receipt(hub, other, name="Stick blau")
    gone = receipt(hub, manifest, act=Act.ERASED, at_ms=AT + 2)
    assert custody.held_elsewhere([first, given, second]) == [first, second]
    assert custody.held_elsewhere([first, given, second, gone]) == [second]


@pytest.mark.parametrize("later", [0, AT - 1, AT * 2])
def test_no_clock_says_that_a_copy_is_gone(manifest: bundle.Manifest, later: int) -> None:
    """Taken, given up, taken again: in a boot in 1970, by a clock set back, by one in 2083."""
    hub = Identity.generate()
    first = receipt(hub, manifest)
    gone = receipt(hub, manifest, act=Act.ERASED, at_ms=later, ends=ids([first]))
    again = receipt(hub, manifest, at_ms=later)
    assert custody.held_elsewhere([first, gone]) == []
    assert custody.held_elsewhere([first, gone, again]) == [again]
    old = receipt(hub, manifest, act=Act.ERASED, at_ms=later)  # an older version's names none
    assert custody.held_elsewhere([first, old]) == []
    assert custody.held_elsewhere([first, old, again]) == [again]


def test_receipts_on_a_stick_lie_in_no_order(manifest: bundle.Manifest) -> None:
    bus = Identity.generate()
    taken = [receipt(bus, manifest, kind=Kind.BUS, at_ms=n) for n in (5, 3)]
    gone = receipt(bus, manifest, kind=Kind.BUS, act=Act.ERASED, ends=ids(taken[:1]))
    for order in itertools.permutations([*taken, gone]):
        assert custody.held_elsewhere(list(order)) == taken[1:]
    assert custody.open_copies([*taken, gone], bus.name, gone.name, gone.digest) == ids(taken[1:])
    assert custody.open_copies([*taken, gone], bytes(32), gone.name, gone.digest) == ids(taken)


def test_what_a_receipt_ends_is_bounded(manifest: bundle.Manifest) -> None:
    bus = Identity.generate()
    names = [bytes([n] * 16) for n in range(9)]
    longest = receipt(bus, manifest, name="\U0001f68c" * 100, act=Act.ERASED, ends=names)
    assert len(longest.raw) <= custody.MAX_RECEIPT
    assert custody.decode(longest.raw).ends == frozenset(names[-custody.MAX_ENDS :])
    for ends in (names[:5], [b"short"], ["x" * 16], b"x" * 16):
        with pytest.raises(FormatError):
            custody.decode(resigned(bus, longest, ends=ends))


def ids(receipts: list[custody.Receipt]) -> list[bytes]:
    return [bytes.fromhex(one.id) for one in receipts]


def test_nobody_else_ends_a_copy(manifest: bundle.Manifest) -> None:
    hub, bus, stranger, county = (Identity.generate() for _ in range(4))

    def by(one: Identity, act: Act, kind: Kind, at: int) -> custody.Receipt:
        cargo = custody.Cargo(hub.name, *custody_of(manifest))
        return custody.sign(
            one, cargo, kind=kind, name="Bus 3", act=act, at_ms=AT + at, time_quality=4
        )

    taken = by(bus, Act.TAKEN, Kind.BUS, 0)
    forged = [by(stranger, Act.TAKEN, Kind.BUS, 1), by(stranger, Act.ERASED, Kind.BUS, 2)]
    assert custody.held_elsewhere([taken, *forged], [county.name]) == [taken]
    assert custody.held_elsewhere([taken, by(bus, Act.ERASED, Kind.BUS, 3)]) == []
    stick = by(hub, Act.TAKEN, Kind.STICK, 0)
    purged = by(county, Act.ERASED, Kind.STICK, 1)
    assert custody.held_elsewhere([stick, purged]) == [stick]
    assert custody.held_elsewhere([stick, purged], [county.name]) == []


def custody_of(manifest: bundle.Manifest) -> tuple[bytes, int, int, bytes]:
    cargo = custody.Cargo.of(manifest)
    return cargo.epoch, cargo.first, cargo.last, cargo.digest
