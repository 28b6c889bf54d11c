"""The counties that a hub knows: who asked, who was confirmed by a person, what arrived there.

Kept in `village.db`; how the exchange goes is also written to its ``exchange`` table, which
the terminal's page reads.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from edge.store.connection import Connection, Row
from sync import comparison, rotation
from sync.errors import Refused
from sync.outbox import DAY_MS
from sync.outbox_schema import MIGRATIONS
from sync.rotation import Rotation
from sync.wire import Ack, Enrolment, Notice

MAX_PENDING = 16  # a village has one county; more who ask at once are noise
_MAX_ERROR = 500  # an error is shown to people, not archived


@dataclass(frozen=True, slots=True)
class Peer:
    """One county. It is pending until ``confirmed_at``; only confirmed ones get anything.

    ``chain`` is how it changed its key; ``said_at`` when, by its own clock, it last said
    something. ``asked_recipients`` are care recipients that it asks for and nobody has
    confirmed yet; None if there are none. Times are ms since 1970, UTC.
    """

    public_key: bytes
    name: str
    asked_at: int
    confirmed_at: int | None
    care_recipients: tuple[str, ...]
    asked_recipients: tuple[str, ...] | None
    acknowledged_seq: int
    chain: tuple[Rotation, ...]
    said_at: int | None

    @property
    def key(self) -> bytes:
        """The key that it signs with now; ``public_key`` is its name."""
        return rotation.key_now(self.public_key, self.chain)

    @property
    def confirmed(self) -> bool:
        """Tell if a person at the hub confirmed it."""
        return self.confirmed_at is not None


class Peers:
    """The counties. Threads and processes may each have one on the same file.

    :raises StoreError: or one of its kinds, from any method.
    """

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        connection.migrate("sync", MIGRATIONS)

    def all(self) -> list[Peer]:
        """Return all, by the time they asked."""
        return [_peer(row) for row in self._db.rows(f"{_SELECT} ORDER BY asked_at, public_key")]

    def get(self, public_key: bytes) -> Peer | None:
        """Return one, or None."""
        row = self._db.row(f"{_SELECT} WHERE public_key = ?", (public_key,))
        return _peer(row) if row else None

    def key_of(self, county: bytes) -> bytes:
        """Return the key that a county signs with now; its name, if we know no other."""
        peer = self.get(county)
        return county if peer is None else peer.key

    def learn_keys(self, chain: Sequence[Rotation]) -> Peer | None:
        """Take a county's word, signed by its old key too, that it changed its key.

        Return the county, or None if it is not known here: then nothing is kept.

        :raises KeyConflict: if it says something else than before.
        """
        name = chain[0].name
        with self._db.transaction() as driver:
            row = driver.execute(f"{_SELECT} WHERE public_key = ?", (name,)).fetchone()
            if row is None:
                return None
            longer = rotation.extend(_peer(row).chain, chain)
            driver.execute(
                "UPDATE sync_peer SET keys = ? WHERE public_key = ?",
                (rotation.encode(longer), name),
            )
        return self.get(name)

    def ask(self, enrolment: Enrolment, now_ms: int) -> Peer:
        """Note that a county asks; it changes nothing that a person has confirmed.

        :raises Refused: if too many wait for an answer already.
        :raises KeyConflict: if it tells of other changes of its key than before.
        """
        asked = json.dumps(list(enrolment.care_recipients))
        with self._db.transaction() as driver:
            driver.execute(
                "DELETE FROM sync_peer WHERE confirmed_at IS NULL AND asked_at < ?",
                (now_ms - DAY_MS,),
            )
            known = driver.execute(
                "UPDATE sync_peer SET name = CASE WHEN confirmed_at IS NULL THEN ?2 ELSE name END,"
                " asked_recipients = nullif(?3, care_recipients) WHERE public_key = ?1",
                (enrolment.county, enrolment.name, asked),
            ).rowcount
            (pending,) = driver.execute(
                "SELECT count(*) FROM sync_peer WHERE confirmed_at IS NULL"
            ).fetchone()
            if not known and pending >= MAX_PENDING:
                raise Refused(
                    "Zu viele Anmeldungen warten auf Bestätigung.",
                    hint="Am Hub mit `dorfhub sync status` ansehen; ungenutzte verfallen "
                    "nach einem Tag.",
                )
            if not known:
                driver.execute(
                    "INSERT INTO sync_peer (public_key, name, asked_at, asked_recipients)"
                    " VALUES (?, ?, ?, nullif(?, '[]'))",
                    (enrolment.county, enrolment.name, now_ms, asked),
                )
        if enrolment.chain:
            self.learn_keys(enrolment.chain)
        peer = self.get(enrolment.county)
        if peer is None:
            raise LookupError("the peer was removed at the same moment")
        return peer

    def confirm(self, typed: str, now_ms: int) -> Peer:
        """Confirm the county with this fingerprint, these six words or this QR code.

        The care recipients that it asks for are confirmed with it.

        :raises Refused: if no county with it has asked.
        """
        for peer in self.all():
            if comparison.matches(peer.public_key, typed):
                break
        else:
            raise Refused(
                "Keine Gegenstelle mit diesen Wörtern oder Zeichen hat sich angemeldet.",
                hint="Mit `dorfhub sync status` die wartenden Anmeldungen ansehen und "
                "Wort für Wort vergleichen. Passt es nicht, meldet sich eine andere Stelle.",
            )
        with self._db.transaction() as driver:
            # Exactly what was shown is confirmed, not what was asked for a moment later.
            asked = None if peer.asked_recipients is None else json.dumps(peer.asked_recipients)
            driver.execute(
                "UPDATE sync_peer SET confirmed_at = coalesce(confirmed_at, ?2),"
                " care_recipients = coalesce(?3, care_recipients),"
                " asked_recipients = nullif(asked_recipients, ?3) WHERE public_key = ?1",
                (peer.public_key, now_ms, asked),
            )
            driver.execute(_EXCHANGE_NEW, (peer.public_key.hex(), peer.name))
        return self.get(peer.public_key) or peer

    def care_recipients(self) -> list[str]:
        """Return the age public keys that confirmed counties read care data with."""
        return sorted(
            {key for peer in self.all() if peer.confirmed for key in peer.care_recipients}
        )

    def acknowledged(self) -> int:
        """Return up to which segment every confirmed county has all; 0 if there is none."""
        return min((peer.acknowledged_seq for peer in self.all() if peer.confirmed), default=0)

    def last_word(self) -> int | None:
        """Return when, by its own clock, the confirmed county that was silent longest spoke.

        None if there is none, or one has never spoken.
        """
        said = [peer.said_at for peer in self.all() if peer.confirmed]
        known = [at for at in said if at is not None]
        return min(known) if known and len(known) == len(said) else None

    def acknowledge(self, ack: Ack, *, last_seq: int, now_ms: int) -> None:
        """Note a confirmed county's acknowledgement; an older one than we have changes nothing."""
        with self._db.transaction() as driver:
            fresh = driver.execute(
                "UPDATE sync_peer SET acknowledged_seq = max(acknowledged_seq, ?2), said_at = ?3"
                " WHERE public_key = ?1 AND coalesce(said_at, ?3) <= ?3",
                (ack.county, ack.seq, ack.at_ms),
            ).rowcount
            if not fresh:  # played back, or late: it may not hide what was said since
                driver.execute(
                    "UPDATE sync_peer SET acknowledged_seq = max(acknowledged_seq, ?2)"
                    " WHERE public_key = ?1",
                    (ack.county, ack.seq),
                )
                return
            driver.execute(
                "UPDATE exchange SET last_contact_at = ?2, last_success_at = ?2,"
                " acknowledged_seq = max(coalesce(acknowledged_seq, 0), ?3),"
                " pending_segments = ?4 - max(coalesce(acknowledged_seq, 0), ?3)"
                " WHERE peer = ?1",
                (ack.county.hex(), now_ms, ack.seq, last_seq),
            )

    def notice(self, notice: Notice, text: str, *, last_seq: int, now_ms: int) -> bool:
        """Note what a confirmed county says is wrong; False if it said something since."""
        with self._db.transaction() as driver:
            fresh = driver.execute(
                "UPDATE sync_peer SET said_at = ?2"
                " WHERE public_key = ?1 AND coalesce(said_at, ?2) <= ?2",
                (notice.county, notice.at_ms),
            ).rowcount
        if fresh:
            self.contact(notice.county, last_seq=last_seq, now_ms=now_ms, error=text)
        return bool(fresh)

    def contact(self, county: bytes, *, last_seq: int, now_ms: int, error: str = "") -> None:
        """Note that a confirmed county spoke to us, and what went wrong if something did."""
        with self._db.transaction() as driver:
            driver.execute(
                "UPDATE exchange SET last_contact_at = ?2,"
                " pending_segments = ?3 - coalesce(acknowledged_seq, 0),"
                " last_error = coalesce(nullif(?4, ''), last_error),"
                " last_error_at = CASE WHEN ?4 = '' THEN last_error_at ELSE ?2 END"
                " WHERE peer = ?1",
                (county.hex(), now_ms, last_seq, error[:_MAX_ERROR]),
            )


_SELECT = (
    "SELECT public_key, name, asked_at, confirmed_at, care_recipients, asked_recipients,"
    " acknowledged_seq, keys, said_at FROM sync_peer"
)
_EXCHANGE_NEW = (
    "INSERT INTO exchange (peer, name) VALUES (?, ?)"
    " ON CONFLICT (peer) DO UPDATE SET name = excluded.name"
)


def _peer(row: Row) -> Peer:
    key, name, asked_at, confirmed_at, care, asked, acknowledged, keys, said_at = row
    return Peer(
        public_key=key,  # type: ignore[arg-type]  # STRICT columns
        name=str(name),
        asked_at=asked_at,  # type: ignore[arg-type]
        confirmed_at=confirmed_at,  # type: ignore[arg-type]
        care_recipients=_keys(str(care)),
        asked_recipients=None if asked is None else _keys(str(asked)),
        acknowledged_seq=acknowledged,  # type: ignore[arg-type]
        chain=rotation.decode(keys) if isinstance(keys, bytes) else (),
        said_at=said_at,  # type: ignore[arg-type]
    )


def _keys(text: str) -> tuple[str, ...]:
    found: Sequence[str] = json.loads(text)
    return tuple(found)
