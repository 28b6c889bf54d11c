"""Whatever people do, in whatever order: nothing is promised or handed out twice at any instant."""

from __future__ import annotations

import contextlib
import itertools
import tempfile
from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from edge.clock import FixedClock
from edge.desk import CourseDesk, Vault
from edge.learning.course import Course, Room, Season, Session, Text
from edge.learning.errors import Refused
from edge.learning.moment import HOUR_MS, MINUTE_MS, to_ms
from edge.lending.asset import Asset, Loan
from edge.lending.availability import Span, whole_days
from edge.store.village import VillageStore
from edge.store.village_lending import JustTaken

DAY = date(2026, 10, 20)  # the clock is put back within the week
START = to_ms(DAY, time(8))
# quarters of an hour of a day and a half, so that much is wanted at once or side by side
QUARTERS = st.integers(0, 4 * 36)


class Lending(RuleBasedStateMachine):
    """One device and one room of a real village.db, and a course that wants the room as well."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name)
        self.village = VillageStore(path / "village.db")
        self.village.connection.rows("PRAGMA synchronous = OFF")
        self.now = START
        self.village.put_season(Season("S", "S", DAY, DAY + timedelta(days=90)))
        self.village.put_room(Room("saal", "Saal"))
        self.device = self.village.add_asset(Asset(kind="device", name="Beamer"), START)
        self.hall = self.village.add_asset(
            Asset(kind="room", name="Saal", room_id="saal", buffer_minutes=15), START
        )
        vault = Vault(path / "personal.db", path / "none.key")
        self.courses = CourseDesk(self.village, vault, FixedClock(START))
        (course,) = self.courses.create(
            [Course(season_id="S", texts={"de": Text("Kurs")}, area=5, seats=3)]
        )
        self.course = course
        self.tokens = 0
        self.custody: list[tuple[int, int, int | None]] = []  # asset, out, back

    def teardown(self) -> None:
        self.village.close()
        self.folder.cleanup()

    def loans(self, *states: str) -> list[Loan]:
        found = self.village.loans_of(self.device.asset, 500) + self.village.loans_of(
            self.hall.asset, 500
        )
        return [one for one in found if one.state in states]

    def reserve(self, asset: Asset, wanted: Span) -> None:
        self.tokens += 1
        others = self.village.taken_times(asset, self.now)
        token = self.tokens.to_bytes(16, "big")
        try:
            made = self.village.reserve(asset.asset, wanted, now_ms=self.now, token_hash=token)
        except JustTaken:
            near = asset.buffer_ms
            assert any(
                wanted.starts_at < one.span.ends_at + near
                and one.span.starts_at < wanted.ends_at + near
                for one in others
            )
        except Refused:
            pass
        else:
            again = self.village.reserve(asset.asset, wanted, now_ms=self.now, token_hash=token)
            assert again == made

    @rule(first=st.integers(-1, 6), length=st.integers(1, 4))
    def want_the_device(self, first: int, length: int) -> None:
        begin = DAY + timedelta(days=first)
        self.reserve(self.device, whole_days(begin, begin + timedelta(days=length - 1)))

    @rule(at=QUARTERS, minutes=st.sampled_from([30, 60, 180]))
    def want_the_room(self, at: int, minutes: int) -> None:
        begin = START + at * 15 * MINUTE_MS
        self.reserve(self.hall, Span(begin, begin + minutes * MINUTE_MS))

    @rule(at=QUARTERS, minutes=st.sampled_from([45, 90]))
    def plan_a_session(self, at: int, minutes: int) -> None:
        begin = START + at * 15 * MINUTE_MS
        new = Session(begin, begin + minutes * MINUTE_MS, "saal")
        if new.ends_at <= self.now:
            return  # what is noted once it is over promises nobody the room
        course = self.village.course(self.course.course)
        state = "published" if course.state == "draft" else course.state
        wanted = replace(course, state=state, sessions=(*course.sessions, new))
        try:
            self.courses.edit(wanted)
        except Refused:
            assert self.village.course(course.course) == course

    @precondition(lambda self: self.loans("reserved"))
    @rule(data=st.data())
    def hand_out(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self.loans("reserved")))
        try:
            self.village.hand_out(one.loan, self.now)
        except Refused:
            return
        self.custody.append((one.asset, self.now, None))

    @precondition(lambda self: self.loans("out"))
    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self.loans("out")))
        self.village.take_back(one.loan, self.now, "good")
        self.custody = [
            (asset, out, self.now if asset == one.asset and back is None else back)
            for asset, out, back in self.custody
        ]

    @precondition(lambda self: self.loans("reserved", "out"))
    @rule(data=st.data(), days=st.integers(0, 3))
    def keep_longer(self, data: st.DataObject, days: int) -> None:
        one = data.draw(st.sampled_from(self.loans("reserved", "out")))
        with contextlib.suppress(Refused):
            self.village.extend(one.loan, one.ends_at + days * 24 * HOUR_MS, self.now)

    @precondition(lambda self: self.loans("reserved"))
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        self.village.cancel_loan(data.draw(st.sampled_from(self.loans("reserved"))).loan)

    @rule(hours=st.sampled_from([1, 7, 26]))
    def wait(self, hours: int) -> None:
        self.now += hours * HOUR_MS
        self.courses = CourseDesk(self.village, self.courses._vault, FixedClock(self.now))
        self.village.lapse(self.now)

    @invariant()
    def never_promised_twice(self) -> None:
        for asset in (self.device, self.hall):
            spans = [
                (one.starts_at, one.ends_at)
                for one in self.loans("reserved", "out")
                if one.asset == asset.asset
            ]
            if asset is self.hall:
                course = self.village.course(self.course.course)
                lessons = [(s.starts_at, s.ends_at) for s in course.sessions]
                for begin, end in spans:
                    for start, stop in lessons:
                        assert begin >= stop + asset.buffer_ms or start >= end + asset.buffer_ms
            spans.sort()
            for (_, end), (begin, _) in itertools.pairwise(spans):
                assert begin >= end + asset.buffer_ms

    @invariant()
    def never_in_two_hands(self) -> None:
        for asset in (self.device.asset, self.hall.asset):
            held = [(out, back) for number, out, back in self.custody if number == asset]
            for (_, back), (out, _) in itertools.pairwise(held):
                assert back is not None
                assert back <= out


TestLending = Lending.TestCase
TestLending.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
