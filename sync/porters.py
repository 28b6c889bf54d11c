"""The buses that a hub gives parcels to, and the parcels while they are being fetched."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edge.store.connection import Connection, Row
from sync import parcel
from sync.outbox import Outbox, Unavailable
from sync.parcel import Pass
from sync.peers import Peers

MAX_PORTERS = 32  # a county has a few buses
_KEPT = 4  # parcels on the card; one is made anew if its bus comes back later
_CHUNK = 64 << 10

MIGRATIONS = {
    "porters_0001": (
        """
        CREATE TABLE sync_porter (
          carrier BLOB PRIMARY KEY NOT NULL,
          county BLOB NOT NULL,
          name TEXT NOT NULL,
          recipient TEXT NOT NULL,
          until_ms INTEGER NOT NULL,
          known_at INTEGER NOT NULL,
          last_at INTEGER,
          held_epoch BLOB,
          held_seq INTEGER NOT NULL DEFAULT 0
        ) STRICT, WITHOUT ROWID
        """,
    ),
}


@dataclass(frozen=True, slots=True)
class Porter:
    """One bus. ``held_seq`` is up to where, of ``held_epoch``, it said that it carries ours."""

    carrier: bytes
    county: bytes
    name: str
    recipient: str
    until_ms: int
    known_at: int
    last_at: int | None
    held_epoch: bytes | None
    held_seq: int


@dataclass(frozen=True, slots=True)
class Parcel:
    """A sealed bundle on the disk; ``digest`` (hex SHA-256) names its bytes."""

    path: Path
    size: int
    digest: str

    def pieces(self, start: int, stop: int) -> Iterator[bytes]:
        """Yield the bytes ``start`` to ``stop`` (exclusive)."""
        with self.path.open("rb") as file:
            file.seek(start)
            while start < stop and (data := file.read(min(_CHUNK, stop - start))):
                start += len(data)
                yield data


class Porters:
    """Use from several threads. ``folder`` is where parcels lie while they are fetched.

    :raises StoreError: or one of its kinds, from any method.
    """

    def __init__(self, connection: Connection, peers: Peers, folder: Path) -> None:
        self._db, self._peers, self._folder = connection, peers, folder
        connection.migrate("porters", MIGRATIONS)

    def all(self) -> list[Porter]:
        """Return all, by name."""
        rows = self._db.rows(f"{_SELECT} ORDER BY name, carrier")
        return [_porter(row) for row in rows]

    def learn(self, one: Pass, now_ms: int) -> Porter:
        """Take a pass whose signature holds.

        :raises Unavailable: if its county is not confirmed here, or its time is over.
        """
        peer = self._peers.get(one.county)
        if peer is None or not peer.confirmed:
            raise Unavailable(
                "pending",
                "Der Landkreis, der diesen Bus schickt, ist hier nicht bestätigt.",
                "Zuerst den Landkreis bestätigen: dorfhub sync enrol WÖRTER",
            )
        if one.until_ms < now_ms:
            raise Unavailable(
                "pending",
                "Der Ausweis dieses Busses ist abgelaufen.",
                "Beim Landkreis einen neuen ausstellen lassen: dorfhub county bus-pass",
            )
        with self._db.transaction() as driver:
            (count,) = driver.execute("SELECT count(*) FROM sync_porter").fetchone()
            if count >= MAX_PORTERS:
                driver.execute("DELETE FROM sync_porter WHERE until_ms < ?", (now_ms,))
            driver.execute(
                "INSERT INTO sync_porter (carrier, county, name, recipient, until_ms, known_at)"
                " VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (carrier) DO UPDATE SET"
                " county = ?2, name = ?3, recipient = ?4, until_ms = max(until_ms, ?5)",
                (one.carrier, one.county, one.name, one.recipient, one.until_ms, now_ms),
            )
        return self.require(one.carrier, now_ms)

    def require(self, carrier: bytes, now_ms: int) -> Porter:
        """Return a bus that may have parcels now.

        :raises Unavailable: if it showed no pass, or its time is over, or its county is gone.
        """
        row = self._db.row(f"{_SELECT} WHERE carrier = ?", (carrier,))
        found = _porter(row) if row else None
        if found is None or found.until_ms < now_ms:
            raise Unavailable("unknown", "Dieser Bus hat hier keinen gültigen Ausweis.", _SHOW)
        peer = self._peers.get(found.county)
        if peer is None or not peer.confirmed:
            raise Unavailable("unknown", "Der Landkreis dieses Busses ist hier fremd.", _SHOW)
        return found

    def took(self, carrier: bytes, epoch: bytes, seq: int, now_ms: int) -> None:
        """Note that a bus says it carries everything of ``epoch`` up to ``seq``."""
        with self._db.transaction() as driver:
            driver.execute(
                "UPDATE sync_porter SET last_at = ?2, held_epoch = ?3, held_seq = ?4"
                " WHERE carrier = ?1",
                (carrier, now_ms, epoch, seq),
            )

    def parcel(
        self, porter: Porter, outbox: Outbox, epoch: bytes, after: int, until: int
    ) -> Parcel:
        """Return the parcel with the segments ``after`` + 1 to ``until``, the same while it lies.

        age encrypts the same bundle differently each time: only a file can be gone on with.

        :raises Unavailable: if they are not all here, or too many.
        :raises OSError: if the disk does not take it.
        """
        manifest = outbox.manifest(epoch, after, until)
        mark = hashlib.sha256(porter.recipient.encode() + manifest.digest).hexdigest()[:32]
        path = self._folder / f"{mark}{parcel.SUFFIX}"
        if not path.exists():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            old = sorted(
                self._folder.glob(f"*{parcel.SUFFIX}"), key=lambda one: one.stat().st_mtime
            )
            for one in old[: max(0, len(old) - _KEPT + 1)]:
                one.unlink(missing_ok=True)
            part = path.with_suffix(".part")
            with part.open("wb") as file:
                parcel.seal(outbox.pieces(manifest, 0, manifest.size), porter.recipient, file)
            part.replace(path)
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while data := file.read(_CHUNK):
                digest.update(data)
        return Parcel(path, path.stat().st_size, digest.hexdigest())


_SHOW = "Der Bus muss zuerst seinen Ausweis zeigen: dorfhub bus pass"
_SELECT = (
    "SELECT carrier, county, name, recipient, until_ms, known_at, last_at, held_epoch, held_seq"
    " FROM sync_porter"
)


def _porter(row: Row) -> Porter:
    return Porter(*row)  # type: ignore[arg-type]  # STRICT columns
