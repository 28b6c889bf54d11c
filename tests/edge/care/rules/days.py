"""Days of a person's life for tests of rules: values, ticks, and what was found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from edge.care.finding import Finding, Stage
from edge.care.kinds import KINDS as ALL_KINDS
from edge.care.measured import Measured
from edge.care.rules.engine import step
from edge.care.rules.event import Event, Tick
from edge.care.rules.plan import Plan
from edge.care.rules.ruleset import RuleSet, default
from edge.care.rules.state import State, from_json, to_json
from hardware.reading import TimeQuality

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
START = 1_790_000_400_000  # a Monday, 21 September 2026, 16:20 in Berlin
KINDS: Mapping[str, str] = {
    "oxygen_saturation": "oxygen",
    "pulse_rate": "oxygen",
    "body_temperature": "temperature",
    "body_weight": "weight",
    "blood_pressure_systolic": "blood_pressure",
    "blood_pressure_diastolic": "blood_pressure",
    "button_press": "button",
    "air_temperature": "room_climate",
}


def measured(
    quantity: str,
    value: float,
    at: int,
    *,
    received_at: int | None = None,
    quality: TimeQuality = TimeQuality.SYNCHRONISED,
    device: str = "ble:C0112233AABB",
    person: int = 1,
) -> Measured:
    received = at if received_at is None else received_at
    kind = KINDS.get(quantity, "blood_pressure")
    return Measured(person, at, received, kind, quantity, value, device, quality)


@dataclass
class Life:
    """One person, and the engine beside them; the state goes through JSON."""

    rules: RuleSet = field(default_factory=default)
    plan: Plan = field(default_factory=lambda: Plan(1))
    at: int = START
    state: State = field(default_factory=State)
    findings: list[Finding] = field(default_factory=list)
    monotonic_ms: int = 1000

    def __post_init__(self) -> None:
        self.tick()

    def give(self, *events: Event) -> list[Finding]:
        found: list[Finding] = []
        for event in events:
            self.state, news = step(self.rules, self.plan, self.state, event)
            if not isinstance(event, Tick):
                self.state = from_json(to_json(self.state))
            found += news
        for one in found:
            assert_says_whose(one)
        self.findings += found
        return found

    def tick(self) -> list[Finding]:
        return self.give(Tick(self.at, "boot", self.monotonic_ms))

    def wait(self, hours: float, every: int = 10 * MINUTE) -> list[Finding]:
        """Let time go by with a tick each ten minutes."""
        found: list[Finding] = []
        end = self.at + round(hours * HOUR)
        while self.at < end:
            passed = min(every, end - self.at)
            self.at += passed
            self.monotonic_ms += passed
            found += self.tick()
        return found

    def value(
        self, quantity: str, value: float, quality: TimeQuality = TimeQuality.DEVICE
    ) -> list[Finding]:
        return self.give(measured(quantity, value, self.at, quality=quality))

    def usual(self, quantity: str, values: Iterable[float], hours: float = 12) -> list[Finding]:
        """Measure one value after the other, so many hours apart."""
        found: list[Finding] = []
        for one in values:
            found += self.value(quantity, one)
            found += self.wait(hours)
        return found


def assert_says_whose(finding: Finding) -> None:
    """Each finding names the kinds of data whose consent it needs, else no withdrawal ends it."""
    if finding.stage is not Stage.END:
        kinds = str(finding.facts.get("data_kind", "")).split()
        assert kinds, finding.rule
        assert set(kinds) <= set(ALL_KINDS)


def told(findings: Iterable[Finding]) -> list[tuple[str, str]]:
    """Return rule and stage of each finding."""
    return [(one.rule, one.stage.value) for one in findings]


def raised(findings: Iterable[Finding]) -> list[Finding]:
    return [one for one in findings if one.stage is Stage.RAISE]
