"""On a hub's page: who carried its data, and ours to it, and what it had erased."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from sync.county import journeys
from sync.county.hub import County
from sync.county.ledger import Hub
from sync.county.web.views import number, when

_SHOWN = 12


@dataclass(frozen=True, slots=True)
class TripView:
    """One receipt in words. ``when`` is by the clock of who signed."""

    when: str
    who: str
    what: str


@dataclass(frozen=True, slots=True)
class ErasureView:
    """One order of a hub's to erase, and what was done."""

    when: str
    what: str


def trips(county: County, hub: Hub, now_ms: int) -> list[TripView]:
    """Return the newest receipts for bundles of a hub, the newest first."""
    with county.streams() as streams:
        found = journeys.trips(county, streams, hub)
    return [TripView(when(one.at, now_ms), one.who, one.what) for one in found]


def erasures(county: County, hub: Hub, now_ms: int) -> list[ErasureView]:
    """Return what a hub ordered to erase, the newest first."""
    with county.streams() as streams:
        rows = streams.connection.rows(
            "SELECT taken_at, done_at, segments, rows, files, devices FROM erase_order"
            " WHERE hub = ? ORDER BY taken_at DESC LIMIT ?",
            (hub.hub, _SHOWN),
        )
    found = []
    for taken_at, done_at, segments, readings, files, devices in rows:
        done = (
            " und ".join(_counted(int(str(segments)), int(str(readings)), int(str(files))))
            or "hier lag nichts davon"
        )
        series = _count(len(json.loads(str(devices))), "Messreihe", "Messreihen")
        said = f"erledigt {when(int(str(done_at)), now_ms)}: {done}" if done_at else "noch offen"
        more = f" (dazu {series})" if series else ""
        found.append(ErasureView(when(int(str(taken_at)), now_ms), f"{said}{more}"))
    return found


def _counted(segments: int, readings: int, files: int) -> Iterator[str]:
    counts = (
        _count(segments, "Sendung", "Sendungen"),
        _count(readings, "Messwert", "Messwerte"),
        _count(files, "Datei", "Dateien"),
    )
    return filter(None, counts)


def _count(count: int, one: str, several: str) -> str:
    return f"{number(count)} {one if count == 1 else several}" if count else ""
