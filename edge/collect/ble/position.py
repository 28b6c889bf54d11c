"""How far a sensor's stored records were read, as it is kept between two visits.

A mark holds a digest of a care value, and a plain one could be found by trying all values. So the
position is veiled with the secret of the journal's care keys, which is not on the card: after a
power cut it cannot be read, all records are asked for again, and personal.db knows those that it
has.
"""

from __future__ import annotations

import hashlib
import secrets
import struct

from edge.store.journal import Journal
from hardware.ble.records import Mark, Position

_NONCE, _CHECK = 16, 8
_MARK = struct.Struct(">BH16s")
_SINCE = struct.Struct(">I")


def write_position(journal: Journal, position: Position) -> bytes:
    """Return the bytes to be kept."""
    plain = _mark(position.verified) + _mark(position.last) + _SINCE.pack(position.since)
    nonce = secrets.token_bytes(_NONCE)
    return nonce + journal.veil(plain + _check(plain), nonce)


def read_position(journal: Journal, kept: bytes | None) -> Position:
    """Return the position; the beginning if there is none or its secret is gone."""
    if kept is None:
        return Position()
    plain = journal.veil(kept[_NONCE:], kept[:_NONCE])
    body, check = plain[:-_CHECK], plain[-_CHECK:]
    if len(body) != 2 * _MARK.size + _SINCE.size or check != _check(body):
        return Position()
    (since,) = _SINCE.unpack(body[2 * _MARK.size :])
    return Position(_read(body[: _MARK.size]), _read(body[_MARK.size : 2 * _MARK.size]), since)


def _mark(mark: Mark | None) -> bytes:
    if mark is None:
        return bytes(_MARK.size)
    return _MARK.pack(1, mark.sequence, mark.digest)


def _read(packed: bytes) -> Mark | None:
    there, sequence, digest = _MARK.unpack(packed)
    return Mark(sequence, digest) if there else None


def _check(plain: bytes) -> bytes:
    return hashlib.blake2b(plain, digest_size=_CHECK).digest()
