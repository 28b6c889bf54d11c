"""Who gets a free seat: first come, first served, and nobody is passed over silently.

1. A seat is taken by whoever is confirmed or has an offer that still runs.
2. Who signs up stands at the end of the line. Who is first gets what is free.
3. A group that is first but larger than what is free is asked: it may take the free seats and be
   fewer, or let others pass. Until it answered, or its time is up, nobody behind it gets them.
   Letting pass costs it nothing: it keeps its place, and is asked again once more is free.
4. Who lets an offer's time go by goes to the end of the line; a group that was asked to be fewer
   stays where it is, it was offered less than it wanted. The second missed offer ends the waiting.
5. Whoever has a seat keeps it, also when the course gets smaller.

What stands here changes nothing by itself: it says which steps follow from what is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from edge.learning.moment import HOUR_MS
from edge.learning.signup import State

OFFER_HOURS = 72  # over a weekend; the slip says until when
MISSED_OFFERS = 2
HOLDS_SEAT = frozenset(("confirmed", "offered"))


@dataclass(frozen=True, slots=True)
class Place:
    """One party in the line. ``queue`` orders it; a lower number is nearer to the front.

    ``offer`` seats are offered until ``offer_until``. ``passed`` free seats it has let others have;
    ``missed`` offers it let go by.
    """

    enrolment: int
    party: int
    state: State
    queue: int
    offer: int = 0
    offer_until: int | None = None
    passed: int = 0
    missed: int = 0


def taken(places: Iterable[Place]) -> int:
    """Return how many seats are given or held."""
    return sum(
        one.offer if one.state == "offered" else one.party
        for one in places
        if one.state in HOLDS_SEAT
    )


def free(places: Iterable[Place], seats: int) -> int:
    """Return how many seats nobody has."""
    return max(0, seats - taken(places))


def settled(
    places: Sequence[Place],
    seats: int,
    *,
    now_ms: int,
    first_at: int,
    here: int | None = None,
    offers: bool = True,
) -> list[Place]:
    """Return the places that change when free seats are given out, as they are then.

    ``here`` is the enrolment of somebody who is asked right now, at the terminal: what would be
    offered to them in full they have. Nothing is offered once the course has begun, nor without
    ``offers``: a clock that was not set gives no deadline.
    """
    room = free(places, seats)
    changed = []
    for one in sorted(places, key=lambda place: place.queue):
        if not room:
            break
        if one.state != "waiting":
            continue
        if one.enrolment == here and one.party <= room:
            changed.append(confirmed(one))
            room -= one.party
            continue
        if not offers or first_at <= now_ms:
            continue
        if one.party > room and one.passed >= room:
            continue
        size = min(one.party, room)
        until = min(now_ms + OFFER_HOURS * HOUR_MS, first_at)
        changed.append(replace(one, state="offered", offer=size, offer_until=until))
        room -= size
    return changed


def accepted(place: Place) -> Place:
    """Return the place with its offer taken: a group may be smaller than it was."""
    return confirmed(replace(place, party=place.offer))


def confirmed(place: Place) -> Place:
    """Return the place with its seats."""
    return replace(place, state="confirmed", offer=0, offer_until=None)


def passing(place: Place) -> Place:
    """Return a group's place after it lets others have the seats that were offered to it."""
    return replace(place, state="waiting", passed=place.offer, offer=0, offer_until=None)


def missed(place: Place, last_queue: int) -> Place:
    """Return the place after its offer's time is up; ``last_queue`` is the line's last number."""
    if place.offer < place.party:
        return passing(place)
    gone = replace(place, missed=place.missed + 1, offer=0, offer_until=None)
    if gone.missed >= MISSED_OFFERS:
        return replace(gone, state="cancelled")
    return replace(gone, state="waiting", queue=last_queue + 1)


def cancelled(place: Place) -> Place:
    """Return the place given back."""
    return replace(place, state="cancelled", offer=0, offer_until=None)


def ahead(places: Iterable[Place], mine: Place) -> int:
    """Return how many parties wait before this one."""
    return sum(one.state == "waiting" and one.queue < mine.queue for one in places)
