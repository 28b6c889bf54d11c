"""Whatever people do, in whatever order: no seat twice, nobody lost, first come first served."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from edge.learning import waiting
from edge.learning.moment import HOUR_MS
from edge.learning.waiting import OFFER_HOURS, Place

FIRST_AT = 10_000 * HOUR_MS


class Line(RuleBasedStateMachine):
    """A course's line as the store keeps it."""

    def __init__(self) -> None:
        super().__init__()
        self.seats = self.most = 3
        self.now = 0
        self.places: dict[int, Place] = {}

    def put(self, *changed: Place) -> None:
        for one in changed:
            self.places[one.enrolment] = one

    def settle(self, here: int | None = None) -> None:
        before = dict(self.places)
        room = waiting.free(before.values(), self.seats)
        changed = waiting.settled(
            list(before.values()), self.seats, now_ms=self.now, first_at=FIRST_AT, here=here
        )
        self.put(*changed)
        served = {one.enrolment for one in changed}
        for one in changed:
            # who stands before one that got something got something, or let these seats pass
            for other in before.values():
                if other.state == "waiting" and other.queue < one.queue:
                    assert other.enrolment in served or (0 < other.passed < other.party), other
        held = sum(c.offer if c.state == "offered" else c.party for c in changed)
        assert held <= room
        if waiting.free(self.places.values(), self.seats):
            for one in self.places.values():  # what is left nobody wants as it is
                if one.state == "waiting":
                    left = waiting.free(self.places.values(), self.seats)
                    assert one.party > left
                    assert one.passed >= left

    @rule(party=st.integers(1, 4))
    def sign_up(self, party: int) -> None:
        number = len(self.places) + 1
        last = max((one.queue for one in self.places.values()), default=0)
        others = [one for one in self.places.values() if one.state == "waiting"]
        room = waiting.free(self.places.values(), self.seats)
        self.put(Place(number, party, "waiting", last + 1))
        self.settle(here=number)
        if not others:
            assert (self.places[number].state == "confirmed") == (party <= room)

    @precondition(lambda self: any(p.state == "offered" for p in self.places.values()))
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        offered = [one for one in self.places.values() if one.state == "offered"]
        one = data.draw(st.sampled_from(offered))
        smaller = one.offer < one.party
        if smaller and data.draw(st.booleans()):
            self.put(waiting.passing(one))
            assert self.places[one.enrolment].queue == one.queue
        else:
            self.put(waiting.accepted(one))
            assert self.places[one.enrolment].party == one.offer
        self.settle()

    @precondition(lambda self: any(p.state != "cancelled" for p in self.places.values()))
    @rule(data=st.data())
    def give_back(self, data: st.DataObject) -> None:
        live = [one for one in self.places.values() if one.state != "cancelled"]
        self.put(waiting.cancelled(data.draw(st.sampled_from(live))))
        self.settle()

    @rule(hours=st.sampled_from([1, OFFER_HOURS]))
    def wait(self, hours: int) -> None:
        self.now += hours * HOUR_MS
        last = max((one.queue for one in self.places.values()), default=0)
        for one in sorted(self.places.values(), key=lambda p: p.queue):
            if one.state == "offered" and (one.offer_until or 0) <= self.now:
                gone = waiting.missed(one, last)
                last = max(last, gone.queue)
                assert gone.state == "waiting" or gone.missed == waiting.MISSED_OFFERS
                self.put(gone)
        self.settle()

    @rule(more=st.integers(0, 3))
    def grow(self, more: int) -> None:
        self.seats += more
        self.most = max(self.most, self.seats)
        self.settle()

    @invariant()
    def never_overbooked(self) -> None:
        assert waiting.taken(self.places.values()) <= self.most

    @invariant()
    def nobody_is_lost(self) -> None:
        assert sorted(self.places) == list(range(1, len(self.places) + 1))
        for one in self.places.values():
            assert (one.state == "offered") == (one.offer_until is not None) == (one.offer > 0)
            assert one.party >= 1

    @invariant()
    def everybody_has_a_place_of_their_own(self) -> None:
        queues = [one.queue for one in self.places.values()]
        assert len(queues) == len(set(queues))


TestLine = Line.TestCase
TestLine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def test_nothing_is_offered_once_it_has_begun_or_without_a_clock() -> None:
    line = [Place(1, 1, "waiting", 1)]
    assert waiting.settled(line, 1, now_ms=FIRST_AT, first_at=FIRST_AT) == []
    assert waiting.settled(line, 1, now_ms=0, first_at=FIRST_AT, offers=False) == []
    (late,) = waiting.settled(line, 1, now_ms=FIRST_AT, first_at=FIRST_AT, here=1)
    assert late.state == "confirmed"
    (soon,) = waiting.settled(line, 1, now_ms=FIRST_AT - 5, first_at=FIRST_AT)
    assert soon.offer_until == FIRST_AT


def test_a_course_that_got_smaller_throws_nobody_out() -> None:
    line = [Place(n, 1, "confirmed", n) for n in range(1, 5)]
    assert waiting.free(line, 2) == 0
    assert waiting.settled([*line, Place(5, 1, "waiting", 5)], 2, now_ms=0, first_at=9) == []
    assert waiting.ahead([replace(line[0], state="waiting")], Place(9, 1, "waiting", 9)) == 1
