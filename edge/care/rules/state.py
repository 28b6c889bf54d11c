"""What the engine knows of one person after the events so far; a new one knows nothing. Pure.

A state goes through JSON unchanged: :func:`to_json`, :func:`from_json`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from edge.care.kinds import BUTTON, HOME_ACTIVITY, ROOM_CLIMATE
from edge.care.rules.codec import build, plain
from edge.care.rules.errors import RuleError
from edge.care.rules.rhythm import Rhythm


@dataclass(frozen=True, slots=True)
class Time:
    """What time it is: ``now`` by the hub's clock, ``listened`` ms since the state was new.

    ``listened`` never goes back and does not jump: deadlines are counted by it. ``is_known`` says
    that the hub knows the time. ``deaf`` is how much of ``listened`` the radio heard nobody, and
    ``deaf_run`` the part of it in one piece that ends now, 0 while it hears.
    """

    now: int = 0
    listened: int = 0
    boot: str = ""
    monotonic_ms: int | None = None
    is_known: bool = True
    deaf: int = 0
    deaf_run: int = 0

    @property
    def hearing(self) -> int:
        """For how long the hub listened and could hear: silence is counted by it."""
        return self.listened - self.deaf


@dataclass(frozen=True, slots=True)
class Course:
    """The values of one quantity: the newest, and those by which the person's own band is told.

    ``kept`` are (moment, value), oldest first; ``kinds`` the kinds of data they were of.
    """

    last_at: int = 0
    last: float | None = None
    kept: tuple[tuple[int, float], ...] = ()
    kinds: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Ask:
    """The person is asked to measure again: what was found, until when (`Time.listened`).

    ``can_wait``: at the deadline it is asked on, for today.
    """

    at: int
    deadline: int
    rule: str
    urgency: int
    side: int
    facts: Mapping[str, Any] = field(default_factory=dict)
    can_wait: bool = False


@dataclass(frozen=True, slots=True)
class Open:
    """A round that leaves it open, the first value of which was measured ``at``.

    Another one is asked for when it is ``due`` (`Time.listened`); ``asked_at`` is when it was, 0
    until then. ``facts`` are what was off.
    """

    at: int
    due: int
    facts: Mapping[str, Any] = field(default_factory=dict)
    asked_at: int = 0

    @property
    def is_asked(self) -> bool:
        """Tell whether the person was asked for another round."""
        return self.asked_at > 0

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of data that it was found of."""
        return frozenset(str(self.facts.get("data_kind", "")).split())


@dataclass(frozen=True, slots=True)
class Alert:
    """Somebody was called about a person's values.

    ``began`` names the trouble: the moment of the first value of it. ``called`` is when, by
    `Time.listened`. ``topics`` are the quantities that were found, each with the moment since when
    it is well again, None while it is not; ``calm`` is when by `Time.listened` the last became
    well.
    """

    began: int
    called: int
    rule: str
    urgency: int
    topics: Mapping[str, int | None] = field(default_factory=dict)
    calm: int | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A span of the schedule that was seen open; ``begins`` names it (the moment it began).

    It ``closes`` when the hub listened for all that was left of it (`Time.listened`). ``is_done``:
    somebody measured, it was counted as missed, or nobody can tell.
    """

    begins: int
    closes: int
    is_done: bool = False


@dataclass(frozen=True, slots=True)
class Late:
    """So many spans of a kind were missed in a row, since the one that began then.

    ``last`` is when the last of them began, ``is_told`` whether anybody was told.
    """

    count: int
    since: int
    last: int
    is_told: bool = False


@dataclass(frozen=True, slots=True)
class Sensor:
    """When a sensor was last heard by `Time.hearing` and by the clock, and whether it is told.

    ``kind`` is what is awaited of it.
    """

    heard: int
    heard_at: int
    kind: str = ""
    is_silent: bool = False


@dataclass(frozen=True, slots=True)
class Contact:
    """When something came last, by `Time.hearing` and by the clock (when the hub received it).

    ``kind`` are the kinds of data that it brings, with blanks in between; ``beats`` are the hours
    of hearing in which a call button spoke without being pressed.
    """

    heard: int
    heard_at: int
    kind: str = ""
    beats: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Lost:
    """Somebody was told that nothing comes: since when, how urgently, of which kinds of data."""

    since: int
    urgency: int
    kind: str


@dataclass(frozen=True, slots=True)
class Stream:
    """A window of what streams: when it began, its newest value, and those that are kept of it."""

    begins: int
    last: int
    values: tuple[float, ...]
    kind: str
    device: str
    time_quality: int


@dataclass(frozen=True, slots=True)
class Call:
    """A call by a button: when it was first pressed, and last by `Time.listened`."""

    since: int
    pressed: int


@dataclass(frozen=True, slots=True)
class Warm:
    """How warm a room is, and how urgently that was told; 0 if it was not."""

    level: int
    since: int
    felt: float
    told: int = 0


@dataclass(frozen=True, slots=True)
class State:
    """What is known of one person."""

    time: Time = field(default_factory=Time)
    courses: Mapping[str, Course] = field(default_factory=dict)
    streams: Mapping[str, Stream] = field(default_factory=dict)  # by quantity
    odd: frozenset[str] = frozenset()  # quantities of which the last value was absurd
    asks: Mapping[str, Ask] = field(default_factory=dict)
    began: int = 0  # names the trouble that is asked about, while there are asks
    alert: Alert | None = None
    open: Open | None = None
    asked: tuple[int, ...] = ()  # for another round: when of the last day, by `Time.listened`
    spans: Mapping[str, Span] = field(default_factory=dict)
    measured: Mapping[str, int] = field(default_factory=dict)  # the newest moment, by kind
    late: Mapping[str, Late] = field(default_factory=dict)  # by kind
    reminded: int | None = None  # of what is missing: when last, by `Time.listened`
    sensors: Mapping[str, Sensor] = field(default_factory=dict)
    contacts: Mapping[str, Contact] = field(default_factory=dict)  # by sensor, or `MEASURED`
    lost: Mapping[str, Lost] = field(default_factory=dict)  # by button, or `absent.ALL`
    is_hushed: bool = False  # nothing is counted as silent: what comes next is counted anew
    calls: Mapping[str, Call] = field(default_factory=dict)
    warmth: Mapping[str, Warm] = field(default_factory=dict)  # by sensor
    rhythm: Rhythm = field(default_factory=Rhythm)


def forget(state: State, agreed: Collection[str]) -> State:
    """Return a state without what was worked out from other kinds of data than ``agreed``.

    What was found is not ended by it: whoever keeps findings forgets them by the same kinds.
    """
    courses = {name: one for name, one in state.courses.items() if one.kinds <= {*agreed}}
    gone = {*state.courses} - {*courses}
    if gone:
        gone |= {"news2", "together"}
    alert, left = state.alert, state.open
    return replace(
        state,
        courses=courses,
        streams={k: one for k, one in state.streams.items() if one.kind in agreed},
        odd=state.odd - gone,
        asks={name: one for name, one in state.asks.items() if name not in gone},
        alert=None if alert is not None and gone & {*alert.topics} else alert,
        open=None if left is not None and not left.kinds <= {*agreed} else left,
        measured={kind: at for kind, at in state.measured.items() if kind in agreed},
        late={kind: one for kind, one in state.late.items() if kind in agreed},
        sensors={name: one for name, one in state.sensors.items() if one.kind in agreed},
        contacts={k: one for k, one in state.contacts.items() if {*one.kind.split()} <= {*agreed}},
        lost={k: one for k, one in state.lost.items() if {*one.kind.split()} <= {*agreed}},
        calls=state.calls if BUTTON in agreed else {},
        warmth=state.warmth if ROOM_CLIMATE in agreed else {},
        rhythm=state.rhythm if HOME_ACTIVITY in agreed else Rhythm(),
    )


def to_json(state: State) -> str:
    """Return a state as JSON."""
    return json.dumps(plain(state), separators=(",", ":"), sort_keys=True)


def from_json(text: str) -> State:
    """Return the state that :func:`to_json` wrote.

    :raises RuleError: if it is none.
    """
    try:
        found = json.loads(text)
    except ValueError as error:
        raise RuleError(str(error), "Das ist kein JSON.") from error
    return build(State, found)
