"""Inactivity: at home, and still for longer than this person ever is at this hour. Pure.

A stillness is measured by how long the hub listened, so that an outage is none. It is asked first,
and somebody is called when nothing answers. Told apart from it:

* **away**: the door, and after it no more than a pet does. The usual length of absences counts.
* **a silent sensor**: each is expected as often as it used to speak. While most of what usually
  tells of the person is silent, nothing is said; while some of it is, stillness may last longer.
* **a sensor at the door that is silent**: nobody knows whether they are out, so it counts as if.
* **pauses and warm-up**: nothing is said, and of a pause nothing is learned.
* **a pet**: something moves all the time. A far smaller share of the usual movements than ever is
  stillness, too.

A measurement, a call and an answer are signs of life as a movement is. What is usual is learned
in `habit`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from edge.care.finding import Fact, Finding, Stage, Urgency
from edge.care.kinds import HOME_ACTIVITY, IN_COMPANY
from edge.care.measured import Measured
from edge.care.rules.event import Event, Signal, Tick
from edge.care.rules.habit import (
    HOUR_MS,
    MINUTE_MS,
    Habit,
    Settings,
    Today,
    away_for,
    away_limit,
    key,
    share_of_usual,
    still_for,
    with_day,
)
from edge.care.rules.plan import Plan

__all__ = ["HERE", "RULE", "Rhythm", "Settings", "look", "over"]

RULE = "inactivity"
DOOR = "door_open"
HERE = "here"  # an answer to a question, wherever it was given
# What tells that somebody does something: states when they change, movements when they are.
BEDS = frozenset(("occupancy", "asleep"))
STATES = BEDS | {DOOR, "locked"}
MOVES = frozenset(("motion", "vibration", "sound", "button_press", "sos", HERE))
FRESH_MS = 30 * MINUTE_MS  # what is older when it comes tells nothing of now
OUTAGE_MS = 10 * MINUTE_MS  # so long the hub did not listen: what was then, nobody knows
PASSAGE_MS = 3 * MINUTE_MS  # a door's messages so near each other are one passing through
# A sensor that says nothing for longer is silent, not slow: one that only speaks when somebody
# moves has the night, one at a door the days on which nobody goes out.
LONGEST_SILENCE_MS = 12 * HOUR_MS
LONGEST_SHUT_MS = 48 * HOUR_MS
SPARE_MS = 10 * MINUTE_MS  # a sensor's message may be lost on the air once
LEAST_TOLD, ALL_TOLD = 0.5, 0.95  # shares of what usually tells of a person
DAY_HOURS = 24
MOST_SENSORS = 64  # of one home; more are somebody's mistake and would make a state large
FADES = 0.95  # a day: what a sensor told long ago says little of where the person is now
STILL, OUT, FEW = "still", "out", "few"  # what may be as it never is
_KEYS = {STILL: RULE, OUT: f"{RULE}/out", FEW: f"{RULE}/few"}
_URGENCY = {STILL: Urgency.URGENT, OUT: Urgency.TODAY, FEW: Urgency.URGENT}


@dataclass(frozen=True, slots=True)
class Heard:
    """A sensor: its state, when it spoke last, its longest usual silence, and how much it tells.

    Times are of how long the hub listened, in ms.
    """

    kind: str
    state: float
    at: int
    silence: int = 0
    tells: float = 0.0


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something is as it never is: since when (by the clock), when it was asked, if it is told.

    ``asked_at`` is by how long the hub listened.
    """

    since: int
    asked_at: int
    is_raised: bool = False


@dataclass(frozen=True, slots=True)
class Presence:
    """Where the person seems to be.

    ``seen`` is the last sign of life by the clock, ``seen_at`` by how long the hub listened, as is
    ``out_at``, since when they seem to be out. ``passed`` is the last passing through the door if
    they may have left by it, ``was_out`` tells if they seemed to be out before; ``moved`` are the
    last movements since (by the clock) and ``moves`` how many there were. ``is_blind``: the sensors
    that would tell are silent.
    """

    seen: int | None = None
    seen_at: int = 0
    passed: int | None = None
    out_at: int | None = None
    was_out: bool = False
    moved: tuple[int, ...] = ()
    moves: int = 0
    is_blind: bool = False


@dataclass(frozen=True, slots=True)
class Hours:
    """Movements by hour: the one that goes on, and a day's before, -1 where one was not whole.

    An hour is whole if it was spent at home and all sensors were heard.
    """

    hour: str = ""
    moves: int = 0
    is_whole: bool = False
    recent: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What is known of a person's rhythm; a new one knows nothing. Goes through JSON as it is.

    ``clock`` and ``listened`` are those of the last tick.
    """

    clock: int = 0
    listened: int = 0
    presence: Presence = field(default_factory=Presence)
    hours: Hours = field(default_factory=Hours)
    today: Today = field(default_factory=Today)
    habit: Habit = field(default_factory=Habit)
    doubts: Mapping[str, Doubt] = field(default_factory=dict)
    sensors: Mapping[str, Heard] = field(default_factory=dict)


Step = tuple[Rhythm, tuple[Finding, ...]]


def look(settings: Settings, plan: Plan, rhythm: Rhythm, event: Event, listened: int) -> Step:
    """Return what is known after one more event, and what was found.

    ``listened`` is how long the hub listened so far, in ms (`state.Time`). An event that is late
    says nothing of now.
    """
    if isinstance(event, Tick):
        return _ticked(settings, plan, rhythm, event.at, listened)
    if isinstance(event, Signal):
        return _signalled(settings, plan, rhythm, event, listened)
    if not isinstance(event, Measured):
        return rhythm, ()
    if event.data_kind == HOME_ACTIVITY:
        signal = Signal(
            event.person, event.observed_at, event.received_at, event.quantity, event.device_id,
            event.value,
        )  # fmt: skip
        return _signalled(settings, plan, rhythm, signal, listened)
    # where no sensor of the home tells of anybody, nothing is learned of when they measure
    tells = event.data_kind not in IN_COMPANY and rhythm.sensors
    if tells and abs(event.received_at - event.observed_at) <= FRESH_MS:
        return _alive(settings, plan, rhythm, event.received_at, listened)
    return rhythm, ()


def over(plan: Plan, rhythm: Rhythm, at: int) -> Step:
    """End all doubts: the rule is for this person no more."""
    return _end(plan, rhythm, (STILL, OUT, FEW), at)


def _signalled(
    settings: Settings, plan: Plan, rhythm: Rhythm, signal: Signal, listened: int
) -> Step:
    kind = signal.kind
    if kind not in STATES and kind not in MOVES:
        return rhythm, ()
    before = rhythm.sensors.get(signal.device_id)
    if kind in MOVES:
        acts = signal.value > 0
    else:
        acts = before is not None and before.state != signal.value
    acts = acts and abs(signal.received_at - signal.at) <= FRESH_MS
    if kind != HERE:
        rhythm = _heard(rhythm, signal, before, listened, tells=acts)
    if not acts:
        return rhythm, ()
    if kind == DOOR:
        return _passes(settings, plan, rhythm, signal.received_at, listened)
    is_bed = kind in BEDS
    return _alive(
        settings, plan, rhythm, signal.received_at, listened, answers=kind == HERE, is_bed=is_bed
    )


def _heard(
    rhythm: Rhythm, signal: Signal, before: Heard | None, listened: int, *, tells: bool
) -> Rhythm:
    if before is None:
        if len(rhythm.sensors) >= MOST_SENSORS:
            return rhythm
        before = Heard(signal.kind, signal.value, listened)
    silence = listened - before.at
    most = LONGEST_SHUT_MS if signal.kind == DOOR else LONGEST_SILENCE_MS
    longest = max(before.silence, silence if silence <= most else 0)
    after = Heard(signal.kind, signal.value, listened, longest, before.tells + tells)
    return replace(rhythm, sensors={**rhythm.sensors, signal.device_id: after})


def _passes(settings: Settings, plan: Plan, rhythm: Rhythm, at: int, listened: int) -> Step:
    """Somebody comes or goes; which of it, only what follows tells."""
    where = rhythm.presence
    if where.passed is not None and 0 <= at - where.passed <= PASSAGE_MS:
        where = replace(where, seen=at, seen_at=listened, passed=at)
        return replace(rhythm, presence=where), ()
    findings: tuple[Finding, ...] = ()
    out_at, was_out = where.out_at, where.out_at is not None
    if out_at is None:
        rhythm, findings = _alive(settings, plan, rhythm, at, listened)
        out_at = listened
    where = Presence(at, listened, at, out_at, was_out, (), where.moves if was_out else 0)
    hours = replace(rhythm.hours, is_whole=False)
    return replace(rhythm, presence=where, hours=hours), findings


def _alive(
    settings: Settings,
    plan: Plan,
    rhythm: Rhythm,
    at: int,
    listened: int,
    *,
    answers: bool = False,
    is_bed: bool = False,
) -> Step:
    """Somebody moves, or answers that all is well from wherever they are, or gets into bed."""
    rhythm, findings = _end(plan, rhythm, (STILL, OUT, FEW) if answers else (STILL, OUT), at)
    where, today, habit = rhythm.presence, rhythm.today, rhythm.habit
    passed, out_at, was_out = where.passed, where.out_at, where.was_out
    moved, moves = where.moved, where.moves
    if out_at is not None and passed is not None:
        if answers:
            out_at = listened
        elif was_out or is_bed:  # they came; or they are in bed, and have not left
            if was_out and plan.pause_at(at) is None:
                habit = away_for(habit, (listened - out_at) // MINUTE_MS, moves)
            passed, out_at, was_out, moves = None, None, False, 0
        elif at - passed > settings.leaves_minutes * MINUTE_MS:  # or seen at the door once more
            since = at - settings.stays_minutes * MINUTE_MS
            moved, moves = (*(each for each in where.moved if each > since), at), moves + 1
            if len(moved) >= settings.stays_moves:
                passed, out_at, moved, moves = None, None, (), 0
    elif where.seen is not None and not where.is_blind and plan.pause_at(at) is None:
        today = still_for(settings, habit, today, plan, at, listened - where.seen_at)
    after = Rhythm(
        rhythm.clock,
        rhythm.listened,
        Presence(at, listened, passed, out_at, was_out, moved, moves),
        replace(rhythm.hours, moves=rhythm.hours.moves + 1),
        today,
        habit,
        rhythm.doubts,
        rhythm.sensors,
    )
    return after, findings


def _ticked(settings: Settings, plan: Plan, rhythm: Rhythm, at: int, listened: int) -> Step:
    unheard = (at - rhythm.clock) - (listened - rhythm.listened)
    was_off = rhythm.clock > 0 and abs(unheard) > OUTAGE_MS
    rhythm = Rhythm(
        at, listened, rhythm.presence, rhythm.hours, rhythm.today, rhythm.habit, rhythm.doubts,
        rhythm.sensors,
    )  # fmt: skip
    local = plan.local(at)
    if local.toordinal() != rhythm.today.day:
        rhythm = _next_day(settings, rhythm, local.toordinal())
    if plan.pause_at(at) is not None:
        rhythm, findings = _end(plan, rhythm, (STILL, OUT, FEW), at)
        hours = replace(rhythm.hours, is_whole=False)
        return replace(rhythm, presence=Presence(), hours=hours), findings
    where = rhythm.presence
    if was_off and where.seen is not None:
        where = replace(where, seen=at, seen_at=listened)
        hours = replace(rhythm.hours, is_whole=False)
        rhythm = replace(rhythm, presence=where, hours=hours)
    found: tuple[Finding, ...] = ()
    hour = key(local)
    if hour != rhythm.hours.hour:
        rhythm, found = _next_hour(settings, plan, rhythm, hour, at)
    if where.seen is None or rhythm.habit.days < settings.warm_up_days:
        return rhythm, found
    rhythm, more = _judge(settings, plan, rhythm, hour, at)
    return rhythm, (*found, *more)


def _judge(  # noqa: PLR0911  # each a reason to say nothing
    settings: Settings, plan: Plan, rhythm: Rhythm, hour: str, at: int
) -> Step:
    """Tell if the person has been still, or out, for too long."""
    where, habit = rhythm.presence, rhythm.habit
    if where.out_at is not None:
        gone = (rhythm.listened - where.out_at) // MINUTE_MS
        limit = away_limit(settings, habit)
        if gone < limit:
            return rhythm, ()
        facts: dict[str, Fact] = {"what": OUT, "minutes": gone, "limit_minutes": limit}
        since = at - gone * MINUTE_MS
        return _doubted(plan, rhythm, OUT, at, since, settings.away_ask_minutes, facts)
    still = (rhythm.listened - where.seen_at) // MINUTE_MS
    limit = habit.limits.get(hour, settings.most_minutes)
    if still < limit:
        return rhythm, ()
    told, knows_out = _told(rhythm)
    if told < LEAST_TOLD:
        return replace(rhythm, presence=replace(where, is_blind=True)), ()
    if where.is_blind:  # from now on one can tell again
        where = replace(where, seen=at, seen_at=rhythm.listened, is_blind=False)
        return replace(rhythm, presence=where), ()
    limit = round(limit * (2 - told))
    if not knows_out:
        limit = max(limit, away_limit(settings, habit))
    if still < limit:
        return rhythm, ()
    facts = {"what": STILL, "minutes": still, "limit_minutes": limit}
    since = at - still * MINUTE_MS
    return _doubted(plan, rhythm, STILL, at, since, settings.ask_minutes, facts)


def _next_hour(settings: Settings, plan: Plan, rhythm: Rhythm, hour: str, at: int) -> Step:
    """Count the movements of the hours that are over, and begin the next one."""
    told, knows_out = _told(rhythm)
    hears = told > ALL_TOLD and knows_out
    over, where, habit, today = rhythm.hours, rhythm.presence, rhythm.habit, rhythm.today
    moves = over.moves if over.is_whole and hears else -1
    recent = (*over.recent, (over.hour, moves))[-DAY_HOURS:]
    is_whole = hears and where.out_at is None and where.seen is not None
    share = share_of_usual(settings, habit, recent) if moves >= 0 else None
    low = min(habit.lowest * settings.much_less / 100, settings.most_share)
    is_few = (
        share is not None and share < low and habit.has_pet and habit.days >= settings.warm_up_days
    )
    if moves >= 0:
        today = replace(today, moves={**today.moves, over.hour: moves})
    if share is not None and not is_few:
        lowest = round(share * 100)
        today = replace(today, low=lowest if today.low is None else min(today.low, lowest))
    rhythm = replace(rhythm, hours=Hours(hour, 0, is_whole, recent), today=today)
    if share is None or not is_few:
        return _end(plan, rhythm, (FEW,), at)
    facts: dict[str, Fact] = {"what": FEW, "percent": round(share * 100), "limit": round(low * 100)}
    since = at - settings.least_minutes * MINUTE_MS
    return _doubted(plan, rhythm, FEW, at, since, settings.ask_minutes, facts)


def _next_day(settings: Settings, rhythm: Rhythm, day: int) -> Rhythm:
    sensors = {
        device: replace(sensor, tells=sensor.tells * FADES)
        for device, sensor in rhythm.sensors.items()
    }
    habit = with_day(settings, rhythm.habit, rhythm.today)
    return replace(rhythm, sensors=sensors, habit=habit, today=Today(day))


def _doubted(  # noqa: PLR0917  # what a finding says
    plan: Plan,
    rhythm: Rhythm,
    what: str,
    at: int,
    since: int,
    wait_minutes: int,
    facts: Mapping[str, Fact],
) -> Step:
    """Ask, and once nothing answered, raise."""
    doubt = rhythm.doubts.get(what)
    if doubt is None:
        doubt, stage = Doubt(since, rhythm.listened), Stage.ASK
    elif not doubt.is_raised and rhythm.listened - doubt.asked_at >= wait_minutes * MINUTE_MS:
        doubt, stage = replace(doubt, is_raised=True), Stage.RAISE
    else:
        return rhythm, ()
    rhythm = replace(rhythm, doubts={**rhythm.doubts, what: doubt})
    return rhythm, (_finding(plan, what, stage, at, doubt.since, facts),)


def _end(plan: Plan, rhythm: Rhythm, what: tuple[str, ...], at: int) -> Step:
    if not rhythm.doubts:
        return rhythm, ()
    findings = tuple(
        _finding(plan, name, Stage.END, at, doubt.since, {"what": name})
        for name, doubt in rhythm.doubts.items()
        if name in what
    )
    left = {name: doubt for name, doubt in rhythm.doubts.items() if name not in what}
    return replace(rhythm, doubts=left), findings


def _finding(  # noqa: PLR0917  # what it says
    plan: Plan, what: str, stage: Stage, at: int, since: int, facts: Mapping[str, Fact]
) -> Finding:
    told = {**facts, "data_kind": HOME_ACTIVITY}  # whose consent it needs
    return Finding(plan.person, _KEYS[what], RULE, stage, _URGENCY[what], at, since, told)


def _told(rhythm: Rhythm) -> tuple[float, bool]:
    """Return how much of what usually tells of the person is heard, and if the door is."""
    heard = usual = 0.0
    knows_out = True
    for sensor in rhythm.sensors.values():
        lives = rhythm.listened - sensor.at <= sensor.silence * 3 // 2 + SPARE_MS
        if sensor.kind == DOOR:
            knows_out = knows_out and lives
            continue
        usual += sensor.tells
        heard += sensor.tells * lives
    return (heard / usual if usual else 0.0), knows_out
