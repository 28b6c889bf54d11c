"""How far a hub has the county's streams: its signed word, on a line or beside its bundles.

An old one that is played back makes the county send again what the hub has, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from sync import cbor, identity
from sync.errors import FormatError
from sync.identity import EPOCH_SIZE, PUBLIC_KEY_SIZE, Purpose, Signer
from sync.wire import MAX_MESSAGE

VERSION = 1
SUFFIX = ".got"  # of the file beside a hub's bundles on a medium, named by the county
MAX_STREAMS = 64  # of one county: two in use, and what its earlier databases began
_FIELDS = frozenset(("v", "hub", "streams", "care_key", "at_ms"))
_MAX_KEY = 2048


@dataclass(frozen=True, slots=True)
class Got:
    """``streams`` is, by epoch, the number of the last segment that the hub took.

    ``care_key`` is the age public key that care replies to this hub are sealed to; empty while
    there is none.
    """

    hub: bytes
    streams: Mapping[bytes, int]
    care_key: str
    at_ms: int


def encode(got: Got, signer: Signer) -> bytes:
    """Return the signed message."""
    inner = cbor.dumps(
        {
            "v": VERSION,
            "hub": got.hub,
            "streams": [[epoch, seq] for epoch, seq in sorted(got.streams.items())],
            "care_key": got.care_key,
            "at_ms": got.at_ms,
        }
    )
    return identity.wrap("got", Purpose.GOT, inner, signer)


def decode(data: bytes, *, hub: bytes, key: bytes | None = None) -> Got:
    """Return the message in ``data``, signed by ``hub`` with ``key`` (its name, if not given).

    :raises SignatureError: if it is by another.
    :raises VersionError: if it is of another major version.
    :raises FormatError: whatever else the bytes are.
    """
    inner, signature = identity.unwrap("got", data, limit=MAX_MESSAGE)
    identity.verify(hub if key is None else key, signature, Purpose.GOT, inner)
    fields = cbor.Fields.versioned(cbor.loads(inner, limit=MAX_MESSAGE), "got", _FIELDS, VERSION)
    if fields.data("hub", PUBLIC_KEY_SIZE) != hub:
        raise FormatError("got: it is of another hub")
    care_key = fields.text("care_key", _MAX_KEY)
    if care_key and not (care_key.startswith("age1") and care_key.isascii() and care_key.isalnum()):
        raise FormatError("got: care_key is no age public key")
    streams: dict[bytes, int] = {}
    for item in fields.items("streams", MAX_STREAMS):
        if type(item) is not list or len(item) != 2:
            raise FormatError("got: a stream is no pair of epoch and number")
        keys = ("epoch", "seq")
        pair = dict(zip(keys, cast("list[object]", item), strict=True))
        stream = cbor.Fields(pair, "got: stream", frozenset(keys))
        streams[stream.data("epoch", EPOCH_SIZE)] = stream.number("seq")
    return Got(hub, streams, care_key, fields.number("at_ms", -cbor.INT_LIMIT))
