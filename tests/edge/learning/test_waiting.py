"""Single steps of the waiting list; whole lives of it are in `tests/property/test_waiting.py`."""

from __future__ import annotations

from edge.learning import waiting
from edge.learning.moment import HOUR_MS
from edge.learning.waiting import OFFER_HOURS, Place

FIRST_AT = 10_000 * HOUR_MS


def test_an_offer_missed_twice_ends_the_waiting() -> None:
    offered = Place(1, 2, "offered", 1, offer=2, offer_until=5)
    once = waiting.missed(offered, last_queue=7)
    assert once == Place(1, 2, "waiting", 8, missed=1)
    again = waiting.missed(Place(1, 2, "offered", 8, offer=2, offer_until=9, missed=1), 8)
    assert again == Place(1, 2, "cancelled", 8, missed=2)


def test_a_group_that_was_asked_to_be_fewer_stays_where_it_is() -> None:
    offered = Place(1, 4, "offered", 1, offer=2, offer_until=5)
    assert waiting.missed(offered, last_queue=7) == Place(1, 4, "waiting", 1, passed=2)
    assert waiting.accepted(offered) == Place(1, 2, "confirmed", 1)
    assert waiting.cancelled(offered) == Place(1, 4, "cancelled", 1)


def test_free_seats_go_by_the_line() -> None:
    line = [
        Place(1, 1, "confirmed", 1),
        Place(2, 4, "waiting", 2, passed=2),
        Place(3, 1, "waiting", 3),
        Place(4, 1, "waiting", 4),
        Place(5, 1, "waiting", 5),
    ]
    until = OFFER_HOURS * HOUR_MS
    given = waiting.settled(line, 3, now_ms=0, first_at=FIRST_AT, here=4)
    assert given == [
        Place(3, 1, "offered", 3, offer=1, offer_until=until),
        Place(4, 1, "confirmed", 4),
    ]
    assert waiting.settled(line, 3, now_ms=0, first_at=FIRST_AT, offers=False) == []
    assert waiting.settled(line, 1, now_ms=0, first_at=FIRST_AT) == []
    assert waiting.ahead(line, line[4]) == 3
    assert waiting.taken([*line, *given[:1]]) == 2
