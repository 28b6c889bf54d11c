"""A segment: an immutable, signed piece of one hub's one stream.

On the wire: ``u16`` header length, header (canonical CBOR), 64 bytes of Ed25519 signature over
the header, ``u8`` salt length (16, or 0 in an erased segment), salt, body to the end.

The header binds the body only through ``commitment = BLAKE2b-256(salt || body)``. Without salt
and body the commitment tells nothing of the body, and the chain of headers still verifies.
The chain links headers: ``previous`` is the BLAKE2b-256 of the header before.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import struct
from dataclasses import dataclass
from enum import StrEnum

from sync import cbor, identity
from sync.errors import ChainError, FormatError, SignatureError
from sync.identity import EPOCH_SIZE, PUBLIC_KEY_SIZE, SIGNATURE_SIZE, Purpose, Signer

VERSION = 1
HASH_SIZE = 32
SALT_SIZE = 16
BOOT_SIZE = 16
NO_PREVIOUS = bytes(HASH_SIZE)  # what the first segment of an epoch names as the one before
MAX_HEADER = 512  # the largest header of this version has some 330 bytes; the rest is for later
MAX_BODY = 2 << 20  # columns pack to 1 MiB at most; sealing to recipients adds little to that
MAX_SEGMENT = 2 + MAX_HEADER + SIGNATURE_SIZE + 1 + SALT_SIZE + MAX_BODY
_MAX_SCHEMA = 64
_CLASS = re.compile(r"[a-z][a-z0-9-]{0,15}")
_LENGTH = struct.Struct(">H")


class StreamClass(StrEnum):
    """Who may read a body: the classes that this version knows.

    A later version's class stays the text that it is; nobody reads its body, everybody keeps it.
    """

    VILLAGE = "village"  # nobody's personal data
    CARE = "care"  # sealed with age to the care recipients
    EVENT = "event"  # canonical CBOR: what happened


@dataclass(frozen=True, slots=True)
class ClockState:
    """What the hub knew of the time when it sealed.

    ``sealed_at_ms`` since 1970, UTC; ``quality`` as `hardware.reading.TimeQuality`;
    ``boot_id`` 16 bytes; ``monotonic_ms`` since that boot. Nothing is ordered by it.
    """

    sealed_at_ms: int
    quality: int
    boot_id: bytes
    monotonic_ms: int


@dataclass(frozen=True, slots=True)
class Header:
    """What is signed. ``first_ms`` and ``last_ms`` span the times in the body, 0 if it has none.

    ``minor`` above 0 tells of fields that this version does not know and leaves out here; they
    are in the bytes that were signed.
    """

    hub: bytes
    epoch: bytes
    seq: int
    previous: bytes
    stream: StreamClass | str
    schema: str
    count: int
    first_ms: int
    last_ms: int
    clock: ClockState
    commitment: bytes
    minor: int = 0

    def encode(self) -> bytes:
        """Return the deterministic bytes of what this version knows: what `seal` signs."""
        clock = self.clock
        return cbor.dumps(
            {
                "v": VERSION,
                "hub": self.hub,
                "epoch": self.epoch,
                "seq": self.seq,
                "prev": self.previous,
                "class": str(self.stream),
                "schema": self.schema,
                "count": self.count,
                "first": self.first_ms,
                "last": self.last_ms,
                "clock": [clock.sealed_at_ms, clock.quality, clock.boot_id, clock.monotonic_ms],
                "commit": self.commitment,
            }
        )

    @classmethod
    def decode(cls, data: bytes) -> Header:
        """Return the header that ``data`` is; the signature is not looked at.

        :raises VersionError: if it is of another major version.
        :raises FormatError: whatever else the bytes are. An unknown schema, an unknown class or a
            later minor version is none of that.
        """
        fields = cbor.Fields.versioned(
            cbor.loads(data, limit=MAX_HEADER), "segment header", _FIELDS, VERSION
        )
        clock = fields.items("clock", 4)
        return cls(
            hub=fields.data("hub", PUBLIC_KEY_SIZE),
            epoch=fields.data("epoch", EPOCH_SIZE),
            seq=fields.number("seq", 1),
            previous=fields.data("prev", HASH_SIZE),
            stream=_stream(fields.text("class", 16)),
            schema=fields.text("schema", _MAX_SCHEMA),
            count=fields.number("count"),
            first_ms=fields.number("first", -cbor.INT_LIMIT),
            last_ms=fields.number("last", -cbor.INT_LIMIT),
            clock=_clock(clock),
            commitment=fields.data("commit", HASH_SIZE),
            minor=fields.minor,
        )


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment as it travels. ``raw_header`` is what was signed; ``header`` is what it says.

    ``salt`` and ``body`` are both empty in an erased segment.
    """

    header: Header
    raw_header: bytes
    signature: bytes
    salt: bytes
    body: bytes

    @property
    def erased(self) -> bool:
        """Tell if salt and body were taken away."""
        return not self.salt

    @property
    def hash(self) -> bytes:
        """What the next segment names as ``previous``: the BLAKE2b-256 of the header."""
        return hashlib.blake2b(self.raw_header, digest_size=HASH_SIZE).digest()

    def encode(self) -> bytes:
        """Return the bytes that travel."""
        return b"".join(
            (
                _LENGTH.pack(len(self.raw_header)),
                self.raw_header,
                self.signature,
                bytes((len(self.salt),)),
                self.salt,
                self.body,
            )
        )

    @classmethod
    def decode(cls, data: bytes) -> Segment:
        """Return the segment that ``data`` is, not yet verified.

        :raises FormatError: whatever else the bytes are.
        """
        if len(data) > MAX_SEGMENT:
            raise FormatError(f"a segment of {len(data)} bytes; at most {MAX_SEGMENT} are allowed")
        if len(data) < _LENGTH.size:
            raise FormatError("the segment ends too early", offset=len(data))
        (size,) = _LENGTH.unpack_from(data)
        end = _LENGTH.size + size
        salt_at = end + SIGNATURE_SIZE + 1
        if len(data) < salt_at:
            raise FormatError("the segment ends too early", offset=len(data))
        raw_header = data[_LENGTH.size : end]
        salt_size = data[salt_at - 1]
        if salt_size not in (0, SALT_SIZE) or len(data) < salt_at + salt_size:
            raise FormatError("a salt of a wrong size", offset=salt_at - 1)
        body = data[salt_at + salt_size :]
        if not salt_size and body:
            raise FormatError("an erased segment with a body", offset=salt_at)
        return cls(
            header=Header.decode(raw_header),
            raw_header=raw_header,
            signature=data[end : salt_at - 1],
            salt=data[salt_at : salt_at + salt_size],
            body=body,
        )

    def erase(self) -> Segment:
        """Return the segment without salt and body; it verifies, and tells nothing of the body."""
        return Segment(self.header, self.raw_header, self.signature, b"", b"")


def commitment(salt: bytes, body: bytes) -> bytes:
    """Return BLAKE2b-256 of ``salt || body``."""
    return hashlib.blake2b(salt + body, digest_size=HASH_SIZE).digest()


def seal(
    signer: Signer,
    *,
    epoch: bytes,
    seq: int,
    previous: bytes,
    stream: StreamClass | str,
    schema: str,
    count: int,
    first_ms: int,
    last_ms: int,
    clock: ClockState,
    salt: bytes,
    body: bytes,
) -> Segment:
    """Return the signed segment. ``salt`` is 16 fresh random bytes.

    :raises ValueError: if a reader would refuse it.
    """
    if len(salt) != SALT_SIZE or len(body) > MAX_BODY:
        raise ValueError("a salt has 16 bytes and a body is bounded")
    header = Header(
        hub=signer.name,
        epoch=epoch,
        seq=seq,
        previous=previous,
        stream=stream,
        schema=schema,
        count=count,
        first_ms=first_ms,
        last_ms=last_ms,
        clock=clock,
        commitment=commitment(salt, body),
    )
    raw = header.encode()
    Header.decode(raw)
    return Segment(header, raw, signer.sign(Purpose.SEGMENT, raw), salt, body)


def verify(segment: Segment, hub: bytes, key: bytes | None = None) -> None:
    """Return if ``segment`` is by ``hub`` and its body, if it has one, is what the hub sealed.

    ``key`` is the one that the hub signed with at this place of its stream; without it, the
    key it began with, which is its name.

    :raises SignatureError: if the header or its signature is not by ``hub``.
    :raises FormatError: if the body is not the one that the header commits to.
    """
    seq = segment.header.seq
    if segment.header.hub != hub:
        raise SignatureError("the segment names another hub", seq=seq)
    try:
        identity.verify(
            hub if key is None else key, segment.signature, Purpose.SEGMENT, segment.raw_header
        )
    except SignatureError as error:
        raise SignatureError(error.message, seq=seq, hint=error.hint) from error
    if not segment.erased and not hmac.compare_digest(
        commitment(segment.salt, segment.body), segment.header.commitment
    ):
        raise FormatError(
            "the body is not the one that was sealed",
            seq=seq,
            hint="Das Segment noch einmal holen.",
        )


def verify_link(segment: Segment, *, epoch: bytes, seq: int, previous: bytes) -> None:
    """Return if ``segment`` is number ``seq`` of ``epoch`` and follows the header ``previous``.

    :raises ChainError: if it is not.
    """
    header = segment.header
    if (header.epoch, header.seq) != (epoch, seq):
        raise ChainError(
            f"expected segment {seq} of epoch {epoch.hex()}, got {header.seq} of "
            f"{header.epoch.hex()}",
            seq=header.seq,
        )
    if header.previous != previous:
        raise ChainError(
            "the segment follows another one than the one we hold",
            seq=header.seq,
            hint="Zwei Hubs schreiben unter einem Schlüssel: wurde eine Speicherkarte kopiert oder "
            "aus einer Sicherung zurückgespielt?",
        )


_FIELDS = frozenset(
    (
        *("v", "hub", "epoch", "seq", "prev", "class", "schema"),
        *("count", "first", "last", "clock", "commit"),
    )
)


def _stream(name: str) -> StreamClass | str:
    if not _CLASS.fullmatch(name):
        raise FormatError("segment header: class is no name of a stream class")
    return StreamClass(name) if name in _CLASSES else name


_CLASSES = frozenset(StreamClass)


def _clock(items: list[object]) -> ClockState:
    if len(items) != 4:
        raise FormatError("segment header: clock has not 4 items")
    keys = ("at", "quality", "boot", "monotonic")
    fields = cbor.Fields(
        dict(zip(keys, items, strict=True)), "segment header: clock", frozenset(keys)
    )
    return ClockState(
        sealed_at_ms=fields.number("at", -cbor.INT_LIMIT),
        quality=fields.number("quality", 0, 255),
        boot_id=fields.data("boot", BOOT_SIZE),
        monotonic_ms=fields.number("monotonic"),
    )
