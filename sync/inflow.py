"""What comes to the hub: a county's streams, each segment taken once, in order, whatever the road.

Who brings the bytes is not asked; who signed them is. A segment's rows and the position of its
stream change in one transaction, so that after a kill at any moment each segment was taken
once or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from edge.store.connection import Connection, Driver
from sync import applying, bundle, got, segment
from sync.errors import ChainError
from sync.inflow_schema import MIGRATIONS
from sync.outbox import Unavailable
from sync.peers import Peer, Peers
from sync.replies import require_confirmed
from sync.segment import NO_PREVIOUS, Segment

_MISSING = "Das Fehlende kommt mit dem nächsten Abgleich oder Stick."
_DOUBLE = "Beim Landkreis anrufen: Er schreibt eine Sendungsnummer zweimal verschieden."


@dataclass(frozen=True, slots=True)
class Taken:
    """What one bundle brought. ``mine`` is False for a stream to another hub: nothing is taken."""

    county: bytes
    epoch: bytes
    position: int
    segments: int
    kept: int
    mine: bool = True


@dataclass(frozen=True, slots=True)
class Stand:
    """How far one stream of a county's was taken, when last and on which way."""

    county: bytes
    epoch: bytes
    seq: int
    taken_at: int
    way: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What came and waits for a program that reads it: what it calls itself, and how many."""

    county: bytes
    what: str
    count: int


class Inflow:
    """The hub's side of the county's streams. Threads and processes may each have one.

    :raises StoreError: or one of its kinds, from any method.
    """

    def __init__(self, connection: Connection, hub: bytes, peers: Peers) -> None:
        self._db = connection
        self._hub = hub
        self._peers = peers
        connection.migrate("inflow", MIGRATIONS)

    def take(self, stream: BinaryIO, *, way: str, now_ms: int) -> Taken:
        """Take what is new in a bundle; the same again changes nothing.

        What was taken before an error stays taken.

        :raises Unavailable: `unknown`, `pending` (the county is not confirmed here), `gap` (what
            comes before is not here yet), `fork` (a number was signed twice).
        :raises SignatureError: if a segment is not by the county's key.
        :raises FormatError: if the bytes are no such bundle.
        :raises OSError: whatever the stream raises.
        """
        reader = bundle.Reader(stream)
        manifest = reader.manifest
        require_confirmed(manifest.hub, self._peers)
        peer = self._peers.get(manifest.hub)
        if peer is None:
            raise LookupError("the county was removed at the same moment")
        taken = kept = 0
        mine = self._mine(peer, manifest.epoch)
        if mine is None and manifest.first > 1:
            raise _gap(0, manifest.first)
        if mine is not False:
            for one in reader:
                segment.verify(one, peer.public_key, peer.key)
                if one.header.seq == 1 and applying.begins_to(one) not in (b"", self._hub):
                    mine = False
                    break
                step = self._step(peer, one, way, now_ms)
                taken += step is not None
                kept += step is False
        position = 0 if mine is False else self._position(peer, manifest.epoch)[0]
        return Taken(peer.public_key, manifest.epoch, position, taken, kept, mine is not False)

    def read_kept(self, now_ms: int) -> int:
        """Do what was kept because an earlier program did not know it; return how much of it."""
        done = 0
        for peer in self._peers.all():
            writer = applying.Writer(peer.public_key, peer.name, now_ms)
            with self._db.transaction() as driver:
                done += applying.read_kept(driver, writer)
                rows = driver.execute(
                    "SELECT epoch, seq, data FROM county_segment WHERE county = ?"
                    " ORDER BY epoch, seq",
                    (peer.public_key,),
                ).fetchall()
                for epoch, seq, data in rows:
                    if applying.apply(driver, writer, Segment.decode(data)):
                        driver.execute(
                            "DELETE FROM county_segment WHERE county = ? AND epoch = ? AND seq = ?",
                            (peer.public_key, epoch, seq),
                        )
                        done += 1
        return done

    def stands(self) -> list[Stand]:
        """Return how far each stream to this hub was taken, the newest first."""
        rows = self._db.rows(
            "SELECT county, epoch, seq, taken_at, way FROM sync_inflow WHERE mine = 1"
            " ORDER BY taken_at DESC, epoch"
        )
        return [Stand(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def kept(self) -> list[Kept]:
        """Return what came and this program does not read."""
        rows = self._db.rows(
            "SELECT county, kind, count(*) FROM county_event WHERE state = 'kept' GROUP BY 1, 2"
            " UNION ALL SELECT county, schema, count(*) FROM county_segment GROUP BY 1, 2"
            " ORDER BY 1, 2"
        )
        return [Kept(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def positions(self, county: bytes) -> dict[bytes, int]:
        """Return, by epoch, how far a county's streams to this hub were taken."""
        newest = [one for one in self.stands() if one.county == county][: got.MAX_STREAMS]
        return {one.epoch: one.seq for one in newest}

    def counties(self) -> Sequence[Peer]:
        """Return the counties whose streams are taken."""
        return [peer for peer in self._peers.all() if peer.confirmed]

    def _mine(self, peer: Peer, epoch: bytes) -> bool | None:
        row = self._db.row(
            "SELECT mine FROM sync_inflow WHERE county = ? AND epoch = ?",
            (peer.public_key, epoch),
        )
        return None if row is None else bool(row[0])

    def _position(self, peer: Peer, epoch: bytes) -> tuple[int, bytes]:
        row = self._db.row(_POSITION, (peer.public_key, epoch))
        return (0, NO_PREVIOUS) if row is None else (row[0], row[1])  # type: ignore[return-value]

    def _step(self, peer: Peer, one: Segment, way: str, now_ms: int) -> bool | None:
        """Take one segment; None if it is here already, False if nothing of it could be read."""
        header = one.header
        with self._db.transaction() as driver:
            row = driver.execute(_POSITION, (peer.public_key, header.epoch)).fetchone()
            seq, last = (0, NO_PREVIOUS) if row is None else row
            if header.seq < seq:
                return None
            if header.seq == seq:
                if one.hash != last:
                    raise Unavailable(
                        "fork", f"Sendung {seq} des Landkreises gibt es zweimal.", _DOUBLE
                    )
                return None
            if header.seq > seq + 1:
                raise _gap(seq, header.seq)
            try:
                segment.verify_link(one, epoch=header.epoch, seq=seq + 1, previous=last)
            except ChainError as error:
                raise Unavailable("fork", str(error), _DOUBLE) from error
            read = applying.apply(driver, applying.Writer(peer.public_key, peer.name, now_ms), one)
            if not read:
                _keep(driver, peer, one, now_ms)
            driver.execute(
                "INSERT OR REPLACE INTO sync_inflow"
                " (county, epoch, mine, seq, hash, taken_at, way) VALUES (?, ?, 1, ?, ?, ?, ?)",
                (peer.public_key, header.epoch, header.seq, one.hash, now_ms, way),
            )
        return read


def _keep(driver: Driver, peer: Peer, one: Segment, now_ms: int) -> None:
    driver.execute(
        "INSERT INTO county_segment (county, epoch, seq, schema, received_at, data)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            peer.public_key,
            one.header.epoch,
            one.header.seq,
            one.header.schema,
            now_ms,
            one.encode(),
        ),
    )


def _gap(held: int, first: int) -> Unavailable:
    return Unavailable(
        "gap", f"Vom Landkreis fehlen die Sendungen {held + 1} bis {first - 1}.", _MISSING
    )


_POSITION = "SELECT seq, hash FROM sync_inflow WHERE county = ? AND epoch = ? AND mine = 1"
