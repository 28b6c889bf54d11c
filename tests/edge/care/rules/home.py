"""A home of which a test says who moves when; the hub looks at the clock every quarter hour."""

from __future__ import annotations

from copy import copy
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from edge.care.finding import Finding, Stage
from edge.care.measured import Measured
from edge.care.rules.event import Event, Signal, Tick
from edge.care.rules.plan import Pause, Plan
from edge.care.rules.rhythm import Rhythm, Settings, look
from hardware.reading import TimeQuality
from tests.edge.care.rules.days import assert_says_whose

ZONE = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 1, 5, tzinfo=ZONE)
QUARTER = timedelta(minutes=15)
SHORT = Settings(warm_up_days=7, longer=1.3, margin_minutes=60)


def moment(day: int, clock: str) -> int:
    """Return ms since 1970 of a clock time, so many days after the first Monday."""
    hour, minute = map(int, clock.split(":"))
    at = MONDAY + timedelta(days=day)
    return round(at.replace(hour=hour, minute=minute).timestamp() * 1000)


class Home:
    """One person's home, event after event."""

    def __init__(self, settings: Settings = SHORT) -> None:
        self.settings = settings
        self.plan = Plan(1)
        self.rhythm = Rhythm()
        self.findings: list[Finding] = []
        self.now = moment(0, "00:00")
        self.listened = 0
        self.tick_ms = 15 * 60_000
        self.is_off = False

    def copy(self) -> Home:
        """Return the same home, to go on with by itself."""
        found = copy(self)
        found.findings = list(self.findings)
        return found

    def until(self, at: int) -> None:
        """Let time go by, tick after tick."""
        while self.now + self.tick_ms <= at:
            self.now += self.tick_ms
            if not self.is_off:
                self.listened += self.tick_ms
                self.take(Tick(self.now))

    def take(self, event: Event) -> None:
        self.rhythm, found = look(self.settings, self.plan, self.rhythm, event, self.listened)
        for one in found:
            assert_says_whose(one)
        self.findings += found

    def say(  # noqa: PLR0917  # a signal's parts
        self, day: int, clock: str, kind: str = "motion", value: float = 1.0,
        device: str = "", late_ms: int = 0,
    ) -> None:  # fmt: skip
        """Let a sensor speak; time goes by up to then."""
        at = moment(day, clock)
        self.until(at)
        self.take(Signal(1, at - late_ms, at, kind, device or kind, value))

    def passes(self, day: int, clock: str) -> None:
        """Open the door and shut it."""
        self.say(day, clock, "door_open", 1)
        self.say(day, clock, "door_open", 0)

    def measure(self, day: int, clock: str, kind: str = "blood_pressure", late_ms: int = 0) -> None:
        at = moment(day, clock)
        self.until(at)
        quantity = "motion" if kind == "home_activity" else "pulse_rate"
        self.take(Measured(1, at - late_ms, at, kind, quantity, 1, "m", TimeQuality.DEVICE))

    def day(self, day: int, *, door: bool = True, pet: bool = False) -> None:
        """Live as always: up at 7, something every half hour, out from 10 to 12, in bed at 22."""
        out = range(20, 24)
        for half in range(14, 44):
            clock = f"{half // 2:02}:{half % 2 * 30:02}"
            if half == 20 and door:
                self.say(day, "09:59")
                self.passes(day, clock)
            elif half == 24 and door:
                self.passes(day, clock)
                self.say(day, "12:01")
            elif (pet and half == 22) or half not in out or not door:
                self.say(day, clock)

    def days(self, first: int, last: int, *, door: bool = True, pet: bool = False) -> None:
        for day in range(first, last):
            self.day(day, door=door, pet=pet)

    def pause(self, since: int, until: int | None) -> None:
        self.plan = Plan(1, pauses=(Pause(since, until),))

    @property
    def stages(self) -> list[Stage]:
        return [each.stage for each in self.findings]

    def raised(self) -> list[Finding]:
        return [each for each in self.findings if each.stage is Stage.RAISE]
