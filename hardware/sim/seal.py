"""Encrypt as meters do, written from the meter's side: nothing is shared with the receiver's.

Source: EN 13757-7:2018, clauses 7 to 9; EN 13757-4:2019, clause 13.2.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

FILLER = 0x2F  # two in front verify the decryption, as many as needed behind fill the last block

_BLOCK = 16


def padded(records: bytes) -> bytes:
    """Return ``records`` with fillers in front and behind, in whole blocks."""
    plain = bytes((FILLER, FILLER)) + records
    return plain + bytes((FILLER,)) * (-len(plain) % _BLOCK)


def seal_mode_5(key: bytes, address: bytes, access_number: int, plain: bytes) -> bytes:
    """Return whole blocks encrypted with AES-CBC; ``address`` is M and A."""
    return _cbc(key, address + bytes((access_number,)) * 8, plain)


def seal_mode_7(key: bytes, identification: bytes, counter: bytes, plain: bytes) -> bytes:
    """Return whole blocks encrypted with the key of this one message."""
    return _cbc(_derived(key, 0, identification, counter), bytes(_BLOCK), plain)


def authenticate(key: bytes, identification: bytes, counter: bytes, message: bytes) -> bytes:
    """Return the first eight bytes of the message's CMAC."""
    return _cmac(_derived(key, 1, identification, counter), message)[:8]


def seal_session(key: bytes, address: bytes, control: int, session: bytes, plain: bytes) -> bytes:
    """Return ``plain``, checksum first, encrypted with AES-CTR."""
    start = address + bytes((control,)) + session + bytes(3)
    encryptor = Cipher(algorithms.AES(key), modes.CTR(start)).encryptor()
    return encryptor.update(plain) + encryptor.finalize()


def _cbc(key: bytes, start: bytes, plain: bytes) -> bytes:
    encryptor = Cipher(algorithms.AES(key), modes.CBC(start)).encryptor()
    return encryptor.update(plain) + encryptor.finalize()


def _cmac(key: bytes, message: bytes) -> bytes:
    code = CMAC(algorithms.AES(key))
    code.update(message)
    return code.finalize()


def _derived(key: bytes, constant: int, identification: bytes, counter: bytes) -> bytes:
    return _cmac(key, bytes((constant,)) + counter + identification + bytes((7,)) * 7)
