"""The key that signs proofs: another than the one by which the county knows the hub.

Two purposes, two keys: whoever must give this one up (a helper's laptop, a lost card) does not
lose the hub's name with the county, and what one signs is worth nothing for the other. The signer
is a `did:key`: the key is its own address, so that a proof can be checked without network or
domain, which a village has not. A changed key is another signer; the ones before are kept as
public halves, so that what they signed still counts, unless the key was stolen.

Source: RFC 8032 (Ed25519), RFC 5958 (PKCS #8, PEM), W3C CCG did:key.
"""

from __future__ import annotations

import errno
import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edge.badges.errors import KeyUnusable
from hardware.durable import create_private, replace_private

if TYPE_CHECKING:  # 8 MB, for who signs or checks: most who open a page do neither
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

FILE = "badge.key"
RETIRED_FILE = "badge-retired.json"
_LIMIT = 4096  # an Ed25519 PEM has 119 bytes
_MULTICODEC = b"\xed\x01"  # an Ed25519 public key
_DIGITS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_LOST = (
    "Den Schlüssel aus der Sicherung zurückholen (Ordner keys/). Oder die kaputte Datei "
    "wegräumen: dann macht der Hub einen neuen, und was der alte unterschrieb, gilt hier als fremd."
)


@dataclass(frozen=True, slots=True)
class Retired:
    """A key that signed until ``at`` (ms since 1970, UTC). What a stolen one signed is nothing."""

    did: str
    at: int
    stolen: bool = False


@dataclass(frozen=True, slots=True)
class BadgeKey:
    """The private key, who it is, and who signed before it."""

    private: Ed25519PrivateKey
    retired: tuple[Retired, ...] = ()

    @property
    def did(self) -> str:
        """Who signs."""
        return did_of(self.private.public_key())

    @property
    def pem(self) -> bytes:
        """The private key as PEM."""
        return _pem(self.private)

    def known(self, did: str) -> Retired | bool | None:
        """Return True for this key's, an entry for one that signed before, False for a stranger."""
        if did == self.did:
            return True
        return next((one for one in self.retired if one.did == did), False)


def load_or_create(folder: Path) -> BadgeKey:
    """Return the key kept in ``folder``; make one (mode 0600) if there is none.

    A file is never overwritten, also not when two processes start at once.

    :raises KeyUnusable: if it is readable by others, holds no key, or cannot be kept.
    """
    path = folder / FILE
    try:
        if not path.exists():
            create_private(path, _pem(_fresh()))
        return BadgeKey(_load(path), _retired(folder / RETIRED_FILE))
    except OSError as error:
        raise KeyUnusable(
            f"{path} cannot be used: {error.strerror}", hint=_hint(error, folder)
        ) from error


def rotate(folder: Path, now_ms: int, *, stolen: bool = False) -> BadgeKey:
    """Change the key; what the old one signed still counts, unless it was ``stolen``.

    :raises KeyUnusable: if the old one cannot be read or the new one not be kept; the old stays.
    """
    old = load_or_create(folder)
    retired = (*old.retired, Retired(old.did, now_ms, stolen))
    fresh = _fresh()
    try:
        # first who it was: a stop in between leaves the old key known twice, and no proof unknown
        told = [{"did": one.did, "at": one.at, "stolen": one.stolen} for one in retired]
        replace_private(folder / RETIRED_FILE, json.dumps(told, indent=1) + "\n")
        replace_private(folder / FILE, _pem(fresh).decode())
    except OSError as error:
        raise KeyUnusable(
            f"the key was not changed: {error.strerror}", hint=_hint(error, folder)
        ) from error
    return BadgeKey(fresh, retired)


def did_of(key: Ed25519PublicKey) -> str:
    """Return the `did:key` of a public key."""
    return f"did:key:z{_base58(_MULTICODEC + key.public_bytes_raw())}"


def _base58(data: bytes) -> str:
    """Return Bitcoin's base 58; the first byte is never zero here."""
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = _DIGITS[digit] + text
    return text


def _fresh() -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415

    return ed25519.Ed25519PrivateKey.generate()


def _load(path: Path) -> Ed25519PrivateKey:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    with path.open("rb") as file:
        if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
            raise KeyUnusable(
                f"{path} may be read by others", hint=f"Bitte ausführen: chmod 600 {path}"
            )
        pem = file.read(_LIMIT)
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyUnusable(f"{path} holds no usable key", hint=_LOST) from error
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise KeyUnusable(f"{path} holds no Ed25519 key", hint=_LOST)
    return key


def _retired(path: Path) -> tuple[Retired, ...]:
    try:
        rows = json.loads(path.read_text("utf-8"))
        return tuple(Retired(str(r["did"]), int(r["at"]), bool(r["stolen"])) for r in rows)
    except FileNotFoundError:
        return ()
    except (ValueError, TypeError, KeyError) as error:
        raise KeyUnusable(f"{path} is spoiled", hint=_LOST) from error


def _pem(key: Ed25519PrivateKey) -> bytes:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415

    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _hint(error: OSError, folder: Path) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "Der Speicher ist voll. Bitte Platz schaffen und noch einmal versuchen."
    if error.errno == errno.EROFS:
        return "Der Speicher ist schreibgeschützt. Bitte die Karte prüfen."
    return f"Bitte Eigentümer und Rechte prüfen: ls -ld {folder}"
