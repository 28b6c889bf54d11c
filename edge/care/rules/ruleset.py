"""A rule set: what holds for everybody whose plan says nothing else. Data in TOML. Pure.

Each table of the file is one of the classes here, each key one of its fields. A rule without a
table, or with ``active = false``, finds nothing. Units and sources: ``docs/care-rules.md``.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from edge.care.kinds import KINDS
from edge.care.rules.codec import build
from edge.care.rules.errors import RuleError
from edge.care.rules.habit import Settings
from edge.care.rules.plan import Limit, Plan, check_hours
from hardware.quantity import Quantity

SHIPPED = ("default", "static", "news2")  # by name: rule sets that come with the program
MOST_BYTES = 100_000  # a rule set is a page or two
_QUANTITIES = frozenset(one.value for one in Quantity)
_HOURS = {"least": 0, "most": 24 * 366}


@dataclass(frozen=True, slots=True)
class LimitRule:
    """A value beyond a limit, the person's own or else the one here."""

    active: bool = True
    of: Mapping[str, Limit] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Spread:
    """When a quantity is beyond the person's own band.

    ``least`` is a difference from the usual that says nothing by itself, ``floor`` the least spread
    that a body and a sensor have; ``low`` and ``high``: which side matters. ``with_low`` and
    ``with_high`` are the sides that count where several quantities are looked at together.
    ``most`` is far for everybody, however wide their spread is; ``row_least`` is what ``least`` is
    for values in a row.
    """

    least: float = field(metadata={"least": 0})
    floor: float = field(metadata={"least": 1e-6})
    low: bool = True
    high: bool = True
    with_low: bool = False
    with_high: bool = False
    most: float | None = field(default=None, metadata={"least": 0})
    row_least: float = field(default=0.0, metadata={"least": 0})

    def far(self, z: float, spread: float) -> float:
        """Return from which difference on a value is far, for who has that ``spread``."""
        found = max(z * spread, self.least)
        return found if self.most is None else min(found, self.most)


@dataclass(frozen=True, slots=True)
class Sooner:
    """A round that leaves it open: the person is asked for another one, before the next is due.

    It does if ``several`` quantities are off by so much together, or one ``alone``: spreads, less
    one of each, as `BaselineRule.together` adds them up. ``hours`` later the person is asked, as
    well if they were asked to measure again and nobody did; from ``from_hour`` to ``until_hour`` of
    the village's day, and ``most_a_day`` times in 24 hours.
    """

    several: float = field(default=1.0, metadata={"least": 0.1, "most": 100})
    alone: float = field(default=1.5, metadata={"least": 0.1, "most": 100})
    hours: float = field(default=3.0, metadata={"least": 0.5, "most": 24})
    from_hour: float = field(default=8.0, metadata={"least": 0, "most": 24})
    until_hour: float = field(default=21.0, metadata={"least": 0, "most": 24})
    most_a_day: int = field(default=2, metadata={"least": 1, "most": 12})

    def __post_init__(self) -> None:
        if self.from_hour >= self.until_hour:
            raise RuleError(
                "a day ends before it begins",
                "sooner: until_hour muss nach from_hour sein.",
            )


@dataclass(frozen=True, slots=True)
class BaselineRule:
    """A value far from what the person usually has.

    The usual is the median of what was kept, and the spread 1.4826 times the median distance from
    it, both weighted: what is ``half_life_days`` older counts half. ``z`` spreads away is far; the
    second value agrees from ``agree`` times that on. Nothing is found before ``warm_up_values``
    over ``warm_up_days``. One value in ``apart_hours`` is kept, ``keep`` in all. What is far is
    learnt only after it went on for ``relearn_days``: it is the person's new usual then.

    An illness moves several quantities a little before it moves one of them far. Of each that is
    not older than ``fresh_hours`` counts by how many spreads it is off, less one, 4 at most;
    ``together`` of these is far, 0: nothing is; the second round has to have ``together_again``.
    Values of one cuff count once; less than ``each_least`` of one counts nothing. Where there are
    ``patterns``, only what goes together in one of them is added up: each is a list of
    ``"QUANTITY low"`` and ``"QUANTITY high"``.

    What drifts is a little off again and again: ``row`` values in a row on the same side are far
    from ``row_z`` spreads on, 0: they are not.

    ``sooner``: when another round is asked for before the next is due; without it none is.
    """

    active: bool = True
    z: float = field(default=4.5, metadata={"least": 1, "most": 20})
    agree: float = field(default=0.75, metadata={"least": 0.1, "most": 1})
    half_life_days: float = field(default=14.0, metadata={"least": 0.1, "most": 365})
    warm_up_values: int = field(default=10, metadata={"least": 3, "most": 200})
    warm_up_days: float = field(default=5.0, metadata={"least": 0, "most": 365})
    keep: int = field(default=60, metadata={"least": 3, "most": 500})
    apart_hours: float = field(default=3.0, metadata=_HOURS)
    relearn_days: float = field(default=7.0, metadata={"least": 0, "most": 365})
    together: float = field(default=0.0, metadata={"least": 0, "most": 100})
    together_again: float = field(default=3.0, metadata={"least": 0, "most": 100})
    each_least: float = field(default=0.0, metadata={"least": 0, "most": 4})
    patterns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fresh_hours: float = field(default=26.0, metadata=_HOURS)
    row: int = field(default=0, metadata={"least": 0, "most": 20})
    row_z: float = field(default=2.5, metadata={"least": 1, "most": 20})
    sooner: Sooner | None = None
    of: Mapping[str, Spread] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class News2Rule:
    """NEWS2 of what is there, for those whose plan has it (``everybody``: or for all).

    Values older than ``fresh_hours`` do not count. ``urgent`` and ``emergency`` are sums.
    """

    active: bool = True
    everybody: bool = False
    fresh_hours: float = field(default=1.0, metadata=_HOURS)
    urgent: int = field(default=5, metadata={"least": 1, "most": 20})
    emergency: int = field(default=7, metadata={"least": 1, "most": 20})
    single: bool = True


@dataclass(frozen=True, slots=True)
class Remeasure:
    """The person measures again before anybody is called.

    Whoever does not within so many minutes of the hub's listening is taken to be as the first value
    says. A value ``apart_seconds`` later is a second one.
    """

    active: bool = True
    today_minutes: float = field(default=1800.0, metadata={"least": 1, "most": 7 * 1440})
    urgent_minutes: float = field(default=60.0, metadata={"least": 1, "most": 1440})
    emergency_minutes: float = field(default=10.0, metadata={"least": 1, "most": 1440})
    apart_seconds: float = field(default=30.0, metadata={"least": 0, "most": 86400})


@dataclass(frozen=True, slots=True)
class StreamRule:
    """Quantities that stream: the median of ``minutes`` is judged, never a single value.

    One value in ``every_seconds`` counts, and a window of fewer than ``least_values`` does not.
    Whoever was asked has ``rest_minutes`` to sit down: a second window begins after them.
    """

    of: tuple[str, ...] = ()
    minutes: float = field(default=10.0, metadata={"least": 1, "most": 60})
    rest_minutes: float = field(default=20.0, metadata={"least": 0, "most": 600})
    every_seconds: float = field(default=15.0, metadata={"least": 1, "most": 600})
    least_values: int = field(default=10, metadata={"least": 1, "most": 1000})


@dataclass(frozen=True, slots=True)
class Bundle:
    """What is found within ``hours`` of what somebody was called for is the same trouble."""

    hours: float = field(default=24.0, metadata=_HOURS)


@dataclass(frozen=True, slots=True)
class MissedRule:
    """A span of the schedule in which nobody measured.

    After ``ask_after`` in a row the person is asked, once in ``remind_hours`` whatever kinds are
    missing: who left out a round is not told so for each device. After ``raise_after`` somebody
    looks. A span is over ``grace_hours`` after its end.
    """

    active: bool = True
    ask_after: int = field(default=2, metadata={"least": 1, "most": 100})
    raise_after: int = field(default=4, metadata={"least": 1, "most": 100})
    grace_hours: float = field(default=2.0, metadata=_HOURS)
    remind_hours: float = field(default=24.0, metadata=_HOURS)


@dataclass(frozen=True, slots=True)
class SilentRule:
    """A sensor of which nothing came for so many ``hours`` of the hub's listening, by its kind.

    Sensors of kinds without hours are not waited for.
    """

    active: bool = True
    hours: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NoDataRule:
    """Nothing came for so many ``hours`` of the hub's listening: somebody is to look.

    By kind of data, or `plan.MEASURED` for all that is to be measured each day; without hours, or
    with 0, nothing is awaited. All but call buttons have to be silent together.
    """

    active: bool = True
    hours: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_hours(self.hours)


@dataclass(frozen=True, slots=True)
class HeatRule:
    """Heat in the home; while the Weather Service warns of heat it is one step more urgent."""

    active: bool = True
    with_weather: bool = True


@dataclass(frozen=True, slots=True)
class SosRule:
    """A call. Presses within ``same_minutes`` are one; one that came later than ``late_minutes``
    after it was pressed is urgent and no emergency any more."""  # noqa: D205, D209

    active: bool = True
    same_minutes: float = field(default=10.0, metadata={"least": 0, "most": 1440})
    late_minutes: float = field(default=60.0, metadata={"least": 0, "most": 10080})


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules. ``plausible``: (least, most) of a quantity; beyond it no body is."""

    name: str
    plausible: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    limit: LimitRule | None = None
    baseline: BaselineRule | None = None
    news2: News2Rule | None = None
    remeasure: Remeasure = field(default_factory=lambda: Remeasure(active=False))
    stream: StreamRule = field(default_factory=StreamRule)
    bundle: Bundle = field(default_factory=Bundle)
    missed: MissedRule | None = None
    silent: SilentRule | None = None
    no_data: NoDataRule | None = None
    heat: HeatRule | None = None
    sos: SosRule | None = None
    inactivity: Settings | None = None

    def __post_init__(self) -> None:
        named = set(self.plausible)
        named |= set(self.limit.of) if self.limit else set()
        named |= set(self.baseline.of) if self.baseline else set()
        named |= set(self.stream.of)
        if unknown := sorted(named - _QUANTITIES):
            raise RuleError(f"no quantity {unknown[0]}", f"Eine Größe {unknown[0]} gibt es nicht.")
        patterns = self.baseline.patterns.values() if self.baseline else ()
        signs = {f"{name} {side}" for name in _QUANTITIES for side in ("low", "high")}
        if unknown := sorted({one for each in patterns for one in each} - signs):
            raise RuleError(f"no sign {unknown[0]}", f"{unknown[0]}: {_SIGN}")
        kinds = set(self.silent.hours) if self.silent else set()
        if unknown := sorted(kinds - set(KINDS)):
            raise RuleError(f"no kind {unknown[0]}", f"Möglich sind: {', '.join(KINDS)}.")


_SIGN = "Hier gehört eine Größe mit low oder high hin, zum Beispiel pulse_rate high."
RULES = (
    "limit", "baseline", "news2", "missed", "silent", "no_data", "heat", "sos", "inactivity",
)  # fmt: skip


def holds(rules: RuleSet, plan: Plan, name: str) -> bool:
    """Tell whether a rule of :data:`RULES` is in force for a person."""
    rule = getattr(rules, name)
    return rule is not None and rule.active and name not in plan.off


def load(source: Path | str) -> RuleSet:
    """Return the rule set of a file, of TOML text, or by name of those that are shipped.

    :raises RuleError: if it is none; the error names the key.
    :raises OSError: if the file cannot be read.
    """
    if isinstance(source, str) and source in SHIPPED:
        source = Path(__file__).with_name(f"{source}.toml")
    if isinstance(source, Path):
        with source.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise RuleError("the file is too long", "Die Datei ist zu lang für einen Regelsatz.")
        try:
            source = data.decode()
        except UnicodeDecodeError as error:
            raise RuleError(str(error), "Die Datei ist kein Text in UTF-8.") from error
    try:
        found = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise RuleError(str(error), f"Das ist kein TOML: {error}") from error
    return build(RuleSet, found)


@functools.cache
def default() -> RuleSet:
    """Return the rule set that is in force where no other is named."""
    return load("default")


def readable(path: Path | None) -> RuleSet:
    """Return the rule set of a file, the shipped one without a file or if it cannot be read.

    For who goes on all the same. Whoever judges values by it uses :func:`load`, and says that it
    is none.
    """
    if path is None:
        return default()
    try:
        return load(path)
    except (RuleError, OSError):
        return default()
