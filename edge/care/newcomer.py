"""A user's number that went to somebody else: what was once confirmed of it says nothing now. Pure.

A scale gives the number of a user who was deleted to the next who is registered. Whoever confirmed
whose the number is, before the hub came to have the new user's code, spoke of the old one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from edge.store.personal_rows import Assignment


def as_of(
    assignments: Sequence[Assignment],
    user: int | None,
    received_at: int | None,
    began: Sequence[tuple[int, int]],
    now_ms: int,
) -> list[Assignment]:
    """Return ``assignments`` as they count for a value of ``user`` that came at ``received_at``.

    ``began`` says which number became somebody's when (ms). A confirmation from before that is
    none, neither of the number nor of the whole device. What the device gave before that was
    still the former user's. A value that names nobody may be any newcomer's.

    Where the hub did not know the time when the value came (``received_at`` is None), whatever
    began counts. A confirmation or a beginning later than ``now_ms`` is of a clock that was set
    back since: nobody knows what came first, so no such confirmation counts.
    """
    since = [
        min(at, now_ms)
        for index, at in began
        if (user is None or index == user)
        and (received_at is None or at <= received_at or at > now_ms)
    ]
    if not since:
        return list(assignments)
    last = max(since)
    return [
        replace(one, confirmed_at=None)
        if one.confirmed_at is not None and not last <= one.confirmed_at <= now_ms
        else one
        for one in assignments
    ]
