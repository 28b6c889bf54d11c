"""What happens, as the engine of rules takes it: values, signals, and time that goes by. Pure.

Times are ms since 1970, UTC. Events of a person are given in the order in which the hub had them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from edge.care.measured import Measured
from hardware.reading import TimeQuality


@dataclass(frozen=True, slots=True)
class Tick:
    """The hub's clock shows ``at``, and the hub listens. About one a minute.

    ``boot`` and ``monotonic_ms`` are the kernel's count since it started: they tell how long the
    hub listened, however the clock is set in between. Without them it is what the clock went on
    by since the last tick, `engine.WALL_MOST_MS` at most. ``is_deaf``: its radio hears nobody, so
    that nobody's silence says anything.
    """

    at: int
    boot: str = ""
    monotonic_ms: int | None = None
    is_deaf: bool = False


@dataclass(frozen=True, slots=True)
class ClockUnknown:
    """Time goes by, but the hub does not know which: ``at`` is what its clock shows, for stamps."""

    at: int
    boot: str = ""
    monotonic_ms: int | None = None
    is_deaf: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """The hub received something of a person's sensor, at ``received_at`` by its clock.

    No value of it: ``kind`` is what it is known to bring (`edge.care.kinds`), empty if that is
    known from its values alone.
    """

    person: int
    received_at: int
    device_id: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Signal:
    """Something that is no measurement: a call, a door, somebody who moves.

    ``kind`` is ``sos`` or a quantity of `edge.care.kinds.HOME_ACTIVITY` (``door_open``,
    ``motion``, ``occupancy``, ...), whose ``value`` is 1 for yes and 0 for no.
    """

    person: int
    at: int
    received_at: int
    kind: str
    device_id: str
    value: float = 1.0
    time_quality: TimeQuality = TimeQuality.SYNCHRONISED


@dataclass(frozen=True, slots=True)
class Warmth:
    """What `edge.care.heat` says of a person's room: ``level`` as there, 0 if it is over."""

    person: int
    at: int
    device_id: str
    level: int
    since: int
    felt: float


Event: TypeAlias = Measured | Signal | Heard | Warmth | Tick | ClockUnknown
