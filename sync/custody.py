"""Who carried what, when: receipts that a carrier signs when it takes a bundle and hands it on.

A bus signs with its own key. A stick has none: whoever wrote to it or read from it signs, and
``name`` says which stick it is and who plugged it in. A receipt proves who signed it and nothing
of the bundle; the bundle's segments prove themselves. Receipts travel beside the bundles, in both
directions, and are kept by the two sides that the bundle is between.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from sync import cbor, identity
from sync.bundle import DIGEST_SIZE, Manifest
from sync.errors import FormatError
from sync.identity import EPOCH_SIZE, PUBLIC_KEY_SIZE, Purpose, Signer
from sync.wire import MAX_MESSAGE, KeyOf

VERSION = 1
SUFFIX = ".receipt"
FOLDER = "receipts"  # below `DORFHUB` on a medium
MAX_RECEIPT = 960  # one has some 400 bytes, and a name of up to 400
MAX_NAME = 100
RECEIPT_ID = 16  # bytes of what names one
MAX_ENDS = 4  # receipts that one may end: a copy has one, or one of each side that signed
MAX_BATCH = 16  # receipts in one message, which has at most `wire.MAX_MESSAGE` bytes
_FIELDS = frozenset(
    (
        *("v", "carrier", "kind", "name", "act", "writer", "epoch", "first", "last"),
        *("digest", "at_ms", "time_quality"),
    )
)


class Kind(StrEnum):
    """What carried it. A later version's kind stays the text that it is."""

    STICK = "stick"
    BUS = "bus"


class Act(StrEnum):
    """What the carrier did with the bundle."""

    TAKEN = "taken"  # from the writer, or from another carrier
    GIVEN = "given"  # to the reader, or to another carrier
    ERASED = "erased"  # its copy is gone, or was replaced by one without what was erased


@dataclass(frozen=True, slots=True)
class Receipt:
    """One act of one carrier. ``raw`` is the signed message.

    ``carrier`` is the name of who signed; ``writer``, ``epoch``, ``first``, ``last`` say which
    segments; ``digest`` is the SHA-256 of the bundle's manifest, or of a sealed parcel: the very
    bytes. ``at_ms`` is by the signer's clock, of ``time_quality``: it orders nothing. ``ends`` are
    the ids of the receipts whose copy is gone now, of one that says ``erased``; None from a
    signer that did not say.
    """

    carrier: bytes
    kind: Kind | str
    name: str
    act: Act
    writer: bytes
    epoch: bytes
    first: int
    last: int
    digest: bytes
    at_ms: int
    time_quality: int
    raw: bytes
    ends: frozenset[bytes] | None = None

    @property
    def id(self) -> str:
        """What names it: the first 32 hex digits of its bytes' BLAKE2b. For files and tables."""
        return hashlib.blake2b(self.raw, digest_size=RECEIPT_ID).hexdigest()


@dataclass(frozen=True, slots=True)
class Cargo:
    """What a receipt is about, where the carrier cannot look into it.

    ``digest`` is of the very bytes: a bundle's manifest (SHA-256), or a sealed parcel's.
    """

    writer: bytes
    epoch: bytes
    first: int
    last: int
    digest: bytes

    @classmethod
    def of(cls, manifest: Manifest) -> Cargo:
        """Return the cargo that a bundle is."""
        return cls(manifest.hub, manifest.epoch, manifest.first, manifest.last, manifest.digest)


def sign(
    signer: Signer,
    cargo: Manifest | Cargo,
    *,
    kind: Kind,
    name: str,
    act: Act,
    at_ms: int,
    time_quality: int,
    ends: Sequence[bytes] | None = None,
) -> Receipt:
    """Return the receipt for a bundle, or for a parcel that is sealed.

    Of more than :data:`MAX_ENDS` receipts that it ends the last are named.

    :raises ValueError: if a reader would refuse it.
    """
    what = Cargo.of(cargo) if isinstance(cargo, Manifest) else cargo
    said: dict[str, object] = {}
    if ends is not None:
        said = {"minor": 1, "ends": sorted(ends[-MAX_ENDS:])}
    inner = cbor.dumps(
        {
            "v": VERSION,
            **said,
            "carrier": signer.name,
            "kind": str(kind),
            "name": name,
            "act": str(act),
            "writer": what.writer,
            "epoch": what.epoch,
            "first": what.first,
            "last": what.last,
            "digest": what.digest,
            "at_ms": at_ms,
            "time_quality": time_quality,
        }
    )
    raw = identity.wrap("receipt", Purpose.RECEIPT, inner, signer)
    return decode(raw, lambda _: signer.public_key)


def decode(data: bytes, key_of: KeyOf | None = None, *, verified: bool = False) -> Receipt:
    """Return the receipt in ``data``, signed by the carrier that it names.

    Whether that carrier is known is the caller's to say; ``key_of`` gives the key that it signs
    with now: its name, where no other is known. One that was ``verified`` when it came is not
    verified again: its carrier may have changed the key since.

    :raises SignatureError: if another key signed it.
    :raises VersionError: if it is of another major version.
    :raises FormatError: whatever else the bytes are.
    """
    inner, signature = identity.unwrap("receipt", data, limit=MAX_RECEIPT)
    value = cbor.loads(inner, limit=MAX_RECEIPT)
    fields = cbor.Fields.versioned(value, "receipt", _FIELDS, VERSION)
    act = fields.text("act", 16)
    if act not in _ACTS:
        raise FormatError("receipt: act is none that this version knows")
    kind = fields.text("kind", 16)
    one = Receipt(
        carrier=fields.data("carrier", PUBLIC_KEY_SIZE),
        kind=Kind(kind) if kind in _KINDS else kind,
        name=fields.text("name", MAX_NAME),
        act=Act(act),
        writer=fields.data("writer", PUBLIC_KEY_SIZE),
        epoch=fields.data("epoch", EPOCH_SIZE),
        first=fields.number("first", 1),
        last=fields.number("last", 1),
        digest=fields.data("digest", DIGEST_SIZE),
        at_ms=fields.number("at_ms", -cbor.INT_LIMIT),
        time_quality=fields.number("time_quality", 0, 255),
        raw=data,
        ends=_ends(value) if fields.minor else None,
    )
    if one.last < one.first:
        raise FormatError("receipt: last lies before first")
    if not verified:
        key = key_of(one.carrier) if key_of else one.carrier
        identity.verify(key, signature, Purpose.RECEIPT, inner)
    return one


@dataclass(frozen=True, slots=True)
class Batch:
    """Receipts as they are on a line, each to be verified by itself.

    ``next`` is what to ask for next: the number of the last one here, 0 from a book that is empty.
    """

    receipts: tuple[bytes, ...]
    next: int


def encode_batch(receipts: Iterable[bytes], following: int) -> bytes:
    """Return one message with up to :data:`MAX_BATCH` receipts; ``following`` is its ``next``."""
    batch = list(receipts)
    if len(batch) > MAX_BATCH:
        raise ValueError(f"a message holds at most {MAX_BATCH} receipts")
    return cbor.dumps({"receipts": batch, "next": following})


def decode_batch(data: bytes) -> Batch:
    """Return the receipts of a message, not yet verified: each may be refused by itself.

    :raises FormatError: if it is no such message.
    """
    value = cbor.loads(data, limit=MAX_MESSAGE)
    fields = cbor.Fields(value, "receipts", frozenset(("receipts", "next")))
    batch = []
    for item in fields.items("receipts", MAX_BATCH):
        if type(item) is not bytes or len(item) > MAX_RECEIPT:
            raise FormatError("receipts: one is no bytes, or too long")
        batch.append(item)
    return Batch(tuple(batch), fields.number("next"))


def held_elsewhere(receipts: Sequence[Receipt], counties: Collection[bytes] = ()) -> list[Receipt]:
    """Return, of each carrier's copies, those taken that nobody told of erasing since.

    ``receipts`` are in the order in which they came here. A stick that was read at the other end
    keeps its bundle until it is written again, so that only ``erased`` ends a copy; one that is
    taken after that is another. Which one is gone a receipt names (``ends``); one that names none
    counts for what came here before it. No clock is asked. That a copy is gone may say who signed
    for it; of a stick's, its writer and ``counties``, too. Anybody can sign.
    """
    ends: dict[tuple[bytes, str, bytes], list[tuple[int, Receipt]]] = {}
    for number, one in enumerate(receipts):
        if one.act is Act.ERASED:
            ends.setdefault(_copy(one), []).append((number, one))
    held: dict[tuple[bytes, str, bytes], Receipt] = {}
    for number, one in enumerate(receipts):
        if one.act is Act.ERASED:
            continue
        believed = {one.carrier}
        if one.kind == Kind.STICK:
            believed |= {one.writer, *counties}
        told = [end for end in ends.get(_copy(one), ()) if end[1].carrier in believed]
        if one.act is Act.GIVEN:
            over = bool(told)  # it was there then; what was taken says if it is there now
        else:
            over = any(_is_over(number, one, *end) for end in told)
        if not over:
            held.setdefault(_copy(one), one)
    return list(held.values())


def open_copies(
    receipts: Iterable[Receipt], signer: bytes, name: str, digest: bytes
) -> list[bytes]:
    """Return the ids of what was taken of a copy and that ``signer`` did not end yet."""
    ended: set[bytes] = set()
    taken = []
    for one in receipts:
        if (one.name, one.digest) != (name, digest):
            continue
        if one.act is Act.TAKEN:
            taken.append(bytes.fromhex(one.id))
        elif one.act is Act.ERASED and one.carrier == signer:
            ended |= set(taken) if one.ends is None else one.ends
    return [one for one in taken if one not in ended]


def _is_over(number: int, taken: Receipt, at: int, end: Receipt) -> bool:
    if end.ends is None:
        return number < at
    return bytes.fromhex(taken.id) in end.ends


def _ends(value: object) -> frozenset[bytes] | None:
    """Return what a later minor version's receipt ends; None if it does not say so."""
    if not isinstance(value, dict) or "ends" not in value:
        return None
    fields = cbor.Fields({"ends": value["ends"]}, "receipt", frozenset(("ends",)))
    ids = fields.items("ends", MAX_ENDS)
    if not all(type(one) is bytes and len(one) == RECEIPT_ID for one in ids):
        raise FormatError("receipt: ends names no receipts")
    return frozenset(cast("list[bytes]", ids))


def _copy(one: Receipt) -> tuple[bytes, str, bytes]:
    return one.writer, one.name, one.digest


_ACTS = frozenset(Act)
_KINDS = frozenset(Kind)
