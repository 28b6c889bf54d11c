"""Giving an order to erase: here at once, and told to whoever was given copies, in one commit."""

from __future__ import annotations

from pathlib import Path

from edge.clock import Stamp
from edge.store.connection import Connection, Driver
from sync import carried, erasing
from sync.custody_book import Book
from sync.erasing import Order
from sync.outbox import Outbox
from sync.segment import Segment


def give(
    order: Order, outbox: Outbox, village: Connection, stamp: Stamp, parcels: Path | None = None
) -> int:
    """Erase an order's bodies here and tell of it; return how many segments were still here.

    An order that was given before is not given again. In ``parcels`` lie bundles that buses fetch;
    they are made anew.

    :raises StoreError: if village.db fails; call again then.
    """
    known = {one.order for one in erasing.noted(village)}
    if not (order.bodies or order.devices) or order.id in known:
        segments = 0
    else:
        segments = _give(order, outbox, village, stamp)
    for file in parcels.glob("*") if parcels else ():
        carried.discard(file)
    return segments


def _give(order: Order, outbox: Outbox, village: Connection, stamp: Stamp) -> int:
    here: list[Segment] = []
    receipts = Book(village).newest()

    def do(driver: Driver, seq: int) -> None:
        rows = driver.execute(
            "SELECT data FROM sync_segment WHERE stream = 'care' ORDER BY seq"
        ).fetchall()
        for (data,) in rows:
            one = Segment.decode(data)
            if not one.erased and erasing.body_id(one.body) in order.bodies:
                outbox.erase_within(driver, one.header.seq)
                here.append(one)
        seqs = [(one.header.epoch.hex(), one.header.seq) for one in here]
        place = erasing.Place(seq, outbox.position().epoch.hex(), receipts)
        erasing.note_order(driver, order, seqs, place, stamp.wall_ms)

    told = erasing.events_of(order, stamp.wall_ms, int(stamp.quality))
    outbox.say(erasing.SCHEMA, told, stamp, do)
    return len(here)
