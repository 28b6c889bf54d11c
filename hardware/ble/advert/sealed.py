"""Open what a sensor encrypted: AES-CCM as BTHome and MiBeacon use it.

Nothing here knows where its bytes stood in an advertisement; nothing here keeps a key.

Source: RFC 3610 (CCM); BTHome format, encryption; Mi BLE MiBeacon protocol, encryption.
"""

from __future__ import annotations

import hmac

from hardware.errors import WrongKey

KEY_BYTES = 16
LEGACY_KEY_BYTES = 12
CHECK_BYTES = 4

_LEGACY_MIDDLE = bytes.fromhex("8d3d3c97")
LEGACY_ASSOCIATED = b"\x11"
_WRONG_KEY = "Der Schlüssel passt nicht. Den Schlüssel (bindkey) dieses Sensors neu eintragen."


def open_checked(key: bytes, nonce: bytes, sealed: bytes, associated: bytes | None) -> bytes:
    """Return the plain text of ``sealed``, whose last four bytes are its check.

    :raises WrongKey: if the key has not 16 bytes, or the check does not hold.
    """
    if len(key) != KEY_BYTES:
        raise WrongKey(f"the key has {len(key)} bytes, not {KEY_BYTES}", hint=_WRONG_KEY)
    # 7 MB, of which whoever only names sensors needs nothing
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415
    from cryptography.hazmat.primitives.ciphers.aead import AESCCM  # noqa: PLC0415

    try:
        return AESCCM(key, tag_length=CHECK_BYTES).decrypt(nonce, sealed, associated)
    except InvalidTag:
        raise WrongKey("the check of the message does not hold", hint=_WRONG_KEY) from None


def open_legacy(key: bytes, nonce: bytes, sealed: bytes) -> bytes:
    """Return the plain text of a MiBeacon v2 or v3 message, whose last byte is its check.

    That byte is the first of CCM's full check of 16, so of 256 wrong keys one passes here;
    what comes out still has to be whole objects.

    :raises WrongKey: if the key has neither 12 nor 16 bytes, or the check does not hold.
    """
    if len(key) == LEGACY_KEY_BYTES:
        key = key[:6] + _LEGACY_MIDDLE + key[6:]
    if len(key) != KEY_BYTES:
        raise WrongKey(f"the key has {len(key)} bytes, not {LEGACY_KEY_BYTES}", hint=_WRONG_KEY)
    from cryptography.hazmat.primitives.ciphers import (  # noqa: PLC0415
        Cipher,
        algorithms,
        modes,
    )
    from cryptography.hazmat.primitives.ciphers.aead import AESCCM  # noqa: PLC0415

    data, check = sealed[:-1], sealed[-1:]
    start = bytes((14 - len(nonce),)) + nonce + b"\x00\x01"  # RFC 3610, 2.3: block 0 is the check's
    decryptor = Cipher(algorithms.AES(key), modes.CTR(start)).decryptor()
    plain = decryptor.update(data) + decryptor.finalize()
    again = AESCCM(key, tag_length=16).encrypt(nonce, plain, LEGACY_ASSOCIATED)
    if not hmac.compare_digest(again[len(plain) :][:1], check):
        raise WrongKey("the check of the message does not hold", hint=_WRONG_KEY)
    return plain
