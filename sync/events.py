"""The body of an event segment: what happened, one after the other.

One version byte (1), then raw LZMA2 of deterministic CBOR (`sync.cbor`): a list of events, each
a list ``[at, quality, kind, data]``. What ``data`` holds is the schema's and the kind's to say;
a reader keeps kinds that it does not know.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from sync import cbor, packing
from sync.errors import FormatError, VersionError

VERSION = 1
MAX_EVENTS = 16384  # each has 5 bytes at least; a hub seals at 64 KiB
MAX_KIND = 64
_KIND = re.compile(r"[a-z][a-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Event:
    """``at_ms`` since 1970, UTC, with its time quality; ``data`` is of what `sync.cbor` reads."""

    at_ms: int
    quality: int
    kind: str
    data: Mapping[str, object]


def encode(events: Sequence[Event]) -> bytes:
    """Return the body that :func:`decode` gives back as ``events``.

    :raises ValueError: if a reader would refuse it.
    """
    raw = cbor.dumps([[e.at_ms, e.quality, e.kind, dict(e.data)] for e in events])
    _read(raw)
    return bytes((VERSION,)) + packing.pack(raw)


def decode(body: bytes) -> list[Event]:
    """Return the events of a body.

    :raises VersionError: if it has another version.
    :raises FormatError: whatever else the bytes are.
    """
    if not body or body[0] != VERSION:
        raise VersionError("the body has a version this program does not know", offset=0)
    if len(body) > packing.MAX_PACKED:
        raise FormatError(f"a body of {len(body)} bytes; at most {packing.MAX_PACKED} are allowed")
    return _read(packing.unpack(body[1:]))


def _read(raw: bytes) -> list[Event]:
    items = cbor.loads(raw, limit=packing.MAX_UNPACKED)
    if not isinstance(items, list) or len(items) > MAX_EVENTS:
        raise FormatError(f"events: no list of at most {MAX_EVENTS}")
    return [_event(item) for item in items]


def _event(item: object) -> Event:
    if not isinstance(item, list) or len(item) != 4:
        raise FormatError("events: one has not 4 items")
    keys = ("at", "quality", "kind", "data")
    fields = cbor.Fields(dict(zip(keys, item, strict=True)), "event", frozenset(keys))
    kind = fields.text("kind", MAX_KIND)
    if not _KIND.fullmatch(kind):
        raise FormatError("event: kind is no name")
    if not isinstance(item[3], dict):
        raise FormatError("event: data is no map")
    return Event(
        at_ms=fields.number("at", -cbor.INT_LIMIT),
        quality=fields.number("quality", 0, 255),
        kind=kind,
        data=cast("dict[str, object]", item[3]),
    )
