"""What should be back and is not, and whose turn is in danger: whom to call, most urgent first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from edge.learning.moment import local_day
from edge.lending.asset import Asset, Loan
from edge.lending.availability import LATE_MS

SOON_DAYS = 7


@dataclass(frozen=True, slots=True)
class Overdue:
    """A loan that is late, by how many days; 0: since today."""

    loan: Loan
    days: int


@dataclass(frozen=True, slots=True)
class Endangered:
    """A reservation that will not be kept as things stand, and why."""

    loan: Loan
    why: str  # "broken" or "late"


def overdue(loans: Iterable[Loan], now_ms: int) -> list[Overdue]:
    """Return what is out and should be back, the longest first."""
    today = local_day(now_ms)
    found = [
        Overdue(one, (today - local_day(one.ends_at - 1)).days)
        for one in loans
        if one.state == "out" and one.ends_at <= now_ms
    ]
    return sorted(found, key=lambda one: (one.loan.ends_at, one.loan.loan))


def endangered(assets: Mapping[int, Asset], loans: Iterable[Loan], now_ms: int) -> list[Endangered]:
    """Return the reservations whose asset is broken or not back, the next first."""
    known = list(loans)
    late = {one.loan.asset for one in overdue(known, now_ms)}
    horizon = local_day(now_ms) + timedelta(days=SOON_DAYS)
    found = []
    for one in sorted(known, key=lambda each: (each.starts_at, each.loan)):
        if one.state != "reserved":
            continue
        if assets[one.asset].state != "ready" and local_day(one.starts_at) <= horizon:
            found.append(Endangered(one, "broken"))
        elif one.asset in late and one.starts_at < now_ms + LATE_MS:
            found.append(Endangered(one, "late"))
    return found
