"""The engine of rules over what is new in personal.db: values and warnings to findings and alerts.

What the engine knows, how far it looked and what the ladder is told stand in one commit: after a
kill at any moment it goes on where that commit left it, and tells nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from edge.care.finding import Finding
from edge.care.kinds import BUTTON, HOME_ACTIVITY
from edge.care.measured import Measured
from edge.care.rules.absent import RULE as NO_DATA
from edge.care.rules.engine import EARLY_MS, step
from edge.care.rules.event import ClockUnknown, Event, Heard, Signal, Tick, Warmth
from edge.care.rules.plan import Plan
from edge.care.rules.rhythm import HERE
from edge.care.rules.ruleset import RuleSet, default
from edge.care.rules.state import State
from edge.clock import Stamp
from edge.store.connection import Driver
from edge.store.personal import PersonalStore
from edge.store.personal_observations import agrees
from edge.store.personal_rows import HeatWarning
from edge.worker.ear import Air, Deafness
from hardware.reading import TimeQuality

TICK_NS = 60 * 1_000_000_000  # rules count by minutes and hours; more would only cost
BUSY_MS = 10 * 60_000  # so much listening may be lost by a kill while something is asked or called
IDLE_MS = 60 * 60_000  # the same while nothing is: a card lives longer
LEARN_MS = 60 * 86_400_000  # so far back is looked for what somebody usually has
MOST_NAMES = 12  # of devices in one sentence
MOST_TURNS = 20  # of one look: after weeks of being locked a stop must not wait for all of it


@dataclass(slots=True)
class _Known:
    """What is in memory of one person: the state, and that of the last commit."""

    state: State
    kept: State | None = None


@dataclass(slots=True)
class CareWatch:
    """Looks again and again. One process works with one of them."""

    rules: RuleSet = field(default_factory=default)
    listen: Callable[[], Air] = Air  # what the radio heard; asked once a minute
    _deafness: Deafness = field(default_factory=Deafness)
    _air: Air = field(default_factory=Air)
    _signs: dict[str, int] = field(default_factory=dict)  # by device, those that rules know
    _known: dict[int, _Known] = field(default_factory=dict)
    _change: tuple[int, ...] = ()
    _ticked: tuple[str, int] | None = None

    def run(self, personal: PersonalStore, stamp: Stamp, *, told_heat: int = 0) -> int:
        """Take what is new through the rules; return how many findings there were.

        ``told_heat`` is the level of the warning of heat that counties sent, 0 without one.

        Nothing of it is logged: a log is read in the clear.

        :raises StoreError: if personal.db fails; what was done stays done.
        """
        is_due = self._is_due(stamp)
        if is_due:
            self._air = self.listen()
            self._deafness.look(personal, stamp, is_deaf=self._air.is_deaf)
        found = 0
        for turn in range(MOST_TURNS):
            is_tick = is_due and turn == 0
            if not is_tick and not personal.has_news_for_rules():
                break
            try:
                found += self._look(personal, stamp, told_heat, everybody=is_tick)
            except BaseException:
                self.forget()  # memory may be ahead of the file
                raise
        if is_due:
            self._ticked = (stamp.boot_id, stamp.monotonic_ns)
        return found

    def forget(self) -> None:
        """Forget what is in memory: the file knows it."""
        self._known.clear()
        self._signs.clear()
        self._ticked = None

    def _is_due(self, stamp: Stamp) -> bool:
        if self._ticked is None or self._ticked[0] != stamp.boot_id:
            return True
        return stamp.monotonic_ns - self._ticked[1] >= TICK_NS

    def _look(
        self, personal: PersonalStore, stamp: Stamp, told_heat: int, *, everybody: bool
    ) -> int:
        """Take one batch through the rules, in one commit."""
        found: list[Finding] = []
        with personal.connection.transaction() as driver:
            self._refresh(personal)
            looked = personal.looked()
            values, seen = personal.measured_after(looked.seen)
            warnings = personal.heat_warnings(since=0, after=looked.heat_change)
            heat_change = max([looked.heat_change, *(one.change for one in warnings)])
            events = _agreed(driver, values)
            for warning in warnings:
                events.setdefault(warning.person, []).append(_warmth(warning))
            for answer in _answers(personal, driver):
                events.setdefault(answer.person, []).append(answer)
            watched = personal.watched()
            people = watched if everybody else [one for one in watched if one in events]
            changed: dict[int, State] = {}
            for person in people:
                mine = events.get(person, [])
                plan = _cut(driver, personal.plan(person, stamp.wall_ms, told_heat=told_heat))
                if everybody:
                    mine = [*mine, *self._heard(driver, plan, stamp)]
                state, news = self._person(personal, stamp, plan, mine)
                found += news
                if state is not None:
                    changed[person] = state
            if changed or (seen, heat_change) != (looked.seen, looked.heat_change):
                personal.keep_rule_states(changed, seen, heat_change)
            personal.take_findings([self._named(one) for one in found], stamp)
        if everybody:
            self._signs = dict(self._air.signs)
        for person, state in changed.items():
            self._known[person].kept = state
        return len(found)

    def _person(
        self, personal: PersonalStore, stamp: Stamp, plan: Plan, events: Sequence[Event]
    ) -> tuple[State | None, list[Finding]]:
        """Take a person's events through the rules; a state is returned if it is to be kept."""
        person = plan.person
        known = self._known.get(person)
        if known is None:
            kept = personal.rule_state(person)
            state = self._learnt(personal, plan, stamp, events) if kept is None else kept
            known = self._known[person] = _Known(state, kept)
        state, findings = known.state, list[Finding]()
        for event in (_tick(stamp, is_deaf=self._air.is_deaf), *events):
            state, news = step(self.rules, plan, state, event)
            findings += news
        known.state = state
        return (state if _is_news(known.kept, state) else None), findings

    def _heard(self, driver: Driver, plan: Plan, stamp: Stamp) -> Iterable[Heard]:
        """Give what the radio heard of a person's sensors since the last look.

        What is heard in the time to come was heard before the clock was set back: a first look
        leaves it out, one that saw it come takes it for now.
        """
        for device in plan.devices:
            at, before = self._air.signs.get(device), self._signs.get(device)
            if at is None or at == before or (before is None and at > stamp.wall_ms + EARLY_MS):
                continue
            kind = BUTTON if device in self._air.buttons else ""
            if kind and not agrees(driver, plan.person, kind):
                continue
            yield Heard(plan.person, min(at, stamp.wall_ms), device, kind)

    def _named(self, finding: Finding) -> Finding:
        """Return a finding with what people call the devices that it is about."""
        if finding.rule != NO_DATA or not finding.facts.get("devices"):
            return finding
        devices = str(finding.facts["devices"]).split()
        names = ", ".join(self._air.names.get(one, one) for one in devices[:MOST_NAMES])
        return replace(finding, facts={**finding.facts, "names": names})

    def _learnt(
        self, personal: PersonalStore, plan: Plan, stamp: Stamp, events: Iterable[Event]
    ) -> State:
        """Return a new state that knows what a person usually has, from what was kept before."""
        fresh = {one for one in events if isinstance(one, Measured)}
        first = min((one.observed_at for one in fresh), default=stamp.wall_ms)
        state = State()
        for one in personal.measured(plan.person, first - LEARN_MS, first):
            if one not in fresh:
                state, _ = step(self.rules, plan, state, one)
        return State(courses=state.courses)

    def _refresh(self, personal: PersonalStore) -> None:
        """Forget what is in memory if somebody took a consent back, or changed anything else."""
        change = (personal.looked().change, personal.care_turn())
        if change != self._change:
            self._known.clear()
            self._change = change


def _is_news(kept: State | None, state: State) -> bool:
    """Tell if a state says more than the one that is kept but that time went by; or much of it."""
    if kept is None:
        return True
    was = kept.rhythm
    still = replace(state.rhythm, clock=was.clock, listened=was.listened)
    if replace(state, time=kept.time, rhythm=still) != kept:
        return True
    is_busy = state.asks or state.late or any(not one.is_done for one in state.spans.values())
    passed = state.time.listened - kept.time.listened
    return passed >= (BUSY_MS if is_busy else IDLE_MS)


def _agreed(driver: Driver, values: Iterable[Measured]) -> dict[int, list[Event]]:
    """Return by person the values that they agree to: a withdrawal counts for a moment before."""
    asked: dict[tuple[int, str], bool] = {}
    events: dict[int, list[Event]] = {}
    for one in values:
        use = (one.person, one.data_kind)
        if use not in asked:
            asked[use] = agrees(driver, *use)
        if asked[use]:
            events.setdefault(one.person, []).append(one)
    return events


def _cut(driver: Driver, plan: Plan) -> Plan:
    """Return a plan without spans of kinds that the person agrees to no more: none is awaited."""
    kinds = {one.kind for one in plan.schedule}
    agreed = {kind for kind in kinds if agrees(driver, plan.person, kind)}
    if agreed == kinds:
        return plan
    return replace(plan, schedule=tuple(one for one in plan.schedule if one.kind in agreed))


def _tick(stamp: Stamp, *, is_deaf: bool) -> Tick | ClockUnknown:
    kind = ClockUnknown if stamp.quality is TimeQuality.UNKNOWN else Tick
    return kind(stamp.wall_ms, stamp.boot_id, stamp.monotonic_ns // 1_000_000, is_deaf)


def _answers(personal: PersonalStore, driver: Driver) -> list[Signal]:
    """Return who said that all is well, of those whose stillness is looked at: nothing else is."""
    return [
        Signal(person, at, at, HERE, "")
        for person, at in personal.take_answers()
        if agrees(driver, person, HOME_ACTIVITY)
    ]


def _warmth(warning: HeatWarning) -> Warmth:
    return Warmth(
        warning.person,
        warning.last_at,
        warning.device_id,
        warning.level,
        warning.warm_since,
        warning.felt,
    )
