"""The ladder as a state machine: what becomes of an alert when something happens or time passes.

Everything that changes an alert is in this file. Whoever calls keeps what comes out before anybody
is told. No step is left out and none is made twice: an alert that is late, because the hub was
without current, makes one step, and the next one has its whole time.

Nothing here dials: on the last rung a text is shown, and a person telephones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import tzinfo

from edge.care.finding import WITH, WITH_AT, Finding, Stage, Urgency
from edge.care.ladder.alert import (
    MOST_HAPPENINGS,
    MOST_OUTCOME_CHARACTERS,
    Alert,
    Call,
    Happening,
    Told,
)
from edge.care.ladder.circle import Circle, Member, asleep, lasts_ms, wakes_in_ms
from edge.care.ladder.life import Life, Now, made_up_ms
from edge.care.ladder.plan import DEFAULT, Plan, Plans
from edge.care.ladder.rung import OWN, PLACES, Rung, State

_BEGUN = frozenset({State.NOTED, State.ASKED})


@dataclass(frozen=True, slots=True)
class Ladder:
    """The rules by which alerts climb. ``zone`` is the village's, None the system's."""

    plans: Plans = DEFAULT
    zone: tzinfo | None = None

    def begin(self, finding: Finding, now: Now, number: int = 0) -> Alert | None:
        """Return a new alert of what was found; None of what is over."""
        if finding.stage is Stage.END:
            return None
        new = Alert(
            number,
            finding.person,
            finding.key,
            finding.rule,
            finding.urgency,
            finding.since,
            now.wall,
            finding.facts,
        )
        return self._start(_noted(new, now, "raised"), finding.stage, now)

    def found(self, alert: Alert, finding: Finding, now: Now) -> Alert:
        """Return an open alert after its trouble was found once more.

        It tells nobody again, unless it became worse or somebody is to be called now.
        """
        if finding.stage is Stage.END:
            return self.over(alert, now)
        worse = finding.urgency > alert.urgency
        others = {name: alert.facts[name] for name in (WITH, WITH_AT) if name in alert.facts}
        after = replace(
            alert,
            facts={**others, **finding.facts},
            since=min(alert.since, finding.since),
            urgency=max(alert.urgency, finding.urgency),
        )
        called = alert.state is State.ASKED and finding.stage is Stage.RAISE
        if not worse and not called:
            return after
        if worse and finding.stage is Stage.ASK and alert.state not in _BEGUN:
            return replace(after, urgency=alert.urgency)  # if it is confirmed, that climbs anew
        if worse and alert.state not in _BEGUN:
            after = replace(after, lap=alert.lap + 1)
        return self._start(_noted(after, now, "worse" if worse else "raised"), finding.stage, now)

    def step(self, alert: Alert, circle: Circle, now: Now) -> tuple[Alert, tuple[Call, ...]]:
        """Return the alert as it stands now, and whom to tell.

        Called when :attr:`Alert.due` has come; at any other time it only tells those of rungs that
        were passed while they slept.
        """
        plan = self.plans.of(alert.rule, alert.urgency)
        if plan is None:  # a NOTE is for the next round
            return alert, ()
        calls: list[Call] = []
        if plan.night is not None and now.is_known:
            night_ms = lasts_ms(plan.night, now.wall, self.zone)
            if night_ms:
                is_due = alert.due is not None and now.lived >= alert.due
                return (_due(alert, night_ms, now) if is_due else alert), ()
        if alert.due is not None and now.lived >= alert.due:
            if alert.state in (State.TAKEN, State.HANDED):
                alert = self._late(alert, now)
            alert = self._climb(alert, plan, circle, now, calls)
        if alert.is_unanswered and alert.rung is not None:
            passed = {
                one.rung for one in plan.steps if alert.state is State.TOP or one.rung < alert.rung
            }
            for member in circle:
                if member.rung in passed and self._may(member, alert, now):
                    alert = _tell(alert, member.rung, member.contact, now, calls)
        return alert, tuple(calls)

    def acknowledge(self, alert: Alert, by: int | None, now: Now) -> tuple[Alert, bool]:
        """Return the alert, and whether ``by`` is the one who has it. The first one wins.

        ``by`` None is somebody at the terminal whom nobody knows by number.
        """
        if alert.state is State.TAKEN:
            return alert, by is not None and alert.acknowledged_by == by
        if not alert.is_open:
            return alert, False
        after = replace(
            _noted(alert, now, "taken", contact=by),
            acknowledged_by=by,
            acknowledged_at=now.wall,
            handed_to=None,
        )
        if alert.state is State.OVER:  # it was seen
            return replace(after, state=State.CLOSED), True
        after = replace(after, state=State.TAKEN)
        plan = self.plans.of(alert.rule, alert.urgency)
        if plan is None or alert.ended_at is not None:
            return _due(after, None, now), True
        return _due(after, plan.follow, now), True

    def hand_over(self, alert: Alert, to: int, now: Now) -> tuple[Alert, tuple[Call, ...]]:
        """Return the alert given to ``to``, who is told and must acknowledge it.

        Nothing changes unless somebody has it.
        """
        if alert.state not in (State.TAKEN, State.HANDED) or alert.acknowledged_by == to:
            return alert, ()
        plan = self.plans.of(alert.rule, alert.urgency)
        rung = alert.rung or Rung.NURSE
        lap = alert.lap + 1  # so that they are told, though they may have been before
        others = [replace(one, lap=lap) for one in alert.told if one.lap == alert.lap]
        told = (*alert.told, *(one for one in others if one.contact != to))
        after = replace(alert, state=State.HANDED, handed_to=to, lap=lap, told=told)
        after = _noted(after, now, "handed", contact=to)
        calls: list[Call] = []
        after = _tell(after, rung, to, now, calls)
        follows = plan is not None and alert.ended_at is None
        return _due(after, plan.take if plan and follows else None, now), tuple(calls)

    def cancel(self, alert: Alert, now: Now) -> tuple[Alert, bool]:
        """Return the alert after the person said that all is well, and whether that ended it.

        It does until the first of the circle is called: then somebody looks. Where the plan says
        that they cannot cancel it, it is only noted for whoever looks.
        """
        plan = self.plans.of(alert.rule, alert.urgency)
        if alert.state in (State.CLIMBING, State.TOP) and not (
            plan and plan.may_cancel and (alert.rung is None or alert.rung in OWN)
        ):
            return _noted(alert, now, "well"), False
        if alert.state not in (State.CLIMBING, *_BEGUN):
            return alert, False
        return _end(_noted(alert, now, "cancelled"), State.CANCELLED, now), True

    def close(self, alert: Alert, by: int | None, outcome: str, now: Now) -> Alert:
        """Return the alert after ``by`` said how it ended; a closed one as it was."""
        if not alert.is_open:
            return alert
        after = replace(alert, outcome=outcome.strip()[:MOST_OUTCOME_CHARACTERS])
        if after.acknowledged_by is None:
            after = replace(after, acknowledged_by=by, acknowledged_at=now.wall)
        return _end(_noted(after, now, "closed", contact=by), State.CLOSED, now)

    def over(self, alert: Alert, now: Now) -> Alert:
        """Return the alert after the rule said that it is over.

        Who has it still says how it ended. What nobody acknowledged is over by itself, and shown
        until somebody has seen it.
        """
        if not alert.is_open or alert.ended_at is not None:
            return alert
        after = replace(_noted(alert, now, "over"), ended_at=now.wall)
        if alert.state in (State.TAKEN, State.HANDED):
            return _due(replace(after, state=State.TAKEN, handed_to=None), None, now)
        return _end(after, State.OVER, now)

    def _start(self, alert: Alert, stage: Stage, now: Now) -> Alert:
        alert = replace(
            alert, rung=None, acknowledged_by=None, acknowledged_at=None, handed_to=None
        )
        if stage is Stage.ASK:
            return _due(replace(alert, state=State.ASKED), None, now)
        if self.plans.of(alert.rule, alert.urgency) is None:
            return _due(replace(alert, state=State.NOTED), None, now)
        return _due(replace(alert, state=State.CLIMBING), 0, now)

    def _late(self, alert: Alert, now: Now) -> Alert:
        """Whoever has it did not follow it up, or was never reached: the next is called."""
        who = alert.handed_to if alert.state is State.HANDED else alert.acknowledged_by
        return replace(
            _noted(alert, now, "late", contact=who),
            state=State.CLIMBING,
            acknowledged_by=None,
            acknowledged_at=None,
            handed_to=None,
        )

    def _climb(
        self, alert: Alert, plan: Plan, circle: Circle, now: Now, calls: list[Call]
    ) -> Alert:
        """Ask the next: of this rung if they are asked one after the other, else of the next."""
        place = reached = _place(alert, plan)
        while True:
            if place >= 0:
                step = plan.steps[place]
                is_new = place > reached
                if is_new:
                    alert = self._enter(alert, step.rung, circle, now, calls)
                waiting = _untold(alert, circle, step.rung)
                awake = [one for one in waiting if self._may(one, alert, now)]
                for one in awake if plan.together else awake[:1]:
                    alert = _tell(alert, step.rung, one.contact, now, calls)
                if awake or (is_new and step.wait and _asked(alert, step.rung)):
                    return _due(alert, step.wait, now)
                if waiting and plan.patient and not _asked(alert, step.rung):
                    return _due(alert, wakes_in_ms(waiting, now.wall, self.zone), now)
            place += 1
            if place == len(plan.steps):
                return _due(replace(alert, state=State.TOP), None, now)

    def _enter(
        self, alert: Alert, rung: Rung, circle: Circle, now: Now, calls: list[Call]
    ) -> Alert:
        alert = replace(alert, rung=rung)
        if rung in PLACES:
            alert = _tell(alert, rung, None, now, calls)
        people = _untold(alert, circle, rung)
        for one in people:
            if not self._may(one, alert, now):
                alert = _noted(alert, now, "asleep", rung, one.contact)
        if not people and not _asked(alert, rung):
            alert = _noted(alert, now, "nobody", rung)
        return alert

    def _may(self, member: Member, alert: Alert, now: Now) -> bool:
        if alert.urgency is Urgency.EMERGENCY or not now.is_known:
            return True
        return not asleep(member, now.wall, self.zone)


def put_off(alert: Alert, before: Life, after: Life) -> Alert:
    """Return the alert after the clock was set: what passed before its step was set is no wait."""
    late = made_up_ms(before, after)
    if alert.due is None or not late or alert.due_from <= after.booted:
        return alert
    return replace(alert, due=alert.due + late, due_from=alert.due_from + late)


def _place(alert: Alert, plan: Plan) -> int:
    """Return where in the plan the alert stands, -1 before it.

    The plan may have become another one: then the last of its steps that is not above counts.
    """
    if alert.rung is None:
        return -1
    below = [n for n, step in enumerate(plan.steps) if step.rung <= alert.rung]
    return below[-1] if below else -1


def _untold(alert: Alert, circle: Circle, rung: Rung) -> list[Member]:
    return [
        one
        for one in circle
        if one.rung is rung and Told(alert.lap, rung, one.contact) not in alert.told
    ]


def _asked(alert: Alert, rung: Rung) -> bool:
    return any(one.lap == alert.lap and one.rung is rung for one in alert.told)


def _tell(alert: Alert, rung: Rung, contact: int | None, now: Now, calls: list[Call]) -> Alert:
    told = Told(alert.lap, rung, contact)
    if told in alert.told:
        return alert
    calls.append(Call(alert.number, alert.lap, rung, contact))
    return _noted(replace(alert, told=(*alert.told, told)), now, "asked", rung, contact)


def _noted(
    alert: Alert, now: Now, what: str, rung: Rung | None = None, contact: int | None = None
) -> Alert:
    happened = (*alert.happened, Happening(now.wall, what, rung, contact))
    return replace(alert, happened=happened[-MOST_HAPPENINGS:])


def _due(alert: Alert, wait: int | None, now: Now) -> Alert:
    if wait is None:
        return replace(alert, due=None, due_at=None)
    return replace(alert, due=now.lived + wait, due_at=now.wall + wait, due_from=now.lived)


def _end(alert: Alert, state: State, now: Now) -> Alert:
    return _due(replace(alert, state=state, handed_to=None), None, now)
