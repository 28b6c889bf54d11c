"""The county's ledger: which hubs there are, who vouches for them, what came and why not.

The lake alone decides what has been taken; positions here are for people. Hashes of
verified segments are kept so that a second segment with an old number is noticed.
All times are INTEGER milliseconds since 1970, UTC.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self

from sync import rotation
from sync.county import bodies, trust
from sync.county.bodies import Bodies, Twins
from sync.county.ledger_schema import SCHEMA
from sync.county.trust import Trust, transaction
from sync.errors import SyncError
from sync.rotation import Rotation

# One contact per pull; at one pull in five minutes this is the last day and a half of a
# hub, which is what a person asks about.
_CONTACTS_KEPT = 500
# A stick full of rubbish must not fill the ledger; the newest findings matter.
_FINDINGS_KEPT = 1000

_SCHEMAS = (SCHEMA, trust.SCHEMA, bodies.SCHEMA)


class LedgerError(SyncError):
    """The ledger is absent, damaged, or of a version that this program does not know."""

    hint = "Platz und Rechte im Zustandsordner prüfen; sonst die Sicherung zurückholen."


class HubState(StrEnum):
    """How far the county trusts a hub."""

    PENDING = "pending"  # seen, but no person has compared its fingerprint
    CONFIRMED = "confirmed"
    QUARANTINED = "quarantined"  # it signed two segments with one number: a person must look


@dataclass(frozen=True, slots=True)
class Hub:
    """What the county knows of one hub. ``hub`` is its id in hex."""

    hub: str
    public_key: bytes
    fingerprint: str
    name: str
    state: HubState
    reason: str | None
    first_seen_at: int
    confirmed_at: int | None
    last_contact_at: int | None
    last_success_at: int | None
    last_code: str | None
    last_error: str | None
    last_error_at: int | None
    keys: bytes | None = None

    @property
    def chain(self) -> tuple[Rotation, ...]:
        """How the hub changed its key."""
        return rotation.decode(self.keys, self.public_key) if self.keys else ()


@dataclass(frozen=True, slots=True)
class StreamPosition:
    """How far one stream has come. ``waiting`` counts what the hub has beyond it."""

    epoch: str
    seq: int
    waiting: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class Contact:
    """One attempt to bring something from a hub. ``code`` is `ok` or a reason."""

    hub: str
    at: int
    way: str  # the address or folder
    code: str
    message: str
    segments: int = 0
    readings: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was refused; ``file`` names its kept bytes below the state folder."""

    at: int
    hub: str | None
    way: str
    code: str
    message: str
    file: str | None


class Ledger:
    """The ledger in one file. One thread uses an instance; processes may share the file.

    ``trust`` holds the hubs' keys and what of them was revoked, ``bodies`` what segments held.
    """

    def __init__(self, path: Path, *, create: bool = False) -> None:
        """Open the ledger.

        :raises LedgerError: if it is absent and ``create`` is false, or not readable.
        """
        if not create and not path.is_file():
            raise LedgerError(f"there is no ledger at {path}")
        try:
            self._db = sqlite3.connect(path, timeout=30, isolation_level=None)
        except sqlite3.Error as error:
            raise LedgerError(f"the ledger at {path} cannot be opened: {error}") from error
        try:
            self._prepare()
        except sqlite3.Error as error:
            self._db.close()
            raise LedgerError(f"the ledger at {path} cannot be used: {error}") from error
        except LedgerError:
            self._db.close()
            raise
        self.trust = Trust(self._db)
        self.bodies = Bodies(self._db)

    def close(self) -> None:
        """Give the file back."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def hubs(self) -> list[Hub]:
        """Return every hub, by name."""
        rows = self._db.execute(f"SELECT {_HUB_COLUMNS} FROM hub ORDER BY name, hub")  # noqa: S608 - a constant
        return [_hub(row) for row in rows]

    def hub(self, hub: str) -> Hub | None:
        """Return one hub."""
        row = self._db.execute(
            f"SELECT {_HUB_COLUMNS} FROM hub WHERE hub = ?",  # noqa: S608 - a constant
            (hub,),
        ).fetchone()
        return _hub(row) if row else None

    def add_hub(
        self, hub: str, *, public_key: bytes, fingerprint: str, name: str, now_ms: int
    ) -> Hub:
        """Make a hub known as pending; one that is known stays as it is.

        :raises LedgerError: if the id is known with another key.
        """
        with self._transaction():
            self._db.execute(
                "INSERT INTO hub (hub, public_key, fingerprint, name, state, first_seen_at)"
                " VALUES (?, ?, ?, ?, 'pending', ?) ON CONFLICT DO NOTHING",
                (hub, public_key, fingerprint, name, now_ms),
            )
        known = self.hub(hub)
        if known is None or known.public_key != public_key:
            raise LedgerError(f"hub {hub} is known with another key")
        return known

    def rename(self, hub: str, name: str) -> None:
        """Note what a hub calls itself now."""
        with self._transaction():
            self._db.execute("UPDATE hub SET name = ? WHERE hub = ?", (name, hub))

    def confirm(self, hub: str, *, now_ms: int) -> None:
        """Trust a hub from now on; also how a person ends its quarantine."""
        with self._transaction():
            self._db.execute(
                "UPDATE hub SET state = 'confirmed', reason = NULL,"
                " confirmed_at = coalesce(confirmed_at, ?) WHERE hub = ?",
                (now_ms, hub),
            )

    def quarantine(self, hub: str, *, reason: str) -> None:
        """Take nothing more from a hub until a person has looked. The first reason stays."""
        with self._transaction():
            self._db.execute(
                "UPDATE hub SET state = 'quarantined', reason = coalesce(reason, ?) WHERE hub = ?",
                (reason, hub),
            )

    def addresses(self, hub: str) -> list[str]:
        """Return where the hub can be reached, the newest first."""
        rows = self._db.execute(
            "SELECT address FROM address WHERE hub = ? ORDER BY added_at DESC, address", (hub,)
        )
        return [address for (address,) in rows]

    def add_address(self, hub: str, address: str, *, now_ms: int) -> None:
        """Remember where a hub was reached; an address that is known becomes the newest."""
        with self._transaction():
            self._db.execute(
                "INSERT INTO address (hub, address, added_at) VALUES (?, ?, ?)"
                " ON CONFLICT DO UPDATE SET added_at = excluded.added_at",
                (hub, address, now_ms),
            )

    def positions(self, hub: str) -> list[StreamPosition]:
        """Return the hub's streams, the one that moved last first."""
        rows = self._db.execute(
            "SELECT epoch, seq, waiting, updated_at FROM position WHERE hub = ?"
            " ORDER BY updated_at DESC, epoch",
            (hub,),
        )
        return [StreamPosition(*row) for row in rows]

    def set_position(
        self, hub: str, epoch: str, seq: int, *, waiting: int | None, now_ms: int
    ) -> None:
        """Note how far a stream has come; None where it is not known what waits.

        A position never goes back: a racing puller may be behind.
        """
        with self._transaction():
            self._db.execute(
                "INSERT INTO position (hub, epoch, seq, waiting, updated_at) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET seq = max(seq, excluded.seq), waiting ="
                " coalesce(?, max(0, waiting - (max(seq, excluded.seq) - seq))),"
                " updated_at = excluded.updated_at",
                (hub, epoch, seq, waiting or 0, now_ms, waiting),
            )

    def segment_hash(self, hub: str, epoch: str, seq: int) -> bytes | None:
        """Return the hash of a segment that was verified before."""
        row = self._db.execute(
            "SELECT hash FROM segment WHERE hub = ? AND epoch = ? AND seq = ?", (hub, epoch, seq)
        ).fetchone()
        return bytes(row[0]) if row else None

    def add_segments(
        self, hub: str, epoch: str, hashes: Iterable[tuple[int, bytes]], *, now_ms: int
    ) -> int | None:
        """Remember verified segments as ``(seq, hash)``, all of them or none.

        Return None, or the first number that is known with another hash.
        """
        hashes = list(hashes)
        with self._transaction():
            for seq, digest in hashes:
                known = self.segment_hash(hub, epoch, seq)
                if known is not None and known != digest:
                    return seq
            self._db.executemany(
                "INSERT INTO segment (hub, epoch, seq, hash, first_seen_at) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                [(hub, epoch, seq, digest, now_ms) for seq, digest in hashes],
            )
        return None

    def twins(self, hub: str, epoch: str, after: int, until: int) -> Twins:
        """As `Bodies.twins`, without what lies above the limit of a revoked key."""
        limits: dict[str, int | None] = {}
        found = {}
        for seq, others in self.bodies.twins(hub, epoch, after, until).items():
            for other, _ in others:
                if other not in limits:
                    limits[other] = self.trust.limit(hub, other)
            found[seq] = [
                (other, number)
                for other, number in others
                if (limit := limits[other]) is None or number <= limit
            ]
        return found

    def add_contact(self, contact: Contact) -> None:
        """Note an attempt, and in the hub's own row how the newest one ended."""
        good = contact.code == "ok"
        with self._transaction():
            self._db.execute(
                "INSERT INTO contact (hub, at, way, code, message, segments, readings)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    contact.hub,
                    contact.at,
                    contact.way,
                    contact.code,
                    contact.message,
                    contact.segments,
                    contact.readings,
                ),
            )
            self._db.execute(
                "UPDATE hub SET last_contact_at = :at, last_code = :code,"
                " last_success_at = CASE WHEN :good THEN :at ELSE last_success_at END,"
                " last_error = CASE WHEN :good THEN last_error ELSE :message END,"
                " last_error_at = CASE WHEN :good THEN last_error_at ELSE :at END"
                " WHERE hub = :hub",
                {
                    "at": contact.at,
                    "code": contact.code,
                    "good": good,
                    "message": contact.message,
                    "hub": contact.hub,
                },
            )
            self._db.execute(
                "DELETE FROM contact WHERE hub = ? AND contact <= (SELECT contact FROM contact"
                " WHERE hub = ? ORDER BY contact DESC LIMIT 1 OFFSET ?)",
                (contact.hub, contact.hub, _CONTACTS_KEPT),
            )

    def contacts(self, hub: str, *, limit: int = 10) -> list[Contact]:
        """Return the newest attempts, the newest first."""
        rows = self._db.execute(
            "SELECT hub, at, way, code, message, segments, readings FROM contact"
            " WHERE hub = ? ORDER BY contact DESC LIMIT ?",
            (hub, limit),
        )
        return [Contact(*row) for row in rows]

    def add_finding(self, finding: Finding) -> None:
        """Note something that was refused."""
        with self._transaction():
            self._db.execute(
                "INSERT INTO finding (at, hub, way, code, message, file) VALUES (?, ?, ?, ?, ?, ?)",
                (
                    finding.at,
                    finding.hub,
                    finding.way,
                    finding.code,
                    finding.message,
                    finding.file,
                ),
            )
            self._db.execute(
                "DELETE FROM finding WHERE finding <= (SELECT max(finding) FROM finding) - ?",
                (_FINDINGS_KEPT,),
            )

    def findings(self, *, limit: int = 20) -> list[Finding]:
        """Return the newest refusals, the newest first."""
        rows = self._db.execute(
            "SELECT at, hub, way, code, message, file FROM finding ORDER BY finding DESC LIMIT ?",
            (limit,),
        )
        return [Finding(*row) for row in rows]

    def _prepare(self) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA foreign_keys = ON")
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        newest = len(_SCHEMAS)
        if version > newest:
            raise LedgerError(f"the ledger has version {version}, this program knows {newest}")
        if version < newest:
            with self._transaction():
                (version,) = self._db.execute("PRAGMA user_version").fetchone()
                for schema in _SCHEMAS[version:]:
                    for statement in filter(str.strip, schema.split(";")):
                        self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version = {newest}")

    def _transaction(self) -> AbstractContextManager[None]:
        return transaction(self._db)


_HUB_COLUMNS = (
    "hub, public_key, fingerprint, name, state, reason, first_seen_at, confirmed_at,"
    " last_contact_at, last_success_at, last_code, last_error, last_error_at, keys"
)


def _hub(row: tuple[str, bytes, str, str, str, *tuple[object, ...]]) -> Hub:
    hub, public_key, fingerprint, name, state, *rest = row
    return Hub(hub, bytes(public_key), fingerprint, name, HubState(state), *rest)  # type: ignore[arg-type]
