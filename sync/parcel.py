"""What a bus carries: a bundle that was sealed to the county, which the bus cannot open.

A county gives its bus a pass: "this key is my carrier's; seal what it carries to that age key".
A hub that has confirmed the county believes the pass, so that nobody in the village has to
confirm each bus.

A parcel is the bytes of a bundle, encrypted with age (X25519) to the county. Nothing of the bus
is in it, and it proves nothing: the bundle inside does.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyrage

from sync import cbor, identity
from sync.bundle import SUFFIX as BUNDLE_SUFFIX
from sync.errors import FormatError
from sync.identity import PUBLIC_KEY_SIZE, Purpose, Signer
from sync.wire import MAX_MESSAGE, MAX_NAME, VERSION, KeyOf

SUFFIX = f"{BUNDLE_SUFFIX}.age"
PASS_TARGET = "/v1/pass"  # noqa: S105 - a path
DUE_TARGET = "/v1/due"
TAKEN_TARGET = "/v1/taken"
_MAX_RECIPIENT = 2048
_FIELDS = frozenset(("v", "county", "carrier", "name", "recipient", "until_ms"))


@dataclass(frozen=True, slots=True)
class Pass:
    """A county's word for its carrier, until ``until_ms`` (ms since 1970); ``raw`` is signed.

    ``carrier`` is the bus's name (its public key), ``recipient`` the age key to seal to.
    """

    county: bytes
    carrier: bytes
    name: str
    recipient: str
    until_ms: int
    raw: bytes = b""


def sign(one: Pass, signer: Signer) -> bytes:
    """Return the signed pass; the county is the signer."""
    inner = cbor.dumps(
        {
            "v": VERSION,
            "county": signer.name,
            "carrier": one.carrier,
            "name": one.name,
            "recipient": one.recipient,
            "until_ms": one.until_ms,
        }
    )
    return identity.wrap("pass", Purpose.PASS, inner, signer)


def decode(data: bytes, key_of: KeyOf | None = None) -> Pass:
    """Return the pass in ``data``, signed by the county that it names.

    Whether that county is known is the caller's to say; ``key_of`` says which key it signs with.

    :raises FormatError: whatever else the bytes are.
    """
    one, inner, signature = _read(data)
    key = key_of(one.county) if key_of else one.county
    identity.verify(key, signature, Purpose.PASS, inner)
    return one


def named(data: bytes) -> Pass:
    """Return what a pass says that was verified when it came; its county may have a new key.

    :raises FormatError: if the bytes are no pass.
    """
    return _read(data)[0]


def _read(data: bytes) -> tuple[Pass, bytes, bytes]:
    """Return a pass, what is signed of it, and the signature, not verified."""
    inner, signature = identity.unwrap("pass", data, limit=MAX_MESSAGE)
    fields = cbor.Fields.versioned(cbor.loads(inner, limit=MAX_MESSAGE), "pass", _FIELDS, VERSION)
    one = Pass(
        county=fields.data("county", PUBLIC_KEY_SIZE),
        carrier=fields.data("carrier", PUBLIC_KEY_SIZE),
        name=fields.text("name", MAX_NAME),
        recipient=fields.text("recipient", _MAX_RECIPIENT),
        until_ms=fields.number("until_ms"),
        raw=data,
    )
    try:
        pyrage.x25519.Recipient.from_str(one.recipient)
    except pyrage.RecipientError as error:
        raise FormatError("pass: the recipient is no age public key") from error
    return one, inner, signature


def seal(pieces: Iterable[bytes], recipient: str, into: BinaryIO) -> None:
    """Write the parcel of a bundle, which comes in pieces.

    :raises OSError: if it cannot be written.
    """
    keys = [pyrage.x25519.Recipient.from_str(recipient)]
    try:
        pyrage.encrypt_io(_Pieces(iter(pieces)), into, keys)
    except pyrage.EncryptError as error:
        raise OSError(f"not sealed: {error}") from error


def unseal(parcel: Path, key: str, into: Path) -> None:
    """Write the bundle that is in a parcel, whole and flushed, or nothing.

    :raises FormatError: if the parcel is damaged, or was sealed to somebody else.
    :raises OSError: if one of the files cannot be used.
    """
    part = into.with_name(f"{into.name}.opened")
    try:
        with parcel.open("rb") as source, part.open("wb") as target:
            pyrage.decrypt_io(source, target, [pyrage.x25519.Identity.from_str(key)])
            target.flush()
            os.fsync(target.fileno())
        part.replace(into)
    except (pyrage.DecryptError, pyrage.IdentityError) as error:
        raise FormatError(
            f"{parcel.name} does not open: damaged, or sealed to somebody else",
            hint="Das Paket wurde unterwegs beschädigt oder gilt einem anderen Landkreis.",
        ) from error
    finally:
        part.unlink(missing_ok=True)


def opened(parcel: bytes, key: str) -> bytes:
    """Return the bundle that is in a parcel, in memory alone.

    :raises FormatError: if the parcel is damaged, or was sealed to somebody else.
    """
    try:
        found: bytes = pyrage.decrypt(parcel, [pyrage.x25519.Identity.from_str(key)])
    except (pyrage.DecryptError, pyrage.IdentityError) as error:
        raise FormatError("a parcel does not open: damaged, or sealed to somebody else") from error
    return found


def parcel_key(path: Path) -> tuple[str, str]:
    """Return the county's age key for parcels, private and public; make it if there is none.

    :raises OSError: if it can be neither read nor written.
    """
    try:
        text = path.read_text("ascii").strip()
    except FileNotFoundError:
        text = str(pyrage.x25519.Identity.generate())
        identity.write_private(path, text.encode() + b"\n")
    return text, str(pyrage.x25519.Identity.from_str(text).to_public())


class _Pieces(io.RawIOBase):
    """A file made of pieces."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces = pieces
        self._left = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while size < 0 or len(self._left) < size:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._left += piece
        size = len(self._left) if size < 0 else size
        found, self._left = self._left[:size], self._left[size:]
        return found
