"""The end of the book of reads, told to the county: an event of the hub's stream.

So whoever owns the hub's file cannot cut the book's end off, or write all of it anew, without the
county's copy of that end saying so. Number and hash name nobody; see docs/bundle-format.md.
"""

from __future__ import annotations

from edge.care.anchor import Anchor
from edge.clock import Stamp
from edge.store.connection import Connection, Driver
from edge.store.personal import PersonalStore
from edge.store.village_anchors import note_anchor, told_anchors
from sync import events
from sync.errors import FormatError
from sync.events import Event
from sync.outbox import DAY_MS, Outbox
from sync.segment import Segment, StreamClass

SCHEMA = "audit/1"
HEAD = "audit.head"
DIGEST_SIZE = 32


def tell(outbox: Outbox, village: Connection, personal: PersonalStore, stamp: Stamp) -> bool:
    """Tell how the book ends, if that is news and the last word is a day old.

    :raises StoreError: if a database fails; call again later.
    """
    number, digest = personal.audit_head()
    now = stamp.wall_ms
    last = told_anchors(village, newest=True)
    if not number or (last and (last[0].number, last[0].digest) == (number, digest)):
        return False
    if last and abs(now - last[0].at) < DAY_MS:  # a clock that was set back must not stop it
        return False
    event = Event(now, int(stamp.quality), HEAD, {"number": number, "digest": digest})

    def do(driver: Driver, _: int) -> None:
        note_anchor(driver, Anchor(number, digest, now))

    outbox.say(SCHEMA, [event], stamp, do)
    return True


def anchors_in(segment: Segment) -> list[Anchor]:
    """Return the ends of the book that a verified segment tells; most tell none."""
    header = segment.header
    if header.stream is not StreamClass.EVENT or header.schema != SCHEMA or segment.erased:
        return []
    try:
        found = events.decode(segment.body)
    except FormatError:  # a later body version: whoever reads it then notes it then
        return []
    return [one for event in found if (one := _anchor(event)) is not None]


def _anchor(event: Event) -> Anchor | None:
    number, digest = event.data.get("number"), event.data.get("digest")
    if event.kind != HEAD or type(number) is not int or not 0 < number < 1 << 53:
        return None
    if type(digest) is not bytes or len(digest) != DIGEST_SIZE:
        return None
    return Anchor(number, digest, event.at_ms)
