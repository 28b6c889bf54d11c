"""What the sensors of one simulated home say: doors, motion, the bed. Pure.

A motion sensor says when somebody moves and then nothing for its blind minutes; every sensor says
its state now and then, so that one can tell that it lives.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from edge.trial.calendar import DAY_MS, HOUR_MS, Absence, Day, Manner, Span, within
from edge.trial.physiology import Physiology
from edge.trial.truth import Truth

MINUTE_MS = 60_000
DOOR, BED = "door", "bed"


@dataclass(frozen=True, slots=True)
class Sensed:
    """What a sensor said at a moment (ms since 1970, UTC): ``door``, ``motion`` or ``occupancy``.

    1 is open, moving, occupied; 0 the opposite. The hub hears it at once or never.
    """

    at: int
    device: str
    kind: str
    value: int


@dataclass(frozen=True, slots=True)
class Home:
    """A home's sensors, and when each says nothing."""

    rooms: tuple[str, ...]
    has_door: bool
    has_bed: bool
    pet_per_hour: float
    deaf: dict[str, list[Span]]  # by device; "" is the hub itself

    @property
    def devices(self) -> tuple[str, ...]:
        """All sensors."""
        return (*self.rooms, *([DOOR] * self.has_door), *([BED] * self.has_bed))


@dataclass(frozen=True, slots=True)
class Life:
    """The true course of one person's days: what the home's sensors see of it."""

    days: Sequence[Day]
    absences: Sequence[Absence]
    truths: Sequence[Truth]
    ends: int

    def state(self, at: int) -> str:
        """Return ``away``, ``down`` (lies after a fall), ``asleep`` or ``awake``."""
        if any(each.since <= at < each.until for each in self.absences):
            return "away"
        if any(each.is_fall and each.onset <= at < each.ends for each in self.truths):
            return "down"
        place = max(bisect_right(self.days, at, key=lambda day: day.wakes) - 1, 0)
        day = self.days[place]
        if within(day.out, at) is not None:
            return "away"
        nap = within(day.still, at)
        asleep = not day.wakes <= at < day.sleeps or (nap is not None and nap[1] - nap[0] > HOUR_MS)
        return "asleep" if asleep else "awake"


def sensed(
    rng: Random, physiology: Physiology, manner: Manner, home: Home, life: Life
) -> list[Sensed]:
    """Return all that the sensors said and the hub heard, in order."""
    teller = _Teller(rng, manner, home, life)
    for number, day in enumerate(life.days):
        last = life.days[number + 1].wakes if number + 1 < len(life.days) else life.ends
        teller.day(day, last)
    for absence in life.absences:
        teller.leave(absence.since)
        teller.come(absence.until)
    for truth in life.truths:
        if truth.is_fall:
            teller.found(truth.ends)
    teller.pet(life.days[0].wakes, life.ends)
    blind = round(physiology.numbers["home.blind_minutes"] * MINUTE_MS)
    beat = round(physiology.numbers["home.heartbeat_minutes"] * MINUTE_MS)
    return _heard(rng, home, teller.said, blind, beat, life)


class _Teller:
    def __init__(self, rng: Random, manner: Manner, home: Home, life: Life) -> None:
        self.rng, self.manner, self.home, self.life = rng, manner, home, life
        self.said: list[Sensed] = []
        self._falls = [(each.onset, each.ends) for each in life.truths if each.is_fall]
        self._gone = [(each.since, each.until) for each in life.absences]
        self._quiet = [each for each in life.truths if not each.is_fall]

    def day(self, day: Day, next_wakes: int) -> None:
        """Say what a day and the night before the next one tell."""
        for at in day.toilet:
            self._bed(at, 0)
            self._move(at + 20_000)
            back = at + self.rng.randrange(3, 9) * MINUTE_MS
            if back < day.wakes:
                self._move(back - 30_000)
                self._bed(back, 1)
        self._bed(day.wakes, 0)
        self._move(day.wakes + 30_000)
        self._awake(day)
        self._move(day.sleeps - 60_000)
        if day.sleeps < next_wakes:
            self._bed(day.sleeps, 1)
        for since, until in day.visits:
            self._door(since)
            self._every(since, until, 20 * MINUTE_MS, self._move_visitor)
            self._door(until)

    def _awake(self, day: Day) -> None:
        at = day.wakes
        stops = sorted(
            [(span, "out") for span in day.out] + [(span, "still") for span in day.still]
        )
        for (since, until), what in [*stops, ((day.sleeps, day.sleeps), "end")]:
            while True:
                at += round(self.rng.expovariate(1 / self._mean(at)))
                if at >= since:
                    break
                self._move(at)
            at = max(at, until)
            if what == "out":
                self.leave(since)
                self.come(until)
            elif what == "still":
                self._move(until)

    def _mean(self, at: int) -> float:
        missing = max((each.quiet * each.strength(at) for each in self._quiet), default=0.0)
        return self.manner.moves_every_ms / max(1 - missing, 0.05)

    def leave(self, at: int) -> None:
        """Go out of the door."""
        self._say(at - 15_000, self.home.rooms[0], "motion", 1)
        self._door(at)

    def come(self, at: int) -> None:
        """Come in."""
        self._door(at - 20_000, comes=True)
        self._move_in(at, self.home.rooms[0])

    def found(self, at: int) -> None:
        """Somebody comes and finds who lies there."""
        self.said.append(Sensed(at - 20_000, DOOR, "door", 1))
        self.said.append(Sensed(at - 12_000, DOOR, "door", 0))
        self.said.append(Sensed(at, self.home.rooms[0], "motion", 1))

    def pet(self, since: int, until: int) -> None:
        """Let the pet, if there is one, move about; on journeys it comes along."""
        if self.home.pet_per_hour:
            every = HOUR_MS / self.home.pet_per_hour
            self._every(since, until, every, self._move_pet)

    def _every(self, since: int, until: int, every: float, move: Callable[[int], None]) -> None:
        at = since + round(self.rng.expovariate(1 / every))
        while at < until:
            move(at)
            at += round(self.rng.expovariate(1 / every))

    def _move(self, at: int) -> None:
        self._move_in(at, self.rng.choice(self.home.rooms))

    def _move_in(self, at: int, room: str) -> None:
        self._say(at, room, "motion", 1)

    def _move_visitor(self, at: int) -> None:
        if within(self._falls, at) is None:
            self._move_pet(at)

    def _move_pet(self, at: int) -> None:
        if within(self._gone, at) is None:
            self.said.append(Sensed(at, self.rng.choice(self.home.rooms), "motion", 1))

    def _bed(self, at: int, value: int) -> None:
        self._say(at, BED, "occupancy", value)

    def _door(self, at: int, *, comes: bool = False) -> None:
        self._say(at, DOOR, "door", 1, by_door=comes)
        self._say(at + 8_000, DOOR, "door", 0, by_door=comes)

    def _say(self, at: int, device: str, kind: str, value: int, *, by_door: bool = False) -> None:
        """Say what the person does, if they are there and on their feet."""
        edge = 30_000 if by_door or device == DOOR else 0
        for since, until in self._gone:
            if since + 20_000 + edge < at < until - 30_000 - edge:
                return
        if within(self._falls, at) is None:
            self.said.append(Sensed(at, device, kind, value))


def _heard(  # noqa: PLR0917  # what was said, and who hears it how
    rng: Random, home: Home, said: list[Sensed], blind: int, beat: int, life: Life
) -> list[Sensed]:
    """Return what of it was said and heard, and the signs of life between."""
    mine: dict[str, list[Sensed]] = {device: [] for device in home.devices}
    for each in sorted(said, key=lambda one: (one.at, one.device)):
        if each.device in mine:
            mine[each.device].append(each)
    found: list[Sensed] = []
    hub = home.deaf.get("", [])
    for device, all_said in mine.items():
        deaf = home.deaf.get(device, [])
        kind = {DOOR: "door", BED: "occupancy"}.get(device, "motion")
        spoke, state = -DAY_MS, 0
        due = life.days[0].wakes - rng.randrange(beat)
        for each in [*all_said, Sensed(life.ends, device, kind, -1)]:
            while due < each.at:
                if within(deaf, due) is None and within(hub, due) is None:
                    found.append(Sensed(due, device, kind, 0 if kind == "motion" else state))
                due += beat
            if each.value < 0 or (kind == "motion" and each.at - spoke < blind):
                continue
            if kind == "occupancy" and each.value == state:
                continue
            spoke, state = each.at, each.value
            if within(deaf, each.at) is None and within(hub, each.at) is None:
                found.append(each)
    return sorted(found, key=lambda one: (one.at, one.device))
