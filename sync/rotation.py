"""How a key is changed: a record signed by the old key and by the new one, and chains of them.

A hub or county keeps its name, the first public key, and changes the key that signs. A record
says from where on the new key holds: in ``epoch``, above segment ``seq``; in each of ``past``,
epochs that ended before, above its last number; in every other epoch that a reader has not seen
yet, from its beginning. What the old key signed before stays good. A county has no stream: its
epoch is zeros and its seq 0.

A chain holds all records since the name, the oldest first. It needs no signature of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from sync import cbor, identity
from sync.errors import FormatError, KeyConflict, SignatureError
from sync.identity import EPOCH_SIZE, PUBLIC_KEY_SIZE, SIGNATURE_SIZE, Identity, Purpose, Signer

VERSION = 1
MAX_ROTATIONS = 24  # a chain stays a message: one record has about 420 bytes
MAX_CHAIN = 16 << 10
NO_EPOCH = bytes(EPOCH_SIZE)
SUFFIX = ".keys"
_MAX_RECORD = 512
MAX_PAST = 4  # epochs that fit into a record; the newest


@dataclass(frozen=True, slots=True)
class Rotation:
    """One change of ``name``'s key from ``old`` to ``new``; ``raw`` is the signed record."""

    name: bytes
    old: bytes
    new: bytes
    epoch: bytes
    seq: int
    raw: bytes
    past: tuple[tuple[bytes, int], ...] = ()

    def limit(self, epoch: bytes) -> int | None:
        """Return the last number of an epoch that ``old`` signed; None if it is not named."""
        return dict(((self.epoch, self.seq), *self.past)).get(epoch)


def record(
    old: Signer,
    new: Signer,
    *,
    epoch: bytes = NO_EPOCH,
    seq: int = 0,
    past: Sequence[tuple[bytes, int]] = (),
) -> Rotation:
    """Return the record by which ``old`` gives its name to the key of ``new``.

    Of ``past``, epochs that ended and their last numbers, the first :data:`MAX_PAST` are named.
    """
    named = tuple(one for one in past if one[0] != epoch)[:MAX_PAST]
    fields: dict[str, object] = {
        "v": VERSION,
        "name": old.name,
        "old": old.public_key,
        "new": new.public_key,
        "epoch": epoch,
        "seq": seq,
    }
    if named:
        fields |= {"minor": 1, "past": [list(one) for one in named]}
    inner = cbor.dumps(fields)
    raw = cbor.dumps(
        {
            "rotate": inner,
            "by_old": old.sign(Purpose.ROTATE, inner),
            "by_new": new.sign(Purpose.ROTATE, inner),
        }
    )
    return Rotation(old.name, old.public_key, new.public_key, epoch, seq, raw, named)


def encode(chain: Sequence[Rotation]) -> bytes:
    """Return the bytes of a chain of at least one record."""
    if not chain:
        raise ValueError("a chain has at least one record")
    return cbor.dumps({"name": chain[0].name, "keys": [one.raw for one in chain]})


def decode(data: bytes, name: bytes | None = None) -> tuple[Rotation, ...]:
    """Return the chain in ``data``, each record signed by both keys; of ``name`` if given.

    :raises SignatureError: if a record is not by both, or the chain is another's.
    :raises VersionError: if a record is of another major version.
    :raises FormatError: whatever else the bytes are.
    """
    fields = cbor.Fields(cbor.loads(data, limit=MAX_CHAIN), "keys", frozenset(("name", "keys")))
    owner = fields.data("name", PUBLIC_KEY_SIZE)
    if name is not None and owner != name:
        raise SignatureError("a chain of keys of somebody else")
    chain: list[Rotation] = []
    seen = {owner}
    for item in fields.items("keys", MAX_ROTATIONS):
        if type(item) is not bytes or len(item) > _MAX_RECORD:
            raise FormatError("keys: a record is no bytes, or too long")
        one = _record(item)
        if one.name != owner or one.old != (chain[-1].new if chain else owner):
            raise SignatureError("keys: a record does not follow the one before")
        if one.new in seen:
            raise FormatError("keys: a key comes back")
        seen.add(one.new)
        chain.append(one)
    if not chain:
        raise FormatError("keys: a chain without a record")
    return tuple(chain)


def extend(known: Sequence[Rotation], heard: Sequence[Rotation]) -> tuple[Rotation, ...]:
    """Return the longer of two chains of one name, of which one goes on from the other.

    :raises KeyConflict: if they part: two hold a key and each gave it a different heir.
    """
    for ours, theirs in zip(known, heard, strict=False):
        if ours.raw != theirs.raw:
            raise KeyConflict(
                f"the key {identity.short_id(ours.old)} was changed twice, into different ones"
            )
    return tuple(known if len(known) >= len(heard) else heard)


def key_now(name: bytes, chain: Sequence[Rotation]) -> bytes:
    """Return the key that signs now."""
    return chain[-1].new if chain else name


def key_at(
    name: bytes,
    chain: Sequence[Rotation],
    epoch: bytes,
    seq: int,
    begun: Callable[[bytes], bytes | None] = lambda _: None,
    *,
    seen: Callable[[int], bool] = lambda _: True,
) -> bytes:
    """Return the key that a segment must be signed by.

    ``begun`` gives the key that an epoch, seen before, began with; None for one never seen.
    ``seen`` tells if this number of it came before: of an epoch that a record does not name, what
    is new is the new key's, whoever has the old one by now.
    """
    key = begun(epoch)
    if key is None:
        named = (one.old for one in chain if one.limit(epoch) is not None)
        key = next(named, key_now(name, chain))
    for one in chain:
        limit = one.limit(epoch)
        beyond = not seen(seq) if limit is None else seq > limit
        if one.old == key and beyond:
            key = one.new
    return key


def retired(chain: Sequence[Rotation]) -> frozenset[bytes]:
    """Return the keys that were good once and sign nothing new."""
    return frozenset(one.old for one in chain)


def load(path: Path, key: Signer) -> tuple[Rotation, ...]:
    """Return the chain kept beside the key file ``path``, as far as it leads to ``key``.

    A record beyond is of a change that was begun and did not happen.

    :raises FormatError: if the file is damaged.
    :raises OSError: if it cannot be read.
    """
    try:
        data = path.with_suffix(SUFFIX).read_bytes()
    except FileNotFoundError:
        return ()
    chain = decode(data, key.name)
    current = key.public_key
    keys = [one.new for one in chain]
    return chain[: keys.index(current) + 1] if current in keys else ()


def change(
    path: Path,
    *,
    epoch: bytes = NO_EPOCH,
    seq: int = 0,
    past: Sequence[tuple[bytes, int]] = (),
) -> Rotation:
    """Give the identity kept in ``path`` a new key, from segment ``seq`` of ``epoch`` on.

    ``past`` are epochs that ended before, with their last numbers, the newest first.

    Whoever calls keeps others from signing segments meanwhile. A stop at any moment leaves
    the old key or the new one in force.

    :raises IdentityError: if the key cannot be used.
    :raises KeyConflict: if the key was changed too often.
    :raises OSError: if the disk does not take it; the old key then stays.
    """
    old, new = Identity.load(path), Identity.generate()
    chain = load(path, old)
    if len(chain) >= MAX_ROTATIONS:
        raise KeyConflict(
            f"the key was changed {MAX_ROTATIONS} times",
            hint="Diesen Hub neu anmelden: die Schlüsseldateien wegräumen und neu bestätigen.",
        )
    made = record(old, new, epoch=epoch, seq=seq, past=past)
    identity.write_private(path.with_suffix(SUFFIX), encode((*chain, made)))
    identity.replace_key(path, new, old.name)
    return made


def _record(raw: bytes) -> Rotation:
    outer = cbor.Fields(
        cbor.loads(raw, limit=_MAX_RECORD), "key change", frozenset(("rotate", "by_old", "by_new"))
    )
    inner = outer.any_data("rotate", _MAX_RECORD)
    value = cbor.loads(inner, limit=_MAX_RECORD)
    fields = cbor.Fields.versioned(value, "key change", _FIELDS, VERSION)
    one = Rotation(
        name=fields.data("name", PUBLIC_KEY_SIZE),
        old=fields.data("old", PUBLIC_KEY_SIZE),
        new=fields.data("new", PUBLIC_KEY_SIZE),
        epoch=fields.data("epoch", EPOCH_SIZE),
        seq=fields.number("seq"),
        raw=raw,
        past=_past(value) if fields.minor else (),
    )
    identity.verify(one.old, outer.data("by_old", SIGNATURE_SIZE), Purpose.ROTATE, inner)
    identity.verify(one.new, outer.data("by_new", SIGNATURE_SIZE), Purpose.ROTATE, inner)
    return one


def _past(value: object) -> tuple[tuple[bytes, int], ...]:
    if not isinstance(value, dict) or "past" not in value:  # a later version added something else
        return ()
    fields = cbor.Fields({"past": value["past"]}, "key change", frozenset(("past",)))
    found = []
    for item in fields.items("past", MAX_PAST):
        if type(item) is not list or len(item) != 2:
            raise FormatError("key change: one of past is no pair of epoch and number")
        pair = cbor.Fields(
            dict(zip(("epoch", "seq"), cast("list[object]", item), strict=True)),
            "key change: past",
            frozenset(("epoch", "seq")),
        )
        found.append((pair.data("epoch", EPOCH_SIZE), pair.number("seq")))
    return tuple(found)


_FIELDS = frozenset(("v", "name", "old", "new", "epoch", "seq"))
