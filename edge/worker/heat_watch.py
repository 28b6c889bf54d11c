"""Warnings of heat, after the care drain: what new values of rooms say, and what fell silent."""

from __future__ import annotations

from datetime import tzinfo

from edge.clock import Stamp
from edge.store.personal import PersonalStore
from hardware.reading import TimeQuality

MOST_TURNS = 20  # of one look: after weeks of being locked a stop must not wait for all of it


def watch_heat(personal: PersonalStore, stamp: Stamp, zone: tzinfo | None = None) -> None:
    """Bring the warnings up to date. Nothing of it is logged: a log is read in the clear.

    ``zone`` says when it is night, None is the system's. While the hub does not know the time,
    nothing is silent for too long.

    :raises StoreError: if personal.db fails; what was done stays done.
    """
    for _ in range(MOST_TURNS):
        if not personal.watch_rooms(zone):
            break
    else:
        return  # what waits may be the values that are missed
    if stamp.quality is not TimeQuality.UNKNOWN:
        personal.end_stale_warnings(stamp.wall_ms)
