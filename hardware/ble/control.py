"""What the procedures of this room ask of whoever owns the connection.

They are sans-IO: events go in as calls, with ``now`` in seconds of any monotonic clock, and
actions come out, to be carried out in order.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Write:
    """Write the value to the control point, with response."""

    uuid: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Read:
    """Read the characteristic and hand over what it holds."""

    uuid: str


@dataclass(frozen=True, slots=True)
class Commit:
    """Make the value durable, then say so with ``number``. Doing it twice must be harmless."""

    number: int
    uuid: str
    value: bytes


PROCEDURE_TIMEOUT_S = 30.0  # as the ATT transaction's: Core 5.4, Vol 3 Part F, 3.3.3
