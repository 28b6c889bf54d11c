"""The database's key, wrapped once for each pair of factors. Pure.

A wrap's key is HKDF-SHA256 over both factors' secrets in the order of :data:`FACTORS`, salted with
the record's random salt; the wrap is ChaCha20-Poly1305 with the pair's name as associated data.
Of random secrets (server, stick) the record keeps a mark, by which a wrong one is known; of the
PIN it keeps none: whoever has the card alone must not be able to try PINs. A seal with the
database's key over the whole record tells, once it is open, that nothing in it was changed.

Source: RFC 5869 (HKDF), RFC 8439 (ChaCha20-Poly1305).
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from edge.unlock.errors import Damaged, DoesNotOpen, NoPair, WrongFactor

Factor = Literal["tang", "pin", "token"]
FACTORS: tuple[Factor, ...] = get_args(Factor)
PAIRS: tuple[tuple[Factor, Factor], ...] = (("tang", "pin"), ("tang", "token"), ("pin", "token"))
KEY_BYTES = 32
SALT_BYTES = 32
NONCE_BYTES = 12
FORMAT = 1
_WRAP_BYTES = NONCE_BYTES + KEY_BYTES + 16
_MARK_BYTES = 16
_DOMAIN = b"dorfhub unlock 1 "
MAX_RECORD_CHARACTERS = 64_000  # a clevis JWE has about 1,500


@dataclass(frozen=True, slots=True)
class PinCost:
    """How a PIN becomes a secret (Argon2id)."""

    salt: bytes
    memory_kib: int
    passes: int


@dataclass(frozen=True, slots=True)
class Record:
    """What lies on the card: wraps by pair, and what the factors need besides themselves."""

    salt: bytes
    wraps: Mapping[str, bytes] = field(default_factory=dict)
    marks: Mapping[str, bytes] = field(default_factory=dict)
    pin: PinCost | None = None
    tang_url: str = ""
    tang_jwe: str = ""
    seal: bytes = b""


def pair_name(one: Factor, other: Factor) -> str:
    """Return the name of a pair, whatever the order.

    :raises NoPair: if it is no pair of two factors.
    """
    for first, second in PAIRS:
        if {one, other} == {first, second}:
            return f"{first}+{second}"
    raise NoPair(f"{one} and {other} are no pair")


def wrap(
    record: Record, key: bytes, secrets: Mapping[Factor, bytes], nonces: Mapping[str, bytes]
) -> Record:
    """Return the record with a wrap of ``key`` for each pair that ``secrets`` has, and sealed.

    ``nonces`` has 12 random bytes for each pair's name, never used before.
    """
    from cryptography.hazmat.primitives.ciphers.aead import (  # noqa: PLC0415 - loaded when a lock is made
        ChaCha20Poly1305,
    )

    if len(key) != KEY_BYTES or any(len(one) != KEY_BYTES for one in secrets.values()):
        raise ValueError("keys and secrets have 32 bytes")
    wraps = {}
    for one, other in PAIRS:
        if one in secrets and other in secrets:
            name = pair_name(one, other)
            box = ChaCha20Poly1305(_pair_key(record.salt, name, secrets[one], secrets[other]))
            wraps[name] = nonces[name] + box.encrypt(nonces[name], key, _DOMAIN + name.encode())
    marks: dict[str, bytes] = {
        factor: _mark(record.salt, factor, secret)
        for factor, secret in secrets.items()
        if factor != "pin"
    }
    return _sealed(replace(record, wraps=wraps, marks=marks), key)


def unwrap(record: Record, secrets: Mapping[Factor, bytes]) -> bytes:
    """Return the database's key from exactly two factors' secrets.

    :raises NoPair: if there is no wrap for them.
    :raises WrongFactor: if the server's or the stick's secret is not this record's.
    :raises DoesNotOpen: if the PIN is wrong or the wrap was changed.
    :raises Damaged: if it opens, but the record was changed elsewhere.
    """
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - loaded when it is opened
    from cryptography.hazmat.primitives.ciphers.aead import (  # noqa: PLC0415 - likewise
        ChaCha20Poly1305,
    )

    if len(secrets) != 2:
        raise NoPair("two factors are needed")
    one, other = sorted(secrets, key=FACTORS.index)
    name = pair_name(one, other)
    if name not in record.wraps:
        raise NoPair(f"no wrap for {name}")
    for factor in (one, other):
        check(record, factor, secrets[factor])
    whole = record.wraps[name]
    box = ChaCha20Poly1305(_pair_key(record.salt, name, secrets[one], secrets[other]))
    try:
        key = box.decrypt(whole[:NONCE_BYTES], whole[NONCE_BYTES:], _DOMAIN + name.encode())
    except InvalidTag:
        raise DoesNotOpen(f"{name} does not open") from None
    if not hmac.compare_digest(record.seal, _sealed(record, key).seal):
        raise Damaged("the record was changed")
    return key


def check(record: Record, factor: Factor, secret: bytes) -> None:
    """Tell whether a random secret is this record's; of a PIN it cannot be told.

    :raises WrongFactor: if it is not.
    """
    mark = record.marks.get(factor)
    if mark is not None and not hmac.compare_digest(mark, _mark(record.salt, factor, secret)):
        raise WrongFactor(
            f"the secret of {factor} is not this hub's",
            hint="Der Stick gehört nicht zu diesem Hub oder ist ein früherer."
            if factor == "token"
            else "Der Schlüsselserver gab ein fremdes Geheimnis heraus.",
        )


def to_text(record: Record) -> str:
    """Return the record as it is written."""
    return json.dumps({**_plain(record), "seal": record.seal.hex()}, indent=1, sort_keys=True)


def from_text(text: str) -> Record:
    """Read a record.

    :raises Damaged: if it is none.
    """
    if len(text) > MAX_RECORD_CHARACTERS:
        raise Damaged("the record is too long")
    try:
        data = json.loads(text)
        if data["format"] != FORMAT:
            raise Damaged("the record has another format")
        wraps = {str(name): bytes.fromhex(one) for name, one in data["wraps"].items()}
        marks = {str(name): bytes.fromhex(one) for name, one in data["marks"].items()}
        cost = data["pin"]
        record = Record(
            salt=bytes.fromhex(data["salt"]),
            wraps=wraps,
            marks=marks,
            pin=cost
            and PinCost(bytes.fromhex(cost["salt"]), int(cost["memory_kib"]), int(cost["passes"])),
            tang_url=str(data["tang_url"]),
            tang_jwe=str(data["tang_jwe"]),
            seal=bytes.fromhex(data["seal"]),
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Damaged("the record cannot be read") from error
    names = {pair_name(*pair) for pair in PAIRS}
    if (
        len(record.salt) != SALT_BYTES
        or not record.wraps
        or not names >= set(wraps)
        or any(len(one) != _WRAP_BYTES for one in wraps.values())
        or any(len(one) != _MARK_BYTES for one in marks.values())
        # a changed file must not make a Pi reserve all its memory
        or (record.pin and not (8 <= record.pin.memory_kib <= 1 << 18 and _sane(record.pin)))
    ):
        raise Damaged("the record's fields have wrong sizes")
    return record


def _sane(cost: PinCost) -> bool:
    return 1 <= cost.passes <= 64 and 16 <= len(cost.salt) <= 64


def _plain(record: Record) -> dict[str, object]:
    cost = record.pin
    return {
        "format": FORMAT,
        "salt": record.salt.hex(),
        "wraps": {name: one.hex() for name, one in record.wraps.items()},
        "marks": {name: one.hex() for name, one in record.marks.items()},
        "pin": cost
        and {"salt": cost.salt.hex(), "memory_kib": cost.memory_kib, "passes": cost.passes},
        "tang_url": record.tang_url,
        "tang_jwe": record.tang_jwe,
    }


def _sealed(record: Record, key: bytes) -> Record:
    text = json.dumps(_plain(record), sort_keys=True).encode()
    return replace(record, seal=hmac.digest(_derived(record.salt, b"seal", key), text, "sha256"))


def _pair_key(salt: bytes, name: str, first: bytes, second: bytes) -> bytes:
    return _derived(salt, b"pair " + name.encode(), first + second)


def _mark(salt: bytes, factor: str, secret: bytes) -> bytes:
    return _derived(salt, b"mark " + factor.encode(), secret)[:_MARK_BYTES]


def _derived(salt: bytes, use: bytes, secret: bytes) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - see unwrap
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415

    return HKDF(SHA256(), KEY_BYTES, salt, _DOMAIN + use).derive(secret)
