"""Moments as programs and as people in the village read them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

_ZONE = ZoneInfo("Europe/Berlin")  # what the clock in the hall shows


def iso(at_ms: int | None) -> str | None:
    """Return a time in ms since 1970 as ISO 8601, UTC; None for None."""
    if at_ms is None:
        return None
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds")


def local(moment: object) -> str:
    """Return an ISO time as people in the village write it, `noch nie` for None."""
    if not isinstance(moment, str):
        return "noch nie"
    return f"{datetime.fromisoformat(moment).astimezone(_ZONE):%d.%m.%Y, %H:%M Uhr}"
