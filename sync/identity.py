"""Who a hub is: a name for ever, an Ed25519 key for now, signatures by purpose.

The name is the first public key. Until the key is changed (`sync.rotation`) it is the key too.
Every signature is made over ``purpose || data``, so that bytes signed for one purpose are
worth nothing for another.

Source: RFC 8032 (Ed25519), RFC 5958 (PKCS #8 key file, PEM).
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from hardware.durable import create_private, flush, fresh_private
from sync import cbor
from sync.errors import IdentityError, SignatureError

PUBLIC_KEY_SIZE = 32
SIGNATURE_SIZE = 64
EPOCH_SIZE = 8
_KEY_FILE_LIMIT = 4096  # an Ed25519 PEM has 119 bytes; whatever is longer is no key of ours


class Purpose(Enum):
    """What a signature is for; the value is the prefix of the signed bytes."""

    SEGMENT = b"dorfhub/segment/1\x00"
    HEAD = b"dorfhub/head/1\x00"
    REQUEST = b"dorfhub/request/1\x00"
    ACK = b"dorfhub/ack/1\x00"
    ENROL = b"dorfhub/enrol/1\x00"
    ROTATE = b"dorfhub/rotate/1\x00"
    NOTICE = b"dorfhub/notice/1\x00"
    RECEIPT = b"dorfhub/receipt/1\x00"
    GOT = b"dorfhub/got/1\x00"
    TLS = b"dorfhub/tls/1\x00"
    CALL = b"dorfhub/call/1\x00"
    PASS = b"dorfhub/pass/1\x00"
    AGAIN = b"dorfhub/again/1\x00"
    ANSWER = b"dorfhub/answer/1\x00"


class Signer(Protocol):
    """Whatever can sign for one public key."""

    @property
    def name(self) -> bytes:
        """The first public key: what the others know the signer by, for ever."""

    @property
    def public_key(self) -> bytes:
        """The 32 bytes of the Ed25519 public key that signs now."""

    def sign(self, purpose: Purpose, data: bytes) -> bytes:
        """Return the 64 bytes of the signature over ``purpose || data``."""


@dataclass(frozen=True, slots=True)
class _Key:
    private: Ed25519PrivateKey
    public: bytes
    mark: tuple[int, int]  # inode and time of change of its file


class Identity:
    """A private key and its public half.

    One that is kept in a file follows the file: a process that runs while the key is changed
    signs with the new one from then on.

    :raises IdentityError: from any method, if the file was changed into one that is no key.
    """

    __slots__ = ("_key", "_name", "_path")

    def __init__(
        self, key: Ed25519PrivateKey, *, name: bytes | None = None, path: Path | None = None
    ) -> None:
        self._key = _Key(key, key.public_key().public_bytes_raw(), (0, 0))
        self._name = self._key.public if name is None else name
        self._path = path

    @classmethod
    def generate(cls) -> Identity:
        """Return a new identity that is kept nowhere."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def load_or_create(cls, path: Path) -> Identity:
        """Return the identity kept in ``path``; make one (mode 0600) if there is no file.

        An existing file is never overwritten, also not when two processes start at once.

        :raises IdentityError: if the file is readable by others or holds no Ed25519 key, or if
            it can be neither read nor written because the disk is full, read-only or forbidden.
        :raises OSError: if it can be neither read nor written for another reason.
        """
        try:
            if not path.exists():
                create_private(path, _pem(Ed25519PrivateKey.generate()))
            return cls.load(path)
        except OSError as error:
            hint = _HINTS.get(error.errno or 0)
            if hint is None:
                raise
            raise IdentityError(
                f"{path} cannot be used: {error.strerror}", hint=hint.format(folder=path.parent)
            ) from error

    @classmethod
    def load(cls, path: Path) -> Identity:
        """Return the identity kept in ``path``.

        :raises IdentityError: if the file is readable by others or holds no Ed25519 key.
        :raises OSError: if it cannot be read.
        """
        key = _load(path)
        identity = cls(key.private, name=_name(path) or key.public, path=path)
        identity._key = key
        return identity

    @property
    def name(self) -> bytes:
        """The first public key: what the others know this one by, for ever."""
        return self._name

    @property
    def public_key(self) -> bytes:
        """The 32 bytes of the Ed25519 public key that signs now."""
        return self._current().public

    def sign(self, purpose: Purpose, data: bytes) -> bytes:
        """Return the 64 bytes of the signature over ``purpose || data``."""
        return self._current().private.sign(purpose.value + data)

    def _current(self) -> _Key:
        if self._path is not None:
            with contextlib.suppress(OSError):  # gone or unreadable: what was loaded still holds
                if _mark(self._path.stat()) != self._key.mark:
                    self._key = _load(self._path)
        return self._key


def wrap(name: str, purpose: Purpose, inner: bytes, signer: Signer) -> bytes:
    """Return ``{name: inner, "signature": ...}``, signed for ``purpose``; see :func:`unwrap`."""
    return cbor.dumps({name: inner, "signature": signer.sign(purpose, inner)})


def unwrap(name: str, data: bytes, *, limit: int) -> tuple[bytes, bytes]:
    """Return what is signed and its signature, not verified, of ``{name: ..., "signature": ...}``.

    :raises FormatError: if ``data`` is anything else, or longer than ``limit``.
    """
    fields = cbor.Fields(cbor.loads(data, limit=limit), name, frozenset((name, "signature")))
    return fields.any_data(name, limit), fields.data("signature", SIGNATURE_SIZE)


def verify(public_key: bytes, signature: bytes, purpose: Purpose, data: bytes) -> None:
    """Return if ``signature`` is by ``public_key`` over ``purpose || data``.

    :raises SignatureError: if it is not, or if key or signature have a wrong shape.
    """
    if len(public_key) != PUBLIC_KEY_SIZE or len(signature) != SIGNATURE_SIZE:
        raise SignatureError("a key has 32 bytes and a signature 64")
    if public_key[:-1] + bytes((public_key[-1] & 0x7F,)) in _SMALL_ORDER:
        raise SignatureError("a key for which anybody can sign")
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, purpose.value + data)
    except (InvalidSignature, ValueError) as error:
        raise SignatureError(
            f"the signature is not by {short_id(public_key)}",
            hint="Die Bytes wurden unterwegs verändert oder stammen von einer anderen Stelle.",
        ) from error


def fingerprint(public_key: bytes) -> str:
    """Return what people compare: eight groups of four hex digits, of the key's SHA-256."""
    digits = hashlib.sha256(public_key).hexdigest()[:32].upper()
    return " ".join(digits[i : i + 4] for i in range(0, 32, 4))


def short_id(public_key: bytes) -> str:
    """Return the first 16 hex digits of the fingerprint, small: for folder and service names."""
    return hashlib.sha256(public_key).hexdigest()[:16]


def matches(public_key: bytes, typed: str) -> bool:
    """Tell if what a person typed is this key's fingerprint; spaces, dashes, case do not count.

    Six words and what a QR code holds are `sync.comparison`'s.
    """
    wanted = "".join(fingerprint(public_key).split())
    return "".join(c for c in typed.upper() if c not in " -:\t") == wanted


# Keys of small order (RFC 8032 does not refuse them): one signature fits many messages.
_SMALL_ORDER = frozenset(
    bytes.fromhex(digits)
    for digits in (
        "00" * 32,
        "01" + "00" * 31,
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ec" + "ff" * 30 + "7f",
        "ed" + "ff" * 30 + "7f",
        "ee" + "ff" * 30 + "7f",
    )
)
_LOST = (
    "Den Schlüssel aus der Sicherung zurückholen. Mit einem neuen Schlüssel gilt dieser Hub als "
    "neuer Hub: die kaputte Datei wegräumen, neu starten und den neuen Fingerabdruck vom "
    "Landkreis bestätigen lassen."
)
_FULL = (
    "Der Speicher ist voll, der Schlüssel des Hubs kann nicht angelegt werden. Bitte Platz "
    "schaffen (alte Dateien löschen oder eine größere Karte einsetzen)."
)
_FORBIDDEN = (
    "Dieser Benutzer darf den Schlüssel des Hubs nicht anlegen oder lesen. Bitte Eigentümer und "
    "Rechte prüfen: ls -ld {folder}"
)
_HINTS = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EROFS: "Der Speicher ist schreibgeschützt, der Schlüssel des Hubs kann nicht angelegt "
    "werden. Bitte die Karte prüfen (Schreibschutz, Fehler) und wieder beschreibbar einhängen.",
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
}


def replace_key(path: Path, fresh: Identity, name: bytes) -> None:
    """Put the key of ``fresh`` into ``path``, whole or not at all; keep ``name`` beside it.

    :raises OSError: if the disk does not take it; the old key then stays.
    """
    born = path.with_suffix(_BORN)
    if not born.exists():
        write_private(born, name.hex().encode() + b"\n")
    write_private(path, _pem(fresh._key.private))  # noqa: SLF001 - our own class


def write_private(path: Path, data: bytes) -> None:
    """Replace a file that only we may read, whole or not at all, and flush it to the disk.

    :raises OSError: if the disk does not take it.
    """
    fresh = fresh_private(path, data)
    try:
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    flush(path.parent)


_BORN = ".born"  # beside the key, once it was changed: the first public key in hex


def name_in_copy(path: Path) -> bytes | None:
    """Return whose key a copy of a key file is, on a medium without permissions; None if nobody's.

    :raises OSError: if it cannot be read.
    """
    try:
        key = serialization.load_pem_private_key(path.read_bytes()[:_KEY_FILE_LIMIT], password=None)
        name = _name(path)
    except (FileNotFoundError, ValueError, TypeError, UnsupportedAlgorithm, IdentityError):
        return None
    public = key.public_key()
    return name or (public.public_bytes_raw() if isinstance(public, Ed25519PublicKey) else None)


def _name(path: Path) -> bytes | None:
    born = path.with_suffix(_BORN)
    try:
        name = bytes.fromhex(born.read_text("ascii"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise IdentityError(f"{born} holds no name", hint=_LOST) from error
    if len(name) != PUBLIC_KEY_SIZE:
        raise IdentityError(f"{born} holds no name", hint=_LOST)
    return name


def _load(path: Path) -> _Key:
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        if stat.S_IMODE(status.st_mode) & 0o077:
            raise IdentityError(
                f"{path} may be read by others", hint=f"Bitte ausführen: chmod 600 {path}"
            )
        pem = file.read(_KEY_FILE_LIMIT + 1)
    try:
        key = serialization.load_pem_private_key(pem[:_KEY_FILE_LIMIT], password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise IdentityError(f"{path} holds no usable key", hint=_LOST) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise IdentityError(f"{path} holds no Ed25519 key", hint=_LOST)
    return _Key(key, key.public_key().public_bytes_raw(), _mark(status))


def _mark(status: os.stat_result) -> tuple[int, int]:
    return status.st_ino, status.st_mtime_ns


def _pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
