"""Open what a meter encrypted: AES-128 in the ways of the transport and extended link layers.

Nothing here knows where its bytes stood in a telegram. Meters' keys are kept, expanded, as long
as their meters are among those that were last opened; a message's derived key is not kept.

Source: EN 13757-7:2018, clauses 7 to 9 (security modes 5 and 7, key derivation, CMAC);
EN 13757-4:2019, clause 13.2 (extended link layer); NIST SP 800-38A and 38B.
"""

from __future__ import annotations

import hmac
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

BLOCK = 16
KEY_SIZE = 16
MOST_KEYS = 8192  # a street's worth, a kilobyte each

_METER_ENCRYPTS = b"\x00"  # derivation constants, meter to receiver
_METER_AUTHENTICATES = b"\x01"
_DERIVATION_PADDING = b"\x07" * 7
_NO_IV = bytes(BLOCK)
_NUMBERS = tuple(bytes((number,)) for number in range(256))  # of blocks, more than a frame has


def open_mode_5(key: bytes, address: bytes, access_number: int, data: bytes) -> bytes:
    """Return ``data`` (whole blocks) decrypted with AES-CBC.

    ``address`` is M and A (8 bytes): the first half of the initialisation vector.
    """
    blocks = _decryptors(key).update(data)
    return _xor(blocks, address + bytes((access_number,)) * 8 + data[:-BLOCK])


def open_mode_7(key: bytes, identification: bytes, counter: bytes, data: bytes) -> bytes:
    """Return ``data`` (whole blocks) decrypted with the key derived for this one message.

    ``identification`` are the meter's four bytes, ``counter`` the message counter's, as sent.
    """
    return _cbc(_derive(key, _METER_ENCRYPTS, identification, counter), _NO_IV, data)


def is_authentic(
    key: bytes, identification: bytes, counter: bytes, message: bytes, code: bytes
) -> bool:
    """Tell whether ``code`` is the (shortened) CMAC of ``message`` under ``key``."""
    own = _cmac(_derive(key, _METER_AUTHENTICATES, identification, counter), message)
    return bool(code) and hmac.compare_digest(own[: len(code)], code)


def open_session(key: bytes, address: bytes, control: int, session: bytes, data: bytes) -> bytes:
    """Return ``data`` decrypted with AES-CTR: session encryption of the extended link layer.

    ``address`` is M and A (8 bytes), ``control`` the communication control field, ``session``
    the session number's four bytes as sent.
    """
    prefix = address + bytes((control,)) + session + bytes(2)  # frame number; blocks are counted
    count = -(-len(data) // BLOCK)
    stream = _encryptors(key).update(b"".join([prefix + number for number in _NUMBERS[:count]]))
    return _xor(stream[: len(data)], data)


class _Ciphers:
    """One key's ciphers, block by block; each is used by one thread at a time."""

    __slots__ = ("_encrypts", "_idle", "_key")

    def __init__(self, key: bytes, *, encrypts: bool) -> None:
        self._key = key
        self._encrypts = encrypts
        self._idle: list[CipherContext] = []

    def update(self, blocks: bytes) -> bytes:
        """Return ``blocks``, whole ones, each for itself."""
        try:
            context = self._idle.pop()
        except IndexError:
            cipher = Cipher(algorithms.AES(self._key), modes.ECB())  # noqa: S305 - part of CBC, CTR
            context = cipher.encryptor() if self._encrypts else cipher.decryptor()
        found = context.update(blocks)
        self._idle.append(context)
        return found


@lru_cache(maxsize=MOST_KEYS)
def _encryptors(key: bytes) -> _Ciphers:
    return _Ciphers(key, encrypts=True)


@lru_cache(maxsize=MOST_KEYS)
def _decryptors(key: bytes) -> _Ciphers:
    return _Ciphers(key, encrypts=False)


def _xor(one: bytes, other: bytes) -> bytes:
    """Return the sum of two strings of bytes of one length, bit by bit."""
    number = int.from_bytes(one, "little") ^ int.from_bytes(other, "little")
    return number.to_bytes(len(one), "little")


def _cbc(key: bytes, iv: bytes, data: bytes) -> bytes:
    decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    return decryptor.update(data) + decryptor.finalize()


def _cmac(key: bytes, message: bytes) -> bytes:
    code = CMAC(algorithms.AES(key))
    code.update(message)
    return code.finalize()


def _derive(key: bytes, constant: bytes, identification: bytes, counter: bytes) -> bytes:
    return _cmac(key, constant + counter + identification + _DERIVATION_PADDING)
