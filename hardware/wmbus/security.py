"""Open what a meter encrypted: AES-128 in the ways of the transport and extended link layers.

Nothing here knows where its bytes stood in a telegram; nothing here keeps a key.

Source: EN 13757-7:2018, clauses 7 to 9 (security modes 5 and 7, key derivation, CMAC);
EN 13757-4:2019, clause 13.2 (extended link layer); NIST SP 800-38A and 38B.
"""

from __future__ import annotations

import hmac

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

BLOCK = 16
KEY_SIZE = 16

_METER_ENCRYPTS = b"\x00"  # derivation constants, meter to receiver
_METER_AUTHENTICATES = b"\x01"
_DERIVATION_PADDING = b"\x07" * 7
_NO_IV = bytes(BLOCK)


def open_mode_5(key: bytes, address: bytes, access_number: int, data: bytes) -> bytes:
    """Return ``data`` (whole blocks) decrypted with AES-CBC.

    ``address`` is M and A (8 bytes): the first half of the initialisation vector.
    """
    return _cbc(key, address + bytes((access_number,)) * 8, data)


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
    start = address + bytes((control,)) + session + bytes(3)  # frame number, block counter
    decryptor = Cipher(algorithms.AES(key), modes.CTR(start)).decryptor()
    return decryptor.update(data) + decryptor.finalize()


def _cbc(key: bytes, iv: bytes, data: bytes) -> bytes:
    decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    return decryptor.update(data) + decryptor.finalize()


def _cmac(key: bytes, message: bytes) -> bytes:
    code = CMAC(algorithms.AES(key))
    code.update(message)
    return code.finalize()


def _derive(key: bytes, constant: bytes, identification: bytes, counter: bytes) -> bytes:
    return _cmac(key, constant + counter + identification + _DERIVATION_PADDING)
