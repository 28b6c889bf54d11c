"""What village.db knows of requests for a certificate: which were made, what was answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from edge.store.connection import Connection, Driver, Row

State = Literal["asked", "answered", "refused", "held", "dropped"]
MIGRATION = (
    # the hub's requests: the one that counts is the last
    """
    CREATE TABLE tls_request (
      number INTEGER PRIMARY KEY,
      request BLOB NOT NULL UNIQUE,
      name TEXT NOT NULL,
      key BLOB NOT NULL,
      asked_at INTEGER NOT NULL,
      state TEXT NOT NULL
        CHECK (state IN ('asked', 'answered', 'refused', 'held', 'dropped')),
      county BLOB,
      chain BLOB,
      why TEXT NOT NULL DEFAULT '',
      answered_at INTEGER
    ) STRICT
    """,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request. ``key`` is its public key; ``chain`` the answer, until it is used."""

    request: bytes
    name: str
    key: bytes
    asked_at: int
    state: State
    chain: bytes | None
    why: str
    answered_at: int | None


def ask(driver: Driver, one: Asked) -> None:
    """Note a request; what was asked before it counts no more."""
    driver.execute(
        "UPDATE tls_request SET state = 'dropped', chain = NULL"
        " WHERE state IN ('asked', 'answered', 'refused')"
    )
    driver.execute(
        "INSERT INTO tls_request (request, name, key, asked_at, state)"
        " VALUES (?, ?, ?, ?, 'asked')",
        (one.request, one.name, one.key, one.asked_at),
    )


def answer(  # noqa: PLR0917 - an answer has these
    driver: Driver, county: bytes, request: bytes, chain: bytes | None, why: str, now_ms: int
) -> None:
    """Note what a county answered to the last request; to others there is nothing to do."""
    driver.execute(
        "UPDATE tls_request SET state = ?2, county = ?3, chain = ?4, why = ?5, answered_at = ?6"
        " WHERE request = ?1 AND state IN ('asked', 'answered', 'refused')",
        (request, "refused" if chain is None else "answered", county, chain, why, now_ms),
    )


def settle(driver: Driver, request: bytes, state: State, why: str = "") -> None:
    """Note what became of an answer."""
    driver.execute(
        "UPDATE tls_request SET state = ?, why = ?, chain = NULL WHERE request = ?",
        (state, why, request),
    )


def say(driver: Driver, request: bytes, why: str) -> None:
    """Note why an answer waits."""
    driver.execute("UPDATE tls_request SET why = ? WHERE request = ?", (why, request))


def last(connection: Connection) -> Asked | None:
    """Return the request that counts."""
    row = connection.row(
        "SELECT request, name, key, asked_at, state, chain, why, answered_at FROM tls_request"
        " WHERE state <> 'dropped' ORDER BY number DESC LIMIT 1"
    )
    return None if row is None else _asked(row)


def _asked(row: Row) -> Asked:
    return Asked(*row)  # type: ignore[arg-type]  # STRICT columns
