"""The ladder under everything at once: answers, hand-overs, ends, power cuts, clocks that jump.

Nobody is skipped, nobody is told twice on one rung, and an open alert always has a next step or an
end with a name.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from edge.care.finding import Finding, Stage, Urgency
from edge.care.ladder import Alert, Call, Ladder, Life, Member, Quiet, Rung, State
from edge.care.ladder.life import begin, go_on
from edge.care.ladder.machine import put_off
from edge.care.ladder.rung import PLACES, RUNNING
from edge.clock import Stamp
from hardware.reading import TimeQuality

WALL = 1_790_000_000_000
LADDER = Ladder(zone=UTC)
RUNGS = (Rung.RELATIVE, Rung.RESPONDER, Rung.NURSE, Rung.DOCTOR)
CONTACTS = st.integers(1, 6)
RULES = st.sampled_from(["news2", "sos", "inactivity", "silent"])
members = st.builds(
    Member,
    contact=CONTACTS,
    rung=st.sampled_from(RUNGS),
    quiet=st.one_of(
        st.just(()),
        st.tuples(st.builds(Quiet, st.integers(0, 1439), st.integers(0, 1439))),
    ),
)
urgencies = st.sampled_from(list(Urgency))


class Climbing(RuleBasedStateMachine):
    @initialize(
        circle=st.lists(members, max_size=6, unique_by=lambda one: one.contact),
        urgency=urgencies,
        kind=RULES,
        stage=st.sampled_from([Stage.ASK, Stage.RAISE]),
    )
    def raised(self, circle: list[Member], urgency: Urgency, kind: str, stage: Stage) -> None:
        self.circle = circle
        self.wall, self.up, self.boot, self.known = WALL, 60_000, 0, True
        self.life: Life = begin(self.stamp())
        self.calls: list[Call] = []
        self.reached: list[tuple[int, Rung]] = []
        found = Finding(1, "key", kind, stage, urgency, WALL, WALL)
        alert = LADDER.begin(found, self.life.now, 1)
        assert alert is not None
        self.alert: Alert = alert
        self.seen: int | None = None
        self.set_at = (0, self.up, 0)

    def stamp(self) -> Stamp:
        quality = TimeQuality.HELD if self.known else TimeQuality.UNKNOWN
        return Stamp(self.wall, f"{self.boot}", self.up * 1_000_000, quality)

    def look(self) -> None:
        before = self.life
        self.life = Life.from_json(go_on(self.life, self.stamp()).to_json())
        assert self.life.lived >= before.lived
        self.alert = Alert.from_json(1, 1, self.alert.to_json())  # as after a reboot
        self.alert = put_off(self.alert, before, self.life)

    @rule(seconds=st.integers(0, 30_000))
    def time_passes(self, seconds: int) -> None:
        self.wall += seconds * 1000
        self.up += seconds * 1000

    @rule(by=st.integers(-(10**11), 10**11))
    def clock_jumps(self, by: int) -> None:
        self.wall = max(self.wall + by, 0)

    @rule(off=st.integers(0, 10**8), known=st.booleans(), up=st.integers(0, 100_000))
    def power_is_cut(self, off: int, up: int, *, known: bool) -> None:
        self.wall += off + up
        self.up, self.known = up, known
        self.boot += 1

    @rule()
    def clock_is_set(self) -> None:
        self.known = True

    @rule()
    def step(self) -> None:
        self.look()
        was_due = self.alert.due is not None and self.life.lived >= self.alert.due
        before = self.alert
        after, calls = LADDER.step(before, self.circle, self.life.now)
        self.calls += calls
        self.alert = after
        if was_due:
            boot, up, wait = self.set_at
            assert boot != self.boot or self.up - up >= wait, "a step was taken too early"
            assert after != before, "a step that was due was missed"
            self.nobody_is_skipped(before, after)
        else:
            assert replace(after, told=(), happened=()) == replace(before, told=(), happened=())

    def nobody_is_skipped(self, before: Alert, after: Alert) -> None:
        """Of each rung that was passed all were told, or slept, or there was nobody."""
        plan = LADDER.plans.of(after.rule, after.urgency)
        assert plan is not None
        passed = [
            one.rung
            for one in plan.steps
            if after.state is State.TOP or (after.rung is not None and one.rung < after.rung)
        ]
        told = {(one.rung, one.contact) for one in after.told if one.lap == after.lap}
        slept = {one.contact for one in after.happened if one.what == "asleep"}
        for rung in passed:
            for member in self.circle:
                if member.rung is rung:
                    assert (rung, member.contact) in told or member.contact in slept
                    assert after.urgency < Urgency.EMERGENCY or (rung, member.contact) in told
            assert rung not in PLACES or (rung, None) in told
        if before.state is State.CLIMBING and before.lap == after.lap and not plan.patient:
            rungs = [one.rung for one in plan.steps]
            start = rungs.index(before.rung) if before.rung in rungs else -1
            end = rungs.index(after.rung) if after.rung in rungs else -1
            for rung in rungs[start + 1 : end]:  # more than one: only where nobody is to be had
                awake = [
                    one for one in self.circle if one.rung is rung and one.contact not in slept
                ]
                assert not awake

    def note_wait(self) -> None:
        """Note when the present step was set, and for how long."""
        if self.alert.due is not None and self.alert.due_at != self.seen:
            self.set_at = (self.boot, self.up, self.alert.due - self.alert.due_from)
            self.seen = self.alert.due_at

    @rule(by=st.one_of(st.none(), CONTACTS))
    def acknowledge(self, by: int | None) -> None:
        self.look()
        before = self.alert
        self.alert, won = LADDER.acknowledge(before, by, self.life.now)
        second, also = LADDER.acknowledge(self.alert, 99, self.life.now)  # in the same second
        assert not also or not before.is_open
        assert second == self.alert
        if before.state is State.TAKEN:
            assert self.alert == before
        elif before.is_open:
            assert won

    @rule(to=CONTACTS)
    def hand_over(self, to: int) -> None:
        self.look()
        self.alert, calls = LADDER.hand_over(self.alert, to, self.life.now)
        self.calls += calls

    @rule()
    def cancel(self) -> None:
        self.look()
        self.alert, _ = LADDER.cancel(self.alert, self.life.now)

    @rule(urgency=urgencies, stage=st.sampled_from(list(Stage)), kind=RULES)
    def found(self, urgency: Urgency, stage: Stage, kind: str) -> None:
        self.look()
        if self.alert.is_open and self.alert.ended_at is None:  # else it is another alert
            again = Finding(1, "key", kind, stage, urgency, WALL, WALL)
            self.alert = LADDER.found(self.alert, again, self.life.now)

    @invariant()
    def waits_are_noted(self) -> None:
        if hasattr(self, "alert"):
            self.note_wait()

    @invariant()
    def nobody_is_told_twice(self) -> None:
        if hasattr(self, "calls"):
            assert len(self.calls) == len(set(self.calls))

    @invariant()
    def there_is_a_next_step_or_a_named_end(self) -> None:
        if not hasattr(self, "alert"):
            return
        alert = self.alert
        if alert.state in RUNNING:
            settled = alert.ended_at is not None or alert.urgency is Urgency.NOTE
            assert alert.due is not None or settled
            assert alert.state is not State.CLIMBING or alert.due is not None
        else:
            assert alert.due is None
        assert (alert.acknowledged_by is None) or alert.acknowledged_at is not None


TestClimbing = Climbing.TestCase
TestClimbing.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
