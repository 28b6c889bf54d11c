"""Values that wait to be somebody's, as a person is asked about them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from edge.care.owner import owner
from edge.store.personal_rows import Assignment, Waiting
from hardware.reading import TimeQuality


@dataclass(frozen=True, slots=True)
class Group:
    """Values of one sensor's user (None: none is named), by time; nobody said whose they are."""

    device_id: str
    user_index: int | None
    values: tuple[Waiting, ...]


def unclaimed(waiting: Iterable[Waiting]) -> list[Group]:
    """Return what nobody said anything about yet, by sensor and user."""
    left = sorted(
        (one for one in waiting if one.said_at is None),
        key=lambda one: (*_user_of(one), one.observed_at),
    )
    return [
        Group(device, user if user >= 0 else None, tuple(values))
        for (device, user), values in groupby(left, key=_user_of)
    ]


def settled_by(
    assignments: Sequence[Assignment], person: int, waiting: Iterable[Waiting]
) -> list[Waiting]:
    """Return which waiting values would be a person's if these were one sensor's assignments."""
    return [
        one
        for one in waiting
        if one.said_at is None
        and person
        == owner(
            assignments,
            one.user_index,
            _known_moment(one),
            several=True,
            arrived=one.received_at,
        )
    ]


def question(count: int) -> str:
    """Return what a page or a terminal asks."""
    if count == 1:
        return "1 Messung wartet: von wem ist sie?"
    return f"{count} Messungen warten: von wem sind sie?"


def _user_of(one: Waiting) -> tuple[str, int]:
    return one.device_id, -1 if one.user_index is None else one.user_index


def _known_moment(one: Waiting) -> int | None:
    return None if one.time_quality is TimeQuality.UNKNOWN else one.observed_at
