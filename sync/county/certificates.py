"""Hubs' certificates at the county: requests that came, names that are allowed, chains that go.

A hub may ask for any name; it gets one for a name that a person allowed it, and no two hubs have
one. Renewals need nobody. What the county's tool makes is checked here as the hub checks it, and
goes to that hub on its own stream.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from edge import certificate
from edge.certificate import ChainError
from edge.clock import Stamp
from edge.store.connection import Connection, Row
from hardware.durable import flush
from hardware.reading import TimeQuality
from sync import county_words
from sync.certificate import words
from sync.certificate.words import Request
from sync.county.config import CountyConfig
from sync.county.hub import County
from sync.county.intake import laid, segment_of
from sync.county.issuer import CommandIssuer, FolderIssuer, Issuer, IssuerError
from sync.county.ledger import Hub, HubState
from sync.county.streams import Streams
from sync.errors import SyncError
from sync.events import Event

_KEPT = 50  # replaced requests of one hub: some years of renewals
_WHY = 200  # characters that travel


class CertificateError(SyncError):
    """A name or request that cannot be dealt with like that."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One request. ``state`` is `new`, `issued`, `refused` or `replaced`; times are ms."""

    hub: str
    request: bytes
    name: str
    asked_at: int
    taken_at: int
    state: str
    why: str
    until_ms: int | None
    answered_at: int | None
    allowed: bool

    @property
    def label(self) -> str:
        """What its files are called."""
        return f"{self.hub}-{self.request.hex()}"

    def plain(self) -> dict[str, object]:
        """Return it for JSON."""
        return asdict(self) | {"request": self.request.hex()}


def issuer_of(config: CountyConfig) -> Issuer | None:
    """Return the county's tool, as the configuration says; None without one."""
    made = config.certificates
    if made.command:
        return CommandIssuer(made.command, made.timeout_s)
    return FolderIssuer(made.folder) if made.folder is not None else None


def gather(county: County, now_ms: int) -> int:
    """Note the requests that hubs' segments brought; return how many are new.

    :raises LakeError: if the positions cannot be read.
    """
    count = 0
    for stream, file in list(laid(county.config.requests, county.config.unread)):
        one = segment_of(file)
        found = [] if one is None else words.requests_in(one)
        if one is None or (not found and county.config.unread in file.parents):
            continue
        if county.lake.positions([stream])[stream] < one.header.seq:
            continue  # the lake's commit tells if it counts
        with county.streams() as streams:
            for request in found:
                count += _note(streams, stream.hub, request, now_ms)
        file.unlink()
        flush(file.parent)
    return count


def wanted(streams: Streams, *, everything: bool = False) -> list[Wanted]:
    """Return the requests that count, by hub; ``everything`` includes those that were replaced."""
    rows = streams.connection.rows(
        "SELECT hub, request, name, asked_at, taken_at, state, why, until_ms, answered_at,"
        " EXISTS (SELECT 1 FROM certificate_name AS allowed WHERE allowed.name = asked.name"
        " AND allowed.hub = asked.hub) FROM certificate_request AS asked ORDER BY hub, number"
    )
    found = [_wanted(row) for row in rows]
    return [one for one in found if everything or one.state != "replaced"]


def allow(streams: Streams, hub: Hub, name: str, now_ms: int) -> None:
    """Let a hub have certificates for a name, now and later.

    :raises CertificateError: if it is no name, or another hub's.
    """
    if not words.is_name(name):
        raise CertificateError(
            f"„{name}“ ist kein Name.", hint="So wie „dorfhub.wetterfeld.example“ schreiben."
        )
    with streams.connection.transaction() as driver:
        row = driver.execute("SELECT hub FROM certificate_name WHERE name = ?", (name,)).fetchone()
        if row is not None and row[0] != hub.hub:
            raise CertificateError(
                f"„{name}“ hat schon der Hub {row[0]}.",
                hint="Jeder Hub braucht einen eigenen Namen.",
            )
        driver.execute(
            "INSERT OR IGNORE INTO certificate_name (name, hub, allowed_at) VALUES (?, ?, ?)",
            (name, hub.hub, now_ms),
        )


def refuse(streams: Streams, hub: Hub, why: str, stamp: Stamp) -> int:
    """Refuse what a hub asks for and tell it why; its names are its own no more.

    Return how many requests it were.
    """
    with streams.connection.transaction() as driver:
        driver.execute("DELETE FROM certificate_name WHERE hub = ?", (hub.hub,))
    open_ = [one for one in wanted(streams) if one.hub == hub.hub and one.state == "new"]
    for one in open_:
        _refuse(streams, hub, one, why, stamp)
    return len(open_)


def work(county: County, issuer: Issuer | None, stamp: Stamp) -> tuple[int, int]:
    """Have what is allowed made, and send it; return how many were sent and how many failed."""
    gather(county, stamp.wall_ms)
    sent = failed = 0
    with county.streams() as streams:
        for one in wanted(streams):
            hub = county.ledger.hub(one.hub)
            if one.state != "new" or hub is None or hub.state is not HubState.CONFIRMED:
                continue
            try:
                key, csr = certificate.requested(_csr(streams.connection, one), one.name)
            except ChainError as error:
                _refuse(streams, hub, one, error.why, stamp)
                failed += 1
                continue
            if not one.allowed or issuer is None:
                continue
            try:
                chain = issuer.issue(one.label, one.name, csr)
                if chain is None:
                    _say(streams.connection, one, "")
                    continue
                known = None if stamp.quality is TimeQuality.UNKNOWN else stamp.wall_ms
                made = certificate.check(chain, key, one.name, known)
            except (IssuerError, ChainError) as error:
                _say(streams.connection, one, str(error))
                failed += 1
                continue
            told = {"request": one.request, "chain": chain}
            _tell(streams, hub, county_words.CERTIFICATE, told, stamp)
            _settle(streams.connection, one, "issued", "", made.until_ms, stamp.wall_ms)
            sent += 1
    return sent, failed


def _refuse(streams: Streams, hub: Hub, one: Wanted, why: str, stamp: Stamp) -> None:
    why = " ".join(why.split())[:_WHY]
    told = {"request": one.request, "why": why}
    _tell(streams, hub, county_words.NO_CERTIFICATE, told, stamp)
    _settle(streams.connection, one, "refused", why, None, stamp.wall_ms)


def _tell(streams: Streams, hub: Hub, kind: str, data: Mapping[str, object], stamp: Stamp) -> None:
    streams.tell(hub.public_key, [Event(stamp.wall_ms, int(stamp.quality), kind, data)], stamp)


def _note(streams: Streams, hub: str, one: Request, now_ms: int) -> int:
    with streams.connection.transaction() as driver:
        known = driver.execute(
            "SELECT 1 FROM certificate_request WHERE hub = ? AND request = ?", (hub, one.id)
        ).fetchone()
        if known is not None:
            return 0
        driver.execute("UPDATE certificate_request SET state = 'replaced' WHERE hub = ?", (hub,))
        driver.execute(
            "INSERT INTO certificate_request (hub, request, name, csr, asked_at, taken_at, state)"
            " VALUES (?, ?, ?, ?, ?, ?, 'new')",
            (hub, one.id, one.name, one.csr, one.at_ms, now_ms),
        )
        driver.execute(
            "DELETE FROM certificate_request WHERE hub = ?1 AND number <= (SELECT max(number)"
            " FROM certificate_request WHERE hub = ?1) - ?2 AND state = 'replaced'",
            (hub, _KEPT),
        )
    return 1


def _csr(connection: Connection, one: Wanted) -> bytes:
    row = connection.row(
        "SELECT csr FROM certificate_request WHERE hub = ? AND request = ?", (one.hub, one.request)
    )
    return row[0] if row is not None and isinstance(row[0], bytes) else b""


def _say(connection: Connection, one: Wanted, why: str) -> None:
    with connection.transaction() as driver:
        driver.execute(
            "UPDATE certificate_request SET why = ? WHERE hub = ? AND request = ?",
            (why, one.hub, one.request),
        )


def _settle(  # noqa: PLR0917 - a request has these
    connection: Connection, one: Wanted, state: str, why: str, until: int | None, now_ms: int
) -> None:
    with connection.transaction() as driver:
        driver.execute(
            "UPDATE certificate_request SET state = ?, why = ?, until_ms = ?, answered_at = ?"
            " WHERE hub = ? AND request = ?",
            (state, why, until, now_ms, one.hub, one.request),
        )


def _wanted(row: Row) -> Wanted:
    made = Wanted(*row)  # type: ignore[arg-type]  # STRICT columns
    return replace(made, allowed=bool(made.allowed))
