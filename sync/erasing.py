"""Orders to erase: what a hub says, what whoever holds a copy does, and what the county answers.

An order names bodies by their hash, never a person: a body that is gone matches nothing, and its
hash tells nothing of it. Salt and body are taken out of a segment; header and signature stay, so
that the chain goes on verifying.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from edge.store.connection import Connection, Driver
from sync import custody, events
from sync.custody import Receipt
from sync.errors import FormatError
from sync.events import Event
from sync.segment import Segment, StreamClass

SCHEMA = "erase/1"
ORDER = "erase.order"
ORDER_SIZE = 16
BODY_SIZE = 32
MAX_BODIES = 512  # named by one event; a person with more has several of one order
MAX_DEVICES = 64


@dataclass(frozen=True, slots=True)
class Order:
    """Erase these ``bodies`` (their hashes) and what was read of these ``devices``' series.

    Devices are named only where their readings left the village in the clear.
    """

    id: bytes
    bodies: frozenset[bytes]
    devices: frozenset[str]


@dataclass(frozen=True, slots=True)
class Noted:
    """An order of this hub's and what became of it. ``answer`` is the county's, if it came.

    It is segment ``seq`` of ``epoch`` (hex); ``receipts`` is the number of the last receipt that
    was here before it. Both are None where an older version noted it.
    """

    order: bytes
    ordered_at: int
    bodies: int
    seqs: tuple[tuple[str, int], ...]
    seq: int
    answered_at: int | None
    answer: dict[str, object] | None
    epoch: str | None = None
    receipts: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where an order stands: its segment's number and epoch (hex), after which receipt."""

    seq: int
    epoch: str
    receipts: int


def body_id(body: bytes) -> bytes:
    """Return what an order names a body by: its BLAKE2b-256."""
    return hashlib.blake2b(body, digest_size=BODY_SIZE).digest()


def events_of(order: Order, at_ms: int, quality: int) -> list[Event]:
    """Return the order as events, as many as it takes."""
    bodies, devices = sorted(order.bodies), sorted(order.devices)
    parts = max(1, -(-len(bodies) // MAX_BODIES), -(-len(devices) // MAX_DEVICES))
    return [
        Event(
            at_ms,
            quality,
            ORDER,
            {
                "order": order.id,
                "bodies": bodies[n * MAX_BODIES : (n + 1) * MAX_BODIES],
                "devices": devices[n * MAX_DEVICES : (n + 1) * MAX_DEVICES],
            },
        )
        for n in range(parts)
    ]


def orders_in(segment: Segment) -> list[Order]:
    """Return the orders that a verified segment holds; most hold none."""
    header = segment.header
    if header.stream is not StreamClass.EVENT or header.schema != SCHEMA or segment.erased:
        return []
    try:
        found = events.decode(segment.body)
    except FormatError:  # a later body version: whoever reads it then erases then
        return []
    return [order for event in found if (order := _order(event)) is not None]


def without(segments: Iterable[Segment], bodies: Collection[bytes]) -> Iterator[Segment]:
    """Yield the segments, those with one of these bodies without salt and body."""
    for one in segments:
        yield one.erase() if not one.erased and body_id(one.body) in bodies else one


def note_order(
    driver: Driver, order: Order, seqs: Sequence[tuple[str, int]], place: Place, at_ms: int
) -> None:
    """Note that an order was given at ``place``; ``seqs`` are (epoch hex, number)."""
    driver.execute(
        'INSERT INTO sync_erasure ("order", ordered_at, bodies, seqs, seq, epoch, receipts)'
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            *(order.id, at_ms, len(order.bodies), json.dumps([list(one) for one in seqs])),
            *(place.seq, place.epoch, place.receipts),
        ),
    )
    driver.executemany(
        "INSERT INTO sync_erased_body (body) VALUES (?) ON CONFLICT DO NOTHING",
        [(body,) for body in order.bodies],
    )


def erased_bodies(connection: Connection) -> frozenset[bytes]:
    """Return the hashes of all bodies that were erased here: what no copy may hold."""
    rows = connection.rows("SELECT body FROM sync_erased_body")
    return frozenset(body for (body,) in rows if isinstance(body, bytes))


def note_receipt(driver: Driver, event: Event, now_ms: int) -> None:
    """Note what the county answered; its last word counts."""
    answer = {name: event.data[name] for name in ("segments", "rows", "files", "remains")}
    driver.execute(
        'UPDATE sync_erasure SET answered_at = ?, answer = ? WHERE "order" = ?',
        (now_ms, json.dumps(answer, ensure_ascii=False), event.data["order"]),  # type: ignore[arg-type]
    )


def noted(connection: Connection) -> list[Noted]:
    """Return this hub's orders, the newest first."""
    rows = connection.rows(
        'SELECT "order", ordered_at, bodies, seqs, seq, answered_at, answer, epoch, receipts'
        " FROM sync_erasure ORDER BY ordered_at DESC, seq DESC"
    )
    return [
        Noted(
            order=order,  # type: ignore[arg-type]  # STRICT columns
            ordered_at=ordered_at,  # type: ignore[arg-type]
            bodies=bodies,  # type: ignore[arg-type]
            seqs=tuple((str(epoch), int(number)) for epoch, number in json.loads(str(seqs))),
            seq=seq,  # type: ignore[arg-type]
            answered_at=answered_at,  # type: ignore[arg-type]
            answer=None if answer is None else json.loads(str(answer)),
            epoch=epoch,  # type: ignore[arg-type]
            receipts=receipts,  # type: ignore[arg-type]
        )
        for order, ordered_at, bodies, seqs, seq, answered_at, answer, epoch, receipts in rows
    ]


def copies_out(
    order: Noted,
    kept: Sequence[tuple[int, Receipt]],
    hub: bytes,
    counties: Collection[bytes] = (),
) -> Iterator[str]:
    """Yield, in German, which carried copies may hold what was erased, and until when.

    ``kept`` are the receipts with their numbers in the book of ``hub``; ``counties`` are those
    whose word counts that a stick's copy is gone. Clocks are not asked: a copy was written after
    the order if this hub signed for it afterwards, or if the order is in it.
    """
    numbers = {one.id: number for number, one in kept}
    for copy in custody.held_elsewhere([one for _, one in kept], counties):
        epoch = copy.epoch.hex()
        ours = copy.carrier == hub and order.receipts is not None
        if ours and numbers[copy.id] > (order.receipts or 0):
            continue
        if order.epoch == epoch and copy.first <= order.seq <= copy.last:
            continue
        if any(one == epoch and copy.first <= seq <= copy.last for one, seq in order.seqs):
            carrier = "Stick" if copy.kind == custody.Kind.STICK else "Bus"
            until = (
                "bis er hier wieder eingesteckt wird"
                if copy.kind == custody.Kind.STICK
                else "bis er wieder vorbeikommt"
            )
            numbers_of = f"Sendungen {copy.first} bis {copy.last}"
            yield f"{carrier} {copy.name}: {numbers_of}, versiegelt, {until}"


def _order(event: Event) -> Order | None:
    if event.kind != ORDER:
        return None
    order, bodies, devices = (event.data.get(name) for name in ("order", "bodies", "devices"))
    good = (
        _octets(order, ORDER_SIZE)
        and isinstance(bodies, list)
        and len(bodies) <= MAX_BODIES
        and all(_octets(one, BODY_SIZE) for one in bodies)
        and isinstance(devices, list)
        and len(devices) <= MAX_DEVICES
        and all(type(one) is str and one.isprintable() and len(one) <= 255 for one in devices)
    )
    if not good:
        return None
    return Order(
        cast("bytes", order),
        frozenset(cast("list[bytes]", bodies)),
        frozenset(cast("list[str]", devices)),
    )


def _octets(value: object, size: int) -> bool:
    return type(value) is bytes and len(value) == size
