r"""How a letter travels: cut into parts, each signed by its sender and sealed to its recipient.

A part, before it is sealed with age, is ``DHTEIL1\n``, a signature (64 bytes) and what it is over:
the sender's verify key (32), the recipient's (32), the number of the case (16), SHA-256 of the
whole letter (32), ``u32`` its length, ``u16`` this part's number from 1 on, ``u16`` how many there
are, then this part's bytes. Parts come in any order, any number of times. The recipient is signed,
too: who was sent a letter cannot pass it on as if it had been sent to somebody else.

A packet is a file with parts of one letter: ``DHPAKET1\n``, ``u8`` length of the age public key
that they are sealed to, that key, then for each part ``u32`` length and the sealed part. Who
carries a packet learns from it whom it is for and nothing more. Integers are big-endian. Pure.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from edge.care import case
from edge.care.case_errors import CaseError, Damaged, NotForUs
from edge.care.case_key import SIGNATURE_BYTES, Address, KeyPair

MAGIC = b"DHTEIL1\n"
PACKET = b"DHPAKET1\n"
CHUNK = 256 << 10  # what a cut line costs at most
MAX_PARTS = -(-case.MAX_CASE // CHUNK)
# age adds a header of some 200 bytes and 16 for each 64 KiB
MAX_SEALED = CHUNK + 4096
MAX_PACKET = MAX_PARTS * (MAX_SEALED + 4) + 256
_HEAD = struct.Struct(">32s32s16s32sIHH")
_START = len(MAGIC) + SIGNATURE_BYTES
_LENGTH = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Part:
    """One opened part, its signature verified with ``sender``, the key that it names itself."""

    sender: bytes
    case: bytes
    digest: bytes
    size: int
    number: int
    count: int
    chunk: bytes = field(repr=False)

    @property
    def letter(self) -> tuple[bytes, bytes, bytes, int]:
        """Which letter it is a part of: only those with the same fit together."""
        return self.sender, self.case, self.digest, self.count


class Incomplete(CaseError):
    """Parts are missing; they may still come."""

    def __init__(self, missing: Sequence[int], count: int) -> None:
        numbers = ", ".join(str(one) for one in missing)
        super().__init__(
            f"parts {numbers} of {count} are missing",
            hint=f"Es fehlt noch: Teil {numbers} von {count}. Bitte zu den anderen legen.",
        )


def seal(data: bytes, number: bytes, sender: KeyPair, to: Address) -> list[bytes]:
    """Return the sealed parts of a letter (`edge.care.case.encode`) of the case ``number``."""
    digest = hashlib.sha256(data).digest()
    count = max(1, -(-len(data) // CHUNK))
    own = sender.address.verify_key
    parts = []
    for n in range(count):
        head = _HEAD.pack(own, to.verify_key, number, digest, len(data), n + 1, count)
        body = head + data[n * CHUNK : (n + 1) * CHUNK]
        parts.append(to.seal(MAGIC + sender.sign(body) + body))
    return parts


def open_part(sealed: bytes, pair: KeyPair) -> Part:
    """Return what a sealed part holds.

    Who the sender is the caller has to know: a signature alone proves no more than who signed.

    :raises NotForUs: if it does not open with this key, or was sealed for somebody else.
    :raises Damaged: if it opens and is no part, or its signature is wrong.
    """
    import pyrage  # noqa: PLC0415 - pages load it when somebody asks

    if len(sealed) > MAX_SEALED:
        raise Damaged(f"a part of {len(sealed)} bytes; at most {MAX_SEALED} are read")
    try:
        raw: bytes = pyrage.decrypt(sealed, [pyrage.x25519.Identity.from_str(pair.identity)])
    except pyrage.DecryptError as error:
        raise NotForUs("a letter that does not open") from error
    if raw[: len(MAGIC)] != MAGIC or len(raw) < _START + _HEAD.size:
        raise Damaged("what opens is no part of a letter")
    signature, body = raw[len(MAGIC) : _START], raw[_START:]
    sender, to, number, digest, size, index, count = _HEAD.unpack(body[: _HEAD.size])
    if not Address(pair.address.recipient, sender).signed(body, signature):
        raise Damaged("a signature that is wrong")
    if to != pair.address.verify_key:
        raise NotForUs("it was sealed for somebody else and passed on")
    chunk = body[_HEAD.size :]
    if not (
        size <= case.MAX_CASE
        and count == max(1, -(-size // CHUNK))
        and 1 <= index <= count
        and len(chunk) == min(CHUNK, size - (index - 1) * CHUNK)
    ):
        raise Damaged("a part whose numbers do not fit together")
    return Part(sender, number, digest, size, index, count, chunk)


def gather(parts: Iterable[Part]) -> case.Letter:
    """Return the letter of which these are parts, in any order, some perhaps more than once.

    :raises Incomplete: if some are missing.
    :raises Damaged: if they are of different letters, or what they give is none.
    :raises ValueError: without any.
    """
    found = list(parts)
    if not found:
        raise ValueError("no parts")
    first, known = found[0], {one.number: one for one in found}
    if any(one.letter != first.letter for one in found):
        raise Damaged("parts of different letters")
    missing = [n for n in range(1, first.count + 1) if n not in known]
    if missing:
        raise Incomplete(missing, first.count)
    data = b"".join(known[n].chunk for n in range(1, first.count + 1))
    if hashlib.sha256(data).digest() != first.digest:
        raise Damaged("the parts do not give what was signed")
    letter = case.decode(data)
    number = letter.id if isinstance(letter, case.Case) else letter.case
    if number != first.case:
        raise Damaged("a letter of another case than its parts")
    return letter


def pack(recipient: str, parts: Sequence[bytes]) -> bytes:
    """Return the packet of sealed parts to an age public key."""
    name = recipient.encode("ascii")
    framed = (_LENGTH.pack(len(one)) + one for one in parts)
    return b"".join((PACKET, bytes((len(name),)), name, *framed))


def unpack(data: bytes) -> tuple[str, list[bytes]]:
    """Return the age public key that a packet is for, and its sealed parts.

    :raises Damaged: if it is no packet, or cut off.
    """
    if data[: len(PACKET)] != PACKET or len(data) > MAX_PACKET:
        raise Damaged("no packet of a consultation")
    at = len(PACKET) + 1
    size = data[at - 1] if len(data) >= at else 0
    name = data[at : at + size]
    if not name.startswith(b"age1") or len(name) != size or not name.isalnum():
        raise Damaged("a packet that says not whom it is for")
    at += size
    parts = []
    while at < len(data):
        if len(data) - at < _LENGTH.size:
            raise Damaged("a packet that ends too early")
        (length,) = _LENGTH.unpack(data[at : at + _LENGTH.size])
        at += _LENGTH.size
        if not 0 < length <= MAX_SEALED or len(data) - at < length:
            raise Damaged("a packet that ends too early")
        parts.append(data[at : at + length])
        at += length
    if not parts or len(parts) > MAX_PARTS:
        raise Damaged("a packet with no parts, or too many")
    return name.decode("ascii"), parts
