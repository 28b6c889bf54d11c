"""What is on its way between the county and a hub: how far each has the other's, who carried it."""

from __future__ import annotations

from dataclasses import dataclass

from sync.county.errand import book_of
from sync.county.hub import County
from sync.county.ledger import Hub
from sync.county.streams import Streams
from sync.custody import Act, Kind, Receipt

SHOWN = 12  # receipts, the newest
_KINDS = {Kind.STICK: "Stick", Kind.BUS: "Bus"}
_ACTS = {Act.TAKEN: "mitgenommen", Act.GIVEN: "abgegeben", Act.ERASED: "Kopie gelöscht"}


@dataclass(frozen=True, slots=True)
class Given:
    """How far a hub took one of the county's streams. ``own``: it is to this hub alone.

    ``last`` is what the county wrote, ``seq`` what the hub said it has.
    """

    epoch: str
    own: bool
    seq: int
    last: int


@dataclass(frozen=True, slots=True)
class Trip:
    """One receipt in words. ``at`` is by the clock of who signed, ms since 1970, UTC."""

    at: int
    who: str
    what: str


def given(streams: Streams, hub: Hub) -> tuple[Given, ...]:
    """Return the county's streams that this hub takes, in the order they began."""
    held = streams.held(hub.public_key)
    return tuple(
        Given(line.epoch.hex(), bool(line.to), held.get(line.epoch, 0), line.last_seq)
        for line in streams.lines(hub.public_key)
    )


def trips(county: County, streams: Streams, hub: Hub, *, limit: int = SHOWN) -> tuple[Trip, ...]:
    """Return the newest receipts for what this hub wrote, the newest first."""
    kept = [one for one in book_of(county, streams).all() if one.writer == hub.public_key]
    return tuple(_trip(one) for one in reversed(kept[-limit:]))


def _trip(one: Receipt) -> Trip:
    kind = _KINDS.get(Kind(one.kind), "") if one.kind in _KINDS else str(one.kind)
    numbers = f"Sendung {_number(one.first)}"
    if one.last > one.first:
        numbers = f"Sendungen {_number(one.first)} bis {_number(one.last)}"
    return Trip(one.at_ms, f"{kind} „{one.name}“", f"{numbers} {_ACTS[one.act]}")


def _number(value: int) -> str:
    return f"{value:,}".replace(",", ".")
