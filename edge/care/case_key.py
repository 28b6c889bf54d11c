"""Who may ask and answer: a pair of keys for each side, and the line of text that is its address.

A side has an age X25519 key, which letters to it are sealed to, and an Ed25519 key, which signs
its letters. The address is ``dorffall1:`` age public key ``:`` 64 hex digits ``:`` 8 hex digits,
the last being the beginning of the SHA-256 of what stands before its colon. People compare
:attr:`Address.groups` on the telephone before they believe one. Pure.

Source: age-encryption.org/v1; RFC 8032.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edge.care.case_errors import CaseError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SEED_BYTES = 32
SIGNATURE_BYTES = 64
PREFIX = "dorffall1"
_ADDRESS = re.compile(rf"({PREFIX}:(age1[0-9a-z]{{50,70}}):([0-9a-f]{{64}})):([0-9a-f]{{8}})")
_SECRET = re.compile(r"dorffall1-geheim:(AGE-SECRET-KEY-1[0-9A-Z]{40,80}):([0-9a-f]{64})")
_CONTEXT = b"dorfhub/case/1\0"


class BadKey(CaseError):
    """A text is no address or no key."""

    hint = "Das ist kein vollständiger Schlüssel. Bitte die ganze Zeile noch einmal kopieren."


@dataclass(frozen=True, slots=True)
class Address:
    """Whom a letter is sealed to, and whose signature it must have. ``str()`` gives the text."""

    recipient: str
    verify_key: bytes

    def __str__(self) -> str:
        """Return the line that people copy."""
        text = f"{PREFIX}:{self.recipient}:{self.verify_key.hex()}"
        return f"{text}:{_check(text)}"

    @property
    def groups(self) -> str:
        """Four groups of four letters or digits, to compare: 80 bits of the address's hash."""
        digest = hashlib.sha256(b"dorfhub/case/groups/1\0" + str(self).encode()).digest()
        text = base64.b32encode(digest[:10]).decode()
        return " ".join(text[n : n + 4] for n in range(0, 16, 4))

    def seal(self, data: bytes) -> bytes:
        """Return ``data`` sealed to this address with age."""
        import pyrage  # noqa: PLC0415 - pages load it when somebody asks

        sealed: bytes = pyrage.encrypt(data, [pyrage.x25519.Recipient.from_str(self.recipient)])
        return sealed

    def signed(self, data: bytes, signature: bytes) -> bool:
        """Tell whether the side of this address signed ``data``."""
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - see seal
        from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415 - see seal
            Ed25519PublicKey,
        )

        try:
            Ed25519PublicKey.from_public_bytes(self.verify_key).verify(signature, _CONTEXT + data)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class KeyPair:
    """One side's secrets. ``identity`` is ``AGE-SECRET-KEY-1...``."""

    identity: str = field(repr=False)
    seed: bytes = field(repr=False)

    @property
    def address(self) -> Address:
        """What others may know of it."""
        import pyrage  # noqa: PLC0415 - see seal

        recipient = str(pyrage.x25519.Identity.from_str(self.identity).to_public())
        public = self._signing().public_key()
        return Address(recipient, public.public_bytes_raw())

    def sign(self, data: bytes) -> bytes:
        """Return this side's signature."""
        return self._signing().sign(_CONTEXT + data)

    def secret_text(self) -> str:
        """Return the line that a key file holds."""
        return f"dorffall1-geheim:{self.identity}:{self.seed.hex()}"

    def _signing(self) -> Ed25519PrivateKey:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415 - see seal
            Ed25519PrivateKey,
        )

        return Ed25519PrivateKey.from_private_bytes(self.seed)


def new_pair(seed: bytes) -> KeyPair:
    """Make a pair of keys; ``seed`` are 32 random bytes for the key that signs."""
    import pyrage  # noqa: PLC0415 - see seal

    return KeyPair(str(pyrage.x25519.Identity.generate()), seed)


def read_address(text: str) -> Address:
    """Return the address that a line says, spaces and line breaks left out.

    :raises BadKey: if it is none, or a letter is wrong.
    """
    import pyrage  # noqa: PLC0415 - see seal

    found = _ADDRESS.fullmatch("".join(text.split()))
    if found is None or _check(found[1]) != found[4]:
        raise BadKey("no address of a consultation")
    try:
        pyrage.x25519.Recipient.from_str(found[2])
    except pyrage.RecipientError as error:
        raise BadKey("no age public key") from error
    return Address(found[2], bytes.fromhex(found[3]))


def read_pair(text: str) -> KeyPair:
    """Return the pair of keys that a key file's text holds; lines with ``#`` say nothing.

    :raises BadKey: if it is none.
    """
    import pyrage  # noqa: PLC0415 - see seal

    lines = [one.strip() for one in text.splitlines()]
    lines = [one for one in lines if one and not one.startswith("#")]
    found = _SECRET.fullmatch(lines[0]) if len(lines) == 1 else None
    hint = "Das ist keine Schlüsseldatei. Neu anlegen: dorfhub care case key DATEI"
    if found is None:
        raise BadKey("no key file of a consultation", hint=hint)
    pair = KeyPair(found[1], bytes.fromhex(found[2]))
    try:
        str(pair.address)
    except pyrage.IdentityError as error:
        raise BadKey("no age secret key", hint=hint) from error
    return pair


def _check(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
